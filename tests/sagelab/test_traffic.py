"""Traffic rules: percentiles against numpy, splits against scipy's exact numbers, bins and events by hand."""

import math
import threading
import time

import numpy as np
import pytest

from sagelab.errors import SagelabError
from sagelab.load import MOST_AT_ONCE, Load
from sagelab.traffic import Call, Look, Pace, changes, percentile, split, summary, timeline


@pytest.mark.parametrize("size", [1, 2, 3, 10, 101])
@pytest.mark.parametrize("share", [0, 1, 50, 90, 99, 99.9, 100])
def test_percentiles_are_numpys(size, share):
    values = np.random.default_rng(size).exponential(size=size).tolist()

    assert percentile(values, share) == pytest.approx(float(np.percentile(values, share)), rel=1e-12)


def test_no_values_have_no_percentile():
    assert math.isnan(percentile([], 50))


def test_calls_are_due_evenly():
    assert [Pace(4.0, 10.0).due(number) for number in range(4)] == [10.0, 10.25, 10.5, 10.75]


def test_a_summary_counts_errors_by_code_and_times_the_answered_calls_only():
    calls = [
        Call(0, 0.1, "A"),
        Call(1, 0.3, "A"),
        Call(2, 9.0, "", "ThrottlingException"),
        Call(3, 8.0, "", "ModelError"),
    ]
    told = summary([*calls, Call(4, 7.0, "", "ModelError")])

    assert (told["calls"], told["answered"]) == (5, 2)
    assert told["errors"] == {"ModelError": 2, "ThrottlingException": 1}
    assert told["latency"]["p50"] == pytest.approx(200.0)
    assert summary([])["latency"] == {}


def answered(**counts):
    return [Call(0.0, 0.1, name) for name, count in counts.items() for _ in range(count)]


def test_a_split_is_held_against_the_weights_by_chi_squared():
    told = split([*answered(A=80, B=20), Call(0, 1, "", "ModelError")], {"A": 9.0, "B": 1.0})

    assert [(r["variant"], r["answered"], r["share"], r["expected"]) for r in told["rows"]] == [
        ("A", 80, 0.8, 0.9),
        ("B", 20, 0.2, 0.1),
    ]
    # (80-90)^2/90 + (20-10)^2/10 = 11.11 with one degree of freedom: erfc(sqrt(11.11/2))
    assert told["p"] == pytest.approx(math.erfc(math.sqrt((100 / 90 + 100 / 10) / 2)))


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ({"A": 20, "B": 2}, {"A": 9.0, "B": 1.0}),
        ({"A": 50}, {"A": 1.0}),
        ({}, {"A": 1.0, "B": 1.0}),
        ({"A": 40}, {"A": 1, "B": 0}),
    ],
)
def test_a_split_that_says_nothing_has_no_probability(counts, weights):
    assert split(answered(**counts), weights)["p"] is None


def test_shares_are_unknown_before_an_answer_and_zero_weights_expect_nothing():
    told = split([], {"A": 0.0, "B": 0.0})

    assert [(row["share"], row["expected"]) for row in told["rows"]] == [(None, 0.0), (None, 0.0)]


def test_the_timeline_has_a_bin_for_each_whole_second():
    calls = [
        Call(7.99, 0.1, "A"),
        Call(8.0, 0.2, "A"),
        Call(8.9, 0.4, "B"),
        Call(9.5, 1.0, "", "ModelError"),
        Call(10.2, 0.5, "A"),
    ]
    told = timeline(calls, now=10.4, span=3)

    assert [(one["at"], one["variants"], one["errors"]) for one in told] == [
        (8, {"A": 1, "B": 1}, 0),
        (9, {}, 1),
        (10, {"A": 1}, 0),
    ]
    assert told[0]["p50"] == pytest.approx(300.0)
    assert (told[1]["p50"], told[1]["p99"]) == (None, None)


FIRST = Look(
    100.0, 5000.0, "InService", {"A": (1, 1)}, {"A": 9.0, "B": 1.0}, (("1", "one", "alarm"),), 1.0, 200.0
)


def moved(**changed):
    return Look(**{**vars(FIRST), "here": 101.0, "there": 5001.0, **changed})


@pytest.mark.parametrize(
    ("changed", "event"),
    [
        ({"there": 5061.0}, {"kind": "clock", "seconds": 60}),
        ({"there": 4001.0}, {"kind": "clock", "seconds": -1000}),
        ({"status": "Updating"}, {"kind": "status", "status": "Updating"}),
        ({"weights": {"A": 5.0, "B": 1.0}}, {"kind": "weight", "variant": "A", "before": 9.0, "now": 5.0}),
        ({"instances": {"A": (3, 3)}}, {"kind": "instances", "variant": "A", "before": 1, "now": 3}),
        ({"cold": 3.0, "setup": 500.0}, {"kind": "cold", "count": 2, "milliseconds": 150.0}),
        (
            {"activities": (("2", "two", "why"), ("1", "one", "alarm"))},
            {"kind": "scaling", "description": "two", "cause": "why"},
        ),
    ],
)
def test_each_change_is_one_event_at_its_time(changed, event):
    assert changes(FIRST, moved(**changed)) == [{"at": 101.0, **event}]


def test_a_first_look_and_an_unchanged_one_tell_nothing():
    assert changes(None, FIRST) == []
    assert changes(FIRST, moved(instances={"A": (1, 2)}, there=5004.0)) == []


# -- sending -------------------------------------------------------------------------------------------------------
def eventually(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_calls_are_sent_until_they_are_stopped():
    asked = []
    load = Load(lambda: (asked.append(1), ("A", ""))[1])
    load.start(50)
    eventually(lambda: len(load.calls()) >= 5)
    load.stop()
    eventually(lambda: len(load.calls()) == len(asked))

    assert not load.running
    assert {call.variant for call in load.calls()} == {"A"}
    assert load.calls(since=time.monotonic()) == []


def test_no_more_than_sixteen_calls_are_on_their_way_and_the_rest_is_counted():
    gate, inside, most = threading.Event(), [], []

    def slow():
        inside.append(1)
        most.append(len(inside))
        gate.wait(30)
        inside.pop()
        return "", "ModelError"

    load = Load(slow)
    load.start(50)
    eventually(lambda: load.missed >= 3)
    load.stop()
    gate.set()
    eventually(lambda: len(load.calls()) == MOST_AT_ONCE)

    assert max(most) == MOST_AT_ONCE
    assert {call.code for call in load.calls()} == {"ModelError"}


def test_it_stops_by_itself_after_ten_minutes():
    moments = iter([0.0, *(number * 200.0 for number in range(100))])
    load = Load(lambda: ("A", ""), now=lambda: next(moments))
    load.start(50)
    eventually(lambda: not load.running)


@pytest.mark.parametrize("rate", [0, -1, 51, math.nan, math.inf, "5", None, True, [5]])
def test_a_rate_out_of_bounds_is_refused(rate):
    load = Load(lambda: ("A", ""))
    with pytest.raises(SagelabError, match="at most 50 calls a second"):
        load.start(rate)
    assert not load.running
