"""SageMaker's events: which change of which record is told, under which name and with which detail.

Names and details follow AWS's page "Events that Amazon SageMaker AI sends to Amazon EventBridge": moments are
milliseconds since 1970, but texts in the events of model packages, model cards and pipelines.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..control import ControlPlane, Record
from ..model import dashed
from ..verbs import answer
from .bus import Bus

UPDATED = "UpdatedModelPackageFields"
PACKAGE_FIELDS = {  # a member of a package's record: what an event calls it
    "ModelApprovalStatus": "ModelApprovalStatus",
    "ApprovalDescription": "ApprovalDescription",
    "SourceUri": "sourceUri",
    "CustomerMetadataProperties": "CustomerMetadataProperties",
    "InferenceSpecification": "InferenceSpecification",
    "ModelLifeCycle": "ModelLifeCycle",
}


@dataclass(frozen=True)
class Told:
    """An event: its name, and the members whose change it tells."""

    detail_type: str
    members: tuple[str, ...]
    dates_as_text: bool = False
    needed: str = ""  # a new record is not told before it has this member


EVENTS = {
    "TrainingJob": Told(
        "SageMaker Training Job State Change",
        ("TrainingJobStatus", "SecondaryStatus"),
        needed="SecondaryStatus",
    ),
    "ProcessingJob": Told("SageMaker Processing Job State Change", ("ProcessingJobStatus",)),
    "TransformJob": Told("SageMaker Transform Job State Change", ("TransformJobStatus",)),
    "HyperParameterTuningJob": Told(
        "SageMaker HyperParameter Tuning Job State Change", ("HyperParameterTuningJobStatus",)
    ),
    "Endpoint": Told("SageMaker Endpoint State Change", ("EndpointStatus",)),
    "EndpointConfig": Told("SageMaker Endpoint Config State Change", ()),
    "Model": Told("SageMaker Model State Change", ()),
    "ModelPackage": Told(
        "SageMaker Model Package State Change", ("ModelPackageStatus", *PACKAGE_FIELDS), dates_as_text=True
    ),
    "ModelCard": Told(
        "SageMaker Model Card State Change",
        ("ModelCardStatus", "ModelCardVersion"),
        dates_as_text=True,
        needed="ModelId",
    ),
    "FeatureGroup": Told(
        "SageMaker Feature Group State Change", ("FeatureGroupStatus", "OfflineStoreStatus")
    ),
    "Image": Told("SageMaker Image State Change", ("ImageStatus",)),
    "ImageVersion": Told("SageMaker Image Version State Change", ("ImageVersionStatus",)),
    "MonitoringSchedule": Told("SageMaker Monitoring Schedule State Change", ("MonitoringScheduleStatus",)),
    "LabelingJob": Told("SageMaker Ground Truth Labeling Job State Change", ("LabelingJobStatus",)),
}
EXECUTION = "SageMaker Model Building Pipeline Execution Status Change"
STEP = "SageMaker Model Building Pipeline Execution Step Status Change"
CARD_HIDES = ("Content", "ModelCardArn", "ModelCardProcessingStatus")
DEPLOYMENT = "SageMaker Endpoint Deployment State Change"
ENDPOINT_PARTS = ("PendingDeploymentSummary", "ProductionVariants")


class Changes:
    """Tells the bus of every change of a record that AWS tells."""

    def __init__(self, plane: ControlPlane, bus: Bus) -> None:
        self._plane, self._bus = plane, bus
        for noun, told in EVENTS.items():
            plane.watches(noun, self._teller(noun, told))
        plane.watches("Endpoint", self._deployment)
        plane.watches("PipelineExecution", self._execution)
        plane.watches("PipelineExecutionStep", self._step)

    def _teller(self, noun: str, told: Told) -> Callable[[Record | None, Record], None]:
        def changed(before: Record | None, after: Record) -> None:
            if told.needed and told.needed not in after:
                return
            known = before if before and (not told.needed or told.needed in before) else {}
            moved = [name for name in told.members if known.get(name) != after.get(name)]
            if moved or not known:
                detail = self._detail(noun, after, told.dates_as_text)
                if noun == "ModelPackage" and known:
                    detail[UPDATED] = [PACKAGE_FIELDS[name] for name in moved if name in PACKAGE_FIELDS]
                self._emit(told.detail_type, detail, after)

        return changed

    def _deployment(self, before: Record | None, after: Record) -> None:
        """While an endpoint is updated, each step of its variants is an event."""
        steps = [
            [variant_steps(record.get(part)) for part in ENDPOINT_PARTS] for record in (before or {}, after)
        ]
        if before and after.get("EndpointStatus") == "Updating" and steps[0] != steps[1]:
            self._emit(DEPLOYMENT, self._detail("Endpoint", after, False), after)

    def _execution(self, before: Record | None, after: Record) -> None:
        was, now = (before or {}).get("PipelineExecutionStatus"), after.get("PipelineExecutionStatus")
        if was == now:
            return
        pipeline = str(after.get("PipelineArn", after["_arn"].partition("/execution/")[0]))
        ended = (
            {}
            if now in ("Executing", "Stopping")
            else {"executionEndTime": moment(after, "LastModifiedTime")}
        )
        detail: Record = {
            "pipelineExecutionDisplayName": after.get("PipelineExecutionDisplayName"),
            "currentPipelineExecutionStatus": now,
            "previousPipelineExecutionStatus": was,
            "executionStartTime": moment(after, "CreationTime"),
            **ended,
            "pipelineExecutionDescription": after.get("PipelineExecutionDescription"),
            "pipelineArn": pipeline,
            "pipelineExecutionArn": after["_arn"],
        }
        detail = {name: value for name, value in detail.items() if value is not None}
        self._bus.emit(EXECUTION, detail, [pipeline, after["_arn"]], "aws.sagemaker")

    def _step(self, before: Record | None, after: Record) -> None:
        was, now = (before or {}).get("StepStatus"), after["StepStatus"]
        if was == now:
            return
        execution = str(after["PipelineExecutionArn"])
        pipeline = execution.partition("/execution/")[0]
        detail: Record = {
            "metadata": in_camel_case(after.get("Metadata") or {}),
            "stepStartTime": moment(after, "StartTime"),
            "stepEndTime": moment(after, "EndTime"),
            "stepName": after["StepName"],
            "stepType": after["StepType"],
            "previousStepStatus": was,
            "currentStepStatus": now,
            "failureReason": after.get("FailureReason"),
            "cacheHitResult": in_camel_case(after.get("CacheHitResult")),
            "pipelineArn": pipeline,
            "pipelineExecutionArn": execution,
        }
        detail = {name: value for name, value in detail.items() if value is not None}
        self._bus.emit(STEP, detail, [pipeline, execution], "aws.sagemaker")

    def _emit(self, detail_type: str, detail: Record, record: Record) -> None:
        self._bus.emit(detail_type, detail, [record["_arn"]], "aws.sagemaker")

    def _detail(self, noun: str, record: Record, dates_as_text: bool) -> Record:
        """The record as it is described, in the form of an event."""
        shape = self._plane.model.operation("Describe" + noun).output_shape
        shown = in_event(shape, answer(shape, self._plane.model.noun(noun), record), dates_as_text)
        if noun == "Endpoint":
            shown["EndpointStatus"] = dashed(shown["EndpointStatus"]).replace("-", "_").upper()
        if noun == "ModelCard":  # without its content
            more = {"AccountId": self._plane.account, "ModelId": record.get("ModelId")}
            return {n: v for n, v in {**shown, **more}.items() if n not in CARD_HIDES and v is not None}
        return {**shown, "Tags": {tag["Key"]: tag["Value"] for tag in record.get("Tags") or []}}


def in_event(shape: Any, value: Any, dates_as_text: bool) -> Any:
    """A value with its moments in the form of an event."""
    if shape.type_name == "timestamp":
        return iso(value) if dates_as_text else round(float(value) * 1000)
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name: in_event(shape.members[name], item, dates_as_text)
            for name, item in value.items()
            if name in shape.members and item is not None
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [in_event(shape.member, item, dates_as_text) for item in value]
    return value


def iso(value: float) -> str:
    """Seconds since 1970 as AWS writes a moment."""
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment(record: Record, member: str) -> str | None:
    """A record's moment as text."""
    return iso(record[member]) if record.get(member) is not None else None


def variant_steps(part: Any) -> list[Any]:
    """The steps that the variants of a deployment are in, and the traffic that they get."""
    variants = part.get("ProductionVariants", []) if isinstance(part, dict) else part or []
    return [
        (variant.get("CurrentWeight"), [step.get("Status") for step in variant.get("VariantStatus") or []])
        for variant in variants
    ]


def in_camel_case(value: Any) -> Any:
    """A value whose members begin in lower case, as in the events of pipelines."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: in_camel_case(item) for name, item in value.items()}
    return [in_camel_case(item) for item in value] if isinstance(value, list) else value
