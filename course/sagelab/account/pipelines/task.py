"""One step of one execution while it runs, as the workers of the step types see it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..control import ControlPlane
from .definition import Step
from .expressions import Scope
from .records import STEP, step_arn

Record = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a step ended: what later steps may read, what Metadata shows, why it failed."""

    status: Literal["Succeeded", "Failed", "Stopped"]
    reason: str = ""
    exception: str = ""  # the exception type that a retry policy may name
    outputs: Record = field(default_factory=dict)
    metadata: Record = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """A step with its evaluated arguments."""

    plane: ControlPlane
    execution: Record
    step: Step
    arguments: Record
    body: Record  # the step's other members, evaluated
    scope: Scope
    post: Callable[[Outcome], None]  # tell how the step ended, from any thread

    @property
    def execution_id(self) -> str:
        """The id at the end of the execution's ARN."""
        return str(self.execution["PipelineExecutionArn"]).rpartition("/")[2]

    @property
    def record(self) -> Record:
        """The step's record as it stands."""
        return (
            self.plane.store.get(STEP, step_arn(self.execution["PipelineExecutionArn"], self.step.name)) or {}
        )

    def note(self, **changes: Any) -> None:
        """Keep something in the step's record."""
        arn = step_arn(self.execution["PipelineExecutionArn"], self.step.name)
        self.plane.store.update(STEP, arn, changes)


class Worker(Protocol):
    """What carries out the steps of some types."""

    def begin(self, task: Task) -> Outcome | None:
        """Start; an outcome where the step has ended already, else it is posted later. Returns quickly."""

    def stop(self, task: Task) -> None:
        """Ask the work to end soon."""

    def resume(self, task: Task) -> Outcome | None:
        """Go on after the account was restarted."""
