"""Calls sent at a rate by threads, bounded in number, rate and time, and stopped at once."""

import threading
import time
from collections import deque
from collections.abc import Callable

from sagelab.errors import SagelabError
from sagelab.traffic import Call, Pace

__all__ = ["MOST_AT_ONCE", "MOST_RATE", "MOST_SECONDS", "Load"]

MOST_RATE = 50.0  # calls a second
MOST_AT_ONCE = 16
MOST_SECONDS = 600.0
MOST_KEPT = 20_000


class Load:
    """Sends calls evenly; `ask` makes one and returns who answered and the error's code.

    A call that is due while 16 are on their way is not sent but counted as missed: the rate is what you set or less,
    never a queue in the notebook that would spoil the latencies.
    """

    def __init__(self, ask: Callable[[], tuple[str, str]], now: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._now = ask, now
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=MOST_KEPT)
        self._free = threading.Semaphore(MOST_AT_ONCE)
        self._stopped = threading.Event()
        self._stopped.set()
        self.rate = 0.0
        self.missed = 0

    @property
    def running(self) -> bool:
        """Are calls being sent?"""
        return not self._stopped.is_set()

    def start(self, rate: float) -> None:
        """Send so many calls a second from now on, for ten minutes at most; SagelabError for no such rate."""
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= MOST_RATE:
            raise SagelabError(f"The rate must be more than 0 and at most {MOST_RATE:g} calls a second.")
        self.stop()
        self.rate, self._stopped = float(rate), threading.Event()
        pace = Pace(self.rate, self._now())
        threading.Thread(target=self._send, args=(pace, self._stopped), daemon=True).start()

    def stop(self) -> None:
        """Send nothing more; what is on its way is still counted."""
        self._stopped.set()

    def calls(self, since: float = 0.0) -> list[Call]:
        """The finished calls that were sent at or after a moment."""
        with self._lock:
            return [call for call in self._calls if call.sent >= since]

    def once(self) -> Call:
        """One call, made now in this thread."""
        began = self._now()
        variant, code = self._ask()
        call = Call(began, self._now() - began, variant, code)
        with self._lock:
            self._calls.append(call)
        return call

    def _send(self, pace: Pace, stopped: threading.Event) -> None:
        number = 0
        while not stopped.wait(max(0.0, pace.due(number) - self._now())):
            if self._now() - pace.since > MOST_SECONDS:
                stopped.set()
            elif self._free.acquire(blocking=False):
                threading.Thread(target=self._one, daemon=True).start()
            else:
                with self._lock:
                    self.missed += 1
            number += 1

    def _one(self) -> None:
        try:
            self.once()
        finally:
            self._free.release()
