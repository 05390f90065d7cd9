"""Metrics of the model quality monitor against scikit-learn and the examples printed in AWS's guide."""

import numpy as np
import pytest
from sklearn import metrics as sk

from sagelab.account.containers import model_quality as mq
from sagelab.account.containers import quality_constraints as qc
from sagelab.errors import SagelabError


def binary(rows: int, seed: int = 0) -> mq.Predictions:
    random = np.random.default_rng(seed)
    truth = random.random(rows) < 0.3
    scores = np.round(np.clip(0.3 + 0.3 * truth + random.normal(0, 0.2, rows), 0, 1), 2)
    return mq.Predictions(mq.label_texts(truth.astype(int).astype(str)), labels(scores > 0.5), scores)


def labels(values) -> np.ndarray:
    return np.array([str(int(value)) for value in values])


def values(section: dict) -> dict:
    return {name: entry["value"] for name, entry in section.items() if "value" in entry}


def from_matrix(matrix: dict[str, dict[str, int]]) -> mq.Predictions:
    cells = [
        (true, predicted) for true, row in matrix.items() for predicted, n in row.items() for _ in range(n)
    ]
    truth, predicted = zip(*cells, strict=True)
    return mq.Predictions(np.array(truth), np.array(predicted))


def test_binary_metrics_are_those_of_scikit_learn():
    data = binary(500)
    truth, predicted = data.truth.astype(int), data.predicted.astype(int)

    got = values(mq.quality(mq.BINARY, data))

    assert got["recall"] == got["true_positive_rate"] == pytest.approx(sk.recall_score(truth, predicted))
    assert got["precision"] == pytest.approx(sk.precision_score(truth, predicted))
    assert got["accuracy"] == pytest.approx(sk.accuracy_score(truth, predicted))
    assert got["true_negative_rate"] == pytest.approx(sk.recall_score(truth, predicted, pos_label=0))
    assert got["false_positive_rate"] == pytest.approx(1 - got["true_negative_rate"])
    assert got["false_negative_rate"] == pytest.approx(1 - got["recall"])
    assert got["auc"] == pytest.approx(sk.roc_auc_score(truth, data.scores))
    for name, beta in [("f0_5", 0.5), ("f1", 1), ("f2", 2)]:
        assert got[name] == pytest.approx(sk.fbeta_score(truth, predicted, beta=beta))


def test_the_binary_example_of_the_guide():
    """Four rows: one true positive, one true negative, two false positives."""
    got = mq.quality(mq.BINARY, from_matrix({"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}))

    assert got["confusion_matrix"] == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}
    assert got["recall"] == {"value": 1.0, "standard_deviation": "NaN"}
    printed = {
        "precision": 0.3333333333333333,
        "accuracy": 0.5,
        "recall_best_constant_classifier": 1.0,
        "precision_best_constant_classifier": 0.25,
        "accuracy_best_constant_classifier": 0.25,
        "true_negative_rate": 0.33333333333333337,
        "false_positive_rate": 0.6666666666666666,
        "false_negative_rate": 0.0,
        "f0_5": 0.3846153846153846,
        "f1": 0.5,
        "f2": 0.7142857142857143,
        "f0_5_best_constant_classifier": 0.29411764705882354,
        "f1_best_constant_classifier": 0.4,
        "f2_best_constant_classifier": 0.625,
    }
    assert {name: got[name]["value"] for name in printed} == pytest.approx(printed)
    assert "auc" not in got


def test_the_multiclass_example_of_the_guide():
    """2,096 rows whose confusion matrix and metrics the guide prints."""
    got = values(
        mq.quality(mq.MULTICLASS, from_matrix({"0": {"0": 1180, "1": 510}, "1": {"0": 268, "1": 138}}))
    )

    printed = {
        "accuracy": 0.6288167938931297,
        "weighted_recall": 0.6288167938931297,
        "weighted_precision": 0.6983172269629505,
        "weighted_f0_5": 0.6803947317178771,
        "weighted_f1": 0.6571162346664904,
        "weighted_f2": 0.6384024354394601,
        "accuracy_best_constant_classifier": 0.19370229007633588,
        "weighted_recall_best_constant_classifier": 0.19370229007633588,
        "weighted_precision_best_constant_classifier": 0.03752057718081697,
        "weighted_f0_5_best_constant_classifier": 0.04473443104152011,
        "weighted_f1_best_constant_classifier": 0.06286421243683643,
        "weighted_f2_best_constant_classifier": 0.10570313141262414,
    }
    assert got == pytest.approx(printed)


def test_three_classes_are_averaged_by_their_share():
    random = np.random.default_rng(4)
    truth = random.choice(["bird", "cat", "dog"], 300, p=[0.5, 0.3, 0.2])
    predicted = np.where(random.random(300) < 0.7, truth, "cat")

    got = values(mq.quality(mq.MULTICLASS, mq.Predictions(truth, predicted)))

    precision, recall, f1, _ = sk.precision_recall_fscore_support(truth, predicted, average="weighted")
    assert (got["weighted_precision"], got["weighted_recall"], got["weighted_f1"]) == pytest.approx(
        (precision, recall, f1)
    )


def test_regression_metrics_are_those_of_scikit_learn():
    random = np.random.default_rng(4)
    truth = random.normal(size=250)
    predicted = truth + random.normal(0, 0.3, size=250)

    got = mq.quality(mq.REGRESSION, mq.Predictions(truth, predicted))

    assert values(got) == pytest.approx(
        {
            "mae": sk.mean_absolute_error(truth, predicted),
            "mse": sk.mean_squared_error(truth, predicted),
            "rmse": sk.root_mean_squared_error(truth, predicted),
            "r2": sk.r2_score(truth, predicted),
        }
    )
    assert list(got) == ["mae", "mse", "rmse", "r2"]


@pytest.mark.parametrize(("rows", "known"), [(199, False), (200, True)])
def test_a_standard_deviation_needs_two_hundred_rows(rows, known):
    deviation = mq.quality(mq.BINARY, binary(rows))["accuracy"]["standard_deviation"]

    assert isinstance(deviation, float) == known
    assert known or deviation == "NaN"


def test_the_standard_deviation_is_that_of_five_samples_of_eighty_percent():
    """Five samples without replacement vary about sqrt((1 - 0.8) / 0.8) times as much as the metric itself."""
    data = binary(1000)
    spread = [mq.quality(mq.BINARY, data, seed)["accuracy"]["standard_deviation"] for seed in range(60)]

    accuracy = mq.quality(mq.BINARY, data)["accuracy"]["value"]
    expected = (accuracy * (1 - accuracy) / 1000 * 0.2 / 0.8) ** 0.5
    assert np.sqrt(np.mean(np.square(spread))) == pytest.approx(expected, rel=0.1)
    assert mq.quality(mq.BINARY, data) == mq.quality(mq.BINARY, data)


def test_the_curves_run_from_corner_to_corner():
    data = binary(1000)

    got = mq.quality(mq.BINARY, data)

    roc, pr = got["receiver_operating_characteristic_curve"], got["precision_recall_curve"]
    assert (roc["false_positive_rates"][0], roc["true_positive_rates"][0]) == (0, 0)
    assert (roc["false_positive_rates"][-1], roc["true_positive_rates"][-1]) == (1, 1)
    assert pr["recalls"][0] == 0
    assert pr["recalls"][-1] == 1
    area = np.trapezoid(roc["true_positive_rates"], roc["false_positive_rates"])
    assert area == pytest.approx(got["auc"]["value"], abs=0.005)


def test_auc_of_one_class_is_not_a_number():
    data = mq.Predictions(labels([1, 1]), labels([1, 0]), np.array([0.9, 0.2]))

    assert mq.quality(mq.BINARY, data)["auc"]["value"] == "NaN"


def test_labels_are_compared_as_numbers():
    assert list(mq.label_texts(["1", "1.0", "0", "0.0", "yes"])) == ["1", "1", "0", "0", "yes"]


def test_a_binary_problem_with_other_labels_is_one_sentence():
    with pytest.raises(SagelabError, match="has the labels 0 and 1; found no, yes"):
        mq.quality(mq.BINARY, mq.Predictions(np.array(["yes", "no"]), np.array(["yes", "no"])))


def test_no_labeled_row_is_one_sentence():
    with pytest.raises(SagelabError, match="no row with both a prediction and a ground truth label"):
        mq.quality(mq.BINARY, mq.Predictions(np.array([], str), np.array([], str)))


# -- constraints ---------------------------------------------------------------------------------------------------
def test_the_baseline_suggests_its_own_metrics_as_thresholds():
    section = mq.quality(mq.BINARY, binary(300))

    suggested = qc.constraints(mq.BINARY, section)["binary_classification_constraints"]

    assert suggested["recall"] == {
        "threshold": section["recall"]["value"],
        "comparison_operator": "LessThanThreshold",
    }
    assert suggested["false_positive_rate"]["comparison_operator"] == "GreaterThanThreshold"
    assert set(suggested) == {
        *("recall", "precision", "accuracy", "auc", "f0_5", "f1", "f2", "true_positive_rate"),
        *("true_negative_rate", "false_positive_rate", "false_negative_rate"),
    }


def test_a_metric_on_the_wrong_side_of_its_threshold_is_a_violation():
    section = mq.quality(mq.BINARY, binary(100))
    rules = {
        "binary_classification_constraints": {
            "recall": {"threshold": 0.99, "comparison_operator": "LessThanThreshold"},
            "precision": {"threshold": 0.0, "comparison_operator": "LessThanThreshold"},
            "false_positive_rate": {"threshold": 0.0, "comparison_operator": "GreaterThanThreshold"},
        }
    }

    found = qc.violations(mq.BINARY, section, rules)

    recall = section["recall"]["value"]
    assert [entry["metric_name"] for entry in found] == ["recall", "false_positive_rate"]
    assert found[0] == {
        "constraint_check_type": "LessThanThreshold",
        "description": f"Metric recall with {recall} was LessThanThreshold '0.99'",
        "metric_name": "recall",
    }


def test_the_baseline_does_not_break_its_own_thresholds():
    section = mq.quality(mq.REGRESSION, mq.Predictions(np.arange(9.0), np.arange(9.0) + 0.1))

    assert qc.violations(mq.REGRESSION, section, qc.constraints(mq.REGRESSION, section)) == []


def test_constraints_of_another_problem_type_are_one_sentence():
    with pytest.raises(
        SagelabError, match="has no regression_constraints; was it written for another problem type"
    ):
        qc.violations(mq.REGRESSION, {}, {"binary_classification_constraints": {}})


@pytest.mark.parametrize(
    ("constraint", "sentence"),
    [
        (
            {"threshold": 0.5, "comparison_operator": "Below"},
            "comparison_operator of mae is 'Below'; it must be",
        ),
        ({"comparison_operator": "LessThanThreshold"}, "constraint on mae needs a number threshold"),
    ],
)
def test_a_constraint_that_cannot_be_used_is_named(constraint, sentence):
    with pytest.raises(SagelabError, match=sentence):
        qc.violations(mq.REGRESSION, {}, {"regression_constraints": {"mae": constraint}})
