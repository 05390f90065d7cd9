"""A process that is kept warm: Python with libraries imported, waiting for the script that it becomes."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..isolation import Names, Network, without_account

WARMED = str(Path(__file__).with_name("warmed.py"))


class WarmProcess:
    """One Python process that becomes one script, once."""

    def __init__(
        self,
        network: Network,
        names: Names | None,
        home: Path,
        env: Mapping[str, str],
        modules: Sequence[str],
    ) -> None:
        self._process: subprocess.Popen[bytes] | None = network.start(
            [sys.executable, WARMED, *modules],
            home,
            env,
            names=names,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._isolated = network.isolated

    def give(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str]
    ) -> subprocess.Popen[bytes] | None:
        """Let the process become a Python command; None where it is gone or cannot."""
        process = self._process
        if process is None or process.stdin is None or process.poll() is not None:
            return None
        if command[0] != sys.executable:
            return None
        self._process = None
        known = without_account(env) if self._isolated else dict(env)
        order: dict[str, Any] = {"argv": list(command[1:]), "cwd": str(cwd), "env": known}
        try:
            with process.stdin as stdin:
                stdin.write(json.dumps(order).encode() + b"\n")
        except OSError:  # it ended this very moment
            return None
        return process

    def end(self) -> None:
        """End a process that nobody needs."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


def imported(files: Iterable[Path]) -> list[str]:
    """The modules that Python files import at their top level, those of this folder left out."""
    found: dict[str, None] = {}
    files = list(files)
    own = {path.stem for path in files}
    for path in files:
        try:
            body = ast.parse(path.read_bytes()).body
        except (SyntaxError, ValueError):
            continue
        for node in body:
            if isinstance(node, ast.Import):
                found |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module] = None
    return [name for name in found if name.partition(".")[0] not in own | {"__future__", "__main__"}]
