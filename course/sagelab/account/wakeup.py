"""One timer for a module that waits for a moment: the last call says when."""

import threading
from collections.abc import Callable


class Wakeup:
    """Calls `run` once, after the seconds that were last asked for."""

    def __init__(self, run: Callable[[], None]) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def after(self, seconds: float | None) -> None:
        """Wake up in so many seconds, and no longer at the moment that was asked for before; None: never."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            if seconds is not None:
                self._timer = threading.Timer(min(max(seconds, 0.05), threading.TIMEOUT_MAX), self._run)
                self._timer.daemon = True
                self._timer.start()
