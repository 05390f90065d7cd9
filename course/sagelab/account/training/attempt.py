"""One attempt at a training job: all its machines from their data to their end, and what they leave."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ..cluster import Machine
from ..control import ControlPlane, Record
from ..execute import Ending
from ..isolation import Network
from ..jobs import JobError
from ..training_folder import merge
from .instance import Instance
from .warmed_process import WarmProcess


class Attempt:
    """A job on its machines, once; a spot job that is interrupted has several attempts."""

    def __init__(self, plane: ControlPlane, job: Record, machines: Sequence[Machine], home: Path) -> None:
        self.instances = [Instance(plane, job, machines, here, home / here.label) for here in machines]
        self._lock = threading.Lock()
        self._ending: Ending = "exited"
        self._failed: Instance | None = None
        self._errors: list[Exception] = []

    def download(self) -> None:
        """Bring every machine its data."""
        for instance in self.instances:
            instance.download()

    def prepare(self, limit: float) -> None:
        """Make every machine ready to run for at most `limit` seconds."""
        for instance in self.instances:
            instance.prepare(limit)
        if self._ending != "exited":  # asked to end before there was anything to end
            self._end_all(self._ending)

    def run(
        self, network: Network, warm: Sequence[WarmProcess | None], on_line: Callable[[str], None]
    ) -> Ending:
        """Run every machine to its end; JobError in AWS's words where one of them fails."""
        threads = [
            threading.Thread(target=self._run_one, args=(instance, network, process, on_line), daemon=True)
            for instance, process in zip(self.instances, warm, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]
        if self._failed is not None and self._ending == "given up":
            raise JobError(self._failed.failure)
        endings = [instance.outcome.ending for instance in self.instances]
        return next((ending for ending in endings if ending != "exited"), "exited")

    def end(self, why: Ending) -> None:
        """Ask every machine to end; only the first reason counts."""
        with self._lock:
            if self._ending != "exited":
                return
            self._ending = why
        self._end_all(why)

    def close(self) -> None:
        """Send the last lines and checkpoints of every machine."""
        for instance in self.instances:
            instance.close()

    def clear(self) -> None:
        """Take the machines' disks away."""
        for instance in self.instances:
            instance.clear()

    def gather(self) -> Instance:
        """Merge what all machines left into the first one; of two files with one name, the first machine's stays."""
        first, *others = self.instances
        for other in others:
            merge(other.folder.model, first.folder.model)
            merge(other.folder.output_data, first.folder.output_data)
        return first

    def _run_one(
        self,
        instance: Instance,
        network: Network,
        warm: WarmProcess | None,
        on_line: Callable[[str], None],
    ) -> None:
        try:
            instance.run(network, warm, on_line)
        except Exception as error:  # it belongs to the thread that waits
            self._errors.append(error)
            self.end("given up")
            return
        if instance.failed:
            self._failed = self._failed or instance
            self.end("given up")

    def _end_all(self, why: Ending) -> None:
        for instance in self.instances:
            instance.end(why)
