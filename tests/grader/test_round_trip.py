"""The instructor's round trip: release, three different submissions, collect, autograde, feedback, gradebook."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from sagelab import catalogue
from sagelab.catalogue import Entry
from sagelab.quiz import Question, load_quiz
from sagelab.source import load_lesson
from sagelab_grader.course import assignment, init

SLUGS = [entry.slug for entry in catalogue.entries()]


def nbgrader(course: Path, *words: str) -> str:
    """Run nbgrader as an instructor would, in the folder of the course."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=course, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instructor") / "sagelab"
    list(init(folder, "sagelab"))
    return folder


def right_answer(question: Question) -> Any:
    """The answer that earns the point, in the form that the quiz widget saves."""
    from sagelab.quiz import payload

    return payload(question, "any", key=True)["solution"]


def answers_file(entry: Entry, right: Callable[[int], bool]) -> str:
    """answers.json of a learner who answers rightly the questions for which `right(position)` holds."""
    questions = load_quiz(entry.folder / "quiz.yaml")
    given = {
        question.id: {"answer": right_answer(question), "checked": True}
        for position, question in enumerate(questions)
        if right(position)
    }
    return json.dumps({"version": 1, "lessons": {entry.slug: given}})


def solve(released: Path, entry: Entry, wanted: set[str]) -> str:
    """The released notebook with the solutions of the exercises named in `wanted`."""
    solutions = {exercise.id: exercise.solution for exercise in load_lesson(entry.folder).exercises}
    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("solution") and not meta.get("grade") and meta["grade_id"] in wanted:
            cell.source = solutions[meta["grade_id"]]
    return str(nbformat.writes(notebook))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("slug", SLUGS)
def test_three_submissions_get_the_scores_that_they_earn(course: Path, slug: str) -> None:
    entry = catalogue.find(slug)
    name = assignment(entry)
    released = course / "course" / "release" / name / entry.notebook
    assert "BEGIN SOLUTION" not in released.read_text()
    assert "BEGIN HIDDEN TESTS" not in released.read_text()
    ids = list(entry.exercises)
    learners = {
        "ada": (set(ids), lambda position: True),
        "ben": ({ids[0]}, lambda position: position % 2 == 0),
        "cleo": (set(), None),
    }
    for learner, (solved, right) in learners.items():
        home = course / "homes" / learner
        shutil.copytree(released.parent, home / name)
        (home / name / entry.notebook).write_text(solve(released, entry, solved))
        if right is not None:
            (home / name / "answers.json").write_text(answers_file(entry, right))
        exchange = str(course / "exchange")
        config = (
            f"c = get_config()\nc.CourseDirectory.course_id = 'sagelab'\nc.Exchange.root = {exchange!r}\n"
        )
        (home / "nbgrader_config.py").write_text(config)
        nbgrader(home, "submit", name, "--student", learner)
    nbgrader(course, "collect", name)
    nbgrader(course, "autograde", name)
    nbgrader(course, "generate_feedback", name)

    with Gradebook(f"sqlite:///{course / 'course' / 'gradebook.db'}") as gradebook:
        grades = {
            learner: {
                grade.cell.name: grade.auto_score
                for notebook in gradebook.find_submission(name, learner).notebooks
                for grade in notebook.grades
            }
            for learner in learners
        }
        most = {
            cell.name: cell.max_score
            for notebook in gradebook.find_assignment(name).notebooks
            for cell in notebook.grade_cells
        }
    checks = {f"{exercise}_check" for exercise in ids}
    assert checks | {"quiz_check"} <= set(most)
    questions = len(load_quiz(entry.folder / "quiz.yaml"))
    for check in checks:
        assert grades["ada"][check] == most[check]
        assert grades["cleo"][check] == 0
    assert grades["ben"][f"{ids[0]}_check"] == most[f"{ids[0]}_check"]
    assert grades["ada"]["quiz_check"] == most["quiz_check"]
    assert grades["ben"]["quiz_check"] == pytest.approx(
        most["quiz_check"] * ((questions + 1) // 2) / questions, abs=0.01
    )
    assert grades["cleo"]["quiz_check"] == 0
    for learner in learners:
        feedback = course / "course" / "feedback" / learner / name / entry.notebook.replace(".ipynb", ".html")
        assert feedback.is_file()
    page = (
        course / "course" / "feedback" / "cleo" / name / entry.notebook.replace(".ipynb", ".html")
    ).read_text()
    assert "Not tried yet" in page
