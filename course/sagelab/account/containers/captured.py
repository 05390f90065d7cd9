"""What an endpoint captured, alone or merged with ground truth labels: JSON Lines in, rows of text out.

A capture record holds the request and the answer of one invocation. Where a request held several CSV rows, we read
several rows. Users report that AWS's analyzer takes such a record as one single column (and then finds columns
missing); so on AWS send one row a request, and see the warning in the job's log here.
"""

import csv
import json
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sagelab.errors import SagelabError

from .table import read_json_lines, token

INPUT, OUTPUT = "endpointInput", "endpointOutput"
Event = Mapping[str, Any]
Row = list[str]


@dataclass(frozen=True)
class Record:
    """One row of a captured invocation: the model's input, its output, and the label where one was merged."""

    input: Row
    output: Row
    truth: str | None


def read_events(paths: Iterable[Path], environment: Mapping[str, str]) -> list[Event]:
    """The capture records of some files whose hour lies in the analyzed window.

    The platform may hand over more than start_time to end_time, because it downloads whole folders.
    """
    events = read_json_lines(paths)
    if "start_time" not in environment or "end_time" not in environment:
        return events
    start, end = (datetime.fromisoformat(environment[key]) for key in ("start_time", "end_time"))
    first = start.replace(minute=0, second=0, microsecond=0)
    return [event for event in events if first <= inference_hour(event, first) < end]


def inference_hour(event: Event, otherwise: datetime) -> datetime:
    """The hour of an invocation, as its folder has it; `otherwise` for a record without a time."""
    told = event.get("eventMetadata", {}).get("inferenceTime")
    if told is None:
        return otherwise
    return datetime.fromisoformat(told).replace(minute=0, second=0, microsecond=0)


def records(events: Iterable[Event]) -> list[Record]:
    """The rows of capture records; a warning is printed for records with several rows."""
    found: list[Record] = []
    several = 0
    for event in events:
        rows = rows_of(event)
        several += len(rows) > 1
        found += rows
    if several:
        print(
            f"WARNING {several} capture records hold several rows each. They are read as rows here; AWS's analyzer "
            "is reported to take such a record as one column. Send one row a request to a monitored endpoint."
        )
    return found


def rows_of(event: Event) -> list[Record]:
    """The rows of one capture record, input beside output beside label."""
    data = event.get("captureData")
    if not isinstance(data, Mapping):
        raise SagelabError(
            "A line of the captured data has no captureData: it was not written by data capture."
        )
    truth = cells(event["groundTruthData"]) if "groundTruthData" in event else None
    sides = {side: cells(data[side]) for side in (INPUT, OUTPUT) if side in data}
    length = max(map(len, sides.values()), default=0)
    nothing: list[Row] = [[] for _ in range(length)]
    inputs, outputs = sides.get(INPUT, nothing), sides.get(OUTPUT, nothing)
    if len(inputs) != len(outputs) or (truth is not None and len(truth) != len(inputs)):
        told = f"{len(inputs)} input rows, {len(outputs)} output rows"
        told += f" and {len(truth)} labels" if truth is not None else ""
        raise SagelabError(f"Captured event {event_id(event)} has {told}; a row needs one of each.")
    labels = [row[0] if row else "" for row in truth] if truth is not None else [None] * length
    return [Record(*parts) for parts in zip(inputs, outputs, labels, strict=True)]


def cells(part: Mapping[str, Any]) -> list[Row]:
    """The rows of one side of an invocation: CSV lines, or JSON as one row a line."""
    text, encoding = part.get("data", ""), part.get("encoding", "CSV")
    if encoding == "BASE64":
        text = b64decode(text).decode("utf-8", "replace")
        encoding = "JSON" if "json" in part.get("observedContentType", "") else "CSV"
    if encoding == "JSON":
        return [json_row(line) for line in text.splitlines() if line.strip()]
    return [row for row in csv.reader(text.splitlines()) if row]


def json_row(line: str) -> Row:
    """One JSON value as a row: the items of a list, the values of an object, or the value itself."""
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise SagelabError(f"A captured JSON line cannot be read ({error.msg}): {line[:80]}") from error
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [token(item) for item in items]


def event_id(event: Event) -> str:
    """What identifies an invocation: the caller's inferenceId where there is one, else SageMaker's eventId."""
    metadata = event.get("eventMetadata", {})
    return str(metadata.get("inferenceId") or metadata.get("eventId", "without id"))


def columns(found: Sequence[Record], sides: Sequence[str], output_first: bool = True) -> list[Row]:
    """The rows as the monitor sees them: the output's columns, then the input's (AWS's default position START)."""
    with_input, with_output = INPUT in sides, OUTPUT in sides
    rows = []
    for record in found:
        parts = [record.output if with_output else [], record.input if with_input else []]
        first, second = parts if output_first else reversed(parts)
        rows.append(first + second)
    return rows


def labels_by_id(events: Iterable[Event]) -> dict[str, Mapping[str, Any]]:
    """Uploaded ground truth by the id that it carries; a later label for the same id wins."""
    labels = {}
    for event in events:
        metadata = event.get("eventMetadata", {})
        if "groundTruthData" not in event or "eventId" not in metadata:
            raise SagelabError("A ground truth line needs groundTruthData and eventMetadata.eventId.")
        labels[str(metadata["eventId"])] = event["groundTruthData"]
    return labels


def merge(events: Iterable[Event], labels: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The capture records that have a label, each with it; inferenceId decides where it is present."""
    return [
        {**event, "groundTruthData": dict(labels[event_id(event)])}
        for event in events
        if event_id(event) in labels
    ]
