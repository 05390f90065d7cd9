"""CloudWatch alarms: moto keeps them, and here they are evaluated, on the account's clock.

An alarm is looked at when its metric gets data, when it is written, when somebody sets its state, and when the clock
moves; after a step of the clock at each minute in between that matters. A datapoint counts once its minute is over.
Where nobody moves the clock, one timer waits for the end of the minute in which data came.

Each alarm has a record of the noun "Alarm" (AlarmName, StateValue, StateReason, StateReasonData, At, Value): what other
modules may watch. An alarm on metric math is kept, but stays in INSUFFICIENT_DATA.
"""

import json
import math
import threading
from datetime import UTC, datetime
from typing import Any

from .alarm_actions import act, stamp
from .alarm_data import STATISTIC, Key, Samples, evaluation_times, statistic, tick
from .alarm_rules import ALARM, INITIAL, INSUFFICIENT, OPERATORS, Point, Rule, reason
from .control import ControlPlane, Record

NOUN = "Alarm"
SCALING = ("arn:aws:autoscaling:", "arn:aws:automate:")
LONGEST_STEP = 14 * 86400  # seconds before now that a step of the clock is evaluated minute by minute
HEARD = ("PutMetricData", "PutMetricAlarm", "SetAlarmState", "DeleteAlarms")


def register(plane: ControlPlane) -> None:
    """Evaluate the alarms of this account."""
    Alarms(plane)


class Alarms:
    """The alarms of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.RLock()
        self._looking = self._loaded = False
        self._samples = Samples()
        self._known: dict[str, Any] = {}  # moto's alarms as they were last seen, by name
        self._followed: list[tuple[Any, Record, Record]] = []  # transitions whose actions are still to come
        self._timer: threading.Timer | None = None
        for operation in HEARD:
            plane.hears(operation, self._hear)
        plane.clock.on_tick(self._tick)
        plane.on_stop(self._disarm)

    # -- when --------------------------------------------------------------------------------------------------
    def _hear(self) -> None:
        self._look(everything=False)

    def _tick(self) -> None:
        self._look(everything=True)

    def _look(self, *, everything: bool) -> None:
        """Evaluate what may have changed, then act; the actions may well call the account again."""
        with self._lock:
            if self._looking:
                return  # our own SetAlarmState
            self._looking = True
            try:
                self._evaluate_all(everything=everything)
            finally:
                self._looking = False
            followed, self._followed = self._followed, []
        for alarm, before, after in followed:
            act(self._plane, alarm, before, after)

    def _evaluate_all(self, *, everything: bool) -> None:
        backend = self._backend()
        fresh = self._samples.take(backend.metric_data)
        alarms = dict(backend.alarms)
        for name in set(self._known) - set(alarms):
            gone = self._known.pop(name)
            self._plane.store.delete(NOUN, gone.alarm_arn)
        now = self._plane.clock.time()
        for name, alarm in alarms.items():
            written = self._adopt(name, alarm, now)
            if supported(alarm) and (everything or written or key(alarm) in fresh):
                self._evaluate(alarm, now)
        self._arm(now)

    def _backend(self) -> Any:
        """moto's memory of CloudWatch, loaded where nobody has asked for it before."""
        if not self._loaded:
            self._plane.client("cloudwatch").describe_alarms(MaxRecords=1)
            self._loaded = True
        from moto.cloudwatch.models import cloudwatch_backends

        return cloudwatch_backends[self._plane.account][self._plane.region]

    def _arm(self, now: float) -> None:
        """Look again at the end of the minute, where data has come that does not count before."""
        self._disarm()
        recent = [
            a
            for a in self._known.values()
            if supported(a) and self._samples.between(key(a), now - span(a), now)
        ]
        if recent:
            every = min(tick(alarm.period) for alarm in recent)
            self._timer = threading.Timer(every - now % every + 0.01, self._tick)
            self._timer.daemon = True
            self._timer.start()

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()

    # -- what --------------------------------------------------------------------------------------------------
    def _adopt(self, name: str, alarm: Any, now: float) -> bool:
        """Take in an alarm that is new, written anew, or set by hand; True where it was written."""
        known, self._known[name] = self._known.get(name), alarm
        record = self._plane.store.get(NOUN, alarm.alarm_arn)
        if record is None:
            state = {
                "StateValue": INSUFFICIENT,
                "StateReason": INITIAL,
                "StateReasonData": "{}",
                "Value": None,
            }
            record = {"_arn": alarm.alarm_arn, "AlarmName": name, "At": now, "Evaluated": 0.0, **state}
            self._plane.store.add(NOUN, record)
            self._show(alarm, record)
            return True
        if known is not alarm and (known is not None or alarm.state_reason == INITIAL):
            self._show(alarm, record)  # writing an alarm leaves its state as it was
            return True
        if alarm.state_value != record["StateValue"]:
            data = alarm.state_reason_data or "{}"
            self._follow(alarm, alarm.state_value, alarm.state_reason, data, at=now, value=None)
        return False

    def _evaluate(self, alarm: Any, now: float) -> None:
        rule, every = rule_of(alarm), tick(alarm.period)
        until = math.floor(now / every) * every
        after = self._record(alarm)["Evaluated"] or until
        after = max(after, until - LONGEST_STEP)
        if scales(alarm):
            moments = [after + every * number for number in range(1, int((until - after) // every) + 1)] or [
                until
            ]
        else:
            samples = self._samples.between(key(alarm), after - span(alarm), until, alarm.unit)
            moments = evaluation_times(samples, alarm.period, rule.range, after, until)
        for moment in moments:
            self._evaluate_at(alarm, rule, moment)
        self._plane.store.update(NOUN, alarm.alarm_arn, {"Evaluated": until})

    def _evaluate_at(self, alarm: Any, rule: Rule, moment: float) -> None:
        points = self._points(alarm, rule, moment)
        state = rule.state([value for _, value in points])
        record = self._record(alarm)
        value = next((value for _, value in reversed(points) if value is not None), None)
        if state is not None and state != record["StateValue"]:
            text = reason(rule, state, record["StateValue"], points)
            data = reason_data(alarm, points, moment)
            self._follow(alarm, state, text, data, at=moment, value=value)
            self._show(alarm, self._record(alarm))
        elif state == ALARM and scales(alarm) and moment > record["At"]:  # asks for more as long as it lasts
            self._plane.store.update(NOUN, alarm.alarm_arn, {"At": moment, "Value": value})

    def _points(self, alarm: Any, rule: Rule, end: float) -> list[tuple[datetime, Point]]:
        """The datapoints of the periods that end at `end`, oldest first, each with the start of its period."""
        points = []
        for number in range(rule.range, 0, -1):
            start = end - number * alarm.period
            samples = self._samples.between(key(alarm), start, start + alarm.period, alarm.unit)
            value = statistic(alarm.statistic or alarm.extended_statistic, samples)
            points.append((datetime.fromtimestamp(start, UTC), value))
        return points

    def _follow(self, alarm: Any, state: str, text: str, data: str, *, at: float, value: Point) -> None:
        """Record a transition; those who watch are told, and its actions wait until the evaluation is over."""
        before = self._record(alarm)
        changes = {
            "StateValue": state,
            "StateReason": text,
            "StateReasonData": data,
            "At": at,
            "Value": value,
        }
        after = self._plane.store.update(NOUN, alarm.alarm_arn, changes)
        if after is not None:
            self._followed.append((alarm, before, after))

    def _show(self, alarm: Any, record: Record) -> None:
        """Let moto show the state, so that DescribeAlarms does."""
        self._plane.client("cloudwatch").set_alarm_state(
            AlarmName=alarm.name,
            StateValue=record["StateValue"],
            StateReason=record["StateReason"][:1023],
            StateReasonData=record["StateReasonData"],
        )

    def _record(self, alarm: Any) -> Record:
        return self._plane.store.get(NOUN, alarm.alarm_arn) or {}


def supported(alarm: Any) -> bool:
    """Is this an alarm on one metric, with all that it takes to evaluate it? moto takes less than AWS does."""
    whole = alarm.metric_name and alarm.period and alarm.threshold is not None
    known = STATISTIC.fullmatch(alarm.statistic or alarm.extended_statistic or "")
    return bool(whole and known) and alarm.comparison_operator in OPERATORS


def scales(alarm: Any) -> bool:
    """Does this alarm ask an autoscaling policy for more or less?"""
    return any(action.startswith(SCALING) for action in alarm.alarm_actions)


def key(alarm: Any) -> Key:
    """The metric that an alarm is on."""
    return alarm.namespace, alarm.metric_name, frozenset((d.name, d.value) for d in alarm.dimensions)


def rule_of(alarm: Any) -> Rule:
    """The alarm's rule."""
    return Rule(
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold),
        periods=alarm.evaluation_periods,
        to_alarm=alarm.datapoints_to_alarm or alarm.evaluation_periods,
        missing=alarm.treat_missing_data or "missing",
    )


def span(alarm: Any) -> float:
    """How far back a sample may lie and still move the alarm, in seconds."""
    return float((rule_of(alarm).range + 1) * alarm.period)


def reason_data(alarm: Any, points: list[tuple[datetime, Point]], moment: float) -> str:
    """The StateReasonData of a transition."""
    real = [(start, value) for start, value in points if value is not None]
    return json.dumps(
        {
            "version": "1.0",
            "queryDate": stamp(moment),
            **({"startDate": stamp(real[0][0])} if real else {}),
            **(
                {"statistic": alarm.statistic}
                if alarm.statistic
                else {"extendedStatistic": alarm.extended_statistic}
            ),
            "period": alarm.period,
            "recentDatapoints": [value for _, value in real],
            "threshold": alarm.threshold,
            "evaluatedDatapoints": [{"timestamp": stamp(s), "value": v} for s, v in reversed(real)],
        }
    )
