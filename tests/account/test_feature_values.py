"""What a value must look like on its way into a feature store."""

import pytest
from featurelab import definitions, record

from sagelab.account.errors import ApiError
from sagelab.account.features import values

GROUP = {
    "FeatureGroupName": "clients",
    "RecordIdentifierFeatureName": "client",
    "EventTimeFeatureName": "at",
    "FeatureDefinitions": definitions(),
}
SECOND = 1_000_000_000


def collection(kind, **config):
    """A group with a collection feature."""
    feature = {"FeatureName": "history", "FeatureType": "Fractional", "CollectionType": kind, **config}
    return {**GROUP, "FeatureDefinitions": [*GROUP["FeatureDefinitions"], feature]}


def refused(group, **given):
    with pytest.raises(ApiError) as error:
        values.read_record(group, record(**given))
    assert error.value.code == "ValidationError"
    return str(error.value)


@pytest.mark.parametrize(
    ("kind", "text", "fits"),
    [
        ("Integral", "7", True),
        ("Integral", "-9223372036854775808", True),
        ("Integral", "9223372036854775808", False),
        ("Integral", "7.0", False),
        ("Integral", "", False),
        ("Integral", "1_000", False),
        ("Integral", "9" * 5000, False),
        ("Fractional", "1e-3", True),
        ("Fractional", ".5", True),
        ("Fractional", "1e999", False),
        ("Fractional", "NaN", False),
        ("Fractional", "NA", False),
        ("Fractional", "1,5", False),
        ("String", "", True),
    ],
)
def test_a_text_is_a_value_of_its_type_or_not(kind, text, fits):
    assert values.fits(kind, text) is fits


def test_a_value_of_the_wrong_type_is_refused_in_the_words_of_feature_store():
    assert refused(GROUP, client=1, at="2026-01-01T00:00:00Z", bill="NA") == (
        "Validation Error: Attempted to parse the feature value for the feature named [bill] into a FeatureValue of "
        "type Fractional. The provided value must be within the range of a double precision floating point number "
        "defined by the IEEE 754 standard. The input format can be in either decimal form or scientific notation."
    )


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:01Z", SECOND),
        ("1970-01-01T00:00:00.5Z", SECOND // 2),
        ("1970-01-01T00:00:00.123456789Z", 123_456_789),
        ("1969-12-31T23:59:59Z", -SECOND),
        ("9999-12-31T23:59:59Z", 253_402_300_799 * SECOND),
    ],
)
def test_an_event_time_in_iso_8601_is_read_to_the_nanosecond(text, nanoseconds):
    assert values.read_event_time(GROUP, text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-13-01T00:00:00Z",
        "1767225600",
        "",
    ],
)
def test_other_forms_of_an_event_time_are_refused(text):
    assert "It must be in the ISO-8601 format yyyy-MM-dd'T'HH:mm:ssZ" in refused(GROUP, client=1, at=text)


def test_a_fractional_event_time_is_unix_seconds():
    group = {**GROUP, "FeatureDefinitions": definitions({"client": "Integral", "at": "Fractional"})}

    assert values.read_event_time(group, "1.25") == SECOND + SECOND // 4
    assert "must be a Unix timestamp in seconds" in refused(group, client=1, at="1e300")


def test_equal_numbers_are_one_identifier():
    assert values.read_identifier(GROUP, "007") == values.read_identifier(GROUP, "+7") == "7"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"at": "2026-01-01T00:00:00Z"}, "no value for the required feature [client]"),
        ({"client": 1}, "no value for the required feature [at]"),
        ({"client": 1, "at": "2026-01-01T00:00:00Z", "age": 1}, "FeatureName [age] is not defined"),
        ({"client": 1, "at": "2026-01-01T00:00:00Z", "note": ["a"]}, "give its value as ValueAsString"),
        ({"client": 1, "at": "2026-01-01T00:00:00Z", "note": "x" * 360_000}, "larger than 350 KB"),
    ],
)
def test_a_record_that_does_not_fit_its_group_is_refused(given, sentence):
    assert sentence in refused(GROUP, **given)


def test_a_feature_given_twice_is_refused():
    twice = record(client=1, at="2026-01-01T00:00:00Z", bill=1) + record(bill=2)

    with pytest.raises(ApiError, match=r"\[bill\] is given twice"):
        values.read_record(GROUP, twice)


def test_an_identifier_of_more_than_2_kb_is_refused():
    group = {**GROUP, "FeatureDefinitions": definitions({**{"client": "String"}, "at": "String"})}

    assert "larger than 2 KB" in refused(group, client="x" * 2049, at="2026-01-01T00:00:00Z")
    assert "must not be empty" in refused(group, client="", at="2026-01-01T00:00:00Z")


def test_a_set_keeps_each_value_once_and_a_list_keeps_all():
    features = record(client=1, at="2026-01-01T00:00:00Z", history=["1", "2", "1"])

    assert values.read_features(collection("Set"), features)["history"] == ["1", "2"]
    assert values.read_features(collection("List"), features)["history"] == ["1", "2", "1"]


def test_a_vector_has_the_length_that_its_definition_says():
    group = collection("Vector", CollectionConfig={"VectorConfig": {"Dimension": 2}})

    assert "dimension 2, but the value has 3" in refused(
        group, client=1, at="2026-01-01T00:00:00Z", history=["1", "2", "3"]
    )


@pytest.mark.parametrize(("unit", "seconds"), [("Seconds", 2), ("Minutes", 120), ("Weeks", 1_209_600)])
def test_a_time_to_live_is_a_number_of_units(unit, seconds):
    assert values.time_to_live({"Unit": unit, "Value": 2}) == seconds
    assert values.time_to_live(None) is None
