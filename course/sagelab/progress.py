"""What a learner has done, in one small SQLite file in the learner's folder."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from sagelab.answers import Answers
from sagelab.catalogue import Entry
from sagelab.database import Database
from sagelab.quiz import load_quiz, score


@dataclass(frozen=True)
class Status:
    """How far a learner is in one lesson."""

    passed: int
    exercises: int
    answered: int
    right: int
    questions: int

    @property
    def words(self) -> str:
        """The status as the home page says it."""
        if not (self.passed or self.answered):
            return "Not started"
        if self.passed == self.exercises and self.answered == self.questions:
            return f"Done, quiz {self.right} of {self.questions}"
        return (
            f"Exercises {self.passed} of {self.exercises}, quiz {self.answered} of {self.questions} answered"
        )


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

    def checked(self, lesson: str, name: str, *, passed: bool) -> None:
        """Count a run of a check cell; once passed stays passed."""
        with self.database.open() as db:
            db.execute("INSERT OR IGNORE INTO exercise (lesson, name) VALUES (?, ?)", (lesson, name))
            db.execute(
                "UPDATE exercise SET tries = tries + 1, passed = MAX(passed, ?) WHERE lesson = ? AND name = ?",
                (int(passed), lesson, name),
            )

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
        passed = 0
        if self.path.exists():
            with self.database.open() as db:
                rows = db.execute("SELECT name FROM exercise WHERE lesson = ? AND passed", (entry.slug,))
                passed = len({name for (name,) in rows} & set(entry.exercises))
        questions = load_quiz(entry.folder / "quiz.yaml")
        given = Answers(self.folder / "answers.json").all(entry.slug)
        checked = {name: given[name]["answer"] for name in given if given[name].get("checked")}
        result = score(questions, checked)
        answered = sum(question.id in checked for question in questions)
        return Status(passed, len(entry.exercises), answered, result.right, len(questions))
