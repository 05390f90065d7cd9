"""The account's clock: real time that can be stepped, so that a day's schedule runs in a second."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from .store import Store

SETTING = "clock.offset"
EARLIEST, LATEST = 31_536_000.0, 253_370_764_800.0


class Clock:
    """Real time plus an offset that survives restarts; times are aware and in UTC."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._offset = float(store.setting(SETTING, 0.0))
        self._listeners: list[Callable[[], None]] = []

    def time(self) -> float:
        """Seconds since 1970, as `time.time()` would tell them at the account's time."""
        return time.time() + self._offset

    def now(self) -> datetime:
        """The account's time."""
        return datetime.fromtimestamp(self.time(), UTC)

    def step(self, seconds: float) -> None:
        """Move the clock by `seconds` and tell everybody who waits for a time; ValueError for no such time."""
        with self._lock:
            if not EARLIEST <= self.time() + seconds <= LATEST:
                raise ValueError("the clock goes from 1971 to 9999")
            self._offset += seconds
            self._store.set_setting(SETTING, self._offset)
        for tick in list(self._listeners):
            tick()

    def set(self, moment: datetime) -> None:
        """Move the clock to `moment`; a moment without a zone is taken as UTC."""
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        self.step(moment.timestamp() - self.time())

    def on_tick(self, callback: Callable[[], None]) -> None:
        """Call `callback` after every move of the clock, in the thread that moved it."""
        self._listeners.append(callback)
