"""Writing records: PutRecord, BatchWriteRecord, UpdateRecord, DeleteRecord.

The online store keeps the newest event of each identifier. The offline store gets every event.
"""

import json

from ..control import ApiError, ControlPlane, Record
from . import schema
from .groups import FeatureGroups
from .offline import OfflineStore
from .online import need_created
from .records import Online, Records, Waiting
from .values import (
    Event,
    as_event,
    invalid,
    read_event_time,
    read_features,
    read_identifier,
    read_record,
    runtime_code,
    time_to_live,
)

STORES = ("OnlineStore", "OfflineStore")
MOST_FEATURES_IN_UPDATE = 100
PARTLY = ("Standard_V2", "InMemory")


class Writer:
    """All that changes records."""

    def __init__(
        self, plane: ControlPlane, groups: FeatureGroups, records: Records, offline: OfflineStore
    ) -> None:
        self._plane, self._groups, self._records, self._offline = plane, groups, records, offline

    def put(self, params: Record) -> Record:
        """PutRecord."""
        group = self._writable(params["FeatureGroupName"])
        stores = target_stores(group, params.get("TargetStores"))
        event = read_record(group, params["Record"])
        with self._records.together():
            if "OnlineStore" in stores:
                self._keep(group, event, params.get("TtlDuration"))
            if "OfflineStore" in stores:
                self._send_offline(group, event)
        self._announce(group, stores)
        return {}

    def put_many(self, params: Record) -> Record:
        """BatchWriteRecord: what can be written is, the others come back with the reason."""
        errors = []
        for entry in params["Entries"]:
            duration = entry.get("TtlDuration", params.get("TtlDuration"))
            try:
                self.put({**entry, **({"TtlDuration": duration} if duration else {})})
            except ApiError as error:
                errors.append({"Entry": entry, "ErrorCode": runtime_code(error), "ErrorMessage": str(error)})
        return {"Errors": errors, "UnprocessedEntries": []}

    def update(self, params: Record) -> Record:
        """UpdateRecord: some features of a record that exists; the others stay."""
        group = self._writable(params["FeatureGroupName"], absent="ResourceNotFound")
        stores = target_stores(group, params.get("TargetStores"))
        storage = (schema.online_config(group) or {}).get("StorageType", "Standard")
        if storage not in PARTLY:
            raise invalid(f"UpdateRecord needs an OnlineStore with StorageType {' or '.join(PARTLY)}.")
        if len(params["Features"]) > MOST_FEATURES_IN_UPDATE:
            raise invalid(f"An UpdateRecord can change at most {MOST_FEATURES_IN_UPDATE} features.")
        identifier = read_identifier(group, params["RecordIdentifierValueAsString"])
        changes = read_features(group, params["Features"])
        name, when = schema.keys(group)
        if "TtlDuration" in params and when not in changes:
            raise invalid("TtlDuration needs an EventTime in the same request.")
        if name in changes and read_identifier(group, str(changes[name])) != identifier:
            raise invalid("UpdateRecord cannot change the record identifier.")
        with self._records.together():
            found = self._records.get(schema.owner_of(group), identifier, self._plane.clock.time())
            if found is None or found.values is None:
                raise ApiError(
                    f"Resource Not Found: There is no record [{identifier}] in FeatureGroup "
                    f"[{group['FeatureGroupName']}].",
                    "ResourceNotFound",
                )
            event = as_event(group, {**found.values, **changes})
            if event.time < found.event:
                raise ApiError("The EventTime is older than that of the record.", "ConflictException")
            if "OnlineStore" in stores:
                self._keep(group, event, params.get("TtlDuration"), found)
            if "OfflineStore" in stores:
                self._send_offline(group, event)
        self._announce(group, stores)
        return {}

    def delete(self, params: Record) -> Record:
        """DeleteRecord, soft or hard; the offline store gets a row that says so."""
        group = self._writable(params["FeatureGroupName"])
        stores = target_stores(group, params.get("TargetStores"))
        text, when = params["RecordIdentifierValueAsString"], params["EventTime"]
        identifier, event = read_identifier(group, text), read_event_time(group, when)
        name, time_name = schema.keys(group)
        marker = Event(identifier, event, json.dumps({name: text, time_name: when}))
        with self._records.together():
            if "OnlineStore" in stores:
                self._delete_online(group, marker, params.get("DeletionMode", "SoftDelete"))
            if "OfflineStore" in stores:
                self._send_offline(group, marker, deleted=True)
        self._announce(group, stores)
        return {}

    def _delete_online(self, group: Record, marker: Event, mode: str) -> None:
        owner, now = schema.owner_of(group), self._plane.clock.time()
        if mode == "SoftDelete":
            expires = expiry(marker, None, group)
            self._records.put(owner, marker.identifier, Online(marker.time, expires, None), now)
            return
        found = self._records.get(owner, marker.identifier, now)
        if found is not None and marker.time <= found.event:
            raise invalid("EventTime must be later than the EventTime of the existing record.")
        self._records.remove(owner, marker.identifier)

    def _keep(
        self, group: Record, event: Event, duration: Record | None, before: Online | None = None
    ) -> None:
        owner, now = schema.owner_of(group), self._plane.clock.time()
        expires = before.expires if before and not duration else expiry(event, duration, group)
        record = Online(event.time, expires, event.text)
        self._records.put(owner, event.identifier, record, now, equal=before is not None)

    def _send_offline(self, group: Record, event: Event, deleted: bool = False) -> None:
        record = Waiting(event.time, self._plane.clock.time(), deleted, event.text)
        self._records.wait(schema.owner_of(group), record)

    def _announce(self, group: Record, stores: list[str]) -> None:
        if "OfflineStore" in stores:
            self._offline.added(schema.owner_of(group))

    def _writable(self, name: str, absent: str = "ValidationError") -> Record:
        """The group, if its records can be written; PutRecord and DeleteRecord know no ResourceNotFound."""
        try:
            group = self._groups.find(name)
        except ApiError as error:
            raise ApiError(str(error), absent) from None
        need_created(group)
        return group


def target_stores(group: Record, wanted: list[str] | None) -> list[str]:
    """The stores that a request means: those that it names, else all that the group has."""
    has = {"OnlineStore": bool(schema.online_config(group)), "OfflineStore": "OfflineStoreConfig" in group}
    for store in wanted or ():
        if not has[store]:
            raise invalid(f"FeatureGroup [{group['FeatureGroupName']}] does not have an {store} enabled.")
    return [store for store in wanted or STORES if has[store]]


def expiry(event: Event, duration: Record | None, group: Record) -> float | None:
    """ExpiresAt = EventTime + TtlDuration; a record's own duration goes before its group's."""
    config = schema.online_config(group) or {}
    seconds = time_to_live(duration or config.get("TtlDuration"))
    return None if seconds is None else event.time / 1e9 + seconds
