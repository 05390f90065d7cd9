"""Requests are checked against AWS's own description, in AWS's own words."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from sagelab.account.control import ControlPlane
from sagelab.account.validation import matches

Refusal = Callable[..., tuple[str, str]]
ROLE = "arn:aws:iam::123456789012:role/R"


def job(**changes: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "j",
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "i"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }


@pytest.fixture
def train(plane: ControlPlane) -> Callable[..., Any]:
    plane.executes("CreateTrainingJob", lambda record: None)
    return lambda **changes: plane.call("CreateTrainingJob", job(**changes))


def test_a_good_request_passes(train: Callable[..., Any]) -> None:
    assert train()["TrainingJobArn"].endswith("training-job/j")


def test_a_bad_name_is_refused_with_awss_sentence(train: Callable[..., Any], refusal: Refusal) -> None:
    assert refusal(train, TrainingJobName="bad_name!") == (
        "ValidationException",
        (
            "1 validation error detected: Value 'bad_name!' at 'trainingJobName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
        ),
    )


def test_a_missing_member_is_null(train: Callable[..., Any], refusal: Refusal) -> None:
    assert refusal(train, RoleArn=None) == (
        "ValidationException",
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
    )


def test_the_text_null_is_not_a_missing_member(train: Callable[..., Any], refusal: Refusal) -> None:
    assert "Value 'null' at 'roleArn'" in refusal(train, RoleArn="null")[1]


def test_a_member_inside_is_named_by_its_path(train: Callable[..., Any], refusal: Refusal) -> None:
    specification = {"TrainingInputMode": "Fast", "TrainingImage": "i"}

    assert refusal(train, AlgorithmSpecification=specification) == (
        "ValidationException",
        (
            "1 validation error detected: Value 'Fast' at 'algorithmSpecification.trainingInputMode' failed to satisfy "
            "constraint: Member must satisfy enum value set: [Pipe, File, FastFile]"
        ),
    )


def test_a_member_of_a_list_is_named_by_its_place(train: Callable[..., Any], refusal: Refusal) -> None:
    tags = [{"Key": "fine", "Value": "v"}, {"Key": "", "Value": "v"}]

    assert "at 'tags.2.member.key' failed" in refusal(train, Tags=tags)[1]


def test_every_fault_is_told_at_once(train: Callable[..., Any], refusal: Refusal) -> None:
    sentence = refusal(train, TrainingJobName="!", RoleArn=None, OutputDataConfig={})[1]

    assert sentence.startswith("3 validation errors detected: Value ")
    assert sentence.count("; Value ") == 2


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "value greater than or equal to 1"),
        ({"Tags": [{"Key": "k", "Value": "v"}] * 51}, "length less than or equal to 50"),
        ({"InputDataConfig": []}, "length greater than or equal to 1"),
        ({"Environment": {f"k{n}": "v" for n in range(101)}}, "length less than or equal to 100"),
        ({"Tags": [{"Key": "k" * 129, "Value": "v"}]}, "length less than or equal to 128"),
        ({"Environment": {"9": "v"}}, "regular expression pattern"),
        ({"RetryStrategy": {"MaximumRetryAttempts": 31}}, "value less than or equal to 30"),
    ],
)
def test_lengths_values_and_keys_have_their_limits(
    train: Callable[..., Any], refusal: Refusal, changes: dict[str, Any], rule: str
) -> None:
    code, sentence = refusal(train, **changes)

    assert code == "ValidationException"
    assert f"Member must have {rule}" in sentence or f"Member must satisfy {rule}" in sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"TrainingJobName": 5}, "TrainingJobName must be a string"),
        ({"TrainingJobName": ["j"]}, "TrainingJobName must be a string"),
        ({"TrainingJobName": "\ud800"}, "TrainingJobName must be a string"),
        ({"OutputDataConfig": "s3://b"}, "OutputDataConfig must be an object"),
        ({"InputDataConfig": {"a": 1}}, "InputDataConfig must be a list"),
        ({"InputDataConfig": ["x"]}, "InputDataConfig[0] must be an object"),
        ({"HyperParameters": [1]}, "HyperParameters must be an object"),
        ({"HyperParameters": {"depth": 3}}, "HyperParameters.depth must be a string"),
        ({"EnableNetworkIsolation": "yes"}, "EnableNetworkIsolation must be a boolean"),
        ({"EnableNetworkIsolation": 1}, "EnableNetworkIsolation must be a boolean"),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": "60"}},
            "StoppingCondition.MaxRuntimeInSeconds must be a whole number",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": True}},
            "StoppingCondition.MaxRuntimeInSeconds must be a whole number",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 1.5}},
            "StoppingCondition.MaxRuntimeInSeconds must be a whole number",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": math.inf}},
            "StoppingCondition.MaxRuntimeInSeconds must be a whole number",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": math.nan}},
            "StoppingCondition.MaxRuntimeInSeconds must be a whole number",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 10**400}},
            "StoppingCondition.MaxRuntimeInSeconds must be a whole number",
        ),
    ],
)
def test_a_wrong_type_cannot_be_read(
    train: Callable[..., Any], refusal: Refusal, changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(train, **changes) == ("SerializationException", sentence)


@pytest.mark.parametrize("moment", [1e300, math.nan, "soon", True, [], {}])
def test_a_moment_that_is_none_cannot_be_read(plane: ControlPlane, refusal: Refusal, moment: Any) -> None:
    assert refusal(plane.call, "ListModels", {"CreationTimeAfter": moment})[0] == "SerializationException"


@pytest.mark.parametrize("moment", [0, 1.5, "2026-11-22T10:00:00+00:00", "2026-11-22T10:00:00Z"])
def test_moments_are_numbers_or_iso_texts(plane: ControlPlane, moment: Any) -> None:
    assert plane.call("ListModels", {"CreationTimeAfter": moment}) == {"Models": []}


@pytest.mark.parametrize("weight", ["heavy", True, math.inf, math.nan, 1e300, None])
def test_a_decimal_is_a_number_with_an_end(plane: ControlPlane, refusal: Refusal, weight: Any) -> None:
    config = {
        "EndpointConfigName": "c",
        "ProductionVariants": [{"VariantName": "v", "InitialVariantWeight": weight}],
    }
    if weight is None:
        assert plane.call("CreateEndpointConfig", config)
    else:
        where = "ProductionVariants[0].InitialVariantWeight"
        assert refusal(plane.call, "CreateEndpointConfig", config) == (
            "SerializationException",
            f"{where} must be a number",
        )


@pytest.mark.parametrize("weight", [0, 0.25, 7])
def test_a_decimal_may_be_whole(plane: ControlPlane, weight: float) -> None:
    variant = {"VariantName": "v", "InitialVariantWeight": weight}

    assert plane.call("CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [variant]})


def test_null_and_unknown_members_are_dropped(train: Callable[..., Any], plane: ControlPlane) -> None:
    train(HyperParameters=None, Invented="x", Environment={"A": None, "B": "b"})

    record = plane.find("TrainingJob", "j")

    assert "Invented" not in record
    assert "HyperParameters" not in record
    assert record["Environment"] == {"B": "b"}


def test_a_whole_number_may_come_as_a_decimal(train: Callable[..., Any], plane: ControlPlane) -> None:
    train(StoppingCondition={"MaxRuntimeInSeconds": 60.0})

    assert repr(plane.find("TrainingJob", "j")["StoppingCondition"]["MaxRuntimeInSeconds"]) == "60"


def test_a_request_that_nests_without_end_cannot_be_read(plane: ControlPlane, refusal: Refusal) -> None:
    nested: dict[str, Any] = {}
    for _ in range(5000):
        nested = {"SubExpressions": [nested]}
    plane.answers("Search", lambda params: {})

    assert refusal(plane.call, "Search", {"Resource": "Model", "SearchExpression": nested}) == (
        "SerializationException",
        "The request is nested too deeply",
    )


def test_a_long_value_is_not_repeated_whole(train: Callable[..., Any], refusal: Refusal) -> None:
    assert len(refusal(train, RoleArn="x" * 1_000_000)[1]) < 3000


def test_an_operation_that_does_not_exist_is_refused(plane: ControlPlane, refusal: Refusal) -> None:
    assert refusal(plane.call, "CreateMagic", {}) == (
        "UnknownOperationException",
        "Unknown operation CreateMagic",
    )


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Zoë team 7", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "a#b", False),
        (r"^a$", "a\n", False),
        (r"a", "ab", False),
        (r"(?<unclosed", "anything", True),
    ],
)
def test_javas_patterns_are_read_as_java_reads_them(pattern: str, value: str, fits: bool) -> None:
    assert matches(pattern, value) is fits
