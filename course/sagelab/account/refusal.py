"""Says no in the form that each of AWS's protocols expects, so that boto3 shows code and sentence."""

import json
from xml.sax.saxutils import escape

from .wsgi import Incoming, Outgoing

STATUS = "400 BAD REQUEST"


def refuse(request: Incoming, message: str, code: str) -> Outgoing:
    """The refusal of a request, in its own protocol."""
    kind = request.headers.get("content-type", "")
    if "cbor" in kind or request.headers.get("smithy-protocol", "") == "rpc-v2-cbor":
        body = _cbor({"__type": code, "message": message})
        return Outgoing(
            STATUS, [*_headers("application/cbor", body), ("smithy-protocol", "rpc-v2-cbor")], body
        )
    if "x-amz-target" in request.headers or "json" in kind:
        body = json.dumps({"__type": code, "message": message}).encode()
        return Outgoing(
            STATUS, [*_headers("application/x-amz-json-1.1", body), ("x-amzn-errortype", code)], body
        )
    fault = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    if request.operation:
        fault = f"<ErrorResponse>{fault}<RequestId>local</RequestId></ErrorResponse>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>{fault}'.encode()
    return Outgoing(STATUS, _headers("text/xml", body), body)


def _headers(kind: str, body: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", kind), ("Content-Length", str(len(body)))]


def _cbor(texts: dict[str, str]) -> bytes:
    """A map of texts in CBOR (RFC 8949): major type 5, then pairs of major type 3."""
    encoded = bytes([0xA0 | len(texts)])
    for text in (text for pair in texts.items() for text in pair):
        raw = text.encode()[:0xFFFF]
        encoded += b"\x79" + len(raw).to_bytes(2, "big") + raw
    return encoded
