"""The home page: where the learner is, what comes next, and progress that goes along in a file."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import traitlets

from sagelab.carry import export_bytes, import_bytes
from sagelab.errors import SagelabError
from sagelab.files import MOST_BYTES
from sagelab.homepage import Overview
from sagelab_widgets.widget import Widget

__all__ = ["Home"]

_living: dict[str, "Home"] = {}
"""The home pages of this process by their place: one of the same name has to be closed before the next is made."""


class Home(Widget, asset="home"):
    """The course as the learner's `folder` stands in it, where no other is named the present one.

    `place` names the page of a folder, so that one which was opened and not run is made live under its own name.
    `live` counts what Python has answered: a view that sees no answer knows that no kernel listens.
    """

    state = traitlets.Dict().tag(sync=True)
    said = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    live = traitlets.Int(0).tag(sync=True)
    place = traitlets.Unicode().tag(sync=True)
    most_bytes = traitlets.Int(MOST_BYTES).tag(sync=True)

    def __init__(
        self, folder: Path | None = None, overview: Overview | None = None, *, place: str = ""
    ) -> None:
        self.overview = overview or Overview(folder or Path.cwd())
        place = place or hashlib.sha256(f"home:{self.overview.folder.resolve()}".encode()).hexdigest()[:32]
        if place in _living:
            _living[place].close()
        super().__init__(state=self.overview.state(_now()), place=place, model_id=place)
        _living[place] = self
        self.on_msg(self._asked)

    def __repr__(self) -> str:
        return self.overview.text()

    def close(self) -> None:
        """End this page; its place is free for another."""
        _living.pop(self.place, None)
        super().close()

    def refresh(self) -> None:
        """Read the learner's record again."""
        self.state = self.overview.state(_now())

    def save(self) -> None:
        """Send the learner's progress to the browser, which keeps it as a file."""
        data = export_bytes(self.overview.folder)
        name = f"sagelab-progress-{_now():%Y-%m-%d-%H%M}.json"
        self.said = {"kind": "saved", "name": name, "bytes": len(data)}
        self.send({"do": "file", "name": name}, buffers=[data])

    def restore(self, data: bytes) -> None:
        """Merge a saved file into the folder: all of it, or with a SagelabError nothing."""
        brought = import_bytes(self.overview.folder, data)
        self.said = {
            "kind": "restored",
            "exercises": brought.exercises,
            "answers": brought.answers,
            "reviews": brought.reviews,
            "note": brought.note,
        }

    def _asked(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Do what the view asks for; what comes from a browser may be anything."""
        wish = content.get("do") if isinstance(content, dict) else None
        try:
            if wish == "save":
                self.save()
            elif wish == "restore" and len(buffers) == 1:
                self.restore(bytes(buffers[0]))
            if wish in ("save", "restore"):
                self.note = ""
        except SagelabError as fault:
            self.said, self.note = {}, str(fault)
        self.refresh()
        self.live += 1


def _now() -> datetime:
    return datetime.now().astimezone()
