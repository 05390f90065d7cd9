"""Lists: the filters, the order and the pages of every List operation."""

import re
from typing import Any

from .errors import ApiError
from .model import Noun, members

Record = dict[str, Any]

CONTROLS = ("SortBy", "SortOrder", "MaxResults", "NextToken")
PAGE = 10


def select(operation: Any, noun: Noun, records: list[Record], params: Record) -> Record:
    """One page of the records that pass the filters, as the operation's answer."""
    shapes = members(operation.output_shape)
    member, shape = next((name, shape) for name, shape in shapes.items() if shape.type_name == "list")
    for key, value in params.items():
        if key not in CONTROLS:
            records = [record for record in records if _passes(noun, record, key, value)]
    records.sort(key=lambda record: _order(noun, record, params.get("SortBy", "")))
    if params.get("SortOrder", "Descending") == "Descending":
        records.reverse()
    start, size = _start(params), int(params.get("MaxResults", PAGE))
    result: Record = {member: [_summary(shape.member, record) for record in records[start : start + size]]}
    if start + size < len(records):
        result["NextToken"] = str(start + size)
    return result


def _start(params: Record) -> int:
    token = str(params.get("NextToken", "0"))
    if not token.isdecimal():
        raise ApiError("Invalid pagination token.")
    return int(token)


def _passes(noun: Noun, record: Record, key: str, value: Any) -> bool:
    if key.endswith("NameContains") or key == "NameContains":
        return value.lower() in display_name(noun, record).lower()
    dated = re.fullmatch(r"(.+?)(After|Before)", key)
    if dated:
        moment = record.get(dated[1], 0)
        return bool(moment > value if dated[2] == "After" else moment < value)
    field = key.removesuffix("Equals")
    field = noun.status if field == "Status" and noun.status else field
    return field not in record or record[field] == value


def _order(noun: Noun, record: Record, by: str) -> Any:
    if by.endswith("Name"):
        return display_name(noun, record)
    if by.endswith("Status"):
        return str(record.get(noun.status or "", ""))
    return record.get(by, record["CreationTime"])


def display_name(noun: Noun, record: Record) -> str:
    """The name by which people know a record."""
    own = [noun.name + "Name", "Name", *(m for m in noun.identity if m.endswith("Name"))]
    return str(next((record[m] for m in own if m in record), record["_arn"].rsplit("/", 1)[-1]))


def _summary(shape: Any, record: Record) -> Any:
    if shape.type_name != "structure":
        return record["_arn"]
    return {member: record[member] for member in shape.members if record.get(member) is not None}
