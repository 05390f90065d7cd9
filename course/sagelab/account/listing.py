"""Lists: the filters, the order and the pages of every List operation."""

import re
from collections.abc import Callable
from typing import Any

from .errors import ApiError
from .model import ApiModel, Noun, members

Record = dict[str, Any]

CONTROLS = ("SortBy", "SortOrder", "MaxResults", "NextToken", "ModelPackageType", "CrossAccountFilterOption")
PAGE = 10
TIMES = {"Created": "CreationTime", "Modified": "LastModifiedTime", "ModifiedTime": "LastModifiedTime"}
SUMMARY_NAMES = {
    "MonitoringJobDefinitionName": "JobDefinitionName",
    "MonitoringJobDefinitionArn": "JobDefinitionArn",
}


class Listing:
    """One List operation on one noun."""

    def __init__(self, model: ApiModel, operation: str, noun: Noun) -> None:
        self._model, self._operation, self._noun = model, operation, noun

    def select(self, records: list[Record], params: Record) -> Record:
        """One page of the records that pass the filters, as the operation's answer."""
        for key, value in params.items():
            if key not in CONTROLS:
                passes = self._filter(key, value)
                records = [record for record in records if passes(record)]
        by = params.get("SortBy") or self._default("SortBy", "CreationTime")
        order = params.get("SortOrder") or self._default("SortOrder", "Descending")
        records = sorted(records, key=lambda record: self._order(record, by))
        if order.upper() == "DESCENDING":
            records.reverse()
        return self._page(records, params)

    def _page(self, records: list[Record], params: Record) -> Record:
        shapes = members(self._model.operation(self._operation).output_shape)
        member, shape = next((name, shape) for name, shape in shapes.items() if shape.type_name == "list")
        start, size = page_start(params), int(params.get("MaxResults", PAGE))
        page: Record = {member: [summary(shape.member, record) for record in records[start : start + size]]}
        return {**page, "NextToken": str(start + size)} if start + size < len(records) else page

    def _filter(self, key: str, value: Any) -> Callable[[Record], bool]:
        if key in ("NameContains", self._noun.name + "NameContains"):
            return lambda record: value.lower() in display_name(self._noun, record).lower()
        if key.endswith("NamePrefix"):
            return lambda record: display_name(self._noun, record).startswith(value)
        dated = re.fullmatch(r"(.+?)(After|Before)", key)
        if dated:
            return self._dated(TIMES.get(dated[1], dated[1]), dated[2], value)
        field = self._known(key.removesuffix("Equals").removesuffix("Contains"), key)
        if key.endswith("Contains"):
            return lambda record: value.lower() in str(anywhere(record, field)).lower()
        return lambda record: status_of(anywhere(record, field)) == value

    @staticmethod
    def _dated(field: str, side: str, limit: float) -> Callable[[Record], bool]:
        if side == "After":
            return lambda record: record.get(field, 0) > limit
        return lambda record: record.get(field, 0) < limit

    def _known(self, field: str, key: str) -> str:
        """The member that a filter means; ApiError where no record of the noun could have it."""
        if field == "Status" and self._noun.status:
            return self._noun.status
        if field not in self._model.fields(self._noun.name):
            raise ApiError(f"{self._operation} cannot filter by {key} here", "NotAvailableInLocalAccount")
        return field

    def _default(self, member: str, usual: str) -> str:
        """What AWS's documentation says that it does where the request says nothing."""
        shape = self._model.operation(self._operation).input_shape.members.get(member)
        said = re.search(r"default(?: value)? is (?:<code>)?(\w+)", shape.documentation) if shape else None
        return said[1] if said else usual

    def _order(self, record: Record, by: str) -> tuple[Any, float]:
        created = record["CreationTime"]
        field = by.replace("_", "").lower()  # most write LastModifiedTime, some LAST_MODIFIED_TIME
        if field.endswith("name"):
            return display_name(self._noun, record), created
        if field.endswith("status"):
            return str(record.get(self._noun.status or "", "")), created
        return (record["LastModifiedTime"] if field == "lastmodifiedtime" else created), created


def page_start(params: Record) -> int:
    """Where the page begins that a NextToken asks for."""
    token = str(params.get("NextToken", "0"))
    if not re.fullmatch(r"[0-9]{1,9}", token):
        raise ApiError("Invalid pagination token.")
    return int(token)


def display_name(noun: Noun, record: Record) -> str:
    """The name by which people know a record."""
    own = [noun.name + "Name", "Name", *(m for m in reversed(noun.identity) if m.endswith("Name"))]
    return str(next((record[m] for m in own if m in record), record["_arn"].rpartition("/")[2]))


def summary(shape: Any, record: Record) -> Any:
    """A record as a list shows it."""
    if shape.type_name != "structure":
        return record["_arn"]
    found = {name: anywhere(record, SUMMARY_NAMES.get(name, name)) for name in shape.members}
    return {name: value for name, value in found.items() if fits(shape.members[name], value)}


def anywhere(value: Any, name: str) -> Any:
    """The member of that name, outermost first; None where there is none."""
    level = [value]
    while level:
        for item in level:
            if isinstance(item, dict) and item.get(name) is not None:
                return item[name]
        level = [inner for item in level for inner in _inside(item)]
    return None


def status_of(value: Any) -> Any:
    """The status in a structure that holds one, such as WarmPoolStatus; else the value itself."""
    return value["Status"] if isinstance(value, dict) and "Status" in value else value


def fits(shape: Any, value: Any) -> bool:
    """Is a value of a record what an answer's member wants to show?"""
    if value is None:
        return False
    kinds = {"structure": dict, "map": dict, "list": list, "string": str, "boolean": bool}
    return isinstance(value, kinds.get(shape.type_name, int | float))


def _inside(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []
