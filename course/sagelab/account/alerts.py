"""Monitoring alerts: how many of a schedule's last executions found violations, told to the model dashboard.

Each schedule has one alert, by the name of its monitoring type. It is InAlert while at least DatapointsToAlert of the
last EvaluationPeriod executions ended with violations; by default one of one.
"""

import operator
import threading
import uuid
from itertools import takewhile
from typing import Any

from .control import ControlPlane, Record
from .listing import page_start
from .wording import missing

SCHEDULE, EXECUTION = "MonitoringSchedule", "MonitoringExecution"
ALERT, HISTORY = "MonitoringAlert", "MonitoringAlertHistory"
ENDED = ("Completed", "CompletedWithViolations", "Failed", "Stopped")
SHOWN = ("MonitoringAlertName", "CreationTime", "LastModifiedTime", "AlertStatus", "DatapointsToAlert")
TOLD = ("MonitoringScheduleName", "MonitoringAlertName", "CreationTime", "AlertStatus")


def register(plane: ControlPlane) -> None:
    """Keep the alerts of this account."""
    Alerts(plane)


class Alerts:
    """The alerts of one account's monitoring schedules."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.RLock()
        plane.answers("ListMonitoringAlerts", self.summaries)
        plane.answers("UpdateMonitoringAlert", self.update)
        plane.answers("ListMonitoringAlertHistory", self.history)
        plane.watches(SCHEDULE, self._scheduled)
        plane.watches(EXECUTION, self._executed)

    # -- the API -----------------------------------------------------------------------------------------------
    def summaries(self, params: Record) -> Record:
        """ListMonitoringAlerts."""
        alert = self._alert(self._plane.find(SCHEDULE, params["MonitoringScheduleName"]))
        shown = {name: alert[name] for name in (*SHOWN, "EvaluationPeriod")}
        return {
            "MonitoringAlertSummaries": [{**shown, "Actions": {"ModelDashboardIndicator": {"Enabled": True}}}]
        }

    def update(self, params: Record) -> Record:
        """UpdateMonitoringAlert."""
        schedule = self._plane.find(SCHEDULE, params["MonitoringScheduleName"])
        alert = self._alert(schedule)
        if params["MonitoringAlertName"] != alert["MonitoringAlertName"]:
            kind = self._plane.model.noun(SCHEDULE)
            raise missing(
                self._plane.model, kind, f"{schedule['_arn']}/alert/{params['MonitoringAlertName']}"
            )
        changes = {name: params[name] for name in ("DatapointsToAlert", "EvaluationPeriod")}
        now = self._plane.clock.time()
        self._plane.store.update(ALERT, alert["_arn"], {**changes, "LastModifiedTime": now})
        self._evaluate(schedule)
        return {
            "MonitoringScheduleArn": schedule["_arn"],
            "MonitoringAlertName": alert["MonitoringAlertName"],
        }

    def history(self, params: Record) -> Record:
        """ListMonitoringAlertHistory."""
        found = [entry for entry in self._plane.records(HISTORY) if passes(entry, params)]
        key = "AlertStatus" if params.get("SortBy") == "Status" else "CreationTime"
        found.sort(key=operator.itemgetter(key))
        if params.get("SortOrder", "Descending") == "Descending":
            found.reverse()
        start, size = page_start(params), int(params.get("MaxResults", 10))
        page: Record = {
            "MonitoringAlertHistory": [
                {name: entry[name] for name in TOLD} for entry in found[start : start + size]
            ]
        }
        return {**page, "NextToken": str(start + size)} if start + size < len(found) else page

    # -- evaluation --------------------------------------------------------------------------------------------
    def _scheduled(self, before: Record | None, after: Record) -> None:
        if before is None:
            self._plane.store.delete(ALERT, after["_arn"])  # of an earlier schedule by this name
            self._alert(after)

    def _executed(self, before: Record | None, after: Record) -> None:
        """An execution that has ended may change the alert."""
        status = after["MonitoringExecutionStatus"]
        if status not in ENDED or (before and before["MonitoringExecutionStatus"] == status):
            return
        name = self._plane.arn(SCHEDULE, after["MonitoringScheduleName"])
        if schedule := self._plane.store.get(SCHEDULE, name):
            self._evaluate(schedule)

    def _alert(self, schedule: Record) -> Record:
        """The alert of a schedule, made where it has none."""
        arn = schedule["_arn"]
        now = self._plane.clock.time()
        fresh = {
            "_arn": arn,
            "MonitoringScheduleName": schedule["MonitoringScheduleName"],
            "MonitoringAlertName": monitoring_type(schedule),
            "CreationTime": now,
            "LastModifiedTime": now,
            "AlertStatus": "OK",
            "DatapointsToAlert": 1,
            "EvaluationPeriod": 1,
            "_judged": 0,  # executions
        }
        self._plane.store.add(ALERT, fresh)
        return self._plane.store.get(ALERT, arn) or fresh

    def _evaluate(self, schedule: Record) -> None:
        """Judge the executions one after the other, by the times they were scheduled for; two may run at a time."""
        with self._lock:
            alert, ended = self._alert(schedule), self._ended(schedule)
            for count in range(min(alert["_judged"] + 1, len(ended)), len(ended) + 1):
                last = ended[max(0, count - alert["EvaluationPeriod"]) : count]
                bad = sum(e["MonitoringExecutionStatus"] == "CompletedWithViolations" for e in last)
                self._judge(alert, "InAlert" if bad >= alert["DatapointsToAlert"] else "OK")
            self._plane.store.update(ALERT, alert["_arn"], {"_judged": len(ended)})

    def _ended(self, schedule: Record) -> list[Record]:
        """The executions before the first that still runs."""
        ours = [
            execution
            for execution in self._plane.records(EXECUTION)
            if execution["MonitoringScheduleName"] == schedule["MonitoringScheduleName"]
            and execution["CreationTime"] >= schedule["CreationTime"]
        ]
        ours.sort(key=lambda execution: float(execution["ScheduledTime"]))
        return list(takewhile(lambda execution: execution["MonitoringExecutionStatus"] in ENDED, ours))

    def _judge(self, alert: Record, status: str) -> None:
        if status == alert["AlertStatus"]:
            return
        alert["AlertStatus"] = status
        self._plane.store.update(ALERT, alert["_arn"], {"AlertStatus": status})
        entry = {name: alert[name] for name in ("MonitoringScheduleName", "MonitoringAlertName")}
        entry |= {"CreationTime": self._plane.clock.time(), "AlertStatus": status}
        self._plane.store.add(HISTORY, {"_arn": f"{alert['_arn']}/{uuid.uuid4()}", **entry})


def monitoring_type(schedule: Record) -> str:
    """What a schedule monitors: the name of its alert."""
    config: dict[str, Any] = schedule.get("MonitoringScheduleConfig", {})
    return str(schedule.get("MonitoringType") or config.get("MonitoringType", "DataQuality"))


def passes(entry: Record, params: Record) -> bool:
    """Whether an entry of the history fits the filters of a request."""
    equal = {
        "MonitoringScheduleName": "MonitoringScheduleName",
        "MonitoringAlertName": "MonitoringAlertName",
        "StatusEquals": "AlertStatus",
    }
    if any(key in params and entry[field] != params[key] for key, field in equal.items()):
        return False
    after, before = (
        params.get("CreationTimeAfter", float("-inf")),
        params.get("CreationTimeBefore", float("inf")),
    )
    return bool(after < entry["CreationTime"] < before)
