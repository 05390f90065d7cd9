"""Starts processes that are certain to end with the account."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def spawn(
    command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None, **popen: Any
) -> subprocess.Popen[Any]:
    """Start a command in a process group of its own."""
    return subprocess.Popen(command, cwd=cwd, env=env, start_new_session=True, **popen)
