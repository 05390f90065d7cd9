"""Read Clarify's analysis.json: each metric with its meaning, whom it disadvantages, and how far it is from fair.

`distance` puts all metrics on one scale: 0 is fair; for a ratio, 0.8 and 1.25 are both 0.2 away. It is what a
tolerance is compared with. `lean` is the distance with a side: positive against group d, negative against group a.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagelab.bias import MEANINGS, Meaning
from sagelab.errors import SagelabError
from sagelab.files import MOST_BYTES, read_bytes

__all__ = ["Group", "Measured", "Report", "distance", "lean", "load", "moved", "read", "says"]

STAGES = {"pre": "pre_training_bias_metrics", "post": "post_training_bias_metrics"}
INFINITE = {"Infinity": math.inf, "-Infinity": -math.inf}
FILE = "analysis.json"


@dataclass(frozen=True)
class Measured:
    """A metric's value in one report; None with the reason where there is none."""

    meaning: Meaning
    value: float | None
    error: str = ""


@dataclass(frozen=True)
class Group:
    """A facet value, and what was measured for it."""

    facet: str
    value: str
    metrics: tuple[Measured, ...]

    @property
    def name(self) -> str:
        """`SEX = 0`, or `AGE in (45.0, 81.0]`."""
        return f"{self.facet} {'in' if self.value.startswith('(') else '='} {self.value}"


@dataclass(frozen=True)
class Report:
    """The bias part of one analysis.json."""

    label: str
    good: str
    groups: tuple[Group, ...]


def load(source: Any, lab: Any = None) -> Any:
    """The JSON of an analysis: given as it is, in a file, or in S3 (the file, or the folder of a job's result)."""
    if isinstance(source, Mapping):
        return source
    if not isinstance(source, str | Path):
        raise SagelabError("An analysis is a dictionary, a path, or an s3:// address.")
    name = str(source)
    raw = _fetch(name, lab) if name.startswith("s3://") else read_bytes(Path(source))
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise SagelabError(f"{name} is not JSON; give the analysis.json of a Clarify job.") from None


def _fetch(uri: str, lab: Any) -> bytes:
    if lab is None:
        raise SagelabError("To read from S3 give the lab, too: BiasReport(uri, lab=lab).")
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    key = key if key.endswith(".json") else f"{key.rstrip('/')}/{FILE}".lstrip("/")
    try:
        found = lab.client("s3").get_object(Bucket=bucket, Key=key)
    except (ClientError, BotoCoreError) as fault:
        raise SagelabError(f"s3://{bucket}/{key} cannot be read: {fault}") from fault
    if found["ContentLength"] > MOST_BYTES:
        raise SagelabError(f"s3://{bucket}/{key} is larger than {MOST_BYTES // 1_000_000} MB.")
    return bytes(found["Body"].read())


def read(analysis: Any) -> Report:
    """The bias metrics of an analysis; raises SagelabError where it has none, or is no analysis."""
    stages = {stage: _section(analysis, key) for stage, key in STAGES.items()}
    found: dict[tuple[str, str], list[Measured]] = {}
    label, good = "", ""
    for stage, section in stages.items():
        if not section:
            continue
        label, good = str(section.get("label", "")), str(section.get("label_value_or_threshold", ""))
        for facet, groups in _mapping(section.get("facets"), "facets").items():
            for group in _list(groups, f"The facet {facet}"):
                place = (
                    str(facet),
                    str(_mapping(group, f"A group of {facet}").get("value_or_threshold", "")),
                )
                metrics = [_measured(one, stage) for one in _list(group.get("metrics"), f"{facet}'s metrics")]
                found.setdefault(place, []).extend(one for one in metrics if one is not None)
    if not any(found.values()):
        raise SagelabError(
            "This analysis holds no bias metrics; ask for pre_training_bias or post_training_bias in its methods."
        )
    groups = tuple(Group(facet, value, tuple(metrics)) for (facet, value), metrics in found.items())
    return Report(label, good, groups)


def _section(analysis: Any, key: str) -> Mapping[str, Any]:
    return _mapping(_mapping(analysis, "The analysis").get(key, {}), key)


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SagelabError(f"{what} is no JSON object; give the analysis.json of a Clarify job.")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise SagelabError(f"{what} is no JSON list; give the analysis.json of a Clarify job.")
    return value


def _measured(given: Any, stage: str) -> Measured | None:
    """A metric that the course knows, in the stage that it belongs to; None for any other."""
    entry = _mapping(given, "A metric")
    meaning, value = MEANINGS.get(str(entry.get("name"))), entry.get("value")
    if meaning is None or meaning.stage != stage:
        return None
    if isinstance(value, str):
        value = INFINITE.get(value, value)
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value)
    ):
        raise SagelabError(f"The value of {meaning.name} is {value!r}, which is no number.")
    return Measured(meaning, None if value is None else float(value), str(entry.get("error", "")))


# -- what a value says ---------------------------------------------------------------------------------------------
def distance(meaning: Meaning, value: float) -> float:
    """How far a value is from the fair one; for a ratio at most 1, and the same for 4/5 as for 5/4."""
    if meaning.fair == 0:
        return abs(value)
    return 1 - min(value, 1 / value) if value > 0 else 1.0


def lean(meaning: Meaning, value: float) -> float:
    """The distance, negative where the value disadvantages group a; without a direction it is not negative."""
    far = distance(meaning, value)
    against_d = meaning.against != "a" if value > meaning.fair else meaning.against == "a"
    return far if against_d or not meaning.against else -far


def says(meaning: Meaning, value: float) -> str:
    """What a value means, in one sentence."""
    if value == meaning.fair:
        return "The groups are alike by this metric." if meaning.name != "GE" else "Everybody benefits alike."
    return meaning.above if value > meaning.fair else meaning.below


def moved(meaning: Meaning, before: float | None, after: float | None) -> str:
    """Whether a mitigation brought a metric `closer` to fair, or `farther`; `same`, or "" where one is missing."""
    if before is None or after is None:
        return ""
    was, now = distance(meaning, before), distance(meaning, after)
    if math.isclose(was, now, rel_tol=1e-9, abs_tol=1e-12):
        return "same"
    return "closer" if now < was else "farther"
