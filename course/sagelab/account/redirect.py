"""Keeps this process from reaching real AWS: boto3's one exit leads to the local account."""

import os
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
from botocore.httpsession import URLLib3Session
from botocore.waiter import Waiter

_send, _wait = URLLib3Session.send, Waiter.wait


def attach(url: str) -> None:
    """Lead every AWS call of this process and its children to `url`."""
    os.environ.update(
        AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="local", AWS_SECRET_ACCESS_KEY="local", AWS_DEFAULT_REGION="us-east-1"
    )
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    target = urlsplit(url)

    def send(self: Any, request: Any) -> Any:
        there = urlsplit(request.url)
        if there.hostname not in ("127.0.0.1", "localhost", "::1"):
            request.headers["Host"] = there.netloc
            request.url = urlunsplit((target.scheme, target.netloc, there.path, there.query, ""))
        return _send(self, request)

    def wait(self: Any, **params: Any) -> None:
        _wait(self, **{**params, "WaiterConfig": {"Delay": 0.2, "MaxAttempts": 18000}})

    URLLib3Session.send, Waiter.wait = send, wait
    boto3.DEFAULT_SESSION = None
