"""The practice exam: choose a mix, answer against the clock, look over it, hand in, and learn what was missed."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import traitlets

from sagelab.errors import SagelabError
from sagelab.exam import AS_ON_AWS, FULL_LENGTH, Item
from sagelab.exam_result import outcome, summary
from sagelab.invigilator import Invigilator
from sagelab.quiz import payload
from sagelab.sitting import LENGTHS, ON_TRIAL, SECONDS_A_QUESTION, Plan, Sitting
from sagelab.sittings import Sittings
from sagelab_widgets.live import Message, as_text
from sagelab_widgets.placed import Placed

__all__ = ["Exam"]


class Exam(Placed, asset="exam"):
    """The practice exams of `folder` (where the notebook runs); no key leaves Python before a sitting is handed in.

    `stage` is start, sitting, review or result; the other traits are what that stage shows.
    """

    stage = traitlets.Enum(["start", "sitting", "review", "result"], "start").tag(sync=True)
    offer = traitlets.Dict().tag(sync=True)
    questions = traitlets.List(traitlets.Dict()).tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)
    flags = traitlets.List(traitlets.Unicode()).tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)
    clock = traitlets.Dict().tag(sync=True)
    reminder = traitlets.Int(0).tag(sync=True)
    result = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        folder: Path | str | None = None,
        bank: Iterable[Item] | None = None,
        *,
        place: str = "",
        **options: Any,
    ) -> None:
        self.sittings = Sittings(Path(folder or Path.cwd()), bank)
        self.invigilator = Invigilator(self.sittings, **options)
        running = {
            "answer": lambda m: self.invigilator.answer(as_text(m, "id"), m.get("answer")),
            "flag": lambda m: self._step(lambda s: s.flagged(as_text(m, "id"), m.get("on") is True)),
            "clock": lambda m: self._step(lambda s: s.clocked(m.get("on") is True)),
            "go": lambda m: self._go(m.get("at")),
            "review": lambda _: self._look_over(),
            "refresh": lambda _: self._tick(),
        }
        actions = {
            "hello": lambda _: None,
            "start": lambda m: self._begin(lambda: self.invigilator.start(Plan.read(m.get("plan")))),
            "resume": lambda _: self._begin(self.invigilator.resume),
            "discard": lambda _: self._discard(),
            "leave": lambda _: self._leave(),
            "hand_in": lambda _: self._tell(self.invigilator.hand_in()),
            "result": lambda m: self._tell(self._handed_in(as_text(m, "id"))),
            "home": lambda _: self._start_page(),
        }
        actions |= {name: self._mirrored(running[name]) for name in running}
        super().__init__(actions, self.sittings.folder, place)
        self.attempt(self._start_page)

    def __repr__(self) -> str:
        done = len(self.offer.get("past", ()))
        return f"Practice exam: {len(self.sittings.bank)} questions, {done} handed in"

    def attempt(self, action: Callable[[], None]) -> bool:
        """Do something; what was refused is said until the next step, the clock's going on is none."""
        self._ticked = False
        done = super().attempt(action)
        if done and not self._ticked:
            self.note = self.sittings.note
        return done

    # -- the start page and the result ---------------------------------------------------------------

    def _start_page(self) -> None:
        past, running = self.sittings.past(), self.sittings.open()
        bank = [item for item in self.sittings.bank.values() if item.question.kind in AS_ON_AWS]
        sizes = Counter(item.module for item in bank)
        self.offer = {
            "modules": [{"title": module, "questions": sizes[module]} for module in sizes],
            "full": min(FULL_LENGTH, len(bank)),
            "trial": ON_TRIAL if len(bank) >= FULL_LENGTH else 0,
            "seconds": SECONDS_A_QUESTION,
            "lengths": list(LENGTHS),
            "known": len(past),
            "missed": sum(not right for right in past.values()),
            "running": summary(running) if running else {},
            "past": [summary(sitting) for sitting in self.sittings.all() if sitting.ended],
        }
        self.stage, self.questions, self.result = "start", [], {}

    def _discard(self) -> None:
        running = self.sittings.open()
        if running is not None:
            self.sittings.discard(running.id)
        self._start_page()

    def _handed_in(self, name: str) -> Sitting:
        for sitting in self.sittings.all():
            if sitting.id == name and sitting.ended:
                return sitting
        raise SagelabError("This exam is no longer kept here; choose another.")

    def _tell(self, sitting: Sitting) -> None:
        self.result = outcome(sitting, self.sittings.items(sitting))
        self.stage, self.questions = "result", []

    # -- a sitting -----------------------------------------------------------------------------------

    def _begin(self, begin: Callable[[], None]) -> None:
        begin()
        sitting = self._sitting()
        self.questions = [_shown(item, sitting.id) for item in self.sittings.items(sitting)]
        self.reminder = 0
        self._mirror()
        self.stage = "review" if sitting.over else "sitting"

    def _leave(self) -> None:
        self.invigilator.leave()
        self._start_page()

    def _step(self, step: Callable[[Sitting], Sitting]) -> None:
        self.invigilator.step(step)

    def _go(self, at: object) -> None:
        if type(at) is not int or not 0 <= at < len(self.questions):
            raise SagelabError("There is no such question; choose another.")
        name = self.questions[at]["id"]
        self._step(lambda sitting: sitting.turned_to(sitting.items.index(name)))
        self.stage = "review" if self._sitting().over else "sitting"

    def _look_over(self) -> None:
        self._step(lambda sitting: sitting)
        self.stage = "review"

    def _tick(self) -> None:
        self._ticked = True
        left = self.invigilator.tick()
        self.reminder = left or self.reminder
        if self._sitting().over:
            self.stage = "review"

    def _sitting(self) -> Sitting:
        sitting = self.invigilator.sitting
        if sitting is None:
            raise SagelabError("No exam is running; start one, or go on with one.")
        return sitting

    def _mirrored(self, action: Callable[[Message], None]) -> Callable[[Message], None]:
        """An action of a running sitting, after which the traits show how it stands."""

        def act(message: Message) -> None:
            self._sitting()
            try:
                action(message)
            finally:
                self._mirror()

        return act

    def _mirror(self) -> None:
        sitting = self._sitting()
        asked = [question["id"] for question in self.questions]
        self.answers = {name: sitting.answers[name] for name in asked if name in sitting.answers}
        self.flags = sorted(sitting.flags & set(asked))
        here = sitting.items[sitting.at]
        self.at = asked.index(here) if here in asked else 0
        self.clock = {
            "used": int(sitting.used),
            "limit": sitting.limit,
            "on": sitting.timed,
            "over": sitting.over,
        }


def _shown(item: Item, seed: str) -> dict[str, Any]:
    """A question without its key, nor its source, whose address may give it away."""
    shown = payload(item.question, seed, key=False)
    return {name: shown[name] for name in shown if name not in ("source", "level")} | {"id": item.id}
