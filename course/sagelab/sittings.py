"""The sittings of one learner's folder: drawn, kept after each step, handed in, and what they say of the past."""

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from sagelab.answers import Answers
from sagelab.errors import SagelabError
from sagelab.exam import Item, draw, load_bank, mark
from sagelab.progress import Progress
from sagelab.quiz import is_right
from sagelab.sitting import Plan, Sitting, on_trial

__all__ = ["Sittings"]

KEEP = """
INSERT INTO sitting (id, saved, ended, body) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET saved = excluded.saved, ended = excluded.ended, body = excluded.body"""
Step = Callable[[Sitting], Sitting]


class Sittings:
    """The practice exams of one folder; `note` says what of its record could not be read."""

    def __init__(self, folder: Path, bank: Iterable[Item] | None = None) -> None:
        self.folder = folder
        self.bank = {item.id: item for item in (load_bank() if bank is None else bank)}
        self._progress = Progress(folder)
        self._answers = Answers(folder / "answers.json")
        self._unread = 0

    @property
    def note(self) -> str:
        """What of the record could not be read, or empty."""
        notes = [self._progress.note, self._answers.note]
        if self._unread:
            notes.append(f"{self._unread} exam sittings in progress.db cannot be read and do not count.")
        return " ".join(note for note in notes if note)

    def all(self) -> tuple[Sitting, ...]:
        """Every sitting, the newest first."""
        with self._progress.database.open() as db:
            rows = db.execute("SELECT id, body FROM sitting").fetchall()
        found = [sitting for sitting in map(_read, rows) if sitting]
        self._unread = len(rows) - len(found)
        return tuple(sorted(found, key=lambda sitting: (sitting.began, sitting.id), reverse=True))

    def open(self) -> Sitting | None:
        """The newest sitting that is not handed in and whose questions the course still has."""
        return next((sitting for sitting in self.all() if not sitting.ended and self.items(sitting)), None)

    def items(self, sitting: Sitting) -> tuple[Item, ...]:
        """What a sitting asks, without questions that have left the course."""
        return tuple(self.bank[name] for name in sitting.items if name in self.bank)

    def begin(self, plan: Plan, now: datetime) -> Sitting:
        """Draw a sitting and keep it; raises SagelabError where nothing fits."""
        name = uuid.uuid4().hex
        items = draw(tuple(self.bank.values()), plan.mix(self.past()), name)
        if not items:
            raise SagelabError("No question fits this choice; choose more modules or more kinds.")
        trial = on_trial(items, name) if plan.wish == "full" else frozenset()
        sitting = Sitting(name, plan, _moment(now), tuple(item.id for item in items), trial, plan.timed)
        with self._progress.database.open() as db:
            db.execute(KEEP, _row(sitting, now))
        return sitting

    def change(self, name: str, step: Step, now: datetime) -> Sitting:
        """Take one step of the sitting as it is kept now, and keep it; raises SagelabError where it cannot be."""
        with self._progress.database.open() as db:
            db.execute("BEGIN IMMEDIATE")  # what another notebook has kept meanwhile is not lost
            row = db.execute("SELECT id, body FROM sitting WHERE id = ?", (name,)).fetchone()
            sitting = row and _read(row)
            if not sitting:
                raise SagelabError("This exam is no longer kept here; start another one.")
            sitting = step(sitting)
            db.execute(KEEP, _row(sitting, now))
        return sitting

    def answer(self, name: str, item: str, answer: object, now: datetime) -> Sitting:
        """Keep an answer to one of the questions."""
        if item not in self.bank:
            raise SagelabError(f"There is no question {item!r}; load the exam again.")
        question = self.bank[item].question
        return self.change(name, lambda sitting: sitting.answered(question, item, answer), now)

    def hand_in(self, name: str, now: datetime) -> Sitting:
        """Mark a sitting and end it."""

        def end(sitting: Sitting) -> Sitting:
            results = mark(self.items(sitting), sitting.answers).results
            return sitting.handed_in(results, _moment(now))

        return self.change(name, end, now)

    def discard(self, name: str) -> None:
        """Throw away a sitting that is not handed in."""
        with self._progress.database.open() as db:
            db.execute("DELETE FROM sitting WHERE id = ? AND ended = ''", (name,))

    def past(self) -> dict[str, bool]:
        """Whether each item was right when it was last answered, in a checked quiz or a sitting handed in."""
        known: dict[str, tuple[str, bool]] = {}
        for lesson, answers in self._answers.lessons().items():
            for question, entry in answers.items():
                item = self.bank.get(f"{lesson}/{question}")
                if item and entry["checked"]:
                    known[item.id] = entry.get("at", ""), is_right(item.question, entry["answer"])
        for sitting in reversed(self.all()):
            for name, right in sitting.results.items():
                if name in self.bank and sitting.ended >= known.get(name, ("", right))[0]:
                    known[name] = sitting.ended, right
        return {name: right for name, (_, right) in known.items()}


def _read(row: tuple[object, object]) -> Sitting | None:
    try:
        return Sitting.read(str(row[0]), row[1])
    except ValueError:
        return None


def _row(sitting: Sitting, now: datetime) -> tuple[str, str, str, str]:
    return sitting.id, _moment(now), sitting.ended, sitting.text()


def _moment(now: datetime) -> str:
    if now.utcoffset() is None:
        raise ValueError("now needs a time zone")
    return now.astimezone(UTC).isoformat(timespec="microseconds")
