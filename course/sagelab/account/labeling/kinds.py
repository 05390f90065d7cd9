"""The built-in task types of Ground Truth that people can do here, known by their pre-annotation Lambda function."""

import re
from dataclasses import dataclass
from typing import Any

from ..control import ApiError, Record

AWS_ACCOUNT = "432418664414"  # whose Lambda functions are the built-in ones of us-east-1
LAMBDA = re.compile(
    r"arn:aws:lambda:[\w-]+:(?P<account>\d{12}):function:(?P<name>(?P<step>PRE-|ACS-)?[\w-]+)(:.+)?"
)


@dataclass(frozen=True)
class Kind:
    """A task type: the name in its Lambda functions, the type in the metadata, and how an answer looks."""

    function: str
    type: str
    answer: str  # the member of an answer that holds it
    element: str  # the name of the element in the worker's page, which stands around the answer


CUSTOM = Kind("", "groundtruth/custom", "", "")  # the job's own functions and template say what an answer is
KINDS = (
    Kind("ImageMultiClass", "groundtruth/image-classification", "label", "crowd-image-classifier"),
    Kind("TextMultiClass", "groundtruth/text-classification", "label", "crowd-classifier"),
    Kind(
        "ImageMultiClassMultiLabel",
        "groundtruth/image-classification-multilabel",
        "labels",
        "crowd-image-classifier-multi-select",
    ),
    Kind(
        "TextMultiClassMultiLabel",
        "groundtruth/text-classification-multilabel",
        "labels",
        "crowd-classifier-multi-select",
    ),
    Kind("VerificationMultiClass", "groundtruth/label-verification", "label", "crowd-image-classifier"),
    Kind("BoundingBox", "groundtruth/object-detection", "boundingBoxes", "boundingBox"),
    Kind("NamedEntityRecognition", "groundtruth/text-span", "entities", "crowd-entity-annotation"),
)
BOX = ("left", "top", "width", "height")
SPAN = ("startOffset", "endOffset")


def find_kind(config: Record) -> Kind:
    """The task type of a HumanTaskConfig; ApiError, naming those that work, for any other."""
    consolidation = config.get("AnnotationConsolidationConfig", {}).get(
        "AnnotationConsolidationLambdaArn", ""
    )
    before = config.get("PreHumanTaskLambdaArn", "")
    if not is_aws(before):
        if is_aws(consolidation):
            raise ApiError("A custom labeling job is consolidated by a Lambda function of yours.")
        return CUSTOM
    asked = function_of(before, "PRE-")
    kind = next((kind for kind in KINDS if kind.function == asked), None)
    if kind is None:
        working = ", ".join(f"PRE-{kind.function}" for kind in KINDS)
        raise ApiError(
            "Of the built-in task types, the local account has those with these pre-annotation Lambda functions of "
            f"account {AWS_ACCOUNT}: {working}.",
            "NotAvailableInLocalAccount",
        )
    if consolidation and function_of(consolidation, "ACS-") != kind.function:
        raise ApiError(f"AnnotationConsolidationLambdaArn must be ACS-{kind.function} for this task type.")
    return kind


def is_aws(arn: str) -> bool:
    """Is this a Lambda function of AWS?"""
    match = LAMBDA.fullmatch(arn)
    return match is not None and match["account"] == AWS_ACCOUNT


def function_of(arn: str, step: str) -> str:
    """`ImageMultiClass` for the ARN of AWS's PRE-ImageMultiClass; empty for any other function."""
    match = LAMBDA.fullmatch(arn)
    if match is None or match["account"] != AWS_ACCOUNT or match["step"] != step:
        return ""
    return match["name"].removeprefix(step)


def check_answer(kind: Kind, labels: list[str], answer: Any, text: str | None) -> Record:
    """An answer as it is kept; ApiError where it is none to this kind of task."""
    if kind is CUSTOM and isinstance(answer, dict) and answer:
        return answer
    if not isinstance(answer, dict) or kind.answer not in answer:
        raise ApiError(f'An answer to this task has the form {{"{kind.answer or "name"}": ...}}.')
    value = answer[kind.answer]
    if kind.answer == "label":
        _need_known([value], labels)
        comment = answer.get("comment")
        return {"label": value, **({"comment": comment} if isinstance(comment, str) and comment else {})}
    if not isinstance(value, list):
        raise ApiError(f"{kind.answer} must be a list.")
    if kind.answer == "labels":
        _need_known(value, labels)
        return {"labels": sorted(set(value), key=labels.index)}
    _need_known([mark.get("label") if isinstance(mark, dict) else None for mark in value], labels)
    if kind.answer == "boundingBoxes":
        return {"boundingBoxes": [_numbers(mark, BOX) for mark in value], **_image(answer)}
    return {"entities": [_span(mark, text) for mark in value]}


def _need_known(given: list[Any], labels: list[str]) -> None:
    for label in given:
        if label not in labels:
            raise ApiError(f"{label!r} is none of the labels: {', '.join(labels)}.")


def _numbers(mark: Record, members: tuple[str, ...]) -> Record:
    for member in members:
        value = mark.get(member)
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            raise ApiError(f"{member} must be a number of at least 0, but it is {value!r}.")
    return {**{member: mark[member] for member in members}, "label": mark["label"]}


def _span(mark: Record, text: str | None) -> Record:
    span = _numbers(mark, SPAN)
    if not span["startOffset"] < span["endOffset"] or (text is not None and span["endOffset"] > len(text)):
        raise ApiError("An entity begins before it ends, and ends where its text does at the latest.")
    return span


def _image(answer: Record) -> Record:
    size = answer.get("inputImageProperties")
    return {"inputImageProperties": size} if isinstance(size, dict) else {}
