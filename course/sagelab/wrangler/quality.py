"""The Data Quality and Insights Report: what a table holds, what is wrong with it, and what each column tells.

Definitions follow Amazon SageMaker's developer guide, "Get Insights On Data and Data Quality": missing values are
empty or white space, an outlier is further than 5 robust deviations (RSTD) from the median, anomalous rows are found
by an isolation forest, and a column's prediction power is that of a model which sees this column alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from sagelab.errors import SagelabError
from sagelab.wrangler.declare import column_kind
from sagelab.wrangler.power import prediction_power, problem_of
from sagelab.wrangler.sources import tidy

__all__ = ["Alert", "ColumnReport", "Report", "quality_report"]

SAMPLE = 10_000
DEVIATIONS = 5
LEAK, SUSPICIOUS = 0.95, 0.8
MOST_CATEGORIES = 50
SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True)
class Alert:
    """Something to look at: how bad, about which column, and the transform that would mend it."""

    severity: str
    title: str
    column: str
    text: str
    transform: str


@dataclass(frozen=True)
class ColumnReport:
    """One column; numbers that a kind of column does not have are None."""

    name: str
    kind: str
    missing: int
    distinct: int
    outliers: int | None
    low: float | None
    median: float | None
    mean: float | None
    high: float | None
    common: str
    common_share: float
    power: float | None


@dataclass(frozen=True)
class Report:
    """What was found in `rows` rows, of which `sample` were used for models."""

    rows: int
    columns: int
    missing_share: float
    duplicates: int
    duplicate_share: float
    anomalies: tuple[int, ...]
    anomaly_count: int
    target: str
    problem: str
    sample: int
    features: tuple[ColumnReport, ...]
    warnings: tuple[Alert, ...]

    def of(self, column: str) -> ColumnReport:
        """What was found about one column."""
        for feature in self.features:
            if feature.name == column:
                return feature
        raise SagelabError(f"There is no column '{column}' in the report.")

    def payload(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


def quality_report(
    table: pd.DataFrame, target: str = "", *, problem: str = "", sample: int = SAMPLE
) -> Report:
    """Examine a table; with a target, also how well each column alone predicts it.

    `problem` is classification or regression, found out where it is left open.
    Counts are of all rows, models see the first `sample` rows. Raises SagelabError for an unknown target.
    """
    df = tidy(table)
    if not len(df.columns):
        raise SagelabError("The table has no columns.")
    if target and target not in df.columns:
        raise SagelabError(f"There is no column '{target}' to predict.")
    texts = [str(name) for name in df.columns if df[name].dtype == "str"]
    blank: dict[str, Any] = {name: df[name].mask(df[name].str.strip() == "") for name in texts}
    df = df.assign(**blank)
    few = df.head(sample)
    problem = (problem or problem_of(df[target])) if target else ""
    power = prediction_power(few, target, problem) if target else {}
    features = tuple(_column(df[name], power.get(name)) for name in df.columns)
    duplicates = int(df.duplicated().sum())
    odd = _anomalies(few, target)
    rows = len(df)
    report = Report(
        rows=rows,
        columns=len(df.columns),
        missing_share=float(df.isna().to_numpy().mean()) if rows else 0.0,
        duplicates=duplicates,
        duplicate_share=duplicates / rows if rows else 0.0,
        anomalies=odd[:10],
        anomaly_count=len(odd),
        target=target,
        problem=problem,
        sample=len(few),
        features=features,
        warnings=(),
    )
    found = sorted(_warnings(report, df), key=lambda warning: SEVERITIES.index(warning.severity))
    return Report(**{**vars(report), "warnings": tuple(found)})


def robust_limits(numbers: pd.Series[Any]) -> tuple[float, float]:
    """The median -/+ 5 RSTD: the standard deviation of the values clipped to the 5th and 95th percentile."""
    low, high = float(numbers.quantile(0.05)), float(numbers.quantile(0.95))
    spread = DEVIATIONS * float(numbers.clip(low, high).std())
    return float(numbers.median()) - spread, float(numbers.median()) + spread


def feature_kind(column: pd.Series[Any]) -> str:
    """numeric, binary, categorical, text, datetime, constant or empty."""
    known = column.dropna()
    kind, distinct = column_kind(column), known.nunique()
    if distinct <= 1:
        return "constant" if distinct else "empty"
    if distinct == 2:
        return "binary"
    if kind == "date":
        return "datetime"
    if kind == "number":
        return "numeric"
    return "categorical" if distinct <= max(MOST_CATEGORIES, len(known) // 100) else "text"


def _column(column: pd.Series[Any], power: float | None) -> ColumnReport:
    known = column.dropna()
    counts = known.value_counts()
    number = column_kind(column) == "number"
    finite = known[np.isfinite(known)] if number else known
    numbers: dict[str, Any] = dict.fromkeys(("low", "median", "mean", "high", "outliers"))
    if number and len(finite):
        low, high = robust_limits(finite)
        outside = int(((known < low) | (known > high)).sum()) if known.nunique() > 2 else 0
        numbers = {
            "low": float(finite.min()),
            "median": float(finite.median()),
            "mean": float(finite.mean()),
            "high": float(finite.max()),
            "outliers": outside,
        }
    return ColumnReport(
        name=str(column.name),
        kind=feature_kind(column),
        missing=int(column.isna().sum()),
        distinct=len(counts),
        common=str(counts.index[0])[:200] if len(counts) else "",
        common_share=float(counts.iloc[0] / len(column)) if len(counts) else 0.0,
        power=power,
        **numbers,
    )


def _anomalies(df: pd.DataFrame, target: str) -> tuple[int, ...]:
    """The rows that an isolation forest gives a negative score, the oddest first."""
    from sklearn.ensemble import IsolationForest

    from sagelab.wrangler.power import as_numbers

    numbers = as_numbers(df.drop(columns=[target] if target else []))
    numbers = numbers.fillna(numbers.median()).fillna(0.0)
    if len(df) < 10 or not len(numbers.columns):
        return ()
    scores = IsolationForest(random_state=0).fit(numbers).decision_function(numbers)
    return tuple(int(row) for row in np.argsort(scores, kind="stable") if scores[row] < 0)


def _warnings(report: Report, df: pd.DataFrame) -> list[Alert]:
    found = []

    def warn(severity: str, title: str, column: str, text: str, transform: str) -> None:
        found.append(Alert(severity, title, column, text, transform))

    if report.rows == 0:
        warn("high", "No rows", "", "The table has no rows.", "")
    if share := report.duplicate_share:
        severity = "high" if share > 0.1 else "medium" if share > 0.01 else "low"
        text = f"{report.duplicates:,} rows ({share * 100:.1f} %) are copies of an earlier row."
        warn(severity, "Duplicate rows", "", text, "Drop duplicates")
    for feature in report.features:
        _warn_column(feature, report, warn)
    if report.anomaly_count:
        text = f"{report.anomaly_count:,} of {report.sample:,} rows are unlike the others."
        warn("low", "Anomalous rows", "", text, "")
    if report.problem == "classification":
        shares = df[report.target].value_counts(normalize=True)
        if len(shares) and (least := float(shares.min())) < 0.1:
            text = f"The rarest class, {shares.index[-1]}, has {least * 100:.1f} % of the rows."
            warn("medium", "Rare class", report.target, text, "Random oversample")
    return found


def _warn_column(feature: ColumnReport, report: Report, warn: Any) -> None:
    name, target = feature.name, feature.name == report.target
    if not report.rows:
        return
    missing = feature.missing / report.rows
    if target and missing:
        text = f"{feature.missing:,} rows have no target; a model cannot learn from them."
        warn("high", "Missing target", name, text, "Drop missing")
    elif missing > 0.5:
        warn(
            "medium",
            "Mostly missing",
            name,
            f"{missing * 100:.1f} % of the values are missing.",
            "Drop column",
        )
    elif missing:
        warn("low", "Missing values", name, f"{missing * 100:.1f} % of the values are missing.", "Impute")
    if feature.kind in ("constant", "empty"):
        severity = "high" if target else "medium"
        warn(severity, "No information", name, "All rows hold the same value or none.", "Drop column")
    if feature.power is not None and feature.power >= SUSPICIOUS:
        leak = feature.power >= LEAK
        text = (
            f"This column alone predicts {report.target} with a power of {feature.power:.2f}; "
            "is it known at the time of the prediction?"
        )
        warn("high" if leak else "medium", "Target leakage", name, text, "Drop column")
    unique = feature.distinct == report.rows > 20 and feature.kind in ("text", "numeric")
    if unique and not target and (feature.kind == "text" or _counts_up(feature)):
        warn("low", "Looks like an identifier", name, "Each row has a value of its own.", "Drop column")
    share = (feature.outliers or 0) / report.rows
    if share >= 0.01:
        text = f"{feature.outliers:,} values ({share * 100:.1f} %) lie more than 5 robust deviations from the median."
        warn(
            "medium" if share > 0.05 else "low",
            "Outliers",
            name,
            text,
            "Robust standard deviation numeric outliers",
        )


def _counts_up(feature: ColumnReport) -> bool:
    """Whether a column of distinct numbers fills its range, as a counter does."""
    return (
        feature.low is not None
        and feature.high is not None
        and feature.high - feature.low == feature.distinct - 1
    )
