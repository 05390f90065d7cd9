"""What a learner has done, in one small SQLite file in the learner's folder."""

import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sagelab.answers import Answers, Lessons
from sagelab.catalogue import Entry
from sagelab.database import Database
from sagelab.quiz import Question, load_quiz, score

__all__ = ["NOTHING", "Progress", "Record", "Stage", "Status", "statuses"]

Stage = Literal["new", "reading", "working", "done"]
TOUCH = """INSERT INTO lesson (slug, touched, best) VALUES (?, ?, ?)
ON CONFLICT (slug) DO UPDATE SET touched = MAX(touched, excluded.touched), best = MAX(best, excluded.best)"""


@dataclass(frozen=True)
class Status:
    """How far a learner is in one lesson: exercises passed, quiz questions checked, the most right at once.

    `touched` is the moment of the last work in it, or empty.
    """

    passed: int
    exercises: int
    answered: int
    best: int
    questions: int
    touched: str = ""

    @property
    def stage(self) -> Stage:
        """Not begun, opened and read, at work, or done: every exercise passed and every question checked."""
        if not (self.passed or self.answered):
            return "reading" if self.touched else "new"
        done = self.passed == self.exercises and self.answered == self.questions
        return "done" if done else "working"

    @property
    def words(self) -> str:
        """The status as the home page says it where it is text."""
        if self.stage in ("new", "reading"):
            return "Not started" if self.stage == "new" else "Reading"
        exercises = f"exercises {self.passed} of {self.exercises}"
        quiz = f"quiz {self.answered} of {self.questions} answered, best {self.best} right"
        return f"Done: {exercises}, {quiz}" if self.stage == "done" else f"{exercises.capitalize()}, {quiz}"


class Progress:
    """The record of one learner's folder; made on first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / ".sagelab" / "progress.db"
        self.database = Database(self.path)

    @property
    def note(self) -> str:
        """What happened to a damaged record, or empty."""
        return self.database.note

    def seed(self) -> str:
        """This learner's own order of choices; the same on every visit."""
        with self.database.open() as db:
            row = db.execute("SELECT seed FROM learner").fetchone()
            if row is None:
                row = (uuid.uuid4().hex,)
                db.execute("INSERT INTO learner VALUES (?)", row)
        return str(row[0])

    def touched(self, lesson: str, best: int = 0) -> None:
        """Keep that the learner is at work in a lesson now, and a quiz score where it is the best yet."""
        with self.database.open() as db:
            _touch(db, lesson, best)

    def checked(self, lesson: str, name: str, *, passed: bool) -> None:
        """Count a run of a check cell; once passed stays passed."""
        with self.database.open() as db:
            db.execute("INSERT OR IGNORE INTO exercise (lesson, name) VALUES (?, ?)", (lesson, name))
            db.execute(
                "UPDATE exercise SET tries = tries + 1, passed = MAX(passed, ?) WHERE lesson = ? AND name = ?",
                (int(passed), lesson, name),
            )
            _touch(db, lesson)

    def tries(self, lesson: str, name: str) -> int:
        """How often the check of an exercise was run."""
        return self._count("tries", lesson, name)

    def next_hint(self, lesson: str, name: str) -> int:
        """The number of hints asked for before this one."""
        with self.database.open() as db:
            db.execute("INSERT OR IGNORE INTO exercise (lesson, name) VALUES (?, ?)", (lesson, name))
        before = self._count("hints", lesson, name)
        with self.database.open() as db:
            db.execute("UPDATE exercise SET hints = hints + 1 WHERE lesson = ? AND name = ?", (lesson, name))
        return before

    def _count(self, column: str, lesson: str, name: str) -> int:
        with self.database.open() as db:
            row = db.execute(
                f"SELECT {column} FROM exercise WHERE lesson = ? AND name = ?",
                (lesson, name),
            ).fetchone()
        return int(row[0]) if row else 0

    def status(self, entry: Entry) -> Status:
        """How far the learner is in the lesson `entry`."""
        questions = {entry.slug: load_quiz(entry.folder / "quiz.yaml")}
        given = Answers(self.folder / "answers.json").lessons()
        return statuses([entry], questions, given, self.record())[entry.slug]

    def record(self) -> "Record":
        """Read what was done in all lessons; a folder without a record has done nothing."""
        if not self.path.exists():
            return NOTHING
        with self.database.open() as db:
            passed = db.execute("SELECT lesson, name FROM exercise WHERE passed").fetchall()
            lessons = db.execute("SELECT slug, touched, best FROM lesson").fetchall()
        return Record(
            frozenset(passed),
            {slug: (str(touched), best if type(best) is int else 0) for slug, touched, best in lessons},
        )


@dataclass(frozen=True)
class Record:
    """The exercises passed, as (lesson, name); and of each lesson its last moment and the best quiz score."""

    passed: frozenset[tuple[str, str]]
    lessons: Mapping[str, tuple[str, int]]


NOTHING = Record(frozenset(), {})


def statuses(
    entries: Iterable[Entry], questions: Mapping[str, Iterable[Question]], given: Lessons, record: Record
) -> dict[str, Status]:
    """How far the learner is in each lesson, by its slug: from its questions, the answers and the record."""
    found = {}
    for entry in entries:
        exercises, asked = set(entry.exercises), tuple(questions.get(entry.slug, ()))
        right, answered = _quiz(asked, given.get(entry.slug, {}))
        touched, best = record.lessons.get(entry.slug, ("", 0))
        found[entry.slug] = Status(
            passed=len({name for lesson, name in record.passed if lesson == entry.slug} & exercises),
            exercises=len(exercises),
            answered=answered,
            best=min(max(best, right), len(asked)),
            questions=len(asked),
            touched=touched,
        )
    return found


def _touch(db: sqlite3.Connection, lesson: str, best: int = 0) -> None:
    db.execute(TOUCH, (lesson, datetime.now(UTC).isoformat(timespec="microseconds"), best))


def _quiz(questions: tuple[Question, ...], given: Mapping[str, Mapping[str, object]]) -> tuple[int, int]:
    """Count the questions that are right now, and those that were checked; an answer only saved is neither."""
    checked = {name: entry["answer"] for name, entry in given.items() if entry.get("checked")}
    return score(questions, checked).right, sum(question.id in checked for question in questions)
