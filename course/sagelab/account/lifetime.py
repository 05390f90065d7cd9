"""When an account may end by itself: nobody who connected is alive, and nobody has asked for a while."""

import threading
import time

import psutil

FOREVER = 0.0


class Lifetime:
    """The processes that use the account; `idle` is the seconds it outlives them, FOREVER for no end."""

    def __init__(self, idle: float) -> None:
        self.idle = idle
        self._clients: dict[int, float] = {}
        self._asked = time.monotonic()
        self._lock = threading.Lock()

    def asked(self) -> None:
        """Somebody asked for something."""
        self._asked = time.monotonic()

    def join(self, pid: int) -> None:
        """A process connected; it is known by its start time too, because numbers are used again."""
        try:
            started = psutil.Process(pid).create_time()
        except psutil.Error:
            return
        with self._lock:
            self._clients[pid] = started

    def clients(self) -> list[int]:
        """The processes that connected and still live."""
        with self._lock:
            self._clients = {pid: started for pid, started in self._clients.items() if _lives(pid, started)}
            return sorted(self._clients)

    def over(self) -> bool:
        """May the account end now?"""
        if self.idle == FOREVER:
            return False
        if self.clients():
            self._asked = time.monotonic()
        return time.monotonic() - self._asked > self.idle


def _lives(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        return process.create_time() == started and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
