"""Who signed a request: the account's owner, a user, or a session of an assumed role."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..control import ControlPlane

ISSUED = ("ASIA", "AKIA")  # how the ids of keys begin that IAM and STS give out; all others are the owner's


@dataclass(frozen=True)
class Caller:
    """The identity behind an access key."""

    kind: str  # Root, IAMUser or AssumedRole, as CloudTrail says
    name: str
    arn: str
    principal: str
    entity: str = ""  # the ARN of the user or role whose policies count
    session_policy: str = ""
    expires: datetime | None = None


class Callers:
    """Finds the caller of a request by its access key."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._known: dict[str, Caller] = {}
        account = plane.account
        self.owner = Caller("Root", "root", f"arn:aws:iam::{account}:root", account)

    def find(self, access_key: str) -> Caller | None:
        """The caller with that key; None for a key that looks issued and is not."""
        if not access_key.startswith(ISSUED):
            return self.owner
        if access_key not in self._known:
            found = self._session(access_key) if access_key.startswith("ASIA") else self._user(access_key)
            if found is None:
                return None
            self._known[access_key] = found
        return self._known[access_key]

    def _session(self, access_key: str) -> Caller | None:
        self._plane.client("sts").get_caller_identity()  # moto has then read its journal
        from moto.sts.models import sts_backends

        backends: Mapping[str, Any] = sts_backends[self._plane.account]
        role = backends["aws"].get_assumed_role_from_access_key(access_key)
        if role is None:
            return None
        policy, expires = role.policy or "", role.expiration
        return Caller(
            "AssumedRole", role.session_name, role.arn, role.user_id, role.role_arn, policy, expires
        )

    def _user(self, access_key: str) -> Caller | None:
        iam = self._plane.client("iam")
        for page in iam.get_paginator("list_users").paginate():
            for user in page["Users"]:
                keys = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
                if any(key["AccessKeyId"] == access_key for key in keys):
                    return Caller("IAMUser", user["UserName"], user["Arn"], user["UserId"], user["Arn"])
        return None
