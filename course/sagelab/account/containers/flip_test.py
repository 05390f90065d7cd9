"""The counterfactual flip test (FT): would a member of facet d get another answer as a member of facet a?

AWS developer guide, "Counterfactual Fliptest (FT)"; details from smclarify 0.5: the 5 nearest neighbors (1 where facet
a has at most 9 rows) in facet a, by Euclidean distance over all columns but facet and labels, vote on each row of d.
FT is the share of d that only its own model output made positive, less the share that only the neighbors made positive.
The neighbors are searched here in numpy, because importing scikit-learn costs two seconds.
"""

import numpy as np
import numpy.typing as npt

from .bias import MetricError
from .facets import Mask
from .table import Floats

NAME, DESCRIPTION = "FT", "Flip Test (FT)"
NEIGHBORS, FEW_NEIGHBORS, FEW_ROWS = 5, 1, 9
CHUNK = 256


def flips(features: Floats, facet: Mask, predicted: Mask) -> Floats:
    """For each row of facet d +1, 0 or -1: the model's answer less the one that its neighbors in facet a got."""
    if not facet.any():
        raise MetricError("Facet set is empty")
    if facet.all():
        raise MetricError("Negated Facet set is empty")
    favored, answers = features[~facet], predicted[~facet].astype(np.float64)
    count = NEIGHBORS if len(favored) > FEW_ROWS else FEW_NEIGHBORS
    votes = answers[nearest(features[facet], favored, count)].mean(axis=1)
    return np.asarray(predicted[facet].astype(np.float64) - (votes > 0.5))


def nearest(rows: Floats, others: Floats, count: int) -> npt.NDArray[np.int64]:
    """For each row the places of its `count` nearest others, in no order; ties fall as they come."""
    center = others.mean(axis=0)
    rows, others = rows - center, others - center
    lengths = (others**2).sum(axis=1)
    found = [
        np.argpartition(lengths - 2 * chunk @ others.T, count - 1, axis=1)[:, :count]
        for chunk in np.array_split(rows, range(CHUNK, len(rows), CHUNK))
    ]
    return np.concatenate(found)
