"""One execution of a monitoring schedule: find the captured data, merge labels, run the analysis, tell how it ended."""

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from .. import images, s3
from ..control import ApiError, ControlPlane, Record
from .definitions import PROCESSING, Definition, baseline_uri, environment
from .windows import HOUR, Window, floor, folders

NOUN = "MonitoringExecution"
MOST_CAPTURE_INPUTS, MOST_LABEL_INPUTS = 6, 4  # a processing job has at most ten inputs
POLL = 0.03
ENDED = ("Completed", "Failed", "Stopped")
CAPTURE, MERGED = "sagemakerCaptureJson", "sagemakerMergeJson"
INDEXES = {"ModelQuality": ["endpointOutput"]}
BOTH = ["endpointInput", "endpointOutput"]


class ExecutionError(Exception):
    """Why an execution failed before or between its jobs; the text is its FailureReason."""


class Execution:
    """The work of one execution, done in a thread of the account."""

    def __init__(self, plane: ControlPlane, definition: Definition, record: Record) -> None:
        self._plane, self._definition, self._record = plane, definition, record
        self._s3 = plane.client("s3")
        self._schedule: str = record["MonitoringScheduleName"]
        self._scheduled = datetime.fromtimestamp(record["ScheduledTime"], UTC)
        start, end = (datetime.fromtimestamp(record[key], UTC) for key in ("_start", "_end"))
        self._window = Window(start, end)

    def run(self) -> Record:
        """Do it all; the changes of the execution's record, its final status among them."""
        try:
            return self._work()
        except (ExecutionError, ApiError) as error:
            return {"MonitoringExecutionStatus": "Failed", "FailureReason": str(error)[:1024]}

    def _work(self) -> Record:
        for flush in self._plane.flushers:
            flush()
        captures = self._captures()
        if self._definition.labels_uri:
            captures = self._merge(captures)
        job = self._start(self._analysis(captures))
        self._note(job)
        return ending(self._wait(job))

    # -- the data --------------------------------------------------------------------------------------------------
    def _captures(self) -> list[Record]:
        """The captured data of the window as processing inputs, hour by hour where they are few."""
        endpoint = self._plane.call("DescribeEndpoint", {"EndpointName": self._definition.endpoint})
        capture = endpoint.get("DataCaptureConfig")
        if not capture:
            raise ExecutionError(f"Data capture is not enabled for endpoint {self._definition.endpoint}.")
        root = s3.join(capture["DestinationS3Uri"], self._definition.endpoint)
        variants = [variant["VariantName"] for variant in endpoint.get("ProductionVariants", [])]
        local = s3_like(self._definition.source["LocalPath"], self._definition.endpoint)
        found = [
            (f"{local}/{variant}", s3.join(root, variant), hour)
            for variant in variants
            for hour in self._window.hours()
            if self._holds(s3.join(root, variant, f"{hour:%Y/%m/%d/%H}"))
        ]
        if not found:
            raise ExecutionError(no_data(f"{root}/<variant>", self._window))
        most = max(1, MOST_CAPTURE_INPUTS // len({there for _, there, _ in found}))
        places = {
            (here, there, folder)
            for here, there in {(here, there) for here, there, _ in found}
            for folder in folders([hour for h, t, hour in found if (h, t) == (here, there)], most)
        }
        return [
            source(f"endpoint_input_{number}", s3.join(there, folder), f"{here}/{folder}")
            for number, (here, there, folder) in enumerate(sorted(places), start=1)
        ]

    def _labels(self) -> list[Record]:
        """The labels that arrived since the window began, as processing inputs."""
        root = str(self._definition.labels_uri)
        arrived = Window(self._window.start, max(self._window.end, floor(self._scheduled) + HOUR))
        hours = [hour for hour in arrived.hours() if self._holds(s3.join(root, f"{hour:%Y/%m/%d/%H}"))]
        if not hours:
            raise ExecutionError(no_data(root, arrived))
        return [
            source(f"groundtruth_input_{number}", s3.join(root, folder), f"{PROCESSING}/groundtruth/{folder}")
            for number, folder in enumerate(folders(hours, MOST_LABEL_INPUTS), start=1)
        ]

    def _holds(self, uri: str) -> bool:
        where = s3.split(uri + "/")
        return "Contents" in self._s3.list_objects_v2(Bucket=where.bucket, Prefix=where.key, MaxKeys=1)

    # -- the jobs --------------------------------------------------------------------------------------------------
    def _merge(self, captures: list[Record]) -> list[Record]:
        """Join captures with labels by a job of its own; what it wrote is the input of the analysis."""
        uri = s3.join(self._definition.output["S3Uri"], "merge", *self._place())
        local = self._definition.source["LocalPath"]
        told = {
            "dataset_source": local,
            "ground_truth_source": f"{PROCESSING}/groundtruth",
            "output_path": f"{PROCESSING}/output",
            "start_time": moment(self._window.start),
            "end_time": moment(self._window.end),
        }
        request = self._request(
            "groundtruth-merge", images.uri("groundtruth-merger"), told, uri, f"{PROCESSING}/output"
        )
        request["ProcessingInputs"] = [*captures, *self._labels()]
        job = self._start(request)
        self._note(job)
        told_of_merge = self._wait(job)
        if told_of_merge["ProcessingJobStatus"] != "Completed":
            raise ExecutionError(
                told_of_merge.get("FailureReason", "The ground truth merge job was stopped.")
            )
        return [source("endpoint_input_1", uri, local)]

    def _analysis(self, captures: list[Record]) -> Record:
        definition, output = self._definition, self._definition.output
        layout = MERGED if definition.labels_uri else CAPTURE
        indexes = INDEXES.get(definition.type, BOTH)
        baselines = self._baselines()
        told = {
            "dataset_format": json.dumps({layout: {"captureIndexNames": indexes}}, separators=(",", ":")),
            "dataset_source": definition.source["LocalPath"],
            "output_path": output["LocalPath"],
            "publish_cloudwatch_metrics": "Enabled",
            "sagemaker_endpoint_name": definition.endpoint,
            "sagemaker_monitoring_schedule_name": self._schedule,
            "start_time": moment(self._window.start),
            "end_time": moment(self._window.end),
            "metric_time": moment(self._window.start),
            **environment(definition),
            **{f"baseline_{name}": path for name, (_, path) in baselines.items()},
            **definition.environment,
        }
        uri = s3.join(output["S3Uri"], *self._place())
        request = self._request(
            definition.kind.job_prefix, definition.application["ImageUri"], told, uri, output["LocalPath"]
        )
        files = [source(name, where, path.rpartition("/")[0]) for name, (where, path) in baselines.items()]
        if "ConfigUri" in definition.application:
            config = definition.application["ConfigUri"]
            files.append(source("analysis_config", config, f"{PROCESSING}/input/analysis_config"))
        request["ProcessingInputs"] = [*captures, *files]
        return request

    def _baselines(self) -> dict[str, tuple[str, str]]:
        """Baseline files by name: where each lies in S3, and where the container finds it."""
        wanted = {
            "constraints": ("ConstraintsResource", self._definition.kind.baseline_file),
            "statistics": ("StatisticsResource", "statistics.json"),
        }
        if self._definition.type != "DataQuality":
            del wanted["statistics"]
        uris = {name: baseline_uri(self._plane, self._definition, *where) for name, where in wanted.items()}
        return {
            name: (uri, f"{PROCESSING}/baseline/{name}/{uri.rpartition('/')[2]}")
            for name, uri in uris.items()
            if uri
        }

    def _place(self) -> list[str]:
        """Where below its output an execution writes: endpoint, schedule and the scheduled hour."""
        return [self._definition.endpoint, self._schedule, f"{self._scheduled:%Y/%m/%d/%H}"]

    def _request(self, prefix: str, image: str, told: dict[str, str], uri: str, local: str) -> Record:
        """A CreateProcessingJob request but for its inputs."""
        name = f"{prefix}-{self._scheduled:%Y%m%d%H%M}-{uuid.uuid4().hex[: 62 - len(prefix) - 13]}"[:63]
        target = {"S3Uri": uri, "LocalPath": local, "S3UploadMode": "EndOfJob"}
        return {
            "ProcessingJobName": name,
            "AppSpecification": {"ImageUri": image},
            "Environment": told,
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "result", "S3Output": target}]},
            "ProcessingResources": self._definition.resources,
            "RoleArn": self._definition.role,
            "StoppingCondition": {"MaxRuntimeInSeconds": self._definition.limit},
        }

    def _start(self, request: Record) -> str:
        arn: str = self._plane.call("CreateProcessingJob", request)["ProcessingJobArn"]
        schedule = self._plane.arn("MonitoringSchedule", self._schedule)
        self._plane.update("ProcessingJob", arn, MonitoringScheduleArn=schedule)
        return arn

    def _note(self, job: str) -> None:
        now = self._plane.clock.time()
        changes = {
            "ProcessingJobArn": job,
            "MonitoringExecutionStatus": "InProgress",
            "LastModifiedTime": now,
        }
        self._plane.store.update(NOUN, self._record["_arn"], changes)

    def _wait(self, job: str) -> Record:
        while True:
            told = self._plane.find("ProcessingJob", job)
            if told["ProcessingJobStatus"] in ENDED:
                return told
            time.sleep(POLL)


def ending(job: Record) -> Record:
    """How the execution ended, told by its analysis job."""
    status = job["ProcessingJobStatus"]
    if status == "Completed" and job.get("ExitMessage", "").startswith("CompletedWithViolations"):
        status = "CompletedWithViolations"
    reason = {"FailureReason": job["FailureReason"]} if job.get("FailureReason") else {}
    return {"MonitoringExecutionStatus": status, **reason}


def no_data(root: str, looked_at: Window) -> str:
    """What AWS says of a window without data, with the places that were looked at."""
    hours = list(looked_at.hours())
    first, last = (f"{root}/{hour:%Y/%m/%d/%H}" for hour in (hours[0], hours[-1]))
    places = f'"{first}"' if first == last else f'"{first}" to "{last}"'
    return f"Job inputs had no data: No S3 objects found under S3 URL {places}."


def source(name: str, uri: str, local: str) -> Record:
    """A processing input of every object under a prefix."""
    where: dict[str, Any] = {
        "S3Uri": uri,
        "LocalPath": local,
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    return {"InputName": name, "S3Input": where}


def s3_like(*parts: str) -> str:
    """Path parts with one slash between each."""
    return "/".join(part.rstrip("/") for part in parts)


def moment(when: datetime) -> str:
    """A time as the containers are told it."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
