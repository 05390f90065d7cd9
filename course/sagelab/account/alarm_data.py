"""The datapoints of an alarm: the samples of one metric, put together period by period.

The samples are those that moto keeps; they are filed here by metric as they come, because moto's own look-up goes
through all samples of the account. Percentiles are exact; as on AWS they leave out statistic sets, whose single values
nobody knows, but for those that hold one value.
"""

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

Key = tuple[str, str, frozenset[tuple[str, str]]]  # namespace, name, dimensions
STATISTIC = re.compile(r"Average|Sum|Minimum|Maximum|SampleCount|p(100|\d{1,2}(\.\d+)?)")
STANDARD = 60  # seconds between two evaluations of an alarm
HIGH_RESOLUTION = 10  # and of one whose period is shorter than a minute


class Sample(NamedTuple):
    """What one PutMetricData said: a value, or a set of values told by its statistics."""

    time: float
    least: float
    most: float
    total: float
    size: float
    unit: str | None


class Samples:
    """All samples of the account, filed by metric."""

    def __init__(self) -> None:
        self._filed: dict[Key, list[Sample]] = defaultdict(list)
        self._seen = 0

    def take(self, data: Sequence[Any]) -> set[Key]:
        """File what moto has got since the last time; the metrics that it belongs to."""
        fresh, self._seen = data[self._seen :], len(data)
        keys = set()
        for datum in fresh:
            key = (datum.namespace, datum.name, frozenset((d.name, d.value) for d in datum.dimensions))
            self._filed[key].append(sample(datum))
            keys.add(key)
        for key in keys:
            self._filed[key].sort(key=lambda one: one.time)
        return keys

    def between(self, key: Key, start: float, end: float, unit: str | None = None) -> list[Sample]:
        """The samples of one metric in [start, end), oldest first."""
        filed = self._filed.get(key, [])
        found = filed[bisect_left(filed, (start,)) : bisect_left(filed, (end,))]
        return [one for one in found if unit is None or one.unit == unit]


def sample(datum: Any) -> Sample:
    """A sample of moto's."""
    moment = datum.timestamp.timestamp()
    if hasattr(datum, "value"):
        return Sample(moment, datum.value, datum.value, datum.value, 1.0, datum.unit)
    return Sample(moment, datum.min, datum.max, datum.sum, datum.sample_count, datum.unit)


def statistic(name: str, samples: Iterable[Sample]) -> float | None:
    """Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p99; None without samples."""
    found = [one for one in samples if one.size > 0]
    if not found:
        return None
    count, total = sum(one.size for one in found), sum(one.total for one in found)
    if name.startswith("p"):
        return percentile(float(name[1:]), found)
    return {
        "Sum": total,
        "SampleCount": count,
        "Average": total / count,
        "Minimum": min(one.least for one in found),
        "Maximum": max(one.most for one in found),
    }[name]


def percentile(share: float, samples: Iterable[Sample]) -> float | None:
    """The smallest value that at least `share` percent of the values do not exceed."""
    known = [one for one in samples if one.least == one.most]
    values = sorted(value for one in known for value in [one.least] * int(one.size))
    return values[max(0, math.ceil(share / 100 * len(values)) - 1)] if values else None


def tick(period: int) -> int:
    """How many seconds lie between two evaluations of an alarm of that period."""
    return STANDARD if period >= STANDARD else HIGH_RESOLUTION


def evaluation_times(
    samples: Iterable[Sample], period: int, periods: int, after: float, until: float
) -> list[float]:
    """The times in (after, until] at which the datapoints can differ from those a moment before, and `until`.

    AWS evaluates at the end of each minute, over the periods that end there. In between two of these times no sample
    comes in and none moves from one period to the next, so nothing else needs to be evaluated.
    """
    every = tick(period)
    arrivals = {math.floor(one.time / every) * every + every for one in samples}
    times = {arrival + number * period for arrival in arrivals for number in range(periods + 1)}
    return sorted({moment for moment in times if after < moment < until} | {until})
