"""Monitoring schedules on the account's clock: what is due when the clock moves, and the list of executions."""

import queue
import threading
from datetime import UTC, datetime
from typing import Any

from ..control import ApiError, ControlPlane, Record
from ..listing import page_start
from .definitions import KINDS, Definition, check, from_record, from_schedule
from .executions import NOUN, Execution
from .windows import NOW, Window, due_times, hours_of_day, period, window, window_now

SCHEDULE = "MonitoringSchedule"
WORKERS = 2  # executions at a time: each is a process of its own
LOOK = 15.0  # seconds between two looks at a clock that nobody moves
MOST_DUE = 31 * 24  # executions of one step of the clock: a month of hours
RUNNING = ("Pending", "InProgress", "Stopping")
INTERRUPTED = "InternalServerError: The local account was stopped while the execution ran."
FIELDS = (
    "MonitoringScheduleName", "ScheduledTime", "CreationTime", "LastModifiedTime", "MonitoringExecutionStatus",
    "ProcessingJobArn", "EndpointName", "FailureReason", "MonitoringJobDefinitionName", "MonitoringType",
)  # fmt: skip


class Schedules:
    """The monitoring schedules of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.RLock()
        self._queue: queue.Queue[tuple[Definition, Record]] = queue.Queue()
        self._stopped = threading.Event()
        self._working = False
        for name, kind in KINDS.items():
            plane.checks(f"Create{kind.noun}", self._definition_check(name))
        plane.checks("CreateMonitoringSchedule", self._check_schedule)
        plane.checks("UpdateMonitoringSchedule", self._check_schedule)
        plane.checks("DeleteMonitoringSchedule", self._check_idle)
        plane.executes("CreateMonitoringSchedule", self._begin)
        plane.executes("UpdateMonitoringSchedule", self._begin)
        plane.executes("StartMonitoringSchedule", self._resume_one)
        plane.executes("StopMonitoringSchedule", self._stop_one)
        plane.answers("ListMonitoringExecutions", self._list)
        plane.clock.on_tick(self._run_due)
        plane.on_start(self._resume)
        plane.on_stop(self._stopped.set)

    # -- checks ----------------------------------------------------------------------------------------------------
    def _definition_check(self, kind: str) -> Any:
        def sound(params: Record) -> None:
            check(self._plane, from_record(kind, params))

        return sound

    def _definition(self, config: Record) -> Definition:
        """What a schedule's executions do: the definition that it names, or the one written into it."""
        name, inline = config.get("MonitoringJobDefinitionName"), config.get("MonitoringJobDefinition")
        if (name is None) == (inline is None):
            raise ApiError(
                "Give MonitoringJobDefinitionName with MonitoringType, or MonitoringJobDefinition."
            )
        if inline is not None:
            return from_schedule(inline)
        if "MonitoringType" not in config:
            raise ApiError("A schedule with a MonitoringJobDefinitionName needs its MonitoringType.")
        kind = config["MonitoringType"]
        return from_record(kind, self._plane.find(KINDS[kind].noun, str(name)))

    def _check_schedule(self, params: Record) -> None:
        config = params["MonitoringScheduleConfig"]
        definition = self._definition(config)
        check(self._plane, definition)
        timing = config.get("ScheduleConfig")
        if timing is None:
            raise ApiError(
                'Give ScheduleConfig with a ScheduleExpression, for example "cron(0 * ? * * *)" or "NOW".'
            )
        if timing["ScheduleExpression"] != NOW:
            hours_of_day(timing["ScheduleExpression"])
        elif not {"DataAnalysisStartTime", "DataAnalysisEndTime"} <= set(timing):
            raise ApiError(
                "A schedule that runs NOW needs DataAnalysisStartTime and DataAnalysisEndTime, such as -PT1H and -PT0H."
            )
        endpoint = self._plane.find("Endpoint", definition.endpoint)
        if not (endpoint.get("DataCaptureConfig") or {}).get("EnableCapture"):
            raise ApiError(
                f'Data capture is not enabled for endpoint "{endpoint["_arn"]}", so there is nothing to monitor.'
            )
        self._window(timing, definition, self._plane.clock.now())

    def _check_idle(self, params: Record) -> None:
        name = params["MonitoringScheduleName"]
        for execution in self._executions():
            if (
                execution["MonitoringScheduleName"] == name
                and execution["MonitoringExecutionStatus"] in RUNNING
            ):
                raise ApiError(
                    f"Monitoring schedule {name} has an execution in progress; delete it when that has ended."
                )

    # -- what happens ----------------------------------------------------------------------------------------------
    def _begin(self, schedule: Record) -> None:
        config = schedule["MonitoringScheduleConfig"]
        definition = self._definition(config)
        now = self._plane.clock.now()
        changes = {
            "MonitoringScheduleStatus": "Scheduled",
            "MonitoringType": definition.type,
            "MonitoringJobDefinitionName": definition.name or None,
            "EndpointName": definition.endpoint,
            "_seen": now.timestamp(),
        }
        updated = self._plane.update(SCHEDULE, schedule["_arn"], **changes)
        if config["ScheduleConfig"]["ScheduleExpression"] == NOW:
            self._order(updated, now)

    def _resume_one(self, schedule: Record) -> None:
        """A started schedule goes on with the next time; what it missed is not made up for."""
        now = self._plane.clock.time()
        self._plane.update(SCHEDULE, schedule["_arn"], MonitoringScheduleStatus="Scheduled", _seen=now)

    def _stop_one(self, schedule: Record) -> None:
        self._plane.update(SCHEDULE, schedule["_arn"], MonitoringScheduleStatus="Stopped")

    def _resume(self) -> None:
        """After a restart: what ran is lost, schedules go on, and a thread watches the clock."""
        for execution in self._executions():
            if execution["MonitoringExecutionStatus"] in RUNNING:
                self._end(execution, {"MonitoringExecutionStatus": "Failed", "FailureReason": INTERRUPTED})
        for schedule in self._plane.records(SCHEDULE):
            if schedule["MonitoringScheduleStatus"] == "Scheduled":
                self._resume_one(schedule)
        self._plane.background(self._watch)

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK):
            self._run_due()

    def _run_due(self) -> None:
        """Order an execution for every time that a schedule was due since the last look."""
        now = self._plane.clock.now()
        with self._lock:
            for schedule in self._plane.records(SCHEDULE):
                expression = schedule["MonitoringScheduleConfig"]["ScheduleConfig"]["ScheduleExpression"]
                if schedule["MonitoringScheduleStatus"] != "Scheduled" or expression == NOW:
                    continue
                seen = datetime.fromtimestamp(schedule["_seen"], UTC)
                self._plane.update(SCHEDULE, schedule["_arn"], _seen=now.timestamp())
                for moment in due_times(expression, seen, now)[-MOST_DUE:]:
                    self._order(schedule, moment)

    def _window(self, timing: Record, definition: Definition, scheduled: datetime) -> Window:
        """NOW takes its window from the schedule, cron from the period, or from the offsets of the endpoint input."""
        if timing["ScheduleExpression"] == NOW:
            return window_now(scheduled, timing["DataAnalysisStartTime"], timing["DataAnalysisEndTime"])
        start, end = (definition.source.get(f"{side}TimeOffset") for side in ("Start", "End"))
        return window(scheduled, period(timing["ScheduleExpression"], scheduled), start, end)

    def _order(self, schedule: Record, scheduled: datetime) -> None:
        """Record an execution as Pending and hand it to a worker; without its definition a schedule fails."""
        config = schedule["MonitoringScheduleConfig"]
        try:
            definition = self._definition(config)
        except ApiError as error:
            failed = {"MonitoringScheduleStatus": "Failed", "FailureReason": str(error)}
            self._plane.update(SCHEDULE, schedule["_arn"], **failed)
            return
        covered = self._window(config["ScheduleConfig"], definition, scheduled)
        now = self._plane.clock.time()
        number = self._plane.store.next_number("monitoring.execution")
        record: Record = {
            "_arn": f"{schedule['_arn']}/execution/{number}",
            "_start": covered.start.timestamp(),
            "_end": covered.end.timestamp(),
            "MonitoringScheduleName": schedule["MonitoringScheduleName"],
            "ScheduledTime": scheduled.timestamp(),
            "CreationTime": now,
            "LastModifiedTime": now,
            "MonitoringExecutionStatus": "Pending",
            "EndpointName": definition.endpoint,
            "MonitoringType": definition.type,
        }
        if definition.name:
            record["MonitoringJobDefinitionName"] = definition.name
        self._plane.store.add(NOUN, record)
        self._summarize(record)
        self._queue.put((definition, record))
        with self._lock:
            start, self._working = not self._working, True
        for _ in range(WORKERS if start else 0):
            self._plane.background(self._work)

    def _work(self) -> None:
        """Take executions from the queue until the account stops."""
        while not self._stopped.is_set():
            try:
                definition, record = self._queue.get(timeout=1)
            except queue.Empty:
                continue
            try:
                changes = Execution(self._plane, definition, record).run()
            except Exception as error:
                changes = {
                    "MonitoringExecutionStatus": "Failed",
                    "FailureReason": f"InternalServerError: {error!r}"[:1024],
                }
            self._end(record, changes)

    def _end(self, record: Record, changes: Record) -> None:
        ended = self._plane.store.update(
            NOUN, record["_arn"], {**changes, "LastModifiedTime": self._plane.clock.time()}
        )
        if ended is not None:
            self._summarize(ended)

    def _summarize(self, execution: Record) -> None:
        """Show the newest execution in its schedule's description."""
        arn = self._plane.arn(SCHEDULE, execution["MonitoringScheduleName"])
        schedule = self._plane.store.get(SCHEDULE, arn)
        if schedule is None:
            return
        last = schedule.get("LastMonitoringExecutionSummary")
        if last is None or last["ScheduledTime"] <= execution["ScheduledTime"]:
            self._plane.store.update(SCHEDULE, arn, {"LastMonitoringExecutionSummary": shown(execution)})

    # -- the list --------------------------------------------------------------------------------------------------
    def _executions(self) -> list[Record]:
        return self._plane.store.all(NOUN)

    def _list(self, params: Record) -> Record:
        """ListMonitoringExecutions: filters, order and pages."""
        found = [execution for execution in self._executions() if passes(execution, params)]
        by = params.get("SortBy", "CreationTime")
        key = "MonitoringExecutionStatus" if by == "Status" else by
        found.sort(key=lambda execution: (execution[key], execution["ScheduledTime"]))
        if params.get("SortOrder", "Descending") == "Descending":
            found.reverse()
        start, size = page_start(params), int(params.get("MaxResults", 10))
        page: Record = {
            "MonitoringExecutionSummaries": [shown(execution) for execution in found[start : start + size]]
        }
        return {**page, "NextToken": str(start + size)} if start + size < len(found) else page


def shown(execution: Record) -> Record:
    """An execution as the API shows it."""
    return {name: execution[name] for name in FIELDS if execution.get(name) is not None}


def passes(execution: Record, params: Record) -> bool:
    """Whether an execution fits the filters of a list request."""
    equal = {
        "MonitoringScheduleName": "MonitoringScheduleName",
        "EndpointName": "EndpointName",
        "MonitoringJobDefinitionName": "MonitoringJobDefinitionName",
        "StatusEquals": "MonitoringExecutionStatus",
        "MonitoringTypeEquals": "MonitoringType",
    }
    if any(key in params and execution.get(field) != params[key] for key, field in equal.items()):
        return False
    for field in ("ScheduledTime", "CreationTime", "LastModifiedTime"):
        if (
            not params.get(f"{field}After", float("-inf"))
            < execution[field]
            < params.get(f"{field}Before", float("inf"))
        ):
            return False
    return True
