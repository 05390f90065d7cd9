"""What a training job leaves to look at: curves out of its log, tensors that its hook has saved, rules over them.

The record of tensors is a text of JSON lines, `{"step": 10, "name": "gradient/layer1", "value": ...}`. The value is a
number, or a summary of an array as `summarize` makes it. Names begin with their collection, as Debugger's do:
`losses/train`, `losses/validation`, `gradient/...`, `weight/...`. A script appends `line(step, name, value)` to
`tensors.jsonl` in its checkpoint folder, and SageMaker copies that to S3 while the job runs.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["FILE", "RULES", "Finding", "Saved", "check", "curves", "line", "read_record", "summarize", "thin"]

Record = dict[str, Any]
FILE = "tensors.jsonl"
BINS = 24
NUMBERS = ("count", "min", "max", "mean", "std", "abs_mean", "zeros", "bad")
LISTS = ("edges", "counts")


@dataclass(frozen=True)
class Saved:
    """One value at one step: a number, or the summary of an array."""

    step: int
    name: str
    value: float | Record

    @property
    def collection(self) -> str:
        """What kind of tensor it is: losses, gradient, weight and so on."""
        return self.name.partition("/")[0]


@dataclass(frozen=True)
class Finding:
    """What a rule says: Debugger's own name and status, and where it fired."""

    rule: str
    status: str  # IssuesFound, NoIssuesFound, or NoData where the record has nothing for it
    details: str = ""


# -- the log -----------------------------------------------------------------------------------------------------------
def curves(
    lines: Iterable[tuple[float, str]], definitions: Sequence[Mapping[str, str]]
) -> dict[str, list[Record]]:
    """The values of each metric in log lines of (time, text), by SageMaker's MetricDefinitions; finite ones only."""
    patterns = {}
    for definition in definitions:
        try:
            patterns[definition["Name"]] = re.compile(definition["Regex"])
        except re.error:  # AWS refuses such a definition too
            continue
    found: dict[str, list[Record]] = {name: [] for name in patterns}
    for time, text in lines:
        for name, pattern in patterns.items():
            for match in pattern.finditer(text):
                value = _number(match[1] if pattern.groups else match[0])
                if math.isfinite(value):
                    found[name].append({"at": len(found[name]) + 1, "time": time, "value": value})
    return found


def thin(points: Sequence[Any], most: int) -> list[Any]:
    """At most so many of the points, evenly, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    return [points[round(place * (len(points) - 1) / (most - 1))] for place in range(most)]


# -- the tensors -------------------------------------------------------------------------------------------------------
def summarize(array: Any) -> Record:
    """An array in short: its moments, how many zeros and how many NaN or infinite values, and a histogram."""
    import numpy as np

    values = np.asarray(array, dtype=float).ravel()
    good = values[np.isfinite(values)]
    told: Record = {"count": len(values), "bad": len(values) - len(good), "zeros": int((good == 0).sum())}
    if len(good):
        counts, edges = np.histogram(good, bins=BINS)
        moments = {"min": good.min(), "max": good.max(), "mean": good.mean(), "std": good.std()}
        told |= {name: float(value) for name, value in moments.items()}
        told |= {"abs_mean": float(abs(good).mean()), "edges": edges.tolist(), "counts": counts.tolist()}
    return told


def line(step: int, name: str, value: Any) -> str:
    """The line of the record for a number or an array; NaN and infinity are written as texts."""
    import numpy as np

    if np.ndim(value):
        return json.dumps({"step": int(step), "name": name, "value": summarize(value)}) + "\n"
    number = float(value)
    told = number if math.isfinite(number) else str(number)
    return json.dumps({"step": int(step), "name": name, "value": told}) + "\n"


def read_record(text: str) -> tuple[list[Saved], int]:
    """What a record holds, and how many lines of it cannot be read; a last line without its end is left out."""
    found, strange = [], 0
    for one in text.split("\n")[:-1]:
        saved = _saved(one)
        if saved is not None:
            found.append(saved)
        elif one.strip():
            strange += 1
    return found, strange


def _saved(text: str) -> Saved | None:
    try:
        told = json.loads(text)
        step, name, value = told["step"], told["name"], told["value"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if isinstance(step, bool) or not isinstance(step, int) or not isinstance(name, str):
        return None
    if isinstance(value, dict):
        summary = _summary(value)
        return Saved(step, name, summary) if summary else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    number = _number(value)
    known = not isinstance(value, str) or value.lower() in ("nan", "inf", "-inf", "infinity", "-infinity")
    return Saved(step, name, number) if known else None


def _summary(value: Record) -> Record | None:
    numbers = {name: value[name] for name in NUMBERS if name in value}
    lists = {name: value[name] for name in LISTS if name in value}
    for one in [
        *numbers.values(),
        *(item for items in lists.values() if isinstance(items, list) for item in items),
    ]:
        if isinstance(one, bool) or not isinstance(one, int | float) or not math.isfinite(one):
            return None
    if "count" not in numbers or not all(isinstance(items, list) for items in lists.values()):
        return None
    if lists and len(lists.get("edges", [])) != len(lists.get("counts", [])) + 1:
        return None
    return {**numbers, **lists}


def _number(value: Any) -> float:
    try:
        return float(value)
    except (ValueError, TypeError, OverflowError):
        return math.nan


# -- the rules ---------------------------------------------------------------------------------------------------------
def check(saved: Sequence[Saved]) -> list[Finding]:
    """Debugger's rules, with AWS's default thresholds, over a record."""
    return [rule(saved) for rule in RULES.values()]


def _first(rule: str, used: Sequence[Saved], fired: Iterable[tuple[Saved, str]]) -> Finding:
    if not used:
        return Finding(rule, "NoData")
    for one, why in sorted(fired, key=lambda pair: pair[0].step):
        return Finding(rule, "IssuesFound", f"step {one.step}, {one.name}: {why}")
    return Finding(rule, "NoIssuesFound")


def vanishing_gradient(saved: Sequence[Saved], threshold: float = 1e-7) -> Finding:
    """The mean of a gradient's absolute values is below the threshold."""
    used = [one for one in saved if one.collection == "gradient"]
    means = [(one, _abs_mean(one)) for one in used]
    fired = ((one, f"mean of absolute values {mean:.3g}") for one, mean in means if mean < threshold)
    return _first("VanishingGradient", used, fired)


def exploding_tensor(saved: Sequence[Saved]) -> Finding:
    """A tensor holds NaN or an infinite value."""
    fired = ((one, "NaN or infinite values") for one in saved if _bad(one))
    return _first("ExplodingTensor", saved, fired)


def all_zero(saved: Sequence[Saved], threshold: float = 100.0) -> Finding:
    """At least so many percent of a tensor's values are zero."""
    used = [one for one in saved if isinstance(one.value, dict) and one.value["count"] > 0]
    shares = [(one, 100 * _part(one, "zeros") / _part(one, "count")) for one in used]
    return _first(
        "AllZero", used, ((one, f"{share:.0f} % zeros") for one, share in shares if share >= threshold)
    )


def loss_not_decreasing(saved: Sequence[Saved], num_steps: int = 10, diff_percent: float = 0.1) -> Finding:
    """Over `num_steps` steps a loss has not fallen by `diff_percent` percent."""
    used = [one for one in saved if one.collection == "losses" and isinstance(one.value, float)]
    by_name: dict[str, list[Saved]] = {}
    for one in sorted(used, key=lambda one: one.step):
        by_name.setdefault(one.name, []).append(one)
    fired = []
    for losses in by_name.values():
        for one in losses:
            before = [other for other in losses if other.step <= one.step - num_steps]
            if before and not _fell(before[-1].value, one.value, diff_percent):
                fired.append((one, f"{_text(before[-1])} at step {before[-1].step}, {_text(one)} now"))
    return _first("LossNotDecreasing", used, fired)


def overfit(
    saved: Sequence[Saved], ratio_threshold: float = 0.1, patience: int = 1, start_step: int = 0
) -> Finding:
    """(validation loss - training loss) / training loss is above the threshold for `patience` steps on end."""
    losses = {
        name: {
            one.step: one for one in saved if one.name == f"losses/{name}" and isinstance(one.value, float)
        }
        for name in ("train", "validation")
    }
    both = sorted(step for step in losses["train"].keys() & losses["validation"].keys() if step >= start_step)
    fired, above = [], 0
    for step in both:
        train, other = (_value(losses[name][step]) for name in ("train", "validation"))
        ratio = (other - train) / train if train else math.inf
        above = above + 1 if ratio > ratio_threshold else 0
        if above >= patience:
            fired.append((losses["validation"][step], f"{100 * ratio:.0f} % above the training loss"))
    return _first("Overfit", [losses["train"][step] for step in both], fired)


RULES = {
    "VanishingGradient": vanishing_gradient,
    "ExplodingTensor": exploding_tensor,
    "AllZero": all_zero,
    "LossNotDecreasing": loss_not_decreasing,
    "Overfit": overfit,
}


def _value(one: Saved) -> float:
    return one.value if isinstance(one.value, float) else math.nan


def _text(one: Saved) -> str:
    return f"{_value(one):.4g}"


def _part(one: Saved, name: str) -> float:
    return float(one.value.get(name, math.nan)) if isinstance(one.value, dict) else math.nan


def _abs_mean(one: Saved) -> float:
    return abs(one.value) if isinstance(one.value, float) else _part(one, "abs_mean")


def _bad(one: Saved) -> bool:
    return not math.isfinite(one.value) if isinstance(one.value, float) else one.value.get("bad", 0) > 0


def _fell(before: Any, now: Any, percent: float) -> bool:
    return bool(before - now >= abs(before) * percent / 100)
