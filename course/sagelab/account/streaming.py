"""InvokeEndpointWithResponseStream: what a script yields reaches the caller piece by piece.

The pieces travel as PayloadPart events in the encoding of AWS's event streams (prelude, headers, payload, two CRCs).
"""

import json
import struct
import time
from binascii import crc32
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from .invocations import Exchange, Took
from .runtime import CUSTOM_ATTRIBUTES, Runtime, body_of, passed_on
from .worker import Answer, ModelError, Stream, StreamError

ACCEPT, CONTENT_TYPE = "X-Amzn-SageMaker-Accept", "X-Amzn-SageMaker-Content-Type"
STRING = 7  # the type of a header in an event


class Streaming:
    """The streaming half of the runtime API."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        runtime.plane.route("/endpoints/[^/]+/invocations-response-stream", self.invoke)

    def invoke(self, request: Request) -> Response:
        """InvokeEndpointWithResponseStream."""
        name = unquote(request.path.split("/")[2])
        return self._runtime.guarded(name, lambda: self._respond(name, request))

    def _respond(self, name: str, request: Request) -> Response:
        began = time.perf_counter()
        body = body_of(request)
        headers = {**passed_on(request.headers), "Accept": request.headers.get(ACCEPT, "*/*")}
        with ExitStack() as held:  # until the last piece is sent
            leased = held.enter_context(self._runtime.leased(name, request.headers, body))
            asked = time.perf_counter()

            def observe(answer: Answer | None, error: ModelError | None) -> None:
                took = Took((time.perf_counter() - asked) * 1e6, (asked - began) * 1e6)
                self._runtime.observe(leased, Exchange(body, headers, answer, error), took)

            try:
                stream = leased.instance.stream(body, headers)
            except ModelError as error:
                observe(None, error)
                return self._runtime.model_error(name, error)
            response = Response(events(stream, observe), content_type="application/vnd.amazon.eventstream")
            response.call_on_close(held.pop_all().close)
        response.headers[CONTENT_TYPE] = stream.content_type
        response.headers["x-Amzn-Invoked-Production-Variant"] = leased.variant.name
        if stream.custom_attributes is not None:
            response.headers[CUSTOM_ATTRIBUTES] = stream.custom_attributes
        return response


def events(stream: Stream, observe: Callable[[Answer | None, ModelError | None], None]) -> Iterator[bytes]:
    """The pieces as events, and an exception where the container breaks off."""
    pieces = []
    try:
        for piece in stream.pieces:
            pieces.append(piece)
            yield event({":event-type": "PayloadPart", ":message-type": "event"}, piece)
    except (StreamError, ModelError) as broken:
        observe(None, ModelError(500, str(broken)))
        told = json.dumps({"Message": str(broken), "ErrorCode": "StreamBroken"}).encode()
        yield event({":exception-type": "ModelStreamError", ":message-type": "exception"}, told)
    else:
        observe(Answer(b"".join(pieces), stream.content_type, stream.custom_attributes), None)


def event(headers: dict[str, str], payload: bytes) -> bytes:
    """One message of an event stream."""
    named = b"".join(
        bytes([len(name)]) + name.encode() + bytes([STRING]) + struct.pack(">H", len(value)) + value.encode()
        for name, value in {**headers, ":content-type": "application/octet-stream"}.items()
    )
    prelude = struct.pack(">II", 16 + len(named) + len(payload), len(named))
    message = prelude + struct.pack(">I", crc32(prelude)) + named + payload
    return message + struct.pack(">I", crc32(message))
