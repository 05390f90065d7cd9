"""Managed spot training: capacity that can be taken away and comes back, so that a job can be tried for real.

There is always spot capacity here, and nobody outbids the learner. So the account has a door for the part that AWS
plays: `account.spot.interrupt(job)` takes the machines of a running job away, `account.spot.withdraw()` lets no spot
job start until `account.spot.restore()`. What follows is real: SIGTERM, two minutes, SIGKILL, a new and empty
machine that finds what stood in /opt/ml/checkpoints. There is no market and so no price here: a second of spot
capacity is billed as a second until somebody says, with `account.spot.price(share)`, what it costs of an on-demand one.
"""

import threading
from typing import Protocol

from ..control import ApiError, ControlPlane, Record

PRICE = "spot price"  # the setting that keeps it


class Interruptible(Protocol):
    """A spot job that runs."""

    def interrupt(self) -> bool:
        """Take its machines away; False where none are at work."""


class SpotMarket:
    """The spot capacity of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._changed = threading.Condition()
        self._capacity = True
        self._runs: dict[str, Interruptible] = {}
        plane.door("spot", self._answer)
        plane.clock.on_tick(self.notify)

    def enter(self, name: str, run: Interruptible) -> None:
        """A spot job begins."""
        self._runs[name] = run

    def leave(self, name: str) -> None:
        """A job has ended."""
        self._runs.pop(name, None)

    def wait(self, until: float, stopped: threading.Event) -> bool:
        """Wait for capacity until a time of the account's clock; False where it did not come."""
        with self._changed:
            while not self._capacity and not stopped.is_set():
                left = until - self._plane.clock.time()
                if left <= 0:
                    return False
                self._changed.wait(min(left, threading.TIMEOUT_MAX))
        return not stopped.is_set() and self._plane.clock.time() < until

    @property
    def price(self) -> float:
        """The price of spot capacity, as a share of the on-demand price."""
        return float(self._plane.store.setting(PRICE, 1.0))

    def notify(self) -> None:
        """Let those who wait look again."""
        with self._changed:
            self._changed.notify_all()

    def _answer(self, body: Record | None) -> Record:
        """The account's door: {"interrupt": job}, {"capacity": true or false}, {"price": share}, or nothing to ask."""
        if body and "interrupt" in body:
            self._interrupt(str(body["interrupt"]))
        elif body and "capacity" in body:
            self._capacity = bool(body["capacity"])
            self.notify()
        elif body and "price" in body:
            self._set_price(body["price"])
        return {"capacity": self._capacity, "price": self.price}

    def _set_price(self, share: object) -> None:
        if not isinstance(share, int | float) or not 0 < share <= 1:
            raise ApiError(
                f"A spot price is a share of the on-demand price, above 0 and up to 1, not {share!r}."
            )
        self._plane.store.set_setting(PRICE, float(share))

    def _interrupt(self, name: str) -> None:
        job = self._plane.find("TrainingJob", name)
        run = self._runs.get(job["TrainingJobName"])
        if not job.get("EnableManagedSpotTraining"):
            raise ApiError(f"{name} has no spot capacity: set EnableManagedSpotTraining when you create it.")
        if run is None or not run.interrupt():
            raise ApiError(
                f"{name} has no machines at work: it is {job['TrainingJobStatus']}, {job['SecondaryStatus']}."
            )
