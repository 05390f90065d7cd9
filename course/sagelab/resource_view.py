"""What the resource explorer shows: rows with their cost at the learner's prices, sums, and deletions to confirm."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sagelab.bills import HOUR, Line
from sagelab.idle import Use
from sagelab.prices import Prices, Sum, add_up, money
from sagelab.removal import consequences
from sagelab.resources import Explorer, Resource
from sagelab.said import Said, say

__all__ = ["SHOWN", "age", "price_rows", "rows", "selection", "sums", "to_confirm"]

SHOWN = ("all", "cost", "idle")
ORDER = ("hours", "storage", "unknown", "use", "elsewhere", "nothing")
STEPS = ((86400, say("{count} days", count=0)), (3600, say("{count} hours", count=0)),
         (60, say("{count} minutes", count=0)))  # fmt: skip


def age(now: datetime, made: datetime | None) -> Said:
    """How long ago a thing was made, in the largest unit of which two have gone by."""
    if made is None:
        return say("")
    seconds = (now - made).total_seconds()
    for size, text in STEPS:
        if seconds >= 2 * size:
            return say(text["text"], count=int(seconds // size))
    return say("{count} seconds", count=max(0, int(seconds)))


def selection(
    resources: Iterable[Resource], uses: Mapping[str, Use], show: str, search: str
) -> list[Resource]:
    """The resources to show: those that cost, or are idle; whose name, kind or ARN holds each searched word."""
    words = search.casefold().split()
    found = []
    for one in resources:
        text = f"{one.name} {one.kind.title} {one.arn} {one.status}".casefold()
        costs = one.basis in ("hours", "storage", "unknown")
        fits = show == "all" or (costs if show == "cost" else uses.get(one.key, _NO_USE).idle is True)
        if fits and all(word in text for word in words):
            found.append(one)
    return sorted(found, key=lambda one: (_rank(one), one.kind.service, one.kind.title, one.name))


def _rank(resource: Resource) -> int:
    return ORDER.index(resource.basis) if resource.basis in ("hours", "storage") else len(ORDER)


_NO_USE = Use(None, say(""))


def rows(
    resources: Iterable[Resource], uses: Mapping[str, Use], prices: Prices, now: datetime
) -> list[dict[str, Any]]:
    """One plain row for each resource."""
    values = prices.values
    return [_row(one, uses.get(one.key), add_up(one.lines, values), now) for one in resources]


def _row(one: Resource, use: Use | None, cost: Sum, now: datetime) -> dict[str, Any]:
    return {
        "key": one.key,
        "kind": one.kind.title,
        "service": one.kind.service,
        "name": one.name,
        "arn": one.arn,
        "status": one.status,
        "age": age(now, one.created),
        "basis": one.basis,
        "why": say("{told}", told=one.trouble) if one.trouble else one.why,
        "lines": [_line(line) for line in one.lines],
        "hourly": money(cost.hourly) if one.lines and not cost.unpriced else "",
        "unpriced": list(cost.unpriced),
        "idle": use.idle if use else None,
        "use": use.why if use else say(""),
        "action": "stop" if one.action and one.action == one.kind.stop else "delete" if one.action else "",
    }


def _line(line: Line) -> dict[str, Any]:
    return {"key": line.key, "unit": line.unit, "count": _amount(line.count)}


def _amount(count: Decimal) -> str:
    return f"{count:,f}" if count == count.to_integral_value() else money(count)


def price_rows(resources: Iterable[Resource], prices: Prices) -> list[dict[str, Any]]:
    """What is billed now, each with its unit, how much there is of it, and the typed price."""
    counts: dict[str, Decimal] = {}
    units: dict[str, str] = {}
    for one in resources:
        for line in one.lines:
            counts[line.key] = counts.get(line.key, Decimal(0)) + line.count
            units[line.key] = line.unit
    return [
        {"key": key, "unit": units[key], "count": _amount(counts[key]), "price": prices.typed.get(key, "")}
        for key in sorted(counts, key=lambda key: (units[key] != HOUR, key))
    ]


def sums(resources: Iterable[Resource], prices: Prices) -> dict[str, Any]:
    """What all of it costs an hour and a month, and what the sum leaves out."""
    everything = list(resources)
    total = add_up([line for one in everything for line in one.lines], prices.values)
    return {
        "hourly": money(total.hourly),
        "monthly": money(total.monthly),
        "priced": any(line.key in prices.typed for one in everything for line in one.lines),
        "unpriced": list(total.unpriced),
        "unknown": sorted({one.kind.title for one in everything if one.basis == "unknown"}),
        "use": sorted({one.kind.title for one in everything if one.basis == "use"}),
        "count": len(everything),
        "billed": sum(one.hours for one in everything),
    }


def to_confirm(explorer: Explorer, keys: Iterable[str], uses: Mapping[str, Use]) -> list[dict[str, Any]]:
    """The calls that would be made for these things, with what each of them means."""
    found = []
    for key in keys:
        one = explorer.resources.get(key)
        if one is not None and one.action:
            name, parameters = explorer.call_of(one)
            told = ", ".join(f"{member}={value}" for member, value in parameters.items())
            idle = [uses[key].why] if key in uses and uses[key].idle else []
            found.append(
                {
                    "key": key,
                    "name": one.name,
                    "kind": one.kind.title,
                    "call": f"{name}({told})",
                    "told": [*idle, *consequences(explorer, one)],
                }
            )
    return found
