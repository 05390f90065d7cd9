"""Flashcards: one question at a time, thought over, revealed, and graded by how well it was known."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import traitlets

from sagelab import catalogue
from sagelab.errors import SagelabError
from sagelab.flashcards import NEW_A_DAY, Flashcard, Rating
from sagelab.flashcards import Flashcards as Cards
from sagelab.questions import Question
from sagelab_widgets.live import as_text
from sagelab_widgets.placed import Placed

__all__ = ["Flashcards"]


def _local_time() -> datetime:
    return datetime.now().astimezone()


class Flashcards(Placed, asset="flashcards"):
    """The flashcards of `folder` (where the notebook runs): due ones first, then some new ones a day.

    `card` is before the learner, empty where none is due; `seconds` says when it would come back, by grade 1 to 4.
    """

    card = traitlets.Dict().tag(sync=True)
    seconds = traitlets.Dict().tag(sync=True)
    counts = traitlets.Dict().tag(sync=True)
    graded = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        folder: Path | str | None = None,
        questions: Mapping[str, Iterable[Question]] | None = None,
        *,
        now: Callable[[], datetime] = _local_time,
        place: str = "",
    ) -> None:
        folder = Path(folder or Path.cwd())
        self.cards = Cards(folder, questions)
        self._now = now
        self._lessons = {entry.slug: entry for entry in catalogue.entries()}
        super().__init__(
            {
                "hello": lambda _: self._deal(),
                "refresh": lambda _: self._deal(),
                "grade": lambda message: self._grade(as_text(message, "card"), message.get("rating")),
                "undo": lambda _: self._undo(),
            },
            folder,
            place,
        )
        self.attempt(self._deal)

    def __repr__(self) -> str:
        due, new = self.counts.get("due", 0), self.counts.get("new", 0)
        return f"Flashcards: {due} due, {new} new, {len(self.cards.cards)} in all"

    def attempt(self, action: Callable[[], None]) -> bool:
        """Do something; what was refused is said until the next step."""
        done = super().attempt(action)
        if done:
            self.note = self.cards.note
        return done

    def _grade(self, card: str, rating: object) -> None:
        if type(rating) is not int or not 1 <= rating <= len(Rating):
            raise SagelabError("A grade is 1 to 4; choose one.")
        if card != self.card.get("id"):
            raise SagelabError("Another card is before you now; grade that one.")
        now = self._now()
        due = self.cards.review(card, Rating(rating), now)
        self.graded = {"rating": rating, "seconds": (due - now).total_seconds()}
        self._deal()

    def _undo(self) -> None:
        card = self.cards.undo()
        self.graded = {}
        self._deal(card)

    def _deal(self, card: Flashcard | None = None) -> None:
        """Put the next card before the learner, or the one given; one that is still open stays."""
        now = self._now()
        due = self.cards.due(now)
        known = [one for one in due if one.id == self.card.get("id")]
        shown = card or next(iter(known or due), None)
        waits = self.cards.next_due(now)
        self.counts = asdict(self.cards.counts(now)) | {
            "reviewed": self.cards.reviewed(now),
            "new_a_day": NEW_A_DAY,
            "undo": self.cards.can_undo,
            "next": max(0.0, (waits - now).total_seconds()) if waits else None,
        }
        intervals = self.cards.intervals(shown.id, now) if shown else {}
        self.seconds = {str(int(rating)): wait.total_seconds() for rating, wait in intervals.items()}
        self.card = self._shown(shown) if shown else {}

    def _shown(self, card: Flashcard) -> dict[str, Any]:
        lesson = self._lessons.get(card.lesson)
        reasons = [{"why": why, "right": right} for why, right in card.reasons]
        about = {"title": lesson.title, "notebook": lesson.notebook} if lesson else {}
        return asdict(card) | {"lesson": about, "reasons": reasons}
