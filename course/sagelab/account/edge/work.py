"""Jobs whose statuses are upper case (STARTING, INPROGRESS, COMPLETED), unlike SageMaker's others."""

import threading
import traceback
from collections.abc import Callable

from ..control import ApiError, ControlPlane, Record

RUNNING = ("STARTING", "INPROGRESS", "STOPPING")
INTERRUPTED = "InternalServerError: The local account was stopped while the job ran, and the job with it."


class WorkError(Exception):
    """A job fails; the text says why."""


class Stopped(Exception):
    """Somebody stopped the job."""


class Work:
    """The jobs of one kind: `do(job, stopped)` works and returns the last changes, or raises WorkError."""

    def __init__(
        self,
        plane: ControlPlane,
        noun: str,
        reason: str,
        do: Callable[[Record, threading.Event], Record],
    ) -> None:
        self._plane, self._noun, self._reason, self._do = plane, noun, reason, do
        self._status = noun + "Status"
        self._stops: dict[str, threading.Event] = {}
        plane.executes(f"Create{noun}", self._start)
        plane.answers(f"Stop{noun}", self._stop)
        plane.on_start(self._fail_interrupted)

    def _start(self, job: Record) -> None:
        self._plane.update(self._noun, job["_arn"], **{self._status: "STARTING"})
        self._stops[job["_arn"]] = threading.Event()
        self._plane.background(self._run, job)

    def _run(self, job: Record) -> None:
        arn = job["_arn"]
        self._go(arn, "INPROGRESS")
        try:
            changes = self._do(job, self._stops[arn])
            status = "COMPLETED"
        except Stopped:
            changes, status = {}, "STOPPED"
        except Exception as error:
            if not isinstance(error, WorkError):  # a fault of ours
                traceback.print_exc()
            changes, status = {self._reason: str(error) or repr(error)}, "FAILED"
        self._stops.pop(arn, None)
        self._go(arn, status, **changes)

    def _stop(self, params: Record) -> Record:
        job = self._plane.find(self._noun, params[self._noun + "Name"])
        stop = self._stops.get(job["_arn"])
        if stop is None:
            status = job[self._status]
            raise ApiError(f"The request was rejected because the job is in status {status}.")
        self._go(job["_arn"], "STOPPING")
        stop.set()
        return {}

    def _fail_interrupted(self) -> None:
        for job in self._plane.records(self._noun):
            if job[self._status] in RUNNING and job["_arn"] not in self._stops:
                self._go(job["_arn"], "FAILED", **{self._reason: INTERRUPTED})

    def _go(self, arn: str, status: str, **changes: object) -> None:
        now = self._plane.clock.time()
        self._plane.update(self._noun, arn, **{self._status: status}, LastModifiedTime=now, **changes)
