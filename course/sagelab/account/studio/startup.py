"""Runs the lifecycle configuration scripts of an app that starts, as child processes, with their log."""

import json
from pathlib import Path

from ..control import ControlPlane, Record
from ..execute import Execution, child_environment, localize
from ..logs import LogStream
from .references import LIFECYCLE, script_of

LOG_GROUP = "/aws/sagemaker/studio"
LIMIT = 300.0  # seconds; AWS stops a lifecycle configuration after five minutes
HOME = "/home/sagemaker-user"


class StartupError(Exception):
    """An app did not start; the text is its FailureReason."""


class Startup:
    """The scripts of one app, one after the other."""

    def __init__(self, plane: ControlPlane, app: Record, folder: Path, role: str) -> None:
        self._plane, self._app, self._folder, self._role = plane, app, folder, role
        self._execution = Execution(LIMIT, grace=5)

    def stop(self) -> None:
        """End the script that runs."""
        self._execution.stop()

    def run(self, arns: list[str]) -> None:
        """Run each script; StartupError where one fails or takes longer than five minutes."""
        root = self._folder / ".sagemaker"
        (root / "opt" / "ml" / "metadata").mkdir(parents=True, exist_ok=True)
        self._write_metadata(root / "opt" / "ml" / "metadata" / "resource-metadata.json")
        owner = self._app.get("SpaceName") or self._app["UserProfileName"]
        stream = f"{self._app['DomainId']}/{owner}/{self._app['AppType']}/{self._app['AppName']}"
        log = LogStream(
            self._plane.client("logs"), self._plane.clock, LOG_GROUP, f"{stream}/LifecycleConfigOnStart"
        )
        try:
            for arn in arns:
                self._run_one(arn, root, log)
        finally:
            log.close()

    def _run_one(self, arn: str, root: Path, log: LogStream) -> None:
        text = script_of(self._plane.find(LIFECYCLE, arn)).decode("utf-8", "replace")
        script = root / "on-start.sh"
        script.write_text(
            localize(text.replace("\r\n", "\n").replace(HOME, str(self._folder)), root / "opt" / "ml")
        )
        environment = child_environment(self._plane, {"HOME": str(self._folder)})
        outcome = self._execution.run(["bash", str(script)], self._folder, environment, log.add)
        if outcome.ending == "timed out":
            raise StartupError(
                f"ConfigurationError: Lifecycle configuration {arn} ran longer than {LIMIT:.0f} seconds."
            )
        if outcome.exit_code:
            raise StartupError(
                f"ConfigurationError: Lifecycle configuration {arn} failed with exit code {outcome.exit_code}. "
                f"See log stream {log.stream} in log group {LOG_GROUP}."
            )

    def _write_metadata(self, path: Path) -> None:
        """What a script finds in /opt/ml/metadata/resource-metadata.json on AWS."""
        named: Record = {
            n: self._app[n] for n in ("DomainId", "UserProfileName", "SpaceName") if n in self._app
        }
        shown: Record = {
            "AppType": self._app["AppType"],
            **named,
            "ResourceArn": self._app["_arn"],
            "ResourceName": self._app["AppName"],
            "ExecutionRoleArn": self._role,
        }
        path.write_text(json.dumps(shown))
