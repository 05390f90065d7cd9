"""Traffic to an endpoint: when calls are due, and what their answers say about latency, errors and the split."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["SHARES", "Call", "Look", "Pace", "changes", "percentile", "split", "summary", "timeline"]

Record = dict[str, Any]
SHARES = (50, 90, 99)
CLOCK_JUMP = 5.0  # seconds by which the account's clock may run apart from ours before that is told


@dataclass(frozen=True)
class Call:
    """One call: when it was sent (seconds on our clock), how long it took, who answered, or the error's code."""

    sent: float
    seconds: float
    variant: str = ""
    code: str = ""


@dataclass(frozen=True)
class Pace:
    """So many calls a second, evenly, from a moment on."""

    rate: float
    since: float

    def due(self, number: int) -> float:
        """When call `number` (from 0) is to be sent."""
        return self.since + number / self.rate


@dataclass(frozen=True)
class Look:
    """What an endpoint was like at one moment: `here` is our clock, `there` the account's, both in seconds."""

    here: float
    there: float
    status: str
    instances: Mapping[str, tuple[int, int]]  # by variant: those that are up, and those that are wanted
    weights: Mapping[str, float]
    activities: tuple[tuple[str, str, str], ...] = ()  # scaling: id, description, cause; the newest first
    cold: float = 0.0  # cold starts that CloudWatch knows of
    setup: float = 0.0  # milliseconds that they took together


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` percent of the values lie, linearly between neighbors; NaN of none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def summary(calls: Sequence[Call]) -> Record:
    """Counts, errors by code, and the percentiles of the answered calls in milliseconds."""
    answered = [call.seconds * 1000 for call in calls if not call.code]
    return {
        "calls": len(calls),
        "answered": len(answered),
        "errors": dict(sorted(Counter(call.code for call in calls if call.code).items())),
        "latency": {f"p{share}": percentile(answered, share) for share in SHARES} if answered else {},
    }


def split(calls: Iterable[Call], weights: Mapping[str, float]) -> Record:
    """Who answered, against the weights: shares, and the probability of a split at least as uneven by chance.

    `p` is that of a chi-squared test, None where it says nothing: fewer than 5 calls expected of some variant.
    """
    counts = Counter(call.variant for call in calls if not call.code)
    total, whole = sum(counts[name] for name in weights), sum(weights.values())
    rows = [
        {
            "variant": name,
            "weight": weight,
            "answered": counts[name],
            "share": counts[name] / total if total else None,
            "expected": weight / whole if whole else 0.0,
        }
        for name, weight in weights.items()
    ]
    hoped = [total * float(row["expected"] or 0) for row in rows]
    tested = len(rows) > 1 and min(hoped) >= 5
    return {"rows": rows, "p": _chance([counts[n] for n in weights], hoped) if tested else None}


def _chance(counts: Sequence[float], hoped: Sequence[float]) -> float:
    from scipy.stats import chisquare

    return float(chisquare(counts, hoped).pvalue)


def timeline(calls: Iterable[Call], now: float, span: int) -> list[Record]:
    """The last `span` whole seconds up to `now`: calls by variant, errors, and latencies in milliseconds."""
    end = math.floor(now) + 1
    bins: list[list[Call]] = [[] for _ in range(span)]
    for call in calls:
        place = math.floor(call.sent) - (end - span)
        if 0 <= place < span:
            bins[place].append(call)
    return [{"at": end - span + place, **_second(inside)} for place, inside in enumerate(bins) if inside]


def _second(calls: Sequence[Call]) -> Record:
    told = summary(calls)
    return {
        "variants": dict(Counter(call.variant for call in calls if not call.code)),
        "errors": told["calls"] - told["answered"],
        "p50": told["latency"].get("p50"),
        "p99": told["latency"].get("p99"),
    }


def changes(before: Look | None, now: Look) -> list[Record]:
    """What has happened between two looks, as events with a `kind` and its values."""
    if before is None:
        return []
    found: list[Record] = []
    jump = (now.there - before.there) - (now.here - before.here)
    if abs(jump) > CLOCK_JUMP:
        found.append({"kind": "clock", "seconds": round(jump)})
    if now.status != before.status:
        found.append({"kind": "status", "status": now.status})
    for name, weight in now.weights.items():
        if name in before.weights and weight != before.weights[name]:
            found.append({"kind": "weight", "variant": name, "before": before.weights[name], "now": weight})
    known = {number for number, _, _ in before.activities}
    for number, description, cause in reversed(now.activities):
        if number not in known:
            found.append({"kind": "scaling", "description": description, "cause": cause})
    for name, (up, _) in now.instances.items():
        if name in before.instances and up != before.instances[name][0]:
            found.append(
                {"kind": "instances", "variant": name, "before": before.instances[name][0], "now": up}
            )
    if now.cold > before.cold:
        count, took = now.cold - before.cold, now.setup - before.setup
        found.append({"kind": "cold", "count": round(count), "milliseconds": took / count})
    return [{"at": now.here, **event} for event in found]
