"""Serverless variants: a worker process that is started when a request finds none that is warm, and goes when idle.

AWS does not publish how long it keeps a serverless worker warm. Here it is IDLE seconds of the account's clock.
The memory size is a real limit on the worker's data (Linux): a model that needs more fails as it would there.
"""

import threading
import time
from collections.abc import Callable

from .clock import Clock
from .control import ApiError, Record
from .instance import Instance

IDLE = 600.0  # seconds of the account's clock
MEMORY_SIZES = (1024, 2048, 3072, 4096, 5120, 6144)
LARGEST_BODY = 4_194_304  # bytes
NOT_SUPPORTED = {
    "DataCaptureConfig": "data capture",
    "ShadowProductionVariants": "shadow variants",
    "AsyncInferenceConfig": "asynchronous inference",
    "ExplainerConfig": "explainability",
    "VpcConfig": "VPC configuration",
    "EnableNetworkIsolation": "network isolation",
}


class ThrottledError(Exception):
    """As many requests as are allowed are on their way."""


class ServerlessFleet:
    """The workers of a serverless variant, each with one request at a time; safe to use from many threads."""

    def __init__(self, make: Callable[[], Instance], config: Record, clock: Clock) -> None:
        self._make, self._clock, self.config = make, clock, config
        self._lock = threading.Lock()
        self._warm: list[tuple[float, Instance]] = []  # since when each is idle; the one used last comes last
        self._busy: set[Instance] = set()
        self._waiting = 0  # requests that wait for their worker to start
        self._closed = False
        self._timer: threading.Timer | None = None
        self.desired: int = config.get("ProvisionedConcurrency", 0)

    @property
    def size(self) -> int:
        """How many workers are up; there may well be none."""
        return len(self._warm) + len(self._busy)

    @property
    def in_use(self) -> int:
        """How many requests are on their way."""
        return len(self._busy) + self._waiting

    def start(self) -> None:
        """Prove that a worker comes up, and keep warm what is provisioned."""
        provisioned = self.config.get("ProvisionedConcurrency", 0)
        for _ in range(max(1, provisioned)):
            instance = self._make()
            instance.start()
            if provisioned:
                self._warm.append((self._clock.time(), instance))
            else:
                instance.close()

    def resize(self, count: int) -> None:
        """Provision that much concurrency."""
        self.config = {**self.config, "ProvisionedConcurrency": count}
        missing = count - self.size
        for _ in range(missing):
            instance = self._make()
            instance.start()
            with self._lock:
                self._warm.append((self._clock.time(), instance))
        self.reap()

    def allow(self, change: Record) -> None:
        """Answer that many requests at a time from now on."""
        if "MaxConcurrency" in change:
            self.config = {**self.config, "MaxConcurrency": change["MaxConcurrency"]}

    def acquire(self) -> Instance | None:
        """A warm worker, or a new one; ThrottledError where as many as are allowed are busy."""
        with self._lock:
            if self._closed:
                return None
            if self.in_use >= self.config["MaxConcurrency"]:
                raise ThrottledError
            if self._warm:
                _, instance = self._warm.pop()
                self._busy.add(instance)
                return instance if instance.lease() else None
            self._waiting += 1
        return self._cold_start()

    def release(self, instance: Instance) -> None:
        """The request is answered; its worker stays warm for the next one."""
        instance.release()
        with self._lock:
            self._busy.discard(instance)
            if self._closed:
                return
            self._warm.append((self._clock.time(), instance))
            if self._timer is None:
                self._arm()

    def reap(self) -> None:
        """Take down what has been idle for too long, but for what is provisioned."""
        now = self._clock.time()
        with self._lock:
            spare = max(0, self.size - self.config.get("ProvisionedConcurrency", 0))
            idle = [item for item in self._warm if now - item[0] >= IDLE][:spare]
            self._warm = [item for item in self._warm if item not in idle]
            self._arm()
        for _, instance in idle:
            instance.close()

    def pids(self) -> list[int]:
        """The processes of all workers."""
        return [pid for instance in [*(i for _, i in self._warm), *self._busy] for pid in instance.pids()]

    def close(self) -> None:
        """Take all down once their requests are answered."""
        with self._lock:
            self._closed = True
            self._disarm()
            gone, self._warm = [*(instance for _, instance in self._warm), *self._busy], []
        for instance in gone:
            instance.close()

    def _arm(self) -> None:
        """Look again when the one that is idle longest is so for too long, should nobody move the clock."""
        self._disarm()
        if self._warm and not self._closed:
            due = self._warm[0][0] + IDLE - self._clock.time()
            self._timer = threading.Timer(max(1.0, due), self.reap)
            self._timer.daemon = True
            self._timer.start()

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _cold_start(self) -> Instance | None:
        began = time.perf_counter()
        try:
            instance = self._make()
            instance.start()
        finally:
            with self._lock:
                self._waiting -= 1
        instance.setup = time.perf_counter() - began
        with self._lock:
            self._busy.add(instance)
            closed = self._closed
        if closed:
            instance.close()
        return instance if instance.lease() else None


def check_serverless(params: Record, models: list[Record]) -> None:
    """Refuse what serverless inference cannot do, as "Serverless Inference: feature exclusions" lists it."""
    variants = params["ProductionVariants"]
    if not any("ServerlessConfig" in variant for variant in variants):
        return
    if len(variants) > 1:
        raise ApiError(
            "Serverless endpoints support one production variant; give just one with ServerlessConfig."
        )
    (variant,) = variants
    if "InstanceType" in variant or "InitialInstanceCount" in variant:
        raise ApiError(
            "A variant has either ServerlessConfig or InstanceType and InitialInstanceCount, not both."
        )
    for member, words in NOT_SUPPORTED.items():
        if params.get(member):
            raise ApiError(f"Serverless endpoints do not support {words}; leave {member} out.")
    config = variant["ServerlessConfig"]
    if config["MemorySizeInMB"] not in MEMORY_SIZES:
        raise ApiError(f"MemorySizeInMB must be one of {', '.join(map(str, MEMORY_SIZES))}.")
    if config.get("ProvisionedConcurrency", 0) > config["MaxConcurrency"]:
        raise ApiError("ProvisionedConcurrency must be less than or equal to MaxConcurrency.")
    for model in models:
        check_model(model)


def check_model(model: Record) -> None:
    """Refuse models that serverless inference does not serve."""
    containers = [model["PrimaryContainer"]] if model.get("PrimaryContainer") else model.get("Containers", [])
    why = ""
    if len(containers) > 1:
        why = "inference pipelines"
    elif containers[0].get("Mode") == "MultiModel":
        why = "multi-model endpoints"
    elif model.get("VpcConfig"):
        why = "VPC configuration"
    elif model.get("EnableNetworkIsolation"):
        why = "network isolation"
    if why:
        raise ApiError(f"Serverless endpoints do not support {why}; the model {model['ModelName']} has it.")
