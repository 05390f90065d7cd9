"""Endpoints as they run: their variants, the draw between them by weight, and their way up and down."""

import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from .capture import CaptureConfig
from .control import ControlPlane, Record
from .worker import Worker, log_stream

FOLDER = "endpoints"  # below the account's home: what the running models are served from


class Variant:
    """A production variant that runs."""

    def __init__(
        self, plane: ControlPlane, endpoint: str, config: Record, model: Record, capture: Record | None
    ):
        self.endpoint, self.model = endpoint, model
        self.name: str = config["VariantName"]
        self.weight: float = config.get("InitialVariantWeight", 1.0)
        self.instances: int = config.get("InitialInstanceCount", 1)
        self.capture = CaptureConfig(capture, endpoint, self.name) if capture else None
        folder = plane.home / FOLDER / endpoint / f"{self.name}-{uuid.uuid4().hex[:8]}"
        self.worker = Worker(plane, folder, self.name, model, log_stream(plane, endpoint, self.name))

    def summary(self, now: float) -> Record:
        """The variant as DescribeEndpoint shows it."""
        container = self.model.get("PrimaryContainer") or self.model["Containers"][0]
        image = {
            "SpecifiedImage": container["Image"],
            "ResolvedImage": container["Image"],
            "ResolutionTime": now,
        }
        return {
            "VariantName": self.name,
            "DeployedImages": [image],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": self.instances,
            "DesiredInstanceCount": self.instances,
        }


class LiveEndpoint:
    """The running variants of one endpoint.

    The draw between variants is seeded with the endpoint's name, so the same traffic is split the same way.
    """

    def __init__(self, plane: ControlPlane, name: str, deployed: Record) -> None:
        self.name, self.key, self.deployed = name, name.lower(), deployed
        config = deployed["config"]
        capture = config.get("DataCaptureConfig")
        self.variants = {
            variant["VariantName"]: Variant(
                plane, name, variant, deployed["models"][variant["ModelName"]], capture
            )
            for variant in config["ProductionVariants"]
        }
        self._random = random.Random(name)

    def start(self) -> None:
        """Bring every variant up; worker.StartError, and nothing left running, where one does not come up."""
        workers = [variant.worker for variant in self.variants.values()]
        try:
            for worker in workers:
                worker.prepare()
                worker.start()
            for worker in workers:
                worker.wait()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take every variant down once its invocations are answered."""
        for variant in self.variants.values():
            variant.worker.close()

    def choose(self, target: str | None) -> Variant | None:
        """The variant that the request asks for, or one drawn by weight; None where there is none."""
        if target:
            return self.variants.get(target)
        variants = list(self.variants.values())
        if len(variants) == 1:
            return variants[0]
        return self._random.choices(variants, [variant.weight for variant in variants])[0]


class Endpoints:
    """All endpoints of an account that run now or are on their way up, by name."""

    def __init__(self) -> None:
        self._live: dict[str, LiveEndpoint] = {}
        self._coming: dict[str, LiveEndpoint] = {}
        self._changed = threading.Condition()

    def get(self, name: str) -> LiveEndpoint | None:
        """The running endpoint of that name."""
        return self._live.get(name.lower())

    def wait(self, name: str, seconds: float) -> LiveEndpoint | None:
        """The endpoint of that name, once it runs where it is on its way up."""
        key = name.lower()
        with self._changed:
            self._changed.wait_for(lambda: key in self._live or key not in self._coming, seconds)
        return self.get(name)

    def announce(self, coming: LiveEndpoint) -> None:
        """Say that an endpoint is on its way up."""
        with self._changed:
            self._coming[coming.key] = coming

    def put(self, coming: LiveEndpoint) -> bool:
        """Let it answer from now on, in place of what ran before; False where it is no longer wanted."""
        with self._changed:
            if self._coming.get(coming.key) is not coming:
                return False
            old, self._live[coming.key] = self._live.get(coming.key), coming
        if old:
            old.close()
        return True

    def settle(self, coming: LiveEndpoint) -> bool:
        """It has come up or failed to; False where it was no longer wanted."""
        with self._changed:
            wanted = self._coming.get(coming.key) is coming
            if wanted:
                del self._coming[coming.key]
            self._changed.notify_all()
        return wanted

    def drop(self, name: str) -> None:
        """Take an endpoint down, also one that is on its way up."""
        with self._changed:
            found = {self._coming.pop(name.lower(), None), self._live.pop(name.lower(), None)}
            self._changed.notify_all()
        for endpoint in filter(None, found):
            endpoint.close()

    def names(self) -> list[str]:
        """The names of all of them."""
        return [*self._live, *self._coming]

    @contextmanager
    def lease(self, name: str, target: str | None) -> Iterator[Variant | None]:
        """A variant that stays up while it is used; None where the endpoint does not run or has no such variant."""
        variant = self._leased(name, target)
        try:
            yield variant
        finally:
            if variant:
                variant.worker.release()

    def _leased(self, name: str, target: str | None) -> Variant | None:
        while live := self.get(name):
            variant = live.choose(target)
            if variant is None or variant.worker.lease():
                return variant
        return None
