"""Transforms of the groups "Process numeric" and "Dimensionality reduction"."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sagelab.wrangler.declare import Parameter, Transform

__all__ = ["TRANSFORMS"]


def fit_min_max(df: pd.DataFrame, input_column: list[str]) -> dict[str, Any]:
    from sklearn.preprocessing import MinMaxScaler

    scaler = MinMaxScaler().fit(df[input_column])
    return {"center": scaler.data_min_.tolist(), "scale": scaler.data_range_.tolist()}


def fit_standard(df: pd.DataFrame, input_column: list[str]) -> dict[str, Any]:
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(df[input_column])
    return {"center": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()}


def fit_robust(df: pd.DataFrame, input_column: list[str]) -> dict[str, Any]:
    from sklearn.preprocessing import RobustScaler

    scaler = RobustScaler().fit(df[input_column])
    return {"center": scaler.center_.tolist(), "scale": scaler.scale_.tolist()}


def fit_max_absolute(df: pd.DataFrame, input_column: list[str]) -> dict[str, Any]:
    from sklearn.preprocessing import MaxAbsScaler

    scaler = MaxAbsScaler().fit(df[input_column])
    return {"center": [0.0] * len(input_column), "scale": scaler.scale_.tolist()}


def scale(df: pd.DataFrame, learned: dict[str, Any], input_column: list[str]) -> pd.DataFrame:
    """Bring numbers to a common scale, column by column."""
    measures = zip(input_column, learned["center"], learned["scale"], strict=True)
    return df.assign(**{name: (df[name] - center) / (width or 1.0) for name, center, width in measures})


def scale_between(
    df: pd.DataFrame, learned: dict[str, Any], input_column: list[str], min: float, max: float  # noqa: A002 - AWS's names
) -> pd.DataFrame:  # fmt: skip
    """Bring numbers between a smallest and a largest value, column by column."""
    measures = zip(input_column, learned["center"], learned["scale"], strict=True)
    return df.assign(
        **{name: (df[name] - low) / (width or 1.0) * (max - min) + min for name, low, width in measures}
    )


def fit_squash(df: pd.DataFrame, input_column: list[str]) -> dict[str, Any]:
    learned: dict[str, Any] = {}
    for name in input_column:
        finite = df[name].replace([np.inf, -np.inf], np.nan).dropna()
        low, middle, high = (float(finite.quantile(share)) for share in (0.25, 0.5, 0.75))
        width = high - low or (float(finite.max() - finite.min()) / 2 if len(finite) else 0.0)
        learned[name] = [middle, width]
    return learned


def squash(
    df: pd.DataFrame, learned: dict[str, Any], input_column: list[str], max_absolute_value: float
) -> pd.DataFrame:
    """Scale by the quartiles and bend what is far away under a limit, as skrub's SquashingScaler does."""
    new = {}
    for name in input_column:
        middle, width = learned[name]
        straight = (df[name] - middle) / (width or 1.0)
        new[name] = straight / np.sqrt(1 + (straight / max_absolute_value) ** 2)
    return df.assign(**new)


def fit_bins(df: pd.DataFrame, input_column: str, bins: int, strategy: str) -> dict[str, Any]:
    numbers = df[input_column].dropna()
    if strategy == "Quantile":
        edges = numbers.quantile(np.linspace(0, 1, bins + 1)).unique()
    else:
        edges = np.linspace(numbers.min(), numbers.max(), bins + 1)
    return {"edges": np.unique(edges)[1:-1].tolist()}


def bin_numbers(df: pd.DataFrame, learned: dict[str, Any], input_column: str) -> pd.DataFrame:
    """Put a number's bin, counted from 0, in its place; bins of equal width or with equally many rows."""
    edges = [-np.inf, *learned["edges"], np.inf]
    return df.assign(
        **{input_column: pd.cut(df[input_column], edges, labels=False, right=False).astype("float64")}
    )


def logarithm(df: pd.DataFrame, input_column: list[str]) -> pd.DataFrame:
    """Take the logarithm of 1 + the number; negative numbers keep their sign."""
    return df.assign(**{name: np.sign(df[name]) * np.log1p(df[name].abs()) for name in input_column})


def fit_power(df: pd.DataFrame, input_column: list[str]) -> dict[str, Any]:
    from sklearn.preprocessing import PowerTransformer

    transformer = PowerTransformer(standardize=False).fit(df[input_column])
    return {"lambdas": transformer.lambdas_.tolist()}


def power(df: pd.DataFrame, learned: dict[str, Any], input_column: list[str]) -> pd.DataFrame:
    """Bend numbers towards a normal distribution (Yeo and Johnson's transform)."""
    from scipy.stats import yeojohnson

    new = {}
    for name, lmbda in zip(input_column, learned["lambdas"], strict=True):
        known = df[name].dropna().astype("float64")
        new[name] = pd.Series(yeojohnson(known, lmbda), index=known.index).reindex(df.index)
    return df.assign(**new)


def round_numbers(df: pd.DataFrame, input_column: list[str], decimals: int) -> pd.DataFrame:
    """Round numbers to so many decimals."""
    return df.assign(**{name: df[name].round(decimals) for name in input_column})


def fit_components(df: pd.DataFrame, input_column: list[str], components: int) -> dict[str, Any]:
    from sklearn.decomposition import PCA

    found = PCA(n_components=components, svd_solver="full").fit(df[input_column])
    return {"mean": found.mean_.tolist(), "components": found.components_.tolist()}


def principal_components(df: pd.DataFrame, learned: dict[str, Any], input_column: list[str]) -> pd.DataFrame:
    """Put a few columns that hold most of the variance in the place of many."""
    numbers = df[input_column].to_numpy(dtype="float64") - np.array(learned["mean"])
    found = numbers @ np.array(learned["components"]).T
    new = {f"pca_{place}": found[:, place] for place in range(found.shape[1])}
    return df.drop(columns=input_column).assign(**new)


NUMBERS = Parameter("input_column", "columns", of="number")
NUMERIC = "Process numeric"
SCALED = "scale_values_parameters"


def scaler(name: str, fit: Any, run: Any = scale, parameters: tuple[Parameter, ...] = ()) -> Transform:
    """One of Data Wrangler's scalers, which its files keep below "Scale values"."""
    short = name.lower().replace("-", "_").replace(" ", "_")
    return Transform(
        name,
        NUMERIC,
        run,
        (NUMBERS, *parameters),
        fit=fit,
        library="scikit-learn",
        aws="process_numeric_0.1",
        at=f"{SCALED}.{short}_parameters",
        constants={"operator": "Scale values", f"{SCALED}.scaler": name},
    )


TRANSFORMS = (
    scaler(
        "Min-max scaler", fit_min_max, scale_between, (Parameter("min", "number", 0), Parameter("max", "number", 1))
    ),
    scaler("Standard scaler", fit_standard),
    scaler("Robust scaler", fit_robust),
    scaler("Max absolute scaler", fit_max_absolute),
    Transform(
        "Squashing scaler", NUMERIC, squash,
        (NUMBERS, Parameter("max_absolute_value", "number", 3, low=0.1)), fit=fit_squash,
    ),
    Transform(
        "Bin numbers", NUMERIC, bin_numbers,
        (
            Parameter("input_column", "column", of="number"),
            Parameter("bins", "integer", 5, low=2, high=100),
            Parameter("strategy", "choice", "Quantile", ("Quantile", "Uniform")),
        ),
        fit=fit_bins,
    ),
    Transform("Logarithm", NUMERIC, logarithm, (NUMBERS,)),
    Transform("Power transform", NUMERIC, power, (NUMBERS,), fit=fit_power, library="scikit-learn"),
    Transform(
        "Round", NUMERIC, round_numbers, (NUMBERS, Parameter("decimals", "integer", 0, low=-12, high=12))
    ),
    Transform(
        "Principal component analysis", "Dimensionality reduction", principal_components,
        (NUMBERS, Parameter("components", "integer", 2, low=1, high=100)),
        fit=fit_components, library="scikit-learn",
    ),
)  # fmt: skip
