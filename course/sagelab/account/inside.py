"""boto3 clients for the server's own threads: the request goes straight to the application."""

import threading
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from .wsgi import INSIDE, NOT_HANDED_ON, Application, Incoming, Outgoing, environment, run


class Raw(BytesIO):
    """A body that botocore can stream."""

    def stream(self, amt: int = 65536, **_: Any) -> Any:
        """The body in pieces."""
        while piece := self.read(amt):
            yield piece


class Clients:
    """One client a service, made once: making one costs more than a hundred calls."""

    def __init__(self, application: Application, region: str) -> None:
        self._application, self._lock = application, threading.Lock()
        self._clients: dict[str, Any] = {}
        self._region = region

    def __call__(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            if service not in self._clients:
                config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
                client = _session(self._region).client(
                    service, config=config, endpoint_url="http://127.0.0.1"
                )
                client.meta.events.register("before-send", self._answer)
                self._clients[service] = client
            return self._clients[service]

    def _answer(self, request: Any, **_: Any) -> Any:
        """What botocore takes in place of going to the network."""
        answered = run(self._application, {**environment(_incoming(request)), INSIDE: True})
        response: Any = AWSResponse(request.url, answered.code, _headers(answered), Raw(answered.body))
        if not request.stream_output:
            response.content  # noqa: B018  # botocore's own session reads it here too
        return response


@cache
def _session(region: str) -> Any:
    """One session for all: it keeps what it has read of botocore's descriptions."""
    return boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=region)


def _incoming(request: Any) -> Incoming:
    body = request.body.read() if hasattr(request.body, "read") else request.body
    body = body.encode() if isinstance(body, str) else bytes(body or b"")
    headers = {k: _text(v) for k, v in request.headers.items() if k.lower() not in NOT_HANDED_ON}
    url = urlsplit(request.url)
    headers.setdefault("host", url.netloc)
    return Incoming(request.method, f"{url.path or '/'}?{url.query}".rstrip("?"), headers, body)


def _headers(answered: Outgoing) -> Any:
    """The headers as a plain dict, which is all that botocore makes of them."""
    return dict(answered.headers)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
