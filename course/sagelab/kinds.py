"""The kinds of resources in an account: how each is listed, named, described, stopped and deleted.

SageMaker's kinds are read from botocore's model of the API; the other services have one row each. No kind has code.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

__all__ = ["Kind", "all_kinds", "identify", "sagemaker_kinds"]

Item = dict[str, Any]
TITLES = {
    "AutoMLJob": "AutoML jobs",
    "EndpointConfig": "Endpoint configurations",
    "MlflowApp": "MLflow apps",
    "MlflowTrackingServer": "MLflow tracking servers",
    "HumanTaskUi": "Human task UIs",
    "HyperParameterTuningJob": "Hyperparameter tuning jobs",
}
PARENTS = {  # listed once for each resource of another kind: that kind's noun and the parameter that names it
    "ModelPackage": ("ModelPackageGroup", "ModelPackageGroupName"),
    "ImageVersion": ("Image", "ImageName"),
    "PipelineExecution": ("Pipeline", "PipelineName"),
}
ALSO_KEYS = {"App": ("UserProfileName", "SpaceName"), "ImageVersion": ("Version",)}


@dataclass(frozen=True)
class Kind:
    """One kind of resource; operations are methods of a boto3 client, fields are members of a listed item."""

    service: str
    noun: str
    title: str
    list: str
    member: str
    name: str
    arn: str = ""
    status: str = ""
    created: str = ""
    describe: str = ""
    delete: str = ""
    stop: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)  # parameters of describe, stop and delete: fields
    given: Mapping[str, Any] = field(default_factory=dict)  # parameters of the list operation
    parent: tuple[str, str] | None = None
    many: bool = False  # delete takes a list


OTHERS = (
    Kind("s3", "Bucket", "S3 buckets", "list_buckets", "Buckets", "Name", created="CreationDate",
         delete="delete_bucket", keys={"Bucket": "Name"}),
    Kind("logs", "LogGroup", "Log groups", "describe_log_groups", "logGroups", "logGroupName", arn="arn",
         created="creationTime", delete="delete_log_group", keys={"logGroupName": "logGroupName"}),
    Kind("cloudwatch", "Alarm", "Alarms", "describe_alarms", "MetricAlarms", "AlarmName", arn="AlarmArn",
         status="StateValue", created="AlarmConfigurationUpdatedTimestamp", delete="delete_alarms",
         keys={"AlarmNames": "AlarmName"}, many=True),
    Kind("events", "Rule", "Event rules", "list_rules", "Rules", "Name", arn="Arn", status="State",
         delete="delete_rule", keys={"Name": "Name"}),
    Kind("sqs", "Queue", "Queues", "list_queues", "QueueUrls", "QueueUrl", delete="delete_queue",
         keys={"QueueUrl": "QueueUrl"}),
    Kind("sns", "Topic", "Topics", "list_topics", "Topics", "TopicArn", arn="TopicArn", delete="delete_topic",
         keys={"TopicArn": "TopicArn"}),
    Kind("iam", "Role", "Roles", "list_roles", "Roles", "RoleName", arn="Arn", created="CreateDate",
         delete="delete_role", keys={"RoleName": "RoleName"}),
    Kind("iam", "Policy", "Policies of your own", "list_policies", "Policies", "PolicyName", arn="Arn",
         created="CreateDate", delete="delete_policy", keys={"PolicyArn": "Arn"}, given={"Scope": "Local"}),
    Kind("lambda", "Function", "Functions", "list_functions", "Functions", "FunctionName", arn="FunctionArn",
         status="State", delete="delete_function", keys={"FunctionName": "FunctionName"}),
    Kind("application-autoscaling", "ScalableTarget", "Scaling targets", "describe_scalable_targets",
         "ScalableTargets", "ResourceId", created="CreationTime", delete="deregister_scalable_target",
         keys={name: name for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")},
         given={"ServiceNamespace": "sagemaker"}),
    Kind("athena", "WorkGroup", "Athena workgroups", "list_work_groups", "WorkGroups", "Name", status="State",
         created="CreationTime", delete="delete_work_group", keys={"WorkGroup": "Name"}),
    Kind("glue", "Database", "Glue databases", "get_databases", "DatabaseList", "Name", created="CreateTime",
         delete="delete_database", keys={"Name": "Name"}),
    Kind("ecr", "Repository", "Image repositories", "describe_repositories", "repositories", "repositoryName",
         arn="repositoryArn", created="createdAt", delete="delete_repository",
         keys={"repositoryName": "repositoryName"}),
)  # fmt: skip


def all_kinds(sagemaker: Any) -> list[Kind]:
    """SageMaker's kinds as its client's model tells them, then those of the other services."""
    return [*sagemaker_kinds(sagemaker.meta.service_model), *OTHERS]


def sagemaker_kinds(model: Any) -> Iterator[Kind]:
    """A kind for each list operation whose things can also be made, stopped or deleted."""
    operations = set(model.operation_names)
    for operation in sorted(op for op in operations if op.startswith("List")):
        noun = operation.removeprefix("List").removesuffix("s")
        required = _required(model, operation)
        parent = PARENTS.get(noun)
        made = {f"{verb}{noun}" for verb in ("Create", "Delete", "Stop")} & operations
        if made and not required - ({parent[1]} if parent else set()):
            yield _kind(model, operations, operation, noun, parent)


def _kind(
    model: Any, operations: set[str], operation: str, noun: str, parent: tuple[str, str] | None
) -> Kind:
    member, item = next(
        (name, shape.member.members)
        for name, shape in model.operation_model(operation).output_shape.members.items()
        if shape.type_name == "list"
    )
    name = _field(item, noun, "Name") or _field(item, noun, "Id") or _field(item, noun, "Arn")
    arn = _field(item, noun, "Arn")
    fields = {*item, *([parent[1]] if parent else [])}
    verbs = {
        verb: xform_name(f"{verb}{noun}") if _callable(model, operations, f"{verb}{noun}") else ""
        for verb in ("Describe", "Delete", "Stop")
    }
    keys: dict[str, str] = {}
    for verb, method in verbs.items():
        if method:
            keys |= _keys(model, f"{verb}{noun}", fields, name, arn)
    keys |= {key: key for key in ALSO_KEYS.get(noun, ())}
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", noun)
    title = TITLES.get(noun) or f"{_sentence_case(spaced)}s"
    return Kind(
        service="sagemaker",
        noun=noun,
        title=title,
        list=xform_name(operation),
        member=member,
        name=name,
        arn=arn,
        status=_field(item, noun, "Status"),
        created=next((at for at in ("CreationTime", "StartTime", "RegistrationTime") if at in item), ""),
        keys=keys,
        parent=parent,
        describe=verbs["Describe"],
        delete=verbs["Delete"],
        stop=verbs["Stop"],
    )


def _sentence_case(text: str) -> str:
    first, *rest = text.split()
    return " ".join([first, *(word if word.isupper() else word.lower() for word in rest)])


def _field(item: Any, noun: str, ending: str) -> str:
    """The member that is the name, ARN or status of a listed thing: NounName, Name, else one that ends so."""
    plain = [f"{noun}{ending}", ending]
    other = [
        one for one in item if one.endswith(ending) and not one.startswith(("Secondary", "Offline", "Role"))
    ]
    return next((one for one in (*plain, *other) if one in item), "")


def _required(model: Any, operation: str) -> set[str]:
    shape = model.operation_model(operation).input_shape
    return set(shape.required_members) if shape else set()


def _callable(model: Any, operations: set[str], operation: str) -> bool:
    """Whether there is such an operation, and it asks for nothing but the thing's names."""
    return operation in operations and not any(
        model.operation_model(operation).input_shape.members[one].type_name in ("structure", "map", "list")
        for one in _required(model, operation)
    )


def _keys(model: Any, operation: str, fields: set[str], name: str, arn: str) -> dict[str, str]:
    shape = model.operation_model(operation).input_shape
    required = {
        one for one in _required(model, operation) if not shape.members[one].metadata.get("idempotencyToken")
    }
    if not required and arn in shape.members:
        return {arn: arn}
    return {one: one if one in fields else (arn if one.endswith("Arn") else name) for one in sorted(required)}


def identify(kind: Kind, item: Item, operation: str, model: Any) -> Item:
    """The parameters that name an item to one of its kind's operations."""
    accepted = model.operation_model(model_name(model, operation)).input_shape.members
    found = {}
    for key, member in kind.keys.items():
        value = item.get(member) or (item.get(kind.arn) if kind.arn and member == kind.name else None)
        if key in accepted and value is not None:
            found[key] = [value] if kind.many else value
    return found


def model_name(model: Any, method: str) -> str:
    """The API's name of a client's method."""
    return next(str(name) for name in model.operation_names if xform_name(name) == method)
