"""The searches by themselves: scales, seeds, and that the Bayesian one learns."""

import math
from statistics import fmean

import pytest

from sagelab.account.errors import ApiError
from sagelab.account.tuning.bayesian import suggest
from sagelab.account.tuning.definition import Definition
from sagelab.account.tuning.ranges import Choice, Numeric, read_ranges
from sagelab.account.tuning.search import STARTUP, GridSearch, RandomSearch
from sagelab.account.tuning.stopping import Criteria, MedianRule

UP = Definition({}, [], "score", minimize=False)
DOWN = Definition({}, [], "loss", minimize=True)


def continuous(low, high, scaling="Linear"):
    return Numeric("x", low, high, False, scaling)


@pytest.mark.parametrize(
    ("each", "middle"),
    [
        (continuous(0, 10), 5.0),
        (continuous(0.001, 10, "Logarithmic"), 0.1),
        (continuous(0, 0.99, "ReverseLogarithmic"), 0.9),
    ],
)
def test_the_middle_of_a_range_is_that_of_its_scale(each, middle):
    assert float(each.at(0.5)) == pytest.approx(middle)
    assert (float(each.at(0)), float(each.at(1))) == (pytest.approx(each.low), pytest.approx(each.high))


@pytest.mark.parametrize("scaling", ["Linear", "Logarithmic", "ReverseLogarithmic"])
@pytest.mark.parametrize("unit", [0.0, 0.1, 0.5, 0.93, 1.0])
def test_a_value_lies_where_it_came_from(scaling, unit):
    each = continuous(0.01, 0.9, scaling)

    assert each.place(each.at(unit)) == pytest.approx(unit)


def test_every_whole_number_comes_equally_often():
    each = Numeric("n", 1, 4, True, "Linear")
    drawn = [each.at((k + 0.5) / 400) for k in range(400)]

    assert [drawn.count(str(n)) for n in (1, 2, 3, 4)] == [100] * 4


def test_auto_takes_the_logarithm_of_a_wide_range():
    ranges = [
        {"Name": n, "MinValue": low, "MaxValue": "1"} for n, low in (("wide", "0.001"), ("narrow", "0.5"))
    ]

    found = read_ranges({"ContinuousParameterRanges": ranges})

    assert [each.scaling for each in found] == ["Logarithmic", "Linear"]


def test_a_name_has_one_range():
    with pytest.raises(ApiError, match="more than one range"):
        read_ranges({"CategoricalParameterRanges": [{"Name": "a", "Values": ["1"]}] * 2})


def test_random_repeats_itself_with_its_seed_and_not_within_a_small_space():
    ranges = [Choice("a", ("1", "2", "3")), Choice("b", ("x", "y"))]

    def draw(seed):
        search, tried = RandomSearch(ranges, seed), []
        for _ in range(6):
            tried.append((search.next(tried), None))
        return [found for found, _ in tried]

    assert draw(1) == draw(1)
    assert len({tuple(found.items()) for found in draw(1)}) == 6


def test_a_grid_ends():
    search = GridSearch([Choice("a", ("1", "2"))])

    assert [search.next([]) for _ in range(3)] == [{"a": "1"}, {"a": "2"}, None]


def branin(x, y):
    """A known function with minimum 0.398 (Dixon and Szego, 1978)."""
    x, y = 15 * x - 5, 15 * y
    bowl = (y - 5.1 * x**2 / (4 * math.pi**2) + 5 * x / math.pi - 6) ** 2
    return bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def bayesian_best(seed, budget):
    history = []
    for number in range(budget):
        point = suggest(
            {
                "dimensions": [0, 0],
                "history": history,
                "pending": [],
                "seed": 1000 * seed + number,
                "startup": STARTUP,
            }
        )
        history.append([point, branin(*point)])
    return min(value for _, value in history)


def random_best(seed, budget):
    search = RandomSearch([Numeric("x", 0, 1, False, "Linear"), Numeric("y", 0, 1, False, "Linear")], seed)
    drawn = [search.next([]) for _ in range(budget)]
    return min(branin(float(found["x"]), float(found["y"])) for found in drawn)


def test_the_bayesian_search_does_better_than_chance_on_a_known_function():
    seeds = range(10)

    assert fmean(bayesian_best(seed, 25) for seed in seeds) < 0.7 * fmean(
        random_best(seed, 25) for seed in seeds
    )


def test_equal_questions_get_equal_answers_and_history_moves_the_answer():
    question = {"dimensions": [0, 3], "history": [], "pending": [[0.5, 1]], "seed": 4, "startup": 2}
    good = [[[0.1 + k / 1000, 2], k / 1000] for k in range(10)] + [[[0.9, 0], 5.0]] * 10

    first, again = suggest(question), suggest(question)
    learned = [suggest({**question, "history": good, "seed": seed}) for seed in range(10)]

    assert first == again
    assert sum(point[1] == 2 for point in learned) >= 8
    assert fmean(point[0] for point in learned) < 0.4


def test_the_median_rule_holds_a_job_against_the_running_averages_of_completed_ones():
    rule = MedianRule(DOWN)
    for arn, curve in (("a", [4, 2]), ("b", [6, 2]), ("c", [8, 6])):
        for value in curve:
            rule.add(arn, value)
        rule.complete(arn)

    # the running averages are 4, 6, 8 after one epoch, 3, 4, 7 after two, and stay there
    assert not rule.add("d", 6)
    assert rule.add("d", 4.5)
    assert not rule.add("d", 4)


def test_a_target_may_be_met_exactly_from_either_side():
    up, down = Criteria({"TargetObjectiveMetricValue": 0.5}), Criteria({"TargetObjectiveMetricValue": 0.5})

    assert not up.met(UP, 0.4)
    assert up.met(UP, 0.5)
    assert not down.met(DOWN, 0.6)
    assert down.met(DOWN, 0.5)
