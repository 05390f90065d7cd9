"""What every container does around its work: read its settings, leave its message."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagelab.errors import SagelabError

ENABLED = "Enabled"


@dataclass(frozen=True)
class Job:
    """The processing job around a container: its environment and the folder that stands for /opt/ml/processing."""

    environment: Mapping[str, str]
    root: Path

    def setting(self, name: str, default: str | None = None) -> str:
        """An environment variable that must be there, unless it has a default."""
        value = self.environment.get(name) or default
        if value is None:
            raise SagelabError(f"The job's Environment must set {name}.")
        return value

    def path(self, name: str) -> Path | None:
        """A path that the environment names, or None where it names none."""
        value = self.environment.get(name)
        return Path(value) if value else None

    def folder(self, name: str) -> Path:
        """A folder that the environment must name and that must hold something."""
        path = Path(self.setting(name))
        if not path.exists():
            raise SagelabError(f"{name} is {path}, but no processing input was put there.")
        return path

    @property
    def publishes(self) -> bool:
        """Whether metrics go to CloudWatch."""
        return self.environment.get("publish_cloudwatch_metrics") == ENABLED

    @property
    def monitor(self) -> dict[str, str]:
        """The dimensions of a monitor's metrics, empty outside a monitoring execution."""
        names = {
            "Endpoint": "sagemaker_endpoint_name",
            "MonitoringSchedule": "sagemaker_monitoring_schedule_name",
        }
        return {name: self.environment[key] for name, key in names.items() if self.environment.get(key)}

    def leave_message(self, text: str) -> None:
        """Say how the work ended; the account shows it as ExitMessage, or as FailureReason of a failed job."""
        path = self.root.parent / "output" / "message"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(work: Callable[[Job], str]) -> None:
    """Do a container's work as this process; a mistake in its input ends it with one sentence and exit code 1."""
    job = Job(os.environ, Path(os.environ.get("PROCESSING_ROOT", "/opt/ml/processing")))
    try:
        message = work(job)
    except SagelabError as error:
        job.leave_message(str(error))
        print(f"ERROR {error}", flush=True)
        sys.exit(1)
    job.leave_message(message)
    print(message, flush=True)


def outcome(violations: Sequence[Any]) -> str:
    """The message that makes an execution Completed or CompletedWithViolations."""
    if violations:
        return f"CompletedWithViolations: Job completed successfully with {len(violations)} violations."
    return "Completed: Job completed successfully with no violations."
