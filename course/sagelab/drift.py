"""How far live data has moved from a baseline: PSI, Kolmogorov-Smirnov and chi-squared, bin by bin.

Pure functions on numbers and tables; the drift explorer only draws what `compare` returns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sagelab.bins import count_categories, count_numbers, is_categorical, known
from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Comparison",
    "FeatureDrift",
    "Shift",
    "Statistic",
    "chi_squared",
    "compare",
    "ks",
    "psi",
    "psi_terms",
]

Kind = Literal["numeric", "categorical"]


@dataclass(frozen=True)
class Statistic:
    """A test's value, how likely one as large is without drift, and the size of the effect from 0 to 1."""

    value: float
    p_value: float
    effect: float


@dataclass(frozen=True)
class Shift:
    """One month of one feature against the baseline; `ks` is None for categories, which have no order."""

    month: str
    rows: int
    shares: tuple[float, ...]
    psi: float
    terms: tuple[float, ...]
    chi_squared: Statistic
    ks: Statistic | None


@dataclass(frozen=True)
class FeatureDrift:
    """One feature: its bins, the baseline's share of rows in each, and how each month differs."""

    feature: str
    kind: Kind
    bins: tuple[str, ...]
    rows: int
    shares: tuple[float, ...]
    shifts: tuple[Shift, ...]


@dataclass(frozen=True)
class Comparison:
    """A baseline against each month, feature by feature."""

    baseline: str
    months: tuple[str, ...]
    features: tuple[FeatureDrift, ...]

    def of(self, feature: str) -> FeatureDrift:
        """The drift of one feature."""
        for drift in self.features:
            if drift.feature == feature:
                return drift
        names = ", ".join(drift.feature for drift in self.features)
        raise SagelabError(f"'{feature}' was not compared; compared were: {names}.")

    def payload(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


def psi_terms(baseline: ArrayLike, live: ArrayLike, floor: float = 1e-4) -> NDArray[np.float64]:
    """What each bin adds to the PSI: (live - baseline) * ln(live / baseline), on shares of rows.

    A share below `floor` counts as `floor`: an empty bin would make the logarithm infinite.
    """
    before = np.maximum(np.asarray(baseline, dtype=float), floor)
    after = np.maximum(np.asarray(live, dtype=float), floor)
    return np.asarray((after - before) * np.log(after / before), dtype=float)


def psi(baseline: ArrayLike, live: ArrayLike, floor: float = 1e-4) -> float:
    """Population stability index of two lists of shares; 0 says that they are equal (Siddiqi 2006)."""
    return float(psi_terms(baseline, live, floor).sum())


def ks(baseline: ArrayLike, live: ArrayLike) -> Statistic:
    """Two-sample Kolmogorov-Smirnov: the widest gap between the two cumulative distributions.

    The p-value is the large-sample one with Stephens's correction (1970). Missing values are left out.
    """
    from scipy.special import kolmogorov

    before, after = known(baseline), known(live)
    if not (before.size and after.size):
        raise SagelabError("The KS test needs at least one value that is not missing on both sides.")
    points = np.concatenate([before, after])
    below = [np.searchsorted(side, points, side="right") / side.size for side in (before, after)]
    gap = float(np.abs(below[0] - below[1]).max())
    root = float(np.sqrt(before.size * after.size / (before.size + after.size)))
    return Statistic(gap, float(kolmogorov((root + 0.12 + 0.11 / root) * gap)), gap)


def chi_squared(baseline: ArrayLike, live: ArrayLike) -> Statistic:
    """Chi-squared test that two lists of counts have the same shares; the effect is Cramer's V.

    With many rows the p-value is tiny for a shift that nobody would act on; the effect does not grow with rows.
    """
    from scipy.special import chdtrc

    table = np.array([np.asarray(baseline, dtype=float), np.asarray(live, dtype=float)])
    if not table.sum(axis=1).all():
        raise SagelabError("The chi-squared test needs at least one row on both sides.")
    table = table[:, table.sum(axis=0) > 0]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    degrees = table.shape[1] - 1
    p_value = float(chdtrc(degrees, statistic)) if degrees else 1.0
    return Statistic(statistic, p_value, float(np.sqrt(statistic / table.sum())))


def compare(
    baseline: pd.DataFrame,
    live: Mapping[str, pd.DataFrame],
    features: Sequence[str] | None = None,
    *,
    categorical: Collection[str] | None = None,
    baseline_name: str = "baseline",
) -> Comparison:
    """Compare each live table with the baseline, feature by feature.

    Numbers are cut at the baseline's deciles, categories are counted one by one, missing values are a bin of
    their own. Without `categorical`, text, booleans and at most 20 whole-number codes count as categories.
    """
    if not live:
        raise SagelabError("There is nothing to compare: give at least one month of live data.")
    chosen = list(baseline.columns) if features is None else list(features)
    tables = {baseline_name: baseline, **live}
    if len(tables) != len(live) + 1:
        raise SagelabError(f"A month may not have the baseline's name, '{baseline_name}'.")
    drifts = []
    for feature in chosen:
        columns = {name: _column(table, feature, name) for name, table in tables.items()}
        codes = is_categorical(baseline[feature]) if categorical is None else feature in categorical
        drifts.append(_drift(feature, "categorical" if codes else "numeric", columns))
    return Comparison(baseline_name, tuple(live), tuple(drifts))


def _drift(feature: str, kind: Kind, columns: dict[str, pd.Series[Any]]) -> FeatureDrift:
    """Cut one feature into bins; the first of the columns is the baseline."""
    if kind == "numeric":
        numbers = {name: _numbers(column, feature, name) for name, column in columns.items()}
        bins, counts = count_numbers(numbers, feature)
    else:
        numbers = {}
        bins, counts = count_categories(columns)
    used = np.sum(list(counts.values()), axis=0) > 0
    bins = [label for label, keep in zip(bins, used, strict=True) if keep]
    (first, before), *others = ((name, count[used]) for name, count in counts.items())
    shifts = []
    for month, after in others:
        terms = psi_terms(before / before.sum(), after / after.sum())
        test = ks(numbers[first], numbers[month]) if _both_known(numbers, first, month) else None
        shifts.append(
            Shift(
                month=month,
                rows=int(after.sum()),
                shares=_floats(after / after.sum()),
                psi=float(terms.sum()),
                terms=_floats(terms),
                chi_squared=chi_squared(before, after),
                ks=test,
            )
        )
    rows = int(before.sum())
    return FeatureDrift(feature, kind, tuple(bins), rows, _floats(before / rows), tuple(shifts))


def _column(table: pd.DataFrame, feature: str, name: str) -> pd.Series[Any]:
    if feature not in table.columns:
        raise SagelabError(
            f"'{name}' has no column '{feature}'; rename its columns to those of the baseline."
        )
    if list(table.columns).count(feature) > 1:
        raise SagelabError(f"'{name}' has several columns named '{feature}'; give each its own name.")
    if table.empty:
        raise SagelabError(f"'{name}' has no rows.")
    return table[feature]


def _numbers(column: pd.Series[Any], feature: str, name: str) -> NDArray[np.float64]:
    try:
        return column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as fault:
        raise SagelabError(
            f"'{feature}' is not a number in every row of '{name}' ({fault}); "
            "name it in `categorical` to compare it value by value."
        ) from fault


def _both_known(numbers: dict[str, NDArray[np.float64]], first: str, month: str) -> bool:
    return bool(numbers) and not np.isnan(numbers[month]).all() and not np.isnan(numbers[first]).all()


def _floats(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
