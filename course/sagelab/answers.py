"""The learner's quiz answers: one JSON file beside the notebook, which travels with a submission."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sagelab.errors import SagelabError
from sagelab.files import MOST_BYTES, replace_bytes

try:
    import fcntl
except ImportError:  # Windows has no such lock; there two notebooks that save at once may lose an answer
    fcntl = None  # type: ignore[assignment]

__all__ = ["Answers", "Written"]

VERSION = 1
Entry = dict[str, Any]
Lessons = dict[str, dict[str, Entry]]


@dataclass(frozen=True)
class Written:
    """What saving an answer found and left: the lesson's entries now, and the one that was replaced."""

    entries: dict[str, Entry]
    replaced: Entry | None


class _DamagedError(Exception):
    """What is wrong with the file."""


class Answers:
    """The answers in one file; `note` says when a damaged file was moved aside."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.note = ""

    def all(self, lesson: str) -> dict[str, Entry]:
        """Return the entry of each answered question of a lesson: its answer, and whether it was checked."""
        answers = self.lessons().get(lesson, {})
        return {name: {key: entry[key] for key in ("answer", "checked")} for name, entry in answers.items()}

    def lessons(self) -> Lessons:
        """Return the answers of every lesson as the file holds them, each with `at`, the moment it was given."""
        try:
            return _load(self.path)
        except _DamagedError as damage:
            self._set_aside(damage)
            return {}

    def record(self, lesson: str, question: str, answer: object, checked: bool) -> Written:
        """Save one answer; what another notebook has saved meanwhile is kept."""
        entry = {
            "answer": answer,
            "checked": bool(checked),
            "at": datetime.now(UTC).isoformat(timespec="microseconds"),
        }
        try:
            with _one_writer(self.path.parent):
                lessons = self._load_or_start_anew()
                replaced = lessons.setdefault(lesson, {}).get(question)
                lessons[lesson][question] = entry
                replace_bytes(self.path, _text(lessons))
                return Written(lessons[lesson], replaced)
        except OSError as fault:
            raise SagelabError(
                f"Your answer was not saved in {self.path} ({fault.strerror}); "
                "make room or make the folder writable, then answer again."
            ) from fault

    @contextlib.contextmanager
    def merging(self, lessons: Lessons) -> Iterator[int]:
        """Take in the later answers of `lessons` and give their number; where the block fails, none is kept."""
        with _one_writer(self.path.parent):
            before = self._load_or_start_anew()
            merged = {lesson: dict(answers) for lesson, answers in before.items()}
            taken = sum(_take(merged.setdefault(lesson, {}), lessons[lesson]) for lesson in lessons)
            if taken:
                replace_bytes(self.path, _text(merged))
            try:
                yield taken
            except BaseException:
                if taken:
                    replace_bytes(self.path, _text(before))
                raise

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
            self.note = (
                f"{self.path.name} was damaged ({damage}); it is now {aside.name}, and a new file is begun."
            )


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


def _text(lessons: Lessons) -> bytes:
    text = json.dumps({"version": VERSION, "lessons": lessons}, indent=1) + "\n"
    if len(text) > MOST_BYTES:  # it would be taken for damaged when it is read
        raise SagelabError(
            f"answers.json would grow beyond {MOST_BYTES // 1_000_000} MB; nothing was changed."
        )
    return text.encode()


def _take(answers: dict[str, Entry], others: dict[str, Entry]) -> int:
    """Put the later answers of `others` among `answers`; returns how many there were."""
    later = {
        name: new for name, new in others.items() if name not in answers or _age(new) > _age(answers[name])
    }
    answers.update(later)
    return len(later)


def _age(entry: Entry) -> tuple[str, bool, str]:
    """What is compared: the moment; of two at the same moment one wins whatever their order."""
    return entry.get("at", ""), entry["checked"], json.dumps(entry["answer"], sort_keys=True)


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
        isinstance(entry, dict)
        and "answer" in entry
        and isinstance(entry.get("checked"), bool)
        and isinstance(entry.get("at", ""), str)
        for entry in lesson.values()
    )


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
