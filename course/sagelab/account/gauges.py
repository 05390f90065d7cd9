"""Metrics that are there without a request: what AWS publishes each minute of an endpoint that is in service.

Sampled with the metrics of requests and when the clock moves. What is steady (a backlog, no traffic) is told for each
minute of a step of the clock, up to an hour back; the use of CPU and memory is told once.
"""

import math
import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple

import psutil

from .control import ControlPlane
from .endpoints import Endpoints
from .invocations import dimensions

MINUTE, MOST_MINUTES = 60, 60
FRESH = 30.0  # seconds
UTILIZATION = "/aws/sagemaker/Endpoints"


class Gauge(NamedTuple):
    """One value of one metric now."""

    namespace: str
    name: str
    unit: str
    dimensions: list[dict[str, str]]
    value: float
    since: float = 0.0  # from when on it was so; 0 where that is not known


Source = Callable[[], Iterable[Gauge]]


class Gauges:
    """Publishes the gauges of an account."""

    def __init__(self, plane: ControlPlane, steady: list[Source], momentary: list[Source]) -> None:
        self._plane, self._steady, self._momentary = plane, steady, momentary
        self._last = 0.0
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Publish where that was not done in the last half minute: requests have come."""
        if self._plane.clock.time() - self._last >= FRESH:
            self.publish()

    def publish(self) -> None:
        """Publish all for now, and what is steady for the minutes that went by."""
        now = self._plane.clock.time()
        with self._lock:
            before, self._last = self._last, now
        before = before or now
        first = max(math.floor(before / MINUTE) + 1, math.ceil(now / MINUTE) - MOST_MINUTES)
        minutes = [float(number * MINUTE) for number in range(first, math.floor(now / MINUTE))]
        steady = [gauge for source in self._steady for gauge in source()]
        momentary = [gauge for source in self._momentary for gauge in source()]
        self._put([(gauge, [*(m for m in minutes if m > gauge.since), now]) for gauge in steady])
        self._put([(gauge, [now]) for gauge in momentary])

    def _put(self, gauges: list[tuple[Gauge, list[float]]]) -> None:
        for namespace in sorted({gauge.namespace for gauge, _ in gauges}):
            data = [
                {
                    "MetricName": gauge.name,
                    "Unit": gauge.unit,
                    "Dimensions": gauge.dimensions,
                    "Timestamp": moment,
                    "Value": gauge.value,
                }
                for gauge, moments in gauges
                if gauge.namespace == namespace
                for moment in moments
            ]
            for start in range(0, len(data), 1000):
                client = self._plane.client("cloudwatch")
                client.put_metric_data(Namespace=namespace, MetricData=data[start : start + 1000])


class Utilization:
    """CPUUtilization and MemoryUtilization of the workers of each variant, in percent of a core and of the machine."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._processes: dict[int, psutil.Process] = {}

    def __call__(self) -> Iterable[Gauge]:
        """Their values since the last time."""
        found, before = [], self._processes
        self._processes = {}
        for live in self._endpoints.all():
            for variant in live.everything:
                cpu = memory = 0.0
                for pid in variant.fleet.pids():
                    used = self._used(pid, before)
                    cpu, memory = cpu + used[0], memory + used[1]
                count = max(1, variant.fleet.size)
                where = dimensions(live.name, variant.name)
                found += [
                    Gauge(UTILIZATION, "CPUUtilization", "Percent", where, cpu / count),
                    Gauge(UTILIZATION, "MemoryUtilization", "Percent", where, memory / count),
                ]
        return found

    def _used(self, pid: int, before: dict[int, psutil.Process]) -> tuple[float, float]:
        try:
            process = before.get(pid) or psutil.Process(pid)
            self._processes[pid] = process
            return process.cpu_percent(), process.memory_percent()
        except psutil.Error:  # it has just ended
            return 0.0, 0.0
