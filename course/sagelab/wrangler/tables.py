"""Transforms of whole tables: columns, rows, groups, samples, and two tables into one."""

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


def oversample(df: pd.DataFrame, target_column: str, ratio: float, seed: int) -> pd.DataFrame:
    """Repeat rows of the rarer classes until each has a share of the biggest class's rows."""
    counts = df[target_column].value_counts()
    parts = [df]
    for value, count in counts.items():
        lacking = int(counts.max() * ratio) - count
        if lacking > 0:
            same = df[df[target_column] == value]
            parts.append(same.sample(lacking, replace=True, random_state=seed))
    return pd.concat(parts, ignore_index=True)


def undersample(df: pd.DataFrame, target_column: str, ratio: float, seed: int) -> pd.DataFrame:
    """Leave out rows of the bigger classes until the smallest has a share of each one's rows."""
    counts = df[target_column].value_counts()
    most = int(counts.min() / ratio)
    kept = [
        df[df[target_column] == value].sample(min(count, most), random_state=seed)
        for value, count in counts.items()
    ]
    return pd.concat(kept).sort_index().reset_index(drop=True)


def smote(df: pd.DataFrame, target_column: str, ratio: float, num_neighbors: int, seed: int) -> pd.DataFrame:
    """Make new rows of the rarer classes between neighbors of the same class (SMOTE); numbers only."""
    from sklearn.neighbors import NearestNeighbors

    random, counts, parts = np.random.default_rng(seed), df[target_column].value_counts(), [df]
    names = df.columns.drop(target_column)
    for value, count in counts.items():
        lacking = int(counts.max() * ratio) - count
        if lacking <= 0:
            continue
        label: Any = value
        points = df.loc[df[target_column] == value, names].to_numpy(dtype="float64")
        neighbors = min(num_neighbors, count - 1)
        if neighbors < 1:
            raise ValueError(f"{target_column} has one row with {value}; SMOTE needs two.")
        near = NearestNeighbors(n_neighbors=neighbors + 1).fit(points).kneighbors(points)[1][:, 1:]
        start = random.integers(count, size=lacking)
        end = near[start, random.integers(neighbors, size=lacking)]
        new = points[start] + random.random((lacking, 1)) * (points[end] - points[start])
        parts.append(pd.DataFrame(new, columns=names).assign(**{target_column: label})[df.columns])
    return pd.concat(parts, ignore_index=True)


def random_split(df: pd.DataFrame, part: str, train_share: float, seed: int) -> pd.DataFrame:
    """Keep the train or the test part of a random split; the same seed makes the two fit together."""
    order = np.random.default_rng(seed).permutation(len(df))
    train = np.sort(order[: round(len(df) * train_share)])
    return (df.iloc[train] if part == "Train" else df.drop(index=df.index[train])).reset_index(drop=True)


def ordered_split(df: pd.DataFrame, part: str, train_share: float, column: str) -> pd.DataFrame:
    """Keep the earlier (train) or the later (test) part by the order of a column."""
    ordered = df.sort_values(column, kind="stable")
    cut = round(len(df) * train_share)
    return (ordered[:cut] if part == "Train" else ordered[cut:]).reset_index(drop=True)


def stratified_split(df: pd.DataFrame, part: str, train_share: float, column: str, seed: int) -> pd.DataFrame:
    """Keep the train or the test part of a split that keeps the shares of a column's values."""
    train = df.groupby(column, dropna=False).sample(frac=train_share, random_state=seed).index
    inside = df.index.isin(train)
    return df[inside if part == "Train" else ~inside].reset_index(drop=True)


def join(
    df: pd.DataFrame, right: pd.DataFrame, left_column: str, right_column: str, join_type: str
) -> pd.DataFrame:
    """Put two tables side by side where a column of each holds the same value."""
    if right_column not in right.columns:
        raise ValueError(f"The second table has no column '{right_column}'; it has {list(right.columns)}.")
    if df[left_column].map(right[right_column].value_counts()).sum() > 20_000_000:
        raise ValueError("The join would have more than 20 million rows; are these columns the right keys?")
    same = set(df.columns) & set(right.columns)
    left = df.rename(columns={name: f"{name}_0" for name in same})
    right = right.rename(columns={name: f"{name}_1" for name in same})
    return left.merge(
        right,
        how=join_type,  # type: ignore[arg-type] # the catalogue offers pandas' own words
        left_on=f"{left_column}_0" if left_column in same else left_column,
        right_on=f"{right_column}_1" if right_column in same else right_column,
    )


def concatenate(df: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Put the rows of a second table below those of the first; a column that one lacks is missing there."""
    return pd.concat([df, right], ignore_index=True)


def fuzzy_join(
    df: pd.DataFrame, right: pd.DataFrame, left_column: str, right_column: str, max_distance: float
) -> pd.DataFrame:
    """Put the most similar row of a second table beside each row (skrub's fuzzy join)."""
    from skrub import fuzzy_join as join_similar

    joined: pd.DataFrame = join_similar(
        df, right, left_on=left_column, right_on=right_column, suffix="_1", max_dist=max_distance
    )
    return joined.reset_index(drop=True)


def aggregate_and_join(
    df: pd.DataFrame, right: pd.DataFrame, *, left_column: str, right_column: str, column: str, aggregate: str
) -> pd.DataFrame:
    """Add a number about a column of all rows of a second table with the same key."""
    numbers = right.groupby(right_column)[column].agg(aggregate)
    return df.assign(**{f"{column}_{aggregate}": df[left_column].map(numbers)})


COLUMN, COLUMNS = Parameter("column", "column"), Parameter("input_column", "columns")
NEW = Parameter("new_name", "text")
SEED = Parameter("seed", "integer", 0, low=0, high=2**32 - 1)
SHARE = Parameter("train_share", "number", 0.8, low=0, high=1)
PART = Parameter("part", "choice", "Train", ("Train", "Test"))
SAMPLE = Parameter("sample_ratio", "number", 0.1, low=0, high=1)
TARGET, RATIO = Parameter("target_column", "column"), Parameter("ratio", "number", 1, low=0.01, high=1)
NUMBERS_OF = ("mean", "sum", "min", "max", "median", "std", "count", "nunique")
AGGREGATE = Parameter("aggregate", "choice", "mean", NUMBERS_OF)
LEFT, RIGHT = Parameter("left_column", "column"), Parameter("right_column", "text")
HISTORY = (
    Parameter("column", "column", of="number"),
    Parameter("order_by", "column"),
    Parameter("id_column", "column", optional=True),
)
MANAGE_COLUMNS, MANAGE_ROWS, SAMPLING = "Manage columns", "Manage rows", "Sampling"
BALANCE, SPLIT, COMBINE, TIME = "Balance data", "Split data", "Combine tables", "Time series"

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
    Transform(
        "Random oversample", BALANCE, oversample, (TARGET, RATIO, SEED), aws="balance_data_0.1", at="",
    ),
    Transform(
        "Random undersample", BALANCE, undersample, (TARGET, RATIO, SEED), aws="balance_data_0.1", at="",
    ),
    Transform(
        "SMOTE", BALANCE, smote,
        (TARGET, RATIO, Parameter("num_neighbors", "integer", 5, low=1, high=100), SEED),
        library="scikit-learn",
    ),
    Transform("Randomized split", SPLIT, random_split, (PART, SHARE, SEED)),
    Transform("Ordered split", SPLIT, ordered_split, (PART, SHARE, COLUMN)),
    Transform("Stratified split", SPLIT, stratified_split, (PART, SHARE, COLUMN, SEED)),
    Transform(
        "Join", COMBINE, join,
        (LEFT, RIGHT, Parameter("join_type", "choice", "inner", ("inner", "left", "right", "outer"))),
        tables=2, aws="join_tables_0.1", at="",
    ),
    Transform("Concatenate", COMBINE, concatenate, (), tables=2),
    Transform(
        "Fuzzy join", COMBINE, fuzzy_join,
        (LEFT, RIGHT, Parameter("max_distance", "number", 1, low=0, high=10)), tables=2, library="skrub",
    ),
    Transform(
        "Aggregate and join", COMBINE, aggregate_and_join,
        (LEFT, RIGHT, Parameter("column", "text"), AGGREGATE), tables=2,
    ),
)  # fmt: skip
