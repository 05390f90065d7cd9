"""What the SHAP explorer's rules promise, on values worked out by hand."""

import json
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from sagelab.attribution import explain, importance, jitter, trend, waterfall
from sagelab.errors import SagelabError


@pytest.fixture(scope="module")
def credit_clients():
    return pd.read_csv(files("sagelab") / "data" / "credit_clients.csv.gz")


def test_importance_is_the_mean_of_absolute_values():
    assert importance([[1.0, -2.0], [-3.0, 0.0]]).tolist() == [2.0, 1.0]


def test_columns_run_from_the_most_to_the_least_important():
    table = pd.DataFrame({"small": [1, 2], "large": [3, 4], "middle": [5, 6]})

    columns = explain(table, [[0.1, -5.0, 1.0], [-0.1, 5.0, 1.0]], 0.0).columns

    assert [column.name for column in columns] == ["large", "middle", "small"]


def test_a_waterfall_runs_from_the_base_value_to_the_output_largest_step_first():
    steps = waterfall([0.1, -0.4, 0.2], base=1.0)

    assert [step.feature for step in steps] == [1, 2, 0]
    assert [step.start for step in steps] == pytest.approx([1.0, 0.6, 0.8])
    assert [step.end for step in steps] == pytest.approx([0.6, 0.8, 0.9])


@pytest.mark.parametrize("features", [1, 9, 10, 11, 40])
def test_the_last_step_ends_at_the_base_plus_all_values(features):
    values = np.random.default_rng(features).normal(size=features)

    steps = waterfall(values, base=-0.3)

    assert steps[-1].end == pytest.approx(-0.3 + values.sum(), abs=1e-12)
    assert all(step.end == pytest.approx(after.start) for step, after in pairwise(steps))


def test_only_two_or_more_small_features_share_a_bar():
    assert [step.feature for step in waterfall(np.arange(10, 0, -1), 0.0)] == list(range(10))
    assert waterfall(np.arange(11, 0, -1), 0.0)[-1].feature == -1
    assert waterfall(np.arange(11, 0, -1), 0.0)[-1].value == 2 + 1


def test_dots_of_the_same_value_are_shifted_apart_and_stay_within_their_row():
    shifts = jitter([0.5] * 7 + [9.0])

    assert len(set(shifts[:7])) == 7
    assert shifts[7] == 0.0
    assert np.abs(shifts).max() <= 1.0


def test_a_lonely_dot_stays_in_the_middle_and_a_crowd_fills_the_row():
    assert jitter([1.0, 2.0, 3.0]).tolist() == [0.0, 0.0, 0.0]
    assert np.abs(jitter([1.0] * 500)).max() == pytest.approx(1.0)


def test_a_pair_beside_a_great_crowd_can_still_be_told_apart():
    """With one scale for all, 500 dots in one place would press the pair's dots together to 0.004."""
    shifts = jitter([0.0] * 500 + [9.0] * 2)

    assert abs(shifts[-1] - shifts[-2]) > 0.05
    assert np.abs(shifts[:500]).max() == pytest.approx(1.0)


def test_a_larger_crowd_is_wider():
    shifts = jitter([0.0] * 400 + [5.0] * 100 + [9.0] * 25)

    assert np.abs(shifts[:400]).max() > np.abs(shifts[400:500]).max() > np.abs(shifts[500:]).max()


def test_positions_are_the_same_each_time():
    values = np.random.default_rng(0).normal(size=100)

    assert jitter(values).tolist() == jitter(values).tolist()


def test_a_trend_over_numbers_has_ranges_with_about_equal_numbers_of_clients():
    points = trend(pd.Series(np.arange(60.0)), np.where(np.arange(60) < 30, -1.0, 1.0), parts=6)

    assert [point.rows for point in points] == [10] * 6
    assert [point.mean for point in points] == [-1.0] * 3 + [1.0] * 3
    assert points[0].label == "0 to 9"


def test_a_trend_counts_every_client_once_with_ties_and_missing_values():
    values = pd.Series([0.0] * 50 + [np.nan] * 5 + list(np.arange(45) / 3))

    points = trend(values, np.ones(100))

    assert sum(point.rows for point in points) == 100
    assert points[-1].label == "missing"
    assert all(point.mean == 1.0 for point in points)


def test_a_trend_over_few_values_or_categories_has_one_point_each():
    assert [point.label for point in trend(pd.Series([2, 1, 2]), [0.0, 1.0, 2.0])] == ["1", "2"]
    points = trend(pd.Series(["b", "a", "b"]), [1.0, 5.0, 3.0])
    assert [(point.label, point.rows, point.mean) for point in points] == [("a", 1, 5.0), ("b", 2, 2.0)]


def test_a_clients_bars_name_the_columns_as_they_are_ordered_for_all():
    table = pd.DataFrame({"a": [1, 1], "b": [2, 2]})

    found = explain(table, [[0.1, 3.0], [0.9, -0.2]], base=1.0)

    assert [column.name for column in found.columns] == ["b", "a"]
    assert found.waterfalls == ((0, 1), (1, 0))
    assert found.outputs == pytest.approx((4.1, 1.7))


def test_the_bars_of_a_wide_table_leave_the_rest_to_one_bar():
    values = np.tile(np.arange(40.0, 0, -1), (2, 1))

    found = explain(pd.DataFrame(np.zeros((2, 40))).rename(columns=str), values, 0.0)

    assert len(found.columns) == 30
    assert found.features == 40
    assert found.waterfalls[0] == (*range(9), -1)


def test_a_feature_that_matters_to_one_client_only_is_not_lost():
    """Its column is not among the 30 most important ones, so it counts as one of the others."""
    values = np.full((200, 40), 1.0)
    values[:, 39] = 0.0
    values[0, 39] = 100.0

    bars = explain(pd.DataFrame(np.zeros((200, 40))).rename(columns=str), values, 0.0).waterfalls[0]

    assert bars.count(-1) == 1
    assert bars[-1] == -1


def test_categories_and_missing_values_keep_their_names():
    table = pd.DataFrame({"job": ["nurse", None, "cook"], "old": [True, False, True]})

    job, old = explain(table, [[2.0, 1.0]] * 3, 0.0).columns

    assert job.categories == ("cook", "nurse")
    assert job.values == (1.0, None, 0.0)
    assert old.categories == ("False", "True")


def test_the_color_scale_ends_at_the_outer_five_percent():
    column = explain(pd.DataFrame({"x": np.arange(101.0)}), np.ones((101, 1)), 0.0).columns[0]

    assert (column.low, column.high) == (5.0, 95.0)


def test_a_large_table_is_thinned_evenly_and_its_importance_uses_every_row():
    table = pd.DataFrame({"x": np.arange(5000.0)}, index=np.arange(1, 5001))
    values = np.zeros((5000, 1))
    values[2501] = 5000.0

    found = explain(table, values, 0.0)

    assert (len(found.clients), found.total) == (1000, 5000)
    assert (found.clients[0], found.clients[-1]) == ("1", "5000")
    assert found.columns[0].importance == pytest.approx(1.0)


def test_the_payload_is_plain_json_without_missing_numbers():
    table = pd.DataFrame({"x": [1.5, np.nan, np.inf], "y": ["a", None, "b"]})

    assert (
        json.loads(json.dumps(explain(table, np.ones((3, 2)), 0.5).payload(), allow_nan=False))["base"] == 0.5
    )


@pytest.mark.parametrize(
    ("table", "values", "base", "sentence"),
    [
        (pd.DataFrame({"x": [1]}), [[1.0, 2.0]], 0.0, "The table is 1 x 1 but the SHAP values are 1 x 2"),
        (pd.DataFrame({"x": []}), np.zeros((0, 1)), 0.0, "at least one of each"),
        (pd.DataFrame({"x": [1]}), [[np.nan]], 0.0, "none missing or infinite"),
        (pd.DataFrame({"x": [1]}), [[1.0]], np.inf, "none missing or infinite"),
        (pd.DataFrame({"x": [1, 2]}, index=[7, 7]), [[1.0], [1.0]], 0.0, "share a row label"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_sentence(table, values, base, sentence):
    with pytest.raises(SagelabError, match=sentence):
        explain(table, values, base)


def test_bars_of_a_real_model_add_up_to_its_predictions(credit_clients):
    """Linear SHAP values worked out by hand: coefficient x (value - mean)."""
    table = credit_clients[["LIMIT_BAL", "AGE", "PAY_0"]].head(200)
    effects = (table - table.mean()) * [-1e-6, 0.002, 0.1]

    found = explain(table, effects.to_numpy(), base=0.25, output="probability of default")

    for client, output in enumerate(found.outputs):
        total = sum(column.shap[client] for column in found.columns)
        assert 0.25 + total == pytest.approx(output, abs=1e-6)
        assert output == pytest.approx(0.25 + effects.iloc[client].sum(), abs=1e-6)
