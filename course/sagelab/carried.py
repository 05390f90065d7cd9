"""The file that carries a learner's progress: how it is written, and what is checked when it is read."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from sagelab.answers import Lessons
from sagelab.errors import SagelabError
from sagelab.files import MOST_BYTES

__all__ = ["Carried", "Row", "dump", "is_review", "load"]

KIND, VERSION = "sagelab progress", 1
PARTS = {"kind", "version", "seed", "exercises", "reviews", "answers"}
SINCE = {"lessons", "sittings"}
"""Parts that the first files had not."""
MOST_COUNT = 1_000_000
MOST_TEXT = 200
MOST_ITEMS = 100
MOST_SITTING = 200_000
SEED = re.compile(r"[0-9a-f]{32}")
MOMENT = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00")
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Carried:
    """A learner's progress outside of any folder.

    An exercise is (lesson, name, tries, hints, passed), a review of a flashcard (card, moment, rating 1 to 4), a
    lesson (slug, moment when it was last touched, most quiz questions right at once), a sitting of the practice
    exam (id, moment when it was kept, moment when it was handed in or empty, what `Sitting.text` wrote).
    """

    seed: str | None
    exercises: tuple[Row, ...]
    reviews: tuple[Row, ...]
    answers: Lessons
    lessons: tuple[Row, ...] = ()
    sittings: tuple[Row, ...] = ()


def dump(carried: Carried) -> bytes:
    """Write the file; what `load` would refuse is left out."""
    parts = {
        "kind": KIND,
        "version": VERSION,
        "seed": carried.seed if _is_seed(carried.seed) else None,
        "exercises": [row for row in carried.exercises if _is_exercise(row)],
        "reviews": [row for row in carried.reviews if is_review(row)],
        "lessons": [row for row in carried.lessons if _is_lesson(row)],
        "sittings": [row for row in carried.sittings if _is_sitting(row)],
        "answers": {
            lesson: kept
            for lesson, answers in carried.answers.items()
            if _is_name(lesson)
            and (kept := {q: e for q, e in answers.items() if _is_name(q) and _is_entry(e)})
        },
    }
    data = json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()
    if len(data) > MOST_BYTES:
        raise SagelabError(f"The progress is larger than {MOST_BYTES // 1_000_000} MB and cannot be carried.")
    return data


def load(data: bytes) -> Carried:
    """Read the file; raises SagelabError with the first fault, whatever the bytes are."""
    found = _parts(data)
    if not _is_seed(found["seed"]):
        raise _changed("its seed")
    return Carried(
        found["seed"],
        _rows(found["exercises"], _is_exercise, "an exercise"),
        _rows(found["reviews"], is_review, "a flashcard review"),
        _answers(found["answers"]),
        _rows(found.get("lessons", []), _is_lesson, "a lesson"),
        _rows(found.get("sittings", []), _is_sitting, "an exam sitting"),
    )


def _parts(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_BYTES:
        raise SagelabError(f"The file is larger than {MOST_BYTES // 1_000_000} MB, as no saved progress is.")
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise SagelabError("The file is no saved progress, or only a part of one; save it again.") from None
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise SagelabError("The file is no saved progress; choose one that sagelab progress export wrote.")
    if type(found.get("version")) is not int or found["version"] != VERSION:
        raise SagelabError(
            "The file is of a version that this sagelab does not know; update it, then try again."
        )
    if found.keys() - SINCE != PARTS:
        raise _changed("the list of its parts")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"JSON knows no {name}")


def _changed(what: str) -> SagelabError:
    return SagelabError(f"The file was changed or damaged ({what} has another form); save it again.")


def _rows(found: object, is_sound: Callable[[object], bool], what: str) -> tuple[Row, ...]:
    if not isinstance(found, list) or not all(is_sound(row) for row in found):
        raise _changed(what)
    return tuple(tuple(row) for row in found)


def _answers(found: object) -> Lessons:
    if not isinstance(found, dict):
        raise _changed("the list of answers")
    for lesson, answers in found.items():
        if not (_is_name(lesson) and isinstance(answers, dict)):
            raise _changed("a lesson's answers")
        if not all(_is_name(question) and _is_entry(entry) for question, entry in answers.items()):
            raise _changed("an answer")
    return found


def _is_seed(seed: object) -> bool:
    return seed is None or (isinstance(seed, str) and SEED.fullmatch(seed) is not None)


def _is_exercise(row: object) -> bool:
    return (
        isinstance(row, list | tuple)
        and len(row) == 5
        and all(_is_name(text) for text in row[:2])
        and all(type(count) is int and 0 <= count <= MOST_COUNT for count in row[2:4])
        and type(row[4]) is int
        and row[4] in {0, 1}
    )


def _is_lesson(row: object) -> bool:
    return (
        isinstance(row, list | tuple)
        and len(row) == 3
        and _is_name(row[0])
        and _is_moment(row[1])
        and type(row[2]) is int
        and 0 <= row[2] <= MOST_COUNT
    )


def _is_sitting(row: object) -> bool:
    """Say whether this can be carried; what its text holds is checked by who reads it."""
    return (
        isinstance(row, list | tuple)
        and len(row) == 4
        and _is_name(row[0])
        and _is_moment(row[1])
        and (row[2] == "" or _is_moment(row[2]))
        and isinstance(row[3], str)
        and len(row[3]) <= MOST_SITTING
        and row[3].isascii()
        and row[3].isprintable()
    )


def is_review(row: object) -> bool:
    """Say whether this is a review that can be carried: (card, moment, rating)."""
    return (
        isinstance(row, list | tuple)
        and len(row) == 3
        and _is_name(row[0])
        and _is_moment(row[1])
        and type(row[2]) is int
        and 1 <= row[2] <= 4
    )


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and {"answer", "checked"} <= entry.keys() <= {"answer", "checked", "at"}
        and isinstance(entry["checked"], bool)
        and ("at" not in entry or _is_moment(entry["at"]))
        and _is_answer(entry["answer"])
    )


def _is_answer(answer: object) -> bool:
    """Say whether this is a list of ids, a mapping between ids, or a typed text."""
    if isinstance(answer, dict):
        return len(answer) <= MOST_ITEMS and all(_is_text(item) for pair in answer.items() for item in pair)
    if isinstance(answer, list):
        return len(answer) <= MOST_ITEMS and all(_is_text(item) for item in answer)
    return _is_text(answer)


def _is_text(text: object) -> bool:
    return isinstance(text, str) and len(text) <= MOST_TEXT


def _is_name(name: object) -> bool:
    """Say whether this is a short text that a database can hold."""
    return _is_text(name) and str(name).isprintable() and name != ""


def _is_moment(moment: object) -> bool:
    """Say whether this is a moment of this century in the one form whose order is that of time."""
    if not (isinstance(moment, str) and MOMENT.fullmatch(moment)):
        return False
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True
