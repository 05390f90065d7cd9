"""Transforms of whole tables: columns, rows, groups, samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sagelab.wrangler.declare import Parameter, Transform

__all__ = ["TRANSFORMS"]


def drop_column(df: pd.DataFrame, column_to_drop: list[str]) -> pd.DataFrame:
    """Leave columns out."""
    return df.drop(columns=column_to_drop)


def keep_columns(df: pd.DataFrame, columns_to_keep: list[str]) -> pd.DataFrame:
    """Keep these columns, in this order, and no others."""
    return df[columns_to_keep]


def rename_column(df: pd.DataFrame, input_column: str, new_name: str) -> pd.DataFrame:
    """Give a column another name."""
    if new_name in df.columns and new_name != input_column:
        raise ValueError(f"There is a column '{new_name}' already.")
    return df.rename(columns={input_column: new_name})


def duplicate_column(df: pd.DataFrame, input_column: str, new_name: str) -> pd.DataFrame:
    """Copy a column under another name."""
    return df.assign(**{new_name: df[input_column]})


def move_to_start(df: pd.DataFrame, column_to_move: str) -> pd.DataFrame:
    """Make a column the first one; built-in algorithms expect the target there."""
    return df[[column_to_move, *df.columns.drop(column_to_move)]]


def concatenate_columns(
    df: pd.DataFrame, input_column: list[str], separator: str, output_column: str
) -> pd.DataFrame:
    """Write several columns into one text."""
    parts: list[Any] = [df[name].astype("str").fillna("") for name in input_column]
    whole = parts[0] if len(parts) == 1 else parts[0].str.cat(parts[1:], sep=separator)
    return df.assign(**{output_column: whole})


def fit_drop_uninformative(
    df: pd.DataFrame, null_fraction: float, drop_if_constant: bool, drop_if_unique: bool
) -> dict[str, Any]:
    from skrub import DropUninformative

    drop = DropUninformative(
        drop_null_fraction=null_fraction, drop_if_constant=drop_if_constant, drop_if_unique=drop_if_unique
    )
    return {"drop": [name for name in df.columns if isinstance(drop.fit_transform(df[name]), list)]}


def drop_uninformative(
    df: pd.DataFrame,
    learned: dict[str, Any],
) -> pd.DataFrame:
    """Drop columns that tell nothing: nearly all missing, all the same, or a different text in each row."""
    dropped: list[str] = learned["drop"]
    return df.drop(columns=dropped)


def fit_drop_similar(df: pd.DataFrame, threshold: float) -> dict[str, Any]:
    from skrub import DropSimilar

    kept = DropSimilar(threshold=threshold).fit_transform(df).columns
    return {"drop": [name for name in df.columns if name not in kept]}


def drop_similar(df: pd.DataFrame, learned: dict[str, Any]) -> pd.DataFrame:
    """Drop columns that say nearly the same as an earlier one (skrub: Cramer's V above a threshold)."""
    dropped: list[str] = learned["drop"]
    return df.drop(columns=dropped)


def sort_rows(df: pd.DataFrame, column: list[str], order: str) -> pd.DataFrame:
    """Put the rows in the order of columns; equal ones keep their places."""
    return df.sort_values(column, ascending=order == "Ascending", kind="stable").reset_index(drop=True)


def shuffle(df: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Put the rows in a random order that the seed decides."""
    return df.sample(frac=1, random_state=seed).reset_index(drop=True)


def drop_duplicates(df: pd.DataFrame, subset: list[str]) -> pd.DataFrame:
    """Keep the first of rows that are equal, in all columns or in these."""
    return df.drop_duplicates(subset=subset or None).reset_index(drop=True)


def first_rows(df: pd.DataFrame, limit_rows: int) -> pd.DataFrame:
    """Keep the first rows."""
    return df.head(limit_rows)


def random_rows(df: pd.DataFrame, sample_ratio: float, seed: int) -> pd.DataFrame:
    """Keep a random share of the rows, in their order."""
    return df.sample(frac=sample_ratio, random_state=seed).sort_index().reset_index(drop=True)


def stratified_rows(df: pd.DataFrame, column: str, sample_ratio: float, seed: int) -> pd.DataFrame:
    """Keep a random share of the rows of each value of a column, in their order."""
    kept = df.groupby(column, dropna=False).sample(frac=sample_ratio, random_state=seed)
    return kept.sort_index().reset_index(drop=True)


def group_by(df: pd.DataFrame, group_columns: list[str], column: str, aggregate: str) -> pd.DataFrame:
    """Make one row of each group, with a number about one of its columns."""
    name = f"{column}_{aggregate}"
    grouped: pd.Series[Any] = df.groupby(group_columns, dropna=False, sort=True)[column].agg(aggregate)
    return grouped.rename(name).reset_index()


def lag(df: pd.DataFrame, column: str, order_by: str, id_column: str | None, steps: int) -> pd.DataFrame:
    """Add the value that a column had so many rows earlier, within each id."""
    ordered = df.sort_values(order_by, kind="stable")
    values = ordered.groupby(id_column, dropna=False)[column] if id_column else ordered[column]
    return df.assign(**{f"{column}_lag_{steps}": values.shift(steps)})


def rolling_mean(
    df: pd.DataFrame, column: str, order_by: str, id_column: str | None, window: int
) -> pd.DataFrame:
    """Add the mean of a column over this row and the ones before it, within each id."""
    ordered = df.sort_values(order_by, kind="stable")
    groups = ordered.groupby(id_column, dropna=False)[column] if id_column else [(None, ordered[column])]
    means = [values.rolling(window, min_periods=1).mean() for _, values in groups]
    return df.assign(**{f"{column}_mean_{window}": pd.concat(means) if means else np.nan})


COLUMN, COLUMNS = Parameter("column", "column"), Parameter("input_column", "columns")
NEW = Parameter("new_name", "text")
SEED = Parameter("seed", "integer", 0, low=0, high=2**32 - 1)
SAMPLE = Parameter("sample_ratio", "number", 0.1, low=0, high=1)
NUMBERS_OF = ("mean", "sum", "min", "max", "median", "std", "count", "nunique")
AGGREGATE = Parameter("aggregate", "choice", "mean", NUMBERS_OF)
HISTORY = (
    Parameter("column", "column", of="number"),
    Parameter("order_by", "column"),
    Parameter("id_column", "column", optional=True),
)
MANAGE_COLUMNS, MANAGE_ROWS, SAMPLING = "Manage columns", "Manage rows", "Sampling"
TIME = "Time series"

TRANSFORMS = (
    Transform(
        "Drop column", MANAGE_COLUMNS, drop_column, (Parameter("column_to_drop", "columns"),),
        aws="manage_columns_0.1",
    ),
    Transform("Keep columns", MANAGE_COLUMNS, keep_columns, (Parameter("columns_to_keep", "columns"),)),
    Transform(
        "Rename column", MANAGE_COLUMNS, rename_column, (Parameter("input_column", "column"), NEW),
        aws="manage_columns_0.1",
    ),
    Transform(
        "Duplicate column", MANAGE_COLUMNS, duplicate_column, (Parameter("input_column", "column"), NEW),
        aws="manage_columns_0.1",
    ),
    Transform(
        "Move column to start", MANAGE_COLUMNS, move_to_start, (Parameter("column_to_move", "column"),),
        aws="manage_columns_0.1", at="move_column_parameters.move_to_start_parameters",
        constants={"operator": "Move column", "move_column_parameters.move_type": "Move to start"},
    ),
    Transform(
        "Concatenate columns", MANAGE_COLUMNS, concatenate_columns,
        (COLUMNS, Parameter("separator", "text", ""), Parameter("output_column", "text")),
    ),
    Transform(
        "Drop uninformative columns", MANAGE_COLUMNS, drop_uninformative,
        (
            Parameter("null_fraction", "number", 1, low=0, high=1),
            Parameter("drop_if_constant", "boolean", True),
            Parameter("drop_if_unique", "boolean", False),
        ),
        fit=fit_drop_uninformative, library="skrub",
    ),
    Transform(
        "Drop similar columns", MANAGE_COLUMNS, drop_similar,
        (Parameter("threshold", "number", 0.95, low=0, high=1),), fit=fit_drop_similar, library="skrub",
    ),
    Transform(
        "Sort", MANAGE_ROWS, sort_rows,
        (
            Parameter("column", "columns"),
            Parameter("order", "choice", "Ascending", ("Ascending", "Descending")),
        ),
        aws="manage_rows_0.1",
    ),
    Transform("Shuffle", MANAGE_ROWS, shuffle, (SEED,), aws="manage_rows_0.1"),
    Transform(
        "Drop duplicates", MANAGE_ROWS, drop_duplicates, (Parameter("subset", "columns", optional=True),),
        aws="manage_rows_0.1",
    ),
    Transform(
        "First rows", SAMPLING, first_rows, (Parameter("limit_rows", "integer", 1000, low=0),)
    ),
    Transform("Random sample", SAMPLING, random_rows, (SAMPLE, SEED)),
    Transform("Stratified sample", SAMPLING, stratified_rows, (COLUMN, SAMPLE, SEED)),
    Transform(
        "Group by", "Group by", group_by, (Parameter("group_columns", "columns"), COLUMN, AGGREGATE)
    ),
    Transform(
        "Lag", TIME, lag, (*HISTORY, Parameter("steps", "integer", 1, low=1, high=10_000))
    ),
    Transform(
        "Rolling mean", TIME, rolling_mean, (*HISTORY, Parameter("window", "integer", 3, low=1, high=10_000))
    ),
)  # fmt: skip
