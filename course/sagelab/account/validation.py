"""Checks a request against botocore's description, in the words of AWS.

boto3 checks little before it sends and other clients check nothing, so types and required members are checked
here too: a wrong type cannot be read (SerializationException), all other faults are listed in one sentence.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from .errors import ApiError

LARGEST = 2.0**63
SURROGATES = re.compile("[\ud800-\udfff]")
NUMBERS = ("integer", "long", "float", "double")
LONGEST_SHOWN = 1000
JAVA_CLASSES = {r"\p{L}": r"\w", r"\p{Z}": r"\s", r"\p{N}": r"\d"}  # they stand inside brackets


def validate(shape: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The request without null members; raises ApiError for what AWS would refuse."""
    try:
        read: dict[str, Any] = _read(shape, params, "")
    except RecursionError:
        raise ApiError("The request is nested too deeply", "SerializationException") from None
    problems = list(_problems(shape, read, ""))
    if problems:
        count = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
        raise ApiError(f"{count} detected: {'; '.join(problems)}")
    return read


def _read(shape: Any, value: Any, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure":
        _insist(isinstance(value, dict), path, "an object")
        return {
            name: _read(member, value[name], f"{path}.{name}".lstrip("."))
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if kind == "list":
        _insist(isinstance(value, list), path, "a list")
        return [_read(shape.member, item, f"{path}[{i}]") for i, item in enumerate(value) if item is not None]
    if kind == "map":
        _insist(isinstance(value, dict), path, "an object")
        return {
            key: _read(shape.value, item, f"{path}.{key}") for key, item in value.items() if item is not None
        }
    return _read_scalar(kind, value, path)


def _read_scalar(kind: str, value: Any, path: str) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "boolean":
        _insist(isinstance(value, bool), path, "a boolean")
    elif kind in ("integer", "long"):
        _insist(number and abs(value) < LARGEST and value == int(value), path, "a whole number")
        return int(value)
    elif kind in ("float", "double"):
        _insist(number and abs(value) < LARGEST, path, "a number")
    elif kind == "timestamp":
        return _read_time(value, path)
    else:
        _insist(isinstance(value, str) and not SURROGATES.search(value), path, "a string")
    return value


def _read_time(value: Any, path: str) -> float:
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value).timestamp()
        _insist(not isinstance(value, bool), path, "a timestamp")
        datetime.fromtimestamp(value, UTC)  # it must be a moment that can be told
        return float(value)
    except (TypeError, ValueError, OverflowError, OSError):
        raise ApiError(f"{path or 'The request'} must be a timestamp", "SerializationException") from None


def _insist(fits: bool, path: str, wanted: str) -> None:
    if not fits:
        raise ApiError(f"{path or 'The request'} must be {wanted}", "SerializationException")


def _problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        yield from _structure_problems(shape, value, path)
    elif kind == "list":
        yield from _size_problems(shape, value, path)
        for index, item in enumerate(value, start=1):
            yield from _problems(shape.member, item, f"{path}.{index}.member")
    elif kind == "map":
        yield from _size_problems(shape, value, path)
        for key, item in value.items():
            yield from _problems(shape.key, key, f"{path}.{key}")
            yield from _problems(shape.value, item, f"{path}.{key}.member")
    elif kind == "string":
        yield from _string_problems(shape.metadata, value, path)
    elif kind in NUMBERS:
        yield from _number_problems(shape.metadata, value, path)


def _structure_problems(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _problem(None, _member(path, name), "Member must not be null")
    for name, item in value.items():
        yield from _problems(shape.members[name], item, _member(path, name))


def _size_problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    rule, shown = shape.metadata, value if isinstance(value, dict) else list(value)
    if len(value) < rule.get("min", 0):
        yield _problem(shown, path, f"Member must have length greater than or equal to {rule['min']}")
    if len(value) > rule.get("max", len(value)):
        yield _problem(shown, path, f"Member must have length less than or equal to {rule['max']}")


def _string_problems(rule: dict[str, Any], value: str, path: str) -> Iterator[str]:
    if "enum" in rule and value not in rule["enum"]:
        yield _problem(value, path, f"Member must satisfy enum value set: [{', '.join(rule['enum'])}]")
        return
    if len(value) < rule.get("min", 0):
        yield _problem(value, path, f"Member must have length greater than or equal to {rule['min']}")
    if len(value) > rule.get("max", len(value)):
        yield _problem(value, path, f"Member must have length less than or equal to {rule['max']}")
    elif "pattern" in rule and not matches(rule["pattern"], value):
        yield _problem(value, path, f"Member must satisfy regular expression pattern: {rule['pattern']}")


def _number_problems(rule: dict[str, Any], value: float, path: str) -> Iterator[str]:
    if value < rule.get("min", value):
        yield _problem(value, path, f"Member must have value greater than or equal to {rule['min']}")
    if value > rule.get("max", value):
        yield _problem(value, path, f"Member must have value less than or equal to {rule['max']}")


def _problem(value: Any, path: str, rule: str) -> str:
    shown = "null" if value is None else f"'{str(value)[:LONGEST_SHOWN]}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {rule}"


def _member(path: str, name: str) -> str:
    camel = name[:1].lower() + name[1:]
    return f"{path}.{camel}" if path else camel


def matches(pattern: str, value: str) -> bool:
    """Does a value fit one of AWS's (Java) patterns, whole? A pattern that Python cannot read lets all pass."""
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    for java, python in JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        return None
