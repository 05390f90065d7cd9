"""The runs that an experiments table works on: what is filtered, sorted, ranged, picked; and what is drawn of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sagelab.errors import SagelabError
from sagelab.run_columns import Column, columns_of, filtered, shown, sort_runs
from sagelab.run_record import record_of
from sagelab.run_view import Axis, axis, comparison, first_axes, first_columns, within
from sagelab.runs import Run

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RunDesk"]

Ranges = Mapping[str, tuple[int, int]]
MOST_PICKED = 6


class RunDesk:
    """The runs that `read` gives; `read` is called again by `look`."""

    def __init__(self, read: Callable[[], list[Run]]) -> None:
        self._read = read
        self.runs: list[Run] = []
        self.columns: dict[str, Column] = {}
        self.kept: list[Run] = []  # for which the filter holds, in order
        self.inside: list[Run] = []  # of these, those inside every range

    def look(self) -> None:
        """Read the runs again."""
        self.runs = self._read()
        self.columns = {column.key: column for column in columns_of(self.runs)}

    @property
    def moving(self) -> bool:
        """Whether a run is still at work."""
        return any(run.status in ("InProgress", "Stopping") for run in self.runs)

    def first(self) -> dict[str, Any]:
        """The view to begin with: columns, axes, the metric that colors, and the scatter's two columns."""
        columns = list(self.columns.values())
        axes = first_axes(self.runs, columns)
        metrics = [key for key in axes if key.startswith("metrics.")] or [
            column.key for column in columns if column.group == "metric"
        ]
        scales = [axis(self.runs, self.columns[key]) for key in axes if key.startswith("params.")]
        parameters = [one.column.key for one in sorted(scales, key=lambda one: not one.numeric)]
        return {
            "columns": first_columns(self.runs, columns),
            "axes": axes,
            "color": metrics[0] if metrics else "",
            "across": parameters[0] if parameters else "",
            "up": metrics[0] if metrics else "",
        }

    def choose(self, text: str, by: str, axes: Sequence[str], ranges: Ranges, *, descending: bool) -> None:
        """Filter, sort and range the runs; raises SagelabError, and leaves all as it was, for what is no filter."""
        kept = filtered(self.runs, text)
        if by in self.columns:
            kept = sort_runs(kept, self.columns[by], descending=descending)
        scales = self.scales(axes, kept)
        flags = within(scales, ranges) if scales else [True] * len(kept)
        self.kept = kept
        self.inside = [run for run, flag in zip(kept, flags, strict=True) if flag]

    def scales(self, keys: Sequence[str], runs: Sequence[Run]) -> list[Axis]:
        """The axes of these columns: scaled over all runs, places for `runs`."""
        found = []
        at = [self._place[id(run)] for run in runs]
        for key in keys:
            whole = axis(self.runs, self.columns[key])
            places = tuple(whole.places[i] for i in at)
            found.append(Axis(whole.column, whole.numeric, places, whole.stops))
        return found

    @property
    def _place(self) -> dict[int, int]:
        return {id(run): i for i, run in enumerate(self.runs)}

    # -- what is shown -----------------------------------------------------------------------------------------
    def table(self, keys: Sequence[str]) -> dict[str, Any]:
        """Heads and cells of the runs inside the ranges."""
        columns = [self.columns[key] for key in keys]
        rows = [
            {"id": run.id, "name": run.name, "cells": [shown(column.value(run)) for column in columns]}
            for run in self.inside
        ]
        return {
            "heads": [{"key": c.key, "group": c.group, "label": c.name} for c in columns],
            "rows": rows,
            "shown": len(rows),
            "count": len(self.runs),
        }

    def chart(self, axes: Sequence[str], color: str, across: str, up: str) -> dict[str, Any]:
        """Axes, and a line for each run that the filter keeps; a dot where the scatter has both values."""
        scales = self.scales(axes, self.kept)
        inside = {run.id for run in self.inside}
        shade = self.scales([color], self.kept)[0] if color in self.columns else None
        dots = [self.scales([key], self.kept)[0] if key in self.columns else None for key in (across, up)]
        lines = [
            {
                "id": run.id,
                "name": run.name,
                "inside": run.id in inside,
                "places": [one.places[i] for one in scales],
                "shade": shade.places[i] if shade and shade.numeric else None,
                "dot": [one.places[i] if one else None for one in dots],
            }
            for i, run in enumerate(self.kept)
        ]
        return {
            "axes": [one.payload() for one in scales],
            "color": shade.payload() if shade and shade.numeric else None,
            "scatter": [one.payload() if one else None for one in dots],
            "lines": lines,
        }

    def compare(self, picked: Sequence[str]) -> dict[str, Any]:
        """The picked runs side by side; nothing for fewer than two."""
        runs = [run for run in self.runs if run.id in picked]
        if len(runs) < 2:
            return {}
        rows = comparison(runs, list(self.columns.values()))
        return {"names": [run.name for run in runs], "rows": rows}

    def record(self, run_id: str) -> dict[str, Any]:
        """All that was written down of a run."""
        return record_of(self.find(run_id))

    def find(self, run_id: str) -> Run:
        """A run by its id; raises SagelabError."""
        for run in self.runs:
            if run.id == run_id:
                return run
        raise SagelabError("This run is no longer there. Look again.")

    def frame(self, keys: Sequence[str]) -> "pd.DataFrame":
        """The runs inside the ranges as a DataFrame: numbers as numbers, indexed by the runs' names."""
        import pandas as pd

        data = {key: [self.columns[key].value(run) for run in self.inside] for key in keys}
        return pd.DataFrame(data, index=pd.Index([run.name for run in self.inside], name="run"))
