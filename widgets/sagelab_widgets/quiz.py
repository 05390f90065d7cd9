"""The quiz: one question at a time, checked in the browser (practice) or only saved (graded)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from sagelab.errors import SagelabError
from sagelab_widgets.assets import script, style

__all__ = ["Quiz"]

OnAnswer = Callable[[str, Any, bool], None]


class Quiz(anywidget.AnyWidget):
    """Questions as `sagelab.quiz.payload` gives them; practice mode needs the key in them, graded mode refuses it.

    `on_answer(question id, answer, checked)` keeps an answer; what it has kept is in `saved`, and a
    `SagelabError` that it raises is shown to the learner.
    """

    _esm = script("quiz")
    _css = style("quiz")

    title = traitlets.Unicode("Quiz").tag(sync=True)
    mode = traitlets.Enum(["practice", "graded"], "practice").tag(sync=True)
    questions = traitlets.List(traitlets.Dict()).tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)
    saved = traitlets.Dict().tag(sync=True)
    file = traitlets.Unicode().tag(sync=True)
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
    ) -> None:
        kinds = {question["id"]: question["kind"] for question in questions}
        kept = {name: dict(entry) for name, entry in (answers or {}).items() if _fits(kinds.get(name), entry)}
        super().__init__(
            questions=[dict(question) for question in questions],
            mode=mode,
            answers=kept,
            saved={name: entry["answer"] for name, entry in kept.items()} if on_answer else {},
            title=title,
            file="answers.json" if on_answer else "",
            note=note,
        )
        self._on_answer = on_answer
        self._first_note = note
        self.observe(self._keep_answers, "answers")

    def __repr__(self) -> str:
        count = len(self.questions)
        return f"{self.title}: {count} questions, {len(self.answers)} answered ({self.mode} mode)"

    @traitlets.validate("questions")
    def _no_key_when_graded(self, proposal: Any) -> Any:
        for question in proposal["value"]:
            keyed = {"solution", "digest", "salt", "number"} & question.keys()
            if self.mode == "graded" and keyed:
                raise SagelabError(
                    f"Question '{question['id']}' carries its key, but this quiz is graded; "
                    "make its payload with key=False."
                )
        return proposal["value"]

    @traitlets.validate("answers")
    def _entries(self, proposal: Any) -> Any:
        """Take only entries of known questions: what comes from a browser may be anything."""
        kinds = {question["id"]: question["kind"] for question in self.questions}
        for name, entry in proposal["value"].items():
            if not _fits(kinds.get(name), entry):
                raise traitlets.TraitError(f"'{name}' is not an answer to a question of this quiz.")
        return proposal["value"]

    def _keep_answers(self, change: Any) -> None:
        for name, entry in change["new"].items():
            if entry != change["old"].get(name):
                self._keep(name, entry["answer"], bool(entry["checked"]))

    def _keep(self, name: str, answer: Any, checked: bool) -> None:
        if self._on_answer is None:
            return
        try:
            self._on_answer(name, answer, checked)
        except SagelabError as fault:
            self.note = str(fault)
        else:
            self.saved = {**self.saved, name: answer}
            self.note = self._first_note


def _fits(kind: str | None, entry: Any) -> bool:
    """Whether an entry has the form of an answer to a question of this kind."""
    if not isinstance(entry, Mapping) or set(entry) != {"answer", "checked"}:
        return False
    answer = entry["answer"]
    if kind == "number":
        return isinstance(answer, str)
    if kind == "match":
        return isinstance(answer, Mapping) and all(isinstance(right, str) for right in answer.values())
    return kind is not None and isinstance(answer, list) and all(isinstance(item, str) for item in answer)
