"""The model dashboard as a function: one row a model, put together from SageMaker's lists.

SageMaker has no dashboard API; its console page reads the same lists. Works on AWS as it does here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

KINDS = {  # monitoring type: the column of the dashboard
    "DataQuality": "Data quality",
    "ModelQuality": "Model quality",
    "ModelBias": "Bias drift",
    "ModelExplainability": "Feature attribution drift",
}
NONE, INACTIVE, OK = "None", "Inactive", "OK"
UNKNOWN = "Unknown"
Status = str | datetime  # None (no schedule), Inactive (it is stopped), OK, or when the alert was raised


@dataclass(frozen=True)
class Row:
    """One model with what is known of it."""

    model: str
    risk: str = UNKNOWN
    card: str | None = None
    monitors: dict[str, Status] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)  # name: status
    last_transform: dict[str, Any] | None = None

    @property
    def needs_attention(self) -> list[str]:
        """Why somebody should look at this model; empty where nobody needs to. The rules are ours, not AWS's."""
        return [
            *(
                f"{kind}: alert since {at:%Y-%m-%d %H:%M}"
                for kind, at in self.monitors.items()
                if isinstance(at, datetime)
            ),
            *(
                f"{kind}: the schedule is stopped"
                for kind, status in self.monitors.items()
                if status == INACTIVE
            ),
            *(f"Endpoint {name} has failed" for name, status in self.endpoints.items() if status == "Failed"),
            *self._of_transform(),
            *self._of_risk(),
        ]

    def _of_transform(self) -> Iterator[str]:
        if self.last_transform and self.last_transform["TransformJobStatus"] == "Failed":
            yield f"Batch transform {self.last_transform['TransformJobName']} has failed"

    def _of_risk(self) -> Iterator[str]:
        unwatched = all(status == NONE for status in self.monitors.values())
        if self.card is None:
            yield "No model card"
        if self.risk == "High" and self.endpoints and unwatched:
            yield "High risk, deployed and not monitored"


def rows(sagemaker: Any) -> list[Row]:
    """A row for every model of the account, those in need of attention first, then by name."""
    deployed, watched = _endpoints(sagemaker), _monitors(sagemaker)
    cards, transforms = _cards(sagemaker), _transforms(sagemaker)
    found = []
    for model in _all(sagemaker, "list_models", "Models"):
        name = model["ModelName"]
        endpoints = {e: status for e, (status, models) in deployed.items() if name in models}
        card, risk = cards.get(name) or cards.get(model["ModelArn"]) or (None, UNKNOWN)
        monitors = {
            title: _worst([watched[e][kind] for e in endpoints if kind in watched.get(e, {})])
            for kind, title in KINDS.items()
        }
        found.append(Row(name, risk, card, monitors, endpoints, transforms.get(name)))
    return sorted(found, key=lambda row: (not row.needs_attention, row.model))


def _endpoints(sagemaker: Any) -> dict[str, tuple[str, set[str]]]:
    """Of each endpoint its status and the names of its models."""
    found = {}
    for endpoint in _all(sagemaker, "list_endpoints", "Endpoints"):
        described = sagemaker.describe_endpoint(EndpointName=endpoint["EndpointName"])
        models = _models(sagemaker, described["EndpointConfigName"])
        found[endpoint["EndpointName"]] = (endpoint["EndpointStatus"], models)
    return found


def _models(sagemaker: Any, config_name: str) -> set[str]:
    """The models that a configuration names; none where it was deleted, and the endpoint goes on without it."""
    try:
        config = sagemaker.describe_endpoint_config(EndpointConfigName=config_name)
    except ClientError:
        return set()
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    return {variant["ModelName"] for variant in variants if "ModelName" in variant}


def _monitors(sagemaker: Any) -> dict[str, dict[str, Status]]:
    """Of each endpoint the status of each kind of monitoring that it has."""
    found: dict[str, dict[str, Status]] = {}
    for schedule in _all(sagemaker, "list_monitoring_schedules", "MonitoringScheduleSummaries"):
        endpoint, kind = schedule.get("EndpointName"), schedule.get("MonitoringType")
        if endpoint and kind:
            own = found.setdefault(endpoint, {})
            own[kind] = _worst([*([own[kind]] if kind in own else []), _status(sagemaker, schedule)])
    return found


def _status(sagemaker: Any, schedule: dict[str, Any]) -> Status:
    name = schedule["MonitoringScheduleName"]
    alerts = _all(
        sagemaker, "list_monitoring_alerts", "MonitoringAlertSummaries", MonitoringScheduleName=name
    )
    if any(alert["AlertStatus"] == "InAlert" for alert in alerts):
        raised = sagemaker.list_monitoring_alert_history(
            MonitoringScheduleName=name, StatusEquals="InAlert", SortBy="CreationTime", SortOrder="Descending"
        )["MonitoringAlertHistory"]
        moments: list[datetime] = [entry["CreationTime"] for entry in raised]
        return max(moments, default=schedule["LastModifiedTime"])
    return INACTIVE if schedule["MonitoringScheduleStatus"] == "Stopped" else OK


def _worst(statuses: list[Status]) -> Status:
    """The newest alert, else what speaks least well."""
    alerts = [status for status in statuses if isinstance(status, datetime)]
    if alerts:
        return max(alerts)
    return next((status for status in (INACTIVE, OK) if status in statuses), NONE)


def _cards(sagemaker: Any) -> dict[str, tuple[str, str]]:
    """By the id and the name of the model that a card is about: the card's name and risk rating."""
    found = {}
    for card in _all(sagemaker, "list_model_cards", "ModelCardSummaries", SortOrder="Ascending"):
        content = json.loads(sagemaker.describe_model_card(ModelCardName=card["ModelCardName"])["Content"])
        overview = content.get("model_overview", {})
        risk = content.get("intended_uses", {}).get("risk_rating", UNKNOWN)
        for about in filter(None, (overview.get("model_id"), overview.get("model_name"))):
            found[about] = (card["ModelCardName"], risk)
    return found


def _transforms(sagemaker: Any) -> dict[str, dict[str, Any]]:
    """The newest batch transform job of each model."""
    found = {}
    for job in _all(sagemaker, "list_transform_jobs", "TransformJobSummaries", SortOrder="Ascending"):
        described = sagemaker.describe_transform_job(TransformJobName=job["TransformJobName"])
        found[described["ModelName"]] = job
    return found


def _all(sagemaker: Any, operation: str, member: str, **params: Any) -> Iterator[dict[str, Any]]:
    for page in sagemaker.get_paginator(operation).paginate(**params):
        yield from page.get(member, [])
