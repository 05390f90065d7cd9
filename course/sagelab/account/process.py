"""Finds the account's process by the files in its home folder; starts, stops and empties it."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from ..errors import SagelabError
from .environment import local_environment, without_aws
from .files import LOG, NOTE, SERVER_LOCK, START_LOCK, STATE, cannot_write
from .lifetime import FOREVER
from .locks import locked, try_lock

IDLE = float(os.environ.get("SAGELAB_ACCOUNT_IDLE", "60"))  # seconds that an account outlives its users
PATIENCE = 60.0
LONGEST_LOG = 1_000_000
PACKAGES = Path(__file__).parents[2]  # where `import sagelab` finds us, also when it is not installed


def find_or_start(home: Path, idle: float = IDLE) -> str:
    """The URL of the account of a home folder; raises SagelabError where it cannot start."""
    return running(home) or start(home, idle)


def running(home: Path) -> str | None:
    """The URL of a running account, None where there is none."""
    home = home.expanduser().resolve()
    try:
        note = json.loads((home / NOTE).read_text())
        status = ask(note["url"], "status")
        return str(note["url"]) if status == {"pid": note["pid"], "home": str(home)} else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def start(home: Path, idle: float = IDLE, *, keep: bool = False) -> str:
    """Start the account's process, once however many ask at the same time, and wait until it answers."""
    home = home.expanduser().resolve()
    with _sole_starter(home):
        return running(home) or _launch(home, FOREVER if keep else idle)


def stop(home: Path) -> bool:
    """End the account's process; its state is kept. False where it did not run."""
    home = home.expanduser().resolve()
    if not (home / NOTE).is_file():
        return False
    with _sole_starter(home):
        return _stop(home)


def reset(home: Path) -> str:
    """Delete everything in the account and start it over; returns its URL."""
    home = home.expanduser().resolve()
    with _sole_starter(home):
        _stop(home)
        try:
            shutil.rmtree(home / STATE, ignore_errors=False)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise SagelabError(cannot_write(home, error)) from None
        return _launch(home, IDLE)


def ask(url: str, route: str, body: Any = None) -> Any:
    """Ask one of the account's own routes; OSError where nobody answers, ValueError where it is not ours."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_sagelab/{route}", data, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as response:
        return json.load(response)


@contextlib.contextmanager
def _sole_starter(home: Path) -> Any:
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = locked(home / START_LOCK, PATIENCE)
        with lock:
            yield
    except TimeoutError:
        raise SagelabError(
            f"Another process has been starting the account of {home} for a minute; try again."
        ) from None
    except OSError as error:
        raise SagelabError(cannot_write(home, error)) from None


def _launch(home: Path, idle: float) -> str:
    log = home / LOG
    with log.open("ab") as file:
        if file.tell() > LONGEST_LOG:
            file.truncate(0)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sagelab.account.server", str(home), "--idle", str(idle)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            cwd=home,
            start_new_session=True,
            env=_server_environment(),
        )
    timer = threading.Timer(PATIENCE, process.kill)
    timer.start()
    line = process.stdout.readline() if process.stdout else b""
    timer.cancel()
    if process.stdout:
        process.stdout.close()
    with contextlib.suppress(ValueError):
        said = json.loads(line)
        if "url" in said:
            _forget(process)
            return str(said["url"])
        raise SagelabError(said["error"])
    raise SagelabError(f"The local account did not start: {_last_line(log)} (its log is {log}).")


def _server_environment() -> dict[str, str]:
    paths = [str(PACKAGES)] if PACKAGES.name != "site-packages" else []
    paths += [path for path in [os.environ.get("PYTHONPATH", "")] if path]
    return {
        **without_aws(os.environ),
        **local_environment("http://127.0.0.1"),
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",  # two are enough for a lock; eight cost 50 MB
        "MALLOC_MMAP_THRESHOLD_": "1000000",  # what held a large object is given back at once
    }


def _forget(process: subprocess.Popen[bytes]) -> None:
    """Let the server outlive this process; a thread collects its exit so that it leaves no zombie."""
    threading.Thread(target=process.wait, daemon=True, name="account").start()


def _stop(home: Path) -> bool:
    try:
        note = json.loads((home / NOTE).read_text())
        pid, url = int(note["pid"]), str(note["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    patience = 2.0
    if running(home):
        patience = 10.0  # an orderly end has something to write
        with contextlib.suppress(OSError, ValueError):
            ask(url, "stop", {})
    ended = _wait_for_end(home, patience) or _kill(home, pid)
    (home / NOTE).unlink(missing_ok=True)
    return ended


def _wait_for_end(home: Path, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lock = try_lock(home / SERVER_LOCK)
        if lock is not None:
            lock.close()
            return True
        time.sleep(0.02)
    return False


def _kill(home: Path, pid: int) -> bool:
    """End a server that no longer listens, if that number is still a server of this home."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if "sagelab.account.server" in process.cmdline() and str(home) in process.cmdline():
            process.kill()
    return _wait_for_end(home, 10.0)


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"
    return "it said nothing"
