"""The JSONPath of DataProcessing filters: the operators that the developer guide lists, and no others.

`$`, `.name`, `*`, `['name', 'name']`, `[number, number]` and `[start:end]`; numbers and slices mix ("$[0,5:]").
"""

import re
from typing import Any

STEP = re.compile(r"\.(?P<name>[A-Za-z_][\w-]*)|\.(?P<star>\*)|\[(?P<inside>[^\[\]]*)\]")
QUOTED = re.compile(r"\s*'((?:[^'\\]|\\.)*)'\s*|\s*\"((?:[^\"\\]|\\.)*)\"\s*")
NUMBER = re.compile(r"\s*(-?\d+)\s*")
SLICE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*")

Part = int | slice


class JsonPathError(ValueError):
    """An expression that is none, or that finds nothing in a record."""


class JsonPath:
    """One expression; JsonPathError where it is none."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._steps: list[list[str] | list[Part] | None] = []  # None is the star
        if not text.startswith("$"):
            raise JsonPathError(f"{text!r} must begin with $")
        position = 1
        while position < len(text):
            match = STEP.match(text, position)
            if match is None:
                raise JsonPathError(f"{text!r} is not understood from {text[position:]!r} on")
            self._steps.append(self._step(match))
            position = match.end()

    @property
    def everything(self) -> bool:
        """Is this `$`, which selects all?"""
        return not self._steps

    def select(self, value: Any) -> Any:
        """The part of a JSON value that the expression selects; JsonPathError where it is not there."""
        for step in self._steps:
            value = self._take(value, step)
        return value

    def select_row(self, row: list[str]) -> list[str]:
        """The part of a CSV row, which is taken as a JSON array; always a row again."""
        found = self.select(row)
        return found if isinstance(found, list) else [str(found)]

    def _step(self, match: re.Match[str]) -> list[str] | list[Part] | None:
        if match["name"] is not None:
            return [match["name"]]
        if match["star"] or match["inside"].strip() == "*":
            return None
        inside = match["inside"]
        if names := QUOTED.match(inside):
            del names
            return self._names(inside)
        return [self._part(word) for word in inside.split(",")]

    def _names(self, inside: str) -> list[str]:
        names, position = [], 0
        while match := QUOTED.match(inside, position):
            names.append(re.sub(r"\\(.)", r"\1", match[1] if match[1] is not None else match[2]))
            position = match.end()
            if position == len(inside):
                return names
            if inside[position] != ",":
                break
            position += 1
        raise JsonPathError(f"{self._text!r} has [{inside}], which is no list of names in quotes")

    def _part(self, word: str) -> Part:
        if match := NUMBER.fullmatch(word):
            return int(match[1])
        if match := SLICE.fullmatch(word):
            return slice(*(int(end) if end else None for end in match.groups()))
        raise JsonPathError(
            f"{self._text!r} has [{word}], which is neither a number, nor start:end, nor a name in quotes"
        )

    def _take(self, value: Any, step: list[str] | list[Part] | None) -> Any:
        if step is None:
            if isinstance(value, dict):
                return list(value.values())
            return self._insist(value, list, "an array or an object")
        if isinstance(step[0], str):
            table = self._insist(value, dict, "an object")
            if missing := [name for name in step if name not in table]:
                raise JsonPathError(f"{self._text!r} finds no {missing[0]!r} in the record")
            return table[step[0]] if len(step) == 1 else {name: table[name] for name in step}
        items = self._insist(value, list, "an array")
        found: list[Any] = []
        for part in step:
            if isinstance(part, slice):
                found += items[part]
            elif isinstance(part, int) and -len(items) <= part < len(items):
                found.append(items[part])
            else:
                raise JsonPathError(f"{self._text!r} asks for element {part} of {len(items)}")
        return found[0] if len(step) == 1 and isinstance(step[0], int) else found

    def _insist(self, value: Any, kind: type, words: str) -> Any:
        if not isinstance(value, kind):
            raise JsonPathError(f"{self._text!r} needs {words}, but the record has {value!r}"[:200])
        return value
