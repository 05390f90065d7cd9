"""Take a learner's progress out of one folder and merge it into another."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sagelab.answers import Answers
from sagelab.carried import Carried, Row, dump, load
from sagelab.errors import SagelabError
from sagelab.files import read_bytes, replace_bytes
from sagelab.progress import Progress

__all__ = ["Summary", "export_bytes", "export_file", "import_bytes", "import_file"]

EXERCISES = "SELECT lesson, name, tries, hints, passed FROM exercise ORDER BY lesson, name"
LESSONS = "SELECT slug, touched, best FROM lesson ORDER BY slug"
REVIEWS = "SELECT card, at, rating FROM review ORDER BY at, card"
SITTINGS = "SELECT id, saved, ended, body FROM sitting ORDER BY id"
MERGE_EXERCISE = """
INSERT INTO exercise (lesson, name, tries, hints, passed) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (lesson, name) DO UPDATE SET
  tries = MAX(tries, excluded.tries), hints = MAX(hints, excluded.hints), passed = MAX(passed, excluded.passed)
WHERE excluded.tries > tries OR excluded.hints > hints OR excluded.passed > passed"""
MERGE_LESSON = """
INSERT INTO lesson (slug, touched, best) VALUES (?, ?, ?)
ON CONFLICT (slug) DO UPDATE SET touched = MAX(touched, excluded.touched), best = MAX(best, excluded.best)
WHERE excluded.touched > touched OR excluded.best > best"""
MERGE_REVIEW = """
INSERT INTO review (card, at, rating) VALUES (?, ?, ?)
ON CONFLICT (card, at) DO UPDATE SET rating = excluded.rating WHERE excluded.rating < rating"""
MERGE_SITTING = """
INSERT INTO sitting (id, saved, ended, body) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET saved = excluded.saved, ended = excluded.ended, body = excluded.body
WHERE (excluded.ended <> '', excluded.saved, excluded.ended, excluded.body) > (ended <> '', saved, ended, body)"""


@dataclass(frozen=True)
class Summary:
    """How much was carried; `note` says when a damaged file was moved aside on the way."""

    exercises: int
    answers: int
    reviews: int
    note: str = ""
    sittings: int = 0

    @property
    def words(self) -> str:
        """The numbers as the learner reads them."""
        numbers = [(self.exercises, "exercise"), (self.answers, "quiz answer"), (self.reviews, "card review")]
        numbers += [(self.sittings, "exam sitting")] if self.sittings else []
        return ", ".join(f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in numbers)


def export_bytes(folder: Path) -> bytes:
    """Return the progress of `folder` as one file.

    Raises SagelabError where there is none, and where a part was damaged: it is moved aside, the rest is kept.
    """
    progress, answers = Progress(folder), Answers(folder / "answers.json")
    carried = _carried(progress, answers)
    note = _note(progress, answers)
    if note:
        raise SagelabError(f"{note} Save again for a file with the rest.")
    kept = carried.exercises or carried.reviews or carried.lessons or carried.sittings
    if not (kept or any(carried.answers.values())):
        raise SagelabError(f"There is no progress in {folder} yet; a lesson that you open makes some.")
    return dump(carried)


def import_bytes(folder: Path, data: bytes) -> Summary:
    """Merge an exported file into `folder`: all of it or, with a SagelabError, nothing. Counts what was new.

    The later of two answers wins, an exercise passed stays passed, a review counts once. A lesson keeps its
    later moment and its better quiz score, a sitting its later state and, once handed in, its marks.
    """
    carried = load(data)
    if not folder.is_dir():
        raise SagelabError(f"There is no folder {folder}; make it, or choose another.")
    progress, answers = Progress(folder), Answers(folder / "answers.json")
    try:
        with answers.merging(carried.answers) as answered, progress.database.open() as db:
            _take_seed(db, carried.seed)
            exercises = _merge(db, MERGE_EXERCISE, carried.exercises)
            reviews = _merge(db, MERGE_REVIEW, carried.reviews)
            _merge(db, MERGE_LESSON, carried.lessons)
            sittings = _merge(db, MERGE_SITTING, carried.sittings)
    except OSError as fault:
        raise SagelabError(
            f"Nothing was imported into {folder} ({fault.strerror}); make room or make it writable, then try again."
        ) from fault
    return Summary(exercises, answered, reviews, _note(progress, answers), sittings)


def export_file(folder: Path, path: Path) -> Summary:
    """Write the progress of `folder` to `path`; of what is there, only an earlier export is replaced."""
    data = export_bytes(folder)
    if not path.parent.is_dir():
        raise SagelabError(f"There is no folder {path.parent}; make it, or choose another.")
    if path.exists():
        try:
            load(read_bytes(path))
        except SagelabError:
            raise SagelabError(f"{path} exists and is no saved progress; choose another name.") from None
    replace_bytes(path, data)
    carried = load(data)
    answers = sum(map(len, carried.answers.values()))
    return Summary(len(carried.exercises), answers, len(carried.reviews), sittings=len(carried.sittings))


def import_file(folder: Path, path: Path) -> Summary:
    """Merge the file at `path` into `folder`, as `import_bytes` does."""
    return import_bytes(folder, read_bytes(path))


def _carried(progress: Progress, answers: Answers) -> Carried:
    """What a folder holds; one without a database is left without."""
    if not progress.path.exists():
        return Carried(None, (), (), answers.lessons())
    with progress.database.open() as db:
        db.execute("BEGIN")  # one moment for all that is read
        seed = db.execute("SELECT seed FROM learner").fetchone()
        exercises, reviews = tuple(db.execute(EXERCISES)), tuple(db.execute(REVIEWS))
        lessons, sittings = tuple(db.execute(LESSONS)), tuple(db.execute(SITTINGS))
    return Carried(seed and seed[0], exercises, reviews, answers.lessons(), lessons, sittings)


def _note(progress: Progress, answers: Answers) -> str:
    return " ".join(note for note in (progress.note, answers.note) if note)


def _merge(db: sqlite3.Connection, statement: str, rows: Iterable[Row]) -> int:
    """Merge rows into the database; returns how many brought something new."""
    before = db.total_changes
    db.executemany(statement, rows)
    return db.total_changes - before


def _take_seed(db: sqlite3.Connection, seed: str | None) -> None:
    """Take the file's order of choices where the learner has done nothing in this folder that follows another."""
    known = db.execute("SELECT 1 FROM learner").fetchone()
    begun = db.execute("SELECT 1 FROM exercise UNION ALL SELECT 1 FROM review").fetchone()
    if seed and not (known and begun):
        db.execute("DELETE FROM learner")
        db.execute("INSERT INTO learner VALUES (?)", (seed,))
