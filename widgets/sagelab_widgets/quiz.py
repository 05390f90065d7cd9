"""The quiz: one question at a time, checked in the browser (practice) or only saved (graded)."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import traitlets

from sagelab.errors import SagelabError
from sagelab_widgets.widget import Widget

__all__ = ["Quiz"]

MOMENT = re.compile(r"[0-9TZ:.+-]{0,40}")


class Kept(Protocol):
    """What keeping an answer tells: all entries as they are kept now, and a note for the learner."""

    @property
    def entries(self) -> dict[str, dict[str, Any]]: ...

    @property
    def note(self) -> str: ...


OnAnswer = Callable[[str, Any, bool], Kept | None]


class Quiz(Widget, asset="quiz"):
    """Questions as `sagelab.quiz.payload` gives them; practice mode needs the key in them, graded mode refuses it.

    `on_answer(question id, answer, checked)` keeps an answer; what it has kept is in `saved`, and a
    `SagelabError` that it raises is shown to the learner. `place` names this quiz of this learner: under it the
    browser remembers answers, and a notebook that is opened and not run finds the quiz again.
    """

    title = traitlets.Unicode("Quiz").tag(sync=True)
    mode = traitlets.Enum(["practice", "graded"], "practice").tag(sync=True)
    questions = traitlets.List(traitlets.Dict()).tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)
    saved = traitlets.Dict().tag(sync=True)
    file = traitlets.Unicode().tag(sync=True)
    place = traitlets.Unicode().tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        questions: Sequence[Mapping[str, Any]],
        mode: str = "practice",
        *,
        answers: Mapping[str, Any] | None = None,
        title: str = "Quiz",
        on_answer: OnAnswer | None = None,
        note: str = "",
        place: str = "",
    ) -> None:
        kinds = {question["id"]: question["kind"] for question in questions}
        kept = {name: dict(entry) for name, entry in (answers or {}).items() if _fits(kinds.get(name), entry)}
        self._kept = {name: _said(entry) for name, entry in kept.items()} if on_answer else {}
        self._on_answer = on_answer
        self._first_note = note
        super().__init__(
            **({"model_id": hashlib.sha256(place.encode()).hexdigest()[:32]} if place else {}),
            questions=[dict(question) for question in questions],
            mode=mode,
            answers=kept,
            saved={name: answer for name, (answer, _) in self._kept.items()},
            title=title,
            file="answers.json" if on_answer else "",
            place=place,
            note=note,
        )
        self._before: Mapping[str, Any] = self.answers
        self.observe(self._keep_answers, "answers")

    def __repr__(self) -> str:
        count = len(self.questions)
        return f"{self.title}: {count} questions, {len(self.answers)} answered ({self.mode} mode)"

    @traitlets.validate("questions")
    def _no_key_when_graded(self, proposal: Any) -> Any:
        for question in proposal["value"]:
            keyed = {"solution", "digest", "salt", "number", "why"} & question.keys()
            if self.mode == "graded" and keyed:
                raise SagelabError(
                    f"Question '{question['id']}' carries its key, but this quiz is graded; "
                    "make its payload with key=False."
                )
        return proposal["value"]

    @traitlets.validate("answers")
    def _entries(self, proposal: Any) -> Any:
        """Take only entries of known questions, and no entry for an older one: a second tab may know less."""
        kinds = {question["id"]: question["kind"] for question in self.questions}
        for name, entry in proposal["value"].items():
            if not _fits(kinds.get(name), entry):
                raise traitlets.TraitError(f"'{name}' is not an answer to a question of this quiz.")
        before = getattr(self, "_before", {})
        older = {
            name: entry for name, entry in before.items() if _is_later(entry, proposal["value"].get(name))
        }
        return {**proposal["value"], **older}

    def _keep_answers(self, change: Any) -> None:
        """Keep what is not kept yet, also what an earlier fault has left; show what others have kept meanwhile."""
        self._before = change["new"]
        if self._on_answer is None:
            return
        for name, entry in change["new"].items():
            if self._kept.get(name) != _said(entry) and not self._keep(name, *_said(entry)):
                return

    def _keep(self, name: str, answer: Any, checked: bool) -> bool:
        assert self._on_answer is not None
        try:
            kept = self._on_answer(name, answer, checked)
        except SagelabError as fault:
            self.note = str(fault)
            return False
        self._kept[name] = answer, checked
        if kept is not None:
            self._take(kept.entries)
        self.saved = {name: answer for name, (answer, _) in self._kept.items()}
        self.note = kept.note if kept is not None else self._first_note
        return True

    def _take(self, entries: Mapping[str, Any]) -> None:
        """Show the entries as they are kept, but for answers that wait to be kept themselves."""
        kinds = {question["id"]: question["kind"] for question in self.questions}
        shown = dict(self.answers)
        for name, entry in entries.items():
            waits = name in shown and self._kept.get(name) != _said(shown[name])
            known = name in shown and _said(shown[name]) == _said(entry)
            if _fits(kinds.get(name), entry) and not waits and not known:
                self._kept[name], shown[name] = _said(entry), dict(entry)
        if shown != self.answers:
            self._before = {}
            self.answers = shown


def _said(entry: Mapping[str, Any]) -> tuple[Any, bool]:
    return entry["answer"], bool(entry["checked"])


def _is_later(entry: Mapping[str, Any], other: Mapping[str, Any] | None) -> bool:
    """Whether an entry is later than another; the first 23 signs of a moment are its milliseconds."""
    return other is None or entry.get("at", "")[:23] > other.get("at", "")[:23]


def _fits(kind: str | None, entry: Any) -> bool:
    """Whether an entry has the form of an answer to a question of this kind."""
    if not isinstance(entry, Mapping) or not {"answer", "checked"} <= set(entry) <= {
        "answer",
        "checked",
        "at",
    }:
        return False
    if not isinstance(entry.get("at", ""), str) or not MOMENT.fullmatch(entry.get("at", "")):
        return False
    answer = entry["answer"]
    if kind == "number":
        return isinstance(answer, str)
    if kind == "match":
        return isinstance(answer, Mapping) and all(isinstance(right, str) for right in answer.values())
    return kind is not None and isinstance(answer, list) and all(isinstance(item, str) for item in answer)
