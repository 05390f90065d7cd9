"""Makes moto repeatable: its clock is the account's, its random numbers come from a seed.

A request that is replayed from the journal at its own time and with its own seed leaves moto exactly as the first
time: the same version ids, upload ids, message ids and dates. moto offers the seed; it reads the clock through a
few modules, and S3's upload ids come from the operating system: those places are led here.
"""

import datetime
import importlib
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any

from .clock import Clock

DATED_MODULES = ("moto.core.utils", "moto.s3.models")  # those that `import datetime`
DATED_CLASSES = ("moto.cloudwatch.models",)  # those that import the class
TIMED_MODULES = ("moto.applicationautoscaling.models",)


class SteadyMoto:
    """moto's sources of time and chance, in our hands; the process has one moto, so one of these."""

    def __init__(self, clock: Clock) -> None:
        from moto.moto_api._internal import mock_random

        self._clock, self._frozen = clock, None
        self._random: Any = mock_random
        _lead(self.time, mock_random.randbytes)

    _frozen: float | None

    def time(self) -> float:
        """The account's time, or the moment that is being replayed."""
        return self._clock.time() if self._frozen is None else self._frozen

    def at(self, moment: float, seed: int) -> AbstractContextManager[None]:
        """Hold moto's clock at `moment` and seed its chance, for one request."""
        return self._hold(moment, seed)

    @contextmanager
    def _hold(self, moment: float, seed: int) -> Any:
        self._frozen = moment
        self._random.seed(seed)
        try:
            yield
        finally:
            self._frozen = None


def _lead(now: Callable[[], float], random_bytes: Callable[[int], bytes]) -> None:
    steady_datetime = _datetime_class(now)
    for name in DATED_MODULES:
        module: Any = importlib.import_module(name)
        module.datetime = SimpleNamespace(**{**vars(datetime), "datetime": steady_datetime})
    for name in DATED_CLASSES:
        module = importlib.import_module(name)
        module.datetime = steady_datetime
    for name in TIMED_MODULES:
        module = importlib.import_module(name)
        module.time = SimpleNamespace(**{**vars(time), "time": now})
    s3: Any = importlib.import_module("moto.s3.models")
    s3.os = SimpleNamespace(**{**vars(os), "urandom": random_bytes})


def _datetime_class(now: Callable[[], float]) -> type[datetime.datetime]:
    class AnyDatetime(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime.datetime)

    class SteadyDatetime(datetime.datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            """The account's time."""
            return datetime.datetime.fromtimestamp(now(), tz)

    return SteadyDatetime
