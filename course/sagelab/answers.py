"""The learner's quiz answers: one JSON file beside the notebook, which travels with a submission."""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sagelab.errors import SagelabError

try:
    import fcntl
except ImportError:  # Windows has no file locks of this kind; two kernels that write at once are rare
    fcntl = None  # type: ignore[assignment]

__all__ = ["Answers"]

MOST_BYTES = 5_000_000
Entry = dict[str, Any]
Lessons = dict[str, dict[str, Entry]]


class Answers:
    """The answers in one file; `note` tells the learner when a damaged file was moved aside."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.note = ""

    def all(self, lesson: str) -> dict[str, Entry]:
        """Return each answered question of a lesson: its answer, and whether it was checked."""
        return self._read().get(lesson, {})

    def record(self, lesson: str, question: str, answer: object, checked: bool) -> None:
        """Save one answer; what another notebook has saved meanwhile is kept."""
        try:
            with self._alone():
                lessons = self._read()
                if self.path.exists():
                    self._insist_on_ours()
                lessons.setdefault(lesson, {})[question] = {"answer": answer, "checked": bool(checked)}
                self._write(lessons)
        except OSError as fault:
            raise SagelabError(
                f"{self.path.name} could not be saved ({fault.strerror}); make room in "
                f"{self.path.parent} or make it writable, then answer again."
            ) from fault
