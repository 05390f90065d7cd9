"""The regions of a cell that the student edition leaves out: solutions and hidden tests."""

from dataclasses import dataclass

__all__ = [
    "HIDDEN_TESTS",
    "SOLUTION",
    "Region",
    "RegionError",
    "find_regions",
    "replaced",
    "unmarked",
    "without",
]

SOLUTION = "SOLUTION"
HIDDEN_TESTS = "HIDDEN TESTS"


@dataclass(frozen=True)
class Region:
    """The places, counted from zero, of a region's two marker lines in its cell, and its indentation."""

    begin: int
    end: int
    indent: str


class RegionError(Exception):
    """A marker that stands wrong: its place in the cell, and what to write instead."""

    def __init__(self, place: int, text: str) -> None:
        super().__init__(text)
        self.place = place


def find_regions(source: str, word: str) -> list[Region]:
    """Return the regions between `### BEGIN <word>` and `### END <word>`; raises RegionError."""
    regions: list[Region] = []
    begin: int | None = None
    lines = source.split("\n")
    for place, line in enumerate(lines):
        for edge in ("BEGIN", "END"):
            if f"{edge} {word}" in line and line.strip() != f"### {edge} {word}":
                raise RegionError(
                    place, f"a region's marker has a line of its own; write '### {edge} {word}'"
                )
        if line.strip() == f"### BEGIN {word}":
            if begin is not None:
                raise RegionError(place, f"a region begins in a region; write '### END {word}' before it")
            begin = place
        elif line.strip() == f"### END {word}":
            if begin is None:
                raise RegionError(
                    place, f"a region ends that has not begun; write '### BEGIN {word}' before it"
                )
            indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
            regions.append(Region(begin, place, indent))
            begin = None
    if begin is not None:
        raise RegionError(begin, f"a region has no end; write '### END {word}' after it")
    return regions


def replaced(source: str, region: Region, code: str) -> str:
    """Return the cell with `code`, indented as the region is, in the region's place."""
    lines = source.split("\n")
    new = [region.indent + line if line.strip() else "" for line in code.split("\n")]
    return "\n".join([*lines[: region.begin], *new, *lines[region.end + 1 :]])


def without(source: str, word: str) -> str:
    """Return the cell without the regions of this word."""
    lines = source.split("\n")
    for region in reversed(find_regions(source, word)):
        del lines[region.begin : region.end + 1]
    return "\n".join(lines).rstrip("\n")


def unmarked(source: str, word: str) -> str:
    """Return the cell without the marker lines of this word."""
    markers = {f"### BEGIN {word}", f"### END {word}"}
    return "\n".join(line for line in source.split("\n") if line.strip() not in markers)
