"""The model dashboard's rows to choose from, and one model opened: monitors, endpoints, batch, card and lineage.

AWS has no API for its dashboard; all of it is read from the lists that the console reads.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from sagelab.dashboard import KINDS, Row, rows
from sagelab.errors import SagelabError
from sagelab.model_lineage import lineage
from sagelab.resources import Explorer, Workbench
from sagelab.said import Said, say

__all__ = ["RISKS", "SHOWN", "ModelDesk", "payload", "select"]

SHOWN = ("all", "attention", "deployed", "unmonitored")
RISKS = ("High", "Medium", "Low", "Unknown")
METRICS = ("CPUUtilization", "MemoryUtilization", "GPUUtilization", "GPUMemoryUtilization", "DiskUtilization")
MOST = 10
EXPORTS = "model-cards"


def select(found: Iterable[Row], show: str, risk: str, search: str) -> list[Row]:
    """The rows to show: by need or use, by risk rating, by words in the names of model, card and endpoints."""
    words = search.casefold().split()
    return [
        row
        for row in found
        if _shows(row, show)
        and risk in ("", row.risk)
        and all(
            word in f"{row.model} {row.card or ''} {' '.join(row.endpoints)}".casefold() for word in words
        )
    ]


def _shows(row: Row, show: str) -> bool:
    if show == "attention":
        return bool(row.needs_attention)
    if show == "deployed":
        return bool(row.endpoints)
    return show == "all" or all(status == "None" for status in row.monitors.values())


def payload(row: Row) -> dict[str, Any]:
    """A row as plain JSON values; a monitor's alert is the time when it was raised."""
    job = row.last_transform
    return {
        "model": row.model,
        "risk": row.risk,
        "card": row.card or "",
        "monitors": [
            {"kind": kind, "alert": isinstance(status, datetime), "status": _text(status)}
            for kind, status in row.monitors.items()
        ],
        "endpoints": [{"name": name, "status": status} for name, status in row.endpoints.items()],
        "transform": {
            "name": job["TransformJobName"], "status": job["TransformJobStatus"], "at": _text(job["CreationTime"])
        } if job else None,
        "attention": row.needs_attention,
    }  # fmt: skip


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)


class ModelDesk:
    """The models of a lab's account."""

    def __init__(self, lab: Workbench) -> None:
        self._lab = lab
        self.rows: list[Row] = []

    @property
    def sagemaker(self) -> Any:
        """The account's SageMaker client."""
        return self._lab.client("sagemaker")

    def look(self) -> None:
        """Read every model again."""
        self.rows = rows(self.sagemaker)

    def open(self, model: str) -> dict[str, Any]:
        """All about one model; raises SagelabError where it is gone."""
        row = next((row for row in self.rows if row.model == model), None)
        if row is None:
            raise SagelabError(f"There is no model {model[:63]} now. Look again.")
        told = self.sagemaker.describe_model(ModelName=model)
        containers = [
            *([told["PrimaryContainer"]] if "PrimaryContainer" in told else told.get("Containers", []))
        ]
        return {
            "model": model,
            "made": _text(told["CreationTime"]),
            "containers": [
                {
                    "image": one.get("Image", ""),
                    "data": one.get("ModelDataUrl", one.get("ModelPackageName", "")),
                }
                for one in containers
            ],
            "monitors": [self._monitor(one) for name in row.endpoints for one in self._schedules(name)],
            "endpoints": [self._endpoint(name, status) for name, status in row.endpoints.items()],
            "transform": self._transform(row),
            "card": self._card(row.card) if row.card else {},
            "lineage": self._lineage(told["ModelArn"]),
            "attention": row.needs_attention,
        }

    def export_card(self, card: str) -> str:
        """Begin an export of a card to the lab's bucket; the job's name."""
        name = f"export-{Explorer(self._lab).now():%Y%m%d-%H%M%S-%f}"
        self.sagemaker.create_model_card_export_job(
            ModelCardName=card,
            ModelCardExportJobName=name,
            OutputConfig={"S3OutputPath": f"s3://{self._lab.bucket}/{EXPORTS}"},
        )
        return name

    # -- monitors ----------------------------------------------------------------------------------------------
    def _schedules(self, endpoint: str) -> Iterator[dict[str, Any]]:
        for page in self.sagemaker.get_paginator("list_monitoring_schedules").paginate(EndpointName=endpoint):
            yield from page["MonitoringScheduleSummaries"]

    def _monitor(self, schedule: dict[str, Any]) -> dict[str, Any]:
        name = schedule["MonitoringScheduleName"]
        newest = {"MonitoringScheduleName": name, "SortOrder": "Descending", "MaxResults": MOST}
        runs = self.sagemaker.list_monitoring_executions(SortBy="ScheduledTime", **newest)
        alerts = self.sagemaker.list_monitoring_alerts(MonitoringScheduleName=name)[
            "MonitoringAlertSummaries"
        ]
        history = self.sagemaker.list_monitoring_alert_history(SortBy="CreationTime", **newest)
        kind = schedule.get("MonitoringType", "")
        return {
            "schedule": name,
            "kind": KINDS.get(kind, kind),
            "endpoint": schedule.get("EndpointName", ""),
            "status": schedule["MonitoringScheduleStatus"],
            "alerts": [
                {
                    "status": alert["AlertStatus"],
                    "rule": say(
                        "Alert as soon as {points} of the last {period} executions find a violation.",
                        points=alert["DatapointsToAlert"],
                        period=alert["EvaluationPeriod"],
                    ),
                }
                for alert in alerts
            ],
            "executions": [
                {
                    "at": _text(run["ScheduledTime"]),
                    "status": run["MonitoringExecutionStatus"],
                    "reason": run.get("FailureReason", ""),
                }
                for run in runs["MonitoringExecutionSummaries"]
            ],
            "history": [
                {"at": _text(entry["CreationTime"]), "status": entry["AlertStatus"]}
                for entry in history["MonitoringAlertHistory"]
            ],
        }

    # -- endpoints, batch, card, lineage -----------------------------------------------------------------------
    def _endpoint(self, name: str, status: str) -> dict[str, Any]:
        """An endpoint with the newest value of each of its instance metrics in CloudWatch."""
        described = self.sagemaker.describe_endpoint(EndpointName=name)
        variants = [one["VariantName"] for one in described.get("ProductionVariants", [])]
        used = [self._newest(name, variant, metric) for variant in variants for metric in METRICS]
        return {
            "name": name,
            "status": status,
            "reason": described.get("FailureReason", ""),
            "metrics": [one for one in used if one],
        }

    def _newest(self, endpoint: str, variant: str, metric: str) -> dict[str, str] | None:
        now = Explorer(self._lab).now()
        dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
        points = self._lab.client("cloudwatch").get_metric_statistics(
            Namespace="/aws/sagemaker/Endpoints", MetricName=metric, Dimensions=dimensions, Period=60,
            StartTime=now - timedelta(hours=3), EndTime=now + timedelta(minutes=1), Statistics=["Average"],
        )["Datapoints"]  # fmt: skip
        if not points:
            return None
        last = max(points, key=lambda point: point["Timestamp"])
        value = f"{last['Average']:.1f} %"
        return {"variant": variant, "metric": metric, "value": value, "at": _text(last["Timestamp"])}

    def _transform(self, row: Row) -> dict[str, str]:
        if not row.last_transform:
            return {}
        name = row.last_transform["TransformJobName"]
        told = self.sagemaker.describe_transform_job(TransformJobName=name)
        return {
            "name": name,
            "status": told["TransformJobStatus"],
            "at": _text(told["CreationTime"]),
            "reason": told.get("FailureReason", ""),
            "output": told["TransformOutput"]["S3OutputPath"],
        }

    def _card(self, card: str) -> dict[str, Any]:
        told = self.sagemaker.describe_model_card(ModelCardName=card)
        jobs = self.sagemaker.list_model_card_export_jobs(
            ModelCardName=card, SortBy="CreationTime", SortOrder="Descending", MaxResults=MOST
        )["ModelCardExportJobSummaries"]
        return {
            "name": card,
            "status": told["ModelCardStatus"],
            "version": told["ModelCardVersion"],
            "exports": [self._export(job) for job in jobs],
        }

    def _export(self, job: dict[str, Any]) -> dict[str, Any]:
        told = self.sagemaker.describe_model_card_export_job(
            ModelCardExportJobArn=job["ModelCardExportJobArn"]
        )
        uri = told.get("ExportArtifacts", {}).get("S3ExportArtifacts", "")
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        link = (
            self._lab.client("s3").generate_presigned_url("get_object", {"Bucket": bucket, "Key": key})
            if uri
            else ""
        )
        return {
            "name": job["ModelCardExportJobName"],
            "version": job["ModelCardVersion"],
            "status": told["Status"],
            "reason": told.get("FailureReason", ""),
            "uri": uri,
            "link": link,
        }

    def _lineage(self, arn: str) -> list[Said]:
        try:
            return lineage(self.sagemaker, arn)
        except ClientError as error:
            return [say("{told}", told=error.response.get("Error", {}).get("Message", error))]
