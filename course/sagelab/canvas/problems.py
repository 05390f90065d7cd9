"""The model types of Canvas: what a target column asks for, under Canvas's name and under the API's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FORECASTING",
    "NUMERIC",
    "PROBLEMS",
    "SEVERAL",
    "TWO",
    "Problem",
    "labels",
    "possible",
    "recognize",
]

LEAST_ROWS = 500
LEAST_OF_LABEL = 5
MOST_LABELS = 100
NUMERIC_FROM = 20  # different numbers in the target, above which it is a quantity
FORECASTING = (
    "Canvas on AWS also forecasts time series; that is not built here, because the local account's AutoML "
    "jobs learn from tables only."
)


@dataclass(frozen=True)
class Problem:
    """A model type; `scores` are the metrics that are shown beside the objective."""

    key: str  # ProblemType in the API
    title: str  # as Canvas says it
    objective: str  # by which candidates are ranked
    scores: tuple[str, ...]


TWO = Problem("BinaryClassification", "2 category prediction", "F1", ("F1", "Accuracy", "AUC"))
SEVERAL = Problem("MulticlassClassification", "3+ category prediction", "Accuracy", ("Accuracy", "F1macro"))
NUMERIC = Problem("Regression", "Numeric prediction", "MSE", ("RMSE", "MAE", "R2"))
PROBLEMS = {problem.key: problem for problem in (TWO, SEVERAL, NUMERIC)}


def labels(target: pd.Series[Any]) -> list[str]:
    """The different values of a target column of text, in the order in which AutoML numbers them."""
    return sorted(target.dropna().unique())


def possible(target: pd.Series[Any]) -> tuple[Problem, ...]:
    """The model types that fit a target column of text, the recognized one first."""
    import pandas as pd

    values = target.dropna()
    different = int(values.nunique())
    numeric = bool(pd.to_numeric(values, errors="coerce").notna().all())
    found = []
    if different == 2:
        found.append(TWO)
    if 2 < different <= MOST_LABELS:
        found.append(SEVERAL)
    if numeric and different > 1:
        found.insert(0 if different > NUMERIC_FROM else len(found), NUMERIC)
    return tuple(found)


def recognize(target: pd.Series[Any]) -> Problem:
    """The model type that a target column of text asks for. Raises SagelabError where nothing can be learned."""
    found = possible(target)
    if found:
        return found[0]
    different = target.nunique()
    if different < 2:
        raise SagelabError(f"Column {target.name} has fewer than 2 values, so there is nothing to predict.")
    raise SagelabError(
        f"Column {target.name} has {different} different texts; a category prediction has at most {MOST_LABELS}."
    )


def check(target: pd.Series[Any], problem: Problem) -> None:
    """Raise SagelabError where an AutoML job would refuse this target."""
    values = target.dropna()
    if problem not in possible(target):
        raise SagelabError(f"Column {target.name} does not fit {problem.title}.")
    if len(values) < LEAST_ROWS:
        raise SagelabError(
            f"A build needs at least {LEAST_ROWS} rows with a value in {target.name}; there are {len(values)}."
        )
    if problem is NUMERIC:
        return
    counts = values.value_counts()
    if int(counts.min()) < LEAST_OF_LABEL:
        raise SagelabError(
            f"The value {counts.idxmin()} of {target.name} stands in {counts.min()} rows; a build needs at least "
            f"{LEAST_OF_LABEL} of each. Leave those rows out of the table or join rare values."
        )
