"""Metrics of the model quality monitor, under the names of AWS's statistics.json.

Names and layout: AWS developer guide, "Model quality metrics and Amazon CloudWatch monitoring". Curves follow Spark
MLlib's BinaryClassificationMetrics, on which AWS's container is built. A standard deviation needs 200 rows: five
seeded samples of 80 % without replacement, and the deviation (over n - 1) of the five results; else it is "NaN".
The "best constant classifier" always answers the last label: AWS does not say so, but both of its printed examples
are consistent with nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sagelab.errors import SagelabError

from .table import Floats

BINARY, MULTICLASS, REGRESSION = "BinaryClassification", "MulticlassClassification", "Regression"
SECTIONS = {
    BINARY: "binary_classification",
    MULTICLASS: "multiclass_classification",
    REGRESSION: "regression",
}
RESAMPLES, RESAMPLE_SHARE, RESAMPLE_MINIMUM, SEED = 5, 0.8, 200, 0
CURVE_POINTS = 100
BETAS = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}

Labels = npt.NDArray[np.str_]
Scores = dict[str, float]


@dataclass(frozen=True)
class Predictions:
    """Truth and prediction of the same rows; labels as text, or numbers for a regression; scores are optional."""

    truth: Any
    predicted: Any
    scores: Floats | None = None

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, rows: npt.NDArray[np.int64]) -> "Predictions":
        """Only these rows."""
        scores = None if self.scores is None else self.scores[rows]
        return Predictions(self.truth[rows], self.predicted[rows], scores)


def divide(part: float, whole: float) -> float:
    """part / whole, and 0 for an empty whole, as Spark's metrics do."""
    return float(part / whole) if whole else 0.0


def quality(problem: str, data: Predictions, seed: int = SEED) -> dict[str, Any]:
    """The metrics section of a problem type: each metric with its value and standard deviation."""
    if problem not in SECTIONS:
        raise SagelabError(f"problem_type is {problem!r}; it must be {', '.join(SECTIONS)}.")
    if not len(data):
        raise SagelabError(
            "There is no row with both a prediction and a ground truth label, so nothing to measure."
        )
    if problem == REGRESSION:
        return with_deviation(regression_scores, data, seed)
    labels = np.unique(np.concatenate([data.truth, data.predicted]))
    if problem == BINARY and not set(labels) <= {"0", "1"}:
        raise SagelabError(f"A binary classification has the labels 0 and 1; found {', '.join(labels)}.")
    labels = np.array(["0", "1"]) if problem == BINARY else labels
    matrix = {"confusion_matrix": matrix_as_json(labels, confusion(labels, data))}
    if problem == MULTICLASS:
        return matrix | with_deviation(lambda rows: multiclass_scores(labels, rows), data, seed)
    return matrix | with_deviation(lambda rows: binary_scores(labels, rows), data, seed) | curves(data)


def with_deviation(measure: Callable[[Predictions], Scores], data: Predictions, seed: int) -> dict[str, Any]:
    """Each metric with the standard deviation over five samples of 80 % of the rows."""
    values = measure(data)
    if len(data) < RESAMPLE_MINIMUM:
        return {name: entry(value, float("nan")) for name, value in values.items()}
    random = np.random.default_rng(seed)
    size = int(RESAMPLE_SHARE * len(data))
    samples = [measure(data.take(random.permutation(len(data))[:size])) for _ in range(RESAMPLES)]
    spread = {name: float(np.std([sample[name] for sample in samples], ddof=1)) for name in values}
    return {name: entry(value, spread[name]) for name, value in values.items()}


def entry(value: float, deviation: float) -> dict[str, Any]:
    """A metric as the file holds it; JSON has no NaN, so AWS writes the text."""
    return {"value": as_json(value), "standard_deviation": as_json(deviation)}


def as_json(value: float) -> float | str:
    """A float, or "NaN", "Infinity", "-Infinity" as text."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(value)


def regression_scores(data: Predictions) -> Scores:
    """mae, mse, rmse and r2 (1 - residual over total sum of squares)."""
    error = data.predicted - data.truth
    mse = float(np.mean(error**2))
    variance = float(np.var(data.truth))
    r2 = 1 - mse / variance if variance else float("nan")
    return {"mae": float(np.mean(np.abs(error))), "mse": mse, "rmse": float(np.sqrt(mse)), "r2": r2}


def confusion(labels: Labels, data: Predictions) -> Floats:
    """Counts with a row for each true label and a column for each predicted one."""
    true, predicted = np.searchsorted(labels, data.truth), np.searchsorted(labels, data.predicted)
    cells = np.bincount(true * len(labels) + predicted, minlength=len(labels) ** 2)
    return cells.reshape(len(labels), len(labels)).astype(np.float64)


def matrix_as_json(labels: Labels, matrix: Floats) -> dict[str, dict[str, int]]:
    """{"0": {"0": true negatives, "1": false positives}, "1": {...}}: true label outside, predicted inside."""
    return {
        str(true): {str(predicted): int(count) for predicted, count in zip(labels, row, strict=True)}
        for true, row in zip(labels, matrix, strict=True)
    }


def f_score(precision: float, recall: float, beta: float) -> float:
    """(1 + beta^2) P R / (beta^2 P + R)."""
    return divide((1 + beta**2) * precision * recall, beta**2 * precision + recall)


def binary_scores(labels: Labels, data: Predictions) -> Scores:
    """Recall, precision, accuracy, the four rates, F scores, those of the constant classifier, and AUC with scores."""
    (tn, fp), (fn, tp) = confusion(labels, data)
    recall, precision = divide(tp, tp + fn), divide(tp, tp + fp)
    share = divide(tp + fn, len(data))  # of positives: what the classifier that always answers 1 gets right
    scores = {
        "recall": recall,
        "precision": precision,
        "accuracy": divide(tp + tn, len(data)),
        "recall_best_constant_classifier": 1.0 if share else 0.0,
        "precision_best_constant_classifier": share,
        "accuracy_best_constant_classifier": share,
        "true_positive_rate": recall,
        "true_negative_rate": divide(tn, tn + fp),
        "false_positive_rate": divide(fp, tn + fp),
        "false_negative_rate": divide(fn, tp + fn),
    }
    if data.scores is not None:
        scores["auc"] = auc(data)
    scores |= {name: f_score(precision, recall, beta) for name, beta in BETAS.items()}
    return scores | {
        f"{name}_best_constant_classifier": f_score(share, 1.0 if share else 0.0, beta)
        for name, beta in BETAS.items()
    }


def multiclass_scores(labels: Labels, data: Predictions) -> Scores:
    """Accuracy, and recall, precision and F scores averaged over labels by their share of the truth."""
    matrix = confusion(labels, data)
    constant = np.zeros_like(matrix)
    constant[:, -1] = matrix.sum(axis=1)
    scores = weighted_scores(matrix)
    return scores | {
        f"{name}_best_constant_classifier": value for name, value in weighted_scores(constant).items()
    }


def weighted_scores(matrix: Floats) -> Scores:
    """The weighted metrics of one confusion matrix."""
    truth, predicted, hits = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
    weights = truth / truth.sum()
    recalls = [divide(hit, total) for hit, total in zip(hits, truth, strict=True)]
    precisions = [divide(hit, total) for hit, total in zip(hits, predicted, strict=True)]
    scores = {
        "accuracy": float(hits.sum() / truth.sum()),
        "weighted_recall": float(weights @ recalls),
        "weighted_precision": float(weights @ precisions),
    }
    for name, beta in BETAS.items():
        single = [f_score(p, r, beta) for p, r in zip(precisions, recalls, strict=True)]
        scores[f"weighted_{name}"] = float(weights @ single)
    return scores


def cumulative(data: Predictions) -> tuple[Floats, Floats]:
    """True and false positives when everything from each distinct score upwards is called positive."""
    assert data.scores is not None
    order = np.argsort(-data.scores, kind="stable")
    positive = (data.truth == "1")[order]
    last = np.append(np.flatnonzero(np.diff(data.scores[order])), len(order) - 1)
    hits = np.cumsum(positive)[last].astype(np.float64)
    return hits, (last + 1) - hits


def auc(data: Predictions) -> float:
    """Area under the ROC curve by the trapezoid rule; NaN where one class is absent."""
    hits, false_alarms = cumulative(data)
    if not hits[-1] or not false_alarms[-1]:
        return float("nan")
    tpr = np.concatenate([[0.0], hits / hits[-1]])
    fpr = np.concatenate([[0.0], false_alarms / false_alarms[-1]])
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))


def curves(data: Predictions) -> dict[str, Any]:
    """The ROC and the precision-recall curve, thinned to about 100 points; nothing without scores."""
    if data.scores is None:
        return {}
    hits, false_alarms = cumulative(data)
    points = np.unique(np.linspace(0, len(hits) - 1, CURVE_POINTS).astype(int))
    hits, false_alarms, positives, negatives = hits[points], false_alarms[points], hits[-1], false_alarms[-1]
    recalls = [divide(hit, positives) for hit in hits]
    precisions = [divide(hit, hit + miss) for hit, miss in zip(hits, false_alarms, strict=True)]
    return {
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": [0.0, *(divide(miss, negatives) for miss in false_alarms), 1.0],
            "true_positive_rates": [0.0, *recalls, 1.0],
        },
        "precision_recall_curve": {"precisions": [precisions[0], *precisions], "recalls": [0.0, *recalls]},
    }


def label_texts(values: Sequence[str]) -> Labels:
    """Labels in one spelling: 1, 1.0 and 1e0 are all "1"."""
    return np.array([whole(value) for value in values], dtype=np.str_)


def whole(value: str) -> str:
    """A whole number without its decimals; any other text as it is."""
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if number.is_integer() else value


def section(problem: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics under the section name of the statistics file."""
    return {f"{SECTIONS[problem]}_metrics": dict(metrics)}
