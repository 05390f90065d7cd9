"""Long polling of SQS without standing in everybody's way: ask, sleep outside the lock, ask again."""

import json
import re
from dataclasses import replace

from .wsgi import Incoming

LONGEST = 20


def without_waiting(request: Incoming) -> tuple[Incoming, float]:
    """The request with its wait set to zero, and the seconds that it wanted to wait."""
    if request.operation != "ReceiveMessage":
        return request, 0.0
    if "x-amz-target" not in request.headers:
        return _form(request)
    try:
        params = json.loads(request.body)
        wait = params.get("WaitTimeSeconds", 0)
    except (ValueError, AttributeError):
        return request, 0.0
    if not isinstance(wait, int) or not 0 <= wait <= LONGEST:
        return request, 0.0  # moto says what is wrong with it
    return replace(request, body=json.dumps({**params, "WaitTimeSeconds": 0}).encode()), float(wait)


def _form(request: Incoming) -> tuple[Incoming, float]:
    wanted = re.search(rb"(?:^|&)WaitTimeSeconds=(\d+)", request.body)
    wait = int(wanted[1]) if wanted else 0
    if wait > LONGEST:
        return request, 0.0
    body = re.sub(rb"(?:^|&)WaitTimeSeconds=\d+", b"", request.body) + b"&WaitTimeSeconds=0"
    return replace(request, body=body), float(wait)
