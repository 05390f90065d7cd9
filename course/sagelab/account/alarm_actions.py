"""What follows when an alarm changes its state: notices by SNS, functions, an EventBridge event."""

import json
import traceback
from datetime import UTC, datetime
from typing import Any

from . import functions
from .control import ControlPlane, Record
from .events import emit

REGION_NAMES = {"us-east-1": "US East (N. Virginia)"}
ACTIONS = {"OK": "ok_actions", "ALARM": "alarm_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}


def act(plane: ControlPlane, alarm: Any, before: Record, after: Record) -> None:
    """Tell everybody of a transition; a topic that is gone is told in the log, as CloudWatch has it in its history."""
    told_of = detail(alarm, before, after)
    emit(plane, "CloudWatch Alarm State Change", told_of, [alarm.alarm_arn], source="aws.cloudwatch")
    if not alarm.actions_enabled:
        return
    for arn in getattr(alarm, ACTIONS[after["StateValue"]]):
        try:
            if arn.startswith("arn:aws:sns:"):
                _notify(plane, alarm, arn, before, after)
            elif arn.startswith("arn:aws:lambda:"):
                payload = json.dumps(function_event(plane, alarm, before, after)).encode()
                plane.background(_invoke, plane, arn, payload)
        except Exception:
            traceback.print_exc()


def _notify(plane: ControlPlane, alarm: Any, topic: str, before: Record, after: Record) -> None:
    region = REGION_NAMES.get(plane.region, plane.region)
    plane.client("sns").publish(
        TopicArn=topic,
        Subject=f'{after["StateValue"]}: "{alarm.name}" in {region}'[:100],
        Message=json.dumps(message(plane, alarm, before, after)),
    )


def _invoke(plane: ControlPlane, function: str, payload: bytes) -> None:
    functions.invoke(plane, function, payload)


def message(plane: ControlPlane, alarm: Any, before: Record, after: Record) -> Record:
    """The JSON text that CloudWatch sends to a topic."""
    percentile = bool(alarm.extended_statistic)
    trigger = {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "StatisticType": "ExtendedStatistic" if percentile else "Statistic",
        **(
            {"ExtendedStatistic": alarm.extended_statistic}
            if percentile
            else {"Statistic": words(alarm.statistic)}
        ),
        "Unit": alarm.unit,
        "Dimensions": [{"value": d.value, "name": d.name} for d in alarm.dimensions],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm or alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": plane.account,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configuration_updated_timestamp),
        "NewStateValue": after["StateValue"],
        "NewStateReason": after["StateReason"],
        "StateChangeTime": stamp(after["At"]),
        "Region": REGION_NAMES.get(plane.region, plane.region),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before["StateValue"],
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": trigger,
    }


def detail(alarm: Any, before: Record, after: Record) -> Record:
    """A transition as events have it."""
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {d.name: d.value for d in alarm.dimensions},
    }
    shown = {
        "metric": metric,
        "period": alarm.period,
        "stat": alarm.statistic or alarm.extended_statistic,
    }
    return {
        "alarmName": alarm.name,
        "state": told(after),
        "previousState": told(before),
        "configuration": {
            "description": alarm.description,
            "metrics": [{"id": "m1", "metricStat": shown, "returnData": True}],
        },
    }


def function_event(plane: ControlPlane, alarm: Any, before: Record, after: Record) -> Record:
    """The event that CloudWatch invokes a function with."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": plane.account,
        "time": stamp(after["At"]),
        "region": plane.region,
        "alarmData": detail(alarm, before, after),
    }


def told(state: Record) -> Record:
    """A state as the event has it."""
    return {
        "value": state["StateValue"],
        "reason": state["StateReason"],
        "reasonData": state["StateReasonData"],
        "timestamp": stamp(state["At"]),
    }


def words(statistic: str | None) -> str:
    """`SampleCount` as `SAMPLE_COUNT`, as the notice has it."""
    return "SAMPLE_COUNT" if statistic == "SampleCount" else (statistic or "").upper()


def stamp(moment: float | datetime) -> str:
    """A moment as CloudWatch writes it."""
    when = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}+0000"
