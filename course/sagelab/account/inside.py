"""boto3 clients for the server's own threads: the request goes straight to the application."""

import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

Application = Callable[..., Any]
DROPPED = ("host", "transfer-encoding", "expect", "content-length")  # a chunked body would arrive empty


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
        self._session = boto3.Session(
            aws_access_key_id="local", aws_secret_access_key="local", region_name=region
        )

    def __call__(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
                client = self._session.client(service, config=config, endpoint_url="http://127.0.0.1")
                client.meta.events.register("before-send", self._answer)
                self._clients[service] = client
            return self._clients[service]

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        body = request.body.read() if hasattr(request.body, "read") else request.body
        body = body.encode() if isinstance(body, str) else body or b""
        status, headers, content = run(self._application, environment(request, body))
        response = AWSResponse(request.url, status, headers, Raw(content))
        if not request.stream_output:
            response.content  # noqa: B018  # reading it here is what botocore's own session does
        return response


def environment(request: Any, body: bytes) -> dict[str, Any]:
    """The WSGI environment of a botocore request."""
    url = urlsplit(request.url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path or "/", "latin-1"),
        "RAW_URI": f"{url.path}?{url.query}" if url.query else url.path,
        "REQUEST_URI": f"{url.path}?{url.query}" if url.query else url.path,
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        if name.lower() not in DROPPED:
            text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else "HTTP_" + key] = text
    return environ


def run(application: Application, environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Call a WSGI application; its status, headers and whole body."""
    answered: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        answered.update(status=int(status.split()[0]), headers=dict(headers))

    chunks = application(environ, start_response)
    try:
        content = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return answered["status"], answered["headers"], content
