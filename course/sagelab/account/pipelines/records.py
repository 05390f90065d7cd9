"""How pipelines, their versions, executions and steps are kept in the store."""

import random
import string
from typing import Any

from ..control import ApiError, ControlPlane
from ..listing import page_start

Record = dict[str, Any]

PIPELINE, VERSION, EXECUTION, STEP = (
    "Pipeline",
    "PipelineVersion",
    "PipelineExecution",
    "PipelineExecutionStep",
)
RUNNING = ("Executing", "Stopping")
BUSY = ("Starting", "Executing", "Stopping")  # of a step
PAGE = 10


def new_id(length: int, alphabet: str = string.ascii_lowercase + string.digits) -> str:
    """An id as AWS makes them."""
    return "".join(random.choices(alphabet, k=length))


def find_execution(plane: ControlPlane, arn: str) -> Record:
    """The execution of that ARN; ApiError ResourceNotFound."""
    record = plane.store.get(EXECUTION, arn)
    if record is None:
        raise ApiError(f"Pipeline execution with ARN {arn} does not exist.", "ResourceNotFound")
    return record


def find_pipeline(plane: ControlPlane, name: str) -> Record:
    """The pipeline of that name or ARN; ApiError ResourceNotFound."""
    arn = name if name.startswith("arn:") else plane.arn(PIPELINE, name)
    record = plane.store.get(PIPELINE, arn)
    if record is None:
        raise ApiError(f"Pipeline '{arn}' does not exist.", "ResourceNotFound")
    return record


def executions_of(plane: ControlPlane, pipeline_arn: str) -> list[Record]:
    """The executions of a pipeline, oldest first."""
    return [record for record in plane.store.all(EXECUTION) if record["PipelineArn"] == pipeline_arn]


def steps_of(plane: ControlPlane, execution_arn: str) -> list[Record]:
    """The steps that an execution has begun, in the order in which it did."""
    return [record for record in plane.store.all(STEP) if record["PipelineExecutionArn"] == execution_arn]


def step_arn(execution_arn: str, name: str) -> str:
    """What identifies a step of an execution."""
    return f"{execution_arn}/step/{name}"


def page(member: str, items: list[Any], params: Record) -> Record:
    """One page of a list."""
    start, size = page_start(params), int(params.get("MaxResults", PAGE))
    found: Record = {member: items[start : start + size]}
    return {**found, "NextToken": str(start + size)} if start + size < len(items) else found


def shown(record: Record, shape: Any) -> Record:
    """The members of a record that an answer of that shape has."""
    return {name: record[name] for name in shape.members if record.get(name) is not None}
