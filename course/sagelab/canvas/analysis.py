"""What Canvas's Analyze page shows, read from the reports that an AutoML job writes to S3."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

__all__ = ["Insights", "column_impact", "insights", "reports", "statistics_uri"]

Record = dict[str, Any]
SECTIONS = ("binary_classification_metrics", "multiclass_classification_metrics", "regression_metrics")
SHOWN = {  # what an analyst compares; a report holds more
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "auc": "AUC",
    "weighted_precision": "Weighted precision",
    "weighted_recall": "Weighted recall",
    "weighted_f1": "Weighted F1",
    "rmse": "RMSE",
    "mae": "MAE",
    "mse": "MSE",
    "r2": "R2",
}


@dataclass(frozen=True)
class Insights:
    """The held-out rows under the best model: metrics, and for categories who was taken for whom."""

    rows: int
    metrics: tuple[tuple[str, float], ...]
    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()  # a row for each true label, a column for each predicted one

    @property
    def simplest(self) -> tuple[str, float] | None:
        """The most frequent category and the accuracy of always answering it; None of numbers."""
        if not self.confusion:
            return None
        counts = [sum(row) for row in self.confusion]
        most = max(range(len(counts)), key=counts.__getitem__)
        return self.labels[most], counts[most] / sum(counts)

    def payload(self) -> Record:
        """The insights as plain JSON."""
        return {**asdict(self), "simplest": self.simplest}


def reports(best: Mapping[str, Any]) -> dict[str, str]:
    """Where a candidate's reports are: Explainability, ModelInsights; what failed is missing."""
    return dict(best.get("CandidateProperties", {}).get("CandidateArtifactLocations", {}))


def column_impact(s3: Any, best: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Each column's share of the mean absolute SHAP values, summed over labels, the largest first; they add to 1.

    Empty where the job could write no explainability report, or all values are 0.
    """
    found = _read(s3, reports(best).get("Explainability"), "analysis.json")
    totals: dict[str, float] = {}
    for label in found.get("explanations", {}).get("kernel_shap", {}).values():
        for column, value in label["global_shap_values"].items():
            totals[column] = totals.get(column, 0.0) + abs(float(value))
    whole = sum(totals.values())
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    return [(column, value / whole) for column, value in ranked] if whole else []


def statistics_uri(best: Mapping[str, Any]) -> str | None:
    """The file with a candidate's metrics."""
    folder = reports(best).get("ModelInsights")
    return f"{folder.rstrip('/')}/statistics.json" if folder else None


def insights(s3: Any, best: Mapping[str, Any], labels: Sequence[str]) -> Insights | None:
    """The model insights report; None where there is none.

    `labels` take the place of 0 and 1, which stand for two categories in the report.
    """
    found = _read(s3, reports(best).get("ModelInsights"), "statistics.json")
    section = next((name for name in SECTIONS if name in found), None)
    if section is None:
        return None
    values = found[section]
    metrics = tuple(
        (title, float(values[name]["value"]))
        for name, title in SHOWN.items()
        if isinstance(values.get(name, {}).get("value"), int | float)
    )
    matrix: Record = values.get("confusion_matrix", {})
    names = list(matrix)
    binary = section == SECTIONS[0] and len(labels) == len(names) == 2
    return Insights(
        rows=int(found["dataset"]["item_count"]),
        metrics=metrics,
        labels=tuple(labels if binary else names),
        confusion=tuple(tuple(int(matrix[true].get(guess, 0)) for guess in names) for true in names),
    )


def _read(s3: Any, folder: str | None, name: str) -> Record:
    """A JSON file of a report; nothing where it does not exist."""
    if not folder:
        return {}
    bucket, _, prefix = folder.removeprefix("s3://").partition("/")
    try:
        body = s3.get_object(Bucket=bucket, Key=f"{prefix.rstrip('/')}/{name}")["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return {}
        raise
    found: Record = json.loads(body)
    return found
