"""The record of a training job as it goes on: secondary statuses, one after the other, and the end."""

import threading

from ..control import ControlPlane, Record

MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Interrupted": "Training job interrupted: spot capacity was reclaimed",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds provided",
}


class Progress:
    """The secondary statuses of one job; safe between threads."""

    def __init__(self, plane: ControlPlane, arn: str) -> None:
        self._plane, self._arn = plane, arn
        self._lock = threading.Lock()
        self._steps: list[Record] = []

    @property
    def status(self) -> str:
        """Where the job is now."""
        return str(self._steps[-1]["Status"]) if self._steps else ""

    def step(self, status: str, **more: object) -> None:
        """Go on to a status; a job that stops does not go back."""
        now = self._plane.clock.time()
        with self._lock:
            if self.status == "Stopping":
                return  # the work goes on for a moment, the record does not go back
            self._enter(status, now)
            changes = {"SecondaryStatus": status, "SecondaryStatusTransitions": self._steps, **more}
            self._plane.update("TrainingJob", self._arn, LastModifiedTime=now, **changes)

    def end(self, status: str, secondary: str = "") -> Record:
        """The last changes to the record, for the one who writes them."""
        now = self._plane.clock.time()
        with self._lock:
            self._enter(secondary or status, now)
            self._steps[-1]["EndTime"] = now
        return {
            "TrainingJobStatus": status,
            "SecondaryStatus": secondary or status,
            "SecondaryStatusTransitions": self._steps,
            "TrainingEndTime": now,
            "LastModifiedTime": now,
        }

    def _enter(self, status: str, now: float) -> None:
        for step in self._steps[-1:]:
            step.setdefault("EndTime", now)
        self._steps.append({"Status": status, "StartTime": now, "StatusMessage": MESSAGES[status]})
