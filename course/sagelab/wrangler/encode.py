"""Transforms of the group "Encode categorical"."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sagelab.wrangler.declare import Parameter, Transform

__all__ = ["TRANSFORMS"]


def fit_categories(df: pd.DataFrame, input_column: list[str]) -> dict[str, Any]:
    return {name: sorted(df[name].dropna().unique().tolist()) for name in input_column}


def one_hot(
    df: pd.DataFrame,
    learned: dict[str, Any],
    input_column: list[str],
    invalid_handling_strategy: str,
    drop_last: bool,
) -> pd.DataFrame:
    """Turn each category into a column of 0 and 1; a category that was never seen is 0 in all of them."""
    from sklearn.preprocessing import OneHotEncoder

    unknown = "ignore" if invalid_handling_strategy == "Keep" else "error"
    for name in input_column:
        categories = learned[name]
        if not categories:
            df = df.drop(columns=name)
            continue
        if len(categories) > 1000:
            raise ValueError(f"'{name}' has {len(categories)} different values; one-hot takes up to 1000.")
        encoder = OneHotEncoder(handle_unknown=unknown, sparse_output=False)
        encoder.fit(np.array(categories, dtype=object).reshape(-1, 1))
        codes = encoder.transform(df[[name]].to_numpy(dtype=object)).astype("int64")
        kept = categories[:-1] if drop_last else categories
        new = {f"{name}_{value}": codes[:, place] for place, value in enumerate(kept)}
        df = df.drop(columns=name).assign(**new)
    return df


def ordinal(
    df: pd.DataFrame, learned: dict[str, Any], input_column: list[str], invalid_handling_strategy: str
) -> pd.DataFrame:
    """Turn each category into its number; one that was never seen becomes missing, or the next number."""
    codes = {}
    for name in input_column:
        numbers = {value: float(place) for place, value in enumerate(learned[name])}
        codes[name] = df[name].map(numbers).astype("float64")
        if invalid_handling_strategy == "Keep":
            codes[name] = codes[name].fillna(float(len(numbers)))
    return df.assign(**codes)


def fit_similarity(df: pd.DataFrame, input_column: str, prototypes: int) -> dict[str, Any]:
    frequent = df[input_column].value_counts().head(prototypes).index
    return {"prototypes": sorted(str(value) for value in frequent)}


def similarity(df: pd.DataFrame, learned: dict[str, Any], input_column: str) -> pd.DataFrame:
    """Say how alike a text is to each of the most frequent ones, by their letters: typing errors stay close."""
    from skrub import SimilarityEncoder

    texts = df[[input_column]].fillna("").astype("str").to_numpy(dtype=object)
    names = np.array(learned["prototypes"], dtype=object)
    encoder = SimilarityEncoder(categories=[names], ngram_range=(2, 4))
    alike = encoder.fit(names.reshape(-1, 1)).transform(texts)
    new = {f"{input_column}_{name}": alike[:, place] for place, name in enumerate(names)}
    return df.drop(columns=input_column).assign(**new)


def min_hash(df: pd.DataFrame, input_column: str, components: int) -> pd.DataFrame:
    """Turn a text into numbers that are close for texts that share letters; learns nothing from the data."""
    from skrub import MinHashEncoder

    encoder = MinHashEncoder(n_components=components)
    codes = np.asarray(encoder.fit_transform(df[input_column].fillna("").astype("str")))
    new = {f"{input_column}_{place}": codes[:, place].astype("float64") for place in range(components)}
    return df.drop(columns=input_column).assign(**new)


def fit_count_encode(df: pd.DataFrame, input_column: list[str]) -> dict[str, Any]:
    counts = {name: df[name].value_counts(normalize=True) for name in input_column}
    return {
        name: {"values": count.index.tolist(), "shares": count.tolist()} for name, count in counts.items()
    }


def count_encode(df: pd.DataFrame, learned: dict[str, Any], input_column: list[str]) -> pd.DataFrame:
    """Put each category's share of the rows in its place; 0 for one that was never seen."""
    shares = {
        name: dict(zip(learned[name]["values"], learned[name]["shares"], strict=True))
        for name in input_column
    }
    return df.assign(**{name: df[name].map(shares[name]).fillna(0.0).astype("float64") for name in shares})


COLUMNS = Parameter("input_column", "columns")
TEXT = Parameter("input_column", "column", of="text")
CATEGORIES = "Encode categorical"

TRANSFORMS = (
    Transform(
        "One-hot encode", CATEGORIES, one_hot,
        (
            COLUMNS,
            Parameter("invalid_handling_strategy", "choice", "Keep", ("Keep", "Error")),
            Parameter("drop_last", "boolean", False),
        ),
        fit=fit_categories, library="scikit-learn", aws="encode_categorical_0.1",
        constants={"one_hot_encode_parameters.output_style": "Columns"},
    ),
    Transform(
        "Ordinal encode", CATEGORIES, ordinal,
        (
            COLUMNS,
            Parameter("invalid_handling_strategy", "choice", "Replace with NaN", ("Replace with NaN", "Keep")),
        ),
        fit=fit_categories, aws="encode_categorical_0.1",
    ),
    Transform(
        "Similarity encode", CATEGORIES, similarity,
        (TEXT, Parameter("prototypes", "integer", 10, low=1, high=200)),
        fit=fit_similarity, library="skrub",
    ),
    Transform(
        "Min-hash encode", CATEGORIES, min_hash,
        (TEXT, Parameter("components", "integer", 10, low=1, high=300)), library="skrub",
    ),
    Transform("Frequency encode", CATEGORIES, count_encode, (COLUMNS,), fit=fit_count_encode),
)  # fmt: skip
