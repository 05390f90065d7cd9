"""Values on their way into the stores: types, event times, sizes. Everything travels as text.

Feature Store's own sentence is known for a value of the wrong type; the others are ours in its manner.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ..errors import ApiError

Record = dict[str, Any]
Value = str | list[str]

LONGEST_RECORD, LONGEST_IDENTIFIER = 350 * 1024, 2 * 1024
INTEGRAL = re.compile(r"[+-]?\d{1,40}")
FRACTIONAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
EVENT_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")
NANO = 1_000_000_000
SECONDS = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86_400, "Weeks": 604_800}
RANGES = {
    "Integral": "The provided value must be within the range of a signed 64-bit integer. The input format must be in "
    "decimal form.",
    "Fractional": "The provided value must be within the range of a double precision floating point number defined by "
    "the IEEE 754 standard. The input format can be in either decimal form or scientific notation.",
}


class Event(NamedTuple):
    """A record that has been checked: who it is about, when it happened (in nanoseconds), what it says (JSON)."""

    identifier: str
    time: int
    text: str


def invalid(text: str) -> ApiError:
    """A refusal by the runtime, as Feature Store begins its sentences."""
    return ApiError(f"Validation Error: {text}", "ValidationError")


def runtime_code(error: ApiError) -> str:
    """The name of an error in the runtime, which calls a ValidationException a ValidationError."""
    return "ValidationError" if error.code == "ValidationException" else error.code


def read_record(group: Record, features: Sequence[Record]) -> Event:
    """A PutRecord's features as an event; raises ApiError for what does not fit the group."""
    values = read_features(group, features)
    for needed in (group["RecordIdentifierFeatureName"], group["EventTimeFeatureName"]):
        if needed not in values:
            raise invalid(f"The record has no value for the required feature [{needed}].")
    return as_event(group, values)


def as_event(group: Record, values: dict[str, Value]) -> Event:
    """Checked values as an event; raises ApiError for a bad identifier or time, or too much of it all."""
    text = json.dumps(values)
    if len(text) > LONGEST_RECORD and size(values) > LONGEST_RECORD:  # the JSON is never shorter
        raise invalid(f"The record is larger than {LONGEST_RECORD // 1024} KB.")
    name, when = group["RecordIdentifierFeatureName"], group["EventTimeFeatureName"]
    return Event(read_identifier(group, str(values[name])), read_event_time(group, str(values[when])), text)


def read_features(group: Record, features: Sequence[Record]) -> dict[str, Value]:
    """Features by name, each of its type."""
    definitions = {definition["FeatureName"]: definition for definition in group["FeatureDefinitions"]}
    values: dict[str, Value] = {}
    for feature in features:
        name = feature["FeatureName"]
        if name not in definitions:
            raise invalid(
                f"FeatureName [{name}] is not defined in FeatureGroup [{group['FeatureGroupName']}]."
            )
        if name in values:
            raise invalid(f"FeatureName [{name}] is given twice in the record.")
        values[name] = read_value(definitions[name], feature)
    return values


def read_value(definition: Record, feature: Record) -> Value:
    """One value, or a list of values for a collection."""
    name, kind = definition["FeatureName"], definition["FeatureType"]
    collection = definition.get("CollectionType")
    wanted, other = ("ValueAsStringList", "ValueAsString")[:: 1 if collection else -1]
    if wanted not in feature or other in feature:
        shape = f"CollectionType {collection}" if collection else "no CollectionType"
        raise invalid(f"Feature [{name}] has {shape}: give its value as {wanted}.")
    if not collection:
        check_type(name, kind, feature[wanted])
        return str(feature[wanted])
    items: list[str] = feature[wanted]
    for item in items:
        check_type(name, kind, item)
    if collection == "Vector":
        length = definition["CollectionConfig"]["VectorConfig"]["Dimension"]
        if len(items) != length:
            raise invalid(
                f"Feature [{name}] is a vector of dimension {length}, but the value has {len(items)}."
            )
    return list(dict.fromkeys(items)) if collection == "Set" else items


def check_type(name: str, kind: str, text: str) -> None:
    """Refuse a text that is no value of the type."""
    if not fits(kind, text):
        raise invalid(
            f"Attempted to parse the feature value for the feature named [{name}] into a FeatureValue of type {kind}. "
            f"{RANGES[kind]}"
        )


def fits(kind: str, text: str) -> bool:
    """Is the text a value of the type?"""
    if kind == "Integral":
        return bool(INTEGRAL.fullmatch(text)) and -(2**63) <= int(text) < 2**63
    if kind == "Fractional":
        return bool(FRACTIONAL.fullmatch(text)) and abs(float(text)) != float("inf")
    return True


def read_identifier(group: Record, text: str) -> str:
    """The key of a record: equal numbers are one key, however they are written."""
    name = group["RecordIdentifierFeatureName"]
    kind = next(d["FeatureType"] for d in group["FeatureDefinitions"] if d["FeatureName"] == name)
    if len(text.encode()) > LONGEST_IDENTIFIER:
        raise invalid(f"The record identifier is larger than {LONGEST_IDENTIFIER // 1024} KB.")
    if not text:
        raise invalid(f"The record identifier [{name}] must not be empty.")
    check_type(name, kind, text)
    return {"Integral": lambda: str(int(text)), "Fractional": lambda: repr(float(text))}.get(
        kind, lambda: text
    )()


def read_event_time(group: Record, text: str) -> int:
    """Nanoseconds since 1970 of Unix seconds (Fractional) or ISO-8601 in UTC (String)."""
    name = group["EventTimeFeatureName"]
    kind = next(d["FeatureType"] for d in group["FeatureDefinitions"] if d["FeatureName"] == name)
    try:
        return from_seconds(name, text) if kind == "Fractional" else from_iso(text)
    except (ValueError, OverflowError):
        raise invalid(
            f"The value [{text}] of the event time feature [{name}] is not a time. "
            + (
                "It must be a Unix timestamp in seconds."
                if kind == "Fractional"
                else "It must be in the ISO-8601 format yyyy-MM-dd'T'HH:mm:ssZ or yyyy-MM-dd'T'HH:mm:ss.SSSZ."
            )
        ) from None


def from_seconds(name: str, text: str) -> int:
    """Unix seconds to nanoseconds; ValueError for what no calendar holds."""
    check_type(name, "Fractional", text)
    nanoseconds = int(Decimal(text) * NANO)
    moment(nanoseconds)
    return nanoseconds


def from_iso(text: str) -> int:
    """ISO-8601 in UTC to nanoseconds; ValueError for any other text."""
    match = EVENT_TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    whole = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    seconds = round((whole - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return seconds * NANO + int((match[2] or "0").ljust(9, "0"))


def moment(nanoseconds: int) -> datetime:
    """The second of an event time, in UTC."""
    return datetime.fromtimestamp(nanoseconds // NANO, UTC)


def time_to_live(duration: Record | None) -> float | None:
    """The seconds of a TtlDuration, None where there is none."""
    if not duration or "Value" not in duration:
        return None
    return float(duration["Value"] * SECONDS[duration["Unit"]])


def size(values: dict[str, Value]) -> int:
    """The bytes that a record counts for."""
    texts = (
        text
        for name, value in values.items()
        for text in (name, *([value] if isinstance(value, str) else value))
    )
    return sum(len(text.encode()) for text in texts)


def as_features(values: dict[str, Value]) -> list[Record]:
    """Values as the answers show them."""
    return [
        {"FeatureName": name, "ValueAsStringList" if isinstance(value, list) else "ValueAsString": value}
        for name, value in values.items()
    ]
