"""The learner's record counts what was done, and only that."""

from pathlib import Path

from sagelab import catalogue
from sagelab.answers import Answers
from sagelab.homepage import Home
from sagelab.progress import Progress
from sagelab.quiz import load_quiz

ENTRY = catalogue.find("model_monitor")


def test_a_new_folder_is_not_started_and_reading_it_writes_nothing(tmp_path: Path) -> None:
    assert Progress(tmp_path).status(ENTRY).words == "Not started"
    assert not (tmp_path / ".sagelab").exists()


def test_a_passed_check_stays_passed(tmp_path: Path) -> None:
    progress, name = Progress(tmp_path), ENTRY.exercises[0]
    progress.checked(ENTRY.slug, name, passed=False)
    assert progress.status(ENTRY).passed == 0
    progress.checked(ENTRY.slug, name, passed=True)
    progress.checked(ENTRY.slug, name, passed=False)
    assert progress.status(ENTRY).passed == 1
    assert progress.tries(ENTRY.slug, name) == 3


def test_an_exercise_that_left_the_lesson_does_not_count(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.checked(ENTRY.slug, "was_removed", passed=True)
    assert progress.status(ENTRY).passed == 0


def test_quiz_answers_count_once_checked(tmp_path: Path) -> None:
    question = next(q for q in load_quiz(ENTRY.folder / "quiz.yaml") if q.kind == "one")
    right = [choice.id for choice in question.choices if choice.right]
    answers = Answers(tmp_path / "answers.json")
    answers.record(ENTRY.slug, question.id, right, False)
    assert Progress(tmp_path).status(ENTRY).answered == 0
    answers.record(ENTRY.slug, question.id, right, True)
    status = Progress(tmp_path).status(ENTRY)
    assert (status.answered, status.right) == (1, 1)


def test_hints_come_one_by_one_and_the_seed_stays(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    assert [progress.next_hint("model_monitor", "psi") for _ in range(3)] == [0, 1, 2]
    assert progress.seed() == Progress(tmp_path).seed()


def test_the_home_page_links_each_lesson_and_says_how_far(tmp_path: Path) -> None:
    Progress(tmp_path).checked(ENTRY.slug, ENTRY.exercises[0], passed=True)
    page = Home(tmp_path)._repr_html_()
    for entry in catalogue.entries():
        assert f'href="{entry.notebook}"' in page
    assert f"Exercises 1 of {len(ENTRY.exercises)}" in page
    assert "Exercises 1 of" in repr(Home(tmp_path))
