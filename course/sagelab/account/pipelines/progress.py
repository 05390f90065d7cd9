"""The records of the steps of one execution, as the lists show them and as a restart finds them."""

from typing import Any

from ..control import ControlPlane
from .definition import Step
from .records import STEP, step_arn, steps_of

Record = dict[str, Any]


class Progress:
    """The records by the names of the steps; only the execution's thread changes them."""

    def __init__(self, plane: ControlPlane, execution: Record) -> None:
        self._plane, self._execution = plane, execution
        self._arn: str = execution["PipelineExecutionArn"]
        self.records: dict[str, Record] = {r["StepName"]: r for r in steps_of(plane, self._arn)}

    def enter(self, step: Step) -> None:
        """Make a step's record, or count a new attempt."""
        now, arn = self._plane.clock.time(), step_arn(self._arn, step.name)
        before = self.records.get(step.name)
        if before:
            self.note(step.name, AttemptCount=before["AttemptCount"] + 1, StepStatus="Starting", _job=None)
            return
        body = step.body
        record = {
            "_arn": arn,
            "PipelineArn": self._execution["PipelineArn"],
            "PipelineExecutionArn": self._arn,
            "StepName": step.name,
            "StepType": step.type,
            "StepDisplayName": body.get("DisplayName"),
            "StepDescription": body.get("Description"),
            "StartTime": now,
            "StepStatus": "Starting",
            "AttemptCount": 1,
            "Metadata": {},
        }
        self.records[step.name] = record
        self._plane.store.add(STEP, record)

    def note(self, name: str, **changes: Any) -> None:
        """Merge changes into a step's record."""
        self.records[name] = self._plane.store.update(STEP, step_arn(self._arn, name), changes) or {
            **self.records[name],
            **changes,
        }

    def reload(self, name: str) -> Record:
        """A step's record as it stands: its worker may have written to it."""
        kept = self._plane.store.get(STEP, step_arn(self._arn, name))
        self.records[name] = kept or self.records[name]
        return self.records[name]
