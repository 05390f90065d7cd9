"""Custom labeling jobs: your own Lambda functions make the tasks and consolidate the answers.

The pre-annotation function turns a manifest line into a task, or says that nobody is needed; without it the line is
the task. The annotation consolidation function reads the answers from S3 and returns the labels; without it the
output manifest points at the answers.
"""

import json
from typing import Any

from ..control import ApiError, ControlPlane, Record
from ..functions import invoke
from .manifest import CannotReadError

VERSION = "2018-10-16"
NO_LABEL = "ClientError: The annotation consolidation Lambda function returned no label for this object."


class FunctionFailedError(Exception):
    """A Lambda function of the job failed; the text is the job's FailureReason."""


def make_tasks(plane: ControlPlane, job: Record, lines: list[str]) -> list[str | None]:
    """The task for each line; None where the function says that nobody needs to see it."""
    function = job["HumanTaskConfig"].get("PreHumanTaskLambdaArn")
    if function is None:
        return list(lines)
    return [_make_task(plane, job, function, json.loads(line)) for line in lines]


def _make_task(plane: ControlPlane, job: Record, function: str, item: Record) -> str | None:
    event = {"version": VERSION, "labelingJobArn": job["_arn"], "dataObject": item}
    try:
        answered = _ask(plane, function, event)
        if str(answered.get("isHumanAnnotationRequired", True)).lower() == "false":
            return None
        return json.dumps(answered["taskInput"])
    except (FunctionFailedError, AttributeError, KeyError) as error:
        raise CannotReadError(f"ClientError: Pre-annotation Lambda function {function}: {error}") from None


def consolidate(plane: ControlPlane, job: Record, request: str) -> dict[int, Record] | None:
    """What the job's function makes of the answers in `request`, by object; None where the job has no function."""
    config = job["HumanTaskConfig"].get("AnnotationConsolidationConfig")
    if config is None:
        return None
    function = config["AnnotationConsolidationLambdaArn"]
    event = {
        "version": VERSION,
        "labelingJobArn": job["_arn"],
        "labelCategories": [entry["label"] for entry in job.get("Categories", [])],
        "labelAttributeName": job["LabelAttributeName"],
        "roleArn": job["RoleArn"],
        "outputConfig": request.partition("/consolidated-annotation/")[0],
        "payload": {"s3Uri": request},
    }
    try:
        return {
            int(item["datasetObjectId"]): dict(item["consolidatedAnnotation"]["content"])
            for item in _ask(plane, function, event)
        }
    except (FunctionFailedError, TypeError, KeyError, ValueError) as error:
        raise FunctionFailedError(
            f"ClientError: Annotation consolidation Lambda function {function}: {error!s}"
        ) from None


def _ask(plane: ControlPlane, function: str, event: Record) -> Any:
    try:
        body, error = invoke(plane, function, json.dumps(event).encode())
    except ApiError as missing:
        raise FunctionFailedError(str(missing)) from None
    if error:
        raise FunctionFailedError(body.decode("utf-8", "replace")[:500])
    return json.loads(body)
