"""What the expressions of a pipeline stand for in one execution, and what a step has given, as texts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

__all__ = ["RunValues", "outputs_of", "resolve", "typed"]

Record = dict[str, Any]


@dataclass
class RunValues:
    """The values that expressions have in one execution, as far as they are known."""

    parameters: Mapping[str, Any]
    variables: Mapping[str, str]
    outputs: Mapping[str, Record]  # of steps that have succeeded
    files: Mapping[tuple[str, str], str] = field(default_factory=dict)  # step and property file: its S3 URI
    read: Any = None  # bytes of an S3 URI


def resolve(value: Any, values: RunValues) -> tuple[Any, list[str]]:
    """The value with each expression replaced by what it stands for, and the expressions that have no value yet."""
    from sagelab.account.pipelines.expressions import ExpressionError, Scope, evaluate, is_expression

    scope = Scope(
        values.parameters,
        values.variables,
        values.outputs.__getitem__,
        lambda step, name: values.files[step, name],
        values.read,
    )
    unknown: list[str] = []

    def inside(part: Any) -> Any:
        if isinstance(part, list):
            return [inside(one) for one in part]
        if not isinstance(part, dict):
            return part
        if not is_expression(part):
            return {name: inside(one) for name, one in part.items()}
        try:
            return evaluate(part, scope)
        except (ExpressionError, KeyError, ValueError, TypeError, ClientError):
            unknown.append(json.dumps(part))
            return part

    return inside(value), unknown


def outputs_of(metadata: Record, described: Record) -> list[tuple[str, str]]:
    """What a step has given, as pairs of a name and a text: ARNs, places in S3, metrics, output parameters."""
    found: list[tuple[str, str]] = []
    for kind, told in metadata.items():
        for name, value in told.items():
            if name == "OutputParameters":
                found += [(item["Name"], str(item["Value"])) for item in value]
            elif name != "CallbackToken" and isinstance(value, str | int | float | bool):
                found.append((f"{kind} {name}" if name == "Arn" else name, str(value)))
    for output in described.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "S3Output" in output:
            found.append((output["OutputName"], output["S3Output"]["S3Uri"]))
    places = (
        ("ModelArtifacts", "S3ModelArtifacts"),
        ("TransformOutput", "S3OutputPath"),
        ("BestTrainingJob", "TrainingJobName"),
    )
    found += [
        (inner, described[outer][inner]) for outer, inner in places if inner in described.get(outer, {})
    ]
    if "ModelApprovalStatus" in described:
        found.append(("ModelApprovalStatus", described["ModelApprovalStatus"]))
    for metric in described.get("FinalMetricDataList", []):
        found.append((metric["MetricName"], f"{metric['Value']:g}"))
    return found


def typed(value: str, kind: str | None) -> Any:
    """A parameter's value, which the API tells as a text, in the parameter's type."""
    try:
        if kind in ("Integer", "Float"):
            return int(value) if kind == "Integer" else float(value)
    except ValueError:
        return value
    return {"true": True, "false": False}.get(value.lower(), value) if kind == "Boolean" else value
