"""Shapley values of model outputs: exact for few features, sampled by the shap library for many.

A coalition is a set of features that keep the explained row's values while the others take a baseline row's; its
worth is the model's output, averaged over the baseline rows. With use_logit the log-odds of that average are
explained, as the shap library does with link="logit".

Up to 11 features (or wherever 2**d is not above num_samples) we enumerate all coalitions: the result is exact, needs
no seed, and saves the import of shap, which costs five seconds and 250 MB. Beyond that `shap.KernelExplainer` samples
coalitions (Lundberg and Lee, "A unified approach to interpreting model predictions", 2017): the engine behind Clarify.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt

from .table import Floats, Table

EXACT_COALITIONS = 2**11
SMALLEST_SHARE = 1e-12  # log-odds of 0 and 1 are infinite
AGGREGATIONS: dict[str, Callable[[Floats], Floats]] = {
    "mean_abs": lambda values: np.asarray(np.abs(values).mean(axis=0)),
    "median": lambda values: np.asarray(np.median(values, axis=0)),
    "mean_sq": lambda values: np.asarray((values**2).mean(axis=0)),
}

Line = str
Predict = Callable[[Iterable[Line]], Floats]  # CSV lines to outputs, one row each


@dataclass(frozen=True)
class Explanation:
    """SHAP values (rows, features, outputs) and the baseline's output (outputs), in the same units."""

    values: Floats
    expected: Floats


def explain(
    rows: Table,
    baseline: Table,
    predict: Predict,
    *,
    samples: int | None = None,
    logit: bool = False,
    seed: int = 0,
) -> Explanation:
    """Explain every row of a table; `samples` is what Kernel SHAP may spend on a row (shap's default: 2048 + 2 d)."""
    features = len(rows.names)
    budget = samples if samples is not None else 2048 + 2 * features
    if 2**features <= max(budget, EXACT_COALITIONS):
        return exact(rows, baseline, predict, logit)
    return sampled(rows, baseline, predict, budget, logit=logit, seed=seed)


def log_odds(shares: Floats) -> Floats:
    """ln(p / (1 - p)), with p kept off 0 and 1."""
    kept = np.clip(shares, SMALLEST_SHARE, 1 - SMALLEST_SHARE)
    return np.asarray(np.log(kept / (1 - kept)))


def identity(values: Floats) -> Floats:
    """The values themselves."""
    return values


# -- exact ---------------------------------------------------------------------------------------------------------
def coalitions(features: int) -> npt.NDArray[np.bool_]:
    """All subsets of the features, one a row."""
    return np.asarray((np.arange(2**features)[:, None] >> np.arange(features)) & 1 == 1)


def shapley_weights(features: int) -> Floats:
    """The matrix (features, coalitions) that turns the worths of all coalitions into Shapley values.

    phi_i = sum over S without i of |S|! (d - |S| - 1)! / d! (v(S with i) - v(S)); Shapley, 1953.
    """
    subsets = coalitions(features)
    sizes = subsets.sum(axis=1)
    order = [factorial(k) * factorial(features - k - 1) / factorial(features) for k in range(features)]
    joining = np.array([0.0, *order])[
        sizes
    ]  # weight of a coalition with i in it: the one without has one less
    leaving = np.array([*order, 0.0])[sizes]
    return np.asarray(np.where(subsets.T, joining, -leaving))


def exact(rows: Table, baseline: Table, predict: Predict, logit: bool) -> Explanation:
    """Shapley values by enumeration; a feature that equals every baseline value is not varied, its value is 0."""
    link = log_odds if logit else identity
    explained = [cells(row) for row in rows.rows()]
    ground = [cells(row) for row in baseline.rows()]
    varying = [moving(row, ground) for row in explained]
    lines = (
        line for row, moves in zip(explained, varying, strict=True) for line in synthetic(row, moves, ground)
    )
    outputs = predict(lines)
    expected = link(predict(",".join(row) for row in ground).mean(axis=0))
    values = np.zeros((len(explained), len(rows.names), len(expected)))
    start = 0
    for place, moves in enumerate(varying):
        size = 2 ** len(moves)
        block = outputs[start : start + size * len(ground)].reshape(size, len(ground), -1)
        worths = link(block.mean(axis=1))
        values[place, moves] = shapley_weights_of(len(moves)) @ worths
        start += size * len(ground)
    return Explanation(values, expected)


_weights: dict[int, Floats] = {}


def shapley_weights_of(features: int) -> Floats:
    """shapley_weights, remembered: many rows vary equally many features."""
    if features not in _weights:
        _weights[features] = shapley_weights(features)
    return _weights[features]


def moving(row: Sequence[str], ground: Sequence[Sequence[str]]) -> list[int]:
    """The features in which a row differs from some baseline row."""
    return [place for place, value in enumerate(row) if any(other[place] != value for other in ground)]


def synthetic(row: Sequence[str], moves: Sequence[int], ground: Sequence[Sequence[str]]) -> Iterator[Line]:
    """The CSV lines of every coalition with every baseline row; the baseline row varies fastest."""
    masks = np.ones((2 ** len(moves), len(row)), dtype=np.bool_)
    masks[:, moves] = coalitions(len(moves))
    mixed = np.stack(
        [np.where(masks, np.array(row, object), np.array(other, object)) for other in ground], axis=1
    )
    for line in mixed.reshape(-1, len(row)).tolist():
        yield ",".join(line)


def cells(row: Iterable[str]) -> tuple[str, ...]:
    """Values as CSV cells: those with a comma, a quote or a line break are quoted."""
    return tuple(f'"{v.replace(chr(34), chr(34) * 2)}"' if any(c in v for c in ',"\n\r') else v for v in row)


# -- sampled -------------------------------------------------------------------------------------------------------
def sampled(
    rows: Table, baseline: Table, predict: Predict, budget: int, *, logit: bool, seed: int
) -> Explanation:
    """Kernel SHAP by the shap library, without its regularization, which would set small values to 0.

    The library wants numbers, so each column's texts are numbered and turned back before the model sees them.
    """
    import shap

    texts = [sorted({*rows[name], *baseline[name]}) for name in rows.names]
    quoted = [cells(column) for column in texts]
    numbered = [{text: place for place, text in enumerate(column)} for column in texts]

    def codes(table: Table) -> Floats:
        columns = [
            [book[value] for value in table[name]] for name, book in zip(table.names, numbered, strict=True)
        ]
        return np.array(columns, dtype=np.float64).T

    def model(points: Floats) -> Floats:
        places = points.astype(np.int64).tolist()
        return predict(
            ",".join(column[at] for column, at in zip(quoted, point, strict=True)) for point in places
        )

    np.random.seed(seed)  # shap draws its coalitions from numpy's global generator
    explainer = shap.KernelExplainer(model, codes(baseline), link="logit" if logit else "identity")
    values = explainer.shap_values(codes(rows), nsamples=budget, l1_reg=0, silent=True)
    expected = np.atleast_1d(np.asarray(explainer.expected_value, dtype=np.float64))
    return Explanation(np.asarray(values, dtype=np.float64).reshape(len(rows), len(rows.names), -1), expected)
