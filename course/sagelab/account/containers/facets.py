"""Which rows belong to a group: the sensitive facet d, the positive label.

The rules are those of smclarify 0.5, the open library behind Clarify's bias metrics. A column is continuous, so that
its value is a threshold, when it holds decimals or gaps, or when it holds whole numbers of which at least 5 % are
distinct; else it is a category. So a threshold on AGE in a table of thousands of rows means "exactly that age": write
the ages with a decimal point, or make a column of age groups. The one difference: two distinct values are always
categories (smclarify finds no rows for them in tables under 40 rows).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sagelab.errors import SagelabError

from .table import MISSING, NUMBER, Table

Mask = npt.NDArray[np.bool_]
CONTINUOUS_FROM = 0.05  # share of distinct values from which whole numbers are continuous (smclarify)


@dataclass(frozen=True)
class Group:
    """The rows that carry some values, and how analysis.json names them."""

    name: str
    rows: Mask


def is_continuous(table: Table, column: str, values: Sequence[Any]) -> bool:
    """Whether a value of this column is a threshold rather than a category."""
    kind = table.kind(column)
    if kind == "text" or len(values) > 1:
        return False
    present = [value for value in table[column] if value not in MISSING]
    distinct = len(set(present))
    return distinct > 2 and (kind == "float" or distinct / len(present) >= CONTINUOUS_FROM)


def group(table: Table, column: str, values: Sequence[Any], *, upper: float | None = None) -> Group:
    """The rows whose value is one of `values`, or above the one threshold of a continuous column.

    `upper` is the end of the named interval; without it the column's largest value.
    """
    if not is_continuous(table, column, values):
        return Group(",".join(str(value) for value in values), is_one_of(table, column, values))
    threshold = as_number(values[0], column)
    numbers = table.numbers(column)
    highest = float(np.nanmax(numbers)) if upper is None else upper
    if threshold >= highest:
        raise SagelabError(
            f"No value of {column} is above the threshold {threshold}; its largest is {highest}."
        )
    whole = table.kind(column) == "integer" and threshold.is_integer()
    ends = (int(threshold), int(highest)) if whole else (threshold, highest)
    return Group(f"({ends[0]}, {ends[1]}]", numbers > threshold)


def groups(table: Table, column: str, values: Sequence[Any]) -> list[Group]:
    """The group of the given values, or without values one group for each value of a categorical column."""
    if values:
        return [group(table, column, values)]
    if is_continuous(table, column, []):
        raise SagelabError(f"Facet {column} is numeric: give a threshold in value_or_threshold.")
    present = dict.fromkeys(value for value in table[column] if value not in MISSING)
    return [group(table, column, [value]) for value in present]


def is_one_of(table: Table, column: str, values: Sequence[Any]) -> Mask:
    """The rows whose value equals one of `values`, as numbers where the column is numeric."""
    if table.kind(column) == "text":
        wanted_texts = {str(value) for value in values}
        return np.array([value in wanted_texts for value in table[column]], dtype=np.bool_)
    wanted = [as_number(value, column) for value in values]
    return np.isin(table.numbers(column), wanted)


def as_number(value: Any, column: str) -> float:
    """A configured value as the number that a numeric column needs."""
    if isinstance(value, bool) or not NUMBER.fullmatch(str(value)):
        raise SagelabError(f"{column} is numeric, so its value or threshold must be a number, not {value!r}.")
    return float(value)


def as_list(value: Any) -> list[Any]:
    """A value or threshold that may stand alone or in a list; nothing is an empty list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
