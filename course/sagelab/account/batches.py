"""Gathers small things off the caller's path and hands them on together."""

import threading
import time
import traceback
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Batches(Generic[T]):
    """Items delivered in order when `full` wait, when none came for `idle` seconds, or after `oldest` seconds.

    A failing delivery loses its items and is told in the account's log; the caller of `add` never sees it.
    """

    def __init__(
        self, deliver: Callable[[list[T]], None], full: int, idle: float = 0.2, oldest: float = 2.0
    ) -> None:
        self._deliver, self._full, self._idle, self._oldest = deliver, full, idle, oldest
        self._items: list[T] = []
        self._changed = threading.Condition()
        self._delivering = threading.Lock()
        self._thread: threading.Thread | None = None
        self._first = self._last = 0.0
        self._closed = False

    def add(self, item: T) -> None:
        """Take an item; returns at once."""
        with self._changed:
            self._last = time.monotonic()
            if not self._items:
                self._first = self._last
            self._items.append(item)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="batches")
                self._thread.start()
            if len(self._items) in (1, self._full):
                self._changed.notify()

    def flush(self) -> None:
        """Deliver what waits now; when this returns, everything added before has been delivered."""
        with self._delivering:
            with self._changed:
                items, self._items = self._items, []
            for start in range(0, len(items), self._full):
                self._hand_on(items[start : start + self._full])

    def close(self) -> None:
        """Deliver the rest and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self.flush()

    def _hand_on(self, items: list[T]) -> None:
        try:
            self._deliver(items)
        except Exception:
            traceback.print_exc()

    def _run(self) -> None:
        while self._wait_until_due():
            self.flush()

    def _wait_until_due(self) -> bool:
        """True when there is something to deliver, False when closed and empty."""
        with self._changed:
            while True:
                if not self._items:
                    if self._closed:
                        return False
                    self._changed.wait()
                    continue
                due = min(self._last + self._idle, self._first + self._oldest)
                remaining = due - time.monotonic()
                if self._closed or len(self._items) >= self._full or remaining <= 0:
                    return True
                self._changed.wait(remaining)
