"""A call that comes from outside: who may stop it, and who is told of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from .errors import ApiError
from .wsgi import Incoming, Outgoing

Record = dict[str, Any]


RUNTIME = {  # method and path of what the runtimes do: the operation and the member that names the resource
    "POST /endpoints/{}/invocations": ("InvokeEndpoint", "EndpointName"),
    "POST /endpoints/{}/invocations-response-stream": ("InvokeEndpointWithResponseStream", "EndpointName"),
    "POST /endpoints/{}/async-invocations": ("InvokeEndpointAsync", "EndpointName"),
    "PUT /FeatureGroup/{}": ("PutRecord", "FeatureGroupName"),
    "GET /FeatureGroup/{}": ("GetRecord", "FeatureGroupName"),
    "DELETE /FeatureGroup/{}": ("DeleteRecord", "FeatureGroupName"),
}
TOLD = ("iam", "sts")  # of moto's services; what is done to objects, logs and queues is no management event


@dataclass(frozen=True)
class Call:
    """One operation that somebody asked for over HTTP."""

    service: str
    operation: str
    params: Record
    headers: Mapping[str, str] = field(repr=False)

    @property
    def access_key(self) -> str:
        """The id of the key that signed the request."""
        return self.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]


Guard = Callable[[Call], None]
Witness = Callable[[Call, Record | None, ApiError | None], None]  # the answer, or the refusal


class Desk:
    """Where calls from outside come in; the account's own threads do not pass here."""

    def __init__(self) -> None:
        self._guards: list[Guard] = []
        self._witnesses: list[Witness] = []

    def guard(self, guard: Guard) -> None:
        """Let `guard(call)` refuse calls, by ApiError."""
        self._guards.append(guard)

    def witness(self, witness: Witness) -> None:
        """Tell `witness(call, answer, error)` of each call; it must return at once."""
        self._witnesses.append(witness)

    def admit(self, call: Call) -> None:
        """Let the guards refuse a call that nobody is told of, such as an invocation."""
        for guard in self._guards:
            guard(call)

    def serve(self, call: Call, answer: Callable[[], Record]) -> Record:
        """The answer to a call that nobody refuses."""
        try:
            self.admit(call)
            answered = answer()
        except ApiError as error:
            self.tell(call, None, error)
            raise
        self.tell(call, answered, None)
        return answered

    def tell(self, call: Call, answered: Record | None, error: ApiError | None) -> None:
        """Tell of a call that was answered elsewhere."""
        for witness in self._witnesses:
            witness(call, answered, error)


def named_call(request: Incoming) -> Call | None:
    """The call that a request to one of moto's services is, where such calls are told of."""
    scope = request.headers.get("authorization", "").partition("Credential=")[2].partition(",")[0].split("/")
    if len(scope) < 5 or scope[3] not in TOLD or not request.operation:
        return None
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    params = {name: value for name, value in form.items() if name not in ("Action", "Version")}
    return Call(scope[3], request.operation, params, request.headers)


def runtime_call(method: str, path: str, headers: Any) -> Call | None:
    """The call that a request to a runtime is; None for all other requests."""
    parts = path.split("/")
    if len(parts) < 3:
        return None
    name, parts[2] = parts[2], "{}"
    known = RUNTIME.get(f"{method} {'/'.join(parts)}")
    return Call("sagemaker", known[0], {known[1]: unquote(name)}, headers) if known else None


def fault_code(answered: Outgoing) -> str:
    """The error code in an answer of the query protocol."""
    found = re.search(rb"<Code>(\w+)</Code>", answered.body)
    return found[1].decode() if found else "InternalFailure"
