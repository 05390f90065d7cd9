"""The learner's record counts what was done, and only that."""

from pathlib import Path

from sagelab import catalogue
from sagelab.answers import Answers
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
    assert (status.answered, status.best) == (1, 1)


def test_the_best_score_of_a_quiz_stays_when_an_answer_is_changed(tmp_path: Path) -> None:
    Progress(tmp_path).touched(ENTRY.slug, 2)
    Progress(tmp_path).touched(ENTRY.slug, 1)
    assert Progress(tmp_path).status(ENTRY).best == 2


def test_a_best_score_is_never_more_than_the_questions_there_are(tmp_path: Path) -> None:
    Progress(tmp_path).touched(ENTRY.slug, 9999)
    status = Progress(tmp_path).status(ENTRY)
    assert status.best == status.questions


def test_a_lesson_that_was_opened_is_being_read(tmp_path: Path) -> None:
    Progress(tmp_path).touched(ENTRY.slug)
    status = Progress(tmp_path).status(ENTRY)
    assert (status.stage, status.words) == ("reading", "Reading")
    assert status.touched.endswith("+00:00")


def test_a_lesson_is_done_when_all_exercises_pass_and_all_questions_are_checked(tmp_path: Path) -> None:
    progress, answers = Progress(tmp_path), Answers(tmp_path / "answers.json")
    for name in ENTRY.exercises:
        progress.checked(ENTRY.slug, name, passed=True)
    *first, last = load_quiz(ENTRY.folder / "quiz.yaml")
    for question in first:
        answers.record(ENTRY.slug, question.id, [], True)
    assert progress.status(ENTRY).stage == "working"
    answers.record(ENTRY.slug, last.id, [], True)
    assert progress.status(ENTRY).stage == "done"


def test_hints_come_one_by_one_and_the_seed_stays(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    assert [progress.next_hint("model_monitor", "psi") for _ in range(3)] == [0, 1, 2]
    assert progress.seed() == Progress(tmp_path).seed()
