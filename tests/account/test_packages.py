"""Model packages: versions of a group."""

from collections.abc import Callable

import pytest

from sagelab.account.control import ControlPlane

Refusal = Callable[..., tuple[str, str]]
PREFIX = "arn:aws:sagemaker:us-east-1:123456789012"


@pytest.fixture
def group(plane: ControlPlane) -> str:
    plane.call("CreateModelPackageGroup", {"ModelPackageGroupName": "Churn"})
    return "Churn"


def test_versions_count_up_inside_their_group(plane: ControlPlane, group: str) -> None:
    arns = [
        plane.call("CreateModelPackage", {"ModelPackageGroupName": group})["ModelPackageArn"]
        for _ in range(3)
    ]

    assert arns == [f"{PREFIX}:model-package/churn/{number}" for number in (1, 2, 3)]
    assert plane.call("DescribeModelPackage", {"ModelPackageName": arns[1]})["ModelPackageVersion"] == 2


def test_the_number_of_a_deleted_version_is_not_given_again(plane: ControlPlane, group: str) -> None:
    first = plane.call("CreateModelPackage", {"ModelPackageGroupName": group})["ModelPackageArn"]
    plane.call("DeleteModelPackage", {"ModelPackageName": first})

    assert plane.call("CreateModelPackage", {"ModelPackageGroupName": group})["ModelPackageArn"].endswith(
        "/2"
    )


def test_a_version_waits_for_approval_unless_told_otherwise(plane: ControlPlane, group: str) -> None:
    arn = plane.call("CreateModelPackage", {"ModelPackageGroupName": group})["ModelPackageArn"]
    waiting = plane.call("DescribeModelPackage", {"ModelPackageName": arn})["ModelApprovalStatus"]

    plane.call("UpdateModelPackage", {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"})

    assert waiting == "PendingManualApproval"
    assert plane.call("DescribeModelPackage", {"ModelPackageName": arn})["ModelApprovalStatus"] == "Approved"
    found = plane.call("ListModelPackages", {"ModelApprovalStatus": "Approved"})["ModelPackageSummaryList"]
    assert [item["ModelPackageArn"] for item in found] == [arn]


def test_a_package_belongs_to_a_group_or_has_a_name_but_not_both(
    plane: ControlPlane, group: str, refusal: Refusal
) -> None:
    alone = plane.call("CreateModelPackage", {"ModelPackageName": "alone"})

    assert alone == {"ModelPackageArn": f"{PREFIX}:model-package/alone"}
    assert refusal(plane.call, "CreateModelPackage", {"ModelPackageName": "alone"})[0] == "ConflictException"
    assert refusal(plane.call, "CreateModelPackage", {})[0] == "ValidationException"
    both = {"ModelPackageName": "x", "ModelPackageGroupName": group}
    assert refusal(plane.call, "CreateModelPackage", both)[0] == "ValidationException"


def test_a_missing_group_is_refused(plane: ControlPlane, refusal: Refusal) -> None:
    assert refusal(plane.call, "CreateModelPackage", {"ModelPackageGroupName": "none"}) == (
        "ValidationException",
        f"ModelPackageGroup {PREFIX}:model-package-group/none does not exist.",
    )


def test_a_group_with_versions_cannot_be_deleted(plane: ControlPlane, group: str, refusal: Refusal) -> None:
    arn = plane.call("CreateModelPackage", {"ModelPackageGroupName": group})["ModelPackageArn"]

    assert (
        refusal(plane.call, "DeleteModelPackageGroup", {"ModelPackageGroupName": group})[0]
        == "ConflictException"
    )
    plane.call("DeleteModelPackage", {"ModelPackageName": arn})
    assert plane.call("DeleteModelPackageGroup", {"ModelPackageGroupName": group}) == {}
