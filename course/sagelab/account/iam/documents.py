"""IAM policy documents: read, checked in IAM's words, each statement with its place in the text."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

VARIABLES_SINCE = "2012-10-17"  # in documents of the version before, ${...} is plain text
Position = tuple[int, int]  # line and column, both from 1


class MalformedPolicyError(Exception):
    """A document is no policy; the text is IAM's sentence."""


@dataclass(frozen=True)
class Statement:
    """One statement; of each pair (actions, not_actions) one is None."""

    allows: bool
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]]
    principals: tuple[str, ...] | None
    policy: "Policy" = field(repr=False, compare=False)
    start: Position
    end: Position


@dataclass(frozen=True, eq=False)
class Policy:
    """A policy with the name and the kind that a simulation tells of it."""

    name: str
    kind: str  # user, group, role, aws-managed, user-managed, resource or none
    version: str
    statements: list[Statement] = field(default_factory=list)

    @property
    def has_variables(self) -> bool:
        """Does ${...} mean something in this document?"""
        return self.version >= VARIABLES_SINCE


def read(text: str, name: str, kind: str, *, check: bool = True) -> Policy:
    """The policy of a document; MalformedPolicyError in IAM's words. AWS's own documents need no check."""
    if check:
        _check(text)
    try:
        document = json.loads(text)
        policy = Policy(name, kind, str(document.get("Version", "2008-10-17")))
        policy.statements.extend(_statement(policy, text, *found) for found in _statements(text))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise MalformedPolicyError("Syntax errors in policy.") from None
    return policy


def resource_policy(text: str) -> Policy:
    """The policy of a resource: it names principals, which moto's checks for identities refuse."""
    policy = read(text, "ResourcePolicy", "resource", check=False)
    if not policy.statements or any(statement.principals is None for statement in policy.statements):
        raise MalformedPolicyError("Policy document must name a Principal in each statement.")
    return policy


def _check(text: str) -> None:
    from moto.iam.exceptions import MalformedPolicyDocument
    from moto.iam.policy_validation import IAMPolicyDocumentValidator

    from ..motoiam import complete

    complete()

    try:
        IAMPolicyDocumentValidator(text).validate()
    except MalformedPolicyDocument as error:
        raise MalformedPolicyError(str(error.message)) from None
    except RecursionError:
        raise MalformedPolicyError("Syntax errors in policy.") from None


def _statement(policy: Policy, text: str, found: dict[str, Any], start: int, end: int) -> Statement:
    principal = found.get("Principal")
    return Statement(
        allows={"Allow": True, "Deny": False}[found["Effect"]],
        actions=_texts(found.get("Action")),
        not_actions=_texts(found.get("NotAction")),
        resources=_texts(found.get("Resource")),
        not_resources=_texts(found.get("NotResource")),
        conditions={
            operator: {key: _texts(values) or () for key, values in keys.items()}
            for operator, keys in found.get("Condition", {}).items()
        },
        principals=_principals(principal) if principal is not None else None,
        policy=policy,
        start=_position(text, start),
        end=_position(text, end),
    )


def _texts(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    values = value if isinstance(value, list) else [value]
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in values)


def _principals(principal: Any) -> tuple[str, ...]:
    if isinstance(principal, str):
        return (principal,)
    return tuple(name for names in principal.values() for name in _texts(names) or ())


def _statements(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Each statement of a document with where it begins and ends in the text."""
    decoder, place = json.JSONDecoder(), _skip(text, _skip(text, 0) + 1)
    while text[place] != "}":
        name, place = decoder.raw_decode(text, place)
        place = _skip(text, _skip(text, place) + 1)
        if name == "Statement":
            yield from _elements(decoder, text, place)
        _, place = decoder.raw_decode(text, place)
        place = _skip(text, place)
        place = _skip(text, place + 1) if text[place] == "," else place


def _elements(decoder: json.JSONDecoder, text: str, place: int) -> Iterator[tuple[dict[str, Any], int, int]]:
    if text[place] != "[":
        value, end = decoder.raw_decode(text, place)
        yield value, place, end
        return
    place = _skip(text, place + 1)
    while text[place] != "]":
        value, end = decoder.raw_decode(text, place)
        yield value, place, end
        place = _skip(text, end)
        place = _skip(text, place + 1) if text[place] == "," else place


def _skip(text: str, place: int) -> int:
    while text[place] in " \t\r\n":
        place += 1
    return place


def _position(text: str, place: int) -> Position:
    before = text[:place]
    return before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1
