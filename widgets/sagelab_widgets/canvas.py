"""Canvas: from a table to a model, its analysis and its predictions, without code."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import traitlets

from sagelab.canvas import pages
from sagelab.canvas.model import CanvasLab, CanvasModel
from sagelab.errors import SagelabError
from sagelab_widgets.language import translate
from sagelab_widgets.live import Live, Message, as_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Canvas"]

ENDED = ("Completed", "Failed", "Stopped")
SETTLED = ("", "InService", "Failed", "OutOfService")
BATCH_ROWS = 500


class Canvas(Live, asset="canvas"):
    """Build, analyze and predict on one table; `model` (a `sagelab.canvas.CanvasModel`) does the same in code.

    `new_rows` are what the batch prediction is about; without them it takes the first rows of the table. `job` takes
    up an AutoML job of an earlier visit. `candidates` limits both kinds of build further.
    """

    title = traitlets.Unicode().tag(sync=True)
    page = traitlets.Enum(("build", "analyze", "predict"), "build").tag(sync=True)
    build = traitlets.Dict().tag(sync=True)
    estimate = traitlets.Dict().tag(sync=True)
    job = traitlets.Dict().tag(sync=True)
    analysis = traitlets.Dict().tag(sync=True)
    endpoint = traitlets.Dict().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    batch = traitlets.Dict().tag(sync=True)
    shared = traitlets.Dict().tag(sync=True)
    moving = traitlets.Bool().tag(sync=True)
    new_rows = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        lab: CanvasLab,
        table: pd.DataFrame,
        name: str = "model",
        *,
        target: str | None = None,
        new_rows: pd.DataFrame | None = None,
        job: str | None = None,
        candidates: int | None = None,
    ) -> None:
        self.model = CanvasModel(lab, table, name, target=target, job=job)
        self._candidates, self._table, self._new = candidates, table, new_rows
        self._estimating: threading.Thread | None = None
        self._estimated: dict[str, Any] = {}
        self._turn = 0
        super().__init__(
            {
                "refresh": lambda _: self.refresh(),
                "target": lambda message: self._choose(self.model.choose_target, as_text(message, "column")),
                "problem": lambda message: self._choose(self.model.choose_problem, as_text(message, "key")),
                "use": self._use,
                "preview": lambda _: self.preview(),
                "build": lambda message: self.start(as_text(message, "kind")),
                "stop": lambda _: self._and_look(self.model.stop),
                "share": lambda message: self.share(as_text(message, "group")),
                "deploy": lambda _: self._and_look(self.model.deploy),
                "undeploy": lambda _: self._and_look(self.model.delete_endpoint),
                "row": self._row,
                "ask": self._ask,
                "batch": lambda _: self._and_look(lambda: self.model.start_batch(self._rows_to_predict())),
            },
            title=name,
            new_rows=len(self._rows_to_predict()),
            build=pages.build_page(self.model, candidates),
        )
        self.attempt(self.refresh)

    def __repr__(self) -> str:
        head = f"Canvas model {self.title}: {self.build['title']} of {self.build['target']}"
        if not self.job:
            return f"{head}, nothing built yet"
        lines = [f"  {each['name']}: {each['status']}" for each in self.job["candidates"]]
        return "\n".join([f"{head}, build {self.job['job']}: {self.job['status']}", *lines])

    # -- what the buttons do -----------------------------------------------------------------------------------
    def preview(self) -> None:
        """Estimate the score in a thread; `refresh` shows it once it is there."""
        if self._estimating is None:
            self._estimated = {}
            self._estimating = threading.Thread(target=self._do_estimate, daemon=True)
            self._estimating.start()
            self.estimate = {"running": True}
            self.moving = True

    def start(self, kind: str) -> None:
        """Start a quick or a standard build."""
        self.model.build(kind, self._candidates)
        self.analysis = self.answer = self.values = self.batch = self.shared = {}
        self._look()

    def share(self, group: str = "") -> None:
        """Register the model, to be approved in the Model Registry."""
        arn = self.model.share(group.strip() or None)
        self.note = ""
        self.shared = {"arn": arn, "status": "PendingManualApproval"}

    def refresh(self) -> None:
        """Look at the build, the endpoint and the batch prediction."""
        if self._estimating is not None and not self._estimating.is_alive():
            self._estimating, self.estimate = None, self._estimated
        if (
            not self.job
            or self.job["moving"]
            or (self.model.built and self.model.built.job != self.job["job"])
        ):
            self.job = pages.job_page(self.model)
        if self.job.get("status") == "Completed" and self.analysis.get("job") != self.job["job"]:
            self.analysis = pages.analyze_page(self.model)
            self.values = {field.name: field.start for field in self.model.fields}
        self._refresh_endpoint()
        if self.batch.get("status") not in ENDED or self.batch.get("job") != self.model.batch:
            self.batch = pages.batch_page(self.model)
        self.moving = bool(
            self._estimating
            or self.job.get("moving")
            or self.endpoint.get("status", "") not in SETTLED
            or (self.batch and self.batch["status"] not in ENDED)
        )

    # -- inside ------------------------------------------------------------------------------------------------
    def _look(self) -> None:
        self.note = ""
        self.refresh()

    def _and_look(self, action: Any) -> None:
        action()
        self._look()

    def _choose(self, choose: Any, value: Any) -> None:
        try:
            choose(value)
            self.note = ""
            if self._estimating is None:
                self.estimate = {}
        finally:  # a refused choice is drawn back too
            self._turn += 1
            self.build = {**pages.build_page(self.model, self._candidates), "turn": self._turn}

    def _use(self, message: Message) -> None:
        column, used = as_text(message, "column"), message.get("used") is True
        left_out = self.model.left_out - {column} if used else self.model.left_out | {column}
        self._choose(self.model.leave_out, left_out)

    def _do_estimate(self) -> None:
        try:
            about = (self.model.target, self.model.problem.key, sorted(self.model.left_out))
            found = self.model.preview().payload()
            now = (self.model.target, self.model.problem.key, sorted(self.model.left_out))
            self._estimated = found if about == now else {}
        except (SagelabError, ValueError) as error:
            self._estimated = {"reason": str(error)}

    def _refresh_endpoint(self) -> None:
        status, reason = self.model.endpoint_status()
        now = {"name": self.model.endpoint or "", "status": status, "reason": reason}
        arrived = status == "InService" and self.endpoint.get("status") != "InService"
        if now != self.endpoint:
            self.endpoint = now
        if not status:
            self.answer = {}
        elif arrived:
            self._ask({"values": self.values, "number": 0})

    def _row(self, message: Message) -> None:
        self.values = self.model.row(message.get("number"))  # type: ignore[arg-type]  # it checks what came
        self.note = ""
        if self.endpoint.get("status") == "InService":
            self._ask({"values": self.values, "number": 0})

    def _ask(self, message: Message) -> None:
        values, number = message.get("values"), message.get("number")
        if not isinstance(values, dict) or not isinstance(number, int):
            raise SagelabError(translate("A prediction needs a value for each column."))
        given = {str(name): value for name, value in values.items()}
        self.answer = pages.answer_page(self.model.predict(**given), given, number)
        self.note = ""

    def _rows_to_predict(self) -> Any:
        return self._table.head(BATCH_ROWS) if self._new is None else self._new
