"""SearchExpression: which records a search is about."""

import math
import operator
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from ..control import ApiError, Record
from .properties import ANY, BOOLEAN, NUMBER, TEXT, TIME, WHOLE, kind_of, values_of

PARTS = ("Filters", "NestedFilters", "SubExpressions")
MOST_PARTS = 20
WHOLE_NUMBER = re.compile(r"-?[0-9]+")
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
OFTEN = {  # names that may be used with Contains more than once
    "Experiment": ("displayname", "experimentname", "tags"),
    "Trial": ("displayname", "trialname", "tags"),
    "TrialComponent": ("displayname", "trialcomponentname", "tags", "inputartifacts", "outputartifacts"),
}


class Expression:
    """A whole expression over records of one shape; ApiError where it makes no sense."""

    def __init__(self, shape: Any, expression: Record) -> None:
        self._shape, self._expression = shape, expression
        for part in sub_expressions(expression):
            if not any(part.get(name) for name in PARTS):
                raise ApiError(
                    "A search expression needs at least one filter, nested filter or subexpression."
                )
            if sum(len(part.get(name, [])) for name in PARTS) > MOST_PARTS:
                raise ApiError(f"A search expression can have at most {MOST_PARTS} elements.")
            for nested in part.get("NestedFilters", []):
                kind_of(shape, nested["NestedPropertyName"])
                for condition in nested["Filters"]:
                    within(condition["Name"], nested["NestedPropertyName"])
        self._check_contains()
        for condition in filters(expression):
            check(shape, condition)

    def fits(self, view: Record) -> bool:
        """Is a record what the expression asks for?"""
        return self._fits(view, self._expression)

    def _fits(self, view: Record, expression: Record) -> bool:
        results = (
            *(holds(self._shape, view, f, f["Name"]) for f in expression.get("Filters", [])),
            *(self._nested(view, nested) for nested in expression.get("NestedFilters", [])),
            *(self._fits(view, sub) for sub in expression.get("SubExpressions", [])),
        )
        return any(results) if expression.get("Operator", "And") == "Or" else all(results)

    def _nested(self, view: Record, nested: Record) -> bool:
        """Does one object of a list satisfy every filter?"""
        name = nested["NestedPropertyName"]
        return any(
            all(holds(self._shape, item, f, within(f["Name"], name)) for f in nested["Filters"])
            for item in objects(view, name.split("."))
        )

    def _check_contains(self) -> None:
        often = OFTEN.get(self._shape.name, ())
        once = [
            f
            for f in filters(self._expression)
            if f.get("Operator") == "Contains" and f["Name"].partition(".")[0].lower() not in often
        ]
        if len(once) > 1:
            raise ApiError("'CONTAINS' operator usage limit of 1 exceeded.")


def sub_expressions(expression: Record) -> Iterator[Record]:
    """An expression and all that it holds."""
    yield expression
    for sub in expression.get("SubExpressions", []):
        yield from sub_expressions(sub)


def filters(expression: Record) -> Iterator[Record]:
    """Every filter of an expression, at any depth."""
    for part in sub_expressions(expression):
        yield from part.get("Filters", [])
        for nested in part.get("NestedFilters", []):
            yield from nested["Filters"]


def check(shape: Any, condition: Record) -> None:
    """Refuse a filter that no record could be asked."""
    name, what = condition["Name"], condition.get("Operator", "Equals")
    kind = kind_of(shape, name)
    if what in ("Exists", "NotExists"):
        return
    if "Value" not in condition:
        raise ApiError(f"The operator {what} on {name} needs a Value.")
    if what in ORDERS and kind in (TEXT, BOOLEAN, WHOLE):
        raise ApiError(f"The operator {what} is not supported for the {kind} property {name}.")
    if what in ("Contains", "In") and kind in (NUMBER, TIME, BOOLEAN):
        raise ApiError(f"The operator {what} is only supported for text properties; {name} is a {kind}.")
    if kind in (NUMBER, TIME):
        read(kind, name, condition["Value"])


def holds(shape: Any, view: Record, condition: Record, name: str) -> bool:
    """Is a filter true of a record, or of one object in it?"""
    what, values = str(condition.get("Operator", "Equals")), values_of(view, name)
    if what in ("Exists", "NotExists"):
        return bool(values) == (what == "Exists")
    kind, text = kind_of(shape, condition["Name"]), condition["Value"]
    if what == "NotEquals":
        return not any(equal(kind, name, value, text) for value in values)
    return any(_holds(what, kind, name, value, text) for value in values)


def _holds(what: str, kind: str, name: str, value: Any, text: str) -> bool:
    if what == "Contains":
        return text.lower() in str(value).lower()
    if what == "In":
        return str(value) in [part.strip() for part in text.split(",")]
    if what in ORDERS:
        left, right = pair(kind, name, value, text)
        return left is not None and right is not None and bool(ORDERS[what](left, right))
    return equal(kind, name, value, text)


def equal(kind: str, name: str, value: Any, text: str) -> bool:
    """Is a value what the filter says? Numbers as numbers, all else as text."""
    if kind == BOOLEAN or isinstance(value, bool):
        return str(value).lower() == text.lower()
    left, right = pair(kind, name, value, text)
    return bool(left == right) if left is not None and right is not None else str(value) == text


def pair(kind: str, name: str, value: Any, text: str) -> tuple[float | None, float | None]:
    """Value and text as two numbers, where they are; a whole number in the text makes both whole."""
    if kind in (NUMBER, TIME):
        return float(value), read(kind, name, text)
    if kind != ANY:
        return None, None
    try:
        left, right = float(value), float(text)
    except (TypeError, ValueError):
        return None, None
    return (float(int(left)) if WHOLE_NUMBER.fullmatch(text) and math.isfinite(left) else left), right


def read(kind: str, name: str, text: str) -> float:
    """A filter's value as a number, or as a moment in seconds since 1970."""
    try:
        if kind == NUMBER:
            return float(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        form = "YYYY-mm-ddTHH:MM:SS" if kind == TIME else "a number"
        raise ApiError(f"The value of {name} must be {form}, not '{text}'.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def within(name: str, nested: str) -> str:
    """A filter's property, seen from the object that the nested filter is about."""
    prefix = f"{nested}."
    if not name.lower().startswith(prefix.lower()):
        raise ApiError(
            f"The filters of a nested filter on {nested} must be on its properties, not on {name}."
        )
    return name[len(prefix) :]


def objects(value: Any, parts: list[str]) -> Iterator[Record]:
    """The objects of the list that a property names."""
    if isinstance(value, list):
        for item in value:
            yield from objects(item, parts)
    elif isinstance(value, dict):
        if not parts:
            yield value
            return
        for member, inner in value.items():
            if member.lower() == parts[0].lower():
                yield from objects(inner, parts[1:])
