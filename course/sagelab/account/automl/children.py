"""The jobs that an AutoML job has started: awaited, and stopped with it."""

import threading

from ..control import ApiError, ControlPlane, Record
from ..following import Following, is_busy


class Children:
    """The running jobs of one AutoML job."""

    def __init__(self, plane: ControlPlane, following: Following, parent_arn: str) -> None:
        self._plane, self._following, self._parent = plane, following, parent_arn
        self._lock = threading.Lock()
        self._running: dict[str, str] = {}  # noun by ARN
        self._stopping = False

    def start(self, noun: str, request: Record) -> str:
        """Start a job; its ARN. A job that begins while all are being stopped is stopped too."""
        self._plane.call(f"Create{noun}", request)
        arn = self._plane.arn(noun, request[f"{noun}Name"])
        self._plane.update(noun, arn, AutoMLJobArn=self._parent)
        with self._lock:
            self._running[arn] = noun
        if self._stopping:
            self._stop(noun, arn)
        return arn

    def run(self, noun: str, request: Record) -> Record:
        """Start a job and wait for its end; what it is then."""
        return self.ended(noun, [self.start(noun, request)])[0]

    def ended(self, noun: str, arns: list[str]) -> list[Record]:
        """Wait until some of these jobs have ended; those that have."""
        found = self._following.wait(noun, arns)
        ended = [job for job in found if not is_busy(noun, job)]
        with self._lock:
            for job in ended:
                self._running.pop(job["_arn"], None)
        return ended

    def stop(self) -> None:
        """Stop all that run, now and later."""
        self._stopping = True
        with self._lock:
            running = dict(self._running)
        for arn, noun in running.items():
            self._stop(noun, arn)

    def _stop(self, noun: str, arn: str) -> None:
        record = self._plane.find(noun, arn)
        if is_busy(noun, record) and record[f"{noun}Status"] != "Stopping":
            try:
                self._plane.call(f"Stop{noun}", {f"{noun}Name": record[f"{noun}Name"]})
            except ApiError:  # it ended in between
                return
