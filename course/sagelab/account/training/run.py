"""One training job: data from S3, the script as processes, the model back to S3, and the record of it all."""

import math
import threading
import time

from botocore.exceptions import ClientError

from .. import images, s3
from ..algorithm_metrics import definitions
from ..cluster import cluster
from ..control import ControlPlane, Record
from ..execute import Ending
from ..failures import LONGEST
from ..isolation import IsolationError, Network, OpenNetwork, isolate
from ..jobs import JobError, folder
from ..metrics import LogMetrics, compile_definitions
from .attempt import Attempt
from .checks import ONE_DAY
from .instance import Instance
from .progress import Progress
from .spot import SpotMarket
from .warm import WarmPools


class TrainingRun:
    """One training job from Starting to its end."""

    def __init__(self, plane: ControlPlane, job: Record, spot: SpotMarket, pools: WarmPools) -> None:
        self._plane, self._job, self._name = plane, job, job["TrainingJobName"]
        self._spot, self._pools = spot, pools
        self._home = folder(plane, "TrainingJob") / self._name
        self._progress = Progress(plane, job["_arn"])
        stopping = job.get("StoppingCondition", {})
        self._limit: float = stopping.get("MaxRuntimeInSeconds", ONE_DAY)
        self._wait_until: float = job["CreationTime"] + stopping.get("MaxWaitTimeInSeconds", math.inf)
        self._is_spot = bool(job.get("EnableManagedSpotTraining"))
        self._metrics = LogMetrics(compile_definitions(self._definitions()))
        self._attempt: Attempt | None = None
        self._stopped = threading.Event()
        self._seconds = 0.0

    # -- the three calls of Jobs -------------------------------------------------------------------------------
    def begin(self) -> None:
        """The job is InProgress, Starting; a built-in algorithm's job shows the metrics that it will have."""
        algorithm = self._job["AlgorithmSpecification"]
        if known := self._definitions():
            self._job["AlgorithmSpecification"] = {**algorithm, "MetricDefinitions": known}
            changes = {"AlgorithmSpecification": self._job["AlgorithmSpecification"]}
            self._plane.update("TrainingJob", self._job["_arn"], **changes)
        self._pools.begin(self._job)
        self._progress.step("Starting")
        if self._is_spot:
            self._spot.enter(self._name, self)

    def stop(self) -> None:
        """StopTrainingJob: SIGTERM, and two minutes to save."""
        self._progress.step("Stopping")
        self._stopped.set()
        self._spot.notify()
        if attempt := self._attempt:
            attempt.end("stopped")

    def run(self) -> Record:
        """Do the job; its final status and all that comes with it."""
        try:
            return self._work()
        except JobError as failure:
            return self._end("Failed", FailureReason=str(failure)[:LONGEST])
        finally:
            self._spot.leave(self._name)
            if self._attempt:
                self._attempt.clear()

    def _definitions(self) -> list[Record]:
        algorithm = self._job["AlgorithmSpecification"]
        image = images.find_image(algorithm["TrainingImage"], "training")
        if image.is_algorithm(self._job.get("HyperParameters", {})):
            return definitions(image.name)
        given: list[Record] = algorithm.get("MetricDefinitions", [])
        return given

    # -- spot capacity -----------------------------------------------------------------------------------------
    def interrupt(self) -> bool:
        """Take the machines away, as AWS may do with spot capacity; False where none are at work."""
        attempt = self._attempt
        if attempt is None or self._progress.status not in ("Downloading", "Training"):
            return False
        attempt.end("interrupted")
        return True

    def _has_capacity(self) -> bool:
        """Wait for spot capacity, where the job is a spot job; False where it never came."""
        return not self._is_spot or self._spot.wait(self._wait_until, self._stopped)

    # -- the work ----------------------------------------------------------------------------------------------
    def _work(self) -> Record:
        while self._has_capacity():
            ending = self._try_once()
            if ending != "interrupted":
                return self._close(ending)
            self._progress.step("Interrupted")
            if self._attempt:
                self._attempt.clear()
            self._progress.step("Starting")
        self._progress.step("Stopping")
        waited = not self._stopped.is_set()
        return self._end("Stopped", "MaxWaitTimeExceeded" if waited else "")

    def _try_once(self) -> Ending:
        """One attempt; how it ended."""
        started = time.monotonic()
        pool = self._pools.claim(self._job)
        machines = pool.machines if pool else cluster(self._job.get("ResourceConfig", {}))
        attempt = self._attempt = Attempt(self._plane, self._job, machines, self._home)
        if self._stopped.is_set():
            attempt.end("stopped")
        first = {} if "TrainingStartTime" in self._job else {"TrainingStartTime": self._plane.clock.time()}
        self._job |= first
        self._progress.step("Downloading", **first)
        network: Network | None = pool.network if pool else None
        try:
            attempt.download()
            if pool:
                pool.return_caches(attempt.instances)
            attempt.prepare(self._remaining())
            network = network or self._network(attempt.instances[0])
            self._progress.step("Training")
            warm = pool.processes if pool else [None] * len(machines)
            return attempt.run(network, warm, self._on_line)
        finally:
            attempt.close()
            self._metrics.send(self._plane.client("cloudwatch"), self._name)
            self._seconds += time.monotonic() - started
            self._pools.retain(self._job, machines, network, attempt.instances)

    def _network(self, first: Instance) -> Network:
        if not self._job.get("EnableNetworkIsolation"):
            return OpenNetwork()
        try:
            return isolate(first.log.add)
        except IsolationError as error:
            raise JobError(f"ClientError: {error}") from None

    def _remaining(self) -> float:
        """Seconds that the job may still run: until MaxRuntime, or until MaxWaitTime is over."""
        return max(0.0, min(self._limit - self._seconds, self._wait_until - self._plane.clock.time()))

    def _on_line(self, line: str) -> None:
        for name, value in self._metrics.read(line, self._plane.clock.time()):
            for listen in self._plane.metric_listeners:
                listen(self._job["_arn"], name, value)

    # -- the end -----------------------------------------------------------------------------------------------
    def _close(self, ending: Ending) -> Record:
        """Upload what the script left; the record of an end that is no failure."""
        if ending == "exited":
            self._progress.step("Uploading")
        try:
            artifacts: Record = {"ModelArtifacts": {"S3ModelArtifacts": self._upload()}}
        except ClientError as error:
            raise JobError(f"ClientError: Artifact upload failed:{error}") from None
        if ending == "timed out":
            waited = self._plane.clock.time() >= self._wait_until
            secondary = "MaxWaitTimeExceeded" if waited else "MaxRuntimeExceeded"
            return self._end("Stopped", secondary, **artifacts)
        return self._end("Completed" if ending == "exited" else "Stopped", **artifacts)

    def _upload(self) -> str:
        """Upload /opt/ml/model and /opt/ml/output/data where they hold anything; the model's URI."""
        config = self._job["OutputDataConfig"]
        output = s3.join(config["S3OutputPath"], self._name, "output")
        packed = config.get("CompressionType", "GZIP") == "GZIP"
        names = ("model.tar.gz", "output.tar.gz") if packed else ("model/", "data/")
        client = self._plane.client("s3")
        if self._attempt:
            left = self._attempt.gather().folder
            for kept, name in zip((left.model, left.output_data), names, strict=True):
                if any(kept.iterdir()):
                    (s3.upload_tar if packed else s3.upload)(client, kept, f"{output}/{name}")
        return f"{output}/{names[0]}"

    def _end(self, status: str, secondary: str = "", **more: object) -> Record:
        times: Record = {}
        if self._seconds:
            seconds = max(1, math.ceil(self._seconds))
            billed = max(1, math.ceil(self._seconds * self._spot.price)) if self._is_spot else seconds
            times = {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": billed}
        return {
            **self._progress.end(status, secondary),
            "FinalMetricDataList": self._metrics.final() or None,
            **times,
            **self._pools.status(self._job),
            **more,
        }
