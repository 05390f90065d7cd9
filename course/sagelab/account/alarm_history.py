"""DescribeAlarmHistory, which moto does not have: the state changes that moto keeps with each alarm."""

import json
from datetime import datetime
from itertools import pairwise
from typing import Any

from .alarm_rules import INITIAL

MOST = 100
ASKED = ("AlarmName", "HistoryItemType", "StartDate", "EndDate")


def install() -> None:
    """Let moto answer DescribeAlarmHistory; it must have loaded CloudWatch."""
    from moto.cloudwatch.responses import CloudWatchResponse
    from moto.core.responses import ActionResult

    def describe_alarm_history(self: Any) -> Any:
        asked = {
            name: self._get_param(name) for name in ("AlarmName", "HistoryItemType", "StartDate", "EndDate")
        }
        most = int(self._get_param("MaxRecords") or MOST)
        found = items(self.cloudwatch_backend.alarms.values(), asked)
        oldest_first = self._get_param("ScanBy") == "TimestampAscending"
        found.sort(key=lambda item: item["Timestamp"], reverse=not oldest_first)
        return ActionResult({"AlarmHistoryItems": found[:most]})

    patched: Any = CloudWatchResponse
    patched.describe_alarm_history = describe_alarm_history


def items(alarms: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The state changes of the alarms that a request asks for."""
    if asked["HistoryItemType"] not in (None, "StateUpdate"):
        return []  # nothing else is kept
    name = asked["AlarmName"]
    found = [item for alarm in alarms if name in (None, alarm.name) for item in updates(alarm)]
    return [item for item in found if within(item["Timestamp"], asked["StartDate"], asked["EndDate"])]


def updates(alarm: Any) -> list[dict[str, Any]]:
    """The state changes of one alarm, oldest first."""
    now = (alarm.state_reason, alarm.state_reason_data, alarm.state_value, alarm.state_updated_timestamp)
    states = [tuple(entry[1:]) for entry in alarm.history] + [now]
    changes = pairwise(states)
    return [update(alarm.name, old, new) for old, new in changes if new[0] != INITIAL and old[2] != new[2]]


def update(name: str, old: Any, new: Any) -> dict[str, Any]:
    """One change as the history has it."""
    told = {
        title: {"stateValue": value, "stateReason": reason, "stateReasonData": json.loads(data or "{}")}
        for title, (reason, data, value, _) in (("oldState", old), ("newState", new))
    }
    return {
        "AlarmName": name,
        "AlarmType": "MetricAlarm",
        "Timestamp": new[3],
        "HistoryItemType": "StateUpdate",
        "HistorySummary": f"Alarm updated from {old[2]} to {new[2]}",
        "HistoryData": json.dumps({"version": "1.0", **told}),
    }


def within(moment: datetime, start: Any, end: Any) -> bool:
    """Is a moment of moto's, which knows no zone, within the dates asked for?"""
    return all(
        not limit or sign * (moment - limit.replace(tzinfo=None)).total_seconds() >= 0
        for limit, sign in ((start, 1), (end, -1))
    )
