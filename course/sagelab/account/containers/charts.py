"""The charts of a Clarify report, as matplotlib figures; each says in words what it shows."""

import base64
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matplotlib.figure import Figure

BAR, LINE = "#1f77b4", "#1f77b4"
WIDTH, ROW = 7.0, 0.3
MOST_BARS = 20


@dataclass(frozen=True)
class Chart:
    """A figure with the sentence that stands for it."""

    figure: Figure
    told: str

    @cached_property
    def png(self) -> str:
        """The picture in base64, drawn once for all forms of the report."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=100)
        return base64.b64encode(buffer.getvalue()).decode()


def bars(title: str, values: Mapping[str, float], axis: str) -> Chart:
    """Horizontal bars, the first on top, each with its number."""
    shown = dict(list(values.items())[:MOST_BARS])
    height = 1.2 + ROW * len(shown)
    figure = Figure(figsize=(WIDTH, height))
    left = 0.03 + 0.085 * max(map(len, shown)) / WIDTH  # room for the longest name
    axes = figure.add_axes((left, 0.55 / height, 0.97 - left, 1 - 0.95 / height))
    names, numbers = list(shown), list(shown.values())
    drawn = axes.barh(range(len(names)), numbers, color=BAR)
    axes.bar_label(drawn, labels=[f"{number:.4g}" for number in numbers], padding=3, fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(axis)
    axes.set_title(title)
    told = ", ".join(f"{name} {number:.4g}" for name, number in shown.items())
    return Chart(figure, f"{title}. {told}.")


def label_shares(facet: str, values: Sequence[str], positive: Sequence[bool]) -> Chart:
    """The share of positive labels for each value of a facet with few values."""
    rows = Counter(values)
    hits = Counter(value for value, hit in zip(values, positive, strict=True) if hit)
    common = sorted(rows, key=lambda value: -rows[value])[:MOST_BARS]
    shares = {f"{value} ({rows[value]} rows)": hits[value] / rows[value] for value in common}
    return bars(f"Positive observed labels by {facet}", shares, "share of rows")


def dependence(entry: Mapping[str, Any]) -> Chart:
    """A partial dependence curve, or bars for a text feature."""
    name, predictions = entry["feature_name"], entry["model_predictions"]
    if entry["data_type"] != "numerical":
        values = dict(zip(entry["feature_values"], predictions[0], strict=True))
        return bars(f"Partial dependence on {name}", values, "average prediction")
    figure = Figure(figsize=(WIDTH, 3.2))
    axes = figure.add_axes((0.11, 0.16, 0.86, 0.74))
    for label, line in zip(entry["label_headers"], predictions, strict=True):
        axes.plot(entry["feature_values"], line, marker="o", label=label)
    axes.set_xlabel(name)
    axes.set_ylabel("average prediction")
    axes.set_title(f"Partial dependence on {name}")
    if len(predictions) > 1:
        axes.legend()
    first, last = predictions[0][0], predictions[0][-1]
    told = f"Partial dependence on {name}: from {first:.4g} at {entry['feature_values'][0]:.4g} to {last:.4g}"
    return Chart(figure, f"{told} at {entry['feature_values'][-1]:.4g}.")
