"""Endpoints as they run: their variants, the draw between them by weight, and their way up and down."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from .capture import CaptureConfig
from .control import ControlPlane, Record
from .fleet import Fleet
from .instance import Instance, containers_of
from .serverless import ServerlessFleet

FOLDER = "endpoints"  # below the account's home: what the running models are served from


class Instances(Protocol):
    """What a variant asks of the instances behind it."""

    desired: int

    @property
    def size(self) -> int:
        """How many are up."""

    def start(self) -> None:
        """Bring them up."""

    def resize(self, count: int) -> None:
        """Have that many."""

    def acquire(self) -> Instance | None:
        """One of them."""

    def release(self, instance: Instance) -> None:
        """Give it back."""

    def pids(self) -> list[int]:
        """Their processes."""

    def close(self) -> None:
        """Take them down."""


class Variant:
    """A variant that runs."""

    def __init__(
        self, plane: ControlPlane, endpoint: str, config: Record, model: Record, capture: Record | None
    ):
        self.endpoint, self.model = endpoint, model
        self.name: str = config["VariantName"]
        self.weight: float = config.get("InitialVariantWeight", 1.0)
        self.serverless: Record | None = config.get("ServerlessConfig")
        self.capture = CaptureConfig(capture, endpoint, self.name) if capture else None
        folder = plane.home / FOLDER / endpoint

        def make() -> Instance:
            return Instance(plane, folder, endpoint, config, model)

        self.fleet: Instances
        if self.serverless:
            self.fleet = ServerlessFleet(make, self.serverless, plane.clock)
        else:
            strategy = config.get("RoutingConfig", {}).get("RoutingStrategy", "RANDOM")
            count = config.get("InitialInstanceCount", 1)
            self.fleet = Fleet(make, count, strategy, f"{endpoint}/{self.name}")

    def summary(self, now: float) -> Record:
        """The variant as DescribeEndpoint shows it."""
        images = [
            {"SpecifiedImage": c["Image"], "ResolvedImage": c["Image"], "ResolutionTime": now}
            for c in containers_of(self.model)
        ]
        shown: Record = {
            "VariantName": self.name,
            "DeployedImages": images,
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
        }
        if isinstance(self.fleet, ServerlessFleet):
            config = {name: value for name, value in self.fleet.config.items() if value}
            return shown | {"CurrentServerlessConfig": config, "DesiredServerlessConfig": config}
        return shown | {
            "CurrentInstanceCount": self.fleet.size,
            "DesiredInstanceCount": self.fleet.desired,
        }


class LiveEndpoint:
    """The running variants of one endpoint.

    The draw between variants is seeded with the endpoint's name, so the same traffic is split the same way.
    While an update shifts the traffic step by step, `share` of the requests goes to the `successor`.
    """

    def __init__(self, plane: ControlPlane, name: str, deployed: Record) -> None:
        self.name, self.key, self.deployed = name, name.lower(), deployed
        config = deployed["config"]
        self.config_name: str = config["EndpointConfigName"]
        self.asynchronous: Record | None = config.get("AsyncInferenceConfig")
        capture = config.get("DataCaptureConfig")

        def variants(member: str) -> dict[str, Variant]:
            return {
                v["VariantName"]: Variant(plane, name, v, deployed["models"][v["ModelName"]], capture)
                for v in config.get(member, [])
            }

        self.variants, self.shadows = variants("ProductionVariants"), variants("ShadowProductionVariants")
        self._random = random.Random(name)
        self.successor: LiveEndpoint | None = None
        self.share = 0.0
        self.shifting = False  # it shares the traffic with another configuration

    @property
    def everything(self) -> list[Variant]:
        """Production and shadow variants."""
        return [*self.variants.values(), *self.shadows.values()]

    def summaries(self, now: float) -> list[Record]:
        """The production variants as DescribeEndpoint shows them."""
        return [variant.summary(now) for variant in self.variants.values()]

    def start(self) -> None:
        """Bring every variant up; worker.StartError, and nothing left running, where one does not come up."""
        try:
            for variant in self.everything:
                variant.fleet.start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take every variant down once its invocations are answered."""
        for variant in self.everything:
            variant.fleet.close()

    def choose(self, target: str | None) -> tuple["LiveEndpoint", Variant | None]:
        """The variant that the request asks for, or one drawn by weight; None where there is none."""
        if self.successor and self._random.random() < self.share:
            return self.successor.choose(target)
        if target:
            return self, self.variants.get(target)
        variants = list(self.variants.values())
        if len(variants) == 1:
            return self, variants[0]
        return self, self._random.choices(variants, [variant.weight for variant in variants])[0]

    def draws(self, share: float) -> bool:
        """Is the next request one of this share of them?"""
        return self._random.random() < share


class Leased:
    """What answers one request: a variant's instance that stays up until it is given back."""

    def __init__(self, live: LiveEndpoint, variant: Variant, instance: Instance) -> None:
        self.live, self.variant, self.instance = live, variant, instance


class Endpoints:
    """All endpoints of an account that run now or are on their way up, by name."""

    def __init__(self) -> None:
        self._live: dict[str, LiveEndpoint] = {}
        self._coming: dict[str, LiveEndpoint] = {}
        self._changed = threading.Condition()

    def get(self, name: str) -> LiveEndpoint | None:
        """The running endpoint of that name."""
        return self._live.get(name.lower())

    def all(self) -> list[LiveEndpoint]:
        """All that run, also those that traffic is shifted to."""
        live = list(self._live.values())
        return [*live, *(one.successor for one in live if one.successor)]

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

    def wanted(self, coming: LiveEndpoint) -> bool:
        """Is it still on its way up, or was it taken down or overtaken?"""
        return self._coming.get(coming.key) is coming

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
    def lease(self, name: str, target: str | None) -> Iterator[Leased | None]:
        """What answers a request; None where the endpoint does not run, has no such variant, or no instance."""
        leased = self._leased(name, target)
        try:
            yield leased
        finally:
            if leased:
                leased.variant.fleet.release(leased.instance)

    def _leased(self, name: str, target: str | None) -> Leased | None:
        while live := self.get(name):
            chosen, variant = live.choose(target)
            if variant is None:
                return None
            if instance := variant.fleet.acquire():
                return Leased(chosen, variant, instance)
            if self.get(name) is live and chosen in (live, live.successor):
                return None  # it has no instance; where it was taken over in between, the next look finds who did
        return None
