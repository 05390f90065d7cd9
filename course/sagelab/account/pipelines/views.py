"""What executions show of themselves: their description, definition, steps and parameters, and the list of them."""

from typing import Any

from ..control import ControlPlane
from .records import executions_of, find_execution, find_pipeline, page, shown, steps_of
from .registry import within
from .simple import as_list

Record = dict[str, Any]


class Views:
    """Answers what only reads."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        plane.answers("DescribePipelineExecution", self.describe)
        plane.answers("DescribePipelineDefinitionForExecution", self.describe_definition)
        plane.answers("ListPipelineExecutions", self.list_executions)
        plane.answers("ListPipelineExecutionSteps", self.list_steps)
        plane.answers("ListPipelineParametersForExecution", self.list_parameters)

    def describe(self, params: Record) -> Record:
        """DescribePipelineExecution."""
        record = find_execution(self._plane, params["PipelineExecutionArn"])
        return shown(record, self._plane.model.operation("DescribePipelineExecution").output_shape)

    def describe_definition(self, params: Record) -> Record:
        """DescribePipelineDefinitionForExecution: the definition as it was when the execution began."""
        record = find_execution(self._plane, params["PipelineExecutionArn"])
        return {"PipelineDefinition": record["_definition"], "CreationTime": record["CreationTime"]}

    def list_executions(self, params: Record) -> Record:
        """ListPipelineExecutions."""
        pipeline = find_pipeline(self._plane, params["PipelineName"])
        found = [
            {
                **record,
                "StartTime": record["CreationTime"],
                "PipelineExecutionFailureReason": record.get("FailureReason"),
            }
            for record in executions_of(self._plane, pipeline["_arn"])
            if within(record["CreationTime"], params)
        ]
        if params.get("SortBy") == "PipelineExecutionArn":
            found.sort(key=lambda record: record["_arn"])
        if params.get("SortOrder", "Descending") == "Descending":
            found.reverse()
        shape = self._plane.model.service.shape_for("PipelineExecutionSummary")
        return page("PipelineExecutionSummaries", [shown(record, shape) for record in found], params)

    def list_steps(self, params: Record) -> Record:
        """ListPipelineExecutionSteps: the steps that have begun."""
        record = find_execution(self._plane, params.get("PipelineExecutionArn", ""))
        found = steps_of(self._plane, record["_arn"])
        if params.get("SortOrder", "Descending") == "Descending":
            found.reverse()
        shape = self._plane.model.service.shape_for("PipelineExecutionStep")
        return page("PipelineExecutionSteps", [shown(step, shape) for step in found], params)

    def list_parameters(self, params: Record) -> Record:
        """ListPipelineParametersForExecution."""
        record = find_execution(self._plane, params["PipelineExecutionArn"])
        return page("PipelineParameters", as_list(record["_parameters"]), params)
