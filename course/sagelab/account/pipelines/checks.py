"""QualityCheck and ClarifyCheck: a monitoring container computes a baseline and compares the data with an older one."""

from dataclasses import dataclass, replace
from typing import Any

from .. import s3
from ..control import ControlPlane
from .jobs import Jobs
from .task import Outcome, Task

Record = dict[str, Any]

LOCAL = "/opt/ml/processing/baseline"
VIOLATED = "CompletedWithViolations"
CONSTRAINTS, STATISTICS, VIOLATIONS = "constraints.json", "statistics.json", "constraint_violations.json"
REGISTERED = {
    "DATA_QUALITY": ("ModelDataQuality", "Constraints", "Statistics"),
    "MODEL_QUALITY": ("ModelQuality", "Constraints", "Statistics"),
    "DATA_BIAS": ("Bias", "PreTrainingConstraints", ""),
    "MODEL_BIAS": ("Bias", "PostTrainingConstraints", ""),
    "MODEL_EXPLAINABILITY": ("Explainability", "Constraints", ""),
}  # where DriftCheckBaselines of a model package keeps each


@dataclass(frozen=True)
class Baseline:
    """Two files in S3, either of which may be missing."""

    constraints: str = ""
    statistics: str = ""


class Checks:
    """Runs the check's processing job and judges what it wrote."""

    def __init__(self, plane: ControlPlane, jobs: Jobs) -> None:
        self._plane, self._jobs = plane, jobs

    def begin(self, task: Task) -> Outcome | None:
        """Compute the new baseline and, where the check is not skipped, compare with the previous one."""
        previous = self._previous(task)
        given = task.arguments
        if not _flag(task, "SkipCheck"):
            if not previous.constraints:
                return Outcome("Failed", _no_baseline(task), metadata=_shown(task, previous, job=""))
            given = with_baseline(given, previous)
        outcome = self._jobs.create(self._judging(task, previous), given)
        if outcome is None:
            task.note(Metadata=_shown(task, previous, task.record["_job"]))
        return outcome

    def stop(self, task: Task) -> None:
        """Stop the processing job."""
        self._jobs.stop(task)

    def resume(self, task: Task) -> Outcome | None:
        """Follow the job again."""
        if not task.record.get("_job"):
            return self.begin(task)
        return self._jobs.resume(self._judging(task, self._previous(task)))

    def _judging(self, task: Task, previous: Baseline) -> Task:
        return replace(task, post=lambda outcome: task.post(self._judged(task, previous, outcome)))

    def _judged(self, task: Task, previous: Baseline, outcome: Outcome) -> Outcome:
        job = task.record.get("_job", "")
        shown = _shown(task, previous, job)
        if outcome.status != "Succeeded":
            return replace(outcome, metadata=shown)
        ended = self._plane.find("ProcessingJob", job)
        report = s3.join(_output(task), VIOLATIONS)
        (inner,) = shown.values()
        if not _flag(task, "SkipCheck"):
            inner["ViolationReport"] = report
        outputs = {
            name: value for name, value in inner.items() if name.startswith(("Baseline", "Calculated"))
        }
        if ended.get("ExitMessage", "").startswith(VIOLATED) and _flag(task, "FailOnViolation", usual=True):
            reason = f"ClientError: {ended['ExitMessage']} See the violation report {report}."
            return Outcome("Failed", reason, outputs=outputs, metadata=shown)
        return Outcome("Succeeded", outputs=outputs, metadata=shown)

    def _previous(self, task: Task) -> Baseline:
        """What the step is given, else the baseline of the group's latest approved version."""
        body = task.body
        given = Baseline(
            body.get("SuppliedBaselineConstraints") or "", body.get("SuppliedBaselineStatistics") or ""
        )
        group = body.get("ModelPackageGroupName")
        if given.constraints or given.statistics or not group:
            return given
        approved = [
            package
            for package in self._plane.records("ModelPackage")
            if package.get("ModelPackageGroupName") == str(group).rpartition("/")[2]
            and package.get("ModelApprovalStatus") == "Approved"
        ]
        if not approved:
            return given
        latest = max(approved, key=lambda package: package["ModelPackageVersion"])
        section, constraints, statistics = REGISTERED[body["CheckType"]]
        kept = (latest.get("DriftCheckBaselines") or {}).get(section, {})
        return Baseline(kept.get(constraints, {}).get("S3Uri", ""), kept.get(statistics, {}).get("S3Uri", ""))


def with_baseline(given: Record, previous: Baseline) -> Record:
    """The job's arguments with the previous baseline as an input, named as the containers look for it."""
    inputs, environment = list(given.get("ProcessingInputs") or []), dict(given.get("Environment") or {})
    for name, uri in (
        ("baseline_constraints", previous.constraints),
        ("baseline_statistics", previous.statistics),
    ):
        if uri:
            local = f"{LOCAL}/{name}"
            where = {"S3Uri": uri, "LocalPath": local, "S3DataType": "S3Prefix", "S3InputMode": "File"}
            inputs.append({"InputName": name, "S3Input": where})
            environment[name] = f"{local}/{uri.rpartition('/')[2]}"
    return {**given, "ProcessingInputs": inputs, "Environment": environment}


def _shown(task: Task, previous: Baseline, job: str) -> Record:
    """The step's Metadata; which baseline is used follows from RegisterNewBaseline."""
    new = _calculated(task)
    used = new if _flag(task, "RegisterNewBaseline") else previous
    shown: Record = {
        "CheckType": task.body["CheckType"],
        "SkipCheck": _flag(task, "SkipCheck"),
        "RegisterNewBaseline": _flag(task, "RegisterNewBaseline"),
        "ModelPackageGroupName": task.body.get("ModelPackageGroupName"),
        "CheckJobArn": job,
        "CalculatedBaselineConstraints": new.constraints,
        "BaselineUsedForDriftCheckConstraints": used.constraints,
    }
    if task.step.type == "QualityCheck":
        shown["CalculatedBaselineStatistics"] = new.statistics
        shown["BaselineUsedForDriftCheckStatistics"] = used.statistics
    return {task.step.type: {name: value for name, value in shown.items() if value not in (None, "")}}


def _calculated(task: Task) -> Baseline:
    """Where the container writes the new baseline."""
    output = _output(task)
    if task.step.type == "ClarifyCheck":
        return Baseline(s3.join(output, "analysis.json"))
    return Baseline(s3.join(output, CONSTRAINTS), s3.join(output, STATISTICS))


def _output(task: Task) -> str:
    return str(task.arguments["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"])


def _no_baseline(task: Task) -> str:
    group = task.body.get("ModelPackageGroupName")
    return (
        f"ClientError: There is no baseline to check against: the step is given none, and model package group "
        f"{group} has no approved version with one. Set SkipCheck to true in the first run."
    )


def _flag(task: Task, name: str, usual: bool = False) -> bool:
    value = task.body.get(name)
    if value is None:
        return usual
    return value.lower() == "true" if isinstance(value, str) else bool(value)
