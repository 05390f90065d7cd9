"""The interface's words in the learner's language: English is in the code, others are in `locale/<language>.po`.

SAGELAB_LANGUAGE chooses (`de`); without it, or where there is no such catalogue, the interface speaks English.
"""

import os
from functools import cache
from pathlib import Path

__all__ = ["translate", "words"]

FOLDER = Path(__file__).with_name("locale")


def words(language: str | None = None) -> dict[str, str]:
    """The translations of the interface's texts, by their English; empty for English."""
    return _catalogue(language or os.environ.get("SAGELAB_LANGUAGE", "en"))


def translate(text: str, **values: object) -> str:
    """A text in the learner's language, with `{names}` filled in."""
    return words().get(text, text).format(**values)


@cache
def _catalogue(language: str) -> dict[str, str]:
    path = FOLDER / f"{language}.po"
    if path.parent != FOLDER or not path.is_file():
        return {}
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}
