"""An endpoint as boto3 and CloudWatch tell of it, and the calls that a learner sends to it."""

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sagelab.errors import SagelabError
from sagelab.traffic import Look

__all__ = ["Bench", "EndpointDesk", "Result"]

Record = dict[str, Any]
ONCE = Config(retries={"total_max_attempts": 1}, max_pool_connections=32, read_timeout=70)
METRICS = (  # name, statistics, factor to the unit that is shown
    ("Invocations", ("Sum",), 1.0),
    ("Invocation4XXErrors", ("Sum",), 1.0),
    ("Invocation5XXErrors", ("Sum",), 1.0),
    ("ModelLatency", ("Average", "Maximum"), 1e-3),
    ("OverheadLatency", ("Average", "Maximum"), 1e-3),
    ("ModelSetupTime", ("SampleCount", "Sum"), 1e-3),
)
LOOKED_FOR = 20  # results of an asynchronous endpoint in one look
KEPT = 200
SHOWN = 120  # characters of a result


class Bench(Protocol):
    """What has clients, a boto3 session and the account's clock: a `sagelab.Lab`."""

    session: Any

    def client(self, service: str) -> Any:
        """The client of a service."""

    @property
    def clock(self) -> Any:
        """The account's clock."""


@dataclass
class Result:
    """One request to an asynchronous endpoint: its id, where the answer will lie, and the answer once it does."""

    id: str
    output: str
    failure: str
    sent: float
    state: str = "waiting"
    text: str = ""
    seconds: float | None = field(default=None)

    def payload(self) -> Record:
        """The result as plain JSON."""
        return {
            "id": self.id,
            "output": self.output,
            "state": self.state,
            "text": self.text,
            "seconds": self.seconds,
        }


class EndpointDesk:
    """One endpoint; its runtime client never tries again by itself, so that every error is seen."""

    def __init__(self, lab: Bench, endpoint: str, samples: Sequence[str | bytes], content_type: str) -> None:
        if not samples:
            raise SagelabError("Give at least one sample payload to send.")
        self.endpoint, self.content_type = endpoint, content_type
        self._lab = lab
        self._bodies = itertools.cycle([s.encode() if isinstance(s, str) else bytes(s) for s in samples])
        self._runtime = lab.session.client("sagemaker-runtime", config=ONCE)
        self._lock = threading.Lock()
        self._results: list[Result] = []
        told = self.describe()
        self.variants = [one["VariantName"] for one in told.get("ProductionVariants", [])]
        self.kind = kind_of(told)
        self._since = self.now().replace(second=0, microsecond=0)

    # -- sending -----------------------------------------------------------------------------------------------
    def ask(self) -> tuple[str, str]:
        """Send the next sample; the variant that answered and the error's code, one of them empty."""
        with self._lock:
            body = next(self._bodies)
        asked = {"EndpointName": self.endpoint, "Body": body, "ContentType": self.content_type}
        try:
            if self.kind == "asynchronous":
                self._keep(self._runtime.invoke_endpoint_async(**asked))
                return self.variants[0], ""
            told = self._runtime.invoke_endpoint(**asked)
            told["Body"].read()
        except ClientError as error:
            return "", str(error.response["Error"]["Code"])
        except BotoCoreError as error:
            return "", type(error).__name__
        return str(told.get("InvokedProductionVariant", "")), ""

    def _keep(self, told: Record) -> None:
        places = told.get("OutputLocation", ""), told.get("FailureLocation", "")
        with self._lock:
            self._results = [*self._results, Result(told["InferenceId"], *places, time.monotonic())][-KEPT:]

    # -- looking -----------------------------------------------------------------------------------------------
    def now(self) -> datetime:
        """The account's time; AWS's own is ours."""
        try:
            return datetime.fromtimestamp(self._lab.clock.now().timestamp(), UTC)
        except SagelabError:
            return datetime.now(UTC)

    def describe(self) -> Record:
        """DescribeEndpoint."""
        return dict(self._lab.client("sagemaker").describe_endpoint(EndpointName=self.endpoint))

    def look(self, cloud: Mapping[str, Record]) -> Look:
        """The endpoint now, with what CloudWatch has told of its cold starts."""
        told = self.describe()
        variants = [*told.get("ProductionVariants", []), *told.get("ShadowProductionVariants", [])]
        setups = [one["ModelSetupTime"] for one in cloud.values()]
        return Look(
            here=time.monotonic(),
            there=self.now().timestamp(),
            status=told["EndpointStatus"],
            instances={
                v["VariantName"]: (v["CurrentInstanceCount"], v.get("DesiredInstanceCount", 0))
                for v in variants
                if "CurrentInstanceCount" in v
            },
            weights={
                v["VariantName"]: v.get("CurrentWeight", 1.0) for v in told.get("ProductionVariants", [])
            },
            activities=self._activities(),
            cold=sum(one.get("SampleCount", 0.0) for one in setups),
            setup=sum(one.get("Sum", 0.0) for one in setups),
        )

    def cloudwatch(self) -> dict[str, Record]:
        """What CloudWatch has by variant since this desk was opened: statistics by metric, times in milliseconds."""
        wanted = [
            (variant, name, statistic, factor)
            for variant in self.variants
            for name, statistics, factor in METRICS
            for statistic in statistics
        ]
        end = self.now() + timedelta(minutes=1)
        minutes = int((end - self._since).total_seconds() // 60) + 1
        queries = [
            {"Id": f"q{number}", "MetricStat": self._metric(variant, name, statistic, minutes * 60)}
            for number, (variant, name, statistic, _) in enumerate(wanted)
        ]
        client = self._lab.client("cloudwatch")
        told = client.get_metric_data(MetricDataQueries=queries, StartTime=self._since, EndTime=end)
        values = {one["Id"]: one["Values"] for one in told["MetricDataResults"]}
        found: dict[str, Record] = {v: {name: {} for name, _, _ in METRICS} for v in self.variants}
        for number, (variant, name, statistic, factor) in enumerate(wanted):
            if values.get(f"q{number}"):
                scaled = 1.0 if statistic == "SampleCount" else factor
                found[variant][name][statistic] = float(values[f"q{number}"][0]) * scaled
        return found

    def backlog(self) -> float | None:
        """The requests that wait in an asynchronous endpoint's queue, by CloudWatch; None where it has not told."""
        now = self.now()
        told = self._lab.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="ApproximateBacklogSize",
            Dimensions=[{"Name": "EndpointName", "Value": self.endpoint}],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        return float(max(told, key=lambda point: point["Timestamp"])["Maximum"]) if told else None

    def results(self) -> list[Result]:
        """The requests to an asynchronous endpoint, oldest first, with the answers that lie in S3 by now."""
        with self._lock:
            waiting = [one for one in self._results if one.state == "waiting"]
        for one in waiting[:LOOKED_FOR]:
            for state, uri in (("answered", one.output), ("failed", one.failure)):
                text = self._object(uri) if uri else None
                if text is not None:
                    one.state, one.text, one.seconds = state, text[:SHOWN], time.monotonic() - one.sent
                    break
        with self._lock:
            return list(self._results)

    # -- orders ------------------------------------------------------------------------------------------------
    def set_weights(self, weights: Any) -> None:
        """UpdateEndpointWeightsAndCapacities; SagelabError for weights that are none."""
        if not isinstance(weights, dict) or not weights:
            raise SagelabError("Weights are numbers by the names of variants.")
        for name, weight in weights.items():
            if name not in self.variants:
                raise SagelabError(f"The endpoint has no variant {str(name)[:80]!r}.")
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1000:
                raise SagelabError("A weight is a number from 0 to 1000.")
        changes = [{"VariantName": name, "DesiredWeight": float(weight)} for name, weight in weights.items()]
        self._lab.client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName=self.endpoint, DesiredWeightsAndCapacities=changes
        )

    def step_clock(self, minutes: float) -> None:
        """Move the account's clock on; SagelabError where the account is AWS itself."""
        self._lab.clock.step(minutes=minutes)

    # -- helpers -----------------------------------------------------------------------------------------------
    def _activities(self) -> tuple[tuple[str, str, str], ...]:
        client = self._lab.client("application-autoscaling")
        found = [
            (one["ActivityId"], one["Description"], one["Cause"])
            for variant in self.variants
            for one in client.describe_scaling_activities(
                ServiceNamespace="sagemaker", ResourceId=f"endpoint/{self.endpoint}/variant/{variant}"
            )["ScalingActivities"]
        ]
        return tuple(found)

    def _metric(self, variant: str, name: str, statistic: str, period: int) -> Record:
        where = {"EndpointName": self.endpoint, "VariantName": variant}
        dimensions = [{"Name": key, "Value": value} for key, value in where.items()]
        metric = {"Namespace": "AWS/SageMaker", "MetricName": name, "Dimensions": dimensions}
        return {"Metric": metric, "Period": period, "Stat": statistic}

    def _object(self, uri: str) -> str | None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            body = self._lab.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read(SHOWN * 4)
        except ClientError:  # it is not there yet
            return None
        return bytes(body).decode("utf-8", "replace")


def kind_of(told: Record) -> str:
    """The inference option of an endpoint: real-time, serverless or asynchronous."""
    if told.get("AsyncInferenceConfig"):
        return "asynchronous"
    variants = told.get("ProductionVariants", [])
    return "serverless" if any("CurrentServerlessConfig" in one for one in variants) else "real-time"
