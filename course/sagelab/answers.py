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
except ImportError:  # Windows has no such lock; there two notebooks that save at once may lose an answer
    fcntl = None  # type: ignore[assignment]

__all__ = ["Answers"]

VERSION = 1
MOST_BYTES = 5_000_000
Entry = dict[str, Any]
Lessons = dict[str, dict[str, Entry]]


class _DamagedError(Exception):
    """What is wrong with the file."""


class Answers:
    """The answers in one file; `note` says when a damaged file was moved aside."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.note = ""

    def all(self, lesson: str) -> dict[str, Entry]:
        """Return the entry of each answered question of a lesson: its answer, and whether it was checked."""
        try:
            return _load(self.path).get(lesson, {})
        except _DamagedError as damage:
            self._set_aside(damage)
            return {}

    def record(self, lesson: str, question: str, answer: object, checked: bool) -> None:
        """Save one answer; what another notebook has saved meanwhile is kept."""
        entry = {"answer": answer, "checked": bool(checked)}
        try:
            with _one_writer(self.path.parent):
                lessons = self._load_or_start_anew()
                lessons.setdefault(lesson, {})[question] = entry
                _replace(self.path, json.dumps({"version": VERSION, "lessons": lessons}, indent=1) + "\n")
        except OSError as fault:
            raise SagelabError(
                f"Your answer was not saved in {self.path} ({fault.strerror}); "
                "make room or make the folder writable, then answer again."
            ) from fault

    def _load_or_start_anew(self) -> Lessons:
        try:
            return _load(self.path)
        except _DamagedError as damage:
            self._set_aside(damage)
            if self.path.exists():
                raise SagelabError(self.note) from None
            return {}

    def _set_aside(self, damage: _DamagedError) -> None:
        """Move the damaged file to the next free name; it may hold answers that a person can still read."""
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}.damaged-{number}.json")).exists():
            number += 1
        try:
            self.path.rename(aside)
        except OSError as fault:
            self.note = (
                f"{self.path.name} is damaged ({damage}) and cannot be moved aside ({fault.strerror})."
            )
        else:
            self.note = f"{self.path.name} was damaged ({damage}); it is now {aside.name} and you start anew."


def _load(path: Path) -> Lessons:
    if not path.exists():
        return {}
    try:
        found = json.loads(_read(path))
    except OSError as fault:
        raise _DamagedError(f"it cannot be read: {fault.strerror}") from None
    except (ValueError, RecursionError):
        raise _DamagedError("it is not JSON") from None
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise _DamagedError("it is of another version")
    lessons = found.get("lessons")
    if not isinstance(lessons, dict) or not all(_is_lesson(lesson) for lesson in lessons.values()):
        raise _DamagedError("its entries have another form")
    return lessons


def _read(path: Path) -> str:
    if not path.is_file():  # a pipe would never end
        raise _DamagedError("it is no file")
    with path.open("rb") as stream:
        raw = stream.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise _DamagedError("it is too large")
    return raw.decode()


def _is_lesson(lesson: object) -> bool:
    return isinstance(lesson, dict) and all(
        isinstance(entry, dict) and "answer" in entry and isinstance(entry.get("checked"), bool)
        for entry in lesson.values()
    )


def _replace(path: Path, text: str) -> None:
    """Write the whole file beside the old one, then swap: a reader sees either, never a half."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("x", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _one_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, so that two notebooks which save at once both count."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network drives have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
