"""Named entities of several workers: spans matched by their overlap, with the most frequent boundaries."""

from statistics import median_low, multimode
from typing import Any

from .clusters import Mark, agreed, cluster, confidence, vote


def overlap(a: Mark, b: Mark) -> float:
    """The Jaccard index of two spans of characters."""
    both = min(a["endOffset"], b["endOffset"]) - max(a["startOffset"], b["startOffset"])
    either = max(a["endOffset"], b["endOffset"]) - min(a["startOffset"], b["startOffset"])
    return max(both, 0) / either if either else 0.0


def boundary(offsets: list[int]) -> int:
    """The most frequent offset, or the median where no one is."""
    modes = multimode(offsets)
    return modes[0] if len(modes) == 1 else median_low(offsets)


def consolidate(answers: dict[str, list[Mark]]) -> list[dict[str, Any]]:
    """One text: {worker: entities} to the entities that most workers marked, each with its confidence."""
    marks = [(worker, span) for worker in sorted(answers) for span in answers[worker]]
    found = []
    for group in agreed(cluster(marks, overlap), len(answers)):
        spans = [span for _, span in group]
        span = {side: boundary([s[side] for s in spans]) for side in ("startOffset", "endOffset")}
        label = vote([s["label"] for s in spans])
        found.append({"label": label, **span, "confidence": confidence(group, span, len(answers), overlap)})
    return sorted(found, key=lambda span: (span["startOffset"], span["endOffset"]))
