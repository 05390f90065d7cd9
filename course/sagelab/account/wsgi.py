"""Requests and answers at the door: from WSGI to plain values and back.

A body is always read whole and handed on with its length. Handing on `Transfer-Encoding: chunked` instead would
make moto store empty S3 objects, with no error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

from werkzeug.serving import WSGIRequestHandler

Application = Callable[..., Any]

METADATA = "x-amz-meta-"

NOT_HANDED_ON = ("transfer-encoding", "content-length", "expect", "connection")
INSIDE = "sagelab.inside"  # in the environment of a request from the account's own threads
ORIGINAL_NAMES = "moto.preserved_header_names"  # where moto looks for metadata names with an underscore


@dataclass(frozen=True)
class Incoming:
    """A whole HTTP request; header names are in lower case, but for S3 metadata with underscores."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path as it was sent."""
        return urlsplit(self.url).path

    @property
    def query(self) -> str:
        """What stands behind the question mark."""
        return urlsplit(self.url).query

    @property
    def operation(self) -> str:
        """The operation of a service with named operations, empty for S3 and its like."""
        target = self.headers.get("x-amz-target", "")
        if self.method == "POST" and target:
            return target.rpartition(".")[2]
        if self.path.startswith("/service/") and "/operation/" in self.path:  # the CBOR protocol
            return self.path.rpartition("/")[2]
        if self.method == "POST" and "x-www-form-urlencoded" in self.headers.get("content-type", ""):
            form = self.body
        else:
            form = self.query.encode() if self.method == "GET" else b""
        for part in form.split(b"&"):
            if part.startswith(b"Action="):
                return part[7:].decode("latin-1")
        return ""


@dataclass(frozen=True)
class Outgoing:
    """A whole HTTP answer."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def code(self) -> int:
        """The status as a number."""
        return int(self.status.split()[0])


class Handler(WSGIRequestHandler):
    """werkzeug's handler, with connections that stay open between requests.

    werkzeug itself closes each connection, because an application may leave a body unread; here a body is read whole
    before the application sees it. It also drops headers with an underscore; S3 metadata may have one.
    """

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer
    disable_nagle_algorithm = True

    def make_environ(self) -> dict[str, Any]:
        """The WSGI environment, with the whole body and with metadata under the names that were sent."""
        environ = super().make_environ()
        originals = {
            _key(name): name for name in self.headers if "_" in name and name.lower().startswith(METADATA)
        }
        environ.update({key: self.headers[name] for key, name in originals.items()})
        stream = environ["wsgi.input"]
        body = stream.read() if environ.get("wsgi.input_terminated") else stream.read(self._length())
        return {**environ, "wsgi.input": BytesIO(body), ORIGINAL_NAMES: originals}

    def handle_expect_100(self) -> bool:
        """Ask for the body at once: the client waits for that."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def run_wsgi(self) -> None:
        """Answer one request."""
        try:
            self.environ = self.make_environ()
        except (ValueError, OSError):  # the length of the body is no number, or the body ends before
            self.close_connection = True
            self.send_error(400)
            return
        app: Any = self.server.app
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started[:] = [status, headers]

        pieces = app(self.environ, start_response)
        try:
            self._send(started[0], started[1], pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _length(self) -> int:
        length = int(self.headers.get("Content-Length") or 0)
        if length < 0:
            raise ValueError(length)
        return length

    def _send(self, status: str, headers: list[tuple[str, str]], pieces: Any) -> None:
        """Send an answer; one whose length nobody knows goes in chunks as they come."""
        code, _, words = status.partition(" ")
        self.send_response(int(code), words)
        for name, value in headers:
            self.send_header(name, value)
        bare = self.command == "HEAD" or code in ("204", "304")
        sized = bare or any(name.lower() == "content-length" for name, _ in headers)
        chunked = not sized and self.request_version >= "HTTP/1.1"
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif not sized:
            self.close_connection = True  # its end is how the client sees the end of the answer
        self.end_headers()
        for piece in () if bare else filter(None, pieces):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            if not sized:
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n" if chunked else b"")
        self.wfile.flush()


def read(environ: dict[str, Any]) -> Incoming:
    """The request of a WSGI environment, with its whole body."""
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    body = stream.read() if environ.get("wsgi.input_terminated") else stream.read(int(length or 0))
    original = environ.get(ORIGINAL_NAMES, {})
    headers = {
        original.get(key, key[5:].replace("_", "-").lower()): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    headers = {name: value for name, value in headers.items() if name not in NOT_HANDED_ON}
    url = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO") or "/"
    return Incoming(environ["REQUEST_METHOD"], url, headers, body)


def form_action(environ: dict[str, Any]) -> str:
    """The operation that a request names in a form, empty for others; its body can be read again."""
    if environ["REQUEST_METHOD"] != "POST" or "x-www-form-urlencoded" not in environ.get("CONTENT_TYPE", ""):
        return ""
    request = read(environ)
    environ["wsgi.input"] = BytesIO(request.body)
    environ["CONTENT_LENGTH"] = str(len(request.body))
    return request.operation


def environment(request: Incoming) -> dict[str, Any]:
    """The WSGI environment of a request."""
    url, host = urlsplit(request.url), request.headers.get("host", "127.0.0.1")
    raw = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path or "/", "latin-1"),
        "RAW_URI": raw,
        "REQUEST_URI": raw,
        "QUERY_STRING": url.query,
        "SERVER_NAME": host.partition(":")[0],
        "SERVER_PORT": host.partition(":")[2] or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        ORIGINAL_NAMES: {},
    }
    for name, value in request.headers.items():
        environ[_key(name)] = value
        if "_" in name:
            environ[ORIGINAL_NAMES][_key(name)] = name
    return environ


def _key(header: str) -> str:
    key = header.upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"


def run(application: Application, environ: dict[str, Any]) -> Outgoing:
    """Call a WSGI application and collect its whole answer."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        started[:] = [status, headers]

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started
    return Outgoing(status, list(headers), body)
