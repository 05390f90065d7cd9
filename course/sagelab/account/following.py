"""Waits for jobs that other jobs have started: told by the control plane, without asking again and again."""

import threading

from .control import ControlPlane, Record

BUSY = ("InProgress", "Stopping", "Creating", "Updating", "Pending", "Starting")


class Following:
    """The ends of all jobs of some kinds in one account."""

    def __init__(self, plane: ControlPlane, *nouns: str) -> None:
        self._plane = plane
        self._changed = threading.Condition()
        for noun in nouns:
            plane.watches(noun, self._notice)

    def wait(self, noun: str, arns: list[str]) -> list[Record]:
        """Wait until at least one of these jobs has ended; what all of them are then."""
        with self._changed:
            while True:
                found = [self._plane.find(noun, arn) for arn in arns]
                if not all(is_busy(noun, record) for record in found):
                    return found
                self._changed.wait()

    def _notice(self, before: Record | None, after: Record) -> None:
        del before, after
        with self._changed:
            self._changed.notify_all()


def is_busy(noun: str, record: Record) -> bool:
    """Has the job not ended yet?"""
    return record[f"{noun}Status"] in BUSY
