"""One instance of a variant: its containers, which come up together and go once their invocations are answered."""

import threading
import uuid
from pathlib import Path
from typing import Protocol

from .control import ApiError, ControlPlane, Record
from .logs import LogStream
from .multimodel import MultiModel
from .worker import LONGEST_ANSWER, Answer, StartError, Stream, Worker

TARGET_CONTAINER = "X-Amzn-SageMaker-Target-Container-Hostname"


class Container(Protocol):
    """What an instance asks of a container."""

    name: str

    def prepare(self) -> None:
        """Fetch what it needs."""

    def start(self) -> None:
        """Start its process."""

    def wait(self) -> None:
        """Wait until it is healthy."""

    def invoke(self, body: bytes, headers: dict[str, str], seconds: float = LONGEST_ANSWER) -> Answer:
        """Ask it."""

    def pids(self) -> list[int]:
        """Its processes."""

    def close(self) -> None:
        """End it."""


class Instance:
    """The containers of one instance; a serial pipeline hands the answer of one to the next."""

    def __init__(
        self, plane: ControlPlane, folder: Path, endpoint: str, variant: Record, model: Record
    ) -> None:
        name, self.id = variant["VariantName"], f"i-{uuid.uuid4().hex[:17]}"
        self._folder = folder / f"{name}-{self.id}"
        self._direct = model.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
        memory = variant.get("ServerlessConfig", {}).get("MemorySizeInMB")
        self._containers: list[Container] = []
        for title, container in named(model):
            log = log_stream(plane, endpoint, f"{name}/{self.id}", title)
            kind = MultiModel if container.get("Mode") == "MultiModel" else Worker
            alone = {**model, "PrimaryContainer": {**container, "ContainerHostname": title}}
            self._containers.append(kind(plane, self._folder / title, name, alone, log, memory=memory))
        self._lock = threading.Lock()
        self._closing = False
        self.in_use = 0
        self.setup = 0.0  # seconds that a request has waited for it to start; told once

    def start(self) -> None:
        """Bring it up; StartError, and nothing left running, where a container does not come up."""
        try:
            for container in self._containers:
                container.prepare()
                container.start()
            for container in self._containers:
                container.wait()
        except BaseException:
            self.close()
            raise
        if self._closing:
            raise StartError("The instance was taken down before it was up.")

    def lease(self) -> bool:
        """Promise to invoke soon, so that nothing is closed before; False where it closes already."""
        with self._lock:
            if self._closing:
                return False
            self.in_use += 1
            return True

    def release(self) -> None:
        """The promise is kept."""
        with self._lock:
            self.in_use -= 1
            last = self._closing and not self.in_use
        if last:
            self._close()

    def invoke(self, body: bytes, headers: dict[str, str], seconds: float = LONGEST_ANSWER) -> Answer:
        """Ask the container that the caller names, or all of them, one after the other."""
        wanted = headers.get(TARGET_CONTAINER)
        if self._direct or wanted:
            return self._named(wanted).invoke(body, headers, seconds)
        *before, last = self._containers
        body, headers = self._through(before, body, headers, seconds)
        return last.invoke(body, headers, seconds)

    def stream(self, body: bytes, headers: dict[str, str]) -> Stream:
        """Like `invoke`, with the answer as it comes."""
        wanted = headers.get(TARGET_CONTAINER)
        *before, last = [self._named(wanted)] if self._direct or wanted else self._containers
        if not isinstance(last, Worker):
            raise ApiError(
                "A multi-model endpoint does not stream its answers: call InvokeEndpoint.", "ValidationError"
            )
        body, headers = self._through(before, body, headers, LONGEST_ANSWER)
        return last.stream(body, headers)

    @staticmethod
    def _through(
        containers: list[Container], body: bytes, headers: dict[str, str], seconds: float
    ) -> tuple[bytes, dict[str, str]]:
        """What the last container of a pipeline is asked."""
        for container in containers:
            answer = container.invoke(body, {**headers, "Accept": "*/*"}, seconds)
            body, headers = answer.body, {**headers, "Content-Type": answer.content_type}
        return body, headers

    def pids(self) -> list[int]:
        """The processes of all containers."""
        return [pid for container in self._containers for pid in container.pids()]

    def close(self) -> None:
        """End it once the invocations on their way are answered."""
        with self._lock:
            self._closing = True
            idle = not self.in_use
        if idle:
            self._close()

    def _named(self, wanted: str | None) -> Container:
        if not self._direct:
            raise ApiError(
                "TargetContainerHostname is for endpoints whose model has InferenceExecutionConfig Mode Direct.",
                "ValidationError",
            )
        if wanted is None:
            raise ApiError(
                "The model's InferenceExecutionConfig Mode is Direct: give TargetContainerHostname.",
                "ValidationError",
            )
        for container in self._containers:
            if container.name == wanted:
                return container
        raise ApiError(f"Container {wanted} not found in the model of this endpoint.", "ValidationError")

    def _close(self) -> None:
        for container in self._containers:
            container.close()


def containers_of(model: Record) -> list[Record]:
    """The containers that a model has."""
    return [model["PrimaryContainer"]] if model.get("PrimaryContainer") else model.get("Containers", [])


def named(model: Record) -> list[tuple[str, Record]]:
    """The containers with their names: the hostnames that they were given, or container_1 and so on."""
    containers = containers_of(model)
    if len(containers) == 1:
        return [(containers[0].get("ContainerHostname", "primary"), containers[0])]
    return [(c.get("ContainerHostname", f"container_{n}"), c) for n, c in enumerate(containers, start=1)]


def log_stream(plane: ControlPlane, endpoint: str, stream: str, container: str) -> LogStream:
    """The log stream of one container of an instance."""
    name = stream if container == "primary" else f"{stream}/{container}"
    return LogStream(plane.client("logs"), plane.clock, f"/aws/sagemaker/Endpoints/{endpoint}", name)
