"""Executions: start, stop, retry, update, and the answers to Callback steps."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..control import ApiError, ControlPlane
from .definition import Definition, parse
from .jobs import Jobs
from .parameters import bind
from .records import (
    BUSY,
    EXECUTION,
    RUNNING,
    STEP,
    VERSION,
    executions_of,
    find_execution,
    find_pipeline,
    new_id,
    step_arn,
    steps_of,
)
from .registry import Registry
from .run import Run
from .simple import as_list, collect
from .task import Outcome, Worker

Record = dict[str, Any]
UNIT = "PipelineExecutionStatus"


class Executions:
    """The executions of one account; each that runs has a thread."""

    def __init__(
        self, plane: ControlPlane, registry: Registry, jobs: Jobs, workers: Mapping[str, Worker]
    ) -> None:
        self._plane, self._registry, self._jobs, self._workers = plane, registry, jobs, workers
        self._lock = threading.RLock()  # held while an execution's status is judged and changed
        self._runs: dict[str, Run] = {}
        plane.answers("StartPipelineExecution", self.start)
        plane.answers("StopPipelineExecution", self.stop)
        plane.answers("RetryPipelineExecution", self.retry)
        plane.answers("UpdatePipelineExecution", self.update)
        plane.answers("SendPipelineExecutionStepSuccess", self.succeed)
        plane.answers("SendPipelineExecutionStepFailure", self.fail)
        plane.clock.on_tick(self._tick)
        plane.on_start(self._resume)

    # -- operations that change something ----------------------------------------------------------------------
    def start(self, params: Record) -> Record:
        """StartPipelineExecution."""
        pipeline = find_pipeline(self._plane, params["PipelineName"])
        with self._lock:
            for record in executions_of(self._plane, pipeline["_arn"]):
                if record["_token"] == params["ClientRequestToken"]:
                    return {"PipelineExecutionArn": record["_arn"]}
            version = self._registry.version(
                pipeline["_arn"], params.get("PipelineVersionId"), params.get("PipelineVersionAlias", "")
            )
            definition = parse(version["_definition"], self._plane.model)
            values = bind(definition.parameters, params.get("PipelineParameters", []))
            chosen = self._chosen(params, pipeline, definition)
            record = self._record(params, pipeline, version, values, chosen)
            record["PipelineExperimentConfig"] = _experiment(definition, record)
            self._ensure_experiment(record["PipelineExperimentConfig"])
            self._plane.store.add(EXECUTION, record)
            last = {"LastExecutionPipelineExecutionArn": record["_arn"]}
            self._plane.store.update(VERSION, version["_arn"], last)
            self._run(record, definition)
        return {"PipelineExecutionArn": record["_arn"]}

    def stop(self, params: Record) -> Record:
        """StopPipelineExecution: what runs is stopped, nothing new begins."""
        with self._lock:
            record = find_execution(self._plane, params["PipelineExecutionArn"])
            status, run = record[UNIT], self._runs.get(record["_arn"])
            if status not in RUNNING:
                raise ApiError(
                    f"Pipeline execution with ARN {record['_arn']} status {status}. Only pipelines with "
                    "'Executing' status can be stopped."
                )
            if status == "Executing":
                self._change(record, **{UNIT: "Stopping"})
                if run:
                    run.stop()
        return {"PipelineExecutionArn": record["_arn"]}

    def retry(self, params: Record) -> Record:
        """RetryPipelineExecution: go on from what failed or was stopped; what succeeded stays."""
        with self._lock:
            record = find_execution(self._plane, params["PipelineExecutionArn"])
            arn, token = record["_arn"], params["ClientRequestToken"]
            if record.get("_retry") == token:
                return {"PipelineExecutionArn": arn}
            if record[UNIT] not in ("Failed", "Stopped"):
                raise ApiError(
                    f"Pipeline execution with ARN {arn} status {record[UNIT]}. Only pipelines with 'Failed' or "
                    "'Stopped' status can be retried."
                )
            for step in steps_of(self._plane, arn):
                if step["StepStatus"] != "Succeeded":
                    self._plane.store.delete(STEP, step["_arn"])
            asked = {n: params[n] for n in ("ParallelismConfiguration",) if n in params}
            self._change(record, **{UNIT: "Executing"}, _retry=token, FailureReason=None, **asked)
            fresh = find_execution(self._plane, arn)
            self._run(fresh, parse(fresh["_definition"], self._plane.model))
        return {"PipelineExecutionArn": arn}

    def update(self, params: Record) -> Record:
        """UpdatePipelineExecution."""
        record = find_execution(self._plane, params["PipelineExecutionArn"])
        self._change(
            record, **{name: value for name, value in params.items() if name != "PipelineExecutionArn"}
        )
        self._tick()
        return {"PipelineExecutionArn": record["_arn"]}

    def succeed(self, params: Record) -> Record:
        """SendPipelineExecutionStepSuccess."""
        step, run = self._waiting(params)
        task = run.task(step["StepName"])
        if task is None:
            raise _no_callback(params["CallbackToken"])
        sent = {item["Name"]: item["Value"] for item in params.get("OutputParameters", [])}
        outputs = collect(task, sent)
        metadata = {"Callback": {**step["Metadata"]["Callback"], "OutputParameters": as_list(outputs)}}
        given = {"OutputParameters": outputs}
        if step["StepStatus"] == "Stopping":
            run.end_step(step["StepName"], Outcome("Stopped", metadata=metadata))
        else:
            run.end_step(step["StepName"], Outcome("Succeeded", outputs=given, metadata=metadata))
        return {"PipelineExecutionArn": step["PipelineExecutionArn"]}

    def fail(self, params: Record) -> Record:
        """SendPipelineExecutionStepFailure."""
        step, run = self._waiting(params)
        reason = params.get("FailureReason", "")
        run.end_step(
            step["StepName"], Outcome("Stopped" if step["StepStatus"] == "Stopping" else "Failed", reason)
        )
        return {"PipelineExecutionArn": step["PipelineExecutionArn"]}

    # -- helpers -----------------------------------------------------------------------------------------------
    def _record(
        self, params: Record, pipeline: Record, version: Record, values: Record, chosen: Record | None
    ) -> Record:
        now = self._plane.clock.time()
        arn = f"{pipeline['_arn']}/execution/{new_id(12)}"
        asked = (
            "PipelineExecutionDisplayName",
            "PipelineExecutionDescription",
            "ParallelismConfiguration",
            "RoleArn",
        )
        return {
            "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
            "RoleArn": pipeline.get("RoleArn"),
            "ParallelismConfiguration": pipeline.get("ParallelismConfiguration"),
            **{name: params[name] for name in asked if name in params},
            "_arn": arn,
            "_token": params["ClientRequestToken"],
            "_definition": version["_definition"],
            "_parameters": values,
            "PipelineArn": pipeline["_arn"],
            "PipelineName": pipeline["PipelineName"],
            "PipelineExecutionArn": arn,
            "PipelineVersionId": version["PipelineVersionId"],
            UNIT: "Executing",
            "SelectiveExecutionConfig": chosen,
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    def _chosen(self, params: Record, pipeline: Record, definition: Definition) -> Record | None:
        """The selective execution that is asked for, checked."""
        chosen: Record | None = params.get("SelectiveExecutionConfig")
        if chosen is None:
            return None
        names = [item["StepName"] for item in chosen["SelectedSteps"]]
        unknown = [name for name in names if name not in definition.steps]
        if unknown:
            raise ApiError(f"Invalid selected steps: {unknown} are not in the pipeline definition.")
        source = chosen.get("SourcePipelineExecutionArn", "")
        if source and find_execution(self._plane, source)["PipelineArn"] != pipeline["_arn"]:
            raise ApiError(f"Source execution {source} is not one of pipeline {pipeline['_arn']}.")
        needed = {other for name in names for other in definition.steps[name].used} - set(names)
        for name in sorted(needed):
            kept = self._plane.store.get(STEP, step_arn(source, name)) if source else None
            if kept is None or kept["StepStatus"] != "Succeeded":
                raise ApiError(
                    f"The selected steps use step '{name}', which is not selected and did not succeed in source "
                    f"execution '{source}'."
                )
        return chosen

    def _ensure_experiment(self, config: Record | None) -> None:
        """An execution makes the experiment and the trial that its jobs report to."""
        if not config:
            return
        wanted = [
            ("CreateExperiment", {"ExperimentName": config.get("ExperimentName")}),
            ("CreateTrial", config),
        ]
        for operation, request in wanted:
            if all(request.values()) and "ExperimentName" in request:
                with suppress(ApiError):  # it is there already
                    self._plane.call(operation, request)

    def _change(self, record: Record, **changes: Any) -> None:
        now = self._plane.clock.time()
        self._plane.store.update(EXECUTION, record["_arn"], {**changes, "LastModifiedTime": now})

    def _run(self, record: Record, definition: Definition) -> None:
        run = Run(
            self._plane,
            record,
            definition,
            workers=self._workers,
            describe=self._jobs.describe,
            lock=self._lock,
        )
        with self._lock:
            self._runs[run.arn] = run
        self._plane.background(run.work, self._finished)

    def _finished(self, run: Run) -> None:
        with self._lock:
            if self._runs.get(run.arn) is run:  # a retry may have begun another
                del self._runs[run.arn]

    def _tick(self) -> None:
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.look()

    def _waiting(self, params: Record) -> tuple[Record, Run]:
        """The step that waits for a token, and its run; ApiError."""
        token = params["CallbackToken"]
        for step in self._plane.store.all(STEP):
            if step.get("_token") == token and step["StepStatus"] in BUSY:
                with self._lock:
                    run = self._runs.get(step["PipelineExecutionArn"])
                if run:
                    return step, run
        raise _no_callback(token)

    def _resume(self) -> None:
        """Take up the executions that an earlier account left running."""
        for record in self._plane.store.all(EXECUTION):
            if record[UNIT] not in RUNNING or record["_arn"] in self._runs:
                continue
            try:
                self._run(record, parse(record["_definition"], self._plane.model))
            except ApiError as error:  # what an older version of this account took
                self._change(record, **{UNIT: "Failed", "FailureReason": str(error)})


def _no_callback(token: str) -> ApiError:
    return ApiError(f"No callback step waits for token {token}.", "ResourceNotFound")


def _experiment(definition: Definition, record: Record) -> Record | None:
    """The experiment and the trial that the execution's jobs belong to."""
    told = {
        "Execution.PipelineName": record["PipelineName"].lower(),
        "Execution.PipelineExecutionId": record["_arn"].rpartition("/")[2],
    }
    config = {
        name: told.get(value.get("Get", "")) if isinstance(value, dict) else value
        for name, value in definition.experiment.items()
    }
    found = {name: value for name, value in config.items() if isinstance(value, str)}
    return found or None
