"""A multi-model container: each model of an S3 prefix is loaded when it is first asked for, in a process of its own."""

import threading
import time
import uuid
from pathlib import Path

from . import s3
from .control import ApiError, ControlPlane, Record
from .logs import LogStream
from .worker import LONGEST_ANSWER, Answer, ModelError, StartError, Worker

TARGET_MODEL = "X-Amzn-SageMaker-Target-Model"
MOST_LOADED = 8  # models in memory at a time; the one that was not asked for longest makes room
CACHE_HIT, LOADING = ("ModelCacheHit", "None"), ("ModelLoadingWaitTime", "Microseconds")


class Loaded:
    """A model in memory."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.lock = threading.Lock()  # held while it is loaded
        self.ready = False
        self.in_use = 0


class MultiModel:
    """A container that serves many models; safe to invoke from many threads."""

    def __init__(
        self,
        plane: ControlPlane,
        folder: Path,
        variant: str,
        model: Record,
        log: LogStream,
        *,
        memory: int | None = None,
    ):
        self._plane, self._folder, self._variant, self._log = plane, folder, variant, log
        self._model, self._container, self._memory = model, model["PrimaryContainer"], memory
        self.name: str = self._container.get("ContainerHostname", "primary")
        cache = self._container.get("MultiModelConfig", {}).get("ModelCacheSetting", "Enabled")
        self._most = MOST_LOADED if cache == "Enabled" else 0
        self._lock = threading.Lock()
        self._loaded: dict[str, Loaded] = {}  # the one asked for last comes last

    def prepare(self) -> None:
        """Nothing is loaded before it is asked for."""

    def start(self) -> None:
        """No process without a model."""

    def wait(self) -> None:
        """A container without models is healthy."""

    def invoke(self, body: bytes, headers: dict[str, str], seconds: float = LONGEST_ANSWER) -> Answer:
        """Ask the model that TargetModel names."""
        target = headers.get(TARGET_MODEL)
        if not target:
            raise ApiError(
                "Target model is required for a multi-model endpoint: give TargetModel.", "ValidationError"
            )
        began = time.perf_counter()
        loaded, hit = self._lease(target)
        try:
            waited = (time.perf_counter() - began) * 1e6
            answer = loaded.worker.invoke(body, headers, seconds)
        finally:
            self._release(loaded)
        metrics = {CACHE_HIT: float(hit)} | ({} if hit else {LOADING: waited})
        return Answer(answer.body, answer.content_type, answer.custom_attributes, metrics)

    def pids(self) -> list[int]:
        """The processes of the models in memory."""
        return [pid for loaded in list(self._loaded.values()) for pid in loaded.worker.pids()]

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            loaded, self._loaded = list(self._loaded.values()), {}
        for one in loaded:
            one.worker.close()
        self._log.close()

    def _lease(self, target: str) -> tuple[Loaded, bool]:
        with self._lock:
            loaded = self._loaded.pop(target, None)
            hit = loaded is not None and loaded.ready
            if loaded is None:
                loaded = Loaded(self._worker(target))
            loaded.in_use += 1
            self._loaded[target] = loaded
        with loaded.lock:
            if not loaded.ready:
                self._load(target, loaded)
        return loaded, hit

    def _load(self, target: str, loaded: Loaded) -> None:
        try:
            loaded.worker.prepare()
            loaded.worker.start()
            loaded.worker.wait()
        except StartError as error:
            with self._lock:
                self._loaded.pop(target, None)
            loaded.worker.close()
            raise ModelError(500, f"Failed to load the model {target}: {error}", self.name) from None
        loaded.ready = True

    def _release(self, loaded: Loaded) -> None:
        """Done with a model; those that were not asked for longest make room."""
        with self._lock:
            loaded.in_use -= 1
            idle = [name for name, one in self._loaded.items() if not one.in_use]
            surplus = idle[: max(0, len(self._loaded) - self._most)]
            unloaded = [self._loaded.pop(name) for name in surplus]
        for one in unloaded:
            one.worker.close()

    def _worker(self, target: str) -> Worker:
        url = s3.join(self._container["ModelDataUrl"], target)
        if not s3.exists(self._plane.client("s3"), url):
            where = s3.split(url)
            raise ApiError(
                f"Failed to download model data(bucket: {where.bucket}, key: {where.key}). Please ensure that there "
                "is an object located at the URL and that the role passed to CreateModel has permissions to download "
                "the model.",
                "ValidationError",
            )
        folder = self._folder / uuid.uuid4().hex[:12]
        model = {**self._model, "PrimaryContainer": {**self._container, "ModelDataUrl": url}}
        stream = f"{self._log.stream}/{target}"
        log = LogStream(self._plane.client("logs"), self._plane.clock, self._log.group, stream)
        return Worker(self._plane, folder, self._variant, model, log, memory=self._memory)
