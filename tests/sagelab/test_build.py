"""Notebooks are built one way, by nbgrader's own hands, and the same on every machine."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from sagelab import build, catalogue
from sagelab.errors import SagelabError
from sagelab.findings import BuildError
from sagelab.source import load_lesson

SECRETS = [
    "ordered",
    "sorted(",
    "max(",
    'count["outlier"',
    "10, 2, 33",
    "does not move it",
    "seventy",
    "by text",
]


@pytest.fixture
def lesson(small):
    return load_lesson(small.folder)


def cells(text):
    return {cell.id: cell for cell in nbformat.reads(text, as_version=4).cells}


@pytest.fixture
def course(small):
    """A lessons folder with a catalogue that holds the small lesson as number 7."""
    entry = "modules:\n  - title: Numbers\n    lessons:\n      - {number: 7, slug: small}\n"
    small.folder.with_name("catalogue.yaml").write_text(entry)
    return small.folder.parent


EDITIONS = {
    "student": build.build_student,
    "instructor": lambda lesson: build.build_instructor(lesson, graded=False),
    "assignment": lambda lesson: build.build_instructor(lesson, graded=True),
}


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_edition_is_a_valid_notebook_and_valid_for_nbgrader(lesson, edition):
    text = EDITIONS[edition](lesson)
    notebook = nbformat.reads(text, as_version=4)

    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    assert text.endswith("}\n")
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert all(
        not cell.outputs and cell.execution_count is None for cell in notebook.cells if "outputs" in cell
    )


def test_the_student_edition_holds_no_solution_no_hidden_test_and_no_key(lesson):
    text = build.build_student(lesson)

    for secret in SECRETS:
        assert secret not in text
    assert cells(text)["solve-median"].source == (
        'def median(values):\n    """Return the middle of the sorted values."""\n'
        "    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert cells(text)["answer-report"].source == "YOUR ANSWER HERE"


def test_the_instructor_s_edition_holds_all_of_them(lesson):
    text = build.build_instructor(lesson)

    for secret in SECRETS[:-2]:
        assert secret.replace('"', '\\"') in text


def test_the_stub_that_the_lint_tries_is_the_one_that_nbgrader_writes(lesson):
    built = cells(build.build_student(lesson))

    for exercise in lesson.exercises:
        assert built[f"solve-{exercise.id}"].source == exercise.stub


def test_a_tests_cell_is_the_author_s_text_and_locked(lesson):
    check = cells(build.build_instructor(lesson))["check-median"]

    assert check.source == lesson.exercises[0].check.source
    assert check.metadata.nbgrader == {
        "schema_version": 3,
        "grade_id": "median_check",
        "grade": True,
        "locked": True,
        "points": 4,
        "solution": False,
        "task": False,
    }
    assert cells(build.build_student(lesson))["check-median"].metadata.editable is False


def test_a_manual_answer_is_graded_by_a_person(lesson):
    answer = cells(build.build_instructor(lesson))["answer-report"].metadata.nbgrader

    assert (answer.grade_id, answer.grade, answer.solution, answer.locked, answer.points) == (
        "report",
        True,
        True,
        False,
        2,
    )


def test_only_the_assignment_s_quiz_earns_points(lesson):
    student = cells(build.build_student(lesson))
    assignment = cells(build.build_instructor(lesson, graded=True))

    assert student["quiz"].source == "lab.quiz()"
    assert "check-quiz" not in student
    assert "check-quiz" not in cells(build.build_instructor(lesson, graded=False))
    assert assignment["quiz"].source == "lab.quiz(graded=True)"
    assert assignment["check-quiz"].source == "lab.quiz_points(10)"
    assert assignment["check-quiz"].metadata.nbgrader.grade_id == "quiz_check"
    assert list(assignment).index("check-quiz") == list(assignment).index("quiz") + 1


def test_cells_keep_their_ids_in_every_edition(lesson):
    editions = [list(cells(make(lesson))) for make in EDITIONS.values()]

    assert editions[0] == editions[1] == [name for name in editions[2] if name != "check-quiz"]
    assert editions[0][:6] == ["cell-01", "cell-02", "cell-03", "cell-04", "solve-median", "check-median"]


def test_two_builds_are_byte_identical_in_any_process(small, lesson):
    code = (
        "import sys; from pathlib import Path; from sagelab import build, source\n"
        "lesson = source.load_lesson(Path(sys.argv[1]))\n"
        "sys.stdout.write(build.build_student(lesson) + build.build_instructor(lesson))"
    )
    here = build.build_student(lesson) + build.build_instructor(lesson)

    for seed in ("0", "1"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-c", code, str(small.folder)]
        assert subprocess.run(command, capture_output=True, check=True, env=env).stdout.decode() == here


def test_a_comment_that_jupytext_takes_for_a_command_is_told(small):
    line = small.edit("lesson.py", "bills = [", "# %matplotlib inline\nbills = [")

    with pytest.raises(
        BuildError, match=r"small/lesson.py:\d+: jupytext reads this cell in another way; write"
    ) as caught:
        build.build_student(load_lesson(small.folder))

    assert abs(caught.value.findings[0].line - line) <= 4


def test_building_writes_what_is_stale_and_only_that(course, tmp_path, small):
    notebooks = tmp_path / "notebooks"

    assert build.build_all(course, notebooks, check=False) == ["07_small.ipynb"]
    assert build.build_all(course, notebooks, check=False) == []
    assert (notebooks / "07_small.ipynb").read_text() == build.build_student(load_lesson(small.folder))


def test_checking_names_what_is_stale_and_writes_nothing(course, tmp_path, small):
    notebooks = tmp_path / "notebooks"
    assert build.build_all(course, notebooks, check=True) == ["07_small.ipynb"]
    assert not notebooks.exists()

    build.build_all(course, notebooks, check=False)
    small.edit("lesson.py", "Five bills", "Some bills")

    assert build.build_all(course, notebooks, check=True) == ["07_small.ipynb"]
    assert "Five bills" in (notebooks / "07_small.ipynb").read_text()


def test_a_notebook_with_other_line_ends_is_stale(course, tmp_path):
    path = tmp_path / "notebooks" / "07_small.ipynb"
    build.build_all(course, path.parent, check=False)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert build.build_all(course, path.parent, check=True) == ["07_small.ipynb"]


def test_a_notebook_whose_lesson_is_gone_is_stale_and_is_deleted(course, tmp_path):
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for name in ("08_gone.ipynb", "00_home.ipynb", "my_own.ipynb", "notes.txt"):
        (notebooks / name).write_text("{}")

    assert build.build_all(course, notebooks, check=True) == ["07_small.ipynb", "08_gone.ipynb"]
    assert build.build_all(course, notebooks, check=False) == ["07_small.ipynb", "08_gone.ipynb"]
    assert sorted(path.name for path in notebooks.iterdir()) == [
        "00_home.ipynb",
        "07_small.ipynb",
        "my_own.ipynb",
        "notes.txt",
    ]


def test_instructor_notebooks_are_assignments(course, tmp_path):
    (path,) = build.write_instructor(catalogue.entries(course), tmp_path / "source")

    assert path == tmp_path / "source" / "07_small.ipynb"
    assert "lab.quiz_points(10)" in path.read_text()


def test_one_broken_lesson_writes_no_notebook_at_all(course, tmp_path, small):
    small.edit("lesson.py", "points=4", "points=x")

    with pytest.raises(BuildError, match="points are a whole number"):
        build.build_all(course, tmp_path / "notebooks", check=False)

    assert not (tmp_path / "notebooks").exists()


def test_a_broken_question_stops_the_build_with_its_line(course, tmp_path, small):
    line = small.edit("quiz.yaml", "level: recall", "level: 1")

    with pytest.raises(
        BuildError, match=rf"small/quiz.yaml:{line}: level: 1 without quotes is read as a number"
    ):
        build.build_all(course, tmp_path / "notebooks", check=True)


def test_a_place_that_cannot_be_written_is_one_sentence(course, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(
        SagelabError, match=r"07_small.ipynb cannot be written \(.*\); make room or choose another"
    ):
        build.write_instructor(catalogue.entries(course), tmp_path / "file")


def test_a_full_disk_leaves_the_old_notebook_whole(course, tmp_path, small, monkeypatch):
    path = tmp_path / "notebooks" / "07_small.ipynb"
    build.build_all(course, path.parent, check=False)
    before = path.read_bytes()
    small.edit("lesson.py", "Five bills", "Some bills")

    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SagelabError, match="No space left on device"):
        build.build_all(course, path.parent, check=False)

    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == ["07_small.ipynb"]


def test_nbgrader_releases_the_assignment_without_solutions(lesson, tmp_path):
    """The whole converter of nbgrader, with its gradebook, agrees with what the build does in memory."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    source = tmp_path / "source" / "ps1"
    source.mkdir(parents=True)
    (source / "small.ipynb").write_text(build.build_instructor(lesson, graded=False))
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    config.CourseDirectory.assignment_id = "ps1"
    config.GenerateAssignment.no_database = True
    config.GenerateAssignment.preprocessors = [
        step for step in GenerateAssignment().preprocessors if step.__name__ != "SaveCells"
    ]
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()

    released = json.loads((tmp_path / "release" / "ps1" / "small.ipynb").read_text())
    assert released["cells"] == json.loads(build.build_student(lesson))["cells"]
