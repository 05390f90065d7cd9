"""CreateTrainingJob: data from S3, the script as a process, the model back to S3."""

import math
import re
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import ClientError

from . import images, s3
from .checkpoints import FolderSync
from .control import ApiError, ControlPlane, Record
from .execute import Execution, Outcome, child_environment, localize, python_first
from .failures import LONGEST, Tail, script_failure
from .jobs import JobError, Jobs, folder
from .logs import LogStream
from .metrics import LogMetrics, compile_definitions
from .script_mode import ScriptMode, TrainingFolder

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
ONE_DAY = 86_400
SAFE_PROGRAM = re.compile(r"(?!-)(?!.*(^|/)\.\.?(/|$))[\w.+-][\w.+/-]*")
MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}


def register(plane: ControlPlane) -> None:
    """Run training jobs in this account."""
    plane.checks("CreateTrainingJob", check)
    Jobs(plane, "TrainingJob", TrainingRun)


def check(params: Record) -> None:
    """Refuse what AWS refuses, and what this account cannot do as AWS would."""
    algorithm = params.get("AlgorithmSpecification", {})
    if "TrainingImage" not in algorithm:
        raise ApiError("The local account runs container images: give AlgorithmSpecification.TrainingImage.")
    images.find_image(algorithm["TrainingImage"], "training")
    compile_definitions(algorithm.get("MetricDefinitions", []))
    resources = params.get("ResourceConfig", {})
    if resources.get("InstanceCount", 1) != 1 or resources.get("InstanceGroups"):
        raise ApiError("The local account trains on one instance: set ResourceConfig.InstanceCount to 1.")
    for channel in params.get("InputDataConfig", []):
        check_channel(channel, channel.get("InputMode", algorithm.get("TrainingInputMode", "File")))
    check_waiting(params)
    local = params.get("CheckpointConfig", {}).get("LocalPath", "/opt/ml/checkpoints")
    if not local.startswith("/opt/ml/"):
        raise ApiError(f"The local account keeps checkpoints below /opt/ml; LocalPath is {local}.")


def check_channel(channel: Record, mode: str) -> None:
    """Refuse a channel that would have to be faked."""
    name = channel["ChannelName"]
    source = channel["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] != "S3Prefix":
        raise ApiError(
            f"The local account reads channel {name} from an S3DataSource with S3DataType S3Prefix only."
        )
    if mode == "Pipe":
        raise ApiError(f"The local account has no Pipe mode; give channel {name} InputMode File or FastFile.")


def check_waiting(params: Record) -> None:
    """A spot job waits at least as long as it may run."""
    stopping = params.get("StoppingCondition", {})
    if params.get("EnableManagedSpotTraining") and stopping.get("MaxWaitTimeInSeconds", 0) < stopping.get(
        "MaxRuntimeInSeconds", ONE_DAY
    ):
        raise ApiError(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )


class TrainingRun:
    """One training job from Starting to its end."""

    def __init__(self, plane: ControlPlane, job: Record) -> None:
        self._plane, self._job, self._name = plane, job, job["TrainingJobName"]
        self._s3 = plane.client("s3")
        self._folder = TrainingFolder(folder(plane, "TrainingJob") / self._name / "opt" / "ml")
        limit = job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", ONE_DAY)
        self._execution = Execution(limit)
        self._lock = threading.Lock()
        self._steps: list[Record] = []
        self._metrics = LogMetrics(
            compile_definitions(job["AlgorithmSpecification"].get("MetricDefinitions", []))
        )
        self._started = time.monotonic()

    # -- the three calls of Jobs -------------------------------------------------------------------------------
    def begin(self) -> None:
        """The job is InProgress, Starting."""
        self._step("Starting")

    def stop(self) -> None:
        """StopTrainingJob: SIGTERM, and two minutes to save."""
        self._step("Stopping")
        self._execution.stop()

    def run(self) -> Record:
        """Do the job; its final status and all that comes with it."""
        try:
            return self._work()
        except JobError as failure:
            return self._end("Failed", FailureReason=str(failure)[:LONGEST])
        finally:
            shutil.rmtree(self._folder.ml.parents[1], ignore_errors=True)

    # -- the work ----------------------------------------------------------------------------------------------
    def _work(self) -> Record:
        self._started = time.monotonic()
        self._step("Downloading", TrainingStartTime=self._plane.clock.time())
        self._folder.make()
        self._download_channels()
        script = self._script()
        log = LogStream(
            self._plane.client("logs"),
            self._plane.clock,
            LOG_GROUP,
            f"{self._name}/algo-1-{int(self._plane.clock.time())}",
        )
        checkpoints = self._checkpoints()
        try:
            command = self._prepare(script, log)
            self._step("Training")
            outcome, tail = self._execute(command, script, log)
        finally:
            log.close()
            if checkpoints:
                checkpoints.close()
        self._metrics.send(self._plane.client("cloudwatch"), self._name)
        if outcome.ending == "exited" and outcome.exit_code:
            raise JobError(script_failure(outcome.exit_code, tail.error, command, self._folder.failure))
        return self._close(outcome)

    def _download_channels(self) -> None:
        for channel in self._job.get("InputDataConfig", []):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            folder = self._folder.data / channel["ChannelName"]
            try:
                s3.download(self._s3, uri, folder, self._job["RoleArn"], self._plane.region)
            except (s3.MissingDataError, ClientError, ValueError) as error:
                raise JobError(f"ClientError: Data download failed:{error}") from None

    def _script(self) -> ScriptMode:
        algorithm = self._job["AlgorithmSpecification"]
        mode = algorithm.get("TrainingInputMode", "File")
        return ScriptMode(
            folder=self._folder,
            job_name=self._name,
            hyperparameters=self._job.get("HyperParameters", {}),
            channels={
                c["ChannelName"]: {"InputMode": mode, **c} for c in self._job.get("InputDataConfig", [])
            },
            instance_type=self._job.get("ResourceConfig", {}).get("InstanceType", "ml.m5.large"),
            training_module=images.find_image(algorithm["TrainingImage"], "training").training_module,
        )

    def _checkpoints(self) -> FolderSync | None:
        config = self._job.get("CheckpointConfig")
        if not config:
            return None
        local = localize(config.get("LocalPath", "/opt/ml/checkpoints"), self._folder.ml)
        sync = FolderSync(self._s3, Path(local), config["S3Uri"])
        try:
            sync.restore()
        except ClientError as error:
            raise JobError(f"ClientError: Checkpoints cannot be read: {error}") from None
        sync.start()
        return sync

    def _prepare(self, script: ScriptMode, log: LogStream) -> Sequence[str]:
        """Write the config files, fetch the code; the command to run."""
        script.write_config()
        self._fetch_code(script.source)
        if (self._folder.code / "requirements.txt").exists():
            log.add(
                "requirements.txt is not installed: the local account runs scripts with the course's own packages."
            )
        algorithm = self._job["AlgorithmSpecification"]
        if entrypoint := algorithm.get("ContainerEntrypoint"):
            words = [*entrypoint, *algorithm.get("ContainerArguments", [])]
            return python_first([localize(word, self._folder.ml) for word in words])
        if not SAFE_PROGRAM.fullmatch(script.program):
            raise JobError(
                f"AlgorithmError: ClientError: The training entry point {script.program!r} is no script in the source "
                "archive. Set the 'sagemaker_program' hyperparameter to its name, for example 'train.py', exit code: 1"
            )
        if not script.program.endswith(".py") and (self._folder.code / script.program).is_file():
            (self._folder.code / script.program).chmod(0o755)
        return script.command

    def _fetch_code(self, source: str) -> None:
        if not source.startswith("s3://"):
            return
        try:
            s3.unpack(self._s3, source, self._folder.code)
        except (ClientError, s3.BadArchiveError, ValueError) as error:
            raise JobError(f"AlgorithmError: framework error: \n{error} ({source}), exit code: 1") from None

    def _execute(self, command: Sequence[str], script: ScriptMode, log: LogStream) -> tuple[Outcome, Tail]:
        tail = Tail()

        def on_line(line: str) -> None:
            log.add(line)
            tail.add(line)
            for name, value in self._metrics.read(line, self._plane.clock.time()):
                for listen in self._plane.metric_listeners:
                    listen(self._job["_arn"], name, value)

        asked = {
            name: localize(value, self._folder.ml) for name, value in self._job.get("Environment", {}).items()
        }
        platform = {
            "TRAINING_JOB_NAME": self._name,
            "TRAINING_JOB_ARN": self._job["_arn"],
            "SAGEMAKER_JOB_NAME": self._name,
            "SAGEMAKER_REGION": self._plane.region,
            "CURRENT_HOST": "algo-1",
        }
        env = child_environment(self._plane, {**asked, **platform, **script.variables()})
        return self._execution.run(command, self._folder.code, env, on_line), tail

    def _close(self, outcome: Outcome) -> Record:
        """Upload what the script left; the record of an end that is no failure."""
        if outcome.ending == "exited":
            self._step("Uploading")
        try:
            artifacts: Record = {"ModelArtifacts": {"S3ModelArtifacts": self._upload()}}
        except ClientError as error:
            raise JobError(f"ClientError: Artifact upload failed:{error}") from None
        if outcome.ending == "timed out":
            return self._end("Stopped", secondary="MaxRuntimeExceeded", **artifacts)
        return self._end("Completed" if outcome.ending == "exited" else "Stopped", **artifacts)

    def _upload(self) -> str:
        """Upload /opt/ml/model and /opt/ml/output/data where they hold anything; the model's URI."""
        config = self._job["OutputDataConfig"]
        output = s3.join(config["S3OutputPath"], self._name, "output")
        packed = config.get("CompressionType", "GZIP") == "GZIP"
        names = ("model.tar.gz", "output.tar.gz") if packed else ("model/", "data/")
        for kept, name in zip((self._folder.model, self._folder.output_data), names, strict=True):
            if any(kept.iterdir()):
                (s3.upload_tar if packed else s3.upload)(self._s3, kept, f"{output}/{name}")
        return f"{output}/{names[0]}"

    # -- the record --------------------------------------------------------------------------------------------
    def _step(self, status: str, **more: object) -> None:
        now = self._plane.clock.time()
        with self._lock:
            if self._steps and self._steps[-1]["Status"] == "Stopping":
                return  # the work goes on for a moment, the record does not go back
            self._enter(status, now)
            changes = {"SecondaryStatus": status, "SecondaryStatusTransitions": self._steps, **more}
            self._plane.update("TrainingJob", self._job["_arn"], LastModifiedTime=now, **changes)

    def _enter(self, status: str, now: float) -> None:
        for step in self._steps[-1:]:
            step.setdefault("EndTime", now)
        self._steps.append({"Status": status, "StartTime": now, "StatusMessage": MESSAGES[status]})

    def _end(self, status: str, secondary: str = "", **more: object) -> Record:
        now = self._plane.clock.time()
        self._enter(secondary or status, now)
        self._steps[-1]["EndTime"] = now
        seconds = max(1, math.ceil(time.monotonic() - self._started))
        return {
            "TrainingJobStatus": status,
            "SecondaryStatus": secondary or status,
            "SecondaryStatusTransitions": self._steps,
            "FinalMetricDataList": self._metrics.final() or None,
            "TrainingEndTime": now,
            "LastModifiedTime": now,
            "TrainingTimeInSeconds": seconds,
            "BillableTimeInSeconds": seconds,
            **more,
        }
