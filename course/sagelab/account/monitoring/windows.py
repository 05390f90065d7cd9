"""When a schedule runs, which hours of data an execution looks at, and under which S3 prefixes they lie."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..control import ApiError

NOW = "NOW"
HOUR = timedelta(hours=1)
CRON = re.compile(r"cron\(0 (?:(\*)|(\d{1,2})(?:/(\d{1,2}))?) \? \* \* \*\)")
DURATION = re.compile(r"([-+]?)P(?:(\d+)D)?(?:T?(?:(\d+)H)?(?:(\d+)M)?)?")
FOLDERS = ("%Y/%m/%d/%H", "%Y/%m/%d", "%Y/%m", "%Y")
EXAMPLES = "cron(0 * ? * * *) hourly, cron(0 17 ? * * *) daily at 17:00, cron(0 17/12 ? * * *) every 12 hours, or NOW"


@dataclass(frozen=True)
class Window:
    """The data that an execution analyzes: from `start` up to, but not including, `end`."""

    start: datetime
    end: datetime

    def hours(self) -> Iterator[datetime]:
        """Every hour that the window touches."""
        hour = floor(self.start)
        while hour < self.end:
            yield hour
            hour += HOUR


def floor(moment: datetime) -> datetime:
    """The full hour at or before a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hours_of_day(expression: str) -> list[int]:
    """The hours (UTC) at which a cron expression fires; AWS allows full hours, once to 24 times a day."""
    match = CRON.fullmatch(expression.strip())
    if match and match[1]:
        return list(range(24))
    if match and int(match[2]) < 24 and (match[3] is None or 1 <= int(match[3]) <= 24):
        step = int(match[3] or 24)
        return sorted({(int(match[2]) + step * turn) % 24 for turn in range(24 // step)})
    raise ApiError(f'The schedule expression "{expression}" is not valid; write {EXAMPLES}.')


def due_times(expression: str, after: datetime, until: datetime) -> list[datetime]:
    """The times in (after, until] at which a cron expression fires."""
    hours = hours_of_day(expression)
    due = floor(after) + HOUR
    found = []
    while due <= until:
        if due.hour in hours:
            found.append(due)
        due += HOUR
    return found


def period(expression: str, due: datetime) -> timedelta:
    """The time since the run before `due`."""
    hours = hours_of_day(expression)
    back = 1
    while (due - back * HOUR).hour not in hours:
        back += 1
    return back * HOUR


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours and minutes, such as -PT1H or -P1D."""
    match = DURATION.fullmatch(text.strip())
    if not match or not any(match.groups()[1:]):
        raise ApiError(f'The offset "{text}" is not valid; write a duration such as -PT1H, -PT0H or -P1D.')
    days, hours, minutes = (int(part or 0) for part in match.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes)
    return -length if match[1] == "-" else length


def window(
    scheduled: datetime, length: timedelta, start_offset: str | None, end_offset: str | None
) -> Window:
    """The data of a scheduled run: the time since the last one, unless offsets from it say otherwise."""
    start = scheduled + duration(start_offset) if start_offset else scheduled - length
    end = scheduled + duration(end_offset) if end_offset else scheduled
    if start >= end:
        raise ApiError(
            f"The analysis window from {start_offset} to {end_offset} is empty: the start must be earlier."
        )
    return Window(start, end)


def window_now(now: datetime, start_offset: str, end_offset: str) -> Window:
    """The data of a run that starts NOW, at any minute: whole hours, and the running one if the window reaches it."""
    wanted = window(now, HOUR, start_offset, end_offset)
    start = floor(wanted.start)
    return Window(start, now if wanted.end >= now else max(floor(wanted.end), start + HOUR))


def folders(hours: Iterable[datetime], most: int) -> list[str]:
    """The folders that hold these hours: hours if they are few, else days, months or years."""
    times: Sequence[datetime] = list(hours)
    for form in FOLDERS:
        found = sorted({moment.strftime(form) for moment in times})
        if len(found) <= most:
            return found
    return found
