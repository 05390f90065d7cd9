"""What all kinds of jobs share: they start in the background, can be stopped, and do not outlive the account."""

import shutil
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from .control import ApiError, ControlPlane, Record
from .model import dashed

INTERNAL = "InternalServerError: We encountered an internal error. Please try again."
RUNNING = ("InProgress", "Stopping")


class JobError(Exception):
    """A job cannot go on; the text is its FailureReason."""


class Run(Protocol):
    """One job that runs: `begin` is quick, `run` takes as long as the job and returns its last changes."""

    def begin(self) -> None:
        """Write what the job's record must show at once."""

    def run(self) -> Record:
        """Do the work; the returned changes hold the job's final status."""

    def stop(self) -> None:
        """Ask the work to end soon."""


def folder(plane: ControlPlane, noun: str) -> Path:
    """Where the jobs of one kind have their folders while they run."""
    return plane.home / "jobs" / dashed(noun)


class Jobs:
    """The jobs of one kind in one account."""

    def __init__(self, plane: ControlPlane, noun: str, make: Callable[[ControlPlane, Record], Run]) -> None:
        self._plane, self._noun, self._make = plane, noun, make
        self._status = noun + "Status"
        shutil.rmtree(folder(plane, noun), ignore_errors=True)  # what a killed account left
        self._lock = threading.Lock()
        self._running: dict[str, Run] = {}
        self._ended: dict[str, str] = {}
        for operation in {f"Create{noun}", f"Create{noun}V2"} & plane.model.operations:
            plane.executes(operation, self._start)
        plane.executes(f"Stop{noun}", self._stop)
        plane.checks(f"Stop{noun}", lambda params: self._refuse(params, busy=False))
        if f"Delete{noun}" in plane.model.operations:
            plane.checks(f"Delete{noun}", lambda params: self._refuse(params, busy=True))
        plane.on_start(self._fail_interrupted)

    def _start(self, record: Record) -> None:
        run = self._make(self._plane, record)
        run.begin()
        with self._lock:
            self._running[record["_arn"]] = run
        self._plane.background(self._finish, record["_arn"], run)

    def _finish(self, arn: str, run: Run) -> None:
        try:
            changes = run.run()
        except Exception as error:  # a fault of ours, not of the learner's script
            traceback.print_exc()
            changes = {
                self._status: "Failed",
                "FailureReason": f"{INTERNAL} The local account says: {error!r}"[:1024],
            }
        with self._lock:
            del self._running[arn]
            self._ended[arn] = changes[self._status]
            self._plane.update(self._noun, arn, **changes)

    def _stop(self, record: Record) -> None:
        arn = record["_arn"]
        with self._lock:
            run = self._running.get(arn)
            if run is None and arn in self._ended:  # it ended while the request was on its way
                self._plane.update(self._noun, arn, **{self._status: self._ended[arn]})
        if run is not None:
            run.stop()

    def _refuse(self, params: Record, busy: bool) -> None:
        record = self._plane.find(self._noun, params[self._noun + "Name"])
        status = record[self._status]
        if (status in RUNNING) == busy:
            words = dashed(self._noun).replace("-", " ")
            raise ApiError(f"The request was rejected because the {words} is in status {status}.")

    def _fail_interrupted(self) -> None:
        now = self._plane.clock.time()
        for record in self._plane.records(self._noun):
            if record[self._status] in RUNNING and record["_arn"] not in self._running:
                why = f"{INTERNAL} The local account was stopped while the job ran, and the job with it."
                changes: dict[str, Any] = {
                    self._status: "Failed",
                    "FailureReason": why,
                    "LastModifiedTime": now,
                }
                for secondary in ("SecondaryStatus", f"{self._noun}SecondaryStatus"):
                    if secondary in record:
                        changes[secondary] = "Failed"
                self._plane.update(self._noun, record["_arn"], **changes)
