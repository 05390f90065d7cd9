"""Clarify's bias metrics, pre-training and post-training, from counts.

Formulas: AWS developer guide, "Pre-training Bias Metrics" and "Post-training Data and Model Bias Metrics"; where the
guide and its library smclarify 0.5 differ we follow the library. Facet d is the sensitive group, facet a all others;
q is a share of positives, a hat marks predictions. 0/0 counts as 0 and x/0 as infinity, as in smclarify, and the
divergences leave out a label value that either facet lacks.

Every metric is a function of an array of counts whose last four axes are (group, facet, label, predicted), so the
same code measures one dataset and a thousand bootstrap samples of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .facets import Mask

A, D = 0, 1
Counts = npt.NDArray[np.float64]


class MetricError(ValueError):
    """Why a metric cannot be computed on this data; the text goes into analysis.json."""


def count(facet: Mask, label: Mask, predicted: Mask | None, groups: npt.NDArray[np.int64] | None) -> Counts:
    """The counts of every combination; without predictions or groups that axis has one filled place."""
    strata = np.zeros(len(facet), dtype=np.int64) if groups is None else groups
    hats = np.zeros(len(facet), dtype=np.bool_) if predicted is None else predicted
    place = ((strata * 2 + facet) * 2 + label) * 2 + hats
    size = int(strata.max(initial=0)) + 1
    return np.bincount(place, minlength=size * 8).reshape(size, 2, 2, 2).astype(np.float64)


def divide(part: Counts, whole: Counts) -> Counts:
    """part / whole with 0/0 = 0 and x/0 = infinity."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where((whole == 0) & (part == 0), 0.0, part / whole))


def minus(left: Counts, right: Counts) -> Counts:
    """left - right, and 0 where both are the same infinity."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(left == right, 0.0, left - right))


@dataclass(frozen=True)
class Facet:
    """The counts of one facet, over all groups."""

    cells: Counts  # (..., label, predicted)

    @property
    def total(self) -> Counts:
        """All rows of the facet."""
        return np.asarray(self.cells.sum(axis=(-1, -2)))

    def observed(self, label: int) -> Counts:
        """n(label): rows with this observed label."""
        return np.asarray(self.cells[..., label, :].sum(axis=-1))

    def predicted(self, label: int) -> Counts:
        """n hat(label): rows with this predicted label."""
        return np.asarray(self.cells[..., :, label].sum(axis=-1))

    def both(self, observed: int, predicted: int) -> Counts:
        """A cell of the confusion matrix."""
        return np.asarray(self.cells[..., observed, predicted])


def facets(counts: Counts) -> tuple[Facet, Facet]:
    """Facet a and facet d, neither of them empty."""
    a, d = Facet(counts[..., A, :, :].sum(axis=-3)), Facet(counts[..., D, :, :].sum(axis=-3))
    if not d.total.any():
        raise MetricError("Facet set is empty")
    if not a.total.any():
        raise MetricError("Negated facet set is empty")
    return a, d


def ci(counts: Counts) -> Counts:
    """(na - nd) / (na + nd)."""
    a, d = facets(counts)
    return divide(a.total - d.total, a.total + d.total)


def dpl(counts: Counts) -> Counts:
    """qa - qd of observed labels."""
    a, d = facets(counts)
    return minus(divide(a.observed(1), a.total), divide(d.observed(1), d.total))


def label_shares(counts: Counts) -> tuple[Counts, Counts, npt.NDArray[np.bool_]]:
    """Pa and Pd over the label values, and which of them both facets have."""
    a, d = facets(counts)
    shares = [
        np.stack([divide(f.observed(0), f.total), divide(f.observed(1), f.total)], axis=-1) for f in (a, d)
    ]
    common = (shares[A] > 0) & (shares[D] > 0)
    if not common.any():
        raise MetricError("No instance of common facet found, dataset may be too small")
    return shares[A], shares[D], common


def divergence(p: Counts, q: Counts, common: npt.NDArray[np.bool_]) -> Counts:
    """Sum of p ln(p / q) over the common values."""
    safe_p, safe_q = np.where(common, p, 1.0), np.where(common, q, 1.0)
    return np.asarray((np.where(common, p, 0.0) * np.log(safe_p / safe_q)).sum(axis=-1))


def kl(counts: Counts) -> Counts:
    """Kullback-Leibler divergence of Pa from Pd."""
    return divergence(*label_shares(counts))


def js(counts: Counts) -> Counts:
    """(KL(Pa, P) + KL(Pd, P)) / 2 with P the mean of both."""
    pa, pd, common = label_shares(counts)
    middle = (pa + pd) / 2
    return (divergence(pa, middle, common) + divergence(pd, middle, common)) / 2


def norm(counts: Counts, order: float) -> Counts:
    """The norm of Pa - Pd over the common label values."""
    pa, pd, common = label_shares(counts)
    return np.asarray(np.linalg.norm(np.where(common, pa - pd, 0.0), ord=order, axis=-1))


def lp(counts: Counts) -> Counts:
    """The Euclidean norm of Pa - Pd."""
    return norm(counts, 2)


def tvd(counts: Counts) -> Counts:
    """Half the L1 norm of Pa - Pd."""
    return norm(counts, 1) / 2


def ks(counts: Counts) -> Counts:
    """The largest absolute difference between Pa and Pd."""
    return norm(counts, np.inf)


def cdd(by_outcome: Counts) -> Counts:
    """Mean over groups, weighted by size, of nd(0)/n(0) - nd(1)/n(1); axes (..., group, facet, outcome)."""
    outcomes = by_outcome.sum(axis=(-3, -2))
    for label, text in ((1, "No positive labels in set"), (0, "No negative labels in set")):
        if not outcomes[..., label].any():
            raise MetricError(text)
    totals = by_outcome.sum(axis=-2)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(totals > 0, by_outcome[..., D, :] / totals, 0.0)
    disparity = shares[..., 0] - shares[..., 1]
    sizes = totals.sum(axis=-1)
    return divide((sizes * disparity).sum(axis=-1), sizes.sum(axis=-1))


def cddl(counts: Counts) -> Counts:
    """Conditional demographic disparity of observed labels."""
    facets(counts)
    return cdd(counts.sum(axis=-1))


def cddpl(counts: Counts) -> Counts:
    """Conditional demographic disparity of predicted labels."""
    facets(counts)
    return cdd(counts.sum(axis=-2))


def dppl(counts: Counts) -> Counts:
    """q'a - q'd of predicted labels."""
    a, d = facets(counts)
    return minus(divide(a.predicted(1), a.total), divide(d.predicted(1), d.total))


def di(counts: Counts) -> Counts:
    """q'd / q'a; 1 is fair."""
    a, d = facets(counts)
    return divide(divide(d.predicted(1), d.total), divide(a.predicted(1), a.total))


def dca(counts: Counts) -> Counts:
    """na(1)/n'a(1) - nd(1)/n'd(1)."""
    a, d = facets(counts)
    return minus(divide(a.observed(1), a.predicted(1)), divide(d.observed(1), d.predicted(1)))


def dcr(counts: Counts) -> Counts:
    """nd(0)/n'd(0) - na(0)/n'a(0): d minus a."""
    a, d = facets(counts)
    return minus(divide(d.observed(0), d.predicted(0)), divide(a.observed(0), a.predicted(0)))


def sd(counts: Counts) -> Counts:
    """Specificity of d minus specificity of a."""
    a, d = facets(counts)
    return minus(divide(d.both(0, 0), d.observed(0)), divide(a.both(0, 0), a.observed(0)))


def rd(counts: Counts) -> Counts:
    """Recall of a minus recall of d."""
    a, d = facets(counts)
    return minus(divide(a.both(1, 1), a.observed(1)), divide(d.both(1, 1), d.observed(1)))


def dar(counts: Counts) -> Counts:
    """Precision of a minus precision of d."""
    a, d = facets(counts)
    return minus(divide(a.both(1, 1), a.predicted(1)), divide(d.both(1, 1), d.predicted(1)))


def drr(counts: Counts) -> Counts:
    """TN/(TN + FN) of d minus that of a."""
    a, d = facets(counts)
    return minus(divide(d.both(0, 0), d.predicted(0)), divide(a.both(0, 0), a.predicted(0)))


def ad(counts: Counts) -> Counts:
    """Accuracy of a minus accuracy of d."""
    a, d = facets(counts)
    right = [divide(f.both(0, 0) + f.both(1, 1), f.total) for f in (a, d)]
    return minus(right[A], right[D])


def te(counts: Counts) -> Counts:
    """FN/FP of d minus FN/FP of a."""
    a, d = facets(counts)
    return minus(divide(d.both(1, 0), d.both(0, 1)), divide(a.both(1, 0), a.both(0, 1)))


def ge(counts: Counts) -> Counts:
    """Generalized entropy with alpha = 2 of the benefits predicted - observed + 1; facets play no part."""
    cells = counts.sum(axis=(-4, -3))
    rows = cells.sum(axis=(-1, -2))
    once, twice = cells[..., 0, 0] + cells[..., 1, 1], cells[..., 0, 1]
    mean = divide(once + 2 * twice, rows)
    if not mean.any():
        raise MetricError("All predicted labels are false negatives; at least one must not be.")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(((once + 4 * twice) / mean**2 - rows) / (2 * rows))


@dataclass(frozen=True)
class Metric:
    """A metric's key in the configuration, its full name in analysis.json, and its function of counts."""

    name: str
    description: str
    measure: Callable[[Counts], Counts]
    needs_groups: bool = False


PRE_TRAINING = (
    Metric("CDDL", "Conditional Demographic Disparity in Labels (CDDL)", cddl, needs_groups=True),
    Metric("CI", "Class Imbalance (CI)", ci),
    Metric("DPL", "Difference in Positive Proportions in Labels (DPL)", dpl),
    Metric("JS", "Jensen-Shannon Divergence (JS)", js),
    Metric("KL", "Kullback-Liebler Divergence (KL)", kl),  # spelled as AWS's library does
    Metric("KS", "Kolmogorov-Smirnov Distance (KS)", ks),
    Metric("LP", "L-p Norm (LP)", lp),
    Metric("TVD", "Total Variation Distance (TVD)", tvd),
)
POST_TRAINING = (
    Metric("AD", "Accuracy Difference (AD)", ad),
    Metric(
        "CDDPL", "Conditional Demographic Disparity in Predicted Labels (CDDPL)", cddpl, needs_groups=True
    ),
    Metric("DAR", "Difference in Acceptance Rates (DAR)", dar),
    Metric("DCA", "Difference in Conditional Acceptance (DCA)", dca),
    Metric("DCR", "Difference in Conditional Rejection (DCR)", dcr),
    Metric("DI", "Disparate Impact (DI)", di),
    Metric("DPPL", "Difference in Positive Proportions in Predicted Labels (DPPL)", dppl),
    Metric("DRR", "Difference in Rejection Rates (DRR)", drr),
    Metric("GE", "Generalized Entropy (GE)", ge),
    Metric("RD", "Recall Difference (RD)", rd),
    Metric("SD", "Specificity Difference (SD)", sd),
    Metric("TE", "Treatment Equality (TE)", te),
)


def resample(counts: Counts, samples: int, seed: int) -> Counts:
    """Bootstrap samples of the rows behind the counts: one multinomial draw each, along a new first axis."""
    random = np.random.default_rng(seed)
    rows = counts.sum()
    draws = random.multinomial(int(rows), counts.ravel() / rows, size=samples)
    return draws.reshape(samples, *counts.shape).astype(np.float64)


def value(metric: Metric, counts: Counts, grouped: bool) -> float:
    """The metric of one dataset; raises MetricError where it cannot be computed."""
    if metric.needs_groups and not grouped:
        raise MetricError("Group variable is empty or not provided")
    return float(metric.measure(counts))
