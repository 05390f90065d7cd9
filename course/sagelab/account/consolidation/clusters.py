"""Which marks of different workers mean the same thing: the pairs that overlap most find each other first."""

from collections.abc import Callable, Sequence
from typing import Any

SAME = 0.5  # Jaccard index from which two marks can mean the same; ours

Mark = dict[str, Any]
Marked = tuple[str, Mark]  # the worker, and what they marked


def cluster(marks: Sequence[Marked], overlap: Callable[[Mark, Mark], float]) -> list[list[Marked]]:
    """Groups of marks with at most one of each worker, in the order of their first marks."""
    pairs = sorted(
        ((overlap(a[1], b[1]), i, j) for j, b in enumerate(marks) for i, a in enumerate(marks[:j])),
        key=lambda pair: (-pair[0], pair[1:]),
    )
    group = {number: {number} for number in range(len(marks))}
    for share, i, j in pairs:
        if share < SAME or group[i] is group[j]:
            continue
        joined = group[i] | group[j]
        if len({marks[n][0] for n in joined}) == len(joined):
            group.update(dict.fromkeys(joined, joined))
    seen = {id(numbers): numbers for numbers in group.values()}
    return [[marks[n] for n in sorted(numbers)] for numbers in sorted(seen.values(), key=min)]


def agreed(groups: list[list[Marked]], workers: int) -> list[list[Marked]]:
    """The groups that more than half of the workers support; ours."""
    return [group for group in groups if 2 * len(group) > workers]


def vote(values: Sequence[Any]) -> Any:
    """The most frequent value; of several, the one that came first."""
    return max(values, key=values.count)


def confidence(
    group: Sequence[Marked], result: Mark, workers: int, overlap: Callable[[Mark, Mark], float]
) -> float:
    """The share of the workers who marked it, times how well their marks fit the result; ours. One worker: 0.0."""
    if workers == 1:
        return 0.0
    fit = sum(overlap(mark, result) for _, mark in group) / len(group)
    return round(len(group) / workers * fit, 2)
