"""LookupEvents: the management events of the last 90 days, the newest first."""

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from ..model import service_model
from ..validation import validate
from .log import Event, TrailLog

TARGET = r"/.*CloudTrail_20131101\.LookupEvents"
DAYS_90 = 90 * 86_400.0
PAGE = 50
ATTRIBUTES = {
    "EventId": "eventID",
    "EventName": "eventName",
    "EventSource": "eventSource",
    "Username": "_name",
}


class Lookup:
    """The operation, in place of moto, which has no events."""

    def __init__(self, plane: ControlPlane, log: TrailLog) -> None:
        self._plane, self._log = plane, log
        plane.route(TARGET, self.answer)

    def answer(self, request: Request) -> Response:
        """The answer to one request."""
        try:
            asked = json.loads(request.get_data() or b"{}")
        except (ValueError, RecursionError):
            raise ApiError("The request is not JSON", "SerializationException") from None
        params = validate(self._shapes.input_shape, asked if isinstance(asked, dict) else {})
        return Response(json.dumps(self.find(params)), content_type="application/x-amz-json-1.1")

    def find(self, params: Record) -> Record:
        """One page of the events that fit."""
        now = self._plane.clock.time()
        start, end = params.get("StartTime", now - DAYS_90), params.get("EndTime", now + 1)
        if start > end:
            raise ApiError("The start time is after the end time.", "InvalidTimeRangeException")
        wanted = params.get("LookupAttributes", [])
        if len(wanted) > 1:
            raise ApiError("You can only specify one lookup attribute.", "InvalidLookupAttributesException")
        skip, size = _token(params), int(params.get("MaxResults", PAGE))
        insight = params.get("EventCategory") == "insight"
        found = [] if insight else list(self._fitting(max(start, now - DAYS_90), end, wanted))
        more = {"NextToken": str(skip + size)} if skip + size < len(found) else {}
        return {"Events": [_shown(event) for event in found[skip : skip + size]], **more}

    def _fitting(self, start: float, end: float, wanted: list[Record]) -> Iterator[Event]:
        for event in self._log.newest_first(start, end):
            if all(_fits(event, rule["AttributeKey"], rule["AttributeValue"]) for rule in wanted):
                yield event

    @cached_property
    def _shapes(self) -> Any:
        return service_model("cloudtrail").operation_model("LookupEvents")


def _fits(event: Event, key: str, value: str) -> bool:
    if key == "ReadOnly":
        return str(event["readOnly"]).lower() == value.lower()
    if key == "AccessKeyId":
        return bool(event["userIdentity"].get("accessKeyId") == value)
    if key in ("ResourceName", "ResourceType"):
        return any(resource[key] == value for resource in _resources(event))
    return bool(event.get(ATTRIBUTES[key]) == value)


def _resources(event: Event) -> list[Record]:
    """What the event is about, by the ARNs and the names of its request and its answer."""
    found = {**(event["requestParameters"] or {}), **(event["responseElements"] or {})}
    names = [v for k, v in found.items() if k.endswith(("Arn", "Name")) and isinstance(v, str)]
    return [{"ResourceType": _kind(name, event), "ResourceName": name} for name in dict.fromkeys(names)]


def _kind(name: str, event: Event) -> str:
    """`arn:aws:sagemaker:...:training-job/x` is an AWS::SageMaker::TrainingJob; a refused call may name anything."""
    parts = name.split(":", 5)
    if parts[0] != "arn" or len(parts) < 6:
        verb_free = event["eventName"].removeprefix("Create").removeprefix("Delete").removeprefix("Update")
        return f"AWS::SageMaker::{verb_free}"
    service = {"sagemaker": "SageMaker", "iam": "IAM", "s3": "S3", "kms": "KMS"}.get(parts[2], parts[2])
    kind = parts[5].partition("/")[0].replace("-", " ").title().replace(" ", "")
    return f"AWS::{service}::{kind}"


def _shown(event: Event) -> Record:
    record = {name: value for name, value in event.items() if not name.startswith("_")}
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": str(event["readOnly"]).lower(),
        "AccessKeyId": event["userIdentity"].get("accessKeyId", ""),
        "EventTime": event["_moment"],
        "EventSource": event["eventSource"],
        "Username": event["_name"],
        "Resources": _resources(event),
        "CloudTrailEvent": json.dumps(record),
    }


def _token(params: Record) -> int:
    token = params.get("NextToken", "0")
    if not token.isdecimal():
        raise ApiError("Invalid token.", "InvalidNextTokenException")
    return int(token)
