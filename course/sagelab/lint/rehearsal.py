"""Play a lesson once with its right answers and, at each exercise, with every wrong one.

The lesson runs in a process of its own (`stage.py`), in a scratch folder with a scratch account. This side
watches the time, ends what does not end, and stops the accounts.
"""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from sagelab.errors import SagelabError
from sagelab.findings import Finding
from sagelab.lesson import Lesson
from sagelab.strict_yaml import file_name

__all__ = ["Played", "rehearse"]

SECONDS = 180.0
"""How long a cell, or a wrong answer with its check, may take: a lesson's whole minute, on a busy machine."""
GRACE = 5.0

WARNING = re.compile(r"^\S+:\d+: \w*Warning: .*\n(?:  \S.*(?:\n|$))?", re.MULTILINE)


@dataclass
class Played:
    """What a rehearsal found, and how many wrong answers it tried and saw caught."""

    findings: list[Finding] = field(default_factory=list)
    killed: int = 0
    wrong_total: int = 0


def rehearse(lesson: Lesson, seconds: float = SECONDS) -> Played:
    """Run the lesson's cells in order, and each wrong answer where its exercise stands.

    Raises SagelabError where Sagelab itself does not start.
    """
    if not hasattr(os, "fork"):
        raise SagelabError("sagelab lint runs on Linux and macOS only; use WSL on Windows.")
    with tempfile.TemporaryDirectory(prefix="sagelab-lint-", ignore_cleanup_errors=True) as scratch:
        return _watch(lesson, Path(scratch), seconds)


def _watch(lesson: Lesson, scratch: Path, seconds: float) -> Played:
    played, file, line, ended = Played(), file_name(lesson.folder / "lesson.py"), 0, False
    try:
        for report in _reports(lesson, scratch, seconds):
            kind = report["kind"]
            line = report["line"] if kind == "cell" else line
            ended = ended or kind == "end"
            if kind == "finding":
                played.findings.append(Finding(report["file"], report["line"], report["text"]))
            if kind == "wrong":
                played.wrong_total += 1
                played.killed += report["caught"]
    except TimeoutError:
        text = f"the cell runs longer than {seconds:g} seconds; write less work into it"
        played.findings.append(Finding(file, line, text))
    else:
        last = _tail(scratch / "stderr.txt")
        if not line:
            raise SagelabError(
                f"{lesson.slug} cannot be rehearsed: {last}; mend the installation of Sagelab."
            )
        if not ended:
            played.findings.append(
                Finding(file, line, f"the cell ended the kernel ({last}); write it without")
            )
    return played


def _reports(lesson: Lesson, scratch: Path, seconds: float) -> Iterator[dict[str, Any]]:
    """Yield what the stage reports; raises TimeoutError when it is silent for too long."""
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as pipe, _stage(lesson, scratch, write, seconds):
        pending, deadline = b"", time.monotonic() + seconds + GRACE
        while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            chunk = pipe.read(65536)
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                report = json.loads(line)
                yield report
                deadline = time.monotonic() + seconds + GRACE
            if not chunk or (lines and report["kind"] == "end"):
                return
        raise TimeoutError


@contextlib.contextmanager
def _stage(lesson: Lesson, scratch: Path, pipe: int, seconds: float) -> Iterator[None]:
    command = [
        sys.executable,
        "-m",
        "sagelab.lint.stage",
        str(lesson.folder.absolute()),
        str(pipe),
        str(seconds),
    ]
    with (scratch / "stderr.txt").open("ab") as errors:
        process = psutil.Popen(
            command,
            cwd=scratch,
            env=_environment(scratch),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=[pipe],
            start_new_session=True,
        )
    os.close(pipe)
    try:
        yield
    finally:
        _stop_accounts(scratch)
        _end(process)


def _environment(scratch: Path) -> dict[str, str]:
    """Return a notebook kernel's environment: one thread, its own settings, and never AWS."""
    env = {name: value for name, value in os.environ.items() if name != "SAGELAB_TARGET"}
    one = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
    backend = "module://matplotlib_inline.backend_inline"
    return env | one | {"IPYTHONDIR": str(scratch / "ipython"), "MPLBACKEND": backend}


def _end(process: psutil.Process) -> None:
    """End a process and what it has started."""
    family = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    psutil.wait_procs(family, timeout=GRACE)


def _stop_accounts(scratch: Path) -> None:
    """Stop the local accounts that the lesson has started."""
    for home in scratch.glob(".sagelab/*/"):
        from sagelab.account import process

        with contextlib.suppress(SagelabError):  # what does not stop is ended with all the rest
            process.stop(home)


def _tail(path: Path) -> str:
    """The last that a process said, but for Python's warnings: where one was raised, and its line of source."""
    said = WARNING.sub("", path.read_text("utf-8", errors="replace"))
    lines = said.strip().split("\n")
    return lines[-1][-200:] or "it said nothing"
