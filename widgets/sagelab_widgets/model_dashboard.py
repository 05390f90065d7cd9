"""The model dashboard: every model with its risk, monitors, endpoints, batch job and card, by who needs attention."""

from typing import Any

import traitlets

from sagelab.errors import SagelabError
from sagelab.model_desk import RISKS, SHOWN, ModelDesk, payload, select
from sagelab.resources import Workbench
from sagelab_widgets.language import translate
from sagelab_widgets.live import Live, Message, as_text

__all__ = ["ModelDashboard"]

AT_WORK = ("Pending", "InProgress", "Stopping")


class ModelDashboard(Live, asset="model_dashboard"):
    """The models of a lab's account, as AWS's console shows them; `opened` is the model whose details are shown.

    `desk.rows` holds the rows as `sagelab.dashboard.Row`.
    """

    rows: Any = traitlets.List().tag(sync=True)
    counts = traitlets.Dict().tag(sync=True)
    show = traitlets.Enum(SHOWN, "all").tag(sync=True)
    risk = traitlets.Enum(("", *RISKS), "").tag(sync=True)
    search = traitlets.Unicode().tag(sync=True)
    opened = traitlets.Unicode().tag(sync=True)
    detail = traitlets.Dict().tag(sync=True)
    moving = traitlets.Bool(False).tag(sync=True)

    def __init__(self, lab: Workbench) -> None:
        self.desk = ModelDesk(lab)
        super().__init__(
            {
                "look": lambda _: self.look(),
                "refresh": lambda _: self.look(),
                "view": self._view,
                "open": lambda message: self.show_model(as_text(message, "model")),
                "export": lambda _: self.export_card(),
            }
        )
        self.attempt(self.look)

    def __repr__(self) -> str:
        lines = [f"  {row['model']}: {'; '.join(row['attention']) or 'nothing to do'}" for row in self.rows]
        return "\n".join([f"{self.counts.get('all', 0)} models", *lines])

    def look(self) -> None:
        """Read all models again, and the one that is open."""
        self.desk.look()
        if self.opened and self.opened not in {row.model for row in self.desk.rows}:
            self.opened, self.detail = "", {}
        if self.opened:
            self.detail = self.desk.open(self.opened)
        self._tell()

    def show_model(self, model: str) -> None:
        """Show all about a model; an empty name closes it."""
        self.detail = self.desk.open(model) if model else {}
        self.opened = model
        self._tell()

    def export_card(self) -> None:
        """Export the open model's card to the lab's bucket."""
        card = self.detail.get("card", {}).get("name")
        if not card:
            raise SagelabError(translate("This model has no card to export."))
        self.desk.export_card(card)
        self.note = translate("The export of card {name} has begun.", name=card)
        self.show_model(self.opened)

    def _view(self, message: Message) -> None:
        show, risk, search = (as_text(message, name) for name in ("show", "risk", "search"))
        if show not in SHOWN or risk not in ("", *RISKS):
            raise SagelabError(translate("There is no such view."))
        self.show, self.risk, self.search = show, risk, search
        self._tell()

    def _tell(self) -> None:
        found = self.desk.rows
        with self.hold_sync():
            self.rows = [payload(row) for row in select(found, self.show, self.risk, self.search)]
            self.counts = {show: len(select(found, show, "", "")) for show in SHOWN}
            runs = [run["status"] for one in self.detail.get("monitors", []) for run in one["executions"]]
            exports = [job["status"] for job in self.detail.get("card", {}).get("exports", [])]
            states = [one["status"] for row in self.rows for one in row["endpoints"]]
            self.moving = any(status in AT_WORK for status in (*runs, *exports)) or any(
                status in ("Creating", "Updating", "Deleting") for status in states
            )
