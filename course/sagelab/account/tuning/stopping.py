"""When to stop: a training job that does no better than the median, a tuning job that has reached what was asked.

Developer guide, "Stop Training Jobs Early": after each epoch, a job whose objective is worse than the median of the
running averages, up to the same epoch, of the jobs that have completed is stopped.
"""

from statistics import fmean, median
from typing import Any

from .definition import Definition


class MedianRule:
    """The objective's values of each training job, epoch by epoch."""

    def __init__(self, found: Definition) -> None:
        self._definition = found
        self._curves: dict[str, list[float]] = {}
        self._completed: list[str] = []

    def add(self, arn: str, value: float) -> bool:
        """Take a job's next value; should the job be stopped?"""
        curve = self._curves.setdefault(arn, [])
        curve.append(value)
        epoch = len(curve)
        averages = [fmean(self._curves[other][:epoch]) for other in self._completed if other != arn]
        return bool(averages) and self._definition.better(median(averages), value)

    def complete(self, arn: str) -> None:
        """A job has completed; from now on others are held against it."""
        if self._curves.get(arn):
            self._completed.append(arn)


class Criteria:
    """TuningJobCompletionCriteria."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._target: float | None = given.get("TargetObjectiveMetricValue")
        self._patience: int | None = given.get("BestObjectiveNotImproving", {}).get(
            "MaxNumberOfTrainingJobsNotImproving"
        )
        self.not_improving = 0
        self._best: float | None = None

    def met(self, found: Definition, value: float | None) -> bool:
        """Is the tuning job done, now that one more training job has ended with that value?"""
        if value is not None and (self._best is None or found.better(value, self._best)):
            self._best, self.not_improving = value, 0
        else:
            self.not_improving += 1
        if value is not None and self._target is not None and not found.better(self._target, value):
            return True
        return self._patience is not None and self.not_improving >= self._patience
