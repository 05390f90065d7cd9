"""A lesson as one frozen value: its cells, its graded exercises, and what its header says."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sagelab import regions
from sagelab.exercises import Guide, Wrong

__all__ = ["STUB", "About", "Cell", "Exercise", "Lesson", "Role"]

Role = Literal["plain", "solution", "tests", "manual", "quiz"]
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


@dataclass(frozen=True)
class Cell:
    """One cell: what it is for, the exercise that it belongs to, and where its source stands."""

    kind: Literal["code", "markdown"]
    source: str
    line: int
    role: Role = "plain"
    exercise: str = ""
    points: int = 0


@dataclass(frozen=True)
class Exercise:
    """A graded exercise: its two cells, its points, and how it speaks to the learner."""

    id: str
    points: int
    solve: Cell
    check: Cell
    guide: Guide

    @property
    def right(self) -> str:
        """What is said when the check passes."""
        return self.guide.right

    @property
    def hints(self) -> tuple[str, ...]:
        """The hints, from a nudge to nearly there."""
        return self.guide.hints

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        """The wrong answers on file."""
        return self.guide.wrong

    @property
    def solution(self) -> str:
        """The solution cell as the learner may read it."""
        return regions.unmarked(self.solve.source, regions.SOLUTION)

    @property
    def stub(self) -> str:
        """The solution cell as the learner gets it; nbgrader writes the same."""
        return regions.replaced(self.solve.source, self.region, STUB)

    @property
    def region(self) -> regions.Region:
        """The part of the solution cell that the learner writes."""
        return regions.find_regions(self.solve.source, regions.SOLUTION)[0]

    def answered(self, code: str) -> str:
        """The solution cell with `code` as the answer.

        Code that defines the very function in which the region stands replaces the whole cell.
        """
        if _functions(code) & _functions(self.solution) and self.region.indent:
            return code
        return regions.replaced(self.solve.source, self.region, code)


@dataclass(frozen=True)
class About:
    """What the header of lesson.py says about the lesson."""

    minutes: int
    summary: str
    status: str
    checked: str


@dataclass(frozen=True)
class Lesson:
    """One lesson."""

    slug: str
    folder: Path
    title: str
    about: About
    cells: tuple[Cell, ...]
    exercises: tuple[Exercise, ...]


def _functions(code: str) -> set[str]:
    """Name the functions that code defines at its top level."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return set()
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
