"""SimulatePrincipalPolicy and SimulateCustomPolicy: what policies would allow, and which statement says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..control import ApiError, ControlPlane, Record
from .conditions import UnknownOperatorError
from .decision import Decision, Request, decide, keys_of
from .documents import MalformedPolicyError, Policy, Statement, read, resource_policy
from .principals import Principals

PAGE = 100


@dataclass(frozen=True)
class Setting:
    """Whose policies are asked, and what is known of every request."""

    policies: Sequence[Policy]
    boundaries: Sequence[Policy] | None
    context: dict[str, list[str]]
    principal: str


class Simulation:
    """The two operations."""

    def __init__(self, plane: ControlPlane, principals: Principals) -> None:
        self._plane, self._principals = plane, principals
        self.operations: dict[str, Callable[[Record], Record]] = {
            "SimulatePrincipalPolicy": self.principal,
            "SimulateCustomPolicy": self.custom,
        }

    def principal(self, params: Record) -> Record:
        """SimulatePrincipalPolicy: the policies of a user, group or role, and those of the request."""
        arn = params["PolicySourceArn"]
        found = self._principals.find(arn)
        boundaries = found.boundary
        if "PermissionsBoundaryPolicyInputList" in params:
            boundaries = _inputs(params, "PermissionsBoundaryPolicyInputList")
        policies = [*found.policies, *_inputs(params, "PolicyInputList")]
        policies = [policy for policy in policies if not _excluded(policy, params)]
        return self._answer(
            params, Setting(policies, boundaries, found.context, params.get("CallerArn", found.arn))
        )

    def custom(self, params: Record) -> Record:
        """SimulateCustomPolicy: the policies of the request alone."""
        given = "PermissionsBoundaryPolicyInputList" in params
        boundaries = _inputs(params, "PermissionsBoundaryPolicyInputList") if given else None
        setting = Setting(_inputs(params, "PolicyInputList"), boundaries, {}, params.get("CallerArn", ""))
        return self._answer(params, setting)

    # -- the answer --------------------------------------------------------------------------------------------
    def _answer(self, params: Record, setting: Setting) -> Record:
        resource = (
            _readable(resource_policy, params["ResourcePolicy"]) if "ResourcePolicy" in params else None
        )
        given = {e["ContextKeyName"].lower(): e["ContextKeyValues"] for e in params.get("ContextEntries", [])}
        context = {**setting.context, **given}
        everything = [*setting.policies, *(setting.boundaries or []), *([resource] if resource else [])]
        missing = [key for key in keys_of(everything) if key.lower() not in context]
        cases = [
            Request(_action(action), arn, context, setting.principal)
            for action in params["ActionNames"]
            for arn in params.get("ResourceArns") or ["*"]
        ]
        owner = params.get("ResourceOwner", "")
        same = not (owner and setting.principal) or _account(owner) == _account(setting.principal)
        start, size = _page(params)
        shown = []
        for case in cases[start : start + size]:
            try:
                decision = decide(case, setting.policies, setting.boundaries, resource, same_account=same)
            except UnknownOperatorError as error:
                raise ApiError(f"Invalid condition operator: {error}", "PolicyEvaluation") from None
            shown.append(_result(case, decision, missing, cross_account=not same))
        more = start + size < len(cases)
        return {
            "EvaluationResults": shown,
            "IsTruncated": more,
            **({"Marker": str(start + size)} if more else {}),
        }


def _result(case: Request, decision: Decision, missing: Sequence[str], *, cross_account: bool) -> Record:
    boundary = decision.boundary_allows
    return {
        "EvalActionName": case.action,
        "EvalResourceName": case.resource,
        "EvalDecision": decision.decision,
        "MatchedStatements": [_matched(statement) for statement in decision.matched],
        "MissingContextValues": list(missing),
        "ResourceSpecificResults": [],
        **({"EvalDecisionDetails": decision.by_kind} if cross_account else {}),
        **(
            {}
            if boundary is None
            else {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": boundary}}
        ),
    }


def _matched(statement: Statement) -> Record:
    (line, column), (last, end) = statement.start, statement.end
    return {
        "SourcePolicyId": statement.policy.name,
        "SourcePolicyType": statement.policy.kind,
        "StartPosition": {"Line": line, "Column": column},
        "EndPosition": {"Line": last, "Column": end},
    }


def _inputs(params: Record, member: str) -> list[Policy]:
    texts = params.get(member, [])
    return [_readable(read, text, f"{member}.{n}", "none") for n, text in enumerate(texts, start=1)]


def _readable(reader: Callable[..., Policy], *arguments: Any) -> Policy:
    try:
        return reader(*arguments)
    except MalformedPolicyError as error:
        raise ApiError(f"Invalid Input Policy: {error}", "InvalidInput") from None


def _excluded(policy: Policy, params: Record) -> bool:
    kinds = {
        "inline": ("user", "group", "role"),
        "aws-managed": ("aws-managed",),
        "user-managed": ("user-managed",),
    }
    for rule in params.get("PolicyExclusionList", []):
        if policy.kind in kinds.get(rule.get("PolicyType", ""), ()):
            return True
        inline = rule.get("InlinePolicyIdentifier")
        if inline and policy.name == "{AttachmentType}_{AttachmentName}_{PolicyName}".format(**inline):
            return True
        if policy.kind.endswith("managed") and rule.get("PolicyArn", "").endswith(f"/{policy.name}"):
            return True
    return False


def _action(name: str) -> str:
    service, colon, operation = name.partition(":")
    if not (service and colon and operation) or "*" in name or "?" in name:
        raise ApiError(f"Invalid Action Name: {name}. Write service:Operation.", "InvalidInput")
    return name


def _account(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else arn


def _page(params: Record) -> tuple[int, int]:
    marker = params.get("Marker", "0")
    if not marker.isdecimal():
        raise ApiError(f"Invalid Marker: {marker}", "InvalidInput")
    return int(marker), int(params.get("MaxItems", PAGE))
