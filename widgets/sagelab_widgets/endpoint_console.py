"""The endpoint console: traffic at a rate, who answered, how long it took, and what happened meanwhile."""

import time
from collections.abc import Sequence
from typing import Any

import traitlets

from sagelab.endpoint_desk import Bench, EndpointDesk
from sagelab.errors import SagelabError
from sagelab.load import MOST_RATE, Load
from sagelab.traffic import Look, changes, split, summary, timeline
from sagelab_widgets.language import translate
from sagelab_widgets.live import Live, Message

__all__ = ["EndpointConsole"]

SPAN = 90  # seconds of the timeline
EVENTS = 40


class EndpointConsole(Live, asset="endpoint_console"):
    """Send `samples` (text or bytes, in turn) to an endpoint of the lab's account and watch it.

    `traffic` holds what was measured in this notebook, `cloud` what CloudWatch says, `events` what happened when.
    """

    endpoint = traitlets.Unicode().tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    target = traitlets.Dict().tag(sync=True)
    traffic = traitlets.Dict().tag(sync=True)
    cloud = traitlets.Dict().tag(sync=True)
    events: Any = traitlets.List().tag(sync=True)
    results: Any = traitlets.List().tag(sync=True)

    def __init__(
        self,
        lab: Bench,
        endpoint: str,
        samples: str | bytes | Sequence[str | bytes],
        content_type: str = "text/csv",
    ) -> None:
        given = [samples] if isinstance(samples, str | bytes) else list(samples)
        self.desk = EndpointDesk(lab, endpoint, given, content_type)
        self.load = Load(self.desk.ask)
        self._began = self._since = time.monotonic()
        self._look: Look | None = None
        self._was_running = False
        super().__init__(
            {
                "refresh": lambda _: self.refresh(),
                "start": self._start,
                "stop": lambda _: self.stop(),
                "once": lambda _: self.once(),
                "anew": lambda _: self.count_anew(),
                "weights": lambda message: self.set_weights(message.get("weights")),
                "clock": lambda _: self.step_clock(),
            },
            endpoint=endpoint,
            about={
                "kind": self.desk.kind,
                "samples": len(given),
                "type": content_type,
                "most": MOST_RATE,
                "span": SPAN,
            },
        )
        self.attempt(self.refresh)

    def __repr__(self) -> str:
        told = self.traffic.get("summary", {})
        times = "".join(f", {name} {value:.1f} ms" for name, value in told.get("latency", {}).items())
        answered = f"{told.get('answered', 0)} of {told.get('calls', 0)} calls answered"
        return f"Endpoint {self.endpoint} ({self.desk.kind}): {answered}{times}"

    # -- looking -----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Look at the endpoint, at CloudWatch, and at the calls that have come back."""
        cloud = self.desk.cloudwatch()
        look = self.desk.look(cloud)
        happened = changes(self._look, look)
        if any(event["kind"] == "weight" for event in happened):
            self._since = look.here  # the split is counted under one set of weights
        self._look = look
        if self._was_running and not self.load.running:
            happened.append({"kind": "ended", "at": look.here})
        self._was_running = self.load.running
        self._tell(happened)
        self.cloud = cloud
        self.target = {
            "status": look.status,
            "instances": {name: list(pair) for name, pair in look.instances.items()},
            "weights": dict(look.weights),
            "backlog": self.desk.backlog() if self.desk.kind == "asynchronous" else None,
        }
        if self.desk.kind == "asynchronous":
            self.results = [one.payload() for one in reversed(self.desk.results())]
        self._count()

    def count_anew(self) -> None:
        """Forget the calls so far in the counts; the timeline keeps them."""
        self._since, self.load.missed = time.monotonic(), 0
        self._count()

    # -- orders ------------------------------------------------------------------------------------------------
    def start(self, rate: float) -> None:
        """Send so many calls a second, until `stop`; ten minutes at most."""
        self.load.start(rate)
        self._was_running = True
        self.note = translate("Traffic runs; it stops by itself after ten minutes.")
        self._tell([{"kind": "started", "rate": self.load.rate, "at": time.monotonic()}])
        self._count()

    def stop(self) -> None:
        """Send nothing more."""
        if self.load.running:
            self.load.stop()
            self._was_running = False
            self._tell([{"kind": "stopped", "at": time.monotonic()}])
        self.note = translate("No traffic is sent any more.")
        self._count()

    def once(self) -> None:
        """Send one call and wait for its answer."""
        call = self.load.once()
        if call.code:
            self.note = translate("The call was refused: {code}.", code=call.code)
        else:
            took = f"{call.seconds * 1000:.1f}"
            if self.desk.kind == "asynchronous":
                self.note = translate("{variant} queued it after {time} ms.", variant=call.variant, time=took)
            else:
                self.note = translate("{variant} answered after {time} ms.", variant=call.variant, time=took)
        self.refresh()

    def set_weights(self, weights: Any) -> None:
        """Change the weights of variants; the split is counted anew."""
        self.desk.set_weights(weights)
        self.note = translate("The endpoint takes the new weights; the split is counted anew.")
        self.refresh()

    def step_clock(self) -> None:
        """Move the account's clock on by a minute: alarms, scaling and idle workers follow."""
        self.desk.step_clock(1)
        self.note = translate("It is one minute later in the account.")
        self.refresh()

    # -- helpers -----------------------------------------------------------------------------------------------
    def _start(self, message: Message) -> None:
        rate = message.get("rate")
        if not isinstance(rate, int | float):
            raise SagelabError(translate("Give the rate as a number of calls a second."))
        self.start(rate)

    def _tell(self, happened: list[dict[str, Any]]) -> None:
        told = [{**event, "at": round(event["at"] - self._began, 1)} for event in happened]
        if told:
            self.events = [*self.events, *told][-EVENTS:]

    def _count(self) -> None:
        calls = self.load.calls()
        counted = [call for call in calls if call.sent >= self._since]
        last = max((call.sent for call in calls), default=self._began)
        now = time.monotonic() if self.load.running else last  # a timeline without traffic rests
        bins = timeline(calls, now, SPAN)
        weights = self._look.weights if self._look else {}
        self.traffic = {
            "running": self.load.running,
            "rate": self.load.rate,
            "missed": self.load.missed,
            "summary": summary(counted),
            "split": split(counted, weights),
            "now": round(now - self._began, 1),
            "timeline": [{**one, "at": round(one["at"] - self._began, 1)} for one in bins],
        }
