"""The account's process: `python -m sagelab.account.server HOME [--idle SECONDS]`.

It says one line of JSON on its standard output, either {"url": ...} once it answers or {"error": ...} with the
sentence for the reader, and is silent from then on. Its log is HOME/server.log.
"""

import argparse
import contextlib
import json
import logging
import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ..errors import SagelabError
from .environment import local_environment
from .files import NOTE, PORT, SERVER_LOCK, STATE, cannot_write
from .locks import try_lock

PATIENCE = 10.0  # seconds that an earlier server of this home may take to end


def main() -> None:
    """Serve the account of a home folder until it is stopped or nobody needs it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--idle", type=float, default=60.0)
    options = parser.parse_args()
    _use_all_files()
    try:
        serve(options.home, options.idle)
    except SagelabError as error:
        _say({"error": str(error)})
        sys.exit(3)
    except (OSError, sqlite3.Error) as error:
        _say({"error": cannot_write(options.home, error)})
        sys.exit(3)


def serve(home: Path, idle: float) -> None:
    """Serve one home; returns after an orderly end."""
    lock = _own(home)
    with lock:
        os.environ.update(local_environment("http://127.0.0.1"))
        from . import lookups
        from .app import Application
        from .lifetime import Lifetime

        lookups.refuse()
        app = Application(home, Lifetime(idle))
        server = _listen(app, _earlier_port(home))
        app.plane.url = os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.port}"
        app.end = lambda: threading.Thread(target=server.shutdown, daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: app.end())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a notebook's interrupt is not for the account
        _write_note(home, app.plane.url)
        app.opened.clear()
        app.lifetime.asked()
        _say({"url": app.plane.url})
        app.plane.background(app.start)
        app.plane.background(_watch, app, home)
        try:
            server.serve_forever()
        finally:
            app.close()
            (home / NOTE).unlink(missing_ok=True)


def _own(home: Path) -> Any:
    (home / STATE).mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + PATIENCE
    while (lock := try_lock(home / SERVER_LOCK)) is None:
        if time.monotonic() > end:
            raise SagelabError(f"Another process serves the local account of {home} and does not end.")
        time.sleep(0.02)
    return lock


def _listen(app: Any, port: int) -> Any:
    from werkzeug.serving import make_server

    from .wsgi import Handler

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    for candidate in (port, 0):
        try:
            return make_server("127.0.0.1", candidate, app, threaded=True, request_handler=Handler)
        except (OSError, SystemExit):  # werkzeug exits where a port is taken
            continue
    raise SagelabError("The local account found no free port on 127.0.0.1.")


def _earlier_port(home: Path) -> int:
    """The port of the last run, so that clients made then go on working; 0 where there was none."""
    with contextlib.suppress(OSError, ValueError):
        return int((home / PORT).read_text())
    return 0


def _write_note(home: Path, url: str) -> None:
    new = home / (NOTE + ".new")
    new.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    new.replace(home / NOTE)
    (home / PORT).write_text(url.rpartition(":")[2])


def _watch(app: Any, home: Path) -> None:
    """End the account when nobody needs it any more, or when its home was taken away."""
    pause = min(2.0, app.lifetime.idle / 4) or 2.0
    while not app.lifetime.over() and _at_home(home):
        time.sleep(pause)
    app.end()


def _at_home(home: Path) -> bool:
    try:
        return bool(json.loads((home / NOTE).read_text())["pid"] == os.getpid())
    except (OSError, ValueError, KeyError):
        return False


def _say(line: dict[str, str]) -> None:
    """Tell the starter, and let go of its pipe."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(line).encode() + b"\n")
        os.dup2(2, 1)


def _use_all_files() -> None:
    """moto keeps large S3 objects in open files; take as many as the system lets us."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
