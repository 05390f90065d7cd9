"""What AWS bills while a resource stands: which unit, and how much of it, but never at what price.

Instances are billed by the hour, storage by GB and month (1 GB is 2^30 bytes, as S3 bills it). A job that has ended, a
description such as a model or a configuration, costs nothing while it stands.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import jmespath  # botocore brings it

from sagelab.said import Said, say

__all__ = ["BILLS", "Bill", "Line", "basis", "bills_of", "lines_of"]

GB = 2**30
HOUR, MONTH, ALARM = "instance hour", "GB-month", "alarm-month"
RUNNING = ("InProgress", "Stopping")
SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack")
STARTED = ("Created", "Started", "Updated", "UpdateFailed", "Updating", "Stopping", "MaintenanceComplete")
GROUPS = "ResourceConfig.InstanceGroups[].{what: InstanceType, count: InstanceCount}"


@dataclass(frozen=True)
class Bill:
    """One thing that is billed: `path` finds `what` and `count` in the description, for the statuses `when`."""

    usage: str
    unit: str
    path: str
    when: tuple[str, ...] = ()
    state: str = ""  # where the status is looked up; else the item's own


@dataclass(frozen=True)
class Line:
    """So many units of one thing: 2 instance hours an hour of Hosting on ml.m5.large."""

    usage: str
    what: str
    unit: str
    count: Decimal

    @property
    def key(self) -> str:
        """The name under which the learner's price is kept."""
        return f"{self.usage}: {self.what}" if self.what else self.usage


def _one(kind: str, count: str = "`1`") -> str:
    return f"[{{what: {kind}, count: {count}}}]"


def _volume(size: str) -> str:
    return f'[{{what: `""`, count: {size}}}]'


_TRAINING = f"{GROUPS} || [ResourceConfig.{{what: InstanceType, count: InstanceCount}}]"
_CLUSTER = "[ProcessingResources.ClusterConfig.{what: InstanceType, count: InstanceCount}]"
BILLS: Mapping[str, tuple[Bill, ...]] = {
    "Endpoint": (Bill("Hosting", HOUR, "Instances", SERVING),),
    "NotebookInstance": (
        Bill("Notebook", HOUR, _one("InstanceType"), ("InService", "Updating")),
        Bill("Notebook volume", MONTH, _volume("VolumeSizeInGB")),
    ),
    "App": (Bill("Studio", HOUR, _one("ResourceSpec.InstanceType"), ("InService", "Pending")),),
    "Space": (
        Bill("Studio volume", MONTH,
             _volume("SpaceSettings.SpaceStorageSettings.EbsStorageSettings.EbsVolumeSizeInGb")),
    ),
    "TrainingJob": (
        Bill("Training", HOUR, _TRAINING, RUNNING),
        Bill("Training", HOUR, _TRAINING, ("Available",), "WarmPoolStatus.Status"),
    ),
    "ProcessingJob": (Bill("Processing", HOUR, _CLUSTER, RUNNING),),
    "TransformJob": (
        Bill("Batch transform", HOUR,
             "[TransformResources.{what: InstanceType, count: InstanceCount}]", RUNNING),
    ),
    "Cluster": (
        Bill("HyperPod", HOUR, "InstanceGroups[].{what: InstanceType, count: CurrentCount}",
             ("InService", "Updating", "SystemUpdating")),
    ),
    "MlflowTrackingServer": (Bill("MLflow tracking server", HOUR, _one("TrackingServerSize"), STARTED),),
    "FeatureGroup": (Bill("Online feature store", MONTH, _volume("OnlineStoreTotalSizeBytes")),),
    "Bucket": (Bill("S3 storage", MONTH, _volume("Bytes")),),
    "LogGroup": (Bill("CloudWatch Logs storage", MONTH, _volume("storedBytes")),),
    "Alarm": (Bill("CloudWatch alarm", ALARM, _volume("`1`")),),
}  # fmt: skip
IN_BYTES = ("FeatureGroup", "Bucket", "LogGroup")
ELSEWHERE = {
    "AutoMLJob", "HyperParameterTuningJob", "PipelineExecution", "MonitoringSchedule", "InferenceComponent",
    "InferenceExperiment", "InferenceRecommendationsJob", "ScalableTarget",
}  # fmt: skip
PER_USE = {"Function", "Queue", "Topic", "Rule", "WorkGroup", "LabelingJob", "FlowDefinition", "Database"}
UNKNOWN = {
    "Domain": say(
        "Home folders lie on EFS, which bills GB-months; SageMaker's API does not tell their size."
    ),
    "Repository": say("Stored images are billed by GB-month; their sizes are not looked up here."),
    "MlflowApp": say("AWS names no charge for the app itself; what it stores in S3 counts there."),
}
OTHER = say("AWS bills some of these by the time that they run; how is not known to this table.")
RECORDS = {
    "AIWorkloadConfig", "Action", "Algorithm", "AppImageConfig", "Artifact", "Association", "CodeRepository",
    "Context", "DataQualityJobDefinition", "DeviceFleet", "EdgeDeploymentPlan", "EndpointConfig", "Experiment",
    "Hub", "HumanTaskUi", "Image", "ImageVersion", "Model", "ModelBiasJobDefinition", "ModelCard",
    "ModelExplainabilityJobDefinition", "ModelPackage", "ModelPackageGroup", "ModelQualityJobDefinition",
    "NotebookInstanceLifecycleConfig", "Pipeline", "Policy", "Project", "Role", "StudioLifecycleConfig",
    "Trial", "TrialComponent", "UserProfile", "Workforce", "Workteam",
}  # fmt: skip

OF_KINDS: tuple[tuple[Collection[str], tuple[str, Said]], ...] = (
    (BILLS, ("nothing", say("Nothing of it runs or is stored now, so it costs nothing."))),
    (ELSEWHERE, ("elsewhere", say("The jobs and instances that it uses are billed, each in its own line."))),
    (PER_USE, ("use", say("Billed by use, nothing while nobody uses it."))),
    (RECORDS, ("nothing", say("A record: it costs nothing while it stands."))),
)


def bills_of(noun: str, item: Mapping[str, Any], status: str) -> list[Bill]:
    """What is billed of a listed thing in its present state."""
    return [
        bill
        for bill in BILLS.get(noun, ())
        if not bill.when or (jmespath.search(bill.state, item) if bill.state else status) in bill.when
    ]


def lines_of(noun: str, bills: list[Bill], description: Mapping[str, Any]) -> Iterator[Line]:
    """The units of each bill; nothing where the description does not tell what, or none of it."""
    for bill in bills:
        for found in jmespath.search(bill.path, description) or []:
            what, count = found.get("what"), found.get("count")
            if what is not None and count is not None and what != "system":
                amount = Decimal(str(count)) / (GB if noun in IN_BYTES else 1)
                yield Line(bill.usage, str(what), bill.unit, amount)


def basis(noun: str, bills: list[Bill], lines: list[Line]) -> tuple[str, Said]:
    """Hours, storage, use, elsewhere, unknown or nothing: on what the cost of a thing stands, and why."""
    if any(line.unit == HOUR for line in lines):
        return "hours", say("Its instances are billed by the hour while it stands, used or not.")
    if lines:
        return "storage", say("What it stores is billed by the month while it stands.")
    if noun == "Endpoint" and bills:
        return "use", say("Serverless or asleep: billed by request, nothing while nobody asks.")
    return next((told for nouns, told in OF_KINDS if noun in nouns), ("unknown", UNKNOWN.get(noun, OTHER)))
