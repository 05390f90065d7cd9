"""A step's Arguments against the request that they become, and property paths against what a step gives."""

from collections.abc import Iterator
from typing import Any

from ..model import ApiModel
from .expressions import ExpressionError, as_text, is_expression, tokens
from .kinds import CHECK_OUTPUTS, kind_of

Record = dict[str, Any]

EXCLUDED = {
    "RegisterModel": ("ModelPackageName", "ClientToken")
}  # AWS's own model of the arguments lacks them
TRUTH = {"true": True, "false": False}


def problems(model: ApiModel, step_type: str, given: Record) -> Iterator[str]:
    """What is wrong with the form of a step's Arguments."""
    kind = kind_of(step_type, given)
    shape = model.operation(kind.operation).input_shape
    for name in EXCLUDED.get(step_type, ()):
        if name in given:
            yield f"Unknown Argument member '{name}'."
    yield from _problems(shape, {kind.name: "named-by-the-pipeline", **given} if kind.name else given)


def _problems(shape: Any, value: Any) -> Iterator[str]:
    if value is None:
        return
    kind = shape.type_name
    if kind in ("structure", "map") and (not isinstance(value, dict) or is_expression(value)):
        yield "Expecting start of Json Object."
    elif kind == "list" and not isinstance(value, list):
        yield "Expecting start of Json Array."
    elif kind == "structure":
        yield from _structure_problems(shape, value)
    elif kind in ("list", "map"):
        if len(value) > shape.metadata.get("max", len(value)):
            most = shape.metadata["max"]
            yield f"Model Validation failed: '{shape.name}' must have length less than or equal to {most}"
        inside = shape.member if kind == "list" else shape.value
        for inner in value if kind == "list" else value.values():
            yield from _problems(inside, inner)
    else:
        yield from _scalar_problems(shape, value)


def _structure_problems(shape: Any, value: Record) -> Iterator[str]:
    for name, inner in value.items():
        if name not in shape.members:
            yield f"Unknown Argument member '{name}'."
        else:
            yield from _problems(shape.members[name], inner)
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Model Validation failed: '{name}' must not be null"


def _scalar_problems(shape: Any, value: Any) -> Iterator[str]:
    if is_expression(value):
        return
    if isinstance(value, dict | list):
        yield "Expecting a Json value, not an object or an array."
        return
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield (
            f"Model Validation failed: Value '{value}' for '{shape.name}' failed to satisfy enum value set: "
            f"[{', '.join(allowed)}]"
        )


def coerced(shape: Any, value: Any) -> Any:
    """The value with each scalar in the type that the request wants: a parameter may be of another."""
    kind = shape.type_name
    if isinstance(value, dict) and kind == "structure":
        return {
            name: coerced(shape.members[name], inner)
            for name, inner in value.items()
            if name in shape.members and inner is not None
        }
    if isinstance(value, dict) and kind == "map":
        return {name: coerced(shape.value, inner) for name, inner in value.items()}
    if isinstance(value, list) and kind == "list":
        return [coerced(shape.member, inner) for inner in value]
    return _scalar(kind, value)


def _scalar(kind: str, value: Any) -> Any:
    if kind == "string":
        return as_text(value)
    if not isinstance(value, str):
        return value
    try:
        if kind in ("integer", "long"):
            return int(value)
        return float(value) if kind in ("float", "double") else TRUTH.get(value.lower(), value)
    except ValueError:
        return value  # the operation says what is wrong with it


def check_property(model: ApiModel, step_type: str, body: Record, path: str) -> None:
    """ExpressionError or ValueError where a step of that type gives nothing under a path."""
    parts = tokens(path)
    if parts[:1] == ["PropertyFiles"]:
        names = [file.get("PropertyFileName") for file in body.get("PropertyFiles") or []]
        insist(parts[1:] != [] and parts[1] in names, path)
    elif parts[:1] == ["OutputParameters"]:
        names = [output.get("OutputName") for output in body.get("OutputParameters") or []]
        insist(len(parts) == 2 and parts[1] in names, path)
    elif step_type in CHECK_OUTPUTS:
        insist(parts[0] in CHECK_OUTPUTS[step_type], path)
    elif step_type == "Condition":
        insist(parts == ["Outcome"], path)
    elif step_type in ("Callback", "Lambda", "Fail"):
        insist(False, path)
    else:
        noun = kind_of(step_type, body.get("Arguments") or {}).noun
        _walk([model.operation(name).output_shape for name in _shown_by(noun)], parts, path)


def _shown_by(noun: str) -> list[str]:
    more = {"HyperParameterTuningJob": ["ListTrainingJobsForHyperParameterTuningJob"]}
    return [f"Describe{noun}", *more.get(noun, [])]


def _walk(shapes: list[Any], parts: list[str | int], path: str) -> None:
    insist(bool(parts), path)
    shape = next((shape for shape in shapes if parts[0] in shape.members), None)
    for part in parts:
        if shape is not None and shape.type_name == "structure":
            insist(part in shape.members, path)
            shape = shape.members[part]
        elif shape is not None and shape.type_name in ("list", "map"):
            shape = shape.member if shape.type_name == "list" else shape.value
        else:
            insist(False, path)


def insist(fits: bool, path: str) -> None:
    """ExpressionError unless it fits."""
    if not fits:
        raise ExpressionError(f"there is no {path}")
