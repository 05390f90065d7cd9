"""The instances behind a variant: as many as are wanted, the request to one of them, more and fewer while it runs."""

import random
import threading
from collections.abc import Callable

from .instance import Instance

LEAST_OUTSTANDING = "LEAST_OUTSTANDING_REQUESTS"


class Fleet:
    """A number of equal instances; safe to use from many threads."""

    def __init__(self, make: Callable[[], Instance], count: int, strategy: str, seed: str) -> None:
        self._make, self.desired, self._strategy = make, count, strategy
        self._random = random.Random(seed)  # so that the same traffic goes the same way
        self._lock = threading.Lock()
        self._resizing = threading.Lock()
        self._up: list[Instance] = []
        self._coming: list[Instance] = []
        self._closed = False

    def start(self) -> None:
        """Bring all instances up; worker.StartError, and nothing left running, where one does not come up."""
        try:
            self.resize(self.desired)
        except BaseException:
            self.close()
            raise

    def resize(self, count: int) -> None:
        """Bring instances up, or take some down once their invocations are answered; returns when that is done."""
        with self._resizing:
            self.desired = count
            with self._lock:
                surplus, self._up = self._up[count:], self._up[:count]
                coming = [] if self._closed else [self._make() for _ in range(count - len(self._up))]
                self._coming = coming
            for instance in surplus:
                instance.close()
            self._bring_up(coming)

    def acquire(self) -> Instance | None:
        """An instance that stays up until it is released; None where there is none."""
        while True:
            with self._lock:
                candidates = list(self._up)
            if not candidates:
                return None
            instance = self._choose(candidates)
            if instance.lease():
                return instance

    def release(self, instance: Instance) -> None:
        """The invocation is answered."""
        instance.release()

    @property
    def size(self) -> int:
        """How many instances are up."""
        return len(self._up)

    def pids(self) -> list[int]:
        """The processes of all instances."""
        return [pid for instance in list(self._up) for pid in instance.pids()]

    def close(self) -> None:
        """Take all instances down once their invocations are answered."""
        with self._lock:
            self._closed = True
            gone, self._up, self._coming = [*self._up, *self._coming], [], []
        for instance in gone:
            instance.close()

    def _choose(self, candidates: list[Instance]) -> Instance:
        if self._strategy == LEAST_OUTSTANDING:
            return min(candidates, key=lambda instance: instance.in_use)
        return self._random.choice(candidates)

    def _bring_up(self, coming: list[Instance]) -> None:
        """All at the same time, each in a thread of its own; the first failure is raised when all have ended."""
        failures: list[BaseException] = []

        def bring_up(instance: Instance) -> None:
            try:
                instance.start()
            except BaseException as error:  # it belongs to the thread that asked
                failures.append(error)
                return
            with self._lock:
                wanted = not self._closed
                if wanted:
                    self._up.append(instance)
            if not wanted:
                instance.close()

        threads = [threading.Thread(target=bring_up, args=(one,), daemon=True) for one in coming[1:]]
        for thread in threads:
            thread.start()
        for instance in coming[:1]:
            bring_up(instance)
        for thread in threads:
            thread.join()
        self._coming = []
        if failures:
            raise failures[0]
