"""What the control plane remembers."""

import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from sagelab.account.clock import Clock
from sagelab.account.store import Store


def test_an_arn_is_added_once(store: Store) -> None:
    assert store.add("Model", {"_arn": "a", "n": 1}) is True
    assert store.add("Model", {"_arn": "a", "n": 2}) is False
    assert store.all("Model") == [{"_arn": "a", "n": 1}]


def test_an_update_merges_and_a_missing_record_is_none(store: Store) -> None:
    store.add("Model", {"_arn": "a", "kept": 1, "old": 1})

    assert store.update("Model", "a", {"old": 2}) == {"_arn": "a", "kept": 1, "old": 2}
    assert store.get("Model", "a") == {"_arn": "a", "kept": 1, "old": 2}
    assert store.update("Model", "b", {"x": 1}) is None
    assert store.get("Model", "b") is None


def test_records_are_told_apart_by_noun_and_come_in_order(store: Store) -> None:
    for noun, arn in (("Model", "m2"), ("Endpoint", "e"), ("Model", "m1")):
        store.add(noun, {"_arn": arn})

    assert [record["_arn"] for record in store.all("Model")] == ["m2", "m1"]
    assert store.by_arn("e") == ("Endpoint", {"_arn": "e"})
    assert store.by_arn("x") is None
    store.delete("Model", "m2")
    assert [record["_arn"] for record in store.all("Model")] == ["m1"]


def test_updates_from_many_threads_all_arrive(store: Store) -> None:
    store.add("Job", {"_arn": "j"})

    def note(number: int) -> None:
        for step in range(20):
            store.update("Job", "j", {f"{number}-{step}": True})

    threads = [threading.Thread(target=note, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    record = store.get("Job", "j")
    assert record is not None
    assert len(record) == 1 + 8 * 20


def test_numbers_are_given_once_also_to_threads_and_after_a_restart(tmp_path: Path) -> None:
    first = Store(tmp_path / "r.db")
    given: list[int] = []

    def take() -> None:
        given.extend(first.next_number("train") for _ in range(25))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second = Store(tmp_path / "r.db")

    assert sorted(given) == list(range(1, 101))
    assert second.next_number("train") == 101
    assert second.next_number("other") == 1
    first.close()
    second.close()


def test_the_clock_goes_on_by_itself_and_keeps_its_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = 1_000_000_000.0
    monkeypatch.setattr("sagelab.account.clock.time.time", lambda: real)
    store = Store(tmp_path / "r.db")
    clock = Clock(store)

    clock.step(3600)
    stepped = clock.time()
    real += 5
    later = clock.time()
    again = Clock(store).time()
    store.close()

    assert (stepped, later, again) == (1_000_003_600.0, 1_000_003_605.0, 1_000_003_605.0)


def test_the_clock_can_be_set_and_tells_utc(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sagelab.account.clock.time.time", lambda: 1e9)
    clock = Clock(store)

    clock.set(datetime(2026, 9, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    zoned = clock.now()
    clock.set(datetime(2026, 9, 1, 12))

    assert zoned == datetime(2026, 9, 1, 10, tzinfo=UTC)
    assert clock.now() == datetime(2026, 9, 1, 12, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be changed here")
def test_a_moment_without_a_zone_is_utc_wherever_the_machine_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    clock = Clock(store)

    clock.set(datetime(2026, 9, 1, 12))

    monkeypatch.undo()
    time.tzset()
    assert abs(clock.now() - datetime(2026, 9, 1, 12, tzinfo=UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("seconds", [1e300, -1e300, 1e12, -2e9])
def test_a_clock_does_not_leave_the_calendar(store: Store, seconds: float) -> None:
    clock = Clock(store)
    before = clock.time()

    with pytest.raises(ValueError, match="the clock goes from 1971 to 9999"):
        clock.step(seconds)

    assert abs(clock.time() - before) < 60
    assert abs(Clock(store).time() - before) < 60


def test_moments_are_kept_as_seconds_and_nothing_else_is_kept_that_json_has_no_word_for(store: Store) -> None:
    store.add("Job", {"_arn": "j", "CreationTime": datetime(1970, 1, 2, tzinfo=UTC)})

    assert store.get("Job", "j") == {"_arn": "j", "CreationTime": 86400.0}
    with pytest.raises(TypeError, match="set has no place in a record"):
        store.add("Job", {"_arn": "k", "Names": {"a"}})


def test_every_move_of_the_clock_is_told(store: Store) -> None:
    clock = Clock(store)
    ticks: list[float] = []
    clock.on_tick(lambda: ticks.append(clock.time()))

    clock.step(60)
    clock.step(-60)

    assert len(ticks) == 2
    assert ticks[0] > ticks[1]
