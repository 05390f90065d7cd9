"""Which resources are paid for and not used: by CloudWatch's invocations and by the activity of Studio's apps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sagelab.resources import Explorer, Resource, moment
from sagelab.said import Said, say

__all__ = ["Use", "judge", "requests_since", "usage"]

PERIOD = 60  # seconds of a datapoint


@dataclass(frozen=True)
class Use:
    """Whether a thing is idle; None where that cannot be told. `why` says what it was judged by."""

    idle: bool | None
    why: Said


def judge(explorer: Explorer, hours: float) -> dict[str, Use]:
    """The use of each thing whose instances are billed, over the last `hours` of the account's clock."""
    now = explorer.now()
    billed: Iterable[Resource] = (one for one in explorer.resources.values() if one.hours)
    return {one.key: usage(explorer, one, now, hours) for one in billed}


def usage(explorer: Explorer, resource: Resource, now: datetime, hours: float) -> Use:
    """The use of one thing up to `now`."""
    since = now - timedelta(hours=hours)
    if resource.kind.noun == "Endpoint":
        return _of_endpoint(explorer, resource, since, now)
    if resource.kind.noun == "App":
        return _of_app(resource, since)
    if resource.kind.noun == "NotebookInstance":
        return Use(None, say("AWS has no API for the activity of a notebook instance."))
    if resource.kind.noun.endswith("Job"):
        if resource.status == "InProgress":
            return Use(False, say("A job at work; its instances end with it."))
        return Use(None, say("A warm pool waits for the next job of its kind and ends by itself."))
    return Use(None, say("What this is used for is not told by an API."))


def _of_endpoint(explorer: Explorer, resource: Resource, since: datetime, now: datetime) -> Use:
    variants = [
        one["VariantName"]
        for role in ("ProductionVariants", "ShadowProductionVariants")
        for one in resource.description.get(role, [])
    ]
    count = requests_since(explorer.client("cloudwatch"), resource.name, variants, since, now)
    where = say("{count} invocations since {since} (CloudWatch).", count=count, since=_time(since))
    if count:
        return Use(False, where)
    if resource.created and resource.created > since:
        return Use(
            None, say("No invocation yet; too young to judge, made at {at}.", at=_time(resource.created))
        )
    return Use(True, say("No invocation since {since} (CloudWatch, metric Invocations).", since=_time(since)))


def requests_since(
    cloudwatch: Any, endpoint: str, variants: list[str], since: datetime, now: datetime
) -> int:
    """The sum of CloudWatch's Invocations over an endpoint's variants."""
    seconds = max(PERIOD, int((now - since).total_seconds()))
    total = 0.0
    for variant in variants:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Dimensions=[
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": variant},
            ],
            StartTime=since,
            EndTime=now + timedelta(seconds=PERIOD),
            Period=-(-seconds // (1000 * PERIOD)) * PERIOD,  # at most 1,000 points, in whole minutes
            Statistics=["Sum"],
        )["Datapoints"]
        total += sum(point["Sum"] for point in points)
    return round(total)


def _of_app(resource: Resource, since: datetime) -> Use:
    active = moment(resource.description.get("LastUserActivityTimestamp"))
    if active is None:
        return Use(None, say("The app has told no activity yet."))
    if active > since:
        return Use(
            False, say("Last used at {at} (DescribeApp, LastUserActivityTimestamp).", at=_time(active))
        )
    return Use(True, say("Not used since {at} (DescribeApp, LastUserActivityTimestamp).", at=_time(active)))


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
