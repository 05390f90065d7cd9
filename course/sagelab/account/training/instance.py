"""One machine of a training job: its /opt/ml, its data, its code, and the process that runs the script."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .. import images, s3
from ..checkpoints import FolderSync
from ..cluster import Machine, names, resource_config
from ..control import ControlPlane, Record
from ..execute import Ending, Execution, Outcome, child_environment, localize, python_first
from ..failures import Tail, processing_failure, read_message, script_failure
from ..isolation import IsolationError, Network, can_show_ml
from ..jobs import JobError
from ..logs import LogStream
from ..script_mode import SAFE_PROGRAM, ScriptMode
from ..training_folder import TrainingFolder
from .warmed_process import WarmProcess, imported

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
WARM_CACHE = "/opt/ml/sagemaker/warmpoolcache"


class Instance:
    """What one machine does in one attempt at a job."""

    def __init__(
        self, plane: ControlPlane, job: Record, machines: Sequence[Machine], here: Machine, home: Path
    ) -> None:
        self._plane, self._job, self._machines, self._here = plane, job, machines, here
        self._s3: Any = plane.client("s3")
        self._home, self.label = home, here.label
        self.folder = TrainingFolder(home / "opt" / "ml")
        algorithm = job["AlgorithmSpecification"]
        self._image = images.find_image(algorithm["TrainingImage"], "training")
        self.log = LogStream(
            plane.client("logs"),
            plane.clock,
            LOG_GROUP,
            f"{job['TrainingJobName']}/{here.label}-{int(plane.clock.time())}",
        )
        self._tail = Tail()
        self._command: Sequence[str] = ()
        self._checkpoints: FolderSync | None = None
        self._execution = Execution(0)
        self.outcome = Outcome(0, "exited", 0.0)

    # -- before ------------------------------------------------------------------------------------------------
    def download(self) -> None:
        """Make /opt/ml and bring the channels; JobError where the data cannot be had."""
        self.folder.make()
        for channel in self._channels():
            source = channel["DataSource"]["S3DataSource"]
            sharing = [m for m in self._machines if is_for(channel, m)]
            share = (sharing.index(self._here), len(sharing)) if is_sharded(channel) else (0, 1)
            folder = self.folder.data / channel["ChannelName"]
            try:
                s3.download(
                    self._s3, source["S3Uri"], folder, self._job["RoleArn"], self._plane.region, share=share
                )
            except (s3.MissingDataError, ClientError, ValueError) as error:
                raise JobError(f"ClientError: Data download failed:{error}") from None

    def prepare(self, limit: float) -> None:
        """Write the config files, fetch code and checkpoints; what is left is to run the command."""
        self._script = script = self._script_mode()
        self._execution = Execution(limit)
        script.write_config()
        if checkpoints := self._job.get("CheckpointConfig"):
            path = localize(checkpoints.get("LocalPath", "/opt/ml/checkpoints"), self.folder.ml)
            config = json.dumps({**checkpoints, "LocalPath": path})
            (self.folder.config / "checkpointconfig.json").write_text(config)
        self._fetch_code(script.source)
        if (self.folder.code / "requirements.txt").exists():
            self.log.add(
                "requirements.txt is not installed: the local account runs scripts with the course's own packages."
            )
        self._checkpoints = self._restored()
        self._command = self._find_command(script)

    def _channels(self) -> list[Record]:
        return [c for c in self._job.get("InputDataConfig", []) if is_for(c, self._here)]

    def _script_mode(self) -> ScriptMode:
        algorithm = self._job["AlgorithmSpecification"]
        mode = algorithm.get("TrainingInputMode", "File")
        return ScriptMode(
            folder=self.folder,
            job_name=self._job["TrainingJobName"],
            hyperparameters=self._job.get("HyperParameters", {}),
            channels={c["ChannelName"]: {"InputMode": mode, **c} for c in self._channels()},
            resources=resource_config(self._machines, self._here),
            training_module=self._image.training_module,
        )

    def _restored(self) -> FolderSync | None:
        config = self._job.get("CheckpointConfig")
        if not config:
            return None
        local = localize(config.get("LocalPath", "/opt/ml/checkpoints"), self.folder.ml)
        sync = FolderSync(self._s3, Path(local), config["S3Uri"])
        try:
            sync.restore()
        except ClientError as error:
            raise JobError(f"ClientError: Checkpoints cannot be read: {error}") from None
        sync.start()
        return sync

    def _fetch_code(self, source: str) -> None:
        if not source.startswith("s3://"):
            return
        try:
            s3.unpack(self._s3, source, self.folder.code)
        except (ClientError, s3.BadArchiveError, ValueError) as error:
            raise JobError(f"AlgorithmError: framework error: \n{error} ({source}), exit code: 1") from None

    def _find_command(self, script: ScriptMode) -> Sequence[str]:
        algorithm = self._job["AlgorithmSpecification"]
        if entrypoint := algorithm.get("ContainerEntrypoint"):
            words = [*entrypoint, *algorithm.get("ContainerArguments", [])]
            return python_first([localize(word, self.folder.ml) for word in words])
        if self._image.is_algorithm(script.hyperparameters):
            return self._image.algorithm_command
        if not SAFE_PROGRAM.fullmatch(script.program):
            raise JobError(
                f"AlgorithmError: ClientError: The training entry point {script.program!r} is no script in the source "
                "archive. Set the 'sagemaker_program' hyperparameter to its name, for example 'train.py', exit code: 1"
            )
        if not script.program.endswith(".py") and (self.folder.code / script.program).is_file():
            (self.folder.code / script.program).chmod(0o755)
        return script.command

    # -- the process -------------------------------------------------------------------------------------------
    def run(self, network: Network, warm: WarmProcess | None, on_line: Callable[[str], None]) -> None:
        """Run the command to its end; `outcome` tells it."""

        def heard(line: str) -> None:
            self.log.add(line)
            self._tail.add(line)
            on_line(line)

        def start(*args: Any, **popen: Any) -> Any:
            if warm is not None and not self._needs_opt_ml() and (process := warm.give(*args)):
                return process
            known = names(self._machines, self._here, self._home)
            return network.start(*args, names=known, ml=self.folder.ml, **popen)

        try:
            self.outcome = self._execution.run(
                self._command, self.folder.code, self._environment(), heard, start
            )
        except IsolationError as error:
            raise JobError(f"ClientError: {error}") from None

    def _needs_opt_ml(self) -> bool:
        """Does the code name /opt/ml? A process that was started before its job cannot show the job's folder there."""
        scripts = self.folder.code.rglob("*.py")
        return can_show_ml() and any(b"/opt/ml" in path.read_bytes() for path in scripts)

    def end(self, why: Ending) -> None:
        """Ask the process to end."""
        self._execution.end(why)

    def _environment(self) -> dict[str, str]:
        asked = {n: localize(value, self.folder.ml) for n, value in self._job.get("Environment", {}).items()}
        platform = {
            "TRAINING_JOB_NAME": self._job["TrainingJobName"],
            "TRAINING_JOB_ARN": self._job["_arn"],
            "SAGEMAKER_JOB_NAME": self._job["TrainingJobName"],
            "SAGEMAKER_REGION": self._plane.region,
            "CURRENT_HOST": self._here.name,
        }
        if self._job.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds"):
            cache = Path(localize(WARM_CACHE, self.folder.ml))
            cache.mkdir(parents=True, exist_ok=True)
            platform["SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"] = str(cache)
        if self._image.is_algorithm(self._script.hyperparameters):
            platform["PYTHONPATH"] = images.OWN_CODE
        script = self._script
        return child_environment(
            self._plane, {**asked, **platform, **script.variables(), **script.rendezvous()}
        )

    # -- afterwards --------------------------------------------------------------------------------------------
    @property
    def failed(self) -> bool:
        """Did the script end by itself, and badly?"""
        return self.outcome.ending == "exited" and self.outcome.exit_code != 0

    @property
    def failure(self) -> str:
        """Why the script failed, in AWS's words."""
        if self._image.is_algorithm(self._job.get("HyperParameters", {})):
            return processing_failure(self.outcome.exit_code, read_message(self.folder.failure))
        return script_failure(self.outcome.exit_code, self._tail.error, self._command, self.folder.failure)

    def imports(self) -> list[str]:
        """The modules that the next script will most likely want."""
        if self._image.is_algorithm(self._job.get("HyperParameters", {})):
            return imported([self._image.algorithm_source])
        return imported(sorted(self.folder.code.rglob("*.py")))

    def close(self) -> None:
        """Send the last of the log and of the checkpoints."""
        self.log.close()
        if self._checkpoints:
            self._checkpoints.close()

    def clear(self) -> None:
        """Forget the machine's folder."""
        shutil.rmtree(self._home, ignore_errors=True)


def is_for(channel: Record, machine: Machine) -> bool:
    """Does a channel go to this machine's instance group?"""
    groups = channel["DataSource"]["S3DataSource"].get("InstanceGroupNames")
    return not groups or machine.group in groups


def is_sharded(channel: Record) -> bool:
    """Does each machine get its own part of a channel?"""
    return bool(channel["DataSource"]["S3DataSource"].get("S3DataDistributionType") == "ShardedByS3Key")
