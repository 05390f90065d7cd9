"""What a training job leaves: curves from logs, summaries against numpy, rules around their thresholds."""

import json
import math

import numpy as np
import pytest

from sagelab.training_record import (
    Saved,
    all_zero,
    check,
    curves,
    exploding_tensor,
    line,
    loss_not_decreasing,
    overfit,
    read_record,
    summarize,
    thin,
    vanishing_gradient,
)

LOSS = {"Name": "train:loss", "Regex": "loss=([0-9.e+-]+|nan);"}


# -- the log -------------------------------------------------------------------------------------------------------
def test_a_metric_is_read_from_the_log_in_order_of_its_lines():
    lines = [(1.0, "loss=0.9; loss=0.8;"), (2.0, "nothing"), (3.0, "loss=nan; loss=1e-1;")]

    assert curves(lines, [LOSS]) == {
        "train:loss": [
            {"at": 1, "time": 1.0, "value": 0.9},
            {"at": 2, "time": 1.0, "value": 0.8},
            {"at": 3, "time": 3.0, "value": 0.1},
        ]
    }


def test_a_pattern_without_a_group_is_the_value_and_a_broken_one_is_left_out():
    found = curves([(0.0, "at 12 now")], [{"Name": "n", "Regex": r"\d+"}, {"Name": "bad", "Regex": "("}])

    assert [one["value"] for one in found["n"]] == [12.0]
    assert "bad" not in found
    assert curves([], [LOSS]) == {"train:loss": []}


@pytest.mark.parametrize(("size", "most"), [(3, 5), (5, 5), (100, 7), (7, 2)])
def test_thinned_points_keep_their_ends_and_order(size, most):
    kept = thin(range(size), most)

    assert len(kept) == min(size, most)
    assert (kept[0], kept[-1]) == (0, size - 1)
    assert kept == sorted(set(kept))


# -- the tensors ---------------------------------------------------------------------------------------------------
def test_a_summary_has_numpys_moments_and_histogram():
    values = np.random.default_rng(1).normal(size=(4, 25))
    values[0, :3] = 0
    told = summarize(values)

    assert told["count"] == 100
    assert told["zeros"] == 3
    assert told["bad"] == 0
    assert told["mean"] == pytest.approx(np.mean(values))
    assert told["std"] == pytest.approx(np.std(values))
    assert told["abs_mean"] == pytest.approx(np.mean(np.abs(values)))
    assert (told["min"], told["max"]) == (values.min(), values.max())
    assert told["counts"] == np.histogram(values, bins=24)[0].tolist()


def test_what_is_not_finite_is_counted_apart():
    told = summarize([1.0, np.nan, np.inf, -np.inf, 3.0])

    assert (told["count"], told["bad"], told["mean"]) == (5, 3, 2.0)
    assert summarize([np.nan]) == {"count": 1, "bad": 1, "zeros": 0}


def test_a_line_comes_back_as_it_was_saved():
    text = (
        line(3, "losses/train", 0.5) + line(4, "losses/train", math.nan) + line(4, "gradient/a", [1.0, -1.0])
    )
    saved, strange = read_record(text)

    assert strange == 0
    assert (saved[0].step, saved[0].name, saved[0].value, saved[0].collection) == (
        3,
        "losses/train",
        0.5,
        "losses",
    )
    assert math.isnan(saved[1].value)
    assert saved[2].value == summarize([1.0, -1.0])
    json.loads(text.splitlines()[1], parse_constant=pytest.fail)  # strict JSON: no bare NaN


def test_a_line_that_is_still_being_written_is_left_out():
    assert read_record(line(1, "losses/train", 1.0) + '{"step": 2, "na') == (
        [Saved(1, "losses/train", 1.0)],
        0,
    )


@pytest.mark.parametrize(
    "bad",
    [
        "no json",
        "7",
        "null",
        "[1]",
        '{"step": 1, "name": "a"}',
        '{"step": "1", "name": "a", "value": 1}',
        '{"step": true, "name": "a", "value": 1}',
        '{"step": 1, "name": 2, "value": 1}',
        '{"step": 1, "name": "a", "value": null}',
        '{"step": 1, "name": "a", "value": "soon"}',
        '{"step": 1, "name": "a", "value": {}}',
        '{"step": 1, "name": "a", "value": {"count": "many"}}',
        '{"step": 1, "name": "a", "value": {"count": NaN}}',
        '{"step": 1, "name": "a", "value": {"count": 1, "edges": [0, 1], "counts": [1, 2]}}',
        '{"step": 1, "name": "a", "value": {"count": 1, "edges": 3, "counts": 4}}',
        '{"step": 1, "name": "a", "value": {"count": 1, "edges": [0, null], "counts": [1]}}',
        "[" * 20_000,
    ],
)
def test_a_strange_line_is_counted_and_the_others_are_kept(bad):
    saved, strange = read_record(f"{bad}\n\n{line(1, 'a', 1.0)}")

    assert (saved, strange) == ([Saved(1, "a", 1.0)], 1)


# -- the rules -----------------------------------------------------------------------------------------------------
def losses(name, *values, start=0, every=1):
    return [Saved(start + i * every, f"losses/{name}", float(value)) for i, value in enumerate(values)]


def tensor(step, name, *values):
    return Saved(step, name, summarize(values))


@pytest.mark.parametrize(
    ("rule", "saved", "status"),
    [
        (vanishing_gradient, [tensor(1, "gradient/a", 1e-8, -1e-8)], "IssuesFound"),
        (vanishing_gradient, [tensor(1, "gradient/a", 3e-7, -3e-7)], "NoIssuesFound"),
        (vanishing_gradient, [Saved(1, "gradient/a", -1e-8)], "IssuesFound"),
        (vanishing_gradient, [tensor(1, "weight/a", 0.0)], "NoData"),
        (exploding_tensor, [tensor(1, "weight/a", 1.0, math.inf)], "IssuesFound"),
        (exploding_tensor, losses("train", 1, math.nan), "IssuesFound"),
        (exploding_tensor, losses("train", 1, 1e300), "NoIssuesFound"),
        (all_zero, [tensor(1, "weight/a", 0, 0)], "IssuesFound"),
        (all_zero, [tensor(1, "weight/a", 0, 0, 1)], "NoIssuesFound"),
        (all_zero, losses("train", 0), "NoData"),
        (loss_not_decreasing, losses("train", 1, 0.9995, every=10), "IssuesFound"),
        (loss_not_decreasing, losses("train", 1, 0.9985, every=10), "NoIssuesFound"),
        (loss_not_decreasing, losses("train", 1, 1, every=9), "NoIssuesFound"),
        (loss_not_decreasing, losses("train", 1, math.nan, every=10), "IssuesFound"),
        (loss_not_decreasing, losses("train", -1, -1.1, every=10), "NoIssuesFound"),
        (
            loss_not_decreasing,
            [*losses("train", 1, every=10), *losses("other", 1, start=10)],
            "NoIssuesFound",
        ),
        (overfit, [*losses("train", 1.0), *losses("validation", 1.09)], "NoIssuesFound"),
        (overfit, [*losses("train", 1.0), *losses("validation", 1.11)], "IssuesFound"),
        (overfit, [*losses("train", 1.0), *losses("validation", 9.0, start=5)], "NoData"),
        (overfit, losses("train", 1.0), "NoData"),
    ],
)
def test_a_rule_fires_beyond_its_default_threshold_and_not_before(rule, saved, status):
    assert rule(saved).status == status


def test_patience_counts_steps_on_end():
    saved = [*losses("train", 1, 1, 1, 1), *losses("validation", 2, 1, 2, 2)]

    assert overfit(saved, patience=2).details.startswith("step 3, losses/validation: 100 %")
    assert overfit(saved, patience=3).status == "NoIssuesFound"
    assert overfit(saved, start_step=4).status == "NoData"


def test_the_first_step_that_fires_is_told_whatever_the_order_of_the_lines():
    saved = [*losses("train", 1, 1, 1, every=10)][::-1]

    assert loss_not_decreasing(saved).details == "step 10, losses/train: 1 at step 0, 1 now"
    assert (
        all_zero([tensor(5, "weight/a", 0), tensor(2, "weight/b", 0)]).details
        == "step 2, weight/b: 100 % zeros"
    )


def test_all_rules_are_checked_under_awss_names():
    assert [finding.rule for finding in check(losses("train", 1))] == [
        "VanishingGradient",
        "ExplodingTensor",
        "AllZero",
        "LossNotDecreasing",
        "Overfit",
    ]
