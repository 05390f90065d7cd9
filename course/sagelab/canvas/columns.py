"""A table as Canvas's Build page shows it: each column's type, missing, mismatched, unique, center, distribution.

Columns are columns of text, as a CSV has them, so that what is said here is what an AutoML job will find.
"""

from __future__ import annotations

import io
import itertools
import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Column", "as_imported", "association", "describe", "typed"]

MOSTLY = 0.95  # the share of a column's values that make its type; the others are mismatched
BINS = 12
BARS = 6
MOST_CATEGORIES = 50  # beyond it an association says more about the count of rows than about the column
NUMERIC, CATEGORICAL, TEXT, DATETIME = "Numeric", "Categorical", "Text", "Datetime"


@dataclass(frozen=True)
class Column:
    """One line of the Build page. `reason` says why an AutoML job would drop the column, where it would."""

    name: str
    kind: str
    rows: int
    missing: int
    mismatched: int
    unique: int
    center: str  # the mean of numbers, else the most frequent value
    bars: tuple[tuple[str, int], ...]  # equal ranges of numbers, or the most frequent values and the others
    correlation: float | None  # with the target
    measure: str  # which correlation: Pearson's r, correlation ratio, Cramér's V
    reason: str = ""

    def payload(self) -> dict[str, Any]:
        """The column as plain JSON."""
        return asdict(self)


def as_imported(table: pd.DataFrame) -> pd.DataFrame:
    """The table as its CSV is read back: text, and missing cells. Raises SagelabError where it is no table."""
    import pandas as pd

    if not isinstance(table, pd.DataFrame) or not len(table) or len(table.columns) < 2:
        raise SagelabError("Canvas needs a pandas DataFrame with rows and at least two columns.")
    names = [str(name) for name in table.columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SagelabError(f"Column {twice} occurs twice; columns need names of their own.")
    if blank := [name for name in names if not name.strip()]:
        raise SagelabError(f"{len(blank)} column has no name; name it first.")
    text = table.set_axis(names, axis=1).to_csv(index=False)
    return pd.read_csv(io.StringIO(text), dtype=str, skip_blank_lines=False)


def numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Text as numbers; what is none, or not finite, is missing."""
    import numpy as np
    import pandas as pd

    return pd.to_numeric(values, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)


def moments(values: pd.Series[Any]) -> pd.Series[Any]:
    """Text as dates; what is none is missing."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pd.to_datetime(values, errors="coerce", utc=True)


def infer(values: pd.Series[Any]) -> tuple[str, str]:
    """The type of a column of text, and why an AutoML job would drop it ("" where it would not)."""
    present = values.dropna()
    different = present.nunique()
    if different < 2:
        return CATEGORICAL, "the same value everywhere" if len(present) else "no value at all"
    found = numbers(present)
    if found.notna().mean() >= MOSTLY:
        whole = different == len(values) and found.max() - found.min() == len(values) - 1
        return NUMERIC, "it counts the rows" if whole else ""
    sample = present.head(200)
    if sample.str.contains(r"\d[-/:]\d").mean() > MOSTLY and moments(sample).notna().mean() > MOSTLY:
        return DATETIME, ""
    if sample.str.count(r"\S+").mean() >= 4 and different > 0.5 * len(present):
        return TEXT, ""
    if different > 0.9 * len(values):
        return CATEGORICAL, "different in every row, like an identifier"
    return CATEGORICAL, ""


def typed(values: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """A column of text with the values that do not have its type taken out."""
    if kind == NUMERIC:
        return values.where(numbers(values).notna())
    if kind == DATETIME:
        return values.where(moments(values).notna())
    return values


def describe(table: pd.DataFrame, target: str) -> list[Column]:
    """Every column of a table of text, the target too (which has no correlation with itself)."""
    kinds = {name: infer(table[name]) for name in table.columns}
    return [_describe(table, name, kinds, target) for name in table.columns]


def _describe(table: pd.DataFrame, name: str, kinds: dict[str, tuple[str, str]], target: str) -> Column:
    values, (kind, reason) = table[name], kinds[name]
    fitting = typed(values, kind)
    correlation: float | None = None
    measure = ""
    if name != target and not reason:
        correlation, measure = association(fitting, kind, table[target], kinds[target][0])
    center = "" if not fitting.notna().any() else str(fitting.mode().iloc[0])
    if kind == NUMERIC:
        center = _short(float(numbers(fitting).mean()))
    return Column(
        name=name,
        kind=kind,
        rows=len(values),
        missing=int(values.isna().sum()),
        mismatched=int(values.notna().sum() - fitting.notna().sum()),
        unique=int(values.nunique()),
        center=center,
        bars=bars(fitting, kind),
        correlation=correlation,
        measure=measure,
        reason=reason,
    )


def bars(values: pd.Series[Any], kind: str) -> tuple[tuple[str, int], ...]:
    """How the values are spread: twelve equal ranges of numbers, or the most frequent values and the others."""
    import numpy as np

    if kind == NUMERIC and values.nunique() > BINS:
        counts, edges = np.histogram(numbers(values).dropna(), bins=BINS)
        ranges = [f"{_short(low)} to {_short(high)}" for low, high in itertools.pairwise(edges)]
        return tuple(zip(ranges, (int(count) for count in counts), strict=True))
    if kind in (TEXT, DATETIME):
        return ()
    found = values.value_counts()
    if kind == NUMERIC:
        return tuple((v, int(found[v])) for v in sorted(found.index, key=float))
    shown = [(str(value), int(count)) for value, count in found.head(BARS).items()]
    rest = int(found.iloc[BARS:].sum())
    return (*shown, (f"{len(found) - BARS} others", rest)) if rest else tuple(shown)


def association(
    values: pd.Series[Any], kind: str, target: pd.Series[Any], target_kind: str
) -> tuple[float | None, str]:
    """How much a column and the target go together, and by which measure; None where none fits.

    Numbers with numbers: Pearson's r, from -1 to 1. Numbers with categories: the correlation ratio, the root of
    the share of variance between the categories. Categories with categories: Cramér's V. Both from 0 to 1.
    """
    both = values.notna() & target.notna()
    values, target = values[both], target[both]
    quantities = (kind == NUMERIC, target_kind == NUMERIC and target.nunique() > 2)
    categories = [each for each, number in zip((values, target), quantities, strict=True) if not number]
    if kind in (TEXT, DATETIME) or any(each.nunique() > MOST_CATEGORIES for each in categories):
        return None, ""
    if all(quantities):
        return _finite(numbers(values).corr(numbers(target))), "Pearson's r"
    if any(quantities):
        amounts, groups = (values, target) if quantities[0] else (target, values)
        return _finite(_ratio(numbers(amounts), groups)), "correlation ratio"
    return _finite(_cramers_v(values, target)), "Cramér's V"


def _ratio(amounts: pd.Series[Any], groups: pd.Series[Any]) -> float:
    middle = amounts.mean()
    total = float(((amounts - middle) ** 2).sum())
    between = float(((amounts.groupby(groups).transform("mean") - middle) ** 2).sum())
    return (between / total) ** 0.5 if total > 0 else float("nan")


def _cramers_v(left: pd.Series[Any], right: pd.Series[Any]) -> float:
    import numpy as np
    import pandas as pd

    seen = pd.crosstab(left, right).to_numpy(float)
    if min(seen.shape) < 2:
        return float("nan")
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    chi_squared = float(((seen - expected) ** 2 / expected).sum())
    return float((chi_squared / (seen.sum() * (min(seen.shape) - 1))) ** 0.5)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _finite(value: float) -> float | None:
    return None if value != value else round(float(value), 6)  # noqa: PLR0124 - NaN is not itself
