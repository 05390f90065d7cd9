"""Finds the account's process by the files in its home folder, or starts it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from ..errors import SagelabError


def find_or_start(home: Path) -> str:
    """The URL of the account of a home folder."""
    return running(home) or start(home)


def running(home: Path) -> str | None:
    """The URL of a running account, None where there is none."""
    try:
        url: str = json.loads((home / "server.json").read_text())["url"]
        return url if Path(ask(url, "status")["home"]) == home else None
    except (OSError, ValueError, KeyError):
        return None


def start(home: Path) -> str:
    """Start the account's process and wait until it answers."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sagelab.account.server", str(home)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ.copy(),
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if url := running(home):
            return url
        time.sleep(0.02)
    raise SagelabError(f"The local account did not start; its log is {home / 'server.log'}.")


def ask(url: str, route: str, body: Any = None) -> Any:
    """Ask one of the account's own routes."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_sagelab/{route}", data, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as response:
        return json.load(response)
