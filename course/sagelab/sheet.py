"""One quiz's dealings with answers.json: what it shows, what it saves, what a second window changed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagelab.answers import Answers
from sagelab_widgets.language import translate

__all__ = ["Kept", "Sheet"]

Entry = dict[str, Any]
BLANK: tuple[object, ...] = ([], {}, "")


@dataclass(frozen=True)
class Kept:
    """A quiz's answers as answers.json holds them, and what the learner must hear of."""

    entries: dict[str, Entry]
    note: str


class Sheet:
    """The answers of one lesson's quiz; `entries` is what it knows, `note` what happened to a damaged file."""

    def __init__(self, answers: Answers, lesson: str) -> None:
        self.answers = answers
        self.lesson = lesson
        self.entries: dict[str, Entry] = answers.lessons().get(lesson, {})
        self.note = answers.note

    def keep(self, name: str, answer: object, checked: bool) -> Kept:
        """Save one answer; tells what others saved meanwhile and puts back what the file has lost.

        Raises SagelabError where nothing could be saved.
        """
        damage = self.answers.note
        written = self.answers.record(self.lesson, name, answer, checked)
        notes = [self.answers.note] if self.answers.note != damage else []
        known, found = self.entries, written.entries
        if _differs(written.replaced, known.get(name)) and _differs(written.replaced, {"answer": answer}):
            notes.append(
                translate("Another window had answered this question otherwise; your answer counts now.")
            )
        others = [other for other in known if other != name and _differs(found.get(other), known[other])]
        if others:
            notes.append(
                translate(
                    "Another window has changed answers of this quiz; you see the ones that were saved last."
                )
            )
        lost = {other: known[other] for other in known if other not in found}
        for other, entry in lost.items():
            found = self.answers.record(self.lesson, other, entry["answer"], entry["checked"]).entries
        if lost:
            notes.append(translate("answers.json had lost answers of this quiz; they are in it again."))
        self.entries = dict(found)
        return Kept(self.entries, " ".join(notes) or self.note)


def _differs(found: Mapping[str, Any] | None, known: Mapping[str, Any] | None) -> bool:
    """Whether the file holds an answer that says something and is not the one that is known."""
    if found is None or found["answer"] in BLANK:
        return False
    return known is None or found["answer"] != known["answer"]
