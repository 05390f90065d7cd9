"""When an alarm alarms: M of N datapoints, and what missing ones count for.

The rules are those of "Configuring how CloudWatch alarms treat missing data" (CloudWatch user guide), whose two tables
are this module's tests. A datapoint is a number, or None where it is missing; the newest comes last.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

Point = float | None

INITIAL = "Unchecked: Initial alarm creation"  # the reason of the state that an alarm is made with
OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
MISSING, IGNORE, BREACHING, NOT_BREACHING = "missing", "ignore", "breaching", "notBreaching"
EXTRA_PERIODS = 2  # AWS looks further back than it needs, in case some datapoints are missing: five for three
OPERATORS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Rule:
    """What an alarm compares, how often it must be breached (M), in how many datapoints (N)."""

    comparison: str
    threshold: float
    periods: int  # N, EvaluationPeriods
    to_alarm: int  # M, DatapointsToAlarm
    missing: str = MISSING  # TreatMissingData

    @property
    def range(self) -> int:
        """How many datapoints are looked at."""
        return self.periods + EXTRA_PERIODS

    def breaches(self, value: float) -> bool:
        """Is this value on the wrong side of the threshold?"""
        return OPERATORS[self.comparison][0](value, self.threshold)

    def state(self, points: Sequence[Point]) -> str | None:
        """The state that the newest `range` datapoints make; None where the state stays as it is."""
        real = [value for value in points[-self.range :] if value is not None]
        if len(real) >= self.periods:
            return self._counted(real[-self.periods :], 0)
        filled = self.periods - len(real)
        if self.missing == BREACHING:
            return self._counted(real, filled)
        if self.missing == NOT_BREACHING:
            return self._counted(real, 0)
        if not real:
            return INSUFFICIENT if self.missing == MISSING else None
        if self._only_old_breaches(points[-self.range :], real):
            return ALARM if self.missing == MISSING else None
        return self._counted(real, 0)

    def _counted(self, real: Sequence[float], filled: int) -> str:
        return ALARM if sum(map(self.breaches, real)) + filled >= self.to_alarm else OK

    def _only_old_breaches(self, points: Sequence[Point], real: Sequence[float]) -> bool:
        """AWS's "premature" alarm: nothing but breaches, the oldest of them at least M datapoints old."""
        oldest = next(index for index, value in enumerate(points) if value is not None)
        return all(map(self.breaches, real)) and len(points) - oldest >= self.to_alarm


def reason(rule: Rule, state: str, before: str, points: Sequence[tuple[datetime, Point]]) -> str:
    """The StateReason of a transition, in AWS's words; `points` have the start of their period."""
    real = [(start, value) for start, value in points[-rule.range :] if value is not None][-rule.periods :]
    absent = rule.periods - len(real)
    if state == INSUFFICIENT:
        return f"Insufficient Data: {count(rule.periods, 'datapoint was', 'datapoints were')} unknown."
    kind = {BREACHING: "Breaching", NOT_BREACHING: "NonBreaching"}.get(rule.missing)
    treated = count(absent, "missing datapoint was", "missing datapoints were") + f" treated as [{kind}]"
    if not real:
        periods = count(rule.periods, "period", "periods")
        return f"Threshold Crossed: no datapoints were received for {periods} and {treated}."
    telling = [item for item in real if rule.breaches(item[1]) == (state == ALARM)] or real
    shown = ", ".join(f"{value} ({start:%d/%m/%y %H:%M:%S})" for start, value in reversed(telling))
    words = ("was " if len(telling) == 1 else "were ") + ("" if state == ALARM else "not ")
    words += OPERATORS[rule.comparison][1]
    if rule.to_alarm < rule.periods:
        head = f"{len(telling)} out of the last {rule.periods} datapoints [{shown}] {words}"
        least = rule.to_alarm if state == ALARM else rule.periods - rule.to_alarm + 1
        tail = f" (minimum {count(least, 'datapoint', 'datapoints')} for {before} -> {state} transition)"
    else:
        head, tail = f"{count(len(telling), 'datapoint', 'datapoints')} [{shown}] {words}", ""
    also = f" and {treated}" if absent and kind else ""
    return f"Threshold Crossed: {head} the threshold ({rule.threshold}){also}{tail}."


def count(number: int, one: str, many: str) -> str:
    """`1 datapoint`, `2 datapoints`."""
    return f"{number} {one if number == 1 else many}"
