"""The instructor's round trip: release, three different submissions, collect, autograde, feedback, gradebook."""

from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from support.students import nbgrader, submit

from sagelab import catalogue
from sagelab.quiz import load_quiz
from sagelab_grader.course import assignment, init

SLUGS = [entry.slug for entry in catalogue.entries()]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("instructor") / "sagelab"
    list(init(folder, "sagelab"))
    return folder


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
        submit(course, entry, learner, solved=solved, right=right)
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
