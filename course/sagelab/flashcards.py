"""Flashcards over the course's questions; FSRS says when each comes back.

What is kept is the list of reviews. A card's state follows from it, so that two lists merge into one.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fsrs import Card, Rating, Scheduler

from sagelab.carried import is_review
from sagelab.errors import SagelabError
from sagelab.exam import load_bank
from sagelab.progress import Progress
from sagelab.quiz import Kind, Question, payload, solution

__all__ = ["Counts", "Flashcard", "Flashcards", "Rating", "bank", "deck", "schedule"]

NEW_A_DAY = 20
Review = tuple[datetime, Rating]
SCHEDULER = Scheduler(enable_fuzzing=False)
"""The published FSRS-6 weights; without chance, so that the same reviews always give the same day."""


@dataclass(frozen=True)
class Flashcard:
    """One question as a card: `ask`, `choices` and `partners` in front, the rest on the back.

    `reasons` holds for each choice why a person may think so, and whether it is right; steps and pairs have none.
    """

    id: str
    lesson: str
    kind: Kind
    case: str
    ask: str
    choices: tuple[str, ...]
    partners: tuple[str, ...]
    answer: tuple[str, ...]
    why: tuple[str, ...]
    reasons: tuple[tuple[str, bool], ...]
    source: str


@dataclass(frozen=True)
class Counts:
    """How many cards wait for a review, how many new ones are offered today, how many were seen, of how many."""

    due: int
    new: int
    seen: int
    total: int


def bank() -> dict[str, list[Question]]:
    """Return the questions of the practice exam's bank: those of each lesson, then the scenarios."""
    questions: dict[str, list[Question]] = defaultdict(list)
    for item in load_bank():
        questions[item.lesson].append(item.question)
    return questions


def deck(questions: Mapping[str, Iterable[Question]], seed: str) -> tuple[Flashcard, ...]:
    """Make a card of each question, its choices in the learner's own order."""
    return tuple(_flashcard(lesson, question, seed) for lesson in questions for question in questions[lesson])


def schedule(reviews: Iterable[Review]) -> Card:
    """Return the state of a card after its reviews, in the order of time; raises ValueError where there are none."""
    ordered = sorted(reviews)
    if not ordered:
        raise ValueError("a card without a review has no state")
    card = Card(card_id=0, due=ordered[0][0])
    for moment, rating in ordered:
        card, _ = SCHEDULER.review_card(card, rating, moment)
    return card


class Flashcards:
    """The cards of one learner's folder; `note` says what of its record could not be read."""

    def __init__(self, folder: Path, questions: Mapping[str, Iterable[Question]] | None = None) -> None:
        self._progress = Progress(folder)
        self._seed = self._progress.seed()
        self.cards = {card.id: card for card in deck(bank() if questions is None else questions, self._seed)}
        self._unread = 0
        self._kept: list[tuple[str, str]] = []

    @property
    def note(self) -> str:
        """What of the record could not be read, or empty."""
        notes = [self._progress.note]
        if self._unread:
            notes.append(f"{self._unread} flashcard reviews in progress.db cannot be read and do not count.")
        return " ".join(note for note in notes if note)

    def due(self, now: datetime) -> tuple[Flashcard, ...]:
        """Return the cards to answer now: those that wait, the longest first, then the new ones of today."""
        reviews, now = self._reviews(), _aware(now)
        return (*self._waiting(reviews, now), *self._new(reviews, now))

    def review(self, card: str, rating: Rating, now: datetime) -> datetime:
        """Keep how well a card was known; returns the moment when it is due again."""
        self._insist_on(card)
        row = (card, _aware(now).astimezone(UTC).isoformat(timespec="microseconds"), int(Rating(rating)))
        if not is_review(row):
            raise SagelabError(f"The clock says {now:%Y}; set it, then answer again.")
        with self._progress.database.open() as db:
            db.execute("INSERT OR REPLACE INTO review (card, at, rating) VALUES (?, ?, ?)", row)
        self._kept.append(row[:2])
        return schedule(self._reviews()[card]).due

    def undo(self) -> Flashcard:
        """Take back the last review that this object has kept; returns its card."""
        if not self._kept:
            raise SagelabError("There is no answer to take back; only those since the cell was run can be.")
        card, at = self._kept.pop()
        with self._progress.database.open() as db:
            db.execute("DELETE FROM review WHERE card = ? AND at = ?", (card, at))
        return self.cards[card]

    @property
    def can_undo(self) -> bool:
        """Whether there is a review to take back."""
        return bool(self._kept)

    def intervals(self, card: str, now: datetime) -> dict[Rating, timedelta]:
        """How long a card would wait after each rating, were it given now."""
        self._insist_on(card)
        known = self._reviews().get(card, [])
        at = _aware(now).astimezone(UTC)  # the scheduler takes no other zone
        return {rating: schedule([*known, (at, rating)]).due - now for rating in Rating}

    def reviewed(self, now: datetime) -> int:
        """How many reviews were kept on this day of `now`'s time zone."""
        moments = (moment for reviews in self._reviews().values() for moment, _ in reviews)
        return sum(moment.astimezone(_aware(now).tzinfo).date() == now.date() for moment in moments)

    def next_due(self, now: datetime) -> datetime | None:
        """When the next card that waits for its time is due, or None where there is none."""
        due = (schedule(reviews).due for reviews in self._reviews().values())
        return min((moment for moment in due if moment > _aware(now)), default=None)

    def counts(self, now: datetime) -> Counts:
        """Count the cards as `due` gives them."""
        reviews, now = self._reviews(), _aware(now)
        return Counts(
            len(self._waiting(reviews, now)), len(self._new(reviews, now)), len(reviews), len(self.cards)
        )

    def _insist_on(self, card: str) -> None:
        if card not in self.cards:
            raise SagelabError(f"There is no flashcard {card!r}; choose one that is due.")

    def _reviews(self) -> dict[str, list[Review]]:
        """The reviews of each card of this deck; those of questions that left the course are kept, not counted."""
        with self._progress.database.open() as db:
            rows = db.execute("SELECT card, at, rating FROM review").fetchall()
        sound = [row for row in rows if is_review(row)]
        self._unread = len(rows) - len(sound)
        reviews: dict[str, list[Review]] = defaultdict(list)
        for card, at, rating in sound:
            if card in self.cards:
                reviews[card].append((datetime.fromisoformat(at), Rating(rating)))
        return reviews

    def _waiting(self, reviews: Mapping[str, list[Review]], now: datetime) -> list[Flashcard]:
        due = {card: schedule(reviews[card]).due for card in reviews}
        waiting = [card for card in due if due[card] <= now]
        return [self.cards[card] for card in sorted(waiting, key=lambda card: (due[card], self._lot(card)))]

    def _new(self, reviews: Mapping[str, list[Review]], now: datetime) -> list[Flashcard]:
        """The next unseen cards in the order of the course; a day of `now`'s time zone brings NEW_A_DAY."""
        first = (min(moments)[0].astimezone(now.tzinfo) for moments in reviews.values())
        left = NEW_A_DAY - sum(moment.date() == now.date() for moment in first)
        return [card for name, card in self.cards.items() if name not in reviews][: max(0, left)]

    def _lot(self, card: str) -> str:
        """What puts cards that are due at the same moment into an order of the learner's own."""
        return hashlib.sha256(f"{self._seed}:{card}".encode()).hexdigest()


def _aware(now: datetime) -> datetime:
    if now.utcoffset() is None:
        raise ValueError("now needs a time zone")
    return now


def _flashcard(lesson: str, question: Question, seed: str) -> Flashcard:
    shown = payload(question, seed, key=False)
    choices = tuple(choice["say"] for choice in shown.get("choices", ()))
    reasons = {choice.say: (choice.why, choice.right) for choice in question.choices}
    right = [choice for choice in question.choices if choice.right]
    if question.match:
        choices = tuple(left for left, _ in question.match)
        answer = tuple(f"{left} → {right}" for left, right in question.match)
    elif question.number is not None:
        answer = (str(solution(question)),)
    else:
        answer = question.order or tuple(choice.say for choice in right)
    why = tuple(reason for reason in (*(choice.why for choice in right), question.why) if reason)
    return Flashcard(
        id=f"{lesson}/{question.id}",
        lesson=lesson,
        kind=question.kind,
        case=question.case,
        ask=question.ask,
        choices=choices,
        partners=tuple(side["say"] for side in shown.get("right", ())),
        answer=answer,
        why=why,
        reasons=tuple(reasons[say] for say in choices if say in reasons),
        source=question.source,
    )
