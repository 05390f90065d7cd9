"""What is drawn of runs: chosen columns, a comparison, axes with a place from 0 to 1 for each run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagelab.run_columns import Column, shown
from sagelab.runs import Run, Value, as_number

__all__ = ["Axis", "axis", "comparison", "first_axes", "first_columns", "within"]

MOST_STOPS, MOST_TEXTS = 100, 30
PLUMBING = ("sagemaker", "SageMaker.")


@dataclass(frozen=True)
class Axis:
    """A column on a scale: where each run stands, and the stops at which a range may end."""

    column: Column
    numeric: bool
    places: tuple[float | None, ...]
    stops: tuple[tuple[float, str], ...]

    def payload(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {
            "key": self.column.key,
            "label": self.column.name,
            "group": self.column.group,
            "numeric": self.numeric,
            "stops": [{"place": place, "text": text} for place, text in self.stops],
        }


def axis(runs: Sequence[Run], column: Column) -> Axis:
    """The scale of a column: linear where all its values are numbers, else one place for each text, by the alphabet."""
    values = [column.value(run) for run in runs]
    present = [value for value in values if value is not None]
    numbers = [as_number(value) for value in present]
    if present and all(number is not None for number in numbers):
        return _linear(column, values, sorted({number for number in numbers if number is not None}))
    texts = sorted({shown(value) for value in present}, key=str.casefold)
    where = {text: _share(i, 0, len(texts) - 1) for i, text in enumerate(texts)}
    places = tuple(None if value is None else where[shown(value)] for value in values)
    return Axis(column, numeric=False, places=places, stops=tuple((where[text], text) for text in texts))


def _linear(column: Column, values: Sequence[Value | None], distinct: Sequence[float]) -> Axis:
    low, high = distinct[0], distinct[-1]
    step = max(1, -(-len(distinct) // MOST_STOPS))
    ends = [*distinct[:-1:step], high]
    places = tuple(
        None if (number := as_number(value)) is None else _share(number, low, high) for value in values
    )
    stops = tuple((_share(number, low, high), shown(number)) for number in ends)
    return Axis(column, numeric=True, places=places, stops=stops)


def _share(value: float, low: float, high: float) -> float:
    return 0.5 if high == low else (value - low) / (high - low)


def within(axes: Sequence[Axis], ranges: Mapping[str, tuple[int, int]]) -> list[bool]:
    """Whether each run stands inside every range; a range is two stops of its axis, both counted in."""
    count = len(axes[0].places) if axes else 0
    inside = [True] * count
    for one in axes:
        if one.column.key in ranges and one.stops:
            first, last = ranges[one.column.key]
            low, high = (one.stops[min(i, len(one.stops) - 1)][0] for i in (first, last))
            if (first, last) != (0, len(one.stops) - 1):
                inside = [
                    kept and place is not None and low - 1e-12 <= place <= high + 1e-12
                    for kept, place in zip(inside, one.places, strict=True)
                ]
    return inside


def first_columns(runs: Sequence[Run], columns: Sequence[Column]) -> list[str]:
    """The columns to begin with: status and start, parameters that differ, the metrics."""
    parameters = [column for column in columns if _differs(runs, column) and column.group == "parameter"]
    metrics = [column for column in columns if column.group == "metric"]
    base = [column for column in columns if column.key in ("status", "started")]
    return [column.key for column in (*base, *parameters[:5], *metrics[:4])]


def first_axes(runs: Sequence[Run], columns: Sequence[Column]) -> list[str]:
    """The axes to begin with: up to four parameters that differ, up to three metrics."""
    chosen = [
        column
        for column in columns
        if _differs(runs, column) and (column.group == "metric" or _axis_fits(runs, column))
    ]
    parameters = [column for column in chosen if column.group == "parameter"]
    return [column.key for column in (*parameters[:4], *[c for c in chosen if c.group == "metric"][:3])]


def _axis_fits(runs: Sequence[Run], column: Column) -> bool:
    one = axis(runs, column)
    return one.numeric or len(one.stops) <= MOST_TEXTS


def _differs(runs: Sequence[Run], column: Column) -> bool:
    if column.name.startswith(PLUMBING):
        return False
    return len({shown(column.value(run)) for run in runs}) > 1


def comparison(runs: Sequence[Run], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """A row for each column that some of the runs fill: their cells side by side, and whether they differ."""
    found = []
    for column in columns:
        cells = [shown(column.value(run)) for run in runs]
        if any(cells) and column.key != "run":
            row = {
                "group": column.group,
                "label": column.name,
                "cells": cells,
                "differs": len(set(cells)) > 1,
            }
            found.append(row)
    return sorted(found, key=lambda row: not row["differs"])
