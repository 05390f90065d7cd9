"""What jobs and functions have printed, out of CloudWatch Logs."""

from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

__all__ = ["GROUPS", "LogLine", "log_lines", "place_of"]

GROUPS = {
    "training-job": "/aws/sagemaker/TrainingJobs",
    "processing-job": "/aws/sagemaker/ProcessingJobs",
    "transform-job": "/aws/sagemaker/TransformJobs",
}
MOST_STREAMS = 8
PAGE = 10_000


@dataclass(frozen=True)
class LogLine:
    """One line: when it was printed (seconds since 1970), by which host, and what."""

    time: float
    host: str
    text: str

    def payload(self) -> dict[str, Any]:
        """The line as plain JSON."""
        return asdict(self)


def place_of(arn: str, name: str = "") -> tuple[str, str] | None:
    """The log group and the prefix of the streams of a job or a function; None where it has no log.

    An ARN holds the job's `name` in small letters, the streams hold it as it was given.
    """
    kind, _, small = arn.split(":", 5)[-1].partition("/")
    if kind in GROUPS:
        return GROUPS[kind], f"{name or small}/"
    if arn.startswith("arn:aws:lambda:"):
        return f"/aws/lambda/{arn.rsplit(':function:', maxsplit=1)[-1].partition(':')[0]}", ""
    return None


def log_lines(logs: Any, group: str, prefix: str, most: int = PAGE) -> list[LogLine]:
    """The last lines below a prefix, oldest first; none where nothing was printed yet."""
    asked = {
        "logGroupName": group,
        "limit": MOST_STREAMS,
        **({"logStreamNamePrefix": prefix} if prefix else {}),
    }
    try:
        streams = logs.describe_log_streams(**asked)["logStreams"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    found: list[LogLine] = []
    for stream in streams:
        name = stream["logStreamName"]
        host = name.rpartition("/")[2].rpartition("-")[0] if prefix else name
        events = logs.get_log_events(
            logGroupName=group, logStreamName=name, startFromHead=False, limit=min(most, PAGE)
        )["events"]
        found += [LogLine(event["timestamp"] / 1000, host, event["message"]) for event in events]
    return sorted(found, key=lambda line: line.time)[-most:]
