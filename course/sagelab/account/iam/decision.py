"""May this request happen? Explicit deny, then allow, then implicit deny."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .conditions import holds
from .documents import Policy, Statement
from .matching import Context, MissingVariableError, like, variables

ALLOWED, EXPLICIT, IMPLICIT = "allowed", "explicitDeny", "implicitDeny"


@dataclass(frozen=True)
class Request:
    """What somebody wants to do: `sagemaker:CreateModel` on an ARN, with what the conditions may ask."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    principal: str = ""


@dataclass(frozen=True)
class Decision:
    """The answer, with the statements that it comes from."""

    decision: str
    matched: Sequence[Statement] = ()
    boundary_allows: bool | None = None  # None: there is no permissions boundary
    by_kind: dict[str, str] = field(default_factory=dict)

    @property
    def allowed(self) -> bool:
        """May it happen?"""
        return self.decision == ALLOWED


def decide(
    request: Request,
    policies: Sequence[Policy],
    boundaries: Sequence[Policy] | None = None,
    resource: Policy | None = None,
    *,
    same_account: bool = True,
) -> Decision:
    """Judge a request by the policies of a principal, its permissions boundary and the resource's own policy."""
    own = _matching(request, policies)
    bound = None if boundaries is None else _matching(request, boundaries)
    theirs = [] if resource is None else _matching(request, [resource])
    within = None if bound is None else any(s.allows for s in bound) and all(s.allows for s in bound)
    by_kind = {} if resource is None else {"IAM Policy": _verdict(own), "Resource Policy": _verdict(theirs)}
    denies = [s for s in [*own, *(bound or []), *theirs] if not s.allows]
    if denies:
        return Decision(EXPLICIT, denies, within, by_kind)
    by_identity = [s for s in own if within is not False]
    allows = [*by_identity, *theirs] if same_account or (by_identity and theirs) else []
    return Decision(ALLOWED if allows else IMPLICIT, allows, within, by_kind)


def keys_of(policies: Iterable[Policy]) -> list[str]:
    """The condition keys that policies ask for, as condition or as variable, in their order."""
    found: dict[str, str] = {}
    for statement in (statement for policy in policies for statement in policy.statements):
        texts = [*(statement.resources or ()), *(statement.not_resources or ())]
        for keys in statement.conditions.values():
            for key, values in keys.items():
                found.setdefault(key.lower(), key)
                texts += values
        if statement.policy.has_variables:
            for name in (name for text in texts for name in variables(text)):
                found.setdefault(name.lower(), name)
    return list(found.values())


def _verdict(statements: Sequence[Statement]) -> str:
    if any(not statement.allows for statement in statements):
        return EXPLICIT
    return ALLOWED if statements else IMPLICIT


def _matching(request: Request, policies: Sequence[Policy]) -> list[Statement]:
    return [s for policy in policies for s in policy.statements if _matches(s, request)]


def _matches(statement: Statement, request: Request) -> bool:
    filling = request.context if statement.policy.has_variables else None
    try:
        return (
            _speaks_of_action(statement, request.action)
            and _speaks_of_resource(statement, request.resource, filling)
            and _speaks_of_principal(statement, request.principal)
            and holds(statement.conditions, request.context, filling)
        )
    except MissingVariableError:
        return False


def _speaks_of_action(statement: Statement, action: str) -> bool:
    patterns = statement.actions if statement.not_actions is None else statement.not_actions
    found = any(like(pattern, action, ignore_case=True) for pattern in patterns or ())
    return found == (statement.not_actions is None)


def _speaks_of_resource(statement: Statement, resource: str, filling: Context | None) -> bool:
    patterns = statement.resources if statement.not_resources is None else statement.not_resources
    if patterns is None:
        return True  # a resource's own policy may leave its resource out
    found = any(like(pattern, resource, filling) for pattern in patterns)
    return found == (statement.not_resources is None)


def _speaks_of_principal(statement: Statement, principal: str) -> bool:
    if statement.principals is None:
        return True
    account = principal.split(":")[4] if principal.count(":") >= 5 else ""
    named = {"*", principal, account, f"arn:aws:iam::{account}:root"}
    return any(name in named for name in statement.principals)
