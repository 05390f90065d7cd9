"""Runs one process of a job: a clean environment, its lines as they come, stop and time limit, nothing left behind."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .control import ControlPlane
from .environment import local_environment
from .spawn import spawn

GRACE = 120.0  # seconds between SIGTERM and SIGKILL, as AWS gives a stopped job
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "USER",
)
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
OPT_ML = re.compile(r"(?<![\w./-])/opt/ml(?=/|$|[\s:,;\"'])")
LONGEST_LINE = 65_536
NOWHERE = "http://127.0.0.1:9"  # an account that no server answers for must not mean AWS

Ending = Literal["exited", "stopped", "timed out", "interrupted", "given up"]
Starter = Callable[..., subprocess.Popen[Any]]  # starts a command as spawn.spawn does


def child_environment(plane: ControlPlane, asked: Mapping[str, str]) -> dict[str, str]:
    """The environment of a job's process: what `asked` says, on a short list of the machine's own variables.

    Whatever else the server knows stays with the server. The way to AWS always leads to this account.
    """
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    here = str(Path(sys.executable).parent)  # `python3` is the course's, also for what a script starts
    environment["PATH"] = os.pathsep.join(filter(None, [here, environment.get("PATH", "")]))
    environment |= dict.fromkeys(ONE_THREAD, "1")
    environment |= {"PYTHONUNBUFFERED": "1", "MPLBACKEND": "Agg", **asked}
    return environment | local_environment(plane.url or NOWHERE)


def localize(text: str, ml: Path) -> str:
    """`text` with each path below /opt/ml led to the folder that stands for it."""
    return OPT_ML.sub(lambda _: str(ml), text)


def python_first(command: Sequence[str]) -> list[str]:
    """The command with `python` and `python3` meaning the interpreter of the course."""
    first, *rest = command
    return [sys.executable if first in ("python", "python3") else first, *rest]


@dataclass(frozen=True)
class Outcome:
    """How a process ended; `exit_code` as a shell tells it, 128 + n for signal n."""

    exit_code: int
    ending: Ending
    seconds: float


class Execution:
    """One process that can be stopped from another thread, before it starts or while it runs."""

    def __init__(self, limit: float, grace: float = GRACE) -> None:
        self._limit, self._grace = limit, grace
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._timers: list[threading.Timer] = []
        self.ending: Ending = "exited"

    def stop(self) -> None:
        """Ask the process to end (SIGTERM); after the grace it is killed."""
        self.end("stopped")

    def run(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
        start: Starter = spawn,
    ) -> Outcome:
        """Run to the end, handing each line of output to `on_line` as it comes."""
        started = time.monotonic()
        with self._lock:
            if self.ending != "exited":
                return Outcome(128 + signal.SIGTERM, self.ending, 0.0)
            try:
                process = self._process = start(
                    command,
                    cwd,
                    env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
            except OSError as error:  # no such program: what a shell would say
                on_line(str(error))
                return Outcome(127, "exited", 0.0)
        self._after(self._limit, lambda: self.end("timed out"))
        reader = threading.Thread(target=read_lines, args=(process, on_line), daemon=True, name="job output")
        reader.start()
        code = process.wait()
        signal_group(process, signal.SIGKILL)  # what the process left behind ends with it
        reader.join(timeout=5)
        with self._lock:
            self._process = None
            for timer in self._timers:
                timer.cancel()
        return Outcome(code if code >= 0 else 128 - code, self.ending, time.monotonic() - started)

    def end(self, why: Ending) -> None:
        """Ask the process to end, and remember why; only the first reason counts."""
        with self._lock:
            if self.ending != "exited":
                return
            self.ending = why
            process = self._process
        if process is not None:
            signal_group(process, signal.SIGTERM)
            self._after(self._grace, lambda: signal_group(process, signal.SIGKILL))

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), action)
        timer.daemon = True
        timer.start()
        self._timers.append(timer)


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def read_lines(process: subprocess.Popen[bytes], on_line: Callable[[str], None]) -> None:
    """Hand on each line of a process's output; one longer than 64 KB comes in pieces."""
    if process.stdout is None:
        return
    with process.stdout as stream:
        while line := stream.readline(LONGEST_LINE):
            on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
