"""The conditions of a Condition step, on values that are already there."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

from .expressions import ExpressionError

Condition = dict[str, Any]

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
MEMBERS = {
    **dict.fromkeys(COMPARISONS, (("LeftValue",), ("RightValue",))),
    **dict.fromkeys(("In", "NotIn"), (("QueryValue", "Value"), ("Values", "In"))),
    "Not": (("Condition", "Expression"),),
    "Or": (("Conditions",),),
    "And": (("Conditions",),),
}  # each may be written under any of its names


def problems(condition: Any) -> Iterator[str]:
    """What is wrong with the form of a condition."""
    if not isinstance(condition, dict):
        yield "Expecting start of Json Object."
        return
    kind = condition.get("Type")
    if kind not in MEMBERS:
        yield f"Unknown condition type '{kind}'. It must be one of [{', '.join(MEMBERS)}]."
        return
    for names in MEMBERS[kind]:
        if not any(name in condition for name in names):
            yield f"Condition of type '{kind}' misses '{names[0]}'."
    for inner in _inner(condition):
        yield from problems(inner)


def holds(condition: Condition) -> bool:
    """Is a condition true? ExpressionError where its values cannot be compared."""
    kind = condition["Type"]
    if kind == "Not":
        return not any(holds(inner) for inner in _inner(condition))
    if kind in ("Or", "And"):
        results = [holds(inner) for inner in _inner(condition)]
        return any(results) if kind == "Or" else all(results)
    left, right = (next(condition[n] for n in names if n in condition) for names in MEMBERS[kind])
    if kind in ("In", "NotIn"):
        found = any(_compare("Equals", left, value) for value in right)
        return found if kind == "In" else not found
    return _compare(kind, left, right)


def _inner(condition: Condition) -> list[Any]:
    for name in ("Condition", "Expression"):
        if name in condition:
            return [condition[name]]
    return list(condition.get("Conditions", []))


def _compare(kind: str, left: Any, right: Any) -> bool:
    left, right = _alike(left, right)
    try:
        return bool(COMPARISONS[kind](left, right))
    except TypeError:
        raise ExpressionError(f"{kind} cannot compare {left!r} with {right!r}.") from None


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """A text beside a number is read as a number, where it is one; beside a boolean as a boolean."""
    for one, other, swap in ((left, right, False), (right, left, True)):
        if isinstance(one, str) and not isinstance(other, str):
            read = _read(one, other)
            return (other, read) if swap else (read, other)
    return left, right


def _read(text: str, beside: Any) -> Any:
    if isinstance(beside, bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return float(text)
    except ValueError:
        return text
