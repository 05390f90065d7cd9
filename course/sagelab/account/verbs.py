"""The regular verbs: create, describe, list, update, delete, start and stop a record of any noun."""

import uuid
from typing import TYPE_CHECKING, Any

from .listing import Listing, fits
from .model import Noun, members
from .wording import taken

if TYPE_CHECKING:
    from .control import ControlPlane

Record = dict[str, Any]

BUSY = ("InProgress", "Creating", "Pending", "Starting")
READY = (
    "InService",
    "Completed",
    "Created",
    "Active",
    "Ready",
    "Available",
    "CREATED",
    "Succeeded",
    "Scheduled",
)
STOPPING, STOPPED = ("Stopping",), ("Stopped", "Inactive")
CREATED = ("CreationTime", "CreatedAt", "CreateDate")
MODIFIED = ("LastModifiedTime", "LastModifiedAt", "LastUpdatedDate")
EMPTY: dict[str, Any] = {"structure": {}, "list": []}
NOT_KEPT = ("ClientToken", "ClientRequestToken")


class Verbs:
    """Bookkeeping for one control plane; what must happen besides is the capability modules' business."""

    def __init__(self, plane: "ControlPlane") -> None:
        self.plane = plane

    def create(self, operation: str, noun: Noun, params: Record) -> Record:
        """Keep the request as a new record with its ARN, times and status; returns the record."""
        now = self.plane.clock.time()
        outputs = self.plane.model.outputs(operation)
        kept = {name: value for name, value in params.items() if name not in NOT_KEPT}
        record = {**kept, **dict.fromkeys((*CREATED, *MODIFIED), now)}
        self._refuse_a_second(operation, noun, params)
        for member in outputs:
            if member.endswith("Id"):
                record.setdefault(member, f"{noun.name[0].lower()}-{uuid.uuid4().hex[:12]}")
        record["_arn"] = arn = self.plane.arn(noun.name, resource_name(noun, record))
        for member in (*outputs, noun.name + "Arn"):
            if member == "Arn" or (member.endswith("Arn") and member not in params):
                record.setdefault(member, arn)
        set_status(noun, record, BUSY if self.plane.runs(operation) else READY)
        self._complete(noun, record)
        if not self.plane.store.add(noun.name, record):
            raise taken(self.plane.model, operation, noun, arn)
        return record

    def describe(self, _operation: str, noun: Noun, params: Record) -> Record:
        """The record that the request names."""
        return self.plane.identified(noun.name, params)

    def list(self, operation: str, noun: Noun, params: Record) -> Record:
        """A page of the records that pass the request's filters."""
        return Listing(self.plane.model, operation, noun).select(self.plane.records(noun.name), params)

    def update(self, _operation: str, noun: Noun, params: Record) -> Record:
        """Merge the request into the record that it names."""
        record = self.plane.identified(noun.name, params)
        now = self.plane.clock.time()
        identity = {*noun.identity, *NOT_KEPT}
        changes = {name: value for name, value in params.items() if name not in identity}
        return self.plane.update(noun.name, record["_arn"], **changes, **dict.fromkeys(MODIFIED, now))

    def delete(self, _operation: str, noun: Noun, params: Record) -> Record:
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
        changed: Record = dict.fromkeys(MODIFIED, self.plane.clock.time())
        set_status(noun, changed, wanted)
        return self.plane.update(noun.name, record["_arn"], **changed)

    def _complete(self, noun: Noun, record: Record) -> None:
        """Give the record what every description of the noun has to show, and nothing that claims anything."""
        if "Describe" + noun.name in self.plane.model.operations:
            shape = self.plane.model.operation("Describe" + noun.name).output_shape
            for member in shape.required_members:
                inner = shape.members[member]
                kind = inner.type_name
                if getattr(inner, "required_members", []):
                    continue  # an empty one would be malformed: the real one comes from what happens
                if kind in EMPTY and member != noun.name:
                    record.setdefault(member, EMPTY[kind])
                elif member.endswith("Version") and kind == "integer":
                    record.setdefault(member, 1)

    def _refuse_a_second(self, operation: str, noun: Noun, params: Record) -> None:
        """A noun with ids of AWS's making has its names apart; they are unique too."""
        own = next((m for m in (noun.name + "Name", "Name") if m in params), None)
        if own is None or any(m in params for m in noun.identity):
            return
        for record in self.plane.records(noun.name):
            if record.get(own) == params[own]:
                raise taken(self.plane.model, operation, noun, record["_arn"])


def resource_name(noun: Noun, record: Record) -> str:
    """What stands after the kind in the ARN: the identifying members, or the name, or a new id."""
    parts = [str(record[m]) for m in noun.identity if m in record and not m.endswith("Arn")]
    return "/".join(parts) or str(record.get(noun.name + "Name") or record.get("Name") or uuid.uuid4().hex)


def set_status(noun: Noun, record: Record, wanted: tuple[str, ...]) -> None:
    """Give a record the first of the wanted statuses that the noun knows, unless the request gave one."""
    status = next((w for w in wanted if w in noun.statuses), None)
    if noun.status and status:
        record.setdefault(noun.status, status)


def answer(shape: Any, noun: Noun, record: Record) -> Record:
    """The part of a record that an answer of that shape shows; some answers hold the whole noun in one member."""
    shown = members(shape)
    if noun.name in shown and noun.name not in record:
        return {noun.name: answer(shown[noun.name], noun, record)}
    return {name: record[name] for name, inner in shown.items() if fits(inner, record.get(name))}
