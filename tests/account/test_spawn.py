"""Processes end with the account that started them, however it ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sagelab.account.spawn import spawn

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to end")

FAMILY = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
time.sleep(600)
"""
ACCOUNT = f"""
import sys, threading
from pathlib import Path
from sagelab.account.spawn import spawn
started = []
def start():
    started.append(spawn([sys.executable, "-c", {FAMILY!r}]))
starter = threading.Thread(target=start)  # its end must not be the child's
starter.start()
starter.join()
print(started[0].pid, flush=True)
sys.stdin.read()
"""


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def all_gone(pids: list[int], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not all(gone(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.02)
    return True


@pytest.fixture
def account() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process that stands for the account, and its child and grandchild."""
    server = subprocess.Popen(
        [sys.executable, "-c", ACCOUNT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    child = psutil.Process(int(server.stdout.readline()))
    end = time.monotonic() + 30
    while not child.children() and time.monotonic() < end:
        threading.Event().wait(0.02)
    yield server, [child.pid, *(grandchild.pid for grandchild in child.children())]
    server.kill()
    server.wait()


def test_children_outlive_the_thread_that_asked_for_them(
    account: tuple[subprocess.Popen[str], list[int]],
) -> None:
    _, family = account

    assert len(family) == 2
    assert not any(gone(pid) for pid in family)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_children_and_their_children_end_with_a_killed_account(
    account: tuple[subprocess.Popen[str], list[int]], how: signal.Signals
) -> None:
    server, family = account

    server.send_signal(how)
    server.wait()

    assert all_gone(family)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_child_ends_with_a_killed_account_also_when_nobody_watches(
    account: tuple[subprocess.Popen[str], list[int]],
) -> None:
    server, (child, _) = account
    for process in psutil.Process(server.pid).children():
        if "warden.py" in " ".join(process.cmdline()):
            process.kill()

    server.kill()
    server.wait()

    assert all_gone([child])


def test_nobody_is_left_to_watch(account: tuple[subprocess.Popen[str], list[int]]) -> None:
    server, _ = account
    wardens = [p.pid for p in psutil.Process(server.pid).children() if "warden.py" in " ".join(p.cmdline())]

    server.kill()
    server.wait()

    assert len(wardens) == 1
    assert all_gone(wardens)


def test_a_child_gets_its_folder_environment_and_pipes(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), os.environ['MODE'], os.getpgrp() == os.getpid())"

    child = spawn([sys.executable, "-c", code], tmp_path, {"MODE": "fast"}, stdout=subprocess.PIPE, text=True)

    assert child.communicate(timeout=60)[0].split() == [str(tmp_path), "fast", "True"]
    assert child.returncode == 0


def test_a_program_that_does_not_exist_is_told_to_the_one_who_asked() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        spawn(["no-such-program"])


def test_a_warden_that_was_killed_is_replaced(tmp_path: Path) -> None:
    def warden() -> psutil.Process:
        (found,) = [p for p in psutil.Process().children() if "warden.py" in " ".join(p.cmdline())]
        return found

    spawn([sys.executable, "-c", ""]).wait()
    first = warden()
    first.kill()
    first.wait()
    spawn([sys.executable, "-c", ""]).wait()

    assert warden().pid != first.pid


def test_the_warden_forgets_groups_that_have_ended() -> None:
    """Numbers are used again; a group that took one over must not be killed."""
    from sagelab.account.warden import is_there

    child = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    child.wait()

    assert not is_there(child.pid)
    assert is_there(os.getpgrp())
