"""The policies of a user, a group or a role, as the account's IAM holds them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from ..control import ApiError, ControlPlane, Record
from .documents import MalformedPolicyError, Policy, read

NO_ENTITY = "NoSuchEntity"
OF_AWS = "arn:aws:iam::aws:policy/"


@dataclass(frozen=True)
class Principal:
    """Somebody with the policies that are attached, inline and by group."""

    arn: str
    policies: Sequence[Policy]
    boundary: Sequence[Policy] | None
    context: dict[str, list[str]] = field(default_factory=dict)


class Principals:
    """Finds the policies of principals in one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._of_aws: dict[str, Policy] = {}  # they do not change while the account runs

    def find(self, arn: str) -> Principal:
        """The principal of that ARN; ApiError in IAM's words where there is none."""
        kind, _, name = arn.rpartition(":")[2].partition("/")
        name = name.rpartition("/")[2]
        if kind == "role":
            return self._role(name)
        if kind == "user":
            return self._user(name)
        if kind == "group":
            return Principal(arn, list(self._group(name)), None)
        raise ApiError(
            f"Invalid Entity Arn: {arn} does not clearly define entity type and name.", "InvalidInput"
        )

    def managed(self, arn: str) -> Policy:
        """A managed policy in its default version."""
        if arn in self._of_aws:
            return self._of_aws[arn]
        version = self._ask("get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self._ask("get_policy_version", PolicyArn=arn, VersionId=version)["PolicyVersion"]
        of_aws = arn.startswith(OF_AWS)
        kind = "aws-managed" if of_aws else "user-managed"
        policy = _read(found["Document"], arn.rpartition("/")[2], kind)
        if of_aws:
            self._of_aws[arn] = policy
        return policy

    def _role(self, name: str) -> Principal:
        role = self._ask("get_role", RoleName=name)["Role"]
        policies = [
            *self._inline("role", name, "list_role_policies", "get_role_policy", RoleName=name),
            *self._attached("list_attached_role_policies", RoleName=name),
        ]
        return Principal(role["Arn"], policies, self._boundary(role), _context(role, {}))

    def _user(self, name: str) -> Principal:
        user = self._ask("get_user", UserName=name)["User"]
        policies = [
            *self._inline("user", name, "list_user_policies", "get_user_policy", UserName=name),
            *self._attached("list_attached_user_policies", UserName=name),
        ]
        for group in self._ask("list_groups_for_user", UserName=name)["Groups"]:
            policies += self._group(group["GroupName"])
        named = {"aws:username": [user["UserName"]], "aws:userid": [user["UserId"]]}
        return Principal(user["Arn"], policies, self._boundary(user), _context(user, named))

    def _group(self, name: str) -> Iterator[Policy]:
        yield from self._inline("group", name, "list_group_policies", "get_group_policy", GroupName=name)
        yield from self._attached("list_attached_group_policies", GroupName=name)

    def _boundary(self, entity: Record) -> list[Policy] | None:
        arn = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return [self.managed(arn)] if arn else None

    def _inline(self, kind: str, owner: str, listing: str, getting: str, **who: str) -> Iterator[Policy]:
        for name in self._ask(listing, **who)["PolicyNames"]:
            document = self._ask(getting, **who, PolicyName=name)["PolicyDocument"]
            yield _read(document, f"{kind}_{owner}_{name}", kind)

    def _attached(self, listing: str, **who: str) -> Iterator[Policy]:
        for attached in self._ask(listing, **who)["AttachedPolicies"]:
            yield self.managed(attached["PolicyArn"])

    def _ask(self, operation: str, **params: str) -> Any:
        try:
            return getattr(self._plane.client("iam"), operation)(**params)
        except ClientError as error:
            told = error.response["Error"]
            raise ApiError(told["Message"], told["Code"]) from None
        except ParamValidationError:
            named = ", ".join(params.values())
            raise ApiError(f"Invalid Entity: {named or 'it has no name'}.", "InvalidInput") from None


def _context(entity: Record, more: dict[str, list[str]]) -> dict[str, list[str]]:
    """The condition keys that say who asks."""
    tags = {f"aws:principaltag/{tag['Key'].lower()}": [tag["Value"]] for tag in entity.get("Tags", [])}
    account = entity["Arn"].split(":")[4]
    return {"aws:principalarn": [entity["Arn"]], "aws:principalaccount": [account], **tags, **more}


def _read(document: Any, name: str, kind: str) -> Policy:
    text = document if isinstance(document, str) else json.dumps(document, indent=4)
    try:
        return read(text, name, kind, check=False)
    except MalformedPolicyError as error:
        raise ApiError(f"Policy {name}: {error}", "PolicyEvaluation") from None
