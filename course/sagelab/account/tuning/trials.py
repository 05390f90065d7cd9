"""The training jobs of a tuning job as its descriptions show them: summaries, counters, the best one."""

from typing import Any

from ..control import ControlPlane, Record

ENDED = ("Completed", "Failed", "Stopped")
COUNTED = {
    "Completed": "Completed",
    "Failed": "NonRetryableError",
    "Stopped": "Stopped",
}  # the others are InProgress
OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"
SHOWN = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
)


def trials_of(plane: ControlPlane, tuning_arn: str) -> list[Record]:
    """The summaries of a tuning job's training jobs, oldest first."""
    return [summary(job) for job in plane.records("TrainingJob") if job.get("TuningJobArn") == tuning_arn]


def summary(job: Record) -> Record:
    """A training job as a HyperParameterTrainingJobSummary."""
    tuned = job["_tuned"]
    shown = {member: job[member] for member in SHOWN if job.get(member) is not None}
    shown |= {"TrainingJobArn": job["_arn"], "TunedHyperParameters": tuned["parameters"]}
    if tuned["definition"]:
        shown["TrainingJobDefinitionName"] = tuned["definition"]
    if job.get("FailureReason"):
        shown["FailureReason"] = job["FailureReason"]
    value = objective_value(job)
    if value is not None:
        shown[OBJECTIVE] = {"Type": tuned["type"], "MetricName": tuned["metric"], "Value": value}
    ended = job["TrainingJobStatus"] in ENDED
    shown["ObjectiveStatus"] = ("Failed" if value is None else "Succeeded") if ended else "Pending"
    return shown


def objective_value(job: Record) -> float | None:
    """The last value of the objective that the job's log showed; None where it failed or showed none."""
    if job["TrainingJobStatus"] not in ("Completed", "Stopped"):
        return None
    for metric in job.get("FinalMetricDataList") or []:
        if metric["MetricName"] == job["_tuned"]["metric"]:
            return float(metric["Value"])
    return None


def counters(trials: list[Record]) -> Record:
    """Both counters of a tuning job."""
    statuses = [COUNTED.get(trial["TrainingJobStatus"], "InProgress") for trial in trials]
    kinds = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    objectives = [trial["ObjectiveStatus"] for trial in trials]
    return {
        "TrainingJobStatusCounters": {kind: statuses.count(kind) for kind in kinds},
        "ObjectiveStatusCounters": {
            kind: objectives.count(kind) for kind in ("Succeeded", "Pending", "Failed")
        },
    }


def best(trials: list[Record]) -> Record | None:
    """The completed trial with the best objective; of equal ones the first."""
    found = [trial for trial in trials if OBJECTIVE in trial and trial["TrainingJobStatus"] == "Completed"]
    return min(found, key=cost, default=None)


def cost(trial: Record) -> float:
    """The objective's value with its sign turned so that smaller is better."""
    objective: dict[str, Any] = trial[OBJECTIVE]
    return float(objective["Value"]) * (1 if objective["Type"] == "Minimize" else -1)
