"""Transforms that balance, split and combine tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sagelab.wrangler.declare import Parameter, Transform

__all__ = ["TRANSFORMS"]


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


COLUMN = Parameter("column", "column")
SEED = Parameter("seed", "integer", 0, low=0, high=2**32 - 1)
SHARE = Parameter("train_share", "number", 0.8, low=0, high=1)
PART = Parameter("part", "choice", "Train", ("Train", "Test"))
TARGET, RATIO = Parameter("target_column", "column"), Parameter("ratio", "number", 1, low=0.01, high=1)
NUMBERS_OF = ("mean", "sum", "min", "max", "median", "std", "count", "nunique")
AGGREGATE = Parameter("aggregate", "choice", "mean", NUMBERS_OF)
LEFT, RIGHT = Parameter("left_column", "column"), Parameter("right_column", "text")
BALANCE, SPLIT, COMBINE = "Balance data", "Split data", "Combine tables"

TRANSFORMS = (
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
