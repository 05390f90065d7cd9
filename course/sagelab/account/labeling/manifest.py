"""What a labeling job reads from S3: the input manifest and the label categories."""

import json
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from .. import s3
from ..control import ControlPlane, Record

LONGEST_LINE, LONGEST_VALUE = 100_000, 20_000  # characters
SOURCES = ("source", "source-ref")


class CannotReadError(Exception):
    """A job cannot begin; the text is its FailureReason."""


class Categories(NamedTuple):
    """The labels of a job, in order, as they stand in the label category file, and what to tell the workers."""

    labels: list[str]
    entries: list[Record]
    instructions: Record


def read_manifest(plane: ControlPlane, uri: str) -> list[str]:
    """The lines of an input manifest; CannotReadError says what is wrong with which line."""
    lines = [line for line in read(plane, uri, "manifest file").splitlines() if line.strip()]
    if not lines:
        raise CannotReadError(f"ClientError: The manifest file {uri} is empty.")
    for number, line in enumerate(lines, start=1):
        problem = problem_of(line)
        if problem:
            raise CannotReadError(f"ClientError: Line {number} of the manifest file {uri} {problem}.")
    return lines


def problem_of(line: str) -> str:
    """What is wrong with a line of a manifest; empty where nothing is."""
    if len(line) > LONGEST_LINE:
        return f"has more than {LONGEST_LINE:,} characters"
    try:
        item = json.loads(line)
    except ValueError:
        return "is not valid JSON"
    if not isinstance(item, dict):
        return "is not a JSON object"
    faults = {
        "needs either source or source-ref": sum(isinstance(item.get(name), str) for name in SOURCES) != 1,
        "has an attribute that begins with $": any(name.startswith("$") for name in item),
        f"has an attribute of more than {LONGEST_VALUE:,} characters": any(
            len(json.dumps(value)) > LONGEST_VALUE for value in item.values()
        ),
    }
    return next((fault for fault, found in faults.items() if found), "")


def read_categories(plane: ControlPlane, uri: str | None) -> Categories:
    """The label categories in a file of the form {"document-version": ..., "labels": [{"label": ...}]}."""
    if uri is None:  # a custom job may do without
        return Categories([], [], {})
    text = read(plane, uri, "label category file")
    try:
        document = json.loads(text)
        entries = [dict(entry) for entry in document["labels"]]
        labels = [str(entry["label"]) for entry in entries]
    except (ValueError, KeyError, TypeError):
        raise CannotReadError(
            f'ClientError: The label category file {uri} must be a JSON object with "labels": [{{"label": ...}}].'
        ) from None
    if not labels or len(set(labels)) < len(labels):
        raise CannotReadError(f"ClientError: The labels in {uri} must be there, each once.")
    instructions = document.get("instructions")
    return Categories(labels, entries, instructions if isinstance(instructions, dict) else {})


def read(plane: ControlPlane, uri: str, what: str) -> str:
    """A text file in S3."""
    try:
        where = s3.split(uri)
        body: Any = plane.client("s3").get_object(Bucket=where.bucket, Key=where.key)["Body"].read()
        return str(body.decode("utf-8"))
    except ClientError as error:
        said = error.response["Error"]["Message"]
        raise CannotReadError(f"ClientError: Cannot read the {what} {uri}: {said}") from None
    except ValueError as error:
        raise CannotReadError(f"ClientError: Cannot read the {what} {uri}: {error}") from None
