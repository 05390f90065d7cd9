"""The pipeline viewer: a pipeline's graph, live, with each step's input, output and log, and the learner's orders."""

from typing import Any

import traitlets

from sagelab.errors import SagelabError
from sagelab.pipeline_desk import Clients, PipelineDesk
from sagelab_widgets.language import translate
from sagelab_widgets.live import Live, Message, as_text

__all__ = ["PipelineViewer"]


class PipelineViewer(Live, asset="pipeline_viewer"):
    """Watch a pipeline of the lab's account; `execution` is an ARN, and without it the latest one is shown.

    `graph`, `states` and `detail` hold what is shown; orders come from the browser or are called here.
    """

    pipeline = traitlets.Unicode().tag(sync=True)
    graph = traitlets.Dict().tag(sync=True)
    executions: Any = traitlets.List().tag(sync=True)
    execution = traitlets.Unicode().tag(sync=True)
    states = traitlets.Dict().tag(sync=True)
    step = traitlets.Unicode().tag(sync=True)
    detail = traitlets.Dict().tag(sync=True)

    def __init__(self, lab: Clients, pipeline: str, execution: str | None = None) -> None:
        self.desk = PipelineDesk(lab, pipeline)
        super().__init__(
            {
                "refresh": lambda _: self.refresh(),
                "show": lambda message: self.show(as_text(message, "execution")),
                "step": lambda message: self.choose(as_text(message, "step")),
                "start": lambda message: self.start(message.get("parameters")),
                "stop": lambda _: self.stop(),
                "retry": lambda _: self.retry(),
                "succeed": self._succeed,
                "fail": self._fail,
            },
            pipeline=pipeline,
        )
        self.attempt(lambda: self.show(execution or ""))

    def __repr__(self) -> str:
        head = f"Pipeline {self.pipeline}" + (
            f", execution {self._known().get('id', '')}" if self.execution else ""
        )
        lines = [f"  {name}: {told['state']}" for name, told in self.states.items()]
        return "\n".join([f"{head}: {self.status or 'not started'}", *lines])

    @property
    def status(self) -> str:
        """The status of the execution that is shown; empty where there is none."""
        return str(self._known().get("status", ""))

    # -- looking -----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Look again."""
        self.executions = self.desk.executions()
        if not self.execution and self.executions:
            self.execution = self.executions[0]["arn"]
        self.graph = self.desk.graph(self.execution).payload()
        self.states = self.desk.states(self.execution, self.status)
        if self.step:
            self.detail = self.desk.detail(self.execution, self.step)

    def show(self, execution: str) -> None:
        """Show another execution; without an ARN the latest one."""
        known = [one["arn"] for one in self.desk.executions()]
        if execution and execution not in known:
            raise SagelabError(translate("This pipeline has no execution {arn}.", arn=execution))
        self.execution = execution or next(iter(known), "")
        self.refresh()

    def choose(self, step: str) -> None:
        """Show all about a step; an empty name closes it."""
        self.detail = self.desk.detail(self.execution, step) if step else {}
        self.step = step

    # -- orders ------------------------------------------------------------------------------------------------
    def start(self, parameters: Any = None) -> None:
        """Start an execution with these parameters (texts by name) and show it."""
        execution = self.desk.start(parameters or {})
        self.note = translate("Execution {id} has begun.", id=execution.rpartition("/")[2])
        self.show(execution)

    def stop(self) -> None:
        """Stop the execution that is shown."""
        self.desk.stop(self.execution)
        self.note = translate("Told to stop: what runs is stopped and nothing new begins.")
        self.refresh()

    def retry(self) -> None:
        """Retry the execution that is shown: what succeeded stays."""
        self.desk.retry(self.execution)
        self.note = translate("Tried again: what succeeded stays, the rest is done once more.")
        self.refresh()

    def _succeed(self, message: Message) -> None:
        given = message.get("outputs")
        outputs = given if isinstance(given, dict) else {}
        if not all(isinstance(value, str) for value in outputs.values()):
            raise SagelabError(translate("Output parameters are texts."))
        self.desk.answer(self._token(message), outputs)
        self.note = translate("The step was told that its work is done.")
        self.refresh()

    def _fail(self, message: Message) -> None:
        self.desk.refuse(self._token(message), as_text(message, "reason"))
        self.note = translate("The step was told that its work has failed.")
        self.refresh()

    def _token(self, message: Message) -> str:
        step = as_text(message, "step")
        token = str(self.desk.detail(self.execution, step)["token"])
        if not token:
            raise SagelabError(translate("Step {step} waits for no answer.", step=step))
        return token

    def _known(self) -> dict[str, Any]:
        return next((one for one in self.executions if one["arn"] == self.execution), {})
