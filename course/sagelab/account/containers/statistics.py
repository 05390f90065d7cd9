"""statistics.json of the data quality monitor: what each column looks like.

Layout and names: AWS developer guide, "Schema for Statistics (statistics.json file)". AWS computes them with Deequ,
an open library; the rules of type inference below are Deequ's (a column with one text value is a String; all missing
is Unknown), and the standard deviation divides by n, as Deequ's does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .sketch import BUCKETS, pack
from .table import INTEGER, MISSING, NUMBER, Floats, Table

INTEGRAL, FRACTIONAL, STRING, UNKNOWN = "Integral", "Fractional", "String", "Unknown"
LISTED_VALUES = 120  # Deequ keeps the histogram of a text column up to this many distinct values


@dataclass(frozen=True)
class Column:
    """A column as its distinct present values with their counts, which is all that the statistics need."""

    name: str
    counts: Mapping[str, int]
    missing: int

    @cached_property
    def present(self) -> int:
        """How many values are there."""
        return sum(self.counts.values())

    @property
    def completeness(self) -> float:
        """The share of rows with a value; 1 for no rows at all."""
        rows = self.present + self.missing
        return self.present / rows if rows else 1.0

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The type of each distinct value."""
        return {value: value_type(value) for value in self.counts}

    @cached_property
    def types(self) -> Counter[str]:
        """How many of the present values are Integral, Fractional, String."""
        types: Counter[str] = Counter()
        for value, count in self.counts.items():
            types[self.kinds[value]] += count
        return types

    @property
    def inferred_type(self) -> str:
        """The narrowest type that holds every present value."""
        return next((kind for kind in (STRING, FRACTIONAL, INTEGRAL) if self.types[kind]), UNKNOWN)

    @cached_property
    def numbers(self) -> tuple[Floats, Floats]:
        """The distinct numbers in order and how often each occurs; text values are left out."""
        pairs = [(float(value), count) for value, count in self.counts.items() if self.kinds[value] != STRING]
        if not pairs:
            return np.empty(0), np.empty(0)
        values, place = np.unique(np.array([value for value, _ in pairs]), return_inverse=True)
        return values, np.bincount(place, weights=[count for _, count in pairs]).astype(np.float64)


def value_type(value: str) -> str:
    """Integral, Fractional or String, judged by the text of one value."""
    if INTEGER.fullmatch(value):
        return INTEGRAL
    return FRACTIONAL if NUMBER.fullmatch(value) else STRING


def columns_of(table: Table) -> list[Column]:
    """Every column of a table, counted."""
    return [count_column(name, table[name]) for name in table.names]


def count_column(name: str, values: Iterable[str]) -> Column:
    """One column, counted."""
    counts = Counter(values)
    missing = sum(counts.pop(value, 0) for value in MISSING)
    return Column(name, counts, missing)


def statistics(columns: Sequence[Column], item_count: int) -> dict[str, Any]:
    """The content of statistics.json for a dataset of `item_count` rows."""
    return {
        "version": 0.0,
        "dataset": {"item_count": item_count},
        "features": [feature_statistics(column) for column in columns],
    }


def feature_statistics(column: Column) -> dict[str, Any]:
    """The entry of one feature."""
    kind = column.inferred_type
    common = {"num_present": column.present, "num_missing": column.missing}
    entry: dict[str, Any] = {"name": column.name, "inferred_type": kind}
    if kind in (INTEGRAL, FRACTIONAL):
        return entry | {"numerical_statistics": {"common": common, **numerical(column)}}
    return entry | {"string_statistics": {"common": common, **textual(column)}}


def numerical(column: Column) -> dict[str, Any]:
    """Mean, sum, standard deviation (over n), range and the distribution of a numeric column."""
    values, weights = column.numbers
    total, count = float(values @ weights), float(weights.sum())
    mean = total / count
    return {
        "mean": mean,
        "sum": total,
        "std_dev": float(np.sqrt(((values - mean) ** 2) @ weights / count)),
        "min": float(values[0]),
        "max": float(values[-1]),
        "distribution": {"kll": {"buckets": buckets(values, weights), "sketch": pack(values, weights)}},
    }


def buckets(values: Floats, weights: Floats) -> list[dict[str, float]]:
    """Ten buckets of equal width from the smallest to the largest value (one, where they are equal)."""
    low, high = float(values[0]), float(values[-1])
    if low == high:
        return [{"lower_bound": low, "upper_bound": high, "count": float(weights.sum())}]
    counts, edges = np.histogram(values, bins=BUCKETS, range=(low, high), weights=weights)
    return [
        {"lower_bound": float(lower), "upper_bound": float(upper), "count": float(count)}
        for lower, upper, count in zip(edges, edges[1:], counts, strict=False)
    ]


def textual(column: Column) -> dict[str, Any]:
    """Distinct values of a text column, and their counts, most frequent first, while they are few."""
    entry: dict[str, Any] = {"distinct_count": float(len(column.counts))}
    if len(column.counts) <= LISTED_VALUES:
        ranked = sorted(column.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        listed = [{"value": value, "count": count} for value, count in ranked]
        entry["distribution"] = {"categorical": {"buckets": listed}}
    return entry
