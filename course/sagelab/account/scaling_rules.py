"""How many instances an autoscaling policy wants, and when a scheduled action is due.

Application Auto Scaling's rules: target tracking is proportional and rounds up; step scaling picks the adjustment whose
interval holds the metric's distance from the alarm's threshold.
"""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]

COOLDOWN = 300  # seconds, for a policy on endpoint variants that does not say
MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=31)  # of a step of the clock that is looked through for times of a cron expression
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
SCHEDULE = re.compile(r"(at|rate|cron)\((.+)\)")


def tracked(current: int, value: float, target: float) -> int:
    """What target tracking wants: as many instances as bring the metric to its target."""
    return math.ceil(round(max(current, 1) * value / target, 6))


def stepped(config: Record, current: int, distance: float) -> int:
    """What step scaling wants, for a metric that is `distance` beyond the alarm's threshold."""
    for step in config["StepAdjustments"]:
        low = step.get("MetricIntervalLowerBound", -math.inf)
        high = step.get("MetricIntervalUpperBound", math.inf)
        if low <= distance < high or (distance == high == 0 and low < 0):
            return adjusted(config, current, step["ScalingAdjustment"])
    return current


def adjusted(config: Record, current: int, adjustment: float) -> int:
    """An adjustment of the capacity, by its type."""
    kind = config.get("AdjustmentType", "ChangeInCapacity")
    if kind == "ExactCapacity":
        return int(adjustment)
    if kind == "PercentChangeInCapacity":
        change = current * adjustment / 100
        change = math.copysign(
            max(1, math.floor(abs(change))), change
        )  # as AWS: at least one, else rounded down
        least = config.get("MinAdjustmentMagnitude", 0)
        adjustment = math.copysign(max(abs(change), least), change) if change else 0
    return current + int(adjustment)


def due(schedule: str, zone: str | None, after: datetime, until: datetime) -> bool:
    """Is there a time of this schedule in (after, until]?"""
    match = SCHEDULE.fullmatch(schedule.strip())
    if not match:
        return False
    kind, text = match.groups()
    here = ZoneInfo(zone) if zone else UTC
    if kind == "at":
        return after < datetime.fromisoformat(text).replace(tzinfo=here) <= until
    if kind == "rate":
        count, unit = text.split()
        step = timedelta(**{unit.rstrip("s") + "s": int(count)}).total_seconds()
        return after.timestamp() // step < until.timestamp() // step
    fields = text.split()
    return any(matches(fields, moment.astimezone(here)) for moment in minutes(after, until))


def minutes(after: datetime, until: datetime) -> Iterator[datetime]:
    """The whole minutes in (after, until]."""
    moment = max(after, until - LONGEST).replace(second=0, microsecond=0) + MINUTE
    while moment <= until:
        yield moment
        moment += MINUTE


def matches(fields: list[str], moment: datetime) -> bool:
    """Does a minute match the six fields of a cron expression?"""
    weekday = moment.isoweekday() % 7 + 1
    values = (moment.minute, moment.hour, moment.day, moment.month, weekday, moment.year)
    return len(fields) == len(values) and all(holds(f, v) for f, v in zip(fields, values, strict=True))


def holds(field: str, value: int) -> bool:
    """Does one field of a cron expression hold a value?"""
    return any(part_holds(part, value) for part in field.split(","))


def part_holds(part: str, value: int) -> bool:
    """`*`, `?`, `5`, `MON-FRI` or `0/15`."""
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    if first in ("*", "?"):
        return not step or value % int(step) == 0
    low = number(first)
    high = number(last) if last else (low if not step else 10_000)
    return low <= value <= high and (not step or (value - low) % int(step) == 0)


def number(text: str) -> int:
    """A number, or the name of a day or month."""
    for names in (DAYS, MONTHS):
        if text.upper() in names:
            return names.index(text.upper()) + 1
    return int(text)
