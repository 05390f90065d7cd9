"""A definition that could not run is refused when the pipeline is created, and the parts that read it."""

import json
from typing import Any

import pytest
from pipelab import compare, condition_step, definition, fail_step, get, join, parameter

from sagelab.account.errors import ApiError
from sagelab.account.model import ApiModel
from sagelab.account.pipelines import arguments, conditions, expressions, policies
from sagelab.account.pipelines.definition import Definition, parse
from sagelab.account.pipelines.parameters import Parameter

MODEL = ApiModel()


def read(*steps: dict[str, Any], **more: Any) -> Definition:
    return parse(definition(*steps, **more), MODEL)


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A Lambda step: the smallest that takes any arguments."""
    more = {n: arguments.pop(n) for n in ("DependsOn", "CacheConfig", "RetryPolicies") if n in arguments}
    outputs = [{"OutputName": "out", "OutputType": "String"}]
    return {
        "Name": name,
        "Type": "Lambda",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "Arguments": arguments,
        "OutputParameters": outputs,
        **more,
    }


def process(name: str, arguments: Any = None, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Processing", "Arguments": {**JOB, **(arguments or {})}, **more}


CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
JOB = {
    "ProcessingResources": {"ClusterConfig": CLUSTER},
    "AppSpecification": {"ImageUri": "image"},
    "RoleArn": "arn:aws:iam::123456789012:role/SageMakerRole",
}


OUT = get("Steps.A.OutputParameters['out']")
REFUSED = {
    "no JSON": ("{", "Malformed Json."),
    "a list": ("[]", "Expecting start of Json Object."),
    "an old version": (json.dumps({"Version": "2019", "Steps": [call("A")]}), "Invalid version '2019'"),
    "no steps": (definition(), "must contain at least one step"),
    "steps that are no list": (
        json.dumps({"Version": "2020-12-01", "Steps": {"a": 1}}),
        "start of Json Array.",
    ),
    "a bad step name": (definition(call("a b")), "Invalid step name 'a b'"),
    "two steps of one name": (definition(call("A"), call("A")), "Step names must be unique: 'A'"),
    "an unknown type": (definition({"Name": "A", "Type": "Magic"}), "Unknown step type 'Magic'"),
    "an EMR step": (definition({"Name": "A", "Type": "EMR"}), "there is no EMR cluster here"),
    "an unknown step in DependsOn": (definition(call("A", DependsOn=["B"])), "depends on step 'B'"),
    "an unknown step": (definition(call("B", x=OUT)), "Undefined step reference"),
    "an unknown parameter": (definition(call("A", x=get("Parameters.N"))), "Undefined parameter reference"),
    "an unknown variable": (definition(call("A", x=get("Execution.Mood"))), "Undefined execution variable"),
    "an unknown property": (
        definition(process("A"), call("B", x=get("Steps.A.Color"))),
        "Invalid property reference 'Steps.A.Color'",
    ),
    "an unknown output parameter": (
        definition(call("A"), call("B", x=get("Steps.A.OutputParameters['no']"))),
        "Invalid property reference",
    ),
    "an unknown property file": (
        definition(process("A"), call("B", x=get("Steps.A.PropertyFiles.No"))),
        "Invalid property reference",
    ),
    "a step that waits for itself": (definition(call("A", x=OUT)), "contains a cycle: A -> A"),
    "a cycle": (definition(call("A", DependsOn=["B"]), call("B", x=OUT)), "contains a cycle"),
    "a reference inside a Join": (
        definition(call("A", x=join("/", "a", get("Steps.Z.OutputParameters['out']")))),
        "Undefined step reference",
    ),
    "an unknown argument": (definition(process("A", {"Color": "red"})), "Unknown Argument member 'Color'."),
    "a package name": (
        definition({"Name": "A", "Type": "RegisterModel", "Arguments": {"ModelPackageName": "x"}}),
        "Unknown Argument member 'ModelPackageName'.",
    ),
    "a scalar for an object": (definition(process("A", {"AppSpecification": "x"})), "start of Json Object."),
    "an expression for a list": (
        definition(
            process("A", {"ProcessingInputs": get("Parameters.P")}), parameters=[parameter("P", "String")]
        ),
        "Expecting start of Json Array.",
    ),
    "a wrong word": (
        definition(
            process("A", {"ProcessingInputs": [{"InputName": "i", "S3Input": {"S3InputMode": "Fast"}}]})
        ),
        "Model Validation failed: Value 'Fast' for 'ProcessingS3InputMode' failed to satisfy enum value set",
    ),
    "too little": (
        definition(process("A", {"RoleArn": None})),
        "Model Validation failed: 'RoleArn' must not be null",
    ),
    "too many inputs": (
        definition(process("A", {"ProcessingInputs": [{"InputName": f"i{n}"} for n in range(11)]})),
        "must have length less than or equal to 10",
    ),
    "an unknown condition": (
        definition(condition_step("C", compare("Near", 1, 2))),
        "Unknown condition type 'Near'",
    ),
    "half a condition": (
        definition(condition_step("C", {"Type": "Equals", "LeftValue": 1})),
        "misses 'RightValue'",
    ),
    "a condition in a branch": (
        definition(
            condition_step("C", compare("Equals", 1, 1), then=[condition_step("D", compare("Equals", 1, 1))])
        ),
        "must not stand in a branch",
    ),
    "one step in both branches": (
        definition(condition_step("C", compare("Equals", 1, 1), then=[call("A")], otherwise=[call("A")])),
        "Step names must be unique",
    ),
    "a Fail step without words": (
        definition({"Name": "F", "Type": "Fail", "Arguments": {}}),
        "misses 'ErrorMessage'",
    ),
    "a Callback without a queue": (definition({"Name": "F", "Type": "Callback"}), "misses 'SqsQueueUrl'"),
    "a check of no type": (
        definition({"Name": "Q", "Type": "QualityCheck", "CheckType": "DATA_BIAS", "Arguments": JOB}),
        "CheckType of step 'Q' must be one of",
    ),
    "a cache without an end": (definition(process("A", CacheConfig={"Enabled": True})), "ISO 8601 duration"),
    "a cached Fail step": (
        definition(fail_step("F", CacheConfig={"Enabled": True, "ExpireAfter": "PT1H"})),
        "cannot be cached",
    ),
    "retries of a Lambda step": (definition(call("A", RetryPolicies=[{}])), "takes no RetryPolicies"),
    "retries of an unknown kind": (
        definition(process("A", RetryPolicies=[{"ExceptionType": ["Step.MOOD"]}])),
        "ExceptionType of step 'A' must be of",
    ),
    "two ends of retries": (
        definition(
            process(
                "A",
                RetryPolicies=[{"ExceptionType": "Step.THROTTLING", "MaxAttempts": 2, "ExpireAfterMin": 3}],
            )
        ),
        "must not have both",
    ),
    "too many retries": (
        definition(process("A", RetryPolicies=[{"ExceptionType": "Step.THROTTLING", "MaxAttempts": 21}])),
        "MaxAttempts of step 'A' must be at most 20",
    ),
    "a parameter of no type": (
        definition(call("A"), parameters=[parameter("P", "Date")]),
        "Invalid type 'Date' of parameter 'P'",
    ),
    "a default of another type": (
        definition(call("A"), parameters=[parameter("P", "Integer", "x")]),
        "must be a whole number",
    ),
    "a default outside its values": (
        definition(call("A"), parameters=[parameter("P", "String", "x", EnumValues=["y"])]),
        "must be one of",
    ),
    "one parameter twice": (
        definition(call("A"), parameters=[parameter("P", "String"), parameter("P", "Integer")]),
        "'P' is declared twice",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_definition_that_cannot_run_is_refused(what: str) -> None:
    text, said = REFUSED[what]

    with pytest.raises(ApiError) as caught:
        parse(text, MODEL)

    assert caught.value.code == "ValidationException"
    assert str(caught.value).startswith("Unable to parse pipeline definition. ")
    assert said in str(caught.value)


def test_a_step_waits_for_what_it_mentions_and_for_the_condition_around_it() -> None:
    gate = condition_step(
        "Gate", compare("Equals", OUT, "x"), then=[call("B")], otherwise=[fail_step("F", OUT)]
    )
    found = read(call("A"), gate, call("C", DependsOn=["B"]))

    waits = {name: set(step.depends) for name, step in found.steps.items()}

    assert waits == {"A": set(), "Gate": {"A"}, "B": {"Gate"}, "F": {"Gate", "A"}, "C": {"B"}}


# -- conditions ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (compare("Equals", 1, 1.0), True),
        (compare("NotEquals", "a", "b"), True),
        (compare("GreaterThan", "0.81", 0.8), True),
        (compare("GreaterThan", 0.8, 0.8), False),
        (compare("GreaterThanOrEqualTo", 0.8, 0.8), True),
        (compare("LessThan", 2, "10"), True),
        (compare("LessThanOrEqualTo", 10, 2), False),
        (compare("Equals", "true", True), True),
        (compare("Equals", True, "false"), False),
        ({"Type": "In", "QueryValue": "b", "Values": ["a", "b"]}, True),
        ({"Type": "In", "Value": 3, "In": [1, 2]}, False),
        ({"Type": "NotIn", "Value": 3, "In": [1, 2]}, True),
        ({"Type": "Not", "Condition": compare("Equals", 1, 2)}, True),
        ({"Type": "Not", "Expression": compare("Equals", 1, 1)}, False),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 1, 1)]}, True),
        ({"Type": "And", "Conditions": [compare("Equals", 1, 2), compare("Equals", 1, 1)]}, False),
    ],
)
def test_a_condition_holds_or_not(condition: dict[str, Any], holds: bool) -> None:
    assert list(conditions.problems(condition)) == []
    assert conditions.holds(condition) is holds


def test_what_cannot_be_compared_is_an_error_and_not_false() -> None:
    with pytest.raises(expressions.ExpressionError, match="cannot compare 'high' with 3"):
        conditions.holds(compare("LessThan", "high", 3))


# -- expressions ---------------------------------------------------------------------------------------------------
SCOPE = expressions.Scope(
    parameters={"N": 3, "On": True},
    execution={"PipelineName": "p"},
    outputs={
        "T": {
            "ModelArtifacts": {"S3ModelArtifacts": "s3://m"},
            "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.9}],
        }
    }.__getitem__,
    property_file=lambda step, name: f"s3://{step}/{name}",
    read=lambda uri: json.dumps(
        {"m": {"auc": {"value": 0.9}, "list": [1, {"x y": True}]}, "from": uri}
    ).encode(),
)


def json_get(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": get("Steps.E.PropertyFiles.R"), "Path": path}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (get("Parameters.N"), 3),
        (get("Execution.PipelineName"), "p"),
        (get("Steps.T.ModelArtifacts.S3ModelArtifacts"), "s3://m"),
        (get("Steps.T.FinalMetricDataList['auc'].Value"), 0.9),
        (get("Steps.T.FinalMetricDataList[0].MetricName"), "auc"),
        (join("-", "a", get("Parameters.N"), get("Parameters.On"), join("", "x", 1.5)), "a-3-true-x1.5"),
        (json_get("m.auc.value"), 0.9),
        (json_get("$.m.auc.value"), 0.9),
        (json_get("m['auc'].value"), 0.9),
        (json_get("m.list[0]"), 1),
        (json_get("m.list[1]['x y']"), True),
        (json_get("from"), "s3://E/R"),
        ({"Std:JsonGet": {"S3Uri": join("/", "s3:/", "b"), "Path": "from"}}, "s3://b"),
        ({"deep": [get("Parameters.N")]}, {"deep": [3]}),
        ({"Get": "Parameters.N", "other": 1}, {"Get": "Parameters.N", "other": 1}),
    ],
)
def test_an_expression_becomes_its_value(expression: Any, value: Any) -> None:
    assert expressions.evaluate(expression, SCOPE) == value


@pytest.mark.parametrize("path", ["m.none", "m.list[7]", "m", "m.auc.value.deeper"])
def test_a_path_that_leads_to_no_value_is_an_error(path: str) -> None:
    with pytest.raises(expressions.ExpressionError):
        expressions.evaluate(json_get(path), SCOPE)


def test_values_take_the_type_that_the_request_wants() -> None:
    shape = MODEL.operation("CreateTrainingJob").input_shape
    given = {
        "HyperParameters": {"depth": 3, "warm": True, "rate": 0.5},
        "ResourceConfig": {"InstanceCount": "2"},
        "EnableNetworkIsolation": "True",
        "Unknown": 1,
    }

    assert arguments.coerced(shape, given) == {
        "HyperParameters": {"depth": "3", "warm": "true", "rate": "0.5"},
        "ResourceConfig": {"InstanceCount": 2},
        "EnableNetworkIsolation": True,
    }


# -- parameters, durations, retries --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [("Integer", "12", 12), ("Float", "1e-3", 0.001), ("Boolean", "True", True), ("Boolean", "false", False)],
)
def test_a_text_is_read_in_the_parameters_type(kind: str, given: str, value: Any) -> None:
    assert Parameter("P", kind).read(given) == value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT1H", 3600),
        ("P30D", 2_592_000),
        ("30d", 2_592_000),
        ("T16m", 960),
        ("30dT5h", 2_610_000),
        ("5y", 157_680_000),
        ("P1W", 604_800),
        ("1M", 2_592_000),
        ("", None),
        ("P", None),
        ("soon", None),
    ],
)
def test_a_cache_lasts_as_long_as_its_iso_8601_duration(text: str, seconds: float | None) -> None:
    assert policies.duration(text) == seconds


def test_retries_wait_longer_each_time_and_end() -> None:
    policy = {
        "ExceptionType": ["Step.THROTTLING"],
        "IntervalSeconds": 2,
        "BackoffRate": 3.0,
        "MaxAttempts": 2,
    }

    waits = [policies.retry([policy], "Step.THROTTLING", attempt, 0) for attempt in (1, 2, 3)]

    assert waits == [policies.Again(2), policies.Again(6), None]
    until = {"ExceptionType": "SageMaker.CAPACITY_ERROR", "IntervalSeconds": 30, "ExpireAfterMin": 1}
    assert policies.retry([until], "SageMaker.CAPACITY_ERROR", 1, 20) == policies.Again(30)
    assert policies.retry([until], "SageMaker.CAPACITY_ERROR", 2, 20) is None
    assert policies.retry([], "SageMaker.RESOURCE_LIMIT", 1, 0) is None
    assert policies.retry([], "Step.SERVICE_FAULT", 1, 0) == policies.Again(1)
