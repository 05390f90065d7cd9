"""The controls of a single prediction: one a column, with its range or its values and where it starts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sagelab.canvas.columns import NUMERIC, Column, numbers, typed
from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Field", "field", "row_of"]

STEPS = 200
MOST_VALUES = 40
LONGEST = 1000


@dataclass(frozen=True)
class Field:
    """A column's control: number (a range), choice (some values) or text. `start` is the median or the mode."""

    name: str
    kind: str
    start: str
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    values: tuple[str, ...] = ()

    def payload(self) -> dict[str, Any]:
        """The field as plain JSON."""
        return asdict(self)


def field(values: pd.Series[Any], column: Column) -> Field:
    """The control of a column of text."""
    fitting = typed(values, column.kind).dropna()
    if not len(fitting):
        return Field(column.name, "text", "")
    if column.kind == NUMERIC:
        found = numbers(fitting)
        low, high = float(found.min()), float(found.max())
        whole = bool((found % 1 == 0).all())
        step = 1.0 if whole else _round_step((high - low) / STEPS)
        middle = float(found.median())
        start = f"{round(middle) if whole else middle:.12g}"
        return Field(column.name, "number", start, low, high, step)
    most = str(fitting.mode().iloc[0])
    counted = fitting.value_counts()
    if len(counted) > MOST_VALUES:
        return Field(column.name, "text", most)
    return Field(column.name, "choice", most, values=tuple(sorted(map(str, counted.index))))


def _round_step(rough: float) -> float:
    """A power of ten at most as large as `rough`; 1 where the column has one value."""
    return float(10.0 ** math.floor(math.log10(rough))) if rough > 0 else 1.0


def row_of(fields: Sequence[Field], given: Mapping[Any, Any]) -> list[str]:
    """A row for the model: what is given, and the start of every other field.

    Raises SagelabError for a column that the model has not, and for a value that its column cannot have.
    """
    known = {each.name for each in fields}
    if unknown := [str(name) for name in given if name not in known]:
        raise SagelabError(f"The model has no column named {unknown[0]:.80}.")
    return [_value(each, given[each.name]) if each.name in given else each.start for each in fields]


def _value(one: Field, given: Any) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise SagelabError(f"{one.name} needs a number or a text.")
    if one.kind != "number":
        if len(str(given)) > LONGEST:
            raise SagelabError(f"{one.name} has at most {LONGEST} characters.")
        return " ".join(str(given).splitlines())
    try:
        number = float(given)
    except ValueError:
        raise SagelabError(f"{one.name} needs a number; {given!r:.40} is none.") from None
    if not math.isfinite(number):
        raise SagelabError(f"{one.name} needs a finite number.")
    return f"{number:.12g}"
