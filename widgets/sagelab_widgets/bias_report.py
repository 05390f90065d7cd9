"""The bias report: Clarify's metrics with their meaning, group by group, against the learner's tolerance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import traitlets

from sagelab.bias import NOTATION
from sagelab.bias_reading import Group, Measured, Report, distance, lean, load, moved, read, says
from sagelab.errors import SagelabError
from sagelab_widgets.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from sagelab.bias_counts import Counts

__all__ = ["BiasReport"]

FAR = 1e6  # stands for infinity on the chart's axis
MOST = 0.95  # a larger tolerance calls everything fair


class BiasReport(Widget, asset="bias_report"):
    """Show the bias metrics of an analysis.json: a dictionary, a path, or an s3:// address with `lab`.

    `after` is a second analysis to compare with, as after a mitigation; `names` is what the two are called. With the
    `table` that the job read (and `predicted`, the name of its column of predicted labels) the counts behind the
    first report's metrics are shown too: analysis.json has none.
    """

    report = traitlets.Dict().tag(sync=True)
    group = traitlets.Unicode().tag(sync=True)
    stage = traitlets.Enum(("all", "pre", "post"), "all").tag(sync=True)
    metric = traitlets.Unicode().tag(sync=True)
    tolerance = traitlets.Float(0.1, min=0, max=MOST).tag(sync=True)

    def __init__(
        self,
        analysis: Any,
        lab: Any = None,
        *,
        after: dict[str, Any] | str | Path | None = None,
        names: Sequence[str] = ("before", "after"),
        table: pd.DataFrame | None = None,
        predicted: str | None = None,
        tolerance: float = 0.1,
    ) -> None:
        first = read(load(analysis, lab))
        second = None if after is None else read(load(after, lab))
        if len(names) != 2:
            raise SagelabError("Give two names, for the report and for the one after it.")
        groups = [_payload(first, place, second, table, predicted) for place in _places(first, second)]
        super().__init__(
            report={
                "label": first.label,
                "good": first.good,
                "names": [str(name) for name in names] if second else [],
                "notation": NOTATION,
                "groups": groups,
            },
            group=groups[0]["name"],
            metric=groups[0]["metrics"][0]["name"],
            tolerance=tolerance,
        )

    def __repr__(self) -> str:
        lines = []
        for group in self.report["groups"]:
            outside = [
                metric["name"]
                for metric in group["metrics"]
                if metric["results"][0] and metric["results"][0]["distance"] > self.tolerance
            ]
            told = ", ".join(outside) or "none"
            lines.append(f"{group['name']}: outside a tolerance of {self.tolerance:g}: {told}")
        return "\n".join(["Bias report", *lines])

    @traitlets.validate("group", "metric")
    def _known(self, proposal: Any) -> Any:
        name, groups = proposal["trait"].name, self.report["groups"]
        known = [group["name"] for group in groups]
        if name == "metric":
            known = sorted({metric["name"] for group in groups for metric in group["metrics"]})
        if proposal["value"] not in known:
            raise traitlets.TraitError(f"'{proposal['value']}' is not one of {', '.join(known)}.")
        return proposal["value"]

    @traitlets.validate("tolerance")
    def _number(self, proposal: Any) -> Any:
        if math.isnan(proposal["value"]):
            raise traitlets.TraitError("A tolerance is a number.")
        return proposal["value"]


def _places(first: Report, second: Report | None) -> list[Group]:
    """The groups of the first report, then those that only the second one has."""
    found: dict[str, Group] = {}
    for group in [*first.groups, *(second.groups if second else ())]:
        found.setdefault(group.name, group)
    return list(found.values())


def _of(report: Report | None, place: Group) -> Group | None:
    groups = report.groups if report else ()
    return next((group for group in groups if group.name == place.name), None)


def _payload(
    first: Report, place: Group, second: Report | None, table: pd.DataFrame | None, predicted: str | None
) -> dict[str, Any]:
    """A group as the browser gets it."""
    before, after = _of(first, place), _of(second, place)
    counts = None
    if table is not None and before is not None:
        from sagelab.bias_counts import count

        counts = count(table, first, before, predicted)
    sides = [_by_name(before), _by_name(after)]
    names = dict.fromkeys([*sides[0], *sides[1]])
    return {
        "name": place.name,
        "counts": counts.named() if counts else {},
        "metrics": [_metric([side.get(name) for side in sides], counts) for name in names],
    }


def _by_name(group: Group | None) -> dict[str, Measured]:
    return {one.meaning.name: one for one in (group.metrics if group else ())}


def _metric(pair: list[Measured | None], counts: Counts | None) -> dict[str, Any]:
    """One metric: what it means, and its result before and after."""
    meaning = next(one.meaning for one in pair if one)
    told = ""
    if counts is not None:
        from sagelab.bias_counts import worked

        told = worked(meaning, counts)
    words = ("name", "title", "stage", "asks", "formula", "range", "fair", "note", "source")
    return {
        **{word: getattr(meaning, word) for word in words},
        "sided": bool(meaning.against),
        "worked": told,
        "results": [_result(one) if one else None for one in pair],
        "moved": moved(meaning, *(one.value if one else None for one in pair)),
    }


def _result(one: Measured) -> dict[str, Any]:
    """A value as JSON can hold it, and what it says."""
    if one.value is None:
        return {"value": None, "distance": None, "error": one.error}
    infinite = math.isinf(one.value)
    return {
        "value": ("Infinity" if one.value > 0 else "-Infinity") if infinite else one.value,
        "distance": min(distance(one.meaning, one.value), FAR),
        "lean": max(min(lean(one.meaning, one.value), FAR), -FAR),
        "says": says(one.meaning, one.value),
        "error": "",
    }
