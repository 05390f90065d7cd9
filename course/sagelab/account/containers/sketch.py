"""The quantile sketch of statistics.json, in the layout of a KLL sketch.

A KLL sketch keeps levels of values; a value on level i stands for 2**i observations. AWS fills the levels by random
compaction (Karnin, Lang and Liberty, "Optimal quantile approximation in streams", FOCS 2016). We take evenly spaced
order statistics instead, so that the same data always gives the same file: up to 2,048 observations the sketch is
exact, above it a cumulative share is off by less than 2**level / n.
"""

from typing import Any

import numpy as np

from .table import Floats

BUCKETS = 10
C, K = 0.64, 2048.0  # the parameters that AWS's files carry


def pack(values: Floats, weights: Floats) -> dict[str, Any]:
    """The sketch of distinct, sorted `values` that occur `weights` times."""
    ordered = np.repeat(values, weights.astype(np.int64))
    level = max(0, int(np.ceil(np.log2(len(ordered) / K)))) if len(ordered) else 0
    kept, rest = divmod(len(ordered), 2**level)
    levels: list[list[float]] = [[] for _ in range(level + 1)]
    levels[0] = evenly(ordered, rest)
    levels[level] = levels[level] + evenly(ordered, kept) if level else ordered.tolist()
    return {"parameters": {"c": C, "k": K}, "data": levels}


def evenly(ordered: Floats, count: int) -> list[float]:
    """`count` order statistics in the middles of equal shares of the data."""
    places = ((np.arange(count) + 0.5) * len(ordered) / max(count, 1)).astype(np.int64)
    return [float(value) for value in ordered[places]]


def unpack(sketch: dict[str, Any]) -> tuple[Floats, Floats]:
    """The distinct values of a sketch in order, and how many observations each stands for."""
    levels = sketch["data"]
    flat = np.array([value for level in levels for value in level], dtype=np.float64)
    if not len(flat):
        return np.empty(0), np.empty(0)
    stands_for = np.concatenate([np.full(len(level), 2.0**power) for power, level in enumerate(levels)])
    values, place = np.unique(flat, return_inverse=True)
    return values, np.bincount(place, weights=stands_for).astype(np.float64)
