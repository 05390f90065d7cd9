"""Read the percent format: a Python file in which lines `# %%` part the cells.

This is the part of jupytext's format that lessons use, read strictly and without jupytext, which takes two
seconds to import: a learner's notebook reads its lesson too. The build checks that jupytext reads the same.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from sagelab.findings import Finding

__all__ = ["PercentReader", "RawCell", "Value"]

MARKER = re.compile(r"\s*#\s*%%")
OPENING = re.compile(r"# %%(?P<prose> \[markdown\])?(?P<options>( [a-z]+=\S+)*)")
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
Value = str | int | bool


@dataclass(frozen=True)
class RawCell:
    """A cell as it stands in the file; `marker` is the line of its `# %%`, `line` that of its first source."""

    kind: Literal["code", "markdown"]
    source: str
    line: int
    marker: int
    options: dict[str, Value]


class PercentReader:
    """Reads one file; `findings` gathers what it cannot read."""

    def __init__(self, text: str, file: str) -> None:
        self.lines = text.split("\n")
        self.file = file
        self.findings: list[Finding] = []
        self.header, start = self._read_header()
        self._insist_on_clean_lines(start)
        markers = [place for place in range(start, len(self.lines)) if MARKER.match(self.lines[place])]
        edges = pairwise([*markers, len(self.lines)])
        self.cells = tuple(self._cell(marker, end) for marker, end in edges)

    def _find(self, place: int, text: str) -> None:
        self.findings.append(Finding(self.file, place + 1, text))

    def _read_header(self) -> tuple[str, int]:
        """Return the header's YAML, on the lines where it stands, and the place after it."""
        end = next((place for place, line in enumerate(self.lines) if place and line == "# ---"), 0)
        header = self.lines[1:end]
        if self.lines[0] != "# ---" or not end or not all(line.startswith("#") for line in header):
            self._find(0, "there is no header; write '# ---', '# jupyter:', ... and '# ---' first")
            return "", 0
        return "\n" + "\n".join(_uncommented(line) for line in header), end + 1

    def _insist_on_clean_lines(self, start: int) -> None:
        for place, line in enumerate(self.lines):
            if INVISIBLE.search(line):
                self._find(place, "an invisible control character; write the line without it")
        written = (place for place in range(start, len(self.lines)) if self.lines[place].strip())
        first = next(written, len(self.lines) - 1)
        if self.header and not MARKER.match(self.lines[first]):
            self._find(first, "this stands before the first cell; write '# %%' above it")

    def _cell(self, marker: int, end: int) -> RawCell:
        opening = OPENING.fullmatch(self.lines[marker])
        if opening is None:
            self._find(
                marker,
                "this cell marker cannot be read; write '# %%', '# %% [markdown]' or "
                "'# %%' with name=value options",
            )
        first = marker + 1
        lines = self.lines[first:end]
        while lines and not lines[-1].strip():
            lines.pop()
        prose = bool(opening and opening["prose"])
        return RawCell(
            kind="markdown" if prose else "code",
            source="\n".join(self._prose(lines, first) if prose else lines),
            line=first + 1,
            marker=marker + 1,
            options=self._options(opening["options"], marker) if opening else {},
        )

    def _prose(self, lines: list[str], first: int) -> list[str]:
        for place, line in enumerate(lines, first):
            if line.strip() and line != "#" and not line.startswith("# "):
                self._find(place, "this line of prose is not a comment; write '# ' before it")
        return [_uncommented(line) for line in lines]

    def _options(self, text: str, marker: int) -> dict[str, Value]:
        options: dict[str, Value] = {}
        for option in text.split():
            name, value = option.split("=", 1)
            if name in options:
                self._find(marker, f"the cell option {name!r} stands twice; write it once")
            options[name] = _value(value)
        return options


def _uncommented(line: str) -> str:
    return line.removeprefix("#").removeprefix(" ")


def _value(text: str) -> Value:
    """Read an option's value; what is no text, whole number or truth value stays as it is written."""
    if text in {"true", "false"}:
        return text == "true"
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    return f"={text}"
