"""The expressions of a pipeline definition: {"Get": ...}, {"Std:Join": ...} and {"Std:JsonGet": ...}."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")
TOKEN = re.compile(
    r"""\.?(?P<name>[^.\[\]'"]+)|\[(?P<index>\d+)\]|\[(?P<quote>['"])(?P<key>.*?)(?P=quote)\]"""
)


class ExpressionError(Exception):
    """An expression has no value; the text says why."""


@dataclass(frozen=True)
class Scope:
    """Where the values of expressions come from while a pipeline runs."""

    parameters: Mapping[str, Any]
    execution: Mapping[str, str]
    outputs: Callable[[str], Any]  # what a finished step has given, by its name
    property_file: Callable[[str, str], str]  # the S3 URI of a step's property file
    read: Callable[[str], bytes]  # an object of S3


def is_expression(value: Any) -> bool:
    """Is this one of the three functions?"""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in FUNCTIONS


def references(value: Any) -> Iterator[str]:
    """Every path that a Get inside a value names."""
    if isinstance(value, dict):
        if set(value) == {"Get"} and isinstance(value["Get"], str):
            yield value["Get"]
        else:
            for inner in value.values():
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def evaluate(value: Any, scope: Scope) -> Any:
    """The value with each expression in it replaced by what it stands for; ExpressionError."""
    if isinstance(value, list):
        return [evaluate(inner, scope) for inner in value]
    if not isinstance(value, dict):
        return value
    if not is_expression(value):
        return {name: evaluate(inner, scope) for name, inner in value.items()}
    (function, argument), *_ = value.items()
    if function == "Get":
        return _get(argument, scope)
    if function == "Std:Join":
        parts = [evaluate(part, scope) for part in argument["Values"]]
        return str(argument["On"]).join(as_text(part) for part in parts)
    return _json_get(argument, scope)


def as_text(value: Any) -> str:
    """A value as a text holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def tokens(path: str) -> list[str | int]:
    """`Outputs['train'].S3Output` as ["Outputs", "train", "S3Output"]; ValueError for no path."""
    found: list[str | int] = []
    place = 0
    while place < len(path):
        match = TOKEN.match(path, place)
        if not match:
            raise ValueError(f"{path} is no path")
        key = match["name"] if match["key"] is None else match["key"]
        found.append(int(match["index"]) if match["index"] else key)
        place = match.end()
    return found


def follow(document: Any, path: list[str | int], shown: str) -> Any:
    """What lies at a path; a text finds an item of a list by its name."""
    for part in path:
        try:
            document = _named(document, part) if isinstance(document, list) else document[part]
        except (KeyError, IndexError, TypeError):
            raise ExpressionError(f"{shown} does not exist: there is no {part!r}.") from None
    return document


def _named(items: list[Any], part: str | int) -> Any:
    if isinstance(part, int):
        return items[part]
    for item in items:
        if any(name.endswith("Name") and value == part for name, value in item.items()):
            return item
    raise KeyError(part)


def _get(path: str, scope: Scope) -> Any:
    root, _, rest = path.partition(".")
    name, _, inner = rest.partition(".")
    if root == "Parameters":
        return scope.parameters[rest]
    if root == "Execution":
        return scope.execution[rest]
    step = name.partition("[")[0]
    return follow(scope.outputs(step), tokens(inner), path)


def _json_get(argument: Any, scope: Scope) -> Any:
    if "S3Uri" in argument:
        uri = evaluate(argument["S3Uri"], scope)
    else:
        asked = argument["PropertyFile"]
        _, step, _, name = (asked["Get"] if isinstance(asked, dict) else asked).split(".", 3)
        uri = scope.property_file(step, name)
    text, path = scope.read(uri), str(evaluate(argument["Path"], scope))
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ExpressionError(f"The property file {uri} is not JSON: {error}") from None
    try:
        found = follow(document, tokens(path.removeprefix("$").removeprefix(".")), path)
    except ValueError as error:
        raise ExpressionError(f"Invalid JsonPath: {error}") from None
    except ExpressionError as error:
        raise ExpressionError(f"{error} The property file is {uri}.") from None
    if isinstance(found, dict | list) or found is None:
        raise ExpressionError(f"{path} of the property file {uri} is no text, number or boolean.")
    return found
