"""Retry policies and cache durations of steps."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]

DURATION = re.compile(
    r"P?(?:(?P<y>\d+)Y)?(?:(?P<mo>\d+)M)?(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?",
    re.IGNORECASE,
)
SECONDS = {"y": 31_536_000, "mo": 2_592_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}

SERVICE_FAULT, THROTTLING = "Step.SERVICE_FAULT", "Step.THROTTLING"
INTERNAL_ERROR, CAPACITY = "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"
EXCEPTIONS = (SERVICE_FAULT, THROTTLING, INTERNAL_ERROR, CAPACITY, RESOURCE_LIMIT)
REFUSALS = {
    "ThrottlingException": THROTTLING,
    "InternalFailure": SERVICE_FAULT,
    "ServiceUnavailable": SERVICE_FAULT,
    "ResourceLimitExceeded": RESOURCE_LIMIT,
}
FAILURES = {
    "InternalServerError": INTERNAL_ERROR,
    "CapacityError": CAPACITY,
    "ResourceLimitExceeded": RESOURCE_LIMIT,
}
MOST_ATTEMPTS, LONGEST_INTERVAL, LONGEST_EXPIRY = 20, 43_200, 14_400
USUAL: Record = {"ExceptionType": [SERVICE_FAULT, THROTTLING]}  # what AWS retries without being asked


@dataclass(frozen=True)
class Again:
    """A retry: after how many seconds."""

    seconds: float


def duration(text: str) -> float | None:
    """Seconds of an ISO 8601 duration, as freely written as AWS allows; None for anything else."""
    match = DURATION.fullmatch(text.strip())
    parts = {name: int(value) for name, value in match.groupdict().items() if value} if match else {}
    return sum(SECONDS[name] * value for name, value in parts.items()) if parts else None


def policy_problems(step: str, policy: Any) -> Iterator[str]:
    """What is wrong with a retry policy."""
    if not isinstance(policy, dict):
        yield "Expecting start of Json Object."
        return
    kinds = _kinds(policy)
    if not kinds or any(kind not in EXCEPTIONS for kind in kinds):
        yield f"ExceptionType of step '{step}' must be of [{', '.join(EXCEPTIONS)}], not {kinds}."
    if "MaxAttempts" in policy and "ExpireAfterMin" in policy:
        yield f"A retry policy of step '{step}' must not have both MaxAttempts and ExpireAfterMin."
    for name, most in (
        ("MaxAttempts", MOST_ATTEMPTS),
        ("IntervalSeconds", LONGEST_INTERVAL),
        ("ExpireAfterMin", LONGEST_EXPIRY),
    ):
        if not 0 <= policy.get(name, 0) <= most:
            yield f"{name} of step '{step}' must be at most {most}."


def retry(policies: list[Record], exception: str, attempts: int, since_start: float) -> Again | None:
    """Whether to try again after an exception; `attempts` have been made in `since_start` seconds."""
    policy = policy_for(policies, exception)
    if policy is None:
        return None
    interval = policy.get("IntervalSeconds", 1) * policy.get("BackoffRate", 2.0) ** (attempts - 1)
    if "ExpireAfterMin" in policy:
        return Again(interval) if since_start + interval <= policy["ExpireAfterMin"] * 60 else None
    return Again(interval) if attempts <= policy.get("MaxAttempts", 5) else None


def policy_for(policies: list[Record], exception: str) -> Record | None:
    """The first policy that names an exception."""
    return next((policy for policy in [*policies, USUAL] if exception in _kinds(policy)), None)


def of_refusal(code: str) -> str:
    """The exception type behind the code with which an operation refused; empty where there is none."""
    return REFUSALS.get(code, "")


def of_failure(reason: str) -> str:
    """The exception type behind a job's FailureReason; empty where there is none."""
    return next((kind for start, kind in FAILURES.items() if reason.startswith(start)), "")


def _kinds(policy: Record) -> list[str]:
    given = policy.get("ExceptionType", [])
    return [given] if isinstance(given, str) else list(given)
