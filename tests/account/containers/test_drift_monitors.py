"""Bias drift and feature attribution drift against a baseline analysis."""

import numpy as np
import pytest

from sagelab.account.containers import drift
from sagelab.account.containers.bias_analysis import BiasConfig, Measured, post_training, pre_training
from sagelab.account.containers.table import Table
from sagelab.errors import SagelabError


@pytest.mark.parametrize(
    ("live", "worse"),
    [(0.1, False), (0.2, False), (-0.2, False), (-0.3, True), (0.21, True), (float("inf"), True)],
)
def test_worse_is_further_from_zero_than_the_baseline(live, worse):
    """The guide's example: with a baseline of 0.2, 0.1 is fine and -0.3 is not."""
    assert drift.is_worse("DPPL", live, None, 0.2) == worse


@pytest.mark.parametrize(
    ("live", "worse"), [(0.9, False), (1.2, False), (0.79, True), (1.21, True), (0.0, True)]
)
def test_disparate_impact_is_judged_by_its_distance_from_one(live, worse):
    assert drift.is_worse("DI", live, None, 0.8) == worse


def test_chance_is_no_drift():
    """An alert needs the whole 95 % interval outside of the allowed range."""
    assert not drift.is_worse("DPPL", 0.3, 0.06, 0.2)
    assert drift.is_worse("DPPL", 0.3, 0.05, 0.2)


def test_an_infinite_baseline_allows_everything():
    assert not drift.is_worse("TE", 5.0, None, float("inf"))


def table(rows: int, positives_d: float, seed: int = 0) -> Table:
    random = np.random.default_rng(seed)
    in_d = random.random(rows) < 0.5
    label = random.random(rows) < np.where(in_d, positives_d, 0.6)
    return Table(
        {
            "sex": ["d" if d else "a" for d in in_d],
            "age": [str(age) for age in random.integers(20, 60, rows) + random.random(rows)],
            "label": [str(int(value)) for value in label],
            "predicted": [str(int(value)) for value in label],
        }
    )


CONFIG = BiasConfig("label", [1], [("sex", ["d"]), ("age", [40])], None, "predicted")


def analysis(rows: Table) -> dict:
    pre = BiasConfig("label", [1], CONFIG.facets, None)
    return {
        "pre_training_bias_metrics": pre_training(rows, pre, ["CI", "DPL"]).as_json(),
        "post_training_bias_metrics": post_training(rows, CONFIG, ["DI", "DPPL", "CDDPL"]).as_json(),
    }


def violations(live: Table, baseline: dict) -> list[dict]:
    return drift.bias_violations(
        "post_training_bias_metrics", post_training(live, CONFIG, ["DI", "DPPL", "CDDPL"]), baseline
    )


def test_data_like_the_baseline_does_not_drift():
    assert violations(table(600, 0.5, seed=2), analysis(table(4000, 0.5))) == []


def test_a_group_that_fares_worse_is_reported_as_aws_does():
    baseline, live = analysis(table(4000, 0.5)), table(600, 0.2, seed=1)

    found = violations(live, baseline)

    value = post_training(live, CONFIG, ["DI"]).results[0].metrics[0].value
    assert [(entry["facet"], entry["metric_name"]) for entry in found] == [("sex", "DI"), ("sex", "DPPL")]
    assert found[0] == {
        "facet": "sex",
        "facet_value": "d",
        "metric_name": "DI",
        "constraint_check_type": "bias_drift_check",
        "description": f"Value {value} does not meet the constraint requirement",
    }


def test_a_small_window_needs_a_larger_difference():
    baseline = analysis(table(4000, 0.5))

    assert violations(table(30, 0.35, seed=5), baseline) == []
    assert violations(table(3000, 0.35, seed=5), baseline) != []


def test_a_threshold_facet_is_found_although_its_interval_ends_elsewhere():
    older = table(4000, 0.5)
    baseline = analysis(older)
    skewed = older.with_column("predicted", [str(int(float(age) < 40)) for age in older["age"]])
    names = {group["value_or_threshold"] for group in baseline["post_training_bias_metrics"]["facets"]["age"]}
    shorter = Table({name: values[1:] for name, values in skewed.columns.items()})
    assert names != {post_training(shorter.head(50), CONFIG, ["DI"]).results[1].group}

    found = violations(shorter.head(500), baseline)

    assert {(entry["facet"], entry["facet_value"]) for entry in found} == {("age", "40")}


def test_a_metric_without_value_is_not_compared():
    missing = Measured("CDDPL", "", None, "Group variable is empty or not provided")

    assert not drift.broken(missing, {"CDDPL": 0.1})
    assert not drift.broken(Measured("CI", "", 0.5), {"CI": None})


# -- attributions --------------------------------------------------------------------------------------------------
def test_the_reversed_example_of_the_guide():
    """0.70, 0.50, 0.05 in fully reversed order; the guide prints 0.69."""
    baseline = {"a": 0.70, "b": 0.50, "c": 0.05}
    live = {"a": 0.05, "b": 0.50, "c": 0.70}

    assert drift.ndcg(baseline, live) == pytest.approx(0.6876, abs=5e-5)


def test_the_same_order_scores_one_whatever_the_sizes():
    assert drift.ndcg({"a": 0.7, "b": -0.5}, {"a": 0.06, "b": 0.05}) == 1


def test_a_feature_that_pulls_down_counts_as_much_as_one_that_pulls_up():
    """Attributions aggregated by the median carry signs."""
    signed = drift.ndcg({"a": -0.70, "b": 0.50, "c": 0.05}, {"a": 0.05, "b": -0.50, "c": 0.70})

    assert signed == pytest.approx(0.6876, abs=5e-5)


def test_a_reordered_ranking_is_reported_as_aws_does():
    baseline = {"label0": {"global_shap_values": {"a": 0.70, "b": 0.50, "c": 0.05}}}
    live = {"label0": {"global_shap_values": {"a": 0.05, "b": 0.50, "c": 0.70}}}

    score = drift.ndcg(baseline["label0"]["global_shap_values"], live["label0"]["global_shap_values"])

    assert drift.attribution_violations(live, baseline) == [
        {
            "label": "label0",
            "metric_name": "shap",
            "constraint_check_type": "feature_attribution_drift_check",
            "description": f"Feature attribution drift {score} exceeds threshold 0.9",
        }
    ]
    assert drift.attribution_violations(baseline, baseline) == []


def test_other_features_than_the_baselines_are_one_sentence():
    with pytest.raises(SagelabError, match="The baseline explains a, b, but the live data has a, c"):
        drift.ndcg({"a": 1, "b": 2}, {"a": 1, "c": 2})
