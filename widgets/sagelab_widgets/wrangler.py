"""Data Wrangler in a notebook: a flow that grows as a graph, rows after each step, a report, a model, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from sagelab.errors import SagelabError
from sagelab_widgets.language import translate
from sagelab_widgets.widget import Widget

if TYPE_CHECKING:
    import pandas as pd

    from sagelab.wrangler.flow import Flow
    from sagelab.wrangler.processing import Bench

__all__ = ["Wrangler"]


class Wrangler(Widget, asset="wrangler"):
    """Build a flow on a table, or on a CSV or Parquet file in S3 (`table` is its URI, and `lab` is needed).

    `w.flow` is the flow, `w.table()` its table from all rows. Previews are computed on the first `sample` rows.
    """

    title = traitlets.Unicode().tag(sync=True)
    catalogue = traitlets.Dict().tag(sync=True)
    nodes: Any = traitlets.List().tag(sync=True)
    page = traitlets.Dict().tag(sync=True)
    target = traitlets.Unicode().tag(sync=True)
    report = traitlets.Dict().tag(sync=True)
    model = traitlets.Dict().tag(sync=True)
    export = traitlets.Dict().tag(sync=True)
    job = traitlets.Dict().tag(sync=True)
    undoable = traitlets.Tuple(default_value=(False, False)).tag(sync=True)
    has_lab = traitlets.Bool().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    answered = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        table: pd.DataFrame | str,
        lab: Bench | None = None,
        target: str = "",
        name: str = "flow",
        *,
        sample: int = 10_000,
    ) -> None:
        from sagelab.wrangler.desk import Desk
        from sagelab.wrangler.showing import catalogue_payload

        self._desk = Desk(table, lab, name=name, sample=sample)
        super().__init__(
            title=name,
            catalogue=catalogue_payload(),
            target=target,
            has_lab=lab is not None,
            **self._desk.shown,
        )
        self.on_msg(lambda _, content, __: self.handle(content))

    def __repr__(self) -> str:
        return f"Wrangler of {self.title}\n{self.flow!r}"

    @property
    def flow(self) -> Flow:
        """The flow as it is now; after a change from a cell, `show()` brings the view up to date."""
        return self._desk.flow

    def table(self) -> pd.DataFrame:
        """The flow's last table, from all rows."""
        return self.flow.table()

    def show(self) -> None:
        """Show what a cell has changed in the flow."""
        self._desk.show()
        self._publish()

    def handle(self, content: Any) -> None:
        """Do what the view asks for; whatever goes wrong becomes one sentence in `note`."""
        from botocore.exceptions import BotoCoreError, ClientError

        number = content.get("n") if isinstance(content, dict) else 0
        self.send({"heard": True})
        try:
            self.note, good = self._desk.do(content), True
        except (SagelabError, ClientError, BotoCoreError, OSError) as fault:
            self.note, good = str(fault), False
        except Exception:
            self.note, good = (
                translate("Something went wrong inside the wrangler; the flow is as it was."),
                False,
            )
            self.log.exception("The wrangler failed.")
        self._publish()
        self.answered = {"n": number if isinstance(number, int) else 0, "good": good}

    def _publish(self) -> None:
        with self.hold_sync():
            for trait, value in self._desk.shown.items():
                self.set_trait(trait, value)
