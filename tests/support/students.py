"""Learners who hand in a lesson of an nbgrader course."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from sagelab.catalogue import Entry
from sagelab.quiz import Question, load_quiz, payload
from sagelab.source import load_lesson
from sagelab_grader.course import assignment


def nbgrader(folder: Path, *words: str) -> str:
    """Run nbgrader as a person would, in a folder; what it printed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def submit(
    course: Path,
    entry: Entry,
    learner: str,
    *,
    solved: set[str],
    right: Callable[[int], bool] | None,
    written: str = "",
) -> None:
    """Hand in a lesson with the exercises in `solved`, and the questions for which `right(position)` holds.

    Without `right` there is no answers.json at all; `written` answers what a person grades.
    """
    name, home = assignment(entry), course / "homes" / learner
    released = course / "course" / "release" / name / entry.notebook
    shutil.copytree(released.parent, home / name)
    (home / name / entry.notebook).write_text(_solve(released, entry, solved, written))
    if right is not None:
        (home / name / "answers.json").write_text(_answers(entry, right))
    exchange = str(course / "exchange")
    (home / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'sagelab'\nc.Exchange.root = {exchange!r}\n"
    )
    nbgrader(home, "submit", name, "--student", learner)


def _right_answer(question: Question) -> Any:
    """The answer that earns the point, in the form that the quiz widget saves."""
    return payload(question, "any", key=True)["solution"]


def _answers(entry: Entry, right: Callable[[int], bool]) -> str:
    given = {
        question.id: {"answer": _right_answer(question), "checked": True}
        for position, question in enumerate(load_quiz(entry.folder / "quiz.yaml"))
        if right(position)
    }
    return json.dumps({"version": 1, "lessons": {entry.slug: given}})


def _solve(released: Path, entry: Entry, wanted: set[str], written: str) -> str:
    solutions = {exercise.id: exercise.solution for exercise in load_lesson(entry.folder).exercises}
    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("solution") and not meta.get("grade") and meta["grade_id"] in wanted:
            cell.source = solutions[meta["grade_id"]]
        elif meta.get("solution") and meta.get("grade") and written:
            cell.source = written
    return str(nbformat.writes(notebook))
