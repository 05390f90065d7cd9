"""SHAP values against an independent oracle: the mean marginal contribution over all orders of the features."""

import csv
from itertools import permutations

import numpy as np
import pytest

from sagelab.account.containers import clustering, partial_dependence, shapley
from sagelab.account.containers.table import Table
from sagelab.errors import SagelabError


def table(rows) -> Table:
    columns = np.asarray(rows, dtype=object).T
    return Table({f"x{i}": [str(value) for value in column] for i, column in enumerate(columns)})


def model(function):
    """A model behind a wire: CSV lines in, one row of outputs a line out."""

    def predict(lines):
        points = np.array([[float(cell) for cell in row] for row in csv.reader(lines)])
        return np.asarray(function(points), dtype=float).reshape(len(points), -1)

    return predict


def curved(points):
    return np.tanh(points[:, 0] * points[:, 1] - points[:, 2]) + points[:, 3 % points.shape[1]] ** 2


def share(points):
    return 1 / (1 + np.exp(-points.sum(axis=1) + points[:, 0] * points[:, 1]))


def by_permutations(function, row, baseline, link=lambda value: value):
    """Shapley's definition, word for word."""
    features = range(len(row))

    def worth(inside):
        points = np.array([[row[i] if i in inside else other[i] for i in features] for other in baseline])
        return link(np.mean(function(points)))

    orders = list(permutations(features))
    values = np.zeros(len(row))
    for order in orders:
        for place, i in enumerate(order):
            values[i] += worth(set(order[: place + 1])) - worth(set(order[:place]))
    return values / len(orders)


@pytest.mark.parametrize("baselines", [1, 3])
@pytest.mark.parametrize("features", [1, 2, 5])
def test_enumeration_equals_shapleys_definition_to_a_millionth(features, baselines):
    random = np.random.default_rng(features)
    rows, ground = random.normal(size=(3, features)), random.normal(size=(baselines, features))
    function = curved if features >= 3 else share if features == 2 else (lambda points: points[:, 0] ** 3)

    got = shapley.explain(table(rows), table(ground), model(function))

    for place, row in enumerate(rows):
        assert got.values[place, :, 0] == pytest.approx(by_permutations(function, row, ground), abs=1e-6)


def test_log_odds_are_explained_where_asked():
    random = np.random.default_rng(1)
    rows, ground = random.normal(size=(2, 4)), random.normal(size=(2, 4))

    got = shapley.explain(table(rows), table(ground), model(share), logit=True)

    for place, row in enumerate(rows):
        oracle = by_permutations(share, row, ground, link=lambda p: np.log(p / (1 - p)))
        assert got.values[place, :, 0] == pytest.approx(oracle, abs=1e-6)
    assert got.expected[0] == pytest.approx(float(shapley.log_odds(np.mean(share(ground)))))


@pytest.mark.parametrize("logit", [False, True])
def test_expected_value_and_shap_values_add_up_to_the_output(logit):
    """Efficiency, for each row and each output."""
    random = np.random.default_rng(2)
    rows, ground = random.normal(size=(20, 6)), random.normal(size=(4, 6))

    def two_outputs(points):
        return np.column_stack([share(points), 1 - share(points)])

    got = shapley.explain(table(rows), table(ground), model(two_outputs), logit=logit)

    outputs = two_outputs(rows)
    assert got.values.shape == (20, 6, 2)
    expected = shapley.log_odds(outputs) if logit else outputs
    assert got.expected + got.values.sum(axis=1) == pytest.approx(expected, abs=1e-9)


def test_a_feature_that_equals_the_baseline_gets_nothing_and_costs_nothing():
    rows, ground = [[1.0, 2.0, 0.5, 3.0]], [[1.0, 0.0, 0.5, 0.0]]
    explained = shapley.exact(table(rows), table(ground), model(curved), logit=False)

    assert explained.values[0, [0, 2], 0] == pytest.approx([0, 0])
    assert explained.values[0, :, 0] == pytest.approx(by_permutations(curved, rows[0], np.array(ground)))
    lines = list(shapley.synthetic(("1.0", "2.0", "0.5", "3.0"), [1, 3], [("1.0", "0.0", "0.5", "0.0")]))
    assert len(lines) == 4


def test_many_features_are_sampled_by_the_shap_library_near_the_exact_values():
    random = np.random.default_rng(3)
    rows, ground = random.normal(size=(2, 12)), np.zeros((1, 12))
    weights = random.normal(size=12)

    def function(points):
        return points @ weights + points[:, 0] * points[:, 1]

    sampled = shapley.explain(table(rows), table(ground), model(function), samples=1500, seed=7)
    again = shapley.explain(table(rows), table(ground), model(function), samples=1500, seed=7)
    exact = shapley.explain(table(rows), table(ground), model(function), samples=4096)

    oracle = rows * weights
    oracle[:, :2] += (rows[:, 0] * rows[:, 1] / 2)[:, None]
    assert exact.values[:, :, 0] == pytest.approx(oracle, abs=1e-6)
    assert sampled.values[:, :, 0] == pytest.approx(oracle, abs=0.05)
    assert (sampled.values == again.values).all()
    assert sampled.expected + sampled.values.sum(axis=1) == pytest.approx(function(rows)[:, None])


def test_the_shap_library_agrees_where_it_can_enumerate():
    random = np.random.default_rng(3)
    rows, ground = table(random.normal(size=(3, 5))), table(random.normal(size=(2, 5)))

    for logit in (False, True):
        mine = shapley.exact(rows, ground, model(share), logit)
        library = shapley.sampled(rows, ground, model(share), 2**5, logit=logit, seed=0)

        assert library.values == pytest.approx(mine.values, abs=1e-6)
        assert library.expected == pytest.approx(mine.expected, abs=1e-9)


def test_text_features_keep_their_commas_and_quotes():
    seen = set()

    def predict(lines):
        rows = list(csv.reader(lines))
        seen.update(row[0] for row in rows)
        return np.array([[float(row[0] == 'a, "b"')] for row in rows])

    rows = Table({"job": ['a, "b"', "clerk"], "age": ["30", "40"]})
    ground = Table({"job": ["none"], "age": ["35"]})

    got = shapley.explain(rows, ground, predict)

    assert seen == {'a, "b"', "clerk", "none"}
    assert got.values[:, :, 0] == pytest.approx(np.array([[1, 0], [0, 0]]))


@pytest.mark.parametrize(("method", "expected"), [("mean_abs", 2.0), ("median", 1.0), ("mean_sq", 14 / 3)])
def test_global_values_are_aggregated_as_asked(method, expected):
    values = np.array([[1.0], [-2.0], [3.0]])

    assert shapley.AGGREGATIONS[method](values) == pytest.approx([expected])


# -- baseline by clustering ----------------------------------------------------------------------------------------
def test_well_separated_clusters_make_one_baseline_row_each():
    random = np.random.default_rng(0)
    points = np.concatenate([random.normal(center, 0.05, size=(50, 2)) for center in (0, 5, 10)]).round(3)
    rows = table(points)

    for clusters in (3, None):
        baseline = clustering.baseline_rows(rows, clusters, seed=0)

        assert sorted(np.round(baseline.numbers("x0"))) == [0, 5, 10]
        assert set(baseline["x0"]) <= set(rows["x0"])


def test_text_columns_take_the_most_frequent_value_of_the_cluster():
    rows = Table({"x": ["0"] * 5 + ["9"] * 5, "job": ["a", "a", "a", "b", "b", "c", "c", "c", "c", "a"]})

    baseline = clustering.baseline_rows(rows, 2, seed=0)

    assert sorted(baseline.rows()) == [("0", "a"), ("9", "c")]


def test_a_cluster_number_above_the_rows_is_no_trouble():
    assert len(clustering.baseline_rows(table([[1, 2], [3, 4]]), 5, seed=0)) == 2


def test_identical_rows_make_one_baseline_row():
    assert len(clustering.baseline_rows(table([[1, 2]] * 10), None, seed=0)) == 1


# -- partial dependence --------------------------------------------------------------------------------------------
def test_partial_dependence_averages_the_model_over_the_rows():
    rows = table([[0, 1], [10, 2], [4, 3], [3, 6]])

    entry = partial_dependence.partial_dependence(
        rows, "x0", 2, model(lambda p: p[:, 0] * p[:, 1]), ["label0"]
    )

    assert entry == {
        "feature_name": "x0",
        "data_type": "numerical",
        "feature_values": [2.5, 7.5],
        "data_distribution": [0.75, 0.25],
        "model_predictions": [[7.5, 22.5]],
        "label_headers": ["label0"],
    }


def test_partial_dependence_of_text_takes_each_value():
    rows = Table({"job": ["b", "a", "b", "b"], "x": ["1", "2", "3", "4"]})

    def predict(lines):
        return np.array([[float(row[1]) * (2 if row[0] == "b" else 1)] for row in csv.reader(lines)])

    entry = partial_dependence.partial_dependence(rows, "job", None, predict, ["label0"])

    assert entry["feature_values"] == ["a", "b"]
    assert entry["data_distribution"] == [0.25, 0.75]
    assert entry["model_predictions"] == [[2.5, 5.0]]


def test_a_numeric_feature_needs_a_grid():
    with pytest.raises(SagelabError, match="pdp needs grid_resolution for the numeric feature x0"):
        partial_dependence.partial_dependence(table([[1]]), "x0", None, model(curved), [])
