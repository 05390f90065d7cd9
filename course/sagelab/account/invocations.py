"""What CloudWatch is told of invocations: counts and latencies by endpoint, variant and minute."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .batches import Batches
from .worker import Answer, ModelError

NAMESPACE = "AWS/SageMaker"
MOST_VALUES = 150  # in one datum of PutMetricData
Series = dict[tuple[str, str], list[float]]  # by metric name and unit


@dataclass(frozen=True)
class Took:
    """How long the model and the account took for one request, in microseconds."""

    model: float
    overhead: float


@dataclass(frozen=True)
class Exchange:
    """What a variant was asked, and its answer or error."""

    body: bytes
    headers: dict[str, str]
    answer: Answer | None
    error: ModelError | None


@dataclass(frozen=True)
class Invocation:
    """One request to an endpoint: its status and how long the model and the account took, in microseconds."""

    endpoint: str
    variant: str
    time: datetime
    status: int
    model_latency: float
    overhead_latency: float
    instances: int = 0  # that share the invocations of the variant; 0 where there are none to count
    config: str = ""  # the endpoint configuration, while two of them share the traffic
    more: dict[tuple[str, str], float] = field(default_factory=dict)

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
        if self.instances:
            counts["InvocationsPerInstance", "None"] = 1 / self.instances
        return counts | (latencies if self.status == 200 else {}) | self.more


class InvocationMetrics:
    """Sends the metrics of many invocations at once, as statistic sets, off the request's path."""

    def __init__(self, client: Callable[[], Any], sent: Callable[[], None] = lambda: None) -> None:
        self._client, self._sent = client, sent
        self.last: dict[tuple[str, str], float] = {}  # when each variant was invoked last
        self._batches: Batches[Invocation] = Batches(self._send, full=1000, idle=0.5, oldest=10.0)

    def add(self, invocation: Invocation) -> None:
        """Take an invocation."""
        self.last[invocation.endpoint, invocation.variant] = invocation.time.timestamp()
        self._batches.add(invocation)

    def flush(self) -> None:
        """Send what waits."""
        self._batches.flush()

    def _send(self, invocations: list[Invocation]) -> None:
        groups: dict[tuple[str, str, str, datetime], Series] = defaultdict(lambda: defaultdict(list))
        for one in invocations:
            minute = one.time.replace(second=0, microsecond=0)
            for config in {"", one.config}:
                series = groups[one.endpoint, one.variant, config, minute]
                for metric, value in one.values().items():
                    series[metric].append(value)
        data = [
            {
                "MetricName": name,
                "Unit": unit,
                "Timestamp": minute,
                "Dimensions": dimensions(endpoint, variant, config),
                **told(name, values),
            }
            for (endpoint, variant, config, minute), series in groups.items()
            for (name, unit), values in series.items()
        ]
        for start in range(0, len(data), 500):
            self._client().put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + 500])
        self._sent()


def dimensions(endpoint: str, variant: str, config: str = "") -> list[dict[str, str]]:
    """The dimensions of a variant's metrics; during a deployment there are those of one configuration too."""
    named = {"EndpointName": endpoint, "VariantName": variant} | (
        {"EndpointConfigName": config} if config else {}
    )
    return [{"Name": name, "Value": value} for name, value in named.items()]


def told(name: str, values: list[float]) -> dict[str, Any]:
    """Values one by one where their percentiles matter and they are few; as a statistic set where not."""
    if name.endswith("Latency") and len(values) <= MOST_VALUES:
        return {"Values": values}
    statistics = {
        "SampleCount": len(values),
        "Sum": sum(values),
        "Minimum": min(values),
        "Maximum": max(values),
    }
    return {"StatisticValues": statistics}
