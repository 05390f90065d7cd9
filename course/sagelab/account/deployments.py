"""How the traffic of an updated endpoint moves to its new instances, and back when an alarm goes off.

Blue/green: the new fleet is up before the first request reaches it; all of the traffic moves at once, in two steps
(canary) or in equal steps (linear), with a baking period after each. Rolling: batch by batch, new instances come up
and old ones go. All on the account's clock. An alarm that goes off takes everything back.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from .control import ApiError, ControlPlane, Record
from .endpoints import Endpoints, LiveEndpoint
from .worker import StartError

LONGEST = 3600.0 * 8
ROLLED_BACK = "The endpoint was rolled back to its previous configuration"


@dataclass(frozen=True)
class Stage:
    """A share of the traffic on the new instances, and the seconds until the next stage."""

    share: float
    wait: float


def stages(config: Record, instances: int) -> list[Stage]:
    """The stages of a DeploymentConfig, for a variant with that many instances."""
    if rolling := config.get("RollingUpdatePolicy"):
        return steps(size(rolling["MaximumBatchSize"], instances), rolling["WaitIntervalInSeconds"], 0)
    policy = config.get("BlueGreenUpdatePolicy")
    if not policy:
        return [Stage(1.0, 0.0)]
    routing, end = policy["TrafficRoutingConfiguration"], policy.get("TerminationWaitInSeconds", 0)
    wait = routing["WaitIntervalInSeconds"]
    if routing["Type"] == "CANARY":
        return [Stage(size(routing["CanarySize"], instances), wait), Stage(1.0, wait + end)]
    if routing["Type"] == "LINEAR":
        return steps(size(routing["LinearStepSize"], instances), wait, end)
    return [Stage(1.0, wait + end)]


def steps(step: float, wait: float, end: float) -> list[Stage]:
    """Equal steps up to the whole."""
    count = math.ceil(round(1 / step, 6))
    shares = [min(1.0, step * number) for number in range(1, count + 1)]
    return [Stage(share, wait + (end if share == 1.0 else 0)) for share in shares]


def size(wanted: Record, instances: int) -> float:
    """CanarySize and its like as a share."""
    whole = 100 if wanted["Type"] == "CAPACITY_PERCENT" else max(1, instances)
    return float(min(1.0, wanted["Value"] / whole))


def check_deployment(plane: ControlPlane, config: Record, instances: int) -> None:
    """Refuse what AWS refuses of a DeploymentConfig."""
    if "BlueGreenUpdatePolicy" in config and "RollingUpdatePolicy" in config:
        raise ApiError("DeploymentConfig has either BlueGreenUpdatePolicy or RollingUpdatePolicy, not both.")
    routing = config.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    kind = routing.get("Type")
    limits = {"CANARY": ("CanarySize", 0.0, 0.5), "LINEAR": ("LinearStepSize", 0.1, 0.5)}
    if kind in limits:
        check_size(routing, *limits[kind], instances)
    if rolling := config.get("RollingUpdatePolicy"):
        check_size(rolling, "MaximumBatchSize", 0.05, 0.5, instances)
    for name in alarm_names(config):
        if not plane.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]:
            raise ApiError(f"Could not find alarm {name} of AutoRollbackConfiguration.")


def check_size(routing: Record, member: str, least: float, most: float, instances: int) -> None:
    """A size must be there, and be within its limits; one instance of two or three may be more than half."""
    if member not in routing:
        raise ApiError(f"This deployment needs {member}.")
    share = size(routing[member], instances)
    smallest_step = routing[member]["Type"] == "INSTANCE_COUNT" and routing[member]["Value"] == 1
    if not least <= share <= most and not (smallest_step and instances > 1):
        raise ApiError(f"{member} must be from {least:.0%} to {most:.0%} of the variant's capacity.")


def alarm_names(config: Record) -> list[str]:
    """The alarms that take a deployment back."""
    return [alarm["AlarmName"] for alarm in config.get("AutoRollbackConfiguration", {}).get("Alarms", [])]


class Rollout:
    """One update on its way."""

    def __init__(self, arn: str, old: LiveEndpoint, new: LiveEndpoint, config: Record, began: float) -> None:
        self.arn, self.old, self.new, self.config, self.began = arn, old, new, config, began
        self.sizes = {name: variant.fleet.desired for name, variant in new.variants.items()}
        self.stages = stages(config, min(self.sizes.values(), default=1))
        self.rolling = "RollingUpdatePolicy" in config
        policy = config.get("RollingUpdatePolicy") or config.get("BlueGreenUpdatePolicy") or {}
        self.limit = began + policy.get("MaximumExecutionTimeoutInSeconds", LONGEST)
        self.alarms = alarm_names(config)
        self.next = 0  # the stage that comes next
        self.due = began
        self.over = False

    @property
    def finished(self) -> bool:
        """Have all stages been baked?"""
        return self.next == len(self.stages)

    def shrink(self) -> None:
        """A rolling update begins with one batch."""
        if self.rolling:
            self._each(self.new, self.stages[0].share, start=False)

    def enter(self) -> None:
        """Go to the next stage."""
        stage = self.stages[self.next]
        self.next += 1
        self.due += stage.wait
        if self.rolling:
            self._each(self.new, stage.share, start=True)
        self.old.share = stage.share
        self.old.successor = self.new
        if self.rolling:
            self._each(self.old, 1 - stage.share, start=True)

    def undo(self) -> None:
        """All traffic on the old instances again."""
        if self.rolling:
            self._each(self.old, 1.0, start=True)
        self.old.share, self.old.successor = 0.0, None
        self.old.shifting = False
        self.new.close()

    def _each(self, live: LiveEndpoint, share: float, *, start: bool) -> None:
        for name, variant in live.variants.items():
            count = math.ceil(round(self.sizes.get(name, variant.fleet.desired) * share, 6))
            if start:
                variant.fleet.resize(count)
            else:
                variant.fleet.desired = count


class Rollouts:
    """The updates of an account that move their traffic in stages."""

    def __init__(
        self,
        plane: ControlPlane,
        endpoints: Endpoints,
        done: Callable[[Rollout], None],
        undone: Callable[[Rollout, str], None],
        told: Callable[[Rollout], None],
    ) -> None:
        self._plane, self._endpoints = plane, endpoints
        self._done, self._undone, self._told = done, undone, told
        self._lock = threading.RLock()
        self._running: dict[str, Rollout] = {}
        self._timer: threading.Timer | None = None
        plane.watches("Alarm", self._alarmed)
        plane.on_start(lambda: plane.clock.on_tick(self.advance))  # last of all: alarms come first
        plane.on_stop(self._disarm)

    def begin(self, rollout: Rollout) -> None:
        """Move the traffic; the new instances are up."""
        rollout.old.shifting = rollout.new.shifting = True
        with self._lock:
            self._running[rollout.arn] = rollout
        alarmed = [name for name in rollout.alarms if self._state(name) == "ALARM"]
        if alarmed:
            self._undo(rollout, f"{ROLLED_BACK}: the alarm {alarmed[0]} was in ALARM state.")
        else:
            self.advance()

    def forget(self, arn: str) -> None:
        """The endpoint is deleted."""
        with self._lock:
            if rollout := self._running.pop(arn, None):
                rollout.over = True

    def advance(self, until: float | None = None) -> None:
        """Do what is due."""
        now = self._plane.clock.time()
        with self._lock:
            for rollout in list(self._running.values()):
                self._advance(rollout, now if until is None else until)
            self._arm(now)

    def _advance(self, rollout: Rollout, until: float) -> None:
        while not rollout.over and rollout.due <= until:
            if rollout.due > rollout.limit:
                seconds = int(rollout.limit - rollout.began)
                self._undo(rollout, f"{ROLLED_BACK}: the deployment took longer than {seconds} seconds.")
            elif rollout.finished:
                rollout.over = True
                del self._running[rollout.arn]
                self._done(rollout)
            else:
                self._enter(rollout)

    def _enter(self, rollout: Rollout) -> None:
        try:
            rollout.enter()
        except StartError as error:
            self._undo(rollout, f"{ROLLED_BACK}: {error}")
        else:
            self._told(rollout)

    def _alarmed(self, before: Record | None, after: Record) -> None:
        """An alarm has changed: what was due before that still happens, and then everything is taken back."""
        if after["StateValue"] != "ALARM" or (before and before["StateValue"] == "ALARM"):
            return
        with self._lock:
            for rollout in list(self._running.values()):
                if after["AlarmName"] in rollout.alarms:
                    self._advance(rollout, after["At"])
                    if not rollout.over:
                        why = f"the alarm {after['AlarmName']} went into ALARM state. {after['StateReason']}"
                        self._undo(rollout, f"{ROLLED_BACK}: {why}")

    def _undo(self, rollout: Rollout, why: str) -> None:
        rollout.over = True
        self._running.pop(rollout.arn, None)
        self._plane.background(self._undone, rollout, why)

    def _state(self, alarm: str) -> str:
        found = self._plane.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        return str(found[0]["StateValue"]) if found else ""

    def _arm(self, now: float) -> None:
        """Wait for the next stage, should nobody move the clock."""
        self._disarm()
        if self._running:
            due = min(rollout.due for rollout in self._running.values())
            self._timer = threading.Timer(max(0.01, min(due - now, LONGEST)), self.advance)
            self._timer.daemon = True
            self._timer.start()

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
