"""The online store: the newest event of each identifier, for as long as it lives."""

from datetime import UTC, datetime, timedelta

import pytest
from featurelab import FeatureLab, definitions, record, refusal

EARLY, NOON, LATE = "2026-01-01T06:00:00Z", "2026-01-01T12:00:00Z", "2026-01-01T18:00:00Z"
V2 = {"OnlineStoreConfig": {"EnableOnlineStore": True, "StorageType": "Standard_V2"}, "offline": False}


@pytest.fixture(scope="module")
def lab(account):
    return FeatureLab(account.session.client, account.unique)


@pytest.fixture(scope="module")
def group(lab):
    """One group for all tests that name their own clients."""
    return lab.group()


@pytest.fixture
def client(account):
    """A client that no other test writes about."""
    return account.unique("client").rpartition("-")[2]


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# -- PutRecord and GetRecord -----------------------------------------------------------------------------------
def test_a_late_record_does_not_replace_a_newer_one(lab, group, client):
    """The online store keeps the record with the newest event time."""
    lab.put(group, client=client, at=NOON, bill=30)

    lab.put(group, client=client, at=EARLY, bill=10)

    assert lab.get(group, client) == {"client": client, "at": NOON, "bill": "30"}


def test_a_newer_record_replaces_the_whole_older_one(lab, group, client):
    lab.put(group, client=client, at=EARLY, bill=10, note="old")

    lab.put(group, client=client, at=NOON, bill=30)

    assert lab.get(group, client) == {"client": client, "at": NOON, "bill": "30"}


def test_an_event_of_the_same_time_does_not_replace(lab, group, client):
    """Feature Store writes online what is greater, not what is equal."""
    lab.put(group, client=client, at=NOON, bill=1)
    lab.put(group, client=client, at="2026-01-01T12:00:00.000Z", bill=2)

    assert lab.get(group, client)["bill"] == "1"

    lab.put(group, client=client, at="2026-01-01T12:00:00.000000001Z", bill=3)
    assert lab.get(group, client)["bill"] == "3"


def test_a_record_can_be_asked_for_some_features(lab, group, client):
    lab.put(group, client=client, at=NOON, bill=1, note="x")

    assert lab.get(group, client, FeatureNames=["note", "bill"]) == {"bill": "1", "note": "x"}
    unknown = refusal(
        lab.runtime.get_record,
        FeatureGroupName=group,
        RecordIdentifierValueAsString=client,
        FeatureNames=["age"],
    )
    assert unknown[0] == "ValidationError"


def test_an_absent_record_is_an_answer_without_record(lab, group, client):
    assert lab.get(group, client) is None


def test_a_group_can_be_named_by_its_arn(lab, group, client):
    arn = lab.sm.describe_feature_group(FeatureGroupName=group)["FeatureGroupArn"]

    lab.put(arn, client=client, at=NOON, bill=1)

    assert lab.get(arn, f"0{client}")["bill"] == "1"


def test_collections_are_kept_in_memory_groups(lab, client):
    features = [
        *definitions(),
        {"FeatureName": "last", "FeatureType": "Integral", "CollectionType": "List"},
    ]
    group = lab.group(
        FeatureDefinitions=features, OnlineStoreConfig={"EnableOnlineStore": True, "StorageType": "InMemory"}
    )

    lab.put(group, client=client, at=NOON, last=["3", "1", "3"])

    assert lab.get(group, client)["last"] == ["3", "1", "3"]


# -- what is refused -------------------------------------------------------------------------------------------
def test_a_group_that_is_being_made_takes_no_records(lab):
    request = lab.request()
    lab.sm.create_feature_group(**request)

    code, said = refusal(
        lab.runtime.put_record, FeatureGroupName=request["FeatureGroupName"], Record=record(client=1, at=NOON)
    )

    assert code == "ValidationError"
    assert "is in status Creating" in said
    lab.settled(request["FeatureGroupName"])


def test_an_unknown_group_is_told_as_each_operation_tells_it(lab):
    """PutRecord knows no ResourceNotFound; GetRecord does."""
    sentence = "Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name nobody"

    put = refusal(lab.runtime.put_record, FeatureGroupName="nobody", Record=record(client=1, at=NOON))
    get = refusal(lab.runtime.get_record, FeatureGroupName="nobody", RecordIdentifierValueAsString="1")

    assert put == ("ValidationError", sentence)
    assert get == ("ResourceNotFound", sentence)


def test_a_store_that_a_group_does_not_have_is_refused(lab):
    offline, online = lab.group(online=False), lab.group(offline=False)
    row = record(client=1, at=NOON)

    written = refusal(
        lab.runtime.put_record, FeatureGroupName=offline, Record=row, TargetStores=["OnlineStore"]
    )
    read = refusal(lab.runtime.get_record, FeatureGroupName=offline, RecordIdentifierValueAsString="1")
    kept = refusal(lab.runtime.put_record, FeatureGroupName=online, Record=row, TargetStores=["OfflineStore"])

    assert (
        written
        == read
        == (
            "ValidationError",
            f"Validation Error: FeatureGroup [{offline}] does not have an OnlineStore enabled.",
        )
    )
    assert "does not have an OfflineStore enabled" in kept[1]
    lab.put(offline, client=1, at=NOON)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"client": "x", "at": NOON}, "Attempted to parse the feature value for the feature named [client]"),
        ({"client": 1, "at": "yesterday"}, "is not a time"),
        ({"client": 1, "at": NOON, "bill": "much"}, "into a FeatureValue of type Fractional"),
        ({"client": 1, "at": NOON, "age": 3}, "FeatureName [age] is not defined"),
        ({"at": NOON}, "required feature [client]"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_and_not_kept(lab, group, values, sentence):
    code, said = refusal(lab.runtime.put_record, FeatureGroupName=group, Record=record(**values))

    assert code == "ValidationError"
    assert sentence in said


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"Record": 7}',
        b'{"Record": []}',
        b'{"Record": [{"FeatureName": 3}]}',
        b'{"Record": [{"FeatureName": "client", "ValueAsString": 7}]}',
        b'{"Record": [{"FeatureName": "client", "ValueAsString": "7"}], "TtlDuration": {"Unit": "Years", "Value": 1}}',
    ],
)
def test_a_request_that_no_sdk_would_send_gets_an_error_of_aws(lab, group, account, body):
    import urllib.error
    import urllib.request

    request = urllib.request.Request(f"{account.url}/FeatureGroup/{group}", body, method="PUT")
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)

    assert error.value.code == 400
    assert error.value.headers["x-amzn-errortype"] in ("SerializationException", "ValidationError")


# -- time to live ----------------------------------------------------------------------------------------------
def test_a_record_expires_when_its_time_to_live_has_passed_since_its_event(lab, account, client):
    group = lab.group(
        OnlineStoreConfig={"EnableOnlineStore": True, "TtlDuration": {"Unit": "Hours", "Value": 2}}
    )
    event = account.clock.now() - timedelta(hours=1)
    lab.put(group, client=client, at=iso(event))
    answer = lab.runtime.get_record(
        FeatureGroupName=group, RecordIdentifierValueAsString=client, ExpirationTimeResponse="Enabled"
    )
    assert answer["ExpiresAt"] == iso(event + timedelta(hours=2))

    account.clock.step(timedelta(minutes=58))
    assert lab.get(group, client) is not None

    account.clock.step(timedelta(minutes=3))
    assert lab.get(group, client) is None


def test_a_records_own_time_to_live_goes_before_its_groups(lab, account, client):
    group = lab.group(
        OnlineStoreConfig={"EnableOnlineStore": True, "TtlDuration": {"Unit": "Weeks", "Value": 1}}
    )
    now = account.clock.now()

    lab.put(group, {"TtlDuration": {"Unit": "Minutes", "Value": 5}}, client=client, at=iso(now))
    account.clock.step(timedelta(minutes=6))

    assert lab.get(group, client) is None


def test_after_a_record_has_expired_an_older_event_can_be_kept(lab, client):
    group = lab.group(offline=False)
    lab.put(group, {"TtlDuration": {"Unit": "Seconds", "Value": 60}}, client=client, at=NOON)
    assert lab.get(group, client) is None

    lab.put(group, client=client, at=EARLY, bill=1)

    assert lab.get(group, client)["at"] == EARLY


def test_without_a_time_to_live_a_record_does_not_expire(lab, group, account, client):
    lab.put(group, client=client, at=EARLY)
    account.clock.step(timedelta(days=400))

    answer = lab.runtime.get_record(
        FeatureGroupName=group, RecordIdentifierValueAsString=client, ExpirationTimeResponse="Enabled"
    )

    assert "Record" in answer
    assert "ExpiresAt" not in answer


# -- DeleteRecord ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", ["SoftDelete", "HardDelete"])
def test_a_deleted_record_is_not_found(lab, group, client, mode):
    lab.put(group, client=client, at=EARLY)

    lab.delete(group, client, NOON, DeletionMode=mode)

    assert lab.get(group, client) is None


def test_a_soft_delete_remembers_its_time_and_a_hard_one_does_not(lab, group, client):
    soft, hard = f"{client}1", f"{client}2"
    for one, mode in ((soft, "SoftDelete"), (hard, "HardDelete")):
        lab.put(group, client=one, at=EARLY)
        lab.delete(group, one, LATE, DeletionMode=mode)
        lab.put(group, client=one, at=NOON)

    assert lab.get(group, soft) is None
    assert lab.get(group, hard)["at"] == NOON


def test_a_delete_that_is_not_later_does_nothing_when_soft_and_fails_when_hard(lab, group, client):
    lab.put(group, client=client, at=NOON)

    lab.delete(group, client, NOON)
    assert lab.get(group, client)["at"] == NOON

    code, said = refusal(
        lab.runtime.delete_record,
        FeatureGroupName=group,
        RecordIdentifierValueAsString=client,
        EventTime=NOON,
        DeletionMode="HardDelete",
    )
    assert code == "ValidationError"
    assert "EventTime must be later" in said
    assert lab.get(group, client)["at"] == NOON


# -- many at once ----------------------------------------------------------------------------------------------
def test_a_batch_gets_records_of_several_groups_and_tells_errors_one_by_one(lab, group, client):
    other = lab.group(offline=False)
    lab.put(group, client=client, at=NOON, bill=1)
    lab.put(other, client=client, at=NOON, bill=2)

    answer = lab.runtime.batch_get_record(
        Identifiers=[
            {"FeatureGroupName": group, "RecordIdentifiersValueAsString": [client, "0", "x"]},
            {"FeatureGroupName": other, "RecordIdentifiersValueAsString": [client], "FeatureNames": ["bill"]},
            {"FeatureGroupName": "nobody", "RecordIdentifiersValueAsString": ["1"]},
        ]
    )

    found = [(one["FeatureGroupName"], one["Record"]) for one in answer["Records"]]
    assert found == [(group, record(client=client, at=NOON, bill=1)), (other, record(bill=2))]
    errors = [
        (one["FeatureGroupName"], one["RecordIdentifierValueAsString"], one["ErrorCode"])
        for one in answer["Errors"]
    ]
    assert errors == [(group, "x", "ValidationError"), ("nobody", "1", "ResourceNotFound")]
    assert answer["UnprocessedIdentifiers"] == []


def test_a_batch_of_more_than_a_hundred_records_is_refused(lab, group):
    many = [str(number) for number in range(60)]
    wanted = [{"FeatureGroupName": group, "RecordIdentifiersValueAsString": many}] * 2

    assert "at most 100 records" in refusal(lab.runtime.batch_get_record, Identifiers=wanted)[1]


def test_what_does_not_fit_into_one_answer_comes_back_as_unprocessed(lab):
    """60 records of 340 KB are more than the 16 MB of an answer."""
    group = lab.group(offline=False)
    clients = [str(number) for number in range(60)]
    for client in clients:
        lab.put(group, client=client, at=NOON, note="x" * 340_000)

    answer = lab.runtime.batch_get_record(
        Identifiers=[{"FeatureGroupName": group, "RecordIdentifiersValueAsString": clients}]
    )

    got = [one["RecordIdentifierValueAsString"] for one in answer["Records"]]
    rest = answer["UnprocessedIdentifiers"]
    assert 0 < len(got) < 60
    assert got + rest[0]["RecordIdentifiersValueAsString"] == clients


def test_a_batch_is_written_but_for_what_does_not_fit(lab, group, client):
    good = {"FeatureGroupName": group, "Record": record(client=client, at=NOON, bill=1)}
    bad = {"FeatureGroupName": group, "Record": record(client=client, at=NOON, bill="much")}

    answer = lab.runtime.batch_write_record(Entries=[bad, good])

    assert lab.get(group, client)["bill"] == "1"
    assert [(error["Entry"], error["ErrorCode"]) for error in answer["Errors"]] == [(bad, "ValidationError")]
    assert answer["UnprocessedEntries"] == []


def test_a_batch_has_a_time_to_live_that_an_entry_can_replace(lab, account, client):
    group, now = lab.group(offline=False), account.clock.now()
    short, long = ({"Unit": "Minutes", "Value": minutes} for minutes in (5, 60))
    entries = [
        {"FeatureGroupName": group, "Record": record(client=1, at=iso(now))},
        {"FeatureGroupName": group, "Record": record(client=2, at=iso(now)), "TtlDuration": long},
    ]

    lab.runtime.batch_write_record(Entries=entries, TtlDuration=short)
    account.clock.step(timedelta(minutes=6))

    assert lab.get(group, 1) is None
    assert lab.get(group, 2) is not None


def test_the_identifiers_of_a_group_are_listed_page_by_page(lab):
    group = lab.group(types={"client": "String", "at": "String"}, offline=False)
    for client in "dacb":
        lab.put(group, client=client, at=EARLY)
    lab.delete(group, "b", NOON)

    first = lab.runtime.list_records(FeatureGroupName=group, MaxResults=2)
    rest = lab.runtime.list_records(FeatureGroupName=group, MaxResults=2, NextToken=first["NextToken"])
    everyone = lab.runtime.list_records(FeatureGroupName=group, IncludeSoftDeletedRecords=True)

    assert (first["RecordIdentifiers"], rest["RecordIdentifiers"]) == (["a", "c"], ["d"])
    assert "NextToken" not in rest
    assert everyone["RecordIdentifiers"] == ["a", "b", "c", "d"]


# -- UpdateRecord ----------------------------------------------------------------------------------------------
def test_an_update_changes_what_it_names_and_leaves_the_rest(lab, client):
    group = lab.group(**V2)
    lab.put(group, client=client, at=NOON, bill=1, note="kept")
    target = {"FeatureGroupName": group, "RecordIdentifierValueAsString": client}

    lab.runtime.update_record(**target, Features=record(bill=2))
    assert lab.get(group, client) == {"client": client, "at": NOON, "bill": "2", "note": "kept"}

    lab.runtime.update_record(**target, Features=record(bill=3, at=LATE))
    assert lab.get(group, client) == {"client": client, "at": LATE, "bill": "3", "note": "kept"}

    assert (
        refusal(lab.runtime.update_record, **target, Features=record(bill=4, at=EARLY))[0]
        == "ConflictException"
    )


def test_an_update_needs_a_record_and_a_storage_type_that_can(lab, group, client):
    needed = {"RecordIdentifierValueAsString": client, "Features": record(bill=1)}

    absent = refusal(lab.runtime.update_record, FeatureGroupName=lab.group(**V2), **needed)
    standard = refusal(lab.runtime.update_record, FeatureGroupName=group, **needed)

    assert absent[0] == "ResourceNotFound"
    assert "StorageType Standard_V2 or InMemory" in standard[1]


def test_an_update_keeps_the_time_to_live_unless_it_brings_one_with_a_time(lab, account, client):
    group, now = lab.group(**V2), account.clock.now()
    target = {"FeatureGroupName": group, "RecordIdentifierValueAsString": client}
    lab.put(group, {"TtlDuration": {"Unit": "Minutes", "Value": 30}}, client=client, at=iso(now))

    lab.runtime.update_record(**target, Features=record(bill=1))
    answer = lab.runtime.get_record(**target, ExpirationTimeResponse="Enabled")
    without = refusal(
        lab.runtime.update_record,
        **target,
        Features=record(bill=2),
        TtlDuration={"Unit": "Hours", "Value": 1},
    )

    expires = datetime.strptime(answer["ExpiresAt"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(expires - now - timedelta(minutes=30)) < timedelta(seconds=2)
    assert "TtlDuration needs an EventTime" in without[1]
