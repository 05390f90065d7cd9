"""MetricDefinitions: regular expressions that read a training job's log into FinalMetricDataList and CloudWatch."""

import math
import re
from typing import Any

from .errors import ApiError

NAMESPACE = "/aws/sagemaker/TrainingJobs"
MOST_POINTS = 1000  # in one PutMetricData
MOST_KEPT = 100_000  # of one job; a script that prints more still has its last values


def compile_definitions(definitions: list[dict[str, str]]) -> dict[str, re.Pattern[str]]:
    """The patterns by metric name; ApiError for one that is no regular expression."""
    patterns = {}
    for definition in definitions:
        try:
            patterns[definition["Name"]] = re.compile(definition["Regex"])
        except re.error as error:
            text = (
                f"Invalid regular expression {definition['Regex']!r} for metric {definition['Name']}: {error}"
            )
            raise ApiError(text) from None
    return patterns


class LogMetrics:
    """Collects what the patterns find, line by line."""

    def __init__(self, patterns: dict[str, re.Pattern[str]]) -> None:
        self._patterns = patterns
        self._points: list[tuple[str, float, float]] = []
        self._last: dict[str, tuple[float, float]] = {}

    def read(self, line: str, now: float) -> list[tuple[str, float]]:
        """Look for every metric in a line printed at `now`; what was found, where only finite numbers are values."""
        found = []
        for name, pattern in self._patterns.items():
            for match in pattern.finditer(line):
                value = as_number(match[1] if pattern.groups else match[0])
                if value is None:
                    continue
                found.append((name, value))
                self._last[name] = (value, now)
                if len(self._points) < MOST_KEPT:
                    self._points.append((name, value, now))
        return found

    def final(self) -> list[dict[str, Any]]:
        """The last value of each metric, as DescribeTrainingJob shows it."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": when}
            for name, (value, when) in self._last.items()
        ]

    def send(self, cloudwatch: Any, job_name: str) -> None:
        """Put every value into CloudWatch, under the job's name."""
        dimensions = [{"Name": "TrainingJobName", "Value": job_name}]
        data = [
            {"MetricName": name, "Value": value, "Timestamp": when, "Dimensions": dimensions}
            for name, value, when in self._points
        ]
        for start in range(0, len(data), MOST_POINTS):
            cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + MOST_POINTS])


def as_number(text: str | None) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
