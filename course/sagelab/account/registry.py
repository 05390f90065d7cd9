"""The model registry: approvals, what else a version can change, groups with policies, and models from packages."""

import json
import threading

from .control import ApiError, ControlPlane, Record
from .listing import Listing
from .verbs import answer

PENDING, APPROVED, REJECTED = "PendingManualApproval", "Approved", "Rejected"
MOVES = {(PENDING, APPROVED), (PENDING, REJECTED), (REJECTED, APPROVED), (APPROVED, REJECTED)}
MOST_METADATA = 50
MOST_SPECIFICATIONS = 15
REPLACED = (  # members of an update that take the place of what the package had
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelLifeCycle",
)
OF_CONTAINERS = ("Image", "ModelDataUrl", "ModelDataSource", "Environment", "ContainerHostname")
POLICY = "_policy"


def register(plane: ControlPlane) -> None:
    """Let the model registry happen in this account."""
    registry = Registry(plane)
    plane.answers("CreateModelPackageGroup", lambda p: plane.keep("CreateModelPackageGroup", p))
    plane.answers("UpdateModelPackage", registry.update)
    plane.answers("BatchDescribeModelPackage", registry.describe_many)
    plane.answers("ListModelPackages", registry.list_packages)
    plane.answers("PutModelPackageGroupPolicy", registry.put_policy)
    plane.answers("GetModelPackageGroupPolicy", registry.get_policy)
    plane.answers("DeleteModelPackageGroupPolicy", registry.delete_policy)
    plane.checks("CreateModelPackage", check_card)
    plane.checks("CreateModel", registry.complete_model)


class Registry:
    """The registry of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane, self._lock = plane, threading.RLock()

    # -- packages ----------------------------------------------------------------------------------------------
    def update(self, params: Record) -> Record:
        """UpdateModelPackage; one at a time, so that each move begins where the last one ended."""
        with self._lock:
            return self._updated(self._plane.find("ModelPackage", params["ModelPackageArn"]), params)

    def _updated(self, package: Record, params: Record) -> Record:
        check_move(package, params)
        check_card(params)
        changes = {name: params[name] for name in REPLACED if name in params}
        if "ModelCard" in params:
            changes["ModelCard"] = {**package.get("ModelCard", {}), **params["ModelCard"]}
        changes |= metadata(package, params) | specifications(package, params)
        now = self._plane.clock.time()
        self._plane.update("ModelPackage", package["_arn"], **changes, LastModifiedTime=now)
        return {"ModelPackageArn": package["_arn"]}

    def describe_many(self, params: Record) -> Record:
        """BatchDescribeModelPackage: what can be described, and why the rest cannot."""
        output = self._plane.model.operation("BatchDescribeModelPackage").output_shape
        shape, noun = output.members["ModelPackageSummaries"].value, self._plane.model.noun("ModelPackage")
        found: Record = {}
        missing: Record = {}
        for arn in params["ModelPackageArnList"]:
            try:
                found[arn] = answer(shape, noun, self._plane.find("ModelPackage", arn))
            except ApiError as error:
                missing[arn] = {"ErrorCode": error.code, "ErrorResponse": str(error)}
        errors = {"BatchDescribeModelPackageErrorMap": missing} if missing else {}
        return {"ModelPackageSummaries": found, **errors}

    def list_packages(self, params: Record) -> Record:
        """ListModelPackages: without a type those outside of groups, unless a group or an approval is asked for."""
        packages = self._plane.records("ModelPackage")
        of_versions = {"ModelPackageGroupName", "ModelApprovalStatus"} & set(params)
        kind = params.get("ModelPackageType", "Versioned" if of_versions else "Unversioned")
        if kind != "Both":
            packages = [p for p in packages if ("ModelPackageVersion" in p) == (kind == "Versioned")]
        if "ModelPackageGroupName" in params:
            group = self._plane.find("ModelPackageGroup", params["ModelPackageGroupName"])
            name = group["ModelPackageGroupName"]
            packages = [p for p in packages if p.get("ModelPackageGroupName") == name]
        rest = {n: v for n, v in params.items() if n not in ("ModelPackageGroupName", "ModelPackageType")}
        noun = self._plane.model.noun("ModelPackage")
        return Listing(self._plane.model, "ListModelPackages", noun).select(packages, rest)

    # -- groups ------------------------------------------------------------------------------------------------
    def put_policy(self, params: Record) -> Record:
        """PutModelPackageGroupPolicy: who else may use the group."""
        group = self._plane.find("ModelPackageGroup", params["ModelPackageGroupName"])
        check_policy(params["ResourcePolicy"])
        self._plane.update("ModelPackageGroup", group["_arn"], **{POLICY: params["ResourcePolicy"]})
        return {"ModelPackageGroupArn": group["_arn"]}

    def get_policy(self, params: Record) -> Record:
        """GetModelPackageGroupPolicy."""
        return {"ResourcePolicy": self._with_policy(params)[POLICY]}

    def delete_policy(self, params: Record) -> Record:
        """DeleteModelPackageGroupPolicy."""
        group = self._with_policy(params)
        self._plane.update("ModelPackageGroup", group["_arn"], **{POLICY: None})
        return {}

    def _with_policy(self, params: Record) -> Record:
        group = self._plane.find("ModelPackageGroup", params["ModelPackageGroupName"])
        if not group.get(POLICY):
            raise ApiError(f"Cannot find a resource policy of {group['_arn']}.")
        return group

    # -- models ------------------------------------------------------------------------------------------------
    def complete_model(self, params: Record) -> None:
        """CreateModel from packages: each container is completed by what its package says."""
        if "PrimaryContainer" in params:
            completed = self._completed(params["PrimaryContainer"])
            if len(completed) == 1:
                params["PrimaryContainer"] = completed[0]
            else:
                del params["PrimaryContainer"]
                params["Containers"] = completed
        elif "Containers" in params:
            params["Containers"] = [made for given in params["Containers"] for made in self._completed(given)]

    def _completed(self, container: Record) -> list[Record]:
        name = container.get("ModelPackageName")
        if not name:
            return [container]
        if "Image" in container or "ModelDataUrl" in container:
            raise ApiError(
                "Give a container a ModelPackageName, or an Image with its ModelDataUrl, but not both."
            )
        package = self._plane.find("ModelPackage", name)
        check_deployable(package)
        made = []
        for part in package["InferenceSpecification"]["Containers"]:
            given = {member: part[member] for member in OF_CONTAINERS if member in part}
            environment = {**part.get("Environment", {}), **container.get("Environment", {})}
            both = {**given, **container, "ModelPackageName": package["_arn"]}
            made.append({**both, **({"Environment": environment} if environment else {})})
        return made


def check_move(package: Record, params: Record) -> None:
    """An approval status goes the ways that AWS lists, and no other; what keeps its status may change the rest."""
    wanted = params.get("ModelApprovalStatus")
    if wanted is None:
        return
    now = package.get("ModelApprovalStatus")
    if now is None:
        raise ApiError(f"Only versions of a group have an approval status; {package['_arn']} is none.")
    if now != wanted and (now, wanted) not in MOVES:
        raise ApiError(f"Model package {package['_arn']} cannot go from {now} to {wanted}.")


def check_card(params: Record) -> None:
    """The content of a package's model card is JSON."""
    content = params.get("ModelCard", {}).get("ModelCardContent")
    try:
        fits = content is None or isinstance(json.loads(content), dict)
    except ValueError:
        fits = False
    if not fits:
        raise ApiError("ModelCardContent must be a JSON object.")


def check_policy(text: str) -> None:
    """A policy is a JSON document with statements."""
    try:
        policy = json.loads(text)
    except ValueError:
        policy = None
    if not (isinstance(policy, dict) and policy.get("Statement")):
        raise ApiError("ResourcePolicy must be a JSON policy document with a Statement.")


def check_deployable(package: Record) -> None:
    """A version is deployed once it is approved, any package once it is complete."""
    arn = package["_arn"]
    if package["ModelPackageStatus"] != "Completed":
        raise ApiError(f"Model package {arn} is {package['ModelPackageStatus']}, not Completed.")
    status = package.get("ModelApprovalStatus", APPROVED)
    if status != APPROVED:
        raise ApiError(f"Model package {arn} is not approved: its ModelApprovalStatus is {status}.")
    if not package.get("InferenceSpecification", {}).get("Containers"):
        raise ApiError(f"Model package {arn} has no InferenceSpecification to deploy.")


def metadata(package: Record, params: Record) -> Record:
    """The customer's metadata after an update: keys are added, replaced and removed."""
    added, gone = params.get("CustomerMetadataProperties"), params.get("CustomerMetadataPropertiesToRemove")
    if not (added or gone):
        return {}
    values = {**package.get("CustomerMetadataProperties", {}), **(added or {})}
    values = {key: value for key, value in values.items() if key not in (gone or [])}
    if len(values) > MOST_METADATA:
        raise ApiError(f"A model package can have at most {MOST_METADATA} customer metadata properties.")
    return {"CustomerMetadataProperties": values}


def specifications(package: Record, params: Record) -> Record:
    """The additional inference specifications after an update."""
    added = params.get("AdditionalInferenceSpecificationsToAdd")
    if not added:
        return {}
    kept = [*package.get("AdditionalInferenceSpecifications", []), *added]
    names = [specification["Name"] for specification in kept]
    if len(set(names)) < len(names):
        raise ApiError("Names of additional inference specifications must be unique in a model package.")
    if len(kept) > MOST_SPECIFICATIONS:
        raise ApiError(f"A model package can have at most {MOST_SPECIFICATIONS} additional specifications.")
    return {"AdditionalInferenceSpecifications": kept}
