"""The model dashboard: one row a model, from the lists of a live account and from lists made up."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from joblab import Lab

from sagelab import dashboard

ALERT = datetime(2026, 11, 2, 10, tzinfo=UTC)
SERVE = """
def model_fn(folder):
    return 1


def predict_fn(data, model):
    return data
"""


class Lists:
    """SageMaker's lists as a test wants them: the operation's name and its answer."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {
            "list_models": [], "list_endpoints": [], "list_monitoring_schedules": [], "list_model_cards": [],
            "list_transform_jobs": [], "list_monitoring_alerts": [], **answers,
        }  # fmt: skip

    def get_paginator(self, operation: str) -> "Lists":
        return Lists(page=self.answers[operation])

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        members = (
            "Models", "Endpoints", "MonitoringScheduleSummaries", "ModelCardSummaries", "TransformJobSummaries",
            "MonitoringAlertSummaries",
        )  # fmt: skip
        return [dict.fromkeys(members, self.answers["page"])]

    def __getattr__(self, operation: str) -> Any:
        answer = self.answers[operation]
        return lambda **params: answer(**params) if callable(answer) else answer


def endpoint(status: str = "InService") -> dict[str, Any]:
    return {
        "list_models": [{"ModelName": "m", "ModelArn": "arn:m"}],
        "list_endpoints": [{"EndpointName": "e", "EndpointStatus": status}],
        "describe_endpoint": {"EndpointConfigName": "c"},
        "describe_endpoint_config": {"ProductionVariants": [{"ModelName": "m"}]},
    }


def schedule(status: str = "Scheduled", kind: str = "DataQuality", name: str = "s") -> dict[str, Any]:
    return {
        "MonitoringScheduleName": name,
        "MonitoringScheduleStatus": status,
        "MonitoringType": kind,
        "EndpointName": "e",
        "LastModifiedTime": ALERT,
    }


def card(risk: str | None, about: str = "m") -> dict[str, Any]:
    uses = {"risk_rating": risk} if risk else {}
    content = json.dumps({"model_overview": {"model_id": about}, "intended_uses": uses})
    return {"list_model_cards": [{"ModelCardName": "card"}], "describe_model_card": {"Content": content}}


def row(**answers: Any) -> dashboard.Row:
    (only,) = dashboard.rows(Lists(**answers))
    return only


@pytest.mark.parametrize(
    ("schedules", "alert", "shown"),
    [
        ([], "OK", "None"),
        ([schedule("Stopped")], "OK", "Inactive"),
        ([schedule()], "OK", "OK"),
        ([schedule("Failed")], "OK", "OK"),
        ([schedule()], "InAlert", ALERT),
        ([schedule("Stopped")], "InAlert", ALERT),
        ([schedule(), schedule("Stopped", name="t")], "OK", "Inactive"),
        ([schedule(kind="ModelBias")], "InAlert", "None"),
    ],
)
def test_a_monitor_is_none_inactive_ok_or_the_time_of_its_alert(
    schedules: list[Any], alert: str, shown: dashboard.Status
) -> None:
    history = {
        "MonitoringAlertHistory": [
            {"CreationTime": datetime(2026, 11, 1, tzinfo=UTC)},
            {"CreationTime": ALERT},
        ]
    }
    found = row(
        **endpoint(),
        list_monitoring_schedules=schedules,
        list_monitoring_alerts=[{"AlertStatus": alert}],
        list_monitoring_alert_history=history,
    )

    assert found.monitors["Data quality"] == shown
    assert found.monitors["Model quality"] == "None"


def test_the_risk_is_copied_from_the_card_by_name_or_arn() -> None:
    models = {"list_models": [{"ModelName": "m", "ModelArn": "arn:m"}]}

    assert row(**models, **card("High")).risk == "High"
    assert row(**models, **card("Low", "arn:m")).risk == "Low"
    assert row(**models, **card("High", "other")).risk == "Unknown"
    assert row(**models, **card(None)).card == "card"


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({**endpoint(), **card("Low")}, []),
        (endpoint(), ["No model card"]),
        ({**endpoint(), **card("High")}, ["High risk, deployed and not monitored"]),
        ({**endpoint("Failed"), **card("Low")}, ["Endpoint e has failed"]),
        (
            {**endpoint(), **card("High"), "list_monitoring_schedules": [schedule("Stopped")]},
            ["Data quality: the schedule is stopped"],
        ),
        (
            {
                **endpoint(),
                **card("High"),
                "list_monitoring_schedules": [schedule()],
                "list_monitoring_alerts": [{"AlertStatus": "InAlert"}],
                "list_monitoring_alert_history": {"MonitoringAlertHistory": [{"CreationTime": ALERT}]},
            },
            ["Data quality: alert since 2026-11-02 10:00"],
        ),
        (
            {
                **endpoint(),
                **card("Low"),
                "list_transform_jobs": [{"TransformJobName": "t", "TransformJobStatus": "Failed"}],
                "describe_transform_job": {"ModelName": "m"},
            },
            ["Batch transform t has failed"],
        ),
    ],
)
def test_a_model_needs_attention_for_a_reason(answers: dict[str, Any], told: list[str]) -> None:
    assert row(**answers).needs_attention == told


def test_the_rows_of_a_live_account_know_endpoint_card_and_risk(account: Any) -> None:
    lab = Lab(account)
    endpoint = lab.serve(SERVE)
    config = lab.sm.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    variants = lab.sm.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    name, card = variants[0]["ModelName"], account.unique("card")
    content = {"model_overview": {"model_id": name}, "intended_uses": {"risk_rating": "High"}}
    lab.sm.create_model_card(ModelCardName=card, Content=json.dumps(content), ModelCardStatus="Approved")
    alone = lab.model(SERVE)

    found = {row.model: row for row in dashboard.rows(lab.sm)}

    assert found[name].endpoints == {endpoint: "InService"}
    assert (found[name].risk, found[name].card) == ("High", card)
    assert found[name].needs_attention == ["High risk, deployed and not monitored"]
    assert (found[alone].endpoints, found[alone].needs_attention) == ({}, ["No model card"])
    lab.sm.delete_endpoint(EndpointName=endpoint)
