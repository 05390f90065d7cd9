"""Partial dependence: the average prediction while one feature is set to each value of a grid.

Layout: AWS developer guide, "Analysis Results", PDP. A numeric feature's range is cut into grid_resolution buckets of
equal width and set to their middles; any other feature takes each of its values.
"""

from collections import Counter
from typing import Any

import numpy as np

from sagelab.errors import SagelabError

from .shapley import Predict, cells
from .table import MISSING, Floats, Table


def partial_dependence(
    rows: Table, feature: str, resolution: int | None, predict: Predict, labels: list[str]
) -> dict[str, Any]:
    """The entry of one feature in analysis.json."""
    numeric = rows.kind(feature) != "text"
    grid, shares = numeric_grid(rows, feature, resolution) if numeric else text_grid(rows, feature)
    outputs = average_predictions(rows, feature, grid, predict)
    return {
        "feature_name": feature,
        "data_type": "numerical" if numeric else "categorical",
        "feature_values": [float(value) for value in grid] if numeric else grid,
        "data_distribution": shares,
        "model_predictions": outputs.T.tolist(),
        "label_headers": labels,
    }


def numeric_grid(rows: Table, feature: str, resolution: int | None) -> tuple[list[str], list[float]]:
    """The middles of the buckets, and the share of rows in each."""
    if not resolution:
        raise SagelabError(f"pdp needs grid_resolution for the numeric feature {feature}.")
    values = rows.numbers(feature)
    present = values[~np.isnan(values)]
    if present.min() == present.max():
        return [repr(float(present[0]))], [1.0]
    counts, edges = np.histogram(present, bins=resolution)
    middles = (edges[1:] + edges[:-1]) / 2
    return [repr(float(middle)) for middle in middles], (counts / len(present)).tolist()


def text_grid(rows: Table, feature: str) -> tuple[list[str], list[float]]:
    """The values that occur, and their shares."""
    counts = Counter(value for value in rows[feature] if value not in MISSING)
    total = sum(counts.values())
    return sorted(counts), [counts[value] / total for value in sorted(counts)]


def average_predictions(rows: Table, feature: str, grid: list[str], predict: Predict) -> Floats:
    """The mean output (grid, outputs) over all rows, for each value of the grid."""
    place = rows.names.index(feature)
    fixed = [list(cells(row)) for row in rows.rows()]
    lines = (",".join([*row[:place], value, *row[place + 1 :]]) for value in cells(grid) for row in fixed)
    return np.asarray(predict(lines).reshape(len(grid), len(fixed), -1).mean(axis=1))
