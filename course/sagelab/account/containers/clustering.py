"""A baseline made by clustering, for a shap section without one.

AWS developer guide, "Analysis Configuration Files": the dataset is divided into `num_clusters` clusters, or into "an
optimal number of clusters between 1 and 12", and each makes one baseline row. How AWS finds the optimum is not said.
Ours: the fewest clusters after which one more explains less than a twentieth of the variance.
"""

from collections import Counter

import numpy as np
import numpy.typing as npt

from .table import Floats, Table

MOST_CLUSTERS, WORTH_A_CLUSTER = 12, 0.05
ROUNDS = 50

Places = npt.NDArray[np.int64]


def baseline_rows(table: Table, clusters: int | None, seed: int) -> Table:
    """One row a cluster: the most frequent text, or the mean number moved to the nearest value that occurs."""
    numeric = {name: table.numbers(name) for name in table.names if table.kind(name) != "text"}
    points = standardized(list(numeric.values()), len(table))
    places = k_means(points, clusters, seed) if clusters else optimal(points, seed)
    rows = [
        [typical(table, name, numeric.get(name), places == k) for name in table.names]
        for k in np.unique(places)
    ]
    return Table(dict(zip(table.names, zip(*rows, strict=True), strict=True)))


def standardized(columns: list[Floats], rows: int) -> Floats:
    """Columns at mean 0 and deviation 1, missing values at the mean; a constant column stays at 0."""
    if not columns:
        return np.zeros((rows, 1))
    points = np.column_stack(columns)
    deviation = np.nanstd(points, axis=0)
    scaled = (points - np.nanmean(points, axis=0)) / np.where(deviation > 0, deviation, 1)
    return np.asarray(np.nan_to_num(scaled))


def optimal(points: Floats, seed: int) -> Places:
    """The clustering with the fewest clusters after which one more is not worth it."""
    total = spread(points, np.zeros(len(points), dtype=np.int64))
    best = k_means(points, 1, seed)
    for clusters in range(2, min(MOST_CLUSTERS, len(points)) + 1):
        following = k_means(points, clusters, seed)
        if spread(points, best) - spread(points, following) < WORTH_A_CLUSTER * total:
            break
        best = following
    return best


def spread(points: Floats, places: Places) -> float:
    """The sum of squared distances to the centers."""
    return float(
        sum(((points[places == k] - points[places == k].mean(axis=0)) ** 2).sum() for k in np.unique(places))
    )


def k_means(points: Floats, clusters: int, seed: int) -> Places:
    """Lloyd's algorithm from a seeded k-means++ start; the cluster of each point."""
    random = np.random.default_rng(seed)
    centers = points[[int(random.integers(len(points)))]]
    while len(centers) < min(clusters, len(points)):
        away = distances(points, centers).min(axis=1)
        chosen = random.choice(len(points), p=away / away.sum() if away.sum() else None)
        centers = np.vstack([centers, points[chosen]])
    places = distances(points, centers).argmin(axis=1)
    for _ in range(ROUNDS):
        members = [points[places == k] for k in range(len(centers))]
        centers = np.array([m.mean(axis=0) if len(m) else c for m, c in zip(members, centers, strict=True)])
        moved = distances(points, centers).argmin(axis=1)
        if (moved == places).all():
            break
        places = moved
    return np.asarray(places)


def distances(points: Floats, centers: Floats) -> Floats:
    """Squared distances of every point to every center."""
    return np.asarray(((points[:, None, :] - centers[None, :, :]) ** 2).sum(axis=2))


def typical(table: Table, name: str, numbers: Floats | None, rows: npt.NDArray[np.bool_]) -> str:
    """The value that stands for a cluster's column."""
    members = np.flatnonzero(rows)
    if numbers is None or np.isnan(numbers[members]).all():
        return Counter(table[name][place] for place in members).most_common(1)[0][0]
    nearest = np.nanargmin(np.abs(numbers - np.nanmean(numbers[members])))
    return table[name][nearest]
