"""A pipeline as boto3 tells of it: executions, steps with what they were given and gave, and the learner's orders."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

from sagelab.errors import SagelabError
from sagelab.job_log import log_lines, place_of
from sagelab.pipeline_values import RunValues, outputs_of, resolve, typed
from sagelab.pipeline_view import Graph, read_graph, step_states

__all__ = ["Clients", "PipelineDesk"]

Record = dict[str, Any]
LOG_LINES = 200
LARGEST_FILE = 20_000  # characters of a property file that are shown
DESCRIBED = {  # by the resource type in an ARN: what describes it, and under which member
    "training-job": ("describe_training_job", "TrainingJobName"),
    "processing-job": ("describe_processing_job", "ProcessingJobName"),
    "transform-job": ("describe_transform_job", "TransformJobName"),
    "hyper-parameter-tuning-job": (
        "describe_hyper_parameter_tuning_job",
        "HyperParameterTuningJobName",
    ),
    "automl-job": ("describe_auto_ml_job_v2", "AutoMLJobName"),
    "model": ("describe_model", "ModelName"),
    "endpoint": ("describe_endpoint", "EndpointName"),
    "endpoint-config": ("describe_endpoint_config", "EndpointConfigName"),
    "model-package": ("describe_model_package", "ModelPackageName"),
}


class Clients(Protocol):
    """What has boto3 clients: a `sagelab.Lab`."""

    def client(self, service: str) -> Any:
        """The client of a service."""


class PipelineDesk:
    """One pipeline of an account: looks at it and gives orders to it."""

    def __init__(self, lab: Clients, pipeline: str) -> None:
        self.pipeline = pipeline
        self._lab = lab
        self._graphs: dict[str, Graph] = {}
        self._described: dict[str, Record] = {}  # of jobs that have ended

    @cached_property
    def sagemaker(self) -> Any:
        """The client of SageMaker."""
        return self._lab.client("sagemaker")

    # -- looking -----------------------------------------------------------------------------------------------
    def graph(self, execution: str = "") -> Graph:
        """The graph of an execution as it began, or of the pipeline as it is now."""
        if execution and execution in self._graphs:
            return self._graphs[execution]
        if not execution:
            return read_graph(
                self.sagemaker.describe_pipeline(PipelineName=self.pipeline)["PipelineDefinition"]
            )
        told = self.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=execution)
        return self._graphs.setdefault(execution, read_graph(told["PipelineDefinition"]))

    def executions(self) -> list[Record]:
        """The pipeline's last executions, the newest first."""
        listed = self.sagemaker.list_pipeline_executions(PipelineName=self.pipeline, MaxResults=50)
        return [
            {
                "arn": one["PipelineExecutionArn"],
                "id": one["PipelineExecutionArn"].rpartition("/")[2],
                "name": one.get("PipelineExecutionDisplayName", ""),
                "status": one.get("PipelineExecutionStatus", ""),
                "reason": one.get("PipelineExecutionFailureReason", ""),
                "started": one["StartTime"].timestamp(),
            }
            for one in listed["PipelineExecutionSummaries"]
        ]

    def begun(self, execution: str) -> dict[str, Record]:
        """The steps that an execution has begun, by name."""
        pages = self.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=execution
        )
        return {step["StepName"]: step for page in pages for step in page["PipelineExecutionSteps"]}

    def states(self, execution: str, status: str) -> dict[str, Record]:
        """What the graph shows of each step: its state, seconds, attempts, whether its result is an earlier one."""
        graph = self.graph(execution)
        begun = self.begun(execution) if execution else {}
        found = step_states(graph, begun, status)
        return {name: {"state": state, **_timing(begun.get(name, {}))} for name, state in found.items()}

    def detail(self, execution: str, name: str) -> Record:
        """All about one step: what it was given, what it gave, why it failed, what it printed; SagelabError."""
        graph = self.graph(execution)
        if name not in graph.nodes:
            raise SagelabError(f"This pipeline has no step {name!r}.")
        node, begun = graph.nodes[name], self.begun(execution) if execution else {}
        step = begun.get(name, {})
        metadata = {kind: told for kind, told in step.get("Metadata", {}).items() if isinstance(told, dict)}
        branches = ("IfSteps", "ElseSteps")
        asked = {k: v for k, v in (node.body.get("Arguments") or {}).items() if k not in branches}
        values = self._values(execution, graph, begun) if execution else RunValues({}, {}, {})
        given, unknown = resolve(asked, values)
        arn = _arn(metadata)
        waiting = step.get("StepStatus") in ("Executing", "Stopping")
        return {
            "name": name,
            "type": node.type,
            "given": json.dumps(given, indent=2),
            "unknown": unknown,
            "outputs": [list(pair) for pair in outputs_of(metadata, self._describe(arn))],
            "files": self._property_files(node.body, name, values),
            "reason": step.get("FailureReason", ""),
            "log": [line.payload() for line in self._log(arn)],
            "logged": bool(place_of(arn)),
            "token": metadata.get("Callback", {}).get("CallbackToken", "") if waiting else "",
            "asks": [o["OutputName"] for o in node.body.get("OutputParameters") or []],
        }

    # -- orders ------------------------------------------------------------------------------------------------
    def start(self, given: Any) -> str:
        """Start an execution; an empty text leaves a parameter at its default. The execution's ARN; SagelabError."""
        known = {str(p.get("Name")) for p in self.graph().parameters}
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            raise SagelabError("Parameters are texts by their names.")
        if strange := sorted(set(map(str, given)) - known):
            raise SagelabError(f"The pipeline has no parameter {strange[0]!r}.")
        asked = [{"Name": name, "Value": value} for name, value in given.items() if value != ""]
        told = self.sagemaker.start_pipeline_execution(PipelineName=self.pipeline, PipelineParameters=asked)
        return str(told["PipelineExecutionArn"])

    def stop(self, execution: str) -> None:
        """Stop what runs."""
        self.sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution)

    def retry(self, execution: str) -> None:
        """Go on from what failed or was stopped."""
        self.sagemaker.retry_pipeline_execution(PipelineExecutionArn=execution)

    def answer(self, token: str, outputs: Mapping[str, str]) -> None:
        """Tell a callback step that its work is done."""
        told = [{"Name": name, "Value": value} for name, value in outputs.items()]
        self.sagemaker.send_pipeline_execution_step_success(CallbackToken=token, OutputParameters=told)

    def refuse(self, token: str, reason: str) -> None:
        """Tell a callback step that its work has failed."""
        self.sagemaker.send_pipeline_execution_step_failure(CallbackToken=token, FailureReason=reason)

    # -- helpers -----------------------------------------------------------------------------------------------
    def _values(self, execution: str, graph: Graph, begun: Mapping[str, Record]) -> RunValues:
        listed = self.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)
        kinds = {p.get("Name"): p.get("Type") for p in graph.parameters}
        run = execution.rpartition("/")[2]
        variables = {
            "PipelineName": self.pipeline,
            "PipelineArn": execution.partition("/execution/")[0],
            "PipelineExecutionId": run,
            "PipelineExecutionArn": execution,
        }
        outputs = {
            name: self._outputs(step)
            for name, step in begun.items()
            if step.get("StepStatus") == "Succeeded" and name in graph.nodes
        }
        return RunValues(
            {p["Name"]: typed(p["Value"], kinds.get(p["Name"])) for p in listed["PipelineParameters"]},
            variables,
            outputs,
            {
                (name, file["PropertyFileName"]): uri
                for name, output in outputs.items()
                for file in graph.nodes[name].body.get("PropertyFiles") or []
                if (uri := _file_uri(file, output))
            },
            self._read,
        )

    def _outputs(self, step: Record) -> Record:
        metadata = step.get("Metadata", {})
        told = {kind: inner for kind, inner in metadata.items() if isinstance(inner, dict)}
        given = {i["Name"]: i["Value"] for t in told.values() for i in t.get("OutputParameters", [])}
        flat = {name: value for inner in told.values() for name, value in inner.items()}
        return {**flat, **self._describe(_arn(told)), "OutputParameters": given}

    def _describe(self, arn: str) -> Record:
        kind, _, name = arn.split(":", 5)[-1].partition("/")
        if kind not in DESCRIBED:
            return {}
        if arn not in self._described:
            operation, member = DESCRIBED[kind]
            told = getattr(self.sagemaker, operation)(**{member: arn if kind == "model-package" else name})
            told.pop("ResponseMetadata", None)
            status = next((v for k, v in told.items() if k.endswith("JobStatus")), "Completed")
            if status in ("InProgress", "Stopping"):
                return dict(told)
            self._described[arn] = told
        return self._described[arn]

    def _log(self, arn: str) -> list[Any]:
        where = place_of(arn, self._name(arn))
        return log_lines(self._lab.client("logs"), *where, LOG_LINES) if where else []

    def _name(self, arn: str) -> str:
        """The name of a job as it was given; its ARN has it in small letters."""
        kind = arn.split(":", 5)[-1].partition("/")[0]
        return str(self._describe(arn).get(DESCRIBED[kind][1], "")) if kind in DESCRIBED else ""

    def _property_files(self, body: Record, step: str, values: RunValues) -> list[Record]:
        found = []
        for file in body.get("PropertyFiles") or []:
            uri = values.files.get((step, file["PropertyFileName"]))
            if uri:
                text = self._read(uri).decode("utf-8", "replace")[:LARGEST_FILE]
                found.append({"name": file["PropertyFileName"], "uri": uri, "text": text})
        return found

    def _read(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self._lab.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def _arn(metadata: Record) -> str:
    """The ARN of what a step made."""
    return next((str(t[n]) for t in metadata.values() for n in ("Arn", "CheckJobArn") if n in t), "")


def _file_uri(file: Record, outputs: Record) -> str:
    for output in outputs.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if output["OutputName"] == file.get("OutputName") and "S3Output" in output:
            return f"{output['S3Output']['S3Uri'].rstrip('/')}/{file.get('FilePath', '').lstrip('/')}"
    return ""


def _timing(step: Record) -> Record:
    start, end = step.get("StartTime"), step.get("EndTime")
    seconds = (end - start).total_seconds() if start and end else None
    cached = bool(step.get("CacheHitResult"))
    return {"seconds": seconds, "attempts": step.get("AttemptCount", 0), "cached": cached}
