"""The home page: where the learner is, what comes next, and progress that goes along in a file."""

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


class Home(Widget, asset="home"):
    """The course as the learner's `folder` stands in it, where no other is named the present one.

    `live` counts what Python has answered: a view that sees no answer knows that no kernel listens.
    """

    state = traitlets.Dict().tag(sync=True)
    said = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    live = traitlets.Int(0).tag(sync=True)
    most_bytes = traitlets.Int(MOST_BYTES).tag(sync=True)

    def __init__(self, folder: Path | None = None, overview: Overview | None = None) -> None:
        self.overview = overview or Overview(folder or Path.cwd())
        super().__init__(state=self.overview.state(_now()))
        self.on_msg(self._asked)

    def __repr__(self) -> str:
        return self.overview.text()

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
            self.note = ""
            if wish == "save":
                self.save()
            elif wish == "restore" and len(buffers) == 1:
                self.restore(bytes(buffers[0]))
            self.refresh()
        except SagelabError as fault:
            self.said, self.note = {}, str(fault)
        self.live += 1


def _now() -> datetime:
    return datetime.now().astimezone()
