"""Why a job failed, in the words that AWS puts into FailureReason."""

import re
import shlex
from collections import deque
from collections.abc import Sequence
from pathlib import Path

LONGEST = 1024  # characters of FailureReason and ExitMessage
TRACEBACK = "Traceback (most recent call last)"
CONTINUED = re.compile(r"\s|During handling of|The above exception|$")


class Tail:
    """The last lines that a process printed, enough to find its error in."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=400)

    def add(self, line: str) -> None:
        """Remember a line."""
        self._lines.append(line)

    @property
    def error(self) -> str:
        """What the last traceback ends in, or the last line that says anything."""
        lines = list(self._lines)
        starts = [number for number, line in enumerate(lines) if line.startswith(TRACEBACK)]
        if starts:
            rest = lines[starts[-1] + 1 :]
            for number, line in enumerate(rest):
                if not CONTINUED.match(line):
                    return "\n".join(rest[number:]).strip()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def script_failure(exit_code: int, error: str, command: Sequence[str], failure_file: Path) -> str:
    """The FailureReason of a training job whose script ended with `exit_code`.

    What the container leaves in /opt/ml/output/failure comes first; without it stands what AWS's training toolkit
    writes there for a script that failed.
    """
    said = read_message(failure_file)
    if not said:
        extra = '\nExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"' if exit_code == 137 else ""
        start = f'ExecuteUserScriptError:\nExitCode {exit_code}\nErrorMessage "'
        end = f'"{extra}\nCommand "{shlex.join(command)}"'
        said = (
            start + shorten(error, LONGEST - len(start + end) - len("AlgorithmError: , exit code: 255")) + end
        )
    return f"AlgorithmError: {said}, exit code: {exit_code}"[:LONGEST]


def processing_failure(exit_code: int, message: str) -> str:
    """The FailureReason of a processing job: what the container said in its message file, or AWS's sentence."""
    if not message:
        return "AlgorithmError: See job logs for more information"
    named = message if re.match(r"\w+Error: ", message) else f"AlgorithmError: {message}"
    return f"{named[: LONGEST - 20]}, exit code: {exit_code}"


def read_message(path: Path) -> str:
    """The first 1,024 characters that a container left in a message file; empty where there is none."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(LONGEST).strip()


def shorten(text: str, room: int) -> str:
    """The end of a text that has to fit: an error's last line says most."""
    if len(text) <= room:
        return text
    return f"...{text[len(text) - max(room - 3, 0) :]}"
