"""Steps that make a resource of SageMaker: jobs, models, model packages, endpoints."""

import threading
from contextlib import suppress
from typing import Any

from ..containers import repack
from ..control import ApiError, ControlPlane
from . import arguments, policies
from .kinds import KINDS, Kind, kind_of
from .records import new_id
from .task import Outcome, Task

Record = dict[str, Any]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
TOP_MODELS = 50
SHORT = 32  # characters: tuning and AutoML jobs have room for the id alone
STATUSES = {"AutoMLJobV2": "AutoMLJobStatus", "HyperParameterTuningJob": "HyperParameterTuningJobStatus"}


class Jobs:
    """Makes what a step asks for and follows it to its end."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._followed: dict[str, tuple[Kind, Task]] = {}
        for kind in KINDS.values():
            if not kind.immediate:
                plane.watches(kind.noun, self._changed)

    # -- the three calls of a worker ---------------------------------------------------------------------------
    def begin(self, task: Task) -> Outcome | None:
        """Create the resource; what is ready at once is an outcome."""
        return self.create(task, task.arguments)

    def stop(self, task: Task) -> None:
        """Stop the job, where it can be stopped."""
        kind, name = kind_of(task.step.type, task.arguments), task.record.get("_job", "").rpartition("/")[2]
        noun = kind.noun.removesuffix("V2")
        operation = f"Stop{noun}"
        if name and operation in self._plane.model.operations:
            with suppress(ApiError):  # it has ended meanwhile
                self._plane.call(operation, {f"{noun}Name": name})

    def resume(self, task: Task) -> Outcome | None:
        """Follow the job again, or begin where the account ended before it did."""
        job = task.record.get("_job")
        if not job:
            return self.begin(task)
        kind = kind_of(task.step.type, task.arguments)
        self._follow(job, kind, task)
        return None

    # -- the work ----------------------------------------------------------------------------------------------
    def create(self, task: Task, given: Record) -> Outcome | None:
        """Call the operation with these arguments."""
        kind, given = kind_of(task.step.type, given), with_repacking(task.step.type, given)
        shape = self._plane.model.operation(kind.operation).input_shape
        request = {
            **arguments.coerced(shape, given),
            **self._named(kind, task, given),
            **_experiment(kind, task),
        }
        try:
            if kind.operation == "CreateModelPackage":
                self._ensure_group(request)
            answered = self._plane.call(kind.operation, request)
        except ApiError as error:
            reason = f"ClientError: Failed to invoke sagemaker:{kind.operation}. Error Details: {error}"
            return Outcome("Failed", reason, policies.of_refusal(error.code))
        arn = next(value for name, value in answered.items() if name.endswith("Arn"))
        metadata = {kind.metadata: {"Arn": arn}}
        if kind.immediate:
            return Outcome("Succeeded", outputs=self.describe(kind, arn), metadata=metadata)
        task.note(_job=arn, Metadata=metadata, StepStatus="Executing")
        self._follow(arn, kind, task)
        return None

    def describe(self, kind: Kind, arn: str) -> Record:
        """What the resource's Describe operation shows, and a tuning job's best training jobs."""
        noun = kind.noun
        member = "ModelPackageName" if noun == "ModelPackage" else kind.name
        name = arn if noun == "ModelPackage" else arn.partition("/")[2]
        record = self._plane.store.get(noun.removesuffix("V2"), arn)
        if record and member in record and noun != "ModelPackage":
            name = record[member]
        shown = dict(self._plane.call(f"Describe{noun}", {member: name}))
        if noun == "HyperParameterTuningJob":
            shown["TrainingJobSummaries"] = self._best(name, shown)
        return shown

    def _best(self, name: str, tuning: Record) -> list[Record]:
        asked = {"HyperParameterTuningJobName": name, "MaxResults": 100}
        listed = self._plane.call("ListTrainingJobsForHyperParameterTuningJob", asked)["TrainingJobSummaries"]
        config = tuning["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
        scored = [job for job in listed if "FinalHyperParameterTuningJobObjectiveMetric" in job]
        scored.sort(
            key=lambda job: job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"],
            reverse=config.get("Type") == "Maximize",
        )
        return scored[:TOP_MODELS]

    def _ensure_group(self, request: Record) -> None:
        """A pipeline makes the model package group that it registers into."""
        group = request.get("ModelPackageGroupName")
        if not group:
            return
        name = group.rpartition("/")[2]
        try:
            self._plane.call("DescribeModelPackageGroup", {"ModelPackageGroupName": name})
        except ApiError:
            with suppress(ApiError):  # a step beside this one has made it
                self._plane.call("CreateModelPackageGroup", {"ModelPackageGroupName": name})

    @staticmethod
    def _named(kind: Kind, task: Task, given: Record) -> Record:
        """The name of the new resource: unique, and telling where it comes from."""
        if not kind.name:
            return {}
        return {kind.name: job_name(task, kind, str(given.get(kind.name, "")))}

    # -- following ---------------------------------------------------------------------------------------------
    def _follow(self, arn: str, kind: Kind, task: Task) -> None:
        with self._lock:
            self._followed[arn] = (kind, task)
        record = self._plane.store.get(kind.noun.removesuffix("V2"), arn)
        if record is None:
            self._end(arn, {"FailureReason": f"ClientError: {arn} was deleted."})
        elif self._ended(kind, record):
            self._end(arn, record)

    def _changed(self, _before: Record | None, after: Record) -> None:
        with self._lock:
            followed = self._followed.get(after["_arn"])
        if followed and self._ended(followed[0], after):
            self._end(after["_arn"], after)

    def _status(self, kind: Kind, record: Record) -> str:
        member = STATUSES.get(kind.noun) or self._plane.model.noun(kind.noun).status or "Status"
        return str(record.get(member, ""))

    def _ended(self, kind: Kind, record: Record) -> bool:
        return self._status(kind, record) in (*kind.done, *kind.failed, *kind.stopped)

    def _end(self, arn: str, record: Record) -> None:
        with self._lock:
            followed = self._followed.pop(arn, None)
        if followed is None:
            return
        kind, task = followed
        status = self._status(kind, record)
        if status in kind.done:
            task.post(Outcome("Succeeded", metadata={kind.metadata: {"Arn": arn}}))
        elif status in kind.stopped:
            task.post(Outcome("Stopped", "The job was stopped."))
        else:
            reason = str(record.get("FailureReason") or f"ClientError: {arn} failed.")
            task.post(Outcome("Failed", reason, policies.of_failure(reason)))


def job_name(task: Task, kind: Kind, prefix: str = "") -> str:
    """A name such as pipelines-<execution>-<step>-<ten letters>, or with the prefix that the step gives."""
    end = f"-{new_id(10, LETTERS)}"
    start = prefix or (
        f"pipelines-{task.execution_id}-{task.step.name}"
        if kind.longest > SHORT
        else f"{task.execution_id}-{task.step.name}"
    )
    return start[: kind.longest - len(end)].replace("_", "-").rstrip("-") + end


def with_repacking(step_type: str, given: Record) -> Record:
    """A RepackModel step of the SDK, with the account's own program in place of a script that names /opt/ml."""
    program = str(given.get("HyperParameters", {}).get("sagemaker_program", "")).strip('"')
    if step_type != "Training" or not program.startswith("_repack_"):
        return given
    algorithm = {**given["AlgorithmSpecification"], "ContainerEntrypoint": ["python3", repack.__file__]}
    return {**given, "AlgorithmSpecification": algorithm}


def _experiment(kind: Kind, task: Task) -> Record:
    config = task.execution.get("PipelineExperimentConfig")
    if not (kind.experiment and config) or "ExperimentConfig" in task.arguments:
        return {}
    return {"ExperimentConfig": {**config, "TrialComponentDisplayName": task.step.name}}
