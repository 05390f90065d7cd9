"""When schedules run and which hours their executions look at."""

from datetime import UTC, datetime, timedelta

import pytest

from sagelab.account.control import ApiError
from sagelab.account.monitoring import windows

HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        ("cron(0 * ? * * *)", list(range(24))),
        ("cron(0 17 ? * * *)", [17]),
        ("cron(0 00 ? * * *)", [0]),
        ("cron(0 17/12 ? * * *)", [5, 17]),
        ("cron(0 0/6 ? * * *)", [0, 6, 12, 18]),
        ("cron(0 0/1 ? * * *)", list(range(24))),
    ],
)
def test_the_documented_expressions_fire_at_their_hours(expression, hours):
    assert windows.hours_of_day(expression) == hours


@pytest.mark.parametrize(
    "expression",
    [
        "hourly",
        "cron(30 * ? * * *)",
        "cron(0 24 ? * * *)",
        "cron(0 1/25 ? * * *)",
        "cron(0 * * * ? *)",
        "rate(1 hour)",
    ],
)
def test_other_expressions_are_refused_with_examples(expression):
    with pytest.raises(ApiError, match="is not valid; write cron"):
        windows.hours_of_day(expression)


def test_a_step_of_the_clock_makes_every_hour_in_between_due():
    assert windows.due_times("cron(0 * ? * * *)", at(22, 9, 59), at(22, 12)) == [
        at(22, 10),
        at(22, 11),
        at(22, 12),
    ]
    assert windows.due_times("cron(0 * ? * * *)", at(22, 10), at(22, 10, 59)) == []
    assert windows.due_times("cron(0 17 ? * * *)", at(20, 0), at(22, 16)) == [at(20, 17), at(21, 17)]
    assert windows.due_times("cron(0 * ? * * *)", at(22, 10), at(21, 10)) == []


@pytest.mark.parametrize(
    ("expression", "hours"),
    [("cron(0 * ? * * *)", 1), ("cron(0 17 ? * * *)", 24), ("cron(0 17/12 ? * * *)", 12)],
)
def test_an_execution_looks_at_the_time_since_the_last_one(expression, hours):
    length = windows.period(expression, at(22, 17))

    assert windows.window(at(22, 17), length, None, None) == windows.Window(
        at(22, 17) - hours * HOUR, at(22, 17)
    )


def test_offsets_count_from_the_scheduled_time():
    """The guide's example: -P8D and -P1D at 9 January 13:00 mean 1 January 13:00 to 8 January 13:00."""
    scheduled = datetime(2020, 1, 9, 13, tzinfo=UTC)

    found = windows.window(scheduled, HOUR, "-P8D", "-P1D")

    assert (found.start, found.end) == (scheduled - timedelta(days=8), scheduled - timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("-PT1H", -HOUR),
        ("-PT0H", 0 * HOUR),
        ("PT90M", 1.5 * HOUR),
        ("-P1D", -24 * HOUR),
        ("-P1DT2H", -26 * HOUR),
        ("-P7H", -7 * HOUR),
    ],
)
def test_durations_are_read_as_aws_writes_them(text, length):
    assert windows.duration(text) == length


@pytest.mark.parametrize("text", ["1 hour", "-PT", "P", "-1H", ""])
def test_other_durations_are_refused(text):
    with pytest.raises(ApiError, match="is not valid; write a duration such as -PT1H"):
        windows.duration(text)


def test_an_empty_window_is_refused():
    with pytest.raises(ApiError, match="window from -PT0H to -PT1H is empty"):
        windows.window(at(22, 10), HOUR, "-PT0H", "-PT1H")


def test_a_window_touches_every_hour_of_its_folders():
    assert list(windows.Window(at(22, 9, 20), at(22, 11)).hours()) == [at(22, 9), at(22, 10)]
    assert list(windows.Window(at(22, 9), at(22, 10, 1)).hours()) == [at(22, 9), at(22, 10)]


def test_many_hours_are_found_under_few_folders():
    """A processing job has at most ten inputs."""
    day = [at(22, hour) for hour in range(24)]

    assert windows.folders(day[:2], 6) == ["2026/11/22/00", "2026/11/22/01"]
    assert windows.folders(day, 6) == ["2026/11/22"]
    assert windows.folders([at(day, 0) for day in range(1, 20)], 6) == ["2026/11"]


@pytest.mark.parametrize(
    ("now", "start", "end", "hours"),
    [
        (at(22, 18), "-PT1H", "-PT0H", [17]),
        (at(22, 18, 20), "-PT1H", "-PT0H", [17, 18]),
        (at(22, 18, 20), "-PT2H", "-PT1H", [16]),
        (at(22, 18, 59), "-PT30M", "-PT0H", [18]),
        (at(22, 18, 20), "-PT1H", "-PT50M", [17]),
    ],
)
def test_a_run_now_looks_at_whole_hours_and_at_the_running_one(now, start, end, hours):
    assert [hour.hour for hour in windows.window_now(now, start, end).hours()] == hours
