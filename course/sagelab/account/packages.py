"""Model packages: numbered inside their group, or alone under a name of their own."""

from typing import TYPE_CHECKING, Any

from .errors import ApiError
from .verbs import NOT_KEPT

if TYPE_CHECKING:
    from .control import ControlPlane

Record = dict[str, Any]
DONE = {"ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": []}}
OF_VERSIONS = ("ModelApprovalStatus", "DriftCheckBaselines", "ModelLifeCycle")


def register(plane: "ControlPlane") -> None:
    """Answer CreateModelPackage, and keep groups that still have versions from being deleted."""

    def create(params: Record) -> Record:
        named, grouped = params.get("ModelPackageName"), params.get("ModelPackageGroupName")
        if bool(named) == bool(grouped):
            raise ApiError("Provide either ModelPackageName or ModelPackageGroupName.")
        if params.get("ValidationSpecification", {}).get("ValidationProfiles"):
            raise ApiError(
                "The local account runs no validation of model packages; leave ValidationSpecification out.",
                "NotAvailableInLocalAccount",
            )
        if named and (given := [name for name in OF_VERSIONS if name in params]):
            raise ApiError(f"{given[0]} is for versions: give ModelPackageGroupName, not ModelPackageName.")
        now = plane.clock.time()
        record: Record = {
            **{name: value for name, value in params.items() if name not in NOT_KEPT},
            **DONE,
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        return {"ModelPackageArn": add_version(record) if grouped else add(record, str(named))}

    def add_version(record: Record) -> str:
        group = plane.find("ModelPackageGroup", record["ModelPackageGroupName"])["ModelPackageGroupName"]
        version = plane.store.next_number(f"package.{group}")
        numbered = {"ModelPackageGroupName": group, "ModelPackageVersion": version}
        return add(
            {"ModelApprovalStatus": "PendingManualApproval", **record, **numbered}, f"{group}/{version}"
        )

    def add(record: Record, name: str) -> str:
        arn = plane.arn("ModelPackage", name)
        if not plane.store.add(
            "ModelPackage", {"ModelPackageName": name, **record, "ModelPackageArn": arn, "_arn": arn}
        ):
            raise ApiError(f"Model package {arn} already exists.", "ConflictException")
        return arn

    def empty_group(params: Record) -> None:
        group = plane.find("ModelPackageGroup", params["ModelPackageGroupName"])["ModelPackageGroupName"]
        if any(record.get("ModelPackageGroupName") == group for record in plane.records("ModelPackage")):
            raise ApiError(
                "Model package group contains model packages. Delete them first.", "ConflictException"
            )

    plane.answers("CreateModelPackage", create)
    plane.checks("DeleteModelPackageGroup", empty_group)
