"""Starts processes that are certain to end with the account, also when the account is killed.

Linux: the kernel kills the child when the thread that started it dies (PR_SET_PDEATHSIG), so one thread that lives
as long as the account starts all of them. Everywhere but on Windows a warden process also kills the child's whole
process group, with the children's children, once the account is gone; on macOS the warden is all there is. On Windows
neither exists: there children end when the account stops in order, and outlive one that is killed.
"""

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
WARDEN = Path(__file__).with_name("warden.py")

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None, **popen: Any
) -> subprocess.Popen[Any]:
    """Start a command in a process group of its own; raises OSError as subprocess.Popen does."""
    options = {**popen, "cwd": cwd, "env": env}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(command, **options)
    return _spawner().start(command, {**options, "start_new_session": True})


class Spawner:
    """The thread that starts every child, and the warden that watches over them."""

    def __init__(self) -> None:
        self._wanted: queue.SimpleQueue[tuple[Sequence[str], dict[str, Any], Future[Any]]] = (
            queue.SimpleQueue()
        )
        self._warden: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self._work, daemon=True, name="spawner").start()

    def start(self, command: Sequence[str], options: dict[str, Any]) -> subprocess.Popen[Any]:
        """Start a command from the spawner's thread."""
        started: Future[subprocess.Popen[Any]] = Future()
        self._wanted.put((command, options, started))
        child = started.result()
        self._watch(child)
        return child

    def _work(self) -> None:
        me = os.getpid()
        while True:
            command, options, started = self._wanted.get()
            if _libc is not None:
                options["preexec_fn"] = lambda: _die_with(me)
            try:
                started.set_result(subprocess.Popen(command, **options))
            except BaseException as error:  # it belongs to the thread that asked
                started.set_exception(error)

    def _watch(self, child: subprocess.Popen[Any]) -> None:
        """Give the child's process group into the warden's care."""
        with self._lock:
            for _ in range(2):  # a warden that was killed is replaced once
                if self._warden is None or self._warden.poll() is not None:
                    self._warden = subprocess.Popen(
                        [sys.executable, "-I", "-S", str(WARDEN)],
                        stdin=subprocess.PIPE,
                        start_new_session=True,
                    )
                with contextlib.suppress(OSError):
                    if self._warden.stdin is not None:
                        self._warden.stdin.write(f"{child.pid}\n".encode())
                        self._warden.stdin.flush()
                        return


def _die_with(parent: int) -> None:
    """In the child, before it becomes the command: ask the kernel to kill it when its starter dies."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # the account died in between
        os._exit(1)


_lock = threading.Lock()
_spawners: dict[int, Spawner] = {}  # by process: threads do not survive a fork


def _spawner() -> Spawner:
    with _lock:
        if os.getpid() not in _spawners:
            _spawners[os.getpid()] = Spawner()
        return _spawners[os.getpid()]
