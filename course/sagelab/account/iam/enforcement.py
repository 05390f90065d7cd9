"""Policies that bite: calls of assumed roles and users to SageMaker, refused in AWS's words.

Off until somebody switches it on, because a lesson's notebook works with the keys of the account's owner, whom no
policy binds. The trust policy of a role is not asked when it is assumed: moto gives the session to anybody.
"""

from collections.abc import Iterator
from typing import Any

from ..calls import Call
from ..control import ApiError, ControlPlane, Record
from .callers import Caller, Callers
from .decision import ALLOWED, EXPLICIT, Request, decide
from .documents import MalformedPolicyError, Policy, read
from .principals import Principal, Principals
from .requests import context_of, resources_of, roles_of, tags_of

SETTING = "iam.enforcement"
NO_TOKEN = "The security token included in the request is invalid."


class Enforcement:
    """Stands at the desk of one account."""

    def __init__(self, plane: ControlPlane, principals: Principals, callers: Callers) -> None:
        self._plane, self._principals, self._callers = plane, principals, callers
        plane.desk.guard(self.check)
        plane.door("enforcement", self.switch)

    def switch(self, body: Any) -> Record:
        """The account's own route: {"on": true} or false; tells which it is."""
        if body is not None:
            self._plane.store.set_setting(SETTING, bool(body["on"]))
        return {"on": bool(self._plane.store.setting(SETTING, False))}

    def check(self, call: Call) -> None:
        """Refuse what the caller's policies do not allow."""
        key = call.access_key
        if not key.startswith(("ASIA", "AKIA")) or not self._plane.store.setting(SETTING, False):
            return
        caller = self._callers.find(key)
        if caller is None:
            raise ApiError(NO_TOKEN, "UnrecognizedClientException")
        if caller.expires and caller.expires.timestamp() < self._plane.clock.time():
            raise ApiError("The security token included in the request is expired", "ExpiredTokenException")
        for request in self._requests(call, caller):
            self._insist(request, caller)

    def _requests(self, call: Call, caller: Caller) -> Iterator[Request]:
        context = {
            **context_of(call.params),
            "aws:currenttime": [self._plane.clock.now().isoformat()],
            "aws:epochtime": [str(int(self._plane.clock.time()))],
            "aws:requestedregion": [self._plane.region],
            "aws:sourceip": ["127.0.0.1"],
            "aws:userid": [caller.principal],
        }
        for arn in resources_of(self._plane, call.operation, call.params):
            tagged = {**context, **tags_of(self._plane, arn)}
            yield Request(f"sagemaker:{call.operation}", arn, tagged, caller.arn)
        for role in roles_of(call.params):
            passed = {**context, "iam:passedtoservice": ["sagemaker.amazonaws.com"]}
            yield Request("iam:PassRole", role, passed, caller.arn)

    def _insist(self, request: Request, caller: Caller) -> None:
        principal = self._principal(caller)
        request = Request(
            request.action, request.resource, {**principal.context, **request.context}, request.principal
        )
        found = decide(request, principal.policies, principal.boundary)
        within = decide(request, _session(caller)) if caller.session_policy else found
        if found.allowed and within.allowed:
            return
        raise ApiError(_sentence(request, caller, found.decision, within.decision), "AccessDeniedException")

    def _principal(self, caller: Caller) -> Principal:
        try:
            return self._principals.find(caller.entity)
        except ApiError:  # the role was deleted, or never was
            return Principal(caller.entity, [], None)


def _session(caller: Caller) -> list[Policy]:
    try:
        return [read(caller.session_policy, "session", "none", check=False)]
    except MalformedPolicyError:
        return []


def _sentence(request: Request, caller: Caller, found: str, within: str) -> str:
    if EXPLICIT in (found, within):
        kind = "identity-based" if found == EXPLICIT else "session"
        why = f"with an explicit deny in {'an' if kind[0] == 'i' else 'a'} {kind} policy"
    else:
        kind = "session" if found == ALLOWED else "identity-based"
        why = f"because no {kind} policy allows the {request.action} action"
    return f"User: {caller.arn} is not authorized to perform: {request.action} on resource: {request.resource} {why}"
