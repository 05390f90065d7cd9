"""One instance of a transform job: the model's containers, the answer of one being the question to the next."""

from collections.abc import Callable
from pathlib import Path

from ..control import ControlPlane, Record
from ..instance import named
from ..logs import LogStream
from ..worker import Answer, Worker


class Chain:
    """The processes of a model's containers; `told` is added to the environment of each."""

    def __init__(
        self,
        plane: ControlPlane,
        folder: Path,
        job: Record,
        model: Record,
        *,
        told: dict[str, str],
        make_log: Callable[[str], LogStream],
    ) -> None:
        containers = named(model)
        self._workers = []
        for title, container in containers:
            environment = {**container.get("Environment", {}), **told}
            alone = {**model, "PrimaryContainer": {**container, "Environment": environment}}
            log = make_log(f"/{title}" if len(containers) > 1 else "")
            self._workers.append(Worker(plane, folder / title, job["TransformJobName"], alone, log))

    def prepare(self) -> None:
        """Fetch models and code, and start the processes; StartError where something is not there."""
        for worker in self._workers:
            worker.prepare()
            worker.start()

    def wait(self) -> None:
        """Wait until all are healthy; StartError where one is not."""
        for worker in self._workers:
            worker.wait()

    def invoke(self, body: bytes, headers: dict[str, str], seconds: float) -> Answer:
        """Ask one after the other; ModelError where one fails."""
        *before, last = self._workers
        for worker in before:
            answer = worker.invoke(body, {**headers, "Accept": "*/*"}, seconds)
            body, headers = answer.body, {**headers, "Content-Type": answer.content_type}
        return last.invoke(body, headers, seconds)

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.close()
