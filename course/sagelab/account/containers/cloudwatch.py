"""Publishes a monitor's metrics to CloudWatch.

The request is written by hand, in the query protocol of CloudWatch's API: importing boto3 for one call would double
the time of a data quality execution.
"""

import http.client
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from .job import Job

INFINITE = 2.348543e108  # what AWS publishes for an infinite metric
MOST_METRICS = 500  # in one request
VERSION = "2010-08-01"


@dataclass(frozen=True)
class Metric:
    """One CloudWatch value, or the summary of many values."""

    name: str
    value: float | None = None
    summary: Mapping[str, float] | None = None
    dimensions: Mapping[str, str] | None = None


def publish(job: Job, namespace: str, metrics: Sequence[Metric]) -> None:
    """Put a monitoring execution's metrics into CloudWatch, where the job is asked to."""
    if not (job.publishes and job.monitor):
        return
    when = job.environment.get("metric_time") or datetime.now(UTC).isoformat()
    for start in range(0, len(metrics), MOST_METRICS):
        form = {"Action": "PutMetricData", "Version": VERSION, "Namespace": namespace}
        for number, metric in enumerate(metrics[start : start + MOST_METRICS], start=1):
            form |= dict(fields(f"MetricData.member.{number}", metric, job.monitor, when))
        post(job, urlencode(form))


def fields(place: str, metric: Metric, monitor: Mapping[str, str], when: str) -> Iterator[tuple[str, str]]:
    """The form fields of one metric."""
    yield f"{place}.MetricName", metric.name
    yield f"{place}.Timestamp", when
    for number, (name, value) in enumerate({**monitor, **(metric.dimensions or {})}.items(), start=1):
        yield f"{place}.Dimensions.member.{number}.Name", name
        yield f"{place}.Dimensions.member.{number}.Value", value
    for name, number_ in (metric.summary or {}).items():
        yield f"{place}.StatisticValues.{name}", repr(number_)
    if metric.value is not None:
        yield f"{place}.Value", repr(max(-INFINITE, min(INFINITE, metric.value)))


def post(job: Job, form: str) -> None:
    """Send a form to the account; a refusal is printed and does not undo the analysis."""
    url, day = urlsplit(job.setting("AWS_ENDPOINT_URL")), f"{datetime.now(UTC):%Y%m%d}"
    scope = f"{job.setting('AWS_ACCESS_KEY_ID')}/{day}/{job.setting('AWS_REGION')}/monitoring/aws4_request"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=local",
    }
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
    connection.request("POST", "/", form.encode(), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status != 200:
        print(f"WARNING CloudWatch refused the metrics: {text[:500]}")
