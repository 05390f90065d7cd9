"""The experiments table: runs of SageMaker Experiments and of MLflow, filtered, sorted, compared and drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from sagelab.errors import SagelabError
from sagelab.run_desk import MOST_PICKED, RunDesk
from sagelab.runs import read_runs
from sagelab_widgets.language import translate
from sagelab_widgets.live import Live, Message, as_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ExperimentsTable"]

VIEW = (
    "filter",
    "sort",
    "descending",
    "columns",
    "axes",
    "ranges",
    "color",
    "across",
    "up",
    "picked",
    "selected",
)


class ExperimentsTable(Live, asset="experiments"):
    """Runs of a lab's account, of an MLflow tracking URI or of a DataFrame; `metrics` names a DataFrame's metrics.

    `filter` reads as in `auc > 0.77 status = Completed`; `selected` is the id of the run whose record is open,
    and `picked` are the ids of those that are compared. `frame()` is the table as it is shown.
    """

    names: Any = traitlets.List().tag(sync=True)  # every column: key, group, label
    filter = traitlets.Unicode().tag(sync=True)
    sort = traitlets.Unicode("started").tag(sync=True)
    descending = traitlets.Bool(True).tag(sync=True)
    columns: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    axes: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    ranges = traitlets.Dict().tag(sync=True)
    color = traitlets.Unicode().tag(sync=True)
    across = traitlets.Unicode().tag(sync=True)
    up = traitlets.Unicode().tag(sync=True)
    picked: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)
    table = traitlets.Dict().tag(sync=True)
    chart = traitlets.Dict().tag(sync=True)
    compared = traitlets.Dict().tag(sync=True)
    record = traitlets.Dict().tag(sync=True)
    moving = traitlets.Bool(False).tag(sync=True)

    def __init__(self, source: Any, experiment: str | None = None, *, metrics: Sequence[str] = ()) -> None:
        self.desk = RunDesk(lambda: read_runs(source, experiment, metrics))
        super().__init__(
            {"refresh": lambda _: self.look(), "set": self._set, "toggle": self._toggle, "pick": self._pick},
        )
        self._telling = True
        if self.attempt(self.desk.look):
            for name, value in self.desk.first().items():
                setattr(self, name, value)
        self._telling = False
        self.attempt(self._tell)
        self.observe(self._changed, VIEW)

    def __repr__(self) -> str:
        told = f"{self.table.get('shown', 0)} of {self.table.get('count', 0)} runs"
        return "\n".join(
            [told, *(f"  {row['name']}  {'  '.join(row['cells'])}" for row in self.table.get("rows", []))]
        )

    def frame(self) -> "pd.DataFrame":
        """The table as it is shown, as a DataFrame."""
        return self.desk.frame(self.columns)

    def look(self) -> None:
        """Read the runs again."""
        self.desk.look()
        self._tell()

    # -- what the browser asks for -----------------------------------------------------------------------------
    def _set(self, message: Message) -> None:
        name = as_text(message, "name")
        if name not in VIEW:
            raise SagelabError(translate("There is no such view."))
        value = message.get("value")
        if isinstance(getattr(self, name), list) != isinstance(value, list):
            raise SagelabError(translate("There is no such view."))
        try:
            setattr(self, name, value)
        except traitlets.TraitError as error:
            raise SagelabError(str(error)[:300]) from error

    def _toggle(self, message: Message) -> None:
        """Put a column into a list of the view, or take it out; the order stays that of the columns."""
        name, key = as_text(message, "name"), as_text(message, "key")
        if name not in ("columns", "axes") or key not in self.desk.columns:
            raise SagelabError(translate("There is no such column."))
        chosen = {*getattr(self, name)} ^ {key}
        setattr(self, name, [one for one in self.desk.columns if one in chosen])

    def _pick(self, message: Message) -> None:
        """Put a run into the comparison, or take it out."""
        run = self.desk.find(as_text(message, "run")).id
        others = [one for one in self.picked if one != run]
        if len(others) >= MOST_PICKED:
            raise SagelabError(translate("At most {count} runs are compared.", count=MOST_PICKED))
        self.picked = others if run in self.picked else [*others, run]

    # -- what is right -----------------------------------------------------------------------------------------
    @traitlets.validate("columns", "axes")
    def _are_columns(self, proposal: Any) -> Any:
        unknown = [key for key in proposal["value"] if key not in self.desk.columns]
        if unknown:
            raise traitlets.TraitError(translate("There is no column {name}.", name=unknown[0][:60]))
        return list(dict.fromkeys(proposal["value"]))

    @traitlets.validate("sort", "color", "across", "up")
    def _is_column(self, proposal: Any) -> Any:
        if (
            proposal["value"]
            and proposal["value"] != "started"
            and proposal["value"] not in self.desk.columns
        ):
            raise traitlets.TraitError(translate("There is no column {name}.", name=proposal["value"][:60]))
        return proposal["value"]

    @traitlets.validate("ranges")
    def _are_ranges(self, proposal: Any) -> Any:
        for key, stops in proposal["value"].items():
            whole = (
                isinstance(stops, list | tuple) and len(stops) == 2 and all(type(one) is int for one in stops)
            )
            if key not in self.desk.columns or not whole or not 0 <= stops[0] <= stops[1]:
                raise traitlets.TraitError(translate("A range is two stops of an axis, the lower one first."))
        return proposal["value"]

    @traitlets.validate("picked", "selected")
    def _are_runs(self, proposal: Any) -> Any:
        ids = {run.id for run in self.desk.runs}
        asked = proposal["value"] if isinstance(proposal["value"], list) else [proposal["value"]]
        if any(one and one not in ids for one in asked):
            raise traitlets.TraitError(translate("There is no such run."))
        if len(asked) > MOST_PICKED:
            raise traitlets.TraitError(translate("At most {count} runs are compared.", count=MOST_PICKED))
        return proposal["value"]

    def _changed(self, _change: Any) -> None:
        if not self._telling:
            self.note = ""
            self.attempt(self._tell)

    def _tell(self) -> None:
        self.desk.choose(self.filter, self.sort, self.axes, self.ranges, descending=self.descending)
        with self.hold_sync():
            self.names = [
                {"key": c.key, "group": c.group, "label": c.name} for c in self.desk.columns.values()
            ]
            self.table = self.desk.table(self.columns)
            self.chart = self.desk.chart(self.axes, self.color, self.across, self.up)
            self.compared = self.desk.compare(self.picked)
            self.record = self.desk.record(self.selected) if self.selected else {}
            self.moving = self.desk.moving
