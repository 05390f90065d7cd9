"""Reading the online store: GetRecord, BatchGetRecord, ListRecords."""

from datetime import UTC, datetime
from typing import Any

from ..control import ApiError, ControlPlane, Record
from . import schema
from .groups import FeatureGroups
from .records import Online, Records
from .values import as_features, invalid, read_identifier, runtime_code

MOST_IN_BATCH = 100
LARGEST_ANSWER = 16 * 1024 * 1024  # what is beyond comes back as unprocessed
PAGE = 100


class Stores:
    """The online stores of all groups, as readers see them."""

    def __init__(self, plane: ControlPlane, groups: FeatureGroups, records: Records) -> None:
        self._plane, self._groups, self._records = plane, groups, records

    def get(self, params: Record) -> Record:
        """GetRecord; the answer has no Record where there is none."""
        group = self.readable(params["FeatureGroupName"])
        check_names(group, params.get("FeatureNames"))
        identifier = read_identifier(group, params["RecordIdentifierValueAsString"])
        found = self._records.get(schema.owner_of(group), identifier, self._plane.clock.time())
        if found is None or found.values is None:
            return {}
        return shown(found, params)

    def get_many(self, params: Record) -> Record:
        """BatchGetRecord: records, errors, and what did not fit into one answer."""
        wanted = params["Identifiers"]
        if sum(len(item["RecordIdentifiersValueAsString"]) for item in wanted) > MOST_IN_BATCH:
            raise invalid(f"A BatchGetRecord can ask for at most {MOST_IN_BATCH} records.")
        records: list[Record] = []
        errors: list[Record] = []
        unprocessed: list[Record] = []
        room = LARGEST_ANSWER
        for item in wanted:
            for number, identifier in enumerate(item["RecordIdentifiersValueAsString"]):
                if room <= 0:
                    rest = item["RecordIdentifiersValueAsString"][number:]
                    unprocessed.append({**item, "RecordIdentifiersValueAsString": rest})
                    break
                about = {
                    "FeatureGroupName": item["FeatureGroupName"],
                    "RecordIdentifierValueAsString": identifier,
                }
                try:
                    found = self.get({**params, **item, "RecordIdentifierValueAsString": identifier})
                except ApiError as error:
                    errors.append({**about, "ErrorCode": runtime_code(error), "ErrorMessage": str(error)})
                    continue
                if found:
                    records.append({**about, **found})
                    room -= len(str(found))
        return {"Records": records, "Errors": errors, "UnprocessedIdentifiers": unprocessed}

    def list(self, params: Record) -> Record:
        """ListRecords: the identifiers in the online store, page by page."""
        group = self.readable(params["FeatureGroupName"])
        most = params.get("MaxResults", PAGE)
        deleted = params.get("IncludeSoftDeletedRecords", False)
        now = self._plane.clock.time()
        found = self._records.identifiers(
            schema.owner_of(group), params.get("NextToken", ""), most + 1, now, deleted
        )
        more = {"NextToken": found[most - 1]} if len(found) > most else {}
        return {"RecordIdentifiers": found[:most], **more}

    def readable(self, name: str) -> Record:
        """The group of that name, if its online store can be read."""
        group = self._groups.find(name)
        need_created(group)
        if not schema.online_config(group):
            raise invalid(f"FeatureGroup [{group['FeatureGroupName']}] does not have an OnlineStore enabled.")
        return group


def need_created(group: Record) -> None:
    """Refuse to touch the records of a group that is not, or no longer, in service."""
    if group["FeatureGroupStatus"] != "Created":
        raise invalid(
            f"FeatureGroup [{group['FeatureGroupName']}] is in status {group['FeatureGroupStatus']}. Its records can "
            "be read and written when it is Created."
        )


def check_names(group: Record, names: list[str] | None) -> None:
    """Refuse names that are no features of the group."""
    types = schema.feature_types(group["FeatureDefinitions"])
    for name in names or ():
        if name not in types:
            raise invalid(
                f"FeatureName [{name}] is not defined in FeatureGroup [{group['FeatureGroupName']}]."
            )


def shown(found: Online, params: Record) -> Record:
    """A record as an answer shows it."""
    names = params.get("FeatureNames")
    values = found.values or {}
    chosen = {name: value for name, value in values.items() if not names or name in names}
    answer: dict[str, Any] = {"Record": as_features(chosen)}
    if params.get("ExpirationTimeResponse") == "Enabled" and found.expires is not None:
        answer["ExpiresAt"] = datetime.fromtimestamp(found.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return answer
