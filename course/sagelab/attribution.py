"""What pushed a model's output up or down: order, positions and sums behind the SHAP explorer's three pictures.

Pure functions on a table of clients and their SHAP values (n clients x d features, in units of the output).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Attribution", "Column", "Step", "Trend", "explain", "importance", "jitter", "trend", "waterfall"]

MOST_BARS = 9
MOST_FEATURES = 30
MOST_CLIENTS = 1000


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall; `feature` is a column number, or -1 for all the smaller ones together."""

    feature: int
    value: float
    start: float
    end: float


@dataclass(frozen=True)
class Trend:
    """Clients whose feature lies in one range or category, and the mean of their SHAP values."""

    label: str
    rows: int
    mean: float


@dataclass(frozen=True)
class Column:
    """One feature, ready to draw: a value, a SHAP value and a sideways shift (-1 to 1) for each client shown.

    `values` holds None where the value is missing; with `categories` it holds positions in that list.
    `low` and `high` are the 5th and 95th percentile, the two ends of the color scale.
    """

    name: str
    importance: float
    values: tuple[float | None, ...]
    categories: tuple[str, ...]
    shap: tuple[float, ...]
    jitter: tuple[float, ...]
    low: float
    high: float
    trend: tuple[Trend, ...]


@dataclass(frozen=True)
class Attribution:
    """Everything that the explorer draws; columns run from the most to the least important.

    `waterfalls` names for each client the columns in the order of its bars; -1 stands for all the others,
    which make up the difference to the client's output.
    """

    output: str
    base: float
    clients: tuple[str, ...]
    total: int
    columns: tuple[Column, ...]
    features: int
    outputs: tuple[float, ...]
    waterfalls: tuple[tuple[int, ...], ...]

    def payload(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


def importance(values: ArrayLike) -> NDArray[np.float64]:
    """Mean |SHAP| of each feature: how far it moves the output of a client on average."""
    return np.asarray(np.abs(np.asarray(values, dtype=float)).mean(axis=0), dtype=float)


def jitter(values: ArrayLike, bins: int = 90, step: float = 0.16) -> NDArray[np.float64]:
    """Sideways shifts from -1 to 1 that keep dots of nearly equal value apart, so that crowds look wide.

    Where dots at `step` from one another would not fit, a crowd is as wide as the square root of its size.
    """
    numbers = np.asarray(values, dtype=float)
    ranks = np.zeros(numbers.size)
    crowds = [np.flatnonzero(places) for places in _places(numbers, bins)]
    for crowd in crowds:
        turn = np.arange(crowd.size)
        ranks[crowd] = np.where(turn % 2, 1, -1) * ((turn + 1) // 2)
    widest = float(np.abs(ranks).max(initial=0.0))
    for crowd in crowds:
        outermost = float(np.abs(ranks[crowd]).max())
        if outermost:
            ranks[crowd] *= min(step, np.sqrt(outermost / widest) / outermost)
    return ranks


def _places(numbers: NDArray[np.float64], bins: int) -> list[NDArray[np.bool_]]:
    """Which values share a bin, for each bin that holds one."""
    span = np.ptp(numbers) if numbers.size else 0.0
    if span == 0.0:
        return [np.ones(numbers.size, dtype=bool)] if numbers.size else []
    places = np.floor((numbers - numbers.min()) / span * (bins - 1e-9)).astype(int)
    return [places == place for place in np.unique(places)]


def waterfall(values: ArrayLike, base: float, most: int = MOST_BARS) -> tuple[Step, ...]:
    """Bars from the base value to the client's output, largest first; the last one ends at base + sum(values).

    Features beyond the `most` largest share a bar, unless there is only one of them.
    """
    row = np.asarray(values, dtype=float)
    order = np.argsort(-np.abs(row), kind="stable")
    most = order.size if order.size == most + 1 else most
    parts = [(int(index), float(row[index])) for index in order[:most]]
    if order.size > most:
        parts.append((-1, float(row[order[most:]].sum())))
    steps, at = [], float(base)
    for feature, value in parts:
        steps.append(Step(feature, value, at, at + value))
        at += value
    return tuple(steps)


def trend(column: pd.Series[Any], shap: ArrayLike, parts: int = 6) -> tuple[Trend, ...]:
    """The mean SHAP value by ranges of a feature (equal numbers of clients) or by its categories."""
    effects = np.asarray(shap, dtype=float)
    known = column.dropna()
    if _is_number(column) and known.nunique() > parts + 2:
        groups = _ranges(column, known, parts)
    else:
        groups = {_name(value): np.asarray(column == value) for value in _in_order(known)}
    groups["missing"] = np.asarray(column.isna())
    return tuple(
        Trend(label, int(inside.sum()), float(effects[inside].mean()))
        for label, inside in groups.items()
        if inside.any()
    )


def _ranges(column: pd.Series[Any], known: pd.Series[Any], parts: int) -> dict[str, NDArray[np.bool_]]:
    """Which rows lie in each range; a range holds its upper end, the first one also its lower, missing none."""
    cuts = np.arange(1, parts) / parts
    inner = np.unique(np.quantile(known.to_numpy(dtype=float), cuts, method="inverted_cdf"))
    edges = np.unique(np.array([known.min(), *inner, known.max()], dtype=float))
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    places = np.maximum(np.searchsorted(edges, numbers, side="left"), 1)
    names = [_name(edge) for edge in edges]
    return {f"{names[k - 1]} to {names[k]}": places == k for k in range(1, edges.size)}


def explain(table: pd.DataFrame, values: ArrayLike, base: float, output: str = "output") -> Attribution:
    """Check a table and its SHAP values and prepare what the explorer draws.

    Above 1,000 clients, 1,000 evenly spaced rows are drawn; importance and trends use every row.
    """
    matrix = _checked(table, values, base)
    scores = importance(matrix)
    order = np.argsort(-scores, kind="stable")[:MOST_FEATURES]
    rows = np.unique(np.linspace(0, len(table) - 1, min(len(table), MOST_CLIENTS)).round().astype(int))
    outputs = float(base) + matrix[rows].sum(axis=1)
    place = {int(feature): column for column, feature in enumerate(order)}
    return Attribution(
        output=output,
        base=float(base),
        clients=tuple(str(label) for label in table.index[rows]),
        total=len(table),
        columns=tuple(_column(table.iloc[:, i], matrix[:, i], rows, float(scores[i])) for i in order),
        features=matrix.shape[1],
        outputs=_rounded(outputs),
        waterfalls=tuple(_bars(row, float(base), place) for row in matrix[rows]),
    )


def _bars(row: NDArray[np.float64], base: float, place: dict[int, int]) -> tuple[int, ...]:
    """The columns of a client's bars; a feature outside the 30 most important ones counts as one of the others."""
    columns = [place.get(step.feature, -1) for step in waterfall(row, base)]
    others = [-1] if -1 in columns else []
    return tuple([column for column in columns if column >= 0] + others)


def _checked(table: pd.DataFrame, values: ArrayLike, base: float) -> NDArray[np.float64]:
    matrix = np.asarray(values, dtype=float)
    if matrix.shape != table.shape or not matrix.size:
        raise SagelabError(
            f"The table is {' x '.join(map(str, table.shape))} but the SHAP values are "
            f"{' x '.join(map(str, matrix.shape))}; both must be clients x features, with at least one of each."
        )
    if not (np.isfinite(matrix).all() and np.isfinite(base)):
        raise SagelabError("The SHAP values and the base value must be numbers, none missing or infinite.")
    if table.index.has_duplicates:
        raise SagelabError("Two clients share a row label; call table.reset_index(drop=True) first.")
    return matrix


def _column(
    column: pd.Series[Any], shap: NDArray[np.float64], rows: NDArray[np.int_], score: float
) -> Column:
    categories, numbers = _encode(column)
    known = numbers[np.isfinite(numbers)]
    low, high = np.quantile(known, [0.05, 0.95]) if known.size else (0.0, 0.0)
    if low == high and known.size:
        low, high = known.min(), known.max()
    return Column(
        name=str(column.name),
        importance=score,
        values=tuple(float(number) if np.isfinite(number) else None for number in numbers[rows]),
        categories=categories,
        shap=_rounded(shap[rows]),
        jitter=tuple(round(float(shift), 3) for shift in jitter(shap[rows])),
        low=float(low),
        high=float(high),
        trend=trend(column, shap),
    )


def _encode(column: pd.Series[Any]) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Numbers as they are; categories as positions in an ordered list of names."""
    if _is_number(column):
        return (), column.to_numpy(dtype=float, na_value=np.nan)
    kept = _in_order(column.dropna())
    places = {value: float(place) for place, value in enumerate(kept)}
    numbers = np.array([places.get(value, np.nan) for value in column], dtype=float)
    return tuple(_name(value) for value in kept), numbers


def _is_number(column: pd.Series[Any]) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return is_numeric_dtype(column) and not is_bool_dtype(column)


def _in_order(known: pd.Series[Any]) -> Sequence[Any]:
    return sorted(known.unique(), key=lambda value: value if _is_number(known) else str(value))


def _name(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int | np.integer) and not isinstance(value, bool) else str(value)


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Seven significant digits: far below a pixel, and half the size of the payload."""
    return tuple(float(f"{value:.7g}") for value in values)
