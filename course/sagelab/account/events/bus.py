"""The event buses of an account: each event goes to the targets of all enabled rules whose pattern it fits."""

import json
import queue
import threading
import traceback
import uuid
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from ..model import service_model
from ..validation import validate
from .targets import Delivery, Rule, Targets

DEFAULT = "default"
REQUIRED = ("Source", "DetailType", "Detail")
UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError)  # moto's answers to nonsense
DEEPEST = 5  # buses that an event passes on its way; a circle of rules ends here
_buses: "WeakKeyDictionary[ControlPlane, Bus]" = WeakKeyDictionary()


def bus_of(plane: ControlPlane) -> "Bus":
    """The account's event buses."""
    return _buses.get(plane) or _buses.setdefault(plane, Bus(plane))


class Bus:
    """Takes events and delivers them: those of clients before the answer, those of services in the background."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._targets = Targets(plane, self._pass_on)
        self._waiting: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def serve(self) -> None:
        """Answer the operations that moto answers without delivering."""
        self._plane.route(r"/AWSEvents\.PutEvents", self._put_events)
        self._plane.route(r"/AWSEvents\.TestEventPattern", self._test_pattern)
        self._plane.on_stop(self.close)

    def emit(self, detail_type: str, detail: Record, resources: list[str], source: str) -> None:
        """Queue an event of a service for the default bus."""
        self._waiting.put(self._event(detail_type, detail, resources, source, self._plane.clock.time()))
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="events")
                self._thread.start()

    def close(self) -> None:
        """Deliver what waits."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(10)

    # -- delivery ----------------------------------------------------------------------------------------------
    def _run(self) -> None:
        while (event := self._waiting.get()) is not None:
            try:
                self._deliver(event, DEFAULT)
            except Exception:
                traceback.print_exc()

    def _deliver(self, event: Record, bus: str, depth: int = 0) -> None:
        for rule in self._rules(bus):
            if rule.state == "ENABLED" and rule.event_pattern.get_pattern() and fits(rule, event):
                for target in list(rule.targets):
                    self._targets.send(Delivery(event, target, Rule(rule.name, rule.arn), depth))

    def _pass_on(self, delivery: Delivery, bus: str) -> None:
        if delivery.depth < DEEPEST:
            self._deliver(delivery.event, bus, delivery.depth + 1)

    def _rules(self, bus: str) -> list[Any]:
        """moto's rules of a bus, in the order of their names."""
        found = self._backend.event_buses.get(bus)
        return [found.rules[name] for name in sorted(found.rules)] if found else []

    @cached_property
    def _backend(self) -> Any:
        self._plane.client("events").describe_event_bus()  # afterwards moto knows again what it knew
        from moto.events.models import events_backends

        return events_backends[self._plane.account][self._plane.region]

    def _event(
        self, detail_type: str, detail: Record, resources: list[str], source: str, moment: float
    ) -> Record:
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self._plane.account,
            "time": f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "region": self._plane.region,
            "resources": resources,
            "detail": detail,
        }

    # -- the two operations ------------------------------------------------------------------------------------
    def _put_events(self, request: Request) -> Response:
        entries = self._read(request, "PutEvents")["Entries"]
        results = [self._put(entry) for entry in entries]
        failed = sum("ErrorCode" in result for result in results)
        return reply({"FailedEntryCount": failed, "Entries": results})

    def _put(self, entry: Record) -> Record:
        for name in REQUIRED:
            if not entry.get(name):
                reason = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
        if entry["Source"].startswith("aws."):
            reason = f"Not authorized for the source {entry['Source']}: only AWS services use aws."
            return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": reason}
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        moment = entry.get("Time", self._plane.clock.time())
        event = self._event(entry["DetailType"], detail, entry.get("Resources", []), entry["Source"], moment)
        self._deliver(event, entry.get("EventBusName", DEFAULT).rpartition("/")[2])
        return {"EventId": event["id"]}

    def _test_pattern(self, request: Request) -> Response:
        asked = self._read(request, "TestEventPattern")
        pattern = pattern_of(asked["EventPattern"])
        try:
            event = dict(json.loads(asked["Event"]))
            return reply({"Result": bool(pattern.matches_event(event))})
        except UNREADABLE as error:
            text = f"Event pattern or event is not valid: {type(error).__name__} {error}"
            raise ApiError(text, "InvalidEventPatternException") from None

    def _read(self, request: Request, operation: str) -> Record:
        try:
            params = json.loads(request.get_data() or b"{}")
        except (ValueError, RecursionError):
            raise ApiError("The request is not JSON", "SerializationException") from None
        shape = service_model("events").operation_model(operation).input_shape
        return validate(shape, params)


def fits(rule: Any, event: Record) -> bool:
    """Does an event fit a rule's pattern? Nothing fits one that moto has taken, but cannot read."""
    try:
        return bool(rule.event_pattern.matches_event(event))
    except UNREADABLE:
        return False


def pattern_of(text: str) -> Any:
    """moto's matcher for a pattern; InvalidEventPatternException for none."""
    from moto.events.exceptions import InvalidEventPatternException
    from moto.events.models import EventPattern

    try:
        return EventPattern.load(text)
    except InvalidEventPatternException as error:
        raise ApiError(str(error.message), "InvalidEventPatternException") from None
    except UNREADABLE:
        raise ApiError("Event pattern is not valid.", "InvalidEventPatternException") from None


def reply(body: Record) -> Response:
    """An answer of EventBridge."""
    return Response(json.dumps(body), content_type="application/x-amz-json-1.1")
