"""The account's end of the pipe to a process with duckdb."""

import json
import os
import subprocess
import sys
import threading
from typing import Any

from ..spawn import spawn

ENGINE = [sys.executable, "-m", "sagelab.account.warehouse.engine"]
IDLE_SECONDS = 15.0


class WorkerEnded(Exception):
    """The process ended before it answered: it was stopped, or its memory ran out."""


class Worker:
    """One process with duckdb: started by the first question, ended when nobody asks for a while."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._retirement: threading.Timer | None = None

    def ask(self, action: str, **arguments: Any) -> dict[str, Any]:
        """The engine's answer to one action; raises WorkerEnded where there is none."""
        with self._turn:
            process = self._running()
            try:
                answer = _exchange(process, {"action": action, **arguments})
            finally:
                self._retire_later()
        if not answer:
            self.end()
            raise WorkerEnded(f"the process that had to {action} ended with code {process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def end(self) -> None:
        """End the process at once, also in the middle of an answer."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _running(self) -> subprocess.Popen[str]:
        if self._retirement is not None:
            self._retirement.cancel()
        if self._process is None or self._process.poll() is not None:
            self._process = spawn(
                ENGINE,
                env={**os.environ, "TZ": "UTC", "PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        return self._process

    def _retire_later(self) -> None:
        self._retirement = threading.Timer(self._idle_seconds, self._retire)
        self._retirement.daemon = True
        self._retirement.start()

    def _retire(self) -> None:
        if self._turn.acquire(blocking=False):  # who has the turn sets the timer anew
            try:
                self.end()
            finally:
                self._turn.release()


def _exchange(process: subprocess.Popen[str], request: dict[str, Any]) -> str:
    """One line to the process, one line back; empty where it is gone."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process needs pipes")
    try:
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        return process.stdout.readline()
    except (OSError, ValueError):
        return ""
