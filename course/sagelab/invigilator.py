"""The invigilator: runs one sitting at a time, and counts its time from one sign of life to the next."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sagelab.errors import SagelabError
from sagelab.sitting import Plan, Sitting, reminder
from sagelab.sittings import Sittings

__all__ = ["KEEP_EVERY", "MOST_GAP", "Invigilator"]

KEEP_EVERY = 10.0
"""Seconds of the clock that a kernel may lose when it dies."""
MOST_GAP = 20.0
"""Seconds; a longer silence is a closed laptop or a hidden page, and no more than this counts."""


class Invigilator:
    """Takes the steps of the sitting that runs, if one does; `seconds` is a clock that never goes back."""

    def __init__(self, sittings: Sittings, seconds: Callable[[], float] = time.monotonic) -> None:
        self.sittings = sittings
        self._seconds = seconds
        self._kept: Sitting | None = None
        self._seen = self._unkept = 0.0

    @property
    def sitting(self) -> Sitting | None:
        """The sitting that runs as it stands now, or None."""
        return self._kept and self._kept.spent(self._unkept)

    def start(self, plan: Plan) -> None:
        """Draw a new sitting and run it."""
        if self.sittings.open():
            raise SagelabError("An exam is not handed in yet; go on with it, or throw it away.")
        self._run(self.sittings.begin(plan, _now()))

    def resume(self) -> None:
        """Go on with the sitting that is not handed in."""
        found = self.sittings.open()
        if found is None:
            raise SagelabError("There is no exam to go on with; start one.")
        self._run(found)

    def answer(self, item: str, answer: object) -> None:
        """Keep an answer to a question."""
        if item not in self.sittings.bank:
            raise SagelabError(f"There is no question {item!r}; run the cell again.")
        question = self.sittings.bank[item].question
        self.step(lambda sitting: sitting.answered(question, item, answer))

    def step(self, step: Callable[[Sitting], Sitting]) -> None:
        """Take a step of the sitting, and keep it with the time that went by."""
        running, unkept = self._running(), self._count()
        self._kept = self.sittings.change(running.id, lambda kept: step(kept.spent(unkept)), _now())
        self._unkept = 0.0

    def tick(self) -> int:
        """Count the time; returns the seconds left where they are worth a word, else 0."""
        running = self._running()
        before = running.spent(self._unkept).used
        self._count()
        after = running.spent(self._unkept)
        if self._unkept >= KEEP_EVERY or (after.over and not running.over):
            self.step(lambda sitting: sitting)
        return reminder(before, after.used, after.limit) if after.timed else 0

    def leave(self) -> None:
        """Stop the clock; the sitting waits."""
        self.step(lambda sitting: sitting)
        self._kept = None

    def hand_in(self) -> Sitting:
        """Mark the sitting and end it."""
        self.step(lambda sitting: sitting)
        ended = self.sittings.hand_in(self._running().id, _now())
        self._kept = None
        return ended

    def _run(self, sitting: Sitting) -> None:
        self._kept, self._seen, self._unkept = sitting, self._seconds(), 0.0

    def _running(self) -> Sitting:
        if self._kept is None:
            raise SagelabError("No exam is running; start one, or go on with one.")
        return self._kept

    def _count(self) -> float:
        now = self._seconds()
        self._unkept += min(max(now - self._seen, 0.0), MOST_GAP)
        self._seen = now
        return self._unkept


def _now() -> datetime:
    return datetime.now(UTC)
