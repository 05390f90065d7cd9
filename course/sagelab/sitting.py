"""One sitting of the practice exam: what was drawn, answered and flagged, and the time that it took.

A sitting never changes; each step gives the next one. Nothing here knows a right answer.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from sagelab.errors import SagelabError
from sagelab.exam import AS_ON_AWS, FULL_LENGTH, Item, Mix, lot
from sagelab.questions import Question, item_id

__all__ = ["LENGTHS", "ON_TRIAL", "SECONDS_A_QUESTION", "Answer", "Plan", "Sitting", "on_trial", "reminder"]

SECONDS_A_QUESTION = 120
"""As on AWS's associate exams: 130 minutes for 65 questions."""
ON_TRIAL = 15
"""So many of 65 questions do not count on AWS, and nobody is told which."""
LENGTHS = (10, 20, 40, FULL_LENGTH)
MOST_TEXT = 200_000
REMINDERS = (600, 300, 60)
Wish = Literal["full", "modules", "weak"]
Answer = list[str] | dict[str, str]


@dataclass(frozen=True)
class Plan:
    """What a learner wishes to sit: the full length, modules, or weak topics; `sorting` asks order and match too."""

    wish: Wish = "full"
    modules: tuple[str, ...] = ()
    length: int = FULL_LENGTH
    sorting: bool = True
    timed: bool = True

    @classmethod
    def read(cls, found: object) -> "Plan":
        """Read what a browser or a file gives, which may be anything; raises SagelabError."""
        if not isinstance(found, Mapping):
            raise SagelabError("This is no exam to draw; choose one again.")
        modules = found.get("modules", [])
        length = found.get("length", FULL_LENGTH)
        sound = (
            found.get("wish") in get_args(Wish)
            and isinstance(modules, list)
            and all(isinstance(module, str) for module in modules)
            and type(length) is int
            and 1 <= length <= FULL_LENGTH
            and all(isinstance(found.get(name, True), bool) for name in ("sorting", "timed"))
        )
        if not sound:
            raise SagelabError("This is no exam to draw; choose one again.")
        if found["wish"] == "modules" and not modules:
            raise SagelabError("No module is chosen; choose one or more.")
        return cls(
            found["wish"], tuple(modules), length, found.get("sorting", True), found.get("timed", True)
        )

    def mix(self, past: Mapping[str, bool]) -> Mix:
        """What to draw; `past` says which items were right."""
        kinds = AS_ON_AWS if self.sorting else ("one", "several")
        if self.wish == "full":
            return Mix(kinds=kinds)
        if self.wish == "modules":
            return Mix(self.length, self.modules, kinds=kinds)
        return Mix(self.length, past=past, kinds=kinds)


@dataclass(frozen=True)
class Sitting:
    """One sitting; `results` says of each item whether it was right, once it is handed in."""

    id: str
    plan: Plan
    began: str
    items: tuple[str, ...]
    trial: frozenset[str] = frozenset()
    timed: bool = True
    used: float = 0.0
    at: int = 0
    answers: Mapping[str, Answer] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    ended: str = ""
    results: Mapping[str, bool] = field(default_factory=dict)

    @property
    def limit(self) -> int:
        """The seconds that it may take where the clock is on."""
        return SECONDS_A_QUESTION * len(self.items)

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.timed and self.used >= self.limit

    def answered(self, question: Question, item: str, answer: object) -> "Sitting":
        """Keep an answer; one that says nothing takes the earlier one back."""
        self._insist_on_open(item)
        if self.over:
            raise SagelabError("The time is up; hand in, or go on without the clock.")
        given = _given(question, answer)
        kept = {name: self.answers[name] for name in self.answers if name != item}
        return replace(self, answers=kept | {item: given} if given else kept)

    def flagged(self, item: str, on: bool) -> "Sitting":
        """Flag an item to come back to, or take its flag away."""
        self._insist_on_open(item)
        return replace(self, flags=self.flags | {item} if on else self.flags - {item})

    def turned_to(self, at: int) -> "Sitting":
        """Keep which question is before the learner."""
        self._insist_on_open(self.items[0])
        if not 0 <= at < len(self.items):
            raise SagelabError(f"There is no question {at + 1}; there are {len(self.items)}.")
        return replace(self, at=at)

    def clocked(self, on: bool) -> "Sitting":
        """Switch the clock on or off."""
        self._insist_on_open(self.items[0])
        return replace(self, timed=on)

    def spent(self, seconds: float) -> "Sitting":
        """Count time; the clock, where it is on, stops at its end."""
        self._insist_on_open(self.items[0])
        used = self.used + max(seconds, 0.0)
        return replace(self, used=max(self.used, min(used, self.limit)) if self.timed else used)

    def handed_in(self, results: Mapping[str, bool], at: str) -> "Sitting":
        """End it with the marks of each item; this cannot be taken back."""
        self._insist_on_open(self.items[0])
        return replace(self, results=dict(results), ended=at)

    def _insist_on_open(self, item: str) -> None:
        if self.ended:
            raise SagelabError("This exam was handed in; start another one.")
        if item not in self.items:
            raise SagelabError(f"This exam does not ask {item!r}; load it again.")

    def text(self) -> str:
        """Write it as a line of ASCII, without its id, which is kept beside it."""
        parts = {name: getattr(self, name) for name in PARTS}
        parts |= {"plan": vars(self.plan), "trial": sorted(self.trial), "flags": sorted(self.flags)}
        return json.dumps(parts, sort_keys=True, separators=(",", ":"))

    @classmethod
    def read(cls, name: str, text: object) -> "Sitting":
        """Read what `text` wrote; raises ValueError where anything has another form."""
        try:
            if not isinstance(text, str) or len(text) > MOST_TEXT:
                raise ValueError("a sitting is a text")
            found = json.loads(text)
            plan = Plan.read(found["plan"])
            if not _is_sound(found):
                raise ValueError("a part of the sitting is of another form")
        except (SagelabError, RecursionError, LookupError, TypeError) as fault:
            raise ValueError("the sitting is of another form") from fault
        frozen = {name: frozenset(found[name]) for name in ("trial", "flags")}
        return cls(id=name, **found | frozen | {"plan": plan, "items": tuple(found["items"])})


PARTS = ("began", "items", "timed", "used", "at", "answers", "ended", "results", "plan", "trial", "flags")


def on_trial(items: Sequence[Item], seed: str) -> frozenset[str]:
    """The items of a full exam that do not count, by lot; a shorter one has none."""
    if len(items) < FULL_LENGTH:
        return frozenset()
    return frozenset(
        sorted((item.id for item in items), key=lambda name: lot(seed, f"trial:{name}"))[:ON_TRIAL]
    )


def reminder(before: float, after: float, limit: int) -> int:
    """The seconds left that are worth a word, where `after` seconds used have passed such a mark; else 0."""
    marks = (limit // 2, *(mark for mark in REMINDERS if mark < limit // 2))
    return min((mark for mark in marks if before < limit - mark <= after < limit), default=0)


def _given(question: Question, answer: object) -> Answer:
    """The answer, checked against what the question offers; raises SagelabError."""
    if isinstance(answer, dict) and question.match:
        left, right = ({item_id(side) for side in sides} for sides in zip(*question.match, strict=True))
        if answer.keys() <= left and _within(answer.values(), right):
            return dict(answer)
    elif isinstance(answer, list) and _within(answer, _offered(question)):
        whole = question.kind != "order" or len(answer) in (0, len(question.order))
        if whole and len(set(answer)) == len(answer) and (question.kind != "one" or len(answer) < 2):
            return list(answer)
    raise SagelabError("This is no answer to the question; answer it again.")


def _offered(question: Question) -> set[str]:
    return {item_id(step) for step in question.order} | {choice.id for choice in question.choices}


def _within(found: Iterable[object], known: set[str]) -> bool:
    return all(isinstance(one, str) and one in known for one in found)


def _is_sound(found: dict[str, Any]) -> bool:
    """Whether a read sitting has the form that `text` writes."""
    return (
        found.keys() == set(PARTS)
        and all(_are_texts(found[name]) for name in ("items", "trial", "flags"))
        and len(found["items"]) > 0
        and {*found["trial"], *found["flags"], *found["answers"], *found["results"]} <= set(found["items"])
        and all(isinstance(found[name], str) for name in ("began", "ended"))
        and isinstance(found["timed"], bool)
        and type(found["used"]) in (int, float)
        and 0 <= found["used"] < 1e9
        and type(found["at"]) is int
        and 0 <= found["at"] < len(found["items"])
        and isinstance(found["answers"], dict)
        and all(_is_answer(answer) for answer in found["answers"].values())
        and isinstance(found["results"], dict)
        and all(isinstance(right, bool) for right in found["results"].values())
    )


def _are_texts(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


def _is_answer(answer: object) -> bool:
    return _are_texts(list(answer.values()) if isinstance(answer, dict) else answer)
