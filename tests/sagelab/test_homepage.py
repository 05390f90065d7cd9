"""The home page's numbers are counted from the learner's record, and a damaged one is told."""

import shutil
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sagelab import catalogue
from sagelab.answers import Answers
from sagelab.exam import load_bank
from sagelab.flashcards import NEW_A_DAY, Flashcards, Rating
from sagelab.homepage import Next, Overview, Readiness, next_lesson, readiness
from sagelab.progress import Progress, Status
from sagelab.quiz import load_quiz, solution
from sagelab.sitting import Plan
from sagelab.sittings import Sittings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENTRY = catalogue.find("model_monitor")
BANK = load_bank()
ENTRIES = tuple(catalogue.Entry(number, slug, Path()) for number, slug in enumerate("abc", 1))
NEW, READ, DONE = Status(0, 1, 0, 0, 1), Status(0, 1, 0, 0, 1, "2"), Status(1, 1, 1, 1, 1, "3")


def lesson(state: dict, slug: str = ENTRY.slug) -> dict:
    return next(one for module in state["modules"] for one in module["lessons"] if one["slug"] == slug)


def test_a_new_folder_shows_every_lesson_and_gets_no_record_by_being_looked_at(tmp_path: Path) -> None:
    state = Overview(tmp_path).state(NOW)

    assert [one["slug"] for module in state["modules"] for one in module["lessons"]] == [
        entry.slug for entry in catalogue.entries()
    ]
    assert lesson(state)["stage"] == "new"
    assert state["cards"] == {"due": 0, "new": NEW_A_DAY, "seen": 0, "total": len(BANK)}
    assert (state["note"], state["pages"]) == ("", {})
    assert list(tmp_path.iterdir()) == []


def test_what_was_done_is_counted(tmp_path: Path) -> None:
    Progress(tmp_path).checked(ENTRY.slug, ENTRY.exercises[0], passed=True)
    first, second, *_ = load_quiz(ENTRY.folder / "quiz.yaml")
    answers = Answers(tmp_path / "answers.json")
    answers.record(ENTRY.slug, first.id, solution(first), True)
    answers.record(ENTRY.slug, second.id, [], True)

    state = Overview(tmp_path).state(NOW)

    found = lesson(state)
    assert [found[name] for name in ("passed", "answered", "best", "stage")] == [1, 2, 1, "working"]
    assert found["questions"] == len(load_quiz(ENTRY.folder / "quiz.yaml"))
    assert state["next"] == {"slug": ENTRY.slug, "why": "left"}
    assert "Exercises 1 of" in Overview(tmp_path).text()


def test_a_card_that_is_due_is_counted(tmp_path: Path) -> None:
    cards = Flashcards(tmp_path)
    due = cards.review(next(iter(cards.cards)), Rating.Again, NOW)

    counts = Overview(tmp_path).state(due)["cards"]

    assert (counts["due"], counts["new"], counts["seen"]) == (1, NEW_A_DAY - 1, 1)


def test_pages_are_linked_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "00_exam.ipynb").write_text("{}")
    assert Overview(tmp_path).state(NOW)["pages"] == {"exam": "00_exam.ipynb"}


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ((NEW, NEW, NEW), Next("a", "first")),
        ((NEW, READ, NEW), Next("b", "left")),
        ((NEW, DONE, NEW), Next("c", "follows")),
        ((NEW, NEW, DONE), Next("a", "follows")),
        ((DONE, READ, NEW), Next("b", "follows")),
        ((DONE, DONE, DONE), None),
        ((Status(1, 1, 1, 1, 1), NEW, NEW), Next("b", "first")),
    ],
)
def test_the_next_lesson_is_where_the_learner_left_or_the_one_that_follows(stages, expected) -> None:
    statuses = {entry.slug: status for entry, status in zip(ENTRIES, stages, strict=True)}
    assert next_lesson(ENTRIES, statuses) == expected


def test_readiness_counts_by_module_what_was_answered_last() -> None:
    mine = [item for item in BANK if item.lesson == ENTRY.slug]
    past = {mine[0].id: True, mine[1].id: False, mine[2].id: True, "no such": True}

    found = {one.module: one for one in readiness(BANK, past)}

    module = mine[0].module
    assert found[module] == Readiness(module, 2, 3, sum(item.module == module for item in BANK))
    assert all(one.answered == 0 for name, one in found.items() if name != module)
    assert sum(one.total for one in found.values()) == len(BANK)


def test_readiness_knows_an_exam_that_was_handed_in_and_no_graded_answer(tmp_path: Path) -> None:
    sittings = Sittings(tmp_path, BANK)
    sitting = sittings.begin(Plan(), NOW)
    first = sittings.items(sitting)[0]
    sittings.answer(sitting.id, first.id, solution(first.question), NOW)
    overview = Overview(tmp_path)
    assert sum(one["answered"] for one in overview.state(NOW)["readiness"]) == 0

    sittings.hand_in(sitting.id, NOW)
    Answers(tmp_path / "answers.json").record(ENTRY.slug, "graded", ["x"], False)

    found = overview.state(NOW)["readiness"]
    assert sum(one["answered"] for one in found) == len(sitting.items)
    assert sum(one["right"] for one in found) == 1


def test_a_damaged_record_is_moved_aside_and_stays_told(tmp_path: Path) -> None:
    Progress(tmp_path).touched(ENTRY.slug)
    (tmp_path / ".sagelab" / "progress.db").write_bytes(b"damage" * 1000)
    (tmp_path / "answers.json").write_text("{")
    overview = Overview(tmp_path)

    for _ in range(2):
        note = overview.state(NOW)["note"]
        assert note.count("progress.db was damaged") == 1
        assert note.count("answers.json was damaged") == 1


def test_a_record_in_use_elsewhere_still_shows_the_lessons(tmp_path: Path, monkeypatch) -> None:
    Progress(tmp_path).touched(ENTRY.slug)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: connect(path, timeout=0))
    other = connect(tmp_path / ".sagelab" / "progress.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    state = Overview(tmp_path).state(NOW)

    other.close()
    assert lesson(state)["stage"] == "new"
    assert "is in use by another program" in state["note"]


def test_a_status_that_nobody_wrote_counts_for_nothing(tmp_path: Path) -> None:
    Progress(tmp_path).touched(ENTRY.slug)
    with sqlite3.connect(tmp_path / ".sagelab" / "progress.db") as db:
        db.execute("UPDATE lesson SET best = 'many', touched = 7")
    assert lesson(Overview(tmp_path).state(NOW))["best"] == 0


@pytest.fixture(scope="module")
def full_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """22 lessons with more than 500 questions, copied from the ones there are."""
    folder = tmp_path_factory.mktemp("course") / "lessons"
    sources = catalogue.entries()
    lines = ["modules:", "- title: All", "  lessons:"]
    for number in range(1, 23):
        shutil.copytree(sources[number % len(sources)].folder, folder / f"lesson_{number}")
        lines.append(f"  - {{number: {number}, slug: lesson_{number}}}")
    (folder / "catalogue.yaml").write_text("\n".join(lines), "utf-8")
    return folder


def test_a_course_of_22_lessons_is_shown_whole(tmp_path: Path, full_course: Path) -> None:
    overview = Overview(tmp_path, full_course)
    Progress(tmp_path).touched("lesson_22", 3)

    state = overview.state(NOW)

    assert len(overview.entries) == 22
    assert len(overview.bank) > 500
    assert lesson(state, "lesson_22")["best"] == 3
    assert state["next"] == asdict(Next("lesson_22", "left"))
