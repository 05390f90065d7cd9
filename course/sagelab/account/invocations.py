"""What CloudWatch is told of invocations: counts and latencies by endpoint, variant and minute."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .batches import Batches

NAMESPACE = "AWS/SageMaker"
Series = dict[tuple[str, str], list[float]]  # by metric name and unit


@dataclass(frozen=True)
class Invocation:
    """One request to an endpoint: its status and how long the model and the account took, in microseconds."""

    endpoint: str
    variant: str
    time: datetime
    status: int
    model_latency: float
    overhead_latency: float

    def values(self) -> dict[tuple[str, str], float]:
        """Its point in each metric; a request that failed has no latency."""
        counts = {
            ("Invocations", "Count"): 1.0,
            ("Invocation4XXErrors", "Count"): float(400 <= self.status < 500),
            ("Invocation5XXErrors", "Count"): float(self.status >= 500 or self.status == 0),
            ("InvocationModelErrors", "Count"): float(self.status != 200),
        }
        latencies = {
            ("ModelLatency", "Microseconds"): self.model_latency,
            ("OverheadLatency", "Microseconds"): self.overhead_latency,
        }
        return counts | (latencies if self.status == 200 else {})


class InvocationMetrics:
    """Sends the metrics of many invocations at once, as statistic sets, off the request's path."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client
        self._batches: Batches[Invocation] = Batches(self._send, full=1000, idle=0.5, oldest=10.0)

    def add(self, invocation: Invocation) -> None:
        """Take an invocation."""
        self._batches.add(invocation)

    def flush(self) -> None:
        """Send what waits."""
        self._batches.flush()

    def _send(self, invocations: list[Invocation]) -> None:
        groups: dict[tuple[str, str, datetime], Series] = defaultdict(lambda: defaultdict(list))
        for one in invocations:
            series = groups[one.endpoint, one.variant, one.time.replace(second=0, microsecond=0)]
            for metric, value in one.values().items():
                series[metric].append(value)
        data = [
            {
                "MetricName": name,
                "Unit": unit,
                "Timestamp": minute,
                "Dimensions": [
                    {"Name": "EndpointName", "Value": endpoint},
                    {"Name": "VariantName", "Value": variant},
                ],
                "StatisticValues": {
                    "SampleCount": len(values),
                    "Sum": sum(values),
                    "Minimum": min(values),
                    "Maximum": max(values),
                },
            }
            for (endpoint, variant, minute), series in groups.items()
            for (name, unit), values in series.items()
        ]
        for start in range(0, len(data), 500):
            self._client().put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + 500])
