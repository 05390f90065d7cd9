"""Canvas's "Preview model": an estimate of the score from a small model on a few rows, before anything is built."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sagelab.canvas.columns import CATEGORICAL, NUMERIC, Column, numbers
from sagelab.canvas.problems import NUMERIC as NUMERIC_PREDICTION
from sagelab.canvas.problems import TWO, Problem
from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Estimate", "estimate"]

ROWS = 1000
FOLDS = 3
SEED = 0
LEAST = 30


@dataclass(frozen=True)
class Estimate:
    """A score of rows that the small model did not see, beside the score of the simplest answer."""

    metric: str
    value: float
    simplest: float  # always the most frequent category, or always the mean
    rows: int

    def payload(self) -> dict[str, Any]:
        """The estimate as plain JSON."""
        return asdict(self)


def estimate(table: pd.DataFrame, columns: list[Column], target: str, problem: Problem) -> Estimate:
    """Cross-validate gradient boosting on at most 1,000 rows: accuracy of categories, RMSE of numbers."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

    rows = table[table[target].notna()]
    rows = rows.sample(min(ROWS, len(rows)), random_state=SEED)
    used = [column for column in columns if column.name != target and not column.reason]
    used = [column for column in used if column.kind in (NUMERIC, CATEGORICAL)]
    if not used or len(rows) < LEAST:
        raise SagelabError(
            f"A preview needs at least {LEAST} rows and a column of numbers or categories to learn from."
        )
    features = np.column_stack([_coded(rows[column.name], column.kind) for column in used])
    if problem is NUMERIC_PREDICTION:
        truth = numbers(rows[target]).to_numpy()
        folds = KFold(FOLDS, shuffle=True, random_state=SEED)
        found = cross_val_predict(HistGradientBoostingRegressor(random_state=SEED), features, truth, cv=folds)
        return Estimate("RMSE", _rmse(truth, found), float(np.std(truth)), len(rows))
    labels = rows[target].to_numpy(str)
    kept = np.isin(labels, [label for label in set(labels) if (labels == label).sum() >= FOLDS])
    features, labels = features[kept], labels[kept]
    if len(set(labels)) < 2:
        raise SagelabError("The preview's rows hold one category only; build to see more.")
    fold = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    model = HistGradientBoostingClassifier(random_state=SEED, max_iter=100 if problem is TWO else 30)
    guesses = cross_val_predict(model, features, labels, cv=fold)
    most = max((labels == label).mean() for label in set(labels))
    return Estimate("Accuracy", float((guesses == labels).mean()), float(most), len(labels))


def _coded(values: pd.Series[Any], kind: str) -> Any:
    """Numbers as they are, categories as the rank of their frequency; missing stays missing."""
    if kind == NUMERIC:
        return numbers(values).to_numpy()
    ranks = {value: rank for rank, value in enumerate(values.value_counts().index)}
    return values.map(ranks).to_numpy(float)


def _rmse(truth: Any, found: Any) -> float:
    return float(((truth - found) ** 2).mean() ** 0.5)
