"""Tags, on any ARN."""

from collections.abc import Callable

import pytest

from sagelab.account import Account
from sagelab.account.control import ControlPlane

Refusal = Callable[..., tuple[str, str]]


@pytest.fixture
def arn(plane: ControlPlane) -> str:
    tags = [{"Key": "team", "Value": "risk"}]
    created = plane.call("CreateExperiment", {"ExperimentName": "e", "Tags": tags})
    return str(created["ExperimentArn"])


def tags(plane: ControlPlane, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in plane.call("ListTags", {"ResourceArn": arn})["Tags"]}


def test_tags_given_at_creation_are_there(plane: ControlPlane, arn: str) -> None:
    assert tags(plane, arn) == {"team": "risk"}


def test_a_tag_of_the_same_key_is_replaced_and_others_stay(plane: ControlPlane, arn: str) -> None:
    more = [{"Key": "team", "Value": "fraud"}, {"Key": "cost", "Value": "7"}]

    answered = plane.call("AddTags", {"ResourceArn": arn, "Tags": more})["Tags"]

    assert tags(plane, arn) == {"team": "fraud", "cost": "7"}
    assert {tag["Key"] for tag in answered} == {"team", "cost"}


def test_deleted_tags_are_gone_and_unknown_keys_do_no_harm(plane: ControlPlane, arn: str) -> None:
    assert plane.call("DeleteTags", {"ResourceArn": arn, "TagKeys": ["team", "never"]}) == {}
    assert tags(plane, arn) == {}


def test_a_resource_has_at_most_fifty_tags(plane: ControlPlane, arn: str, refusal: Refusal) -> None:
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]

    assert refusal(plane.call, "AddTags", {"ResourceArn": arn, "Tags": many})[0] == "ResourceLimitExceeded"
    assert tags(plane, arn) == {"team": "risk"}


def test_an_arn_of_nothing_is_refused(plane: ControlPlane, refusal: Refusal) -> None:
    for operation, more in (("ListTags", {}), ("AddTags", {"Tags": []}), ("DeleteTags", {"TagKeys": ["k"]})):
        code, sentence = refusal(
            plane.call, operation, {"ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:x/y", **more}
        )
        assert (code, sentence) == (
            "ResourceNotFound",
            "Could not find resource arn:aws:sagemaker:us-east-1:123456789012:x/y",
        )


def test_all_tags_fit_on_one_page(plane: ControlPlane, arn: str) -> None:
    plane.call("AddTags", {"ResourceArn": arn, "Tags": [{"Key": f"k{n}", "Value": "v"} for n in range(49)]})

    answered = plane.call("ListTags", {"ResourceArn": arn})

    assert len(answered["Tags"]) == 50
    assert "NextToken" not in answered


def test_a_client_adds_lists_and_takes_away_tags(account: Account) -> None:
    client = account.session.client("sagemaker")
    arn = client.create_experiment(ExperimentName=account.unique("tagged"))["ExperimentArn"]

    client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "risk"}, {"Key": "cost", "Value": "7"}])
    client.delete_tags(ResourceArn=arn, TagKeys=["cost"])

    assert client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "risk"}]
