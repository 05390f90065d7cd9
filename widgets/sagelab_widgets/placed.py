"""A widget with a place of its own in a folder: shown before its cell was run, it is made live under its old name."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from sagelab_widgets.live import Live, Message

__all__ = ["Placed"]

_living: dict[str, "Placed"] = {}
"""The widgets of this process by their place: one of the same name has to be closed before the next is made."""


class Placed(Live):
    """`place` names the widget of a folder; the view of a page that was not run asks the kernel for it by that name."""

    place = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, actions: Mapping[str, Callable[[Message], None]], folder: Path, place: str = "", **traits: Any
    ) -> None:
        name = f"{type(self).__name__}:{folder.resolve()}"
        place = place or hashlib.sha256(name.encode()).hexdigest()[:32]
        if place in _living:
            _living[place].close()
        super().__init__(actions, place=place, model_id=place, **traits)
        _living[place] = self

    def close(self) -> None:
        """End this widget; its place is free for another."""
        if _living.get(self.place) is self:
            del _living[self.place]
        super().close()
