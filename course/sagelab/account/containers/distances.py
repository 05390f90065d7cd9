"""How far two distributions are apart: the distances of the data quality monitor's baseline drift check.

AWS developer guide, "Schema for Constraints": `Simple` (linf_simple) is the largest absolute difference between two
cumulative distribution functions. `Robust` (linf_robust) "is based on linf_simple, but is used when there are not
enough samples" and "is based on the two-sample Kolmogorov-Smirnov test"; AWS publishes no formula. Our reading: the
distance counts only where that test finds it at 5 %, else it is 0. For text columns the guide names LInfinity and
ChiSquared without formulas; ours are written at the functions.
"""

from collections.abc import Mapping

import numpy as np

from .table import Floats

SIMPLE, ROBUST = "Simple", "Robust"
LINFINITY, CHI_SQUARED = "LInfinity", "ChiSquared"
METHODS = {SIMPLE: SIMPLE, ROBUST: ROBUST, "linf_simple": SIMPLE, "linf_robust": ROBUST}
KS_CRITICAL = 1.3581  # c(0.05) = sqrt(-ln(0.05 / 2) / 2), the asymptotic two-sample critical value

Weighted = tuple[Floats, Floats]  # distinct sorted values, and how often each occurs


def linf_simple(baseline: Weighted, live: Weighted) -> float:
    """max |CDF1 - CDF2| over all observed values."""
    points = np.union1d(baseline[0], live[0])
    return float(np.abs(shares_up_to(points, baseline) - shares_up_to(points, live)).max())


def shares_up_to(points: Floats, sample: Weighted) -> Floats:
    """The share of a sample that is not above each of the points."""
    values, weights = sample
    total = np.concatenate([[0.0], np.cumsum(weights)])
    return np.asarray(total[np.searchsorted(values, points, side="right")] / total[-1], dtype=np.float64)


def robust(distance: float, baseline_count: float, live_count: float) -> float:
    """The distance where it exceeds the two-sample KS test's critical value at 5 %, else 0 (our reading)."""
    critical = KS_CRITICAL * np.sqrt((baseline_count + live_count) / (baseline_count * live_count))
    return distance if distance > critical else 0.0


def numeric_distance(baseline: Weighted, live: Weighted, method: str) -> float:
    """Simple or Robust distance of two numeric samples."""
    distance = linf_simple(baseline, live)
    return distance if method == SIMPLE else robust(distance, baseline[1].sum(), live[1].sum())


def categorical_distance(
    baseline: Mapping[str, int], live: Mapping[str, int], drift_method: str, method: str
) -> float:
    """Distance of two samples of categories, between 0 and 1.

    LInfinity: the largest absolute difference between the shares of a category, gated like numbers under Robust.
    ChiSquared: half of sum (p - q)^2 / (p + q), the symmetric chi-squared distance (our reading, see above).
    """
    names = sorted(set(baseline) | set(live))
    before = np.array([baseline.get(name, 0) for name in names], dtype=np.float64)
    now = np.array([live.get(name, 0) for name in names], dtype=np.float64)
    p, q = before / before.sum(), now / now.sum()
    if drift_method == CHI_SQUARED:
        return float(((p - q) ** 2 / (p + q)).sum() / 2)
    distance = float(np.abs(p - q).max())
    return distance if method == SIMPLE else robust(distance, before.sum(), now.sum())
