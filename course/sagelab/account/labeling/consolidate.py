"""Runs the consolidation of a labeling job's answers in a child process."""

import json
import shutil
import sys
import uuid
from pathlib import Path
from typing import Any

from ..control import ControlPlane, Record
from ..execute import Execution, child_environment
from ..logs import LogStream
from .kinds import Kind
from .tasks import Answer

LIMIT = 900.0  # seconds
PROGRAM = "sagelab.account.consolidation"


class ConsolidationError(Exception):
    """No labels came of it; the text is the job's FailureReason."""


class Consolidation:
    """One job's way from answers to labels."""

    def __init__(self, plane: ControlPlane, job: Record, kind: Kind, labels: list[str]) -> None:
        self._plane, self._job, self._kind, self._labels = plane, job, kind, labels

    def run(self, answers: dict[int, list[Answer]], lines: list[str], log: LogStream) -> dict[int, Any]:
        """The consolidated label of each object that has answers."""
        if not answers:
            return {}
        folder = self._plane.home / "jobs" / "labeling-job" / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            (folder / "request.json").write_text(json.dumps(self._request(answers, lines)))
            self._execute(folder, log)
            found = json.loads((folder / "response.json").read_text())["objects"]
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return dict(zip(answers, found, strict=True))

    def _execute(self, folder: Path, log: LogStream) -> None:
        command = [sys.executable, "-P", "-m", PROGRAM, "request.json", "response.json"]
        environment = child_environment(self._plane, {"PYTHONPATH": str(Path(__file__).parents[3])})
        outcome = Execution(LIMIT).run(command, folder, environment, log.add)
        if outcome.exit_code:
            raise ConsolidationError(
                f"InternalServerError: The consolidation ended with exit code {outcome.exit_code}; see the log stream "
                f"{log.stream} in {log.group}."
            )

    def _request(self, answers: dict[int, list[Answer]], lines: list[str]) -> Record:
        return {
            "answer": self._kind.answer,
            "classes": len(self._labels),
            "objects": [
                {
                    "answers": {answer.worker: self._plain(answer.content) for answer in given},
                    "source-ref": json.loads(lines[number]).get("source-ref"),
                }
                for number, given in answers.items()
            ],
        }

    def _plain(self, content: Record) -> Any:
        """An answer as the consolidation takes it: classes are numbers."""
        value = content[self._kind.answer]
        if self._kind.answer == "label":
            return self._labels.index(value)
        return [self._labels.index(label) for label in value] if self._kind.answer == "labels" else value
