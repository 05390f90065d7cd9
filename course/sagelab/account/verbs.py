"""The regular verbs: create, describe, list, update, delete, start and stop a record of any noun."""

import re
import uuid
from typing import TYPE_CHECKING, Any

from .errors import ApiError
from .listing import select
from .model import Noun, members

if TYPE_CHECKING:
    from .control import ControlPlane

Record = dict[str, Any]

BUSY = ("InProgress", "Creating", "Pending", "Starting")
READY = ("InService", "Completed", "Created", "Active", "Ready", "Available", "CREATED", "Succeeded", "Scheduled")
STOPPING, STOPPED = ("Stopping",), ("Stopped", "Inactive")


class Verbs:
    """Bookkeeping for one control plane; what must happen besides is the capability modules' business."""

    def __init__(self, plane: "ControlPlane") -> None:
        self.plane = plane

    def create(self, operation: str, noun: Noun, params: Record) -> Record:
        """Keep the request as a new record with its ARN, times and status; returns the record."""
        now = self.plane.clock.time()
        outputs = self.plane.model.outputs(operation)
        record = {**params, "CreationTime": now, "CreatedAt": now, "LastModifiedTime": now}
        for member in outputs:
            if member.endswith("Id"):
                record.setdefault(member, f"{noun.name[0].lower()}-{uuid.uuid4().hex[:12]}")
        record["_arn"] = arn = self.plane.arn(noun.name, resource_name(noun, record))
        for member in (*outputs, noun.name + "Arn"):
            if member == "Arn" or member.endswith("Arn"):
                record.setdefault(member, arn)
        set_status(noun, record, BUSY if self.plane.runs(operation) else READY)
        if not self.plane.store.add(noun.name, record):
            raise self._taken(operation, noun, arn)
        return record

    def describe(self, operation: str, noun: Noun, params: Record) -> Record:
        """The record that the request names."""
        return self.plane.identified(noun.name, params)

    def list(self, operation: str, noun: Noun, params: Record) -> Record:
        """A page of the records that pass the request's filters."""
        return select(self.plane.model.operation(operation), noun, self.plane.records(noun.name), params)

    def update(self, operation: str, noun: Noun, params: Record) -> Record:
        """Merge the request into the record that it names."""
        record = self.plane.identified(noun.name, params)
        now = self.plane.clock.time()
        return self.plane.update(noun.name, record["_arn"], **{**params, "LastModifiedTime": now})

    def delete(self, operation: str, noun: Noun, params: Record) -> Record:
        """Forget the record that the request names; returns what it was."""
        record = self.plane.identified(noun.name, params)
        self.plane.store.delete(noun.name, record["_arn"])
        return record

    def stop(self, operation: str, noun: Noun, params: Record) -> Record:
        """Mark the record as stopped, or as stopping where a module does the stopping."""
        return self._mark(noun, params, STOPPING if self.plane.runs(operation) else STOPPED)

    def start(self, operation: str, noun: Noun, params: Record) -> Record:
        """Mark the record as ready, or as busy where a module does the starting."""
        return self._mark(noun, params, BUSY if self.plane.runs(operation) else READY)

    def _mark(self, noun: Noun, params: Record, wanted: tuple[str, ...]) -> Record:
        record = self.plane.identified(noun.name, params)
        changed: Record = {"LastModifiedTime": self.plane.clock.time()}
        set_status(noun, changed, wanted)
        return self.plane.update(noun.name, record["_arn"], **changed)

    def _taken(self, operation: str, noun: Noun, arn: str) -> ApiError:
        codes = self.plane.model.errors(operation)
        if "ResourceInUse" in codes:
            kind = noun.words.capitalize()
            text = f"{kind} names must be unique within an AWS account and region, and a {noun.words} with this name already exists ({arn})"
            return ApiError(text, "ResourceInUse")
        return ApiError(f'Cannot create already existing {noun.words} "{arn}".')


def resource_name(noun: Noun, record: Record) -> str:
    """What stands after the kind in the ARN: the identifying members, or the name, or a new id."""
    parts = [str(record[m]) for m in noun.identity if m in record and not m.endswith("Arn")]
    return "/".join(parts) or str(record.get("Name") or record.get(noun.name + "Name") or uuid.uuid4().hex)


def set_status(noun: Noun, record: Record, wanted: tuple[str, ...]) -> None:
    """Give a record the first of the wanted statuses that the noun knows."""
    if noun.status:
        status = next((w for w in wanted if w in noun.statuses), None)
        if status:
            record[noun.status] = status


def answer(shape: Any, record: Record) -> Record:
    """The part of a record that an answer of that shape shows."""
    return {member: record[member] for member in members(shape) if record.get(member) is not None}


def camel_words(name: str) -> str:
    """`TrainingJob` as `training job`."""
    return re.sub(r"(?<!^)(?=[A-Z][a-z])", " ", name).lower()
