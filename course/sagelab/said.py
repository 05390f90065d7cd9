"""A sentence with its values apart, so that a view can say it in the reader's language."""

from typing import Any

__all__ = ["Said", "say", "words"]

Said = dict[str, Any]


def say(text: str, **values: object) -> Said:
    """A sentence in English whose `{names}` stand for the values; the text is a key of the catalogues."""
    return {"text": text, "values": {name: str(value) for name, value in values.items()}}


def words(said: Said) -> str:
    """The sentence in English."""
    return str(said["text"]).format(**said["values"])
