"""Transforms of the groups "Handle missing" and "Handle outliers"."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sagelab.wrangler.declare import Parameter, Transform

__all__ = ["TRANSFORMS"]


def drop_missing(df: pd.DataFrame, input_column: list[str]) -> pd.DataFrame:
    """Drop the rows in which one of the columns (or any column at all) has no value."""
    return df.dropna(subset=input_column or None).reset_index(drop=True)


def fit_drop_missing_columns(df: pd.DataFrame, missing_share: float) -> dict[str, Any]:
    return {"drop": [name for name, share in df.isna().mean().items() if share > missing_share]}


def drop_missing_columns(df: pd.DataFrame, learned: dict[str, Any]) -> pd.DataFrame:
    """Drop the columns in which more than a share of the values is missing."""
    dropped: list[str] = learned["drop"]
    return df.drop(columns=dropped)


def fill_missing(df: pd.DataFrame, input_column: list[str], fill_value: str) -> pd.DataFrame:
    """Put a value of your own where there is none."""
    filled = {}
    for name in input_column:
        number = pd.api.types.is_numeric_dtype(df[name])
        filled[name] = df[name].fillna(float(fill_value) if number else fill_value)
    return df.assign(**filled)


def fit_impute_numeric(df: pd.DataFrame, input_column: list[str], strategy: str) -> dict[str, Any]:
    from sklearn.impute import SimpleImputer

    imputer = SimpleImputer(strategy="mean" if strategy == "Mean" else "median", keep_empty_features=True)
    imputer.fit(df[input_column])
    return dict(zip(input_column, imputer.statistics_.tolist(), strict=True))


def impute_numeric(df: pd.DataFrame, learned: dict[str, Any], input_column: list[str]) -> pd.DataFrame:
    """Put a column's mean or median where a number is missing."""
    return df.assign(**{name: df[name].fillna(learned[name]) for name in input_column})


def fit_impute_categorical(df: pd.DataFrame, input_column: list[str]) -> dict[str, Any]:
    modes = {name: df[name].mode(dropna=True) for name in input_column}
    return {name: mode.iloc[0].item() if hasattr(mode.iloc[0], "item") else mode.iloc[0]
            for name, mode in modes.items() if len(mode)}  # fmt: skip


def impute_categorical(df: pd.DataFrame, learned: dict[str, Any], input_column: list[str]) -> pd.DataFrame:
    """Put a column's most frequent value where one is missing."""
    return df.assign(**{name: df[name].fillna(learned[name]) for name in input_column if name in learned})


def add_indicator(df: pd.DataFrame, input_column: list[str]) -> pd.DataFrame:
    """Add a column of 0 and 1 that says where a value is missing."""
    return df.assign(**{f"{name}_missing": df[name].isna().astype("int64") for name in input_column})


def fill_along(df: pd.DataFrame, input_column: list[str], direction: str) -> pd.DataFrame:
    """Carry the last value forward, or the next one backward, into the gaps."""
    filled = df[input_column].ffill() if direction == "Forward" else df[input_column].bfill()
    return df.assign(**{name: filled[name] for name in input_column})


def limit(df: pd.DataFrame, bounds: dict[str, Any], fix_method: str) -> pd.DataFrame:
    """Deal with what lies outside each column's bounds: clip it, remove its row, or make it missing."""
    if fix_method == "Clip":
        return df.assign(**{name: df[name].clip(low, high) for name, (low, high) in bounds.items()})
    outside = {name: (df[name] < low) | (df[name] > high) for name, (low, high) in bounds.items()}
    if fix_method == "Invalidate":
        return df.assign(**{name: df[name].mask(found) for name, found in outside.items()})
    return df[~pd.DataFrame(outside, index=df.index).any(axis=1)].reset_index(drop=True)


def fit_standard_deviation(
    df: pd.DataFrame, input_column: list[str], standard_deviations: float
) -> dict[str, Any]:
    middle, spread = df[input_column].mean(), df[input_column].std() * standard_deviations
    return {
        name: [float(middle[name] - spread[name]), float(middle[name] + spread[name])]
        for name in input_column
    }


def standard_deviation(
    df: pd.DataFrame,
    learned: dict[str, Any],
    fix_method: str,
) -> pd.DataFrame:
    """Deal with numbers further than so many standard deviations from the mean."""
    return limit(df, learned, fix_method)


def fit_robust_deviation(
    df: pd.DataFrame, input_column: list[str], standard_deviations: float
) -> dict[str, Any]:
    numbers = df[input_column]
    inner = numbers.clip(numbers.quantile(0.05), numbers.quantile(0.95), axis=1)
    middle, spread = numbers.median(), inner.std() * standard_deviations
    return {
        name: [float(middle[name] - spread[name]), float(middle[name] + spread[name])]
        for name in input_column
    }


def robust_deviation(
    df: pd.DataFrame,
    learned: dict[str, Any],
    fix_method: str,
) -> pd.DataFrame:
    """Deal with numbers far from the median, in deviations of the values between the 5th and 95th percentile."""
    return limit(df, learned, fix_method)


def fit_quantiles(
    df: pd.DataFrame,
    input_column: list[str],
    lower_quantile: float,
    upper_quantile: float,
) -> dict[str, Any]:
    numbers = df[input_column]
    return {
        name: [float(numbers[name].quantile(lower_quantile)), float(numbers[name].quantile(upper_quantile))]
        for name in input_column
    }


def quantiles(
    df: pd.DataFrame,
    learned: dict[str, Any],
    fix_method: str,
) -> pd.DataFrame:
    """Deal with numbers below a low or above a high quantile."""
    return limit(df, learned, fix_method)


def min_max(
    df: pd.DataFrame,
    input_column: list[str],
    lower_threshold: float,
    upper_threshold: float,
    fix_method: str,
) -> pd.DataFrame:
    """Deal with numbers outside two limits of your own."""
    return limit(df, dict.fromkeys(input_column, (lower_threshold, upper_threshold)), fix_method)


def fit_replace_rare(df: pd.DataFrame, input_column: list[str], threshold: float) -> dict[str, Any]:
    shares = {name: df[name].value_counts(normalize=True) for name in input_column}
    return {name: share[share >= threshold].index.tolist() for name, share in shares.items()}


def replace_rare(
    df: pd.DataFrame, learned: dict[str, Any], input_column: list[str], replacement: str
) -> pd.DataFrame:
    """Put one common word in the place of categories that are rarer than a share of the rows."""
    return df.assign(
        **{
            name: df[name].where(df[name].isin(learned[name]) | df[name].isna(), replacement)
            for name in input_column
        }
    )


COLUMNS = Parameter("input_column", "columns")
NUMBERS = Parameter("input_column", "columns", of="number")
TEXTS = Parameter("input_column", "columns", of="text")
FIX = Parameter("fix_method", "choice", "Clip", ("Clip", "Remove", "Invalidate"))
MISSING, OUTLIERS = "Handle missing", "Handle outliers"

TRANSFORMS = (
    Transform(
        "Drop missing", MISSING, drop_missing, (Parameter("input_column", "columns", optional=True),),
        aws="handle_missing_0.1", at="drop_missing_parameters.drop_rows_parameters",
        constants={"drop_missing_parameters.dimension": "Drop Rows"},
    ),
    Transform(
        "Fill missing", MISSING, fill_missing, (COLUMNS, Parameter("fill_value", "text", "0")),
        aws="handle_missing_0.1",
    ),
    Transform(
        "Impute", MISSING, impute_numeric,
        (NUMBERS, Parameter("strategy", "choice", "Approximate Median", ("Approximate Median", "Mean"))),
        fit=fit_impute_numeric, library="scikit-learn", aws="handle_missing_0.1",
        at="impute_parameters.numeric_parameters", constants={"impute_parameters.column_type": "Numeric"},
    ),
    Transform(
        "Impute categorical", MISSING, impute_categorical, (COLUMNS,), fit=fit_impute_categorical,
        aws="handle_missing_0.1", at="impute_parameters.categorical_parameters",
        constants={"operator": "Impute", "impute_parameters.column_type": "Categorical"},
    ),
    Transform(
        "Add indicator for missing", MISSING, add_indicator, (COLUMNS,), aws="handle_missing_0.1",
    ),
    Transform(
        "Drop missing columns", MISSING, drop_missing_columns,
        (Parameter("missing_share", "number", 0.5, low=0, high=1),), fit=fit_drop_missing_columns,
    ),
    Transform(
        "Fill forward or backward", MISSING, fill_along,
        (COLUMNS, Parameter("direction", "choice", "Forward", ("Forward", "Backward"))),
    ),
    Transform(
        "Standard deviation numeric outliers", OUTLIERS, standard_deviation,
        (NUMBERS, Parameter("standard_deviations", "number", 4, low=0.1), FIX),
        fit=fit_standard_deviation, needs=(limit,), aws="handle_outliers_0.1",
    ),
    Transform(
        "Robust standard deviation numeric outliers", OUTLIERS, robust_deviation,
        (NUMBERS, Parameter("standard_deviations", "number", 5, low=0.1), FIX),
        fit=fit_robust_deviation, needs=(limit,), aws="handle_outliers_0.1",
    ),
    Transform(
        "Quantile numeric outliers", OUTLIERS, quantiles,
        (
            NUMBERS,
            Parameter("lower_quantile", "number", 0.01, low=0, high=1),
            Parameter("upper_quantile", "number", 0.99, low=0, high=1),
            FIX,
        ),
        fit=fit_quantiles, needs=(limit,), aws="handle_outliers_0.1",
    ),
    Transform(
        "Min-max numeric outliers", OUTLIERS, min_max,
        (
            NUMBERS,
            Parameter("lower_threshold", "number", 0),
            Parameter("upper_threshold", "number", 100),
            FIX,
        ),
        needs=(limit,), aws="handle_outliers_0.1",
    ),
    Transform(
        "Replace rare", OUTLIERS, replace_rare,
        (
            TEXTS,
            Parameter("threshold", "number", 0.01, low=0, high=1),
            Parameter("replacement", "text", "Other"),
        ),
        fit=fit_replace_rare, aws="handle_outliers_0.1",
    ),
)  # fmt: skip
