"""A call in CloudTrail's form (event version 1.11).

Source: docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html, checked
2026-11-23. Data events (objects of S3, invocations of an endpoint) are not in LookupEvents on AWS, and not here.
"""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..calls import Call, Record
from ..control import ControlPlane
from ..errors import ApiError
from ..iam.callers import Caller, Callers

READING = (
    "Describe",
    "List",
    "Get",
    "Search",
    "Query",
    "BatchDescribe",
    "BatchGet",
    "Head",
    "Lookup",
    "Simulate",
)
HIDDEN = ("Content", "Environment", "HyperParameters")  # AWS marks them as sensitive
LARGEST = 100_000


class Events:
    """Makes the events of one account."""

    def __init__(self, plane: ControlPlane, callers: Callers) -> None:
        self._plane, self._callers = plane, callers

    def witness(self, call: Call, answered: Record | None, error: ApiError | None) -> Callable[[], Record]:
        """What makes the event later; the moment is taken now."""
        moment, number = self._plane.clock.time(), str(uuid.uuid4())
        return lambda: self._event(call, answered, error, moment, number)

    def _event(
        self, call: Call, answered: Record | None, error: ApiError | None, moment: float, number: str
    ) -> Record:
        caller = self._callers.find(call.access_key)
        reads = call.operation.startswith(READING)
        failed = {} if error is None else {"errorCode": error.code, "errorMessage": str(error)[:1024]}
        return {
            "_moment": moment,
            "_name": caller.name if caller else "",
            "eventVersion": "1.11",
            "userIdentity": self._identity(call, caller),
            "eventTime": f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{call.service}.amazonaws.com",
            "eventName": call.operation,
            "awsRegion": self._plane.region,
            "sourceIPAddress": "127.0.0.1",
            "userAgent": call.headers.get("user-agent", ""),
            **failed,
            "requestParameters": _shown(call.params) or None,
            "responseElements": None if reads else _shown(answered) or None,
            "requestID": number,
            "eventID": number,
            "readOnly": reads,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self._plane.account,
            "eventCategory": "Management",
        }

    def _identity(self, call: Call, caller: Caller | None) -> Record:
        if caller is None:
            return {"type": "Unknown", "accessKeyId": call.access_key}
        identity: Record = {
            "type": caller.kind,
            "principalId": caller.principal,
            "arn": caller.arn,
            "accountId": self._plane.account,
            "accessKeyId": call.access_key,
        }
        if caller.kind == "IAMUser":
            identity["userName"] = caller.name
        if caller.kind == "AssumedRole":
            issuer = {
                "type": "Role",
                "principalId": caller.principal.partition(":")[0],
                "arn": caller.entity,
                "accountId": self._plane.account,
                "userName": caller.entity.rpartition("/")[2],
            }
            identity["sessionContext"] = {"sessionIssuer": issuer}
        return identity


def _shown(value: Any) -> Any:
    """A body as CloudTrail shows it: names begin small, what is sensitive is hidden, what is huge left out."""
    shown = _camel(value)
    size = len(json.dumps(shown, default=str))
    if size > LARGEST:
        return {"omitted": True, "originalSize": size, "reason": "too large"}
    return shown


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name[:1].lower() + name[1:]: "HIDDEN_DUE_TO_SECURITY_REASONS" if name in HIDDEN else _camel(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_camel(inner) for inner in value]
    return value
