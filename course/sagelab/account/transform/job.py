"""One transform job: the model's processes come up, each object goes through in mini-batches, `.out` comes back."""

import gzip
import json
import shutil
import threading
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .. import s3
from ..control import ControlPlane, Record
from ..failures import LONGEST
from ..jobs import JobError, folder
from ..logs import LogStream
from ..worker import ModelError, StartError
from .association import Association, AssociationError
from .chain import Chain
from .checks import DEFAULT_MEGABYTES
from .records import BadRecordError, mini_batches
from .sources import Source, sources

LOG_GROUP = "/aws/sagemaker/TransformJobs"
MEGABYTE = 1024 * 1024
SEE_LOGS = "See job logs for more information"
STRATEGIES = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}  # as containers are told them
DEFAULT_TIMEOUT, DEFAULT_RETRIES = 600, 3


class FileFailedError(Exception):
    """One object could not be transformed; the text goes to the job's log, `reason` into its record."""

    def __init__(self, message: str, fault: str = "ClientError") -> None:
        super().__init__(message)
        self.reason = f"{fault}: {SEE_LOGS}"


class TransformRun:
    """One transform job from its start to its end."""

    def __init__(self, plane: ControlPlane, job: Record) -> None:
        self._plane, self._job, self._name = plane, job, job["TransformJobName"]
        self._s3 = plane.client("s3")
        self._model = plane.find("Model", job["ModelName"])
        self._folder = folder(plane, "TransformJob") / self._name
        self._stopped = threading.Event()
        self._instances: list[Chain] = []
        self._failures: list[str] = []
        moment = plane.clock.now()
        self._hour = f"{moment:%Y/%m/%d/%H}"
        self._association = Association.of(job, f"{moment:%Y-%m-%dT%H:%M:%SZ}")
        self._limit = int(job.get("MaxPayloadInMB", DEFAULT_MEGABYTES)) * MEGABYTE

    # -- the three calls of Jobs -------------------------------------------------------------------------------
    def begin(self) -> None:
        """Nothing to show before the job has started."""

    def stop(self) -> None:
        """StopTransformJob: no further record is sent, and the model's processes end."""
        self._stopped.set()
        for instance in list(self._instances):
            instance.close()

    def run(self) -> Record:
        """Do the job; its final status and all that comes with it."""
        started = self._plane.clock.time()
        self._plane.update("TransformJob", self._job["_arn"], TransformStartTime=started)
        log = self._log(f"i-{uuid.uuid4().hex[:17]}/data-log")
        try:
            self._work(log)
        except JobError as failure:
            log.add(f"[sagemaker logs]: {failure}")
            self._failures.append(str(failure))
        finally:
            for instance in self._instances:
                instance.close()
            log.close()
            shutil.rmtree(self._folder, ignore_errors=True)
        return self._ending()

    def _ending(self) -> Record:
        now = self._plane.clock.time()
        ended: Record = {"TransformJobStatus": "Completed", "TransformEndTime": now, "LastModifiedTime": now}
        if self._stopped.is_set():
            return {**ended, "TransformJobStatus": "Stopped"}
        if self._failures:
            ended |= {"TransformJobStatus": "Failed", "FailureReason": self._failures[0][:LONGEST]}
        return ended

    # -- the work ----------------------------------------------------------------------------------------------
    def _work(self, log: LogStream) -> None:
        log.add(f"[sagemaker logs]: {self._settings()}")
        found = sources(self._s3, self._job, self._model.get("ExecutionRoleArn", ""), self._plane.region)
        instances = min(self._job["TransformResources"]["InstanceCount"], len(found))
        self._start_instances(instances)
        with ThreadPoolExecutor(instances) as pool:
            shares = [found[number::instances] for number in range(instances)]
            written = list(pool.map(self._transform_all, self._instances, shares, [log] * instances))
        if "DataCaptureConfig" in self._job and not self._stopped.is_set():
            self._capture([source for part in written for source in part])

    def _start_instances(self, count: int) -> None:
        for number in range(count):
            instance = f"i-{uuid.uuid4().hex[:17]}"
            where = self._folder / f"instance-{number}"
            log = partial(self._container_log, instance)
            self._instances.append(
                Chain(self._plane, where, self._job, self._model, told=self._told(), make_log=log)
            )
        try:
            for each in self._instances:
                each.prepare()
        except StartError as error:
            raise JobError(f"ClientError: {error}") from None
        try:
            for each in self._instances:
                each.wait()
        except StartError:
            if not self._stopped.is_set():
                raise JobError(f"AlgorithmError: {SEE_LOGS}") from None

    def _told(self) -> dict[str, str]:
        """What AWS tells a container of the job, and the job's own environment."""
        return {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(self._job.get("MaxPayloadInMB", DEFAULT_MEGABYTES)),
            "SAGEMAKER_BATCH_STRATEGY": STRATEGIES[self._strategy],
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(self._concurrent),
            **self._job.get("Environment", {}),
        }

    def _transform_all(self, instance: Chain, share: list[Source], log: LogStream) -> list[Source]:
        """Send an instance's objects through its process, one after the other; those that went well."""
        written = []
        for source in share:
            if self._stopped.is_set():
                break
            try:
                self._transform(instance, source)
                written.append(source)
            except FileFailedError as error:
                if not self._stopped.is_set():
                    log.add(f"[sagemaker logs]: {source.uri.removeprefix('s3://')}: {error}")
                    self._failures.append(error.reason)
        return written

    def _transform(self, instance: Chain, source: Source) -> None:
        """One object: nothing is written unless all of its records went through."""
        path = s3.inside(self._folder / "data", source.name)
        out = path.with_name(path.name + ".out")
        line = self._job["TransformOutput"].get("AssembleWith", "None") == "Line"
        try:
            self._fetch(source, path)
            with out.open("wb") as file:
                for answer in self._answers(instance, path):
                    file.write(answer.removesuffix(b"\n") + b"\n" if line else answer)
            if not self._stopped.is_set():
                s3.send(self._s3, out, self._target(source))
        except (BadRecordError, AssociationError, ClientError, OSError, EOFError, ValueError) as error:
            raise FileFailedError(str(error)) from None
        finally:
            path.unlink(missing_ok=True)
            out.unlink(missing_ok=True)

    def _fetch(self, source: Source, path: Path) -> None:
        if self._job["TransformInput"].get("CompressionType", "None") == "None":
            s3.fetch(self._s3, source.uri, path)
            return
        packed = s3.fetch(self._s3, source.uri, path.with_name(path.name + ".gzip"))
        with gzip.open(packed) as unpacked, path.open("wb") as file:
            shutil.copyfileobj(unpacked, file, MEGABYTE)
        packed.unlink()

    def _answers(self, instance: Chain, path: Path) -> Iterator[bytes]:
        """The kept answers of a file's mini-batches, in their order, a few of them on their way at a time."""
        split = self._job["TransformInput"].get("SplitType", "None")
        waiting: deque[Future[bytes]] = deque()
        with ThreadPoolExecutor(self._concurrent) as pool:
            for records in mini_batches(path, split, self._strategy, self._limit):
                if self._stopped.is_set():
                    return
                waiting.append(pool.submit(self._ask, instance, records))
                while len(waiting) > self._concurrent:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _ask(self, instance: Chain, records: list[bytes]) -> bytes:
        """What is kept of one mini-batch; a server's fault is tried again as often as the job says."""
        question = self._association.question(records)
        config = self._job.get("ModelClientConfig", {})
        seconds = config.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT)
        retries = config.get("InvocationsMaxRetries", DEFAULT_RETRIES)
        for attempt in range(retries + 1):
            try:
                answer = instance.invoke(question, self._headers(), seconds)
                return self._association.result(records, answer.body)
            except ModelError as error:
                ours = 400 <= error.status < 500
                if ours or attempt == retries or self._stopped.is_set():
                    fault = "ClientError" if ours else "AlgorithmError"
                    raise FileFailedError(
                        f"{fault}: {error.status}, Message: {error}"[:LONGEST], fault
                    ) from None
        raise AssertionError("a try either answers or raises")

    # -- what the job says -------------------------------------------------------------------------------------
    @property
    def _strategy(self) -> str:
        return str(self._job.get("BatchStrategy", "MultiRecord"))

    @property
    def _concurrent(self) -> int:
        return max(1, int(self._job.get("MaxConcurrentTransforms", 1)))

    def _settings(self) -> str:
        megabytes, strategy = self._limit // MEGABYTE, STRATEGIES[self._strategy]
        return f"MaxConcurrentTransforms={self._concurrent}, MaxPayloadInMB={megabytes}, BatchStrategy={strategy}"

    def _headers(self) -> dict[str, str]:
        given = {
            "Content-Type": self._job["TransformInput"].get("ContentType"),
            "Accept": self._job["TransformOutput"].get("Accept"),
        }
        return {name: value for name, value in given.items() if value}

    def _target(self, source: Source) -> str:
        return s3.join(self._job["TransformOutput"]["S3OutputPath"], source.name + ".out")

    def _container_log(self, instance: str, container: str) -> LogStream:
        return self._log(instance + container)

    def _log(self, stream: str) -> LogStream:
        return LogStream(self._plane.client("logs"), self._plane.clock, LOG_GROUP, f"{self._name}/{stream}")

    def _capture(self, written: list[Source]) -> None:
        """Data capture of a batch: manifests of what was read and written, in the folder of the job's hour."""
        root = self._job["DataCaptureConfig"]["DestinationS3Uri"]
        name = f"{uuid.uuid4()}.json"
        for side, uris in (
            ("input", [source.uri for source in written]),
            ("output", [self._target(source) for source in written]),
        ):
            if uris:
                self._put(s3.join(root, side, self._hour, name), manifest(uris))

    def _put(self, uri: str, content: list[Any]) -> None:
        where = s3.split(uri)
        self._s3.put_object(Bucket=where.bucket, Key=where.key, Body=json.dumps(content).encode())


def manifest(uris: list[str]) -> list[Any]:
    """A list of objects as S3 manifests have it: their common folder, then each one's name below it."""
    prefix = uris[0].rpartition("/")[0] + "/"
    while not all(uri.startswith(prefix) for uri in uris):
        prefix = prefix.rstrip("/").rpartition("/")[0] + "/"
    return [{"prefix": prefix}, *(uri.removeprefix(prefix) for uri in uris)]
