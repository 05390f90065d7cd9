"""What the expressions of one execution stand for: its parameters and variables, what its steps have given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from .. import s3
from ..control import ControlPlane
from .definition import Definition, Step
from .expressions import ExpressionError, Scope
from .records import STEP, step_arn

Record = dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """The steps that an execution runs; a selective one takes the results of others from an earlier execution."""

    names: frozenset[str] | None  # None: all
    source: str

    @classmethod
    def of(cls, execution: Record) -> "Selection":
        """The selection that an execution was started with."""
        chosen = execution.get("SelectiveExecutionConfig")
        if not chosen:
            return cls(None, "")
        names = frozenset(item["StepName"] for item in chosen["SelectedSteps"])
        return cls(names, chosen.get("SourcePipelineExecutionArn", ""))

    def has(self, name: str) -> bool:
        """Does the execution run this step?"""
        return self.names is None or name in self.names


class Values:
    """Makes the scope in which the expressions of a step are evaluated."""

    def __init__(
        self,
        plane: ControlPlane,
        execution: Record,
        definition: Definition,
        selection: Selection,
        steps: Mapping[str, Record],
    ) -> None:
        self._plane, self._execution, self._definition = plane, execution, definition
        self._selection, self._steps = selection, steps
        self._arn: str = execution["PipelineExecutionArn"]

    def scope(self, step: Step) -> Scope:
        """The values for one step, now."""
        run = self._arn.rpartition("/")[2]
        variables = {
            "StartDateTime": iso(datetime.fromtimestamp(self._execution["CreationTime"], UTC)),
            "CurrentDateTime": iso(self._plane.clock.now()),
            "PipelineName": self._execution["PipelineName"],
            "PipelineArn": self._execution["PipelineArn"],
            "PipelineExecutionId": run,
            "PipelineExecutionArn": self._arn,
            "TrainingJobName": f"pipelines-{run}-{step.name}",
            "ProcessingJobName": f"pipelines-{run}-{step.name}",
        }
        parameters = self._execution["_parameters"]
        return Scope(parameters, variables, self._outputs, self._property_file, self._read)

    def _outputs(self, name: str) -> Any:
        """What a step has given, here or in the execution that a selective one builds on."""
        if self._selection.has(name):
            return self._steps[name]["_outputs"]
        source = self._selection.source
        kept = self._plane.store.get(STEP, step_arn(source, name)) if source else None
        if kept is None or kept["StepStatus"] != "Succeeded":
            raise ExpressionError(f"Step '{name}' did not succeed in the source execution {source}.")
        self._show_source(kept)
        return kept["_outputs"]

    def _show_source(self, kept: Record) -> None:
        """List a step of the source execution whose result is used here."""
        arn = step_arn(self._arn, kept["StepName"])
        result = {"SourcePipelineExecutionArn": self._selection.source}
        shown = {**kept, "_arn": arn, "PipelineExecutionArn": self._arn, "SelectiveExecutionResult": result}
        self._plane.store.add(STEP, shown)

    def _property_file(self, name: str, file: str) -> str:
        files = self._definition.steps[name].body.get("PropertyFiles") or []
        found = next(item for item in files if item["PropertyFileName"] == file)
        for output in self._outputs(name)["ProcessingOutputConfig"]["Outputs"]:
            if output["OutputName"] == found["OutputName"]:
                return s3.join(output["S3Output"]["S3Uri"], found["FilePath"])
        raise ExpressionError(
            f"Step '{name}' has no output '{found['OutputName']}' for property file '{file}'."
        )

    def _read(self, uri: str) -> bytes:
        try:
            where = s3.split(uri)
            body = self._plane.client("s3").get_object(Bucket=where.bucket, Key=where.key)["Body"]
            return bytes(body.read())
        except (ClientError, ValueError) as error:
            raise ExpressionError(f"The property file {uri} cannot be read: {error}") from None


def iso(moment: datetime) -> str:
    """A moment as pipelines write it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
