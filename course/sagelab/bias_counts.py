"""The counts behind a bias report: Clarify's analysis.json has none, so they are counted in the table that it read."""

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sagelab.bias import Meaning
from sagelab.bias_reading import Group, Report
from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

__all__ = ["Counts", "count", "worked"]

INTERVAL = re.compile(r"\((?P<low>[^,]+), [^,]+\]")
CLOSE = 1e-6


@dataclass(frozen=True)
class Counts:
    """People by group and label (a1: group a, good label), and by what was predicted for them, if that is known."""

    na: int
    nd: int
    a1: int
    a0: int
    d1: int
    d0: int
    tpa: int | None = None
    fpa: int | None = None
    fna: int | None = None
    tna: int | None = None
    tpd: int | None = None
    fpd: int | None = None
    fnd: int | None = None
    tnd: int | None = None

    def named(self) -> dict[str, int]:
        """All counts as the formulas name them: na(1) with the good label, nd'(0) rejected, TPa."""
        return {_formula_name(name): value for name, value in self.numbers().items()}

    def numbers(self) -> dict[str, int]:
        """All counts by name, with pa and pd accepted, ra and rd rejected."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        if "tpa" in known:
            for group in "ad":
                known[f"p{group}"] = known[f"tp{group}"] + known[f"fp{group}"]
                known[f"r{group}"] = known[f"fn{group}"] + known[f"tn{group}"]
        return known


def count(table: "pd.DataFrame", report: Report, group: Group, predicted: str | None = None) -> Counts:
    """Count a group's people in the table that the analysis read; `predicted` names the column of predicted labels.

    Raises SagelabError where a column is missing, or where the table does not give the report's numbers.
    """
    import numpy as np

    for name in (report.label, group.facet, *([predicted] if predicted else [])):
        if name not in table.columns:
            raise SagelabError(
                f"The table has no column {name!r}; it has {', '.join(map(str, table.columns))}."
            )
    is_d = members(table[group.facet], group.value)
    good = members(table[report.label], report.good)
    hats = None
    if predicted:
        said = table[predicted]
        hats = said.to_numpy(dtype=bool) if said.dtype == bool else members(said, report.good)
    _agree(group, is_d, good, hats)

    def people(*masks: Any) -> int:
        return int(np.logical_and.reduce(masks).sum())

    found = Counts(
        people(~is_d), people(is_d),
        people(~is_d, good), people(~is_d, ~good), people(is_d, good), people(is_d, ~good),
    )  # fmt: skip
    if hats is None:
        return found
    cells = {
        f"{cell}{letter}": people(side, label, hat)
        for letter, side in (("a", ~is_d), ("d", is_d))
        for cell, label, hat in (
            ("tp", good, hats), ("fp", ~good, hats), ("fn", good, ~hats), ("tn", ~good, ~hats),
        )
    }  # fmt: skip
    return Counts(**(asdict(found) | cells))


def members(column: "pd.Series[Any]", value: str) -> "npt.NDArray[np.bool_]":
    """The rows that carry a value as analysis.json names it: `1`, `a,b`, or above the lower end of `(45.0, 81.0]`."""
    import numpy as np
    import pandas as pd

    interval = INTERVAL.fullmatch(value)
    wanted = [value, *value.split(",")]
    try:
        numbers = pd.to_numeric(column).to_numpy(dtype=float)
        if interval:
            return np.asarray(numbers > float(interval["low"]), dtype=np.bool_)
        exact = [number for number in map(_number, wanted) if number is not None]
        return pd.Series(numbers).isin(exact).to_numpy(dtype=bool)
    except (ValueError, TypeError):
        return column.astype(str).isin(wanted).to_numpy(dtype=bool)


def worked(meaning: Meaning, counts: Counts) -> str:
    """The formula with the counts in it; "" where it needs more than those."""
    try:
        return meaning.worked.format_map({name: f"{value:,}" for name, value in counts.numbers().items()})
    except KeyError:
        return ""


def _formula_name(name: str) -> str:
    """`na` is `na`, `a1` is `na(1)`, `pd` is `nd'(1)`, `tpa` is `TPa`."""
    if name in ("na", "nd"):
        return name
    if len(name) == 3:
        return name[:2].upper() + name[2]
    if name[0] in "pr":
        return f"n{name[1]}'({1 if name[0] == 'p' else 0})"
    return f"n{name[0]}({name[1]})"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _agree(group: Group, is_d: Any, good: Any, hats: Any) -> None:
    """The report's metrics must come out of these rows; else the counts would explain other numbers."""
    from sagelab.account.containers import bias

    table = bias.count(is_d, good, hats, None)
    known = bias.PRE_TRAINING if hats is None else bias.PRE_TRAINING + bias.POST_TRAINING
    measures = {metric.name: metric for metric in known if not metric.needs_groups}
    for one in group.metrics:
        metric = measures.get(one.meaning.name)
        if metric is None or one.value is None:
            continue
        try:
            value = bias.value(metric, table, grouped=False)
        except bias.MetricError:
            value = float("nan")
        if not (value == one.value or abs(value - one.value) <= CLOSE):
            raise SagelabError(
                f"The table gives {metric.name} = {value:.4f} for {group.name}, the report says {one.value:.4f}; "
                "count in the rows, and the predictions, that the job has read."
            )
