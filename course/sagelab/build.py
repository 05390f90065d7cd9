"""Build notebooks from a lesson's text: the learner's, the instructor's, the assignment's.

One way only: nothing is ever read back from a notebook. The student edition is made by nbgrader's own
preprocessors, in the order of `nbgrader generate_assignment`, in memory and without a gradebook.
"""

import contextlib
import re
import secrets
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sagelab import catalogue
from sagelab.errors import SagelabError
from sagelab.findings import BuildError, Finding
from sagelab.lesson import Cell, Lesson
from sagelab.questions import read_quiz
from sagelab.source import load_lesson
from sagelab.strict_yaml import file_name, read_text

__all__ = ["build_all", "build_instructor", "build_student", "write_instructor"]

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
IDS = {"solution": "solve-{}", "tests": "check-{}", "manual": "answer-{}", "quiz": "quiz"}
NOTEBOOK = re.compile(r"(?!00)[0-9]{2}_[a-z0-9_]+\.ipynb")


def build_student(lesson: Lesson) -> str:
    """Return the self-study notebook: no solutions, no hidden tests, a quiz that explains at once."""
    from nbgrader import preprocessors as nbgrader

    notebook = _notebook(lesson, graded=False)
    resources: dict[str, Any] = {}
    for step in (
        nbgrader.LockCells,
        nbgrader.ClearSolutions,
        nbgrader.ClearOutput,
        nbgrader.CheckCellMetadata,
        nbgrader.ClearHiddenTests,
        nbgrader.ClearMarkScheme,
        nbgrader.ComputeChecksums,
        nbgrader.CheckCellMetadata,
    ):
        notebook, resources = step().preprocess(notebook, resources)
    return _written(notebook)


def build_instructor(lesson: Lesson, *, graded: bool = True) -> str:
    """Return the notebook with solutions and tests; `graded` makes it an assignment, whose quiz earns points."""
    from nbgrader import preprocessors as nbgrader

    notebook = _notebook(lesson, graded=graded)
    nbgrader.CheckCellMetadata().preprocess(notebook, {})
    return _written(notebook)


def build_all(lessons: Path, notebooks: Path, *, check: bool) -> list[str]:
    """Write each lesson's student notebook; returns the names of those that were stale.

    With `check` nothing is written. A notebook whose lesson has left the catalogue is stale too, and is deleted.
    """
    built = {entry.notebook: build_student(lesson) for entry, lesson in _load(catalogue.entries(lessons))}
    stale = [name for name, text in built.items() if _read(notebooks / name) != text.encode()]
    left = [path.name for path in notebooks.glob("*.ipynb") if NOTEBOOK.fullmatch(path.name)]
    gone = sorted(set(left) - set(built))
    if not check:
        for name in stale:
            _write(notebooks / name, built[name])
        for name in gone:
            (notebooks / name).unlink()
    return stale + gone


def write_instructor(entries: Iterable[catalogue.Entry], folder: Path) -> list[Path]:
    """Write each lesson's instructor notebook, as an assignment, into a folder; returns the paths."""
    written = []
    for entry, lesson in _load(entries):
        written.append(folder / entry.notebook)
        _write(written[-1], build_instructor(lesson, graded=True))
    return written


def _load(entries: Iterable[catalogue.Entry]) -> list[tuple[catalogue.Entry, Lesson]]:
    """Load the lessons, and see that their questions load too; raises BuildError with all findings."""
    loaded: list[tuple[catalogue.Entry, Lesson]] = []
    findings: list[Finding] = []
    for entry in entries:
        findings += [fault.finding for fault in read_quiz(entry.folder / "quiz.yaml")[1]]
        try:
            loaded.append((entry, load_lesson(entry.folder)))
        except BuildError as fault:
            findings += fault.findings
    if findings:
        raise BuildError(findings)
    return loaded


def _notebook(lesson: Lesson, *, graded: bool) -> Any:
    import nbformat

    _insist_on_jupytext(lesson)
    cells = []
    for number, cell in enumerate(lesson.cells, 1):
        cells.append(_cell(cell, number))
        if cell.role == "quiz" and graded:
            cells[-1]["source"] = "lab.quiz(graded=True)"
            cells.append(_quiz_check(cell.points))
    notebook = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return nbformat.from_dict(notebook)


def _cell(cell: Cell, number: int) -> dict[str, Any]:
    name = IDS.get(cell.role, f"cell-{number:02d}").format(cell.exercise)
    return _made(cell.kind, name, cell.source, _nbgrader(cell))


def _made(kind: str, name: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    made = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    return made | {"execution_count": None, "outputs": []} if kind == "code" else made


def _nbgrader(cell: Cell) -> dict[str, Any]:
    if cell.role == "solution":
        return _graded(cell.exercise, solution=True)
    if cell.role == "tests":
        return _graded(f"{cell.exercise}_check", locked=True, points=cell.points)
    if cell.role == "manual":
        return _graded(cell.exercise, solution=True, points=cell.points)
    return {}


def _graded(name: str, *, solution: bool = False, locked: bool = False, points: int = 0) -> dict[str, Any]:
    grade: dict[str, Any] = {"grade": bool(points)} | ({"points": points} if points else {})
    fixed = {"schema_version": 3, "grade_id": name, "solution": solution, "locked": locked, "task": False}
    return {"nbgrader": fixed | grade}


def _quiz_check(points: int) -> dict[str, Any]:
    """Return the cell that scores the quiz; nbgrader reads the number it ends in as partial credit."""
    metadata = _graded("quiz_check", locked=True, points=points)
    return _made("code", "check-quiz", f"lab.quiz_points({points})", metadata)


def _insist_on_jupytext(lesson: Lesson) -> None:
    """Raise BuildError where jupytext, with which authors open a lesson in JupyterLab, reads another cell."""
    import jupytext

    path = lesson.folder / "lesson.py"
    theirs = [
        (cell.cell_type, cell.source) for cell in jupytext.reads(read_text(path), fmt="py:percent").cells
    ]
    ours = [(cell.kind, cell.source) for cell in lesson.cells]
    for place, (our, their) in enumerate(zip_longest(ours, theirs)):
        if our != their:
            line = lesson.cells[min(place, len(ours) - 1)].line
            advice = (
                "jupytext reads this cell in another way; write no magics and no comments that look like one"
            )
            raise BuildError([Finding(file_name(path), line, advice)])


def _written(notebook: Any) -> str:
    import nbformat

    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    return f"{text}\n"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _write(path: Path, text: str) -> None:
    """Write a whole file or none; raises SagelabError."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(text.encode())
        beside.replace(path)
    except OSError as fault:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise SagelabError(
            f"{path} cannot be written ({fault.strerror}); make room or choose another folder."
        ) from fault
