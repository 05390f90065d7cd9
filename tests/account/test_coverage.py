"""Every operation of the API in a round trip with requests made from AWS's own description."""

import re
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from requests_of import everything, smallest

from sagelab.account.app import Application
from sagelab.account.control import RUNTIMES, ApiError, ControlPlane
from sagelab.account.model import ApiModel, service_model
from sagelab.account.packages import OF_VERSIONS

MODEL = ApiModel()
RECORDED = sorted(noun for noun in MODEL.created if not MODEL.noun(noun).refusal)
GENERATED = ("test_coverage.py", "test_malformed.py", "test_hostile.py", "test_validation.py")
PARENTS = {
    "UserProfile": ("Domain", "DomainId"),
    "Space": ("Domain", "DomainId"),
    "App": ("Domain", "DomainId"),
    "Trial": ("Experiment", "ExperimentName"),
}


def creation(noun: str) -> str:
    return f"Create{noun}" if f"Create{noun}" in MODEL.operations else f"Import{noun}"


def request(plane: ControlPlane, noun: str, build: Any) -> dict[str, Any]:
    params: dict[str, Any] = build(MODEL.operation(creation(noun)).input_shape)
    if noun in PARENTS:
        parent, member = PARENTS[noun]
        created = plane.call(creation(parent), smallest(MODEL.operation(creation(parent)).input_shape))
        record = plane.find(parent, next(v for k, v in created.items() if k.endswith("Arn")))
        params[member] = record[member]
    if noun == "ModelPackage":
        for of_a_version in ("ModelPackageGroupName", "ValidationSpecification", *OF_VERSIONS):
            params.pop(of_a_version, None)
        params["ModelPackageName"] = "abc"
    return params


def identity(noun: str, record: dict[str, Any], operation: str) -> dict[str, Any]:
    """What a later operation on the record has to name, next to its other required members."""
    shape = MODEL.operation(operation).input_shape
    params: dict[str, Any] = smallest(shape)
    return {
        **params,
        **{
            name: record[name]
            for name in shape.members
            if name in MODEL.noun(noun).identity and name in record
        },
    }


def check(shape: Any, answered: dict[str, Any]) -> None:
    """An answer holds all that AWS promises and nothing that it does not know."""
    members = dict(shape.members) if shape is not None else {}
    assert set(answered) <= set(members)
    required = set(shape.required_members) - {"NextToken"} if shape is not None else set()
    assert required <= set(answered)


@pytest.mark.parametrize("build", [smallest, everything])
@pytest.mark.parametrize("noun", RECORDED)
def test_a_recorded_noun_goes_the_whole_way(plane: ControlPlane, noun: str, build: Any) -> None:
    operations = MODEL.operations
    create = creation(noun)
    answered = plane.call(create, request(plane, noun, build))
    check(MODEL.operation(create).output_shape, answered)
    (record,) = plane.records(noun)

    for verb in ("Describe", "Update", "Stop", "Start", "Describe"):
        if (name := verb + noun) in operations and plane.status(name) != "refused":
            answered = plane.call(name, identity(noun, record, name))
            check(MODEL.operation(name).output_shape, answered)
    lists = [
        n
        for n in operations
        if MODEL.regular(n) == ("List", noun) and not MODEL.operation(n).input_shape.required_members
    ]
    for name in lists:
        (items,) = [value for value in plane.call(name, {}).values() if isinstance(value, list)]
        assert len(items) == 1
    if (name := "Delete" + noun) in operations:
        plane.call(name, identity(noun, record, name))
        assert plane.records(noun) == []


def test_most_of_what_is_regular_is_recorded() -> None:
    assert len(RECORDED) > 35


@pytest.mark.parametrize("operation", sorted(MODEL.operations))
def test_a_valid_request_is_answered_or_refused_in_a_sentence(plane: ControlPlane, operation: str) -> None:
    shape = MODEL.operation(operation).input_shape
    for build in (smallest, everything):
        sentence = ""
        try:
            answered = plane.call(operation, build(shape) if shape else {})
        except ApiError as error:
            sentence = str(error)
        if sentence:
            assert "validation error" not in sentence
            assert sentence[0].isupper()
        else:
            assert plane.status(operation) != "refused"
            assert isinstance(answered, dict)


def test_the_whole_account_lists_every_operation_once_with_one_of_three_answers(tmp_path: Path) -> None:
    app = Application(tmp_path)
    table = app.plane.operations()
    app.close()

    keys = [(row["service"], row["operation"]) for row in table]
    assert len(keys) == len(set(keys))
    assert {row["service"] for row in table} == {"sagemaker", *RUNTIMES}
    assert {row["status"] for row in table} == {"executed", "recorded", "refused"}
    assert {operation for service, operation in keys if service == "sagemaker"} == MODEL.operations
    assert all(row["module"] for row in table if row["status"] != "refused")


@pytest.mark.parametrize("service", RUNTIMES)
def test_a_runtime_is_listed_whole(tmp_path: Path, service: str) -> None:
    app = Application(tmp_path)
    table = [row for row in app.plane.operations() if row["service"] == service]
    app.close()

    assert {row["operation"] for row in table} == set(service_model(service).operation_names)
    assert "executed" in {row["status"] for row in table}


def test_a_test_calls_each_executed_operation_through_boto3(tmp_path: Path) -> None:
    """Each is named as a client's method, or to a paginator, in a test that somebody wrote for it by hand."""
    written = [path for path in Path(__file__).parent.rglob("*.py") if path.name not in GENERATED]
    tests = "\n".join(path.read_text() for path in written)
    app = Application(tmp_path)
    try:
        executed = [row["operation"] for row in app.plane.operations() if row["status"] == "executed"]
    finally:
        app.close()

    assert len(executed) > 120
    methods = [xform_name(name) for name in executed]
    assert [name for name in methods if not re.search(rf"""\.{name}\b|["']{name}["']""", tests)] == []
