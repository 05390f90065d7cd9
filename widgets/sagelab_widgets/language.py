"""The interface's words in the learner's language: English is in the code, others are in `locale/<language>.po`.

SAGELAB_LANGUAGE chooses (`de`); without it, or where there is no such catalogue, the interface speaks English.
"""

import os
from collections.abc import Collection
from functools import cache
from pathlib import Path

__all__ = ["mark", "translate", "words"]

FOLDER = Path(__file__).with_name("locale")


def words(language: str | None = None, files: Collection[str] | None = None) -> dict[str, str]:
    """The translations of the interface's texts, by their English; empty for English.

    With `files` (`quiz.js`) only the texts of these scripts and of Python: a widget carries no more than it shows.
    """
    texts = _catalogue(language or os.environ.get("SAGELAB_LANGUAGE", "en"))
    shown = set(files or ())
    return {
        text: said
        for text, (said, where) in texts.items()
        if files is None or where & shown or any(name.endswith(".py") for name in where)
    }


def translate(text: str, **values: object) -> str:
    """A text in the learner's language, with `{names}` filled in."""
    said, _ = _catalogue(os.environ.get("SAGELAB_LANGUAGE", "en")).get(text, (text, frozenset()))
    return said.format(**values)


def mark(text: str) -> str:
    """A text that stands in a table, for the catalogue; `translate` it where it is shown."""
    return text


@cache
def _catalogue(language: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Each text with its translation and the files that show it; of a plural, the one and the many."""
    path = FOLDER / f"{language}.po"
    if path.parent != FOLDER or not path.is_file():
        return {}
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    return {
        text: (said, frozenset(name for name, _ in message.locations))
        for message in messages
        for text, said in zip(_forms(message.id), _forms(message.string), strict=False)
        if said
    }


def _forms(texts: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts or ())
