"""Properties of records: `TrainingJobStatus`, `HyperParameters.depth`, `Metrics.f1`, `Tags.team`, `Parents.TrialName`.

Names are read without regard to case, because AWS's own SDK writes them in both ways.
"""

from collections.abc import Iterator
from typing import Any

from ..control import ApiError

NUMBER, TEXT, TIME, BOOLEAN, ANY, WHOLE = "number", "text", "timestamp", "boolean", "any", "whole"
KINDS = {"string": TEXT, "timestamp": TIME, "boolean": BOOLEAN}
NUMBERS = ("integer", "long", "float", "double")
MEASURED = ("TrainingJob", "TrialComponent")
STATISTICS = ("min", "max", "last", "count", "avg", "stddev")
FINAL = "FinalMetricDataList"


def kind_of(shape: Any, name: str) -> str:
    """Of which kind a property is; ApiError where records of that shape cannot have it."""
    head, _, rest = name.partition(".")
    if head.lower() == "metrics" and shape.name in MEASURED:
        return NUMBER
    if head.lower() == "tags" and rest not in ("Key", "Value"):
        return TEXT
    kind = _kind(shape, name.split("."))
    if (
        kind is None and "Model" in shape.members
    ):  # a row of the dashboard: the model's own members without its name
        kind = _kind(shape.members["Model"], name.split("."))
    if kind is None:
        raise ApiError(f"Unknown property name: {name}")
    return kind


def _kind(shape: Any, parts: list[str]) -> str | None:
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name == "map":
        return ANY
    if not parts:
        return WHOLE if shape.type_name == "structure" else KINDS.get(shape.type_name, NUMBER)
    if shape.type_name != "structure":
        return None
    member = next((m for m in shape.members if m.lower() == parts[0].lower()), None)
    return _kind(shape.members[member], parts[1:]) if member else None


def values_of(view: Any, name: str) -> list[Any]:
    """All values that a property has in a record, none where it is absent."""
    head, _, rest = name.partition(".")
    if head.lower() == "metrics" and rest:
        return list(_metrics(view, rest))
    if head.lower() == "tags" and rest not in ("", "Key", "Value"):
        tags = view.get("Tags") or (view.get("Model") or {}).get("Tags") or []
        return [tag["Value"] for tag in tags if tag["Key"] == rest]
    found = list(_values(view, name.split(".")))
    return found or list(_values(view.get("Model"), name.split(".")))


def _metrics(view: Any, name: str) -> Iterator[float]:
    """The values of a metric; `f1.max` is one of a component's statistics, `f1` its last value."""
    for metric in view.get(FINAL) or []:
        if metric["MetricName"] == name:
            yield metric["Value"]
    metric_name, _, statistic = name.rpartition(".")
    for metric in view.get("Metrics") or []:
        if metric["MetricName"] == name:
            yield metric["Last"]
        elif metric["MetricName"] == metric_name and statistic.lower() in STATISTICS:
            yield next(value for member, value in metric.items() if member.lower() == statistic.lower())


def _values(value: Any, parts: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, parts)
    elif isinstance(value, dict):
        if not parts:
            for item in value.values():
                yield from _values(item, [])
        for length in range(len(parts), 0, -1):  # keys of maps may hold dots
            key = ".".join(parts[:length]).lower()
            if inner := [item for member, item in value.items() if member.lower() == key]:
                yield from _values(inner[0], parts[length:])
                return
    elif value is not None and not parts:
        yield value


def names_of(view: Any) -> Iterator[str]:
    """The open properties of a record: hyperparameters, parameters, metrics and tags by their names."""
    for member in ("HyperParameters", "Parameters", "Environment"):
        if isinstance(view.get(member), dict):
            yield from (f"{member}.{key}" for key in view[member])
    for metric in [*(view.get(FINAL) or []), *(view.get("Metrics") or [])]:
        yield f"Metrics.{metric['MetricName']}"
    yield from (f"Tags.{tag['Key']}" for tag in view.get("Tags") or [])
