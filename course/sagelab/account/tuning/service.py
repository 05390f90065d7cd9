"""The tuning jobs of one account that run now: who hears of which training job; and the list of a job's trials."""

import threading
from typing import Protocol

from ..control import ControlPlane, Record
from ..listing import PAGE, page_start
from .trials import ENDED, OBJECTIVE, trials_of

NOUN = "HyperParameterTuningJob"


class Listener(Protocol):
    """A tuning job that waits for its training jobs."""

    def ended(self, arn: str) -> None:
        """A training job has ended."""

    def heard(self, arn: str, metric: str, value: float) -> None:
        """A training job's log has shown a metric."""


class Tuning:
    """Tells tuning jobs of their training jobs, and lists these."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._listeners: dict[str, Listener] = {}
        plane.watches("TrainingJob", self._changed)
        plane.metric_listeners.append(self._heard)

    def follow(self, arn: str, listener: Listener) -> None:
        """From now on the listener hears of that training job, until it has ended."""
        with self._lock:
            self._listeners[arn] = listener

    def forget(self, arn: str) -> None:
        """The training job did not even begin."""
        with self._lock:
            self._listeners.pop(arn, None)

    def list_trials(self, params: Record) -> Record:
        """ListTrainingJobsForHyperParameterTuningJob."""
        job = self._plane.find(NOUN, params["HyperParameterTuningJobName"])
        trials = trials_of(self._plane, job["_arn"])
        if status := params.get("StatusEquals"):
            trials = [trial for trial in trials if trial["TrainingJobStatus"] == status]
        by = params.get("SortBy", "Name")
        if by == "FinalObjectiveMetricValue":
            trials = [trial for trial in trials if OBJECTIVE in trial]
            trials.sort(key=lambda trial: float(trial[OBJECTIVE]["Value"]))
        else:
            member = {"Status": "TrainingJobStatus", "CreationTime": "CreationTime"}.get(
                by, "TrainingJobName"
            )
            trials.sort(key=lambda trial: (trial[member], trial["TrainingJobName"]))
        if params.get("SortOrder") == "Descending":
            trials.reverse()
        start, size = page_start(params), params.get("MaxResults", PAGE)
        page: Record = {"TrainingJobSummaries": trials[start : start + size]}
        return {**page, "NextToken": str(start + size)} if start + size < len(trials) else page

    def _changed(self, before: Record | None, after: Record) -> None:
        del before
        if after.get("TrainingJobStatus") in ENDED:
            with self._lock:
                listener = self._listeners.pop(after["_arn"], None)
            if listener:
                listener.ended(after["_arn"])

    def _heard(self, arn: str, metric: str, value: float) -> None:
        listener = self._listeners.get(arn)
        if listener:
            listener.heard(arn, metric, value)
