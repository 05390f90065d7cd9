"""Bounding boxes of several workers: matched by intersection over union, then averaged."""

from typing import Any

from .clusters import Mark, agreed, cluster, confidence, vote

SIDES = ("left", "top", "width", "height")


def overlap(a: Mark, b: Mark) -> float:
    """Intersection over union (the Jaccard index) of two boxes."""
    across = min(a["left"] + a["width"], b["left"] + b["width"]) - max(a["left"], b["left"])
    down = min(a["top"] + a["height"], b["top"] + b["height"]) - max(a["top"], b["top"])
    both = max(across, 0) * max(down, 0)
    union = a["width"] * a["height"] + b["width"] * b["height"] - both
    return both / union if union else 0.0


def consolidate(answers: dict[str, list[Mark]]) -> list[dict[str, Any]]:
    """One image: {worker: boxes} to the boxes that most workers drew, each with label and confidence."""
    marks = [(worker, box) for worker in sorted(answers) for box in answers[worker]]
    found = []
    for group in agreed(cluster(marks, overlap), len(answers)):
        boxes = [box for _, box in group]
        average = {side: round(sum(box[side] for box in boxes) / len(boxes)) for side in SIDES}
        label = vote([box["label"] for box in boxes])
        found.append(
            {"label": label, **average, "confidence": confidence(group, average, len(answers), overlap)}
        )
    return found
