"""Everything in an account by real list calls, what it bills while it stands, and how it is stopped or deleted.

Works on AWS as it does on the local account.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from sagelab.bills import HOUR, Bill, Line, basis, bills_of, lines_of
from sagelab.errors import SagelabError
from sagelab.kinds import Item, Kind, all_kinds, identify, model_name
from sagelab.said import Said

__all__ = ["Account", "Explorer", "Resource", "Workbench", "its_own_words", "moment"]

MOST_PAGES, MOST_OBJECT_PAGES = 20, 20
MOVING = ("Creating", "Deleting", "Updating", "Pending", "Starting", "Stopping", "InProgress", "SystemUpdating",
          "RollingBack", "Executing", "Delete_Pending")  # fmt: skip
NO_DELETE = ("Deleting", "Stopping", "Starting")
STOPPABLE = ("InProgress", "InService", "Created", "Started", "Executing", "Scheduled", "Updated", "Running")
KEEPS = {"MonitoringSchedule", "MlflowTrackingServer"}  # deleted as they are; stopping is not asked for first


class Account(Protocol):
    """What the explorer needs of a lab."""

    clock: Any

    def client(self, service: str) -> Any:
        """A boto3 client."""


class Workbench(Account, Protocol):
    """A lab with a place for what it writes."""

    bucket: str


@dataclass(frozen=True)
class Resource:
    """One thing that stands in the account."""

    kind: Kind
    item: Item = field(repr=False)
    description: Item = field(repr=False)
    lines: tuple[Line, ...]
    basis: str
    why: Said = field(repr=False)
    trouble: str = ""  # why it could not be described, in AWS's words

    @property
    def name(self) -> str:
        """Its name as a person knows it."""
        name = str(self.item.get(self.kind.name) or self.arn)
        return name.rpartition("/")[2] if name.startswith(("arn:", "http")) else name

    @property
    def arn(self) -> str:
        """Its ARN, where its list tells it."""
        return str(self.item.get(self.kind.arn, "")) if self.kind.arn else ""

    @property
    def key(self) -> str:
        """A name that no other thing of the account has."""
        named = sorted((key, str(self.item.get(member))) for key, member in self.kind.keys.items())
        return "|".join([self.kind.service, self.kind.noun, self.arn, *(f"{k}={v}" for k, v in named)])

    @property
    def status(self) -> str:
        """Its status, where its kind has one."""
        return _status(self.kind, self.item)

    @property
    def created(self) -> datetime | None:
        """When it was made."""
        return moment(self.item.get(self.kind.created)) if self.kind.created else None

    @property
    def moving(self) -> bool:
        """Whether its status will change by itself."""
        return self.status in MOVING

    @property
    def action(self) -> str:
        """What can be done with it: stop where it runs and can be stopped, else delete, else nothing."""
        if self.status in NO_DELETE:
            return ""
        running = self.status in STOPPABLE and self.kind.noun not in KEEPS
        if self.kind.stop and running:
            return self.kind.stop
        return "" if self.status == "InProgress" and self.kind.noun.endswith("Job") else self.kind.delete

    @property
    def hours(self) -> bool:
        """Whether instances are billed while it stands."""
        return any(line.unit == HOUR for line in self.lines)


class Explorer:
    """The resources of an account; `read` lists all or some kinds, and `unread` says what was not listed and why."""

    def __init__(self, lab: Account) -> None:
        self._lab = lab
        self.resources: dict[str, Resource] = {}
        self.unread: dict[str, str] = {}

    @cached_property
    def kinds(self) -> list[Kind]:
        """All kinds, by what SageMaker's client knows."""
        return all_kinds(self._lab.client("sagemaker"))

    def client(self, service: str) -> Any:
        """A boto3 client of the account."""
        return self._lab.client(service)

    def now(self) -> datetime:
        """The account's time; this machine's on AWS."""
        try:
            now: datetime = self._lab.clock.now()
        except (SagelabError, AttributeError):
            return datetime.now(UTC)
        return now

    def read(self, nouns: Iterable[str] | None = None) -> None:
        """List every kind again, or only the kinds with these nouns."""
        wanted = set(nouns) if nouns is not None else None
        kept = [one for one in self.resources.values() if wanted is not None and one.kind.noun not in wanted]
        found = {one.key: one for one in kept}
        for kind in sorted(self.kinds, key=lambda kind: kind.parent is not None):  # parents first
            if wanted is None or kind.noun in wanted:
                self.unread.pop(kind.title, None)
                try:
                    for item in self._items(kind, found.values()):
                        resource = self._resource(kind, item)
                        found[resource.key] = resource
                except (ClientError, BotoCoreError) as error:
                    self.unread[kind.title] = its_own_words(error)
        self.resources = found

    def read_moving(self) -> bool:
        """List again the kinds in which something changes by itself; whether there are any."""
        nouns = {one.kind.noun for one in self.resources.values() if one.moving}
        if nouns:
            self.read(nouns)
        return bool(nouns)

    def act(self, key: str) -> str:
        """Stop or delete a thing; raises ClientError in AWS's own words. Returns the operation's name."""
        resource = self.resources.get(key)
        if resource is None or not resource.action:
            raise SagelabError(
                "It is gone, or nothing can be done with it now; refresh to see how things stand."
            )
        client = self.client(resource.kind.service)
        getattr(client, resource.action)(**self.call_of(resource)[1])
        return self.call_of(resource)[0]

    def call_of(self, resource: Resource) -> tuple[str, Item]:
        """The API call that `act` makes: the operation's name and its parameters."""
        model = self.client(resource.kind.service).meta.service_model
        return model_name(model, resource.action), identify(
            resource.kind, resource.item, resource.action, model
        )

    def _items(self, kind: Kind, found: Iterable[Resource]) -> Iterator[Item]:
        if kind.parent is None:
            yield from self._pages(kind, kind.given)
            return
        noun, parameter = kind.parent
        for parent in [one for one in found if one.kind.noun == noun]:
            given = {parameter: parent.item[parent.kind.name]}
            for item in self._pages(kind, given):
                yield {**given, **item}
        if kind.noun == "ModelPackage":  # those that belong to no group
            yield from self._pages(kind, kind.given)

    def _pages(self, kind: Kind, given: Mapping[str, Any]) -> Iterator[Item]:
        client = self.client(kind.service)
        if client.can_paginate(kind.list):
            pages: Iterable[Item] = client.get_paginator(kind.list).paginate(**given)
        else:
            pages = [getattr(client, kind.list)(**given)]
        for number, page in enumerate(pages):
            for item in page.get(kind.member) or []:
                yield item if isinstance(item, dict) else {kind.name: item}
            if number + 1 == MOST_PAGES:
                self.unread[kind.title] = f"Only the first {MOST_PAGES} pages of the list were read."
                return

    def _resource(self, kind: Kind, item: Item) -> Resource:
        bills = bills_of(kind.noun, item, _status(kind, item))
        try:
            description, trouble = self._describe(kind, item, bills), ""
        except (ClientError, BotoCoreError) as error:
            description, trouble = {}, its_own_words(error)
        lines = list(lines_of(kind.noun, bills, description))
        where, why = basis(kind.noun, bills, lines)
        if trouble:
            where = "unknown"
        return Resource(kind, item, description, tuple(lines), where, why, trouble)

    def _describe(self, kind: Kind, item: Item, bills: list[Bill]) -> Item:
        """What a thing is made of, where something of it is billed; for a bucket its size."""
        if not bills:
            return item
        if kind.noun == "Bucket":
            return {**item, **_stored(self.client("s3"), item["Name"])}
        if not kind.describe:
            return item
        client = self.client(kind.service)
        request = identify(kind, item, kind.describe, client.meta.service_model)
        told = {**item, **getattr(client, kind.describe)(**request)}
        return {**told, "Instances": _instances(client, told)} if kind.noun == "Endpoint" else told


def _instances(sagemaker: Any, endpoint: Item) -> list[Item]:
    """The instances of an endpoint that serve now, by the types that its configuration names."""
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    found = []
    for role in ("ProductionVariants", "ShadowProductionVariants"):
        types = {variant["VariantName"]: variant.get("InstanceType") for variant in config.get(role, [])}
        for variant in endpoint.get(role, []):
            kind, count = types.get(variant["VariantName"]), variant.get("CurrentInstanceCount", 0)
            if kind and count:
                found.append({"what": kind, "count": count})
    return found


def _stored(s3: Any, bucket: str) -> Item:
    """The number and the bytes of a bucket's objects; `More` where not all were counted."""
    count = size = 0
    for number, page in enumerate(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)):
        sizes = [found["Size"] for found in page.get("Contents", [])]
        count, size = count + len(sizes), size + sum(sizes)
        if number + 1 == MOST_OBJECT_PAGES and page.get("IsTruncated"):
            return {"Objects": count, "Bytes": size, "More": True}
    return {"Objects": count, "Bytes": size, "More": False}


def _status(kind: Kind, item: Item) -> str:
    status = item.get(kind.status) if kind.status else ""
    return str(status.get("PrimaryStatus", "")) if isinstance(status, dict) else str(status or "")


def moment(value: Any) -> datetime | None:
    """A time as services tell it: a datetime, or milliseconds since 1970."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float | Decimal):
        return datetime.fromtimestamp(float(value) / 1000, UTC)
    return None


def its_own_words(error: Exception) -> str:
    """What AWS said, with its code."""
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        return f"{told.get('Code', 'Error')}: {told.get('Message') or error}"
    return str(error)
