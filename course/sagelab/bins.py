"""How a feature is cut into bins, so that two months of it can be compared share by share."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MISSING", "OTHER", "count_categories", "count_numbers", "is_categorical", "known"]

MISSING = "missing"
OTHER = "other values"
MOST_CATEGORIES = 24
MOST_CODES = 20


def count_numbers(
    numbers: dict[str, NDArray[np.float64]], feature: str
) -> tuple[list[str], dict[str, NDArray[np.int_]]]:
    """Rows in each bin between the baseline's deciles, missing values last."""
    baseline = known(next(iter(numbers.values())))
    if not baseline.size:
        raise SagelabError(
            f"The baseline holds no value of '{feature}', so there is nothing to compare with."
        )
    edges = np.unique(np.quantile(baseline, np.arange(1, 10) / 10, method="inverted_cdf"))
    tied = bool(edges[0] == baseline.min())
    if tied:  # the smallest value fills a bin: values below it are news, not the same bin
        edges = np.concatenate([[np.nextafter(edges[0], -np.inf)], edges])
    counts = {}
    for name, values in numbers.items():
        inside = np.searchsorted(edges, known(values), side="left")
        missing = int(np.isnan(values).sum())
        counts[name] = np.append(np.bincount(inside, minlength=edges.size + 1), missing)
    return [*_labels(edges, tied), MISSING], counts


def _labels(edges: NDArray[np.float64], tied: bool) -> list[str]:
    """Words for right-closed bins; with `tied` the second bin holds one value only."""
    names = [f"{edge:,.0f}" if float(edge).is_integer() else f"{edge:,.4g}" for edge in edges]
    middle = [f"{low} to {high}" for low, high in pairwise(names)]
    if tied:
        return [f"below {names[1]}", names[1], *middle[1:], f"above {names[-1]}"]
    return [f"up to {names[0]}", *middle, f"above {names[-1]}"]


def count_categories(columns: dict[str, pd.Series[Any]]) -> tuple[list[str], dict[str, NDArray[np.int_]]]:
    """Rows in each category, also those that only a later month has; missing values last."""
    names = {name: column.dropna().astype(object).map(_category) for name, column in columns.items()}
    tallies: dict[str, Counter[str]] = {name: Counter(known) for name, known in names.items()}
    seen = {category for tally in tallies.values() for category in tally}
    largest = {c: max(tallies[n][c] / len(columns[n]) for n in columns) for c in seen}
    kept = sorted(seen, key=lambda c: (-largest[c], c))[:MOST_CATEGORIES]
    first = next(iter(tallies.values()))
    if all(map(_is_number, kept)):
        kept.sort(key=float)
    else:
        kept.sort(key=lambda c: (-first[c], c))
    counts = {}
    for name, tally in tallies.items():
        shown = [tally[category] for category in kept]
        rest = sum(tally.values()) - sum(shown)
        counts[name] = np.array([*shown, rest, int(columns[name].isna().sum())])
    return [*kept, OTHER, MISSING], counts


def _category(value: object) -> str:
    """One name for one category: 1, 1.0 and "1" are the same."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def is_categorical(column: pd.Series[Any]) -> bool:
    """Whether a column reads as categories: text, booleans, or at most 20 whole-number codes."""
    from pandas.api.types import is_numeric_dtype

    if not is_numeric_dtype(column):
        return True
    distinct = np.asarray(column.dropna().unique(), dtype=float)
    return distinct.size <= MOST_CODES and bool(
        np.all(np.isfinite(distinct) & (np.floor(distinct) == distinct))
    )


def known(values: ArrayLike) -> NDArray[np.float64]:
    """The values that are not missing, sorted."""
    numbers = np.asarray(values, dtype=float)
    return np.sort(numbers[~np.isnan(numbers)])
