"""CreateProcessingJob: inputs from S3, the container's command as a process, outputs back to S3."""

import json
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from botocore.exceptions import ClientError

from . import images, s3, vpc
from .checkpoints import FolderSync
from .cluster import cluster, resource_config
from .control import ApiError, ControlPlane, Record
from .execute import Execution, Outcome, child_environment, localize, python_first
from .failures import LONGEST, processing_failure, read_message
from .isolation import IsolationError, Network, OpenNetwork, isolate
from .jobs import JobError, Jobs, folder
from .logs import LogStream

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
ONE_DAY = 86_400
PROCESSING = "/opt/ml/processing"


def register(plane: ControlPlane) -> None:
    """Run processing jobs in this account."""
    plane.checks("CreateProcessingJob", check)
    plane.checks(
        "CreateProcessingJob",
        lambda params: vpc.check(plane, params.get("NetworkConfig", {}).get("VpcConfig")),
    )
    Jobs(plane, "ProcessingJob", ProcessingRun)


def check(params: Record) -> None:
    """Refuse what AWS refuses, and what this account cannot do as AWS would."""
    application = params["AppSpecification"]
    image = images.find_image(application["ImageUri"], "processing")
    if not image.program and not application.get("ContainerEntrypoint"):
        raise ApiError(
            f"The image {image.repository} needs AppSpecification.ContainerEntrypoint, the command to run."
        )
    if params["ProcessingResources"].get("ClusterConfig", {}).get("InstanceCount", 1) != 1:
        raise ApiError("The local account processes on one instance: set ClusterConfig.InstanceCount to 1.")
    for source in params.get("ProcessingInputs", []):
        check_input(source)
    for output in outputs_of(params):
        if "S3Output" not in output:
            raise ApiError(
                f"The local account writes output {output['OutputName']} to S3 only: give S3Output."
            )
        check_path(output["OutputName"], output["S3Output"].get("LocalPath", ""))


def check_input(source: Record) -> None:
    """Refuse an input that would have to be faked."""
    name = source["InputName"]
    where = source.get("S3Input", {})
    if where.get("S3DataType") != "S3Prefix" or where.get("S3InputMode", "File") != "File":
        raise ApiError(
            f"The local account reads input {name} from an S3Input with S3Prefix and File mode only."
        )
    check_path(name, where.get("LocalPath", ""))


def check_path(name: str, local: str) -> None:
    """A local path lies below /opt/ml/processing, as on AWS."""
    if not (local + "/").startswith(PROCESSING + "/") or ".." in local.split("/"):
        raise ApiError(f"LocalPath of {name} must begin with {PROCESSING}/, but it is {local or 'missing'}.")


def is_isolated(job: Record) -> bool:
    """Must the job run without a network?"""
    return bool(job.get("NetworkConfig", {}).get("EnableNetworkIsolation"))


def outputs_of(job: Record) -> list[Record]:
    """The job's outputs."""
    outputs: list[Record] = job.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return outputs


class ProcessingRun:
    """One processing job from its start to its end."""

    def __init__(self, plane: ControlPlane, job: Record) -> None:
        self._plane, self._job, self._name = plane, job, job["ProcessingJobName"]
        self._s3 = plane.client("s3")
        self._ml = folder(plane, "ProcessingJob") / self._name / "opt" / "ml"
        self._root = self._ml / "processing"
        self._execution = Execution(job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", ONE_DAY))

    # -- the three calls of Jobs -------------------------------------------------------------------------------
    def begin(self) -> None:
        """Nothing to show before the job has started."""

    def stop(self) -> None:
        """StopProcessingJob: SIGTERM, and two minutes to end."""
        self._execution.stop()

    def run(self) -> Record:
        """Do the job; its final status and all that comes with it."""
        started = self._plane.clock.time()
        self._plane.update("ProcessingJob", self._job["_arn"], ProcessingStartTime=started)
        try:
            return self._work()
        except JobError as failure:
            return self._end("Failed", FailureReason=str(failure)[:LONGEST])
        finally:
            shutil.rmtree(self._ml.parents[1], ignore_errors=True)

    # -- the work ----------------------------------------------------------------------------------------------
    def _work(self) -> Record:
        self._write_config()
        self._download_inputs()
        syncs = self._outputs()
        log = LogStream(
            self._plane.client("logs"),
            self._plane.clock,
            LOG_GROUP,
            f"{self._name}/algo-1-{int(self._plane.clock.time())}",
        )
        try:
            outcome = self._run(log)
        finally:
            log.close()
        try:
            for sync in syncs:
                sync.close()
        except ClientError as error:
            raise JobError(f"ClientError: Failed to upload data. {error}") from None
        return self._close(outcome)

    def _run(self, log: LogStream) -> Outcome:
        try:
            network: Network = isolate(log.add) if is_isolated(self._job) else OpenNetwork()
        except IsolationError as error:
            raise JobError(f"ClientError: {error}") from None
        try:
            return self._execution.run(
                self._command(), self._root, self._environment(), log.add, partial(network.start, ml=self._ml)
            )
        except IsolationError as error:
            raise JobError(f"ClientError: {error}") from None
        finally:
            network.close()

    def _write_config(self) -> None:
        config = self._ml / "config"
        config.mkdir(parents=True)
        self._root.mkdir()
        (self._ml / "output").mkdir()
        shown = self._plane.call("DescribeProcessingJob", {"ProcessingJobName": self._name})
        kept = {name: value for name, value in shown.items() if not name.endswith(("Time", "Status"))}
        (config / "processingjobconfig.json").write_text(json.dumps(kept))
        machines = cluster(self._job["ProcessingResources"]["ClusterConfig"])
        (config / "resourceconfig.json").write_text(json.dumps(resource_config(machines, machines[0])))

    def _download_inputs(self) -> None:
        for source in self._job.get("ProcessingInputs", []):
            where = source["S3Input"]
            try:
                s3.download(
                    self._s3,
                    where["S3Uri"],
                    self._here(where["LocalPath"]),
                    self._job["RoleArn"],
                    self._plane.region,
                )
            except (s3.MissingDataError, ClientError, ValueError) as error:
                raise JobError(f"ClientError: Failed to download data. {error}") from None

    def _outputs(self) -> list[FolderSync]:
        syncs = []
        for output in outputs_of(self._job):
            where = output["S3Output"]
            local = self._here(where["LocalPath"])
            local.mkdir(parents=True, exist_ok=True)
            sync = FolderSync(self._s3, local, where["S3Uri"])
            if where["S3UploadMode"] == "Continuous":
                sync.start()
            syncs.append(sync)
        return syncs

    def _command(self) -> Sequence[str]:
        application = self._job["AppSpecification"]
        image = images.find_image(application["ImageUri"], "processing")
        arguments = [localize(word, self._ml) for word in application.get("ContainerArguments", [])]
        if image.program:
            return [sys.executable, "-P", "-m", image.program, *arguments]
        return python_first(
            [localize(word, self._ml) for word in application["ContainerEntrypoint"]] + arguments
        )

    def _environment(self) -> dict[str, str]:
        asked = {name: localize(value, self._ml) for name, value in self._job.get("Environment", {}).items()}
        platform = {
            "PROCESSING_ROOT": str(self._root),
            "PROCESSING_JOB_NAME": self._name,
            "PROCESSING_JOB_ARN": self._job["_arn"],
        }
        if images.find_image(self._job["AppSpecification"]["ImageUri"], "processing").program:
            platform["PYTHONPATH"] = images.OWN_CODE
        return child_environment(self._plane, {**asked, **platform})

    def _close(self, outcome: Outcome) -> Record:
        message = read_message(self._ml / "output" / "message")
        said = {"ExitMessage": message} if message else {}
        if outcome.ending != "exited":
            return self._end("Stopped", **said)
        if outcome.exit_code:
            reason = processing_failure(outcome.exit_code, message)
            return self._end("Failed", FailureReason=reason, **said)
        return self._end("Completed", **said)

    def _here(self, path: str) -> Path:
        return Path(localize(path, self._ml))

    def _end(self, status: str, **more: str) -> Record:
        now = self._plane.clock.time()
        return {"ProcessingJobStatus": status, "ProcessingEndTime": now, "LastModifiedTime": now, **more}
