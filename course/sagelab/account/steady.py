"""Makes moto repeatable: its clock is the account's, its random numbers come from a seed.

A request that is replayed from the journal at its own time and with its own seed leaves moto exactly as the first
time: the same version ids, upload ids, message ids and dates. moto offers the seed; the places where it reads the
clock or the operating system's chance are led here.
"""

import datetime
import importlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from . import alarm_history
from .clock import Clock
from .motoiam import complete


class SteadyMoto:
    """moto's sources of time and chance, in our hands; the process has one moto, so one of these."""

    def __init__(self, clock: Clock) -> None:
        from moto.moto_api._internal import mock_random

        self._clock = clock
        self._moment: float | None = None
        self._random: Any = mock_random
        self._datetime = self._steady_datetime()
        self._lead(
            "moto.core.utils", datetime=SimpleNamespace(**{**vars(datetime), "datetime": self._datetime})
        )

    def load(self, service: str) -> None:
        """Lead one service's clock and chance, as soon as moto has loaded it."""
        if service == "s3":
            dates = SimpleNamespace(**{**vars(datetime), "datetime": self._datetime})
            chance = SimpleNamespace(**{**vars(os), "urandom": self._random.randbytes})
            self._lead("moto.s3.models", datetime=dates, os=chance)
        elif service == "iam":
            complete()
        elif service == "cloudwatch":
            self._lead("moto.cloudwatch.models", datetime=self._datetime)
            alarm_history.install()
        elif service == "applicationautoscaling":
            self._lead(
                "moto.applicationautoscaling.models",
                time=SimpleNamespace(**{**vars(time), "time": self.time}),
            )

    def time(self) -> float:
        """The moment of the request that is being answered, else the account's time."""
        return self._clock.time() if self._moment is None else self._moment

    @contextmanager
    def at(self, moment: float, seed: int) -> Iterator[None]:
        """Hold moto's clock at `moment` and seed its chance, for one request."""
        self._moment = moment
        self._random.seed(seed)
        try:
            yield
        finally:
            self._moment = None

    @staticmethod
    def _lead(module: str, **replacements: Any) -> None:
        for name, replacement in replacements.items():
            setattr(importlib.import_module(module), name, replacement)

    def _steady_datetime(self) -> type[datetime.datetime]:
        steady = self

        class AnyDatetime(type):
            def __instancecheck__(cls, instance: object) -> bool:
                return isinstance(instance, datetime.datetime)

        class SteadyDatetime(datetime.datetime, metaclass=AnyDatetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> Any:
                """The account's time."""
                return datetime.datetime.fromtimestamp(steady.time(), tz)

        return SteadyDatetime
