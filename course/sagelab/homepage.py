"""What the home page shows: how far the learner is in each lesson, what to do next, and how ready for an exam."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sagelab import catalogue
from sagelab.answers import Answers
from sagelab.catalogue import Entry, Module
from sagelab.errors import SagelabError
from sagelab.exam import Item, load_bank
from sagelab.flashcards import NEW_A_DAY, Counts, Flashcards
from sagelab.progress import NOTHING, Progress, Status, statuses
from sagelab.quiz import Question
from sagelab.sittings import Sittings

__all__ = ["PAGES", "Next", "Overview", "Readiness", "next_lesson", "readiness"]

PAGES = {"exam": "00_exam.ipynb", "flashcards": "00_flashcards.ipynb", "reference": "00_reference.ipynb"}
"""The notebooks beside the lessons, by what they are."""


@dataclass(frozen=True)
class Next:
    """The lesson to open now: where the learner left, the one that follows, or the first."""

    slug: str
    why: Literal["left", "follows", "first"]


@dataclass(frozen=True)
class Readiness:
    """Of a module's questions: how many were answered, and how many of them right the last time."""

    module: str
    right: int
    answered: int
    total: int


class Overview:
    """The course as one learner's folder stands in it; reads the lessons once, the learner's record each time."""

    def __init__(self, folder: Path, lessons: Path = catalogue.LESSONS) -> None:
        self.folder = folder
        self.modules = catalogue.load(lessons)
        self.entries = [entry for module in self.modules for entry in module.lessons]
        self.bank = load_bank(lessons)
        self.questions: dict[str, list[Question]] = {}
        for item in self.bank:
            self.questions.setdefault(item.lesson, []).append(item.question)
        self._notes: list[str] = []

    def state(self, now: datetime) -> dict[str, Any]:
        """Everything that the home page shows, as JSON has it; a record damaged once stays told."""
        found, begun = self._statuses()
        cards = self._untouched()
        past: Mapping[str, bool] = {}
        if begun:
            try:
                cards, past = self._looked_into(now)
            except SagelabError as fault:
                self._tell(str(fault))
        following = next_lesson(self.entries, found)
        return {
            "at": now.isoformat(timespec="seconds"),
            "modules": [_module(module, found) for module in self.modules],
            "next": asdict(following) if following else None,
            "cards": asdict(cards),
            "readiness": [asdict(one) for one in readiness(self.bank, past)],
            "pages": {name: file for name, file in PAGES.items() if (self.folder / file).is_file()},
            "note": " ".join(self._notes),
        }

    def text(self) -> str:
        """The lessons and how far the learner is, a line each."""
        found, _ = self._statuses()
        return "\n".join(
            f"{entry.number:02d} {entry.title} ({entry.about['minutes']} minutes): {found[entry.slug].words}"
            for entry in self.entries
        )

    def _statuses(self) -> tuple[dict[str, Status], bool]:
        """How far the learner is in each lesson, and whether there is any record of it."""
        progress, answers = Progress(self.folder), Answers(self.folder / "answers.json")
        given, record = answers.lessons(), NOTHING
        begun = bool(given) or progress.path.exists()
        try:
            record = progress.record()
        except (
            SagelabError
        ) as fault:  # in use elsewhere, or not to be read: the lessons are shown all the same
            self._tell(str(fault))
        self._tell(progress.note, answers.note)
        return statuses(self.entries, self.questions, given, record), begun

    def _looked_into(self, now: datetime) -> tuple[Counts, dict[str, bool]]:
        cards, sittings = Flashcards(self.folder, self.questions), Sittings(self.folder, self.bank)
        counts, past = cards.counts(now), sittings.past()
        self._tell(cards.note, sittings.note)
        return counts, past

    def _untouched(self) -> Counts:
        """The cards of a folder where nothing was done: it gets no record, and no order of choices, by being shown."""
        return Counts(due=0, new=min(NEW_A_DAY, len(self.bank)), seen=0, total=len(self.bank))

    def _tell(self, *notes: str) -> None:
        self._notes += [note for note in notes if note and note not in self._notes]


def next_lesson(entries: Sequence[Entry], statuses: Mapping[str, Status]) -> Next | None:
    """Return the lesson last touched; where it is done, the next one that is not; None where all are done."""
    begun = [entry for entry in entries if statuses[entry.slug].touched]
    if not begun:
        undone = [entry for entry in entries if statuses[entry.slug].stage != "done"]
        return Next(undone[0].slug, "first") if undone else None
    last = max(begun, key=lambda entry: statuses[entry.slug].touched)
    if statuses[last.slug].stage != "done":
        return Next(last.slug, "left")
    after = entries.index(last) + 1
    undone = [e for e in (*entries[after:], *entries[:after]) if statuses[e.slug].stage != "done"]
    return Next(undone[0].slug, "follows") if undone else None


def readiness(bank: Iterable[Item], past: Mapping[str, bool]) -> tuple[Readiness, ...]:
    """Count by module what `Sittings.past` knows of each question: right or not when last answered, or nothing."""
    found: dict[str, list[bool | None]] = {}
    for item in bank:
        found.setdefault(item.module, []).append(past.get(item.id))
    return tuple(
        Readiness(module, marks.count(True), len(marks) - marks.count(None), len(marks))
        for module, marks in found.items()
    )


def _module(module: Module, statuses: Mapping[str, Status]) -> dict[str, Any]:
    return {"title": module.title, "lessons": [_lesson(e, statuses[e.slug]) for e in module.lessons]}


def _lesson(entry: Entry, status: Status) -> dict[str, Any]:
    about = {name: entry.about[name] for name in ("minutes", "summary", "status", "checked")}
    return {
        "number": entry.number,
        "slug": entry.slug,
        "title": entry.title,
        "notebook": entry.notebook,
        **about,
        **{name: value for name, value in asdict(status).items() if name != "touched"},
        "stage": status.stage,
    }
