"""All services but SageMaker, answered by moto and remembered by the journal."""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .clock import Clock
from .compact import superseded
from .journal import UPLOAD_NUMBER, Entry, Journal
from .motoserver import MotoServer
from .polling import without_waiting
from .refusal import refuse
from .wsgi import INSIDE, Incoming, Outgoing, read

READING = (
    "Describe",
    "Get",
    "List",
    "Head",
    "BatchGet",
    "Filter",
    "Lookup",
    "Test",
    "Search",
    "Simulate",
    "Select",
)
NOT_KEPT = {"user-agent", "accept", "accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request"} | {
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
    "x-amzn-query-mode",
}


class Elsewhere:
    """moto behind one lock, because replaying needs the order in which requests were answered."""

    def __init__(self, journal: Path, clock: Clock, changed: Callable[[str], None] = lambda _: None) -> None:
        self._lock = threading.RLock()
        self._changed = changed  # called with the operation of each request that changed something
        self._clock = clock
        self._journal = Journal(journal)
        self._moto: MotoServer | None = None
        self._told: Callable[[Incoming, Outgoing], None] | None = None

    def on_answer(self, told: Callable[[Incoming, Outgoing], None]) -> None:
        """Call `told(request, answer)` for each request from outside."""
        self._told = told

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer as a WSGI application."""
        request = read(environ)
        try:
            answered = self.answer(request)
        except Exception as error:  # a fault of ours is told in one sentence; the log has the rest
            traceback.print_exc()
            answered = refuse(
                request, f"The local account failed at this request: {error!r}", "InternalFailure"
            )
        if self._told and INSIDE not in environ:
            self._told(request, answered)
        start_response(answered.status, answered.headers)
        return [answered.body]

    def answer(self, request: Incoming) -> Outgoing:
        """Answer a request; what it changed is on disk before this returns."""
        if request.path.startswith("/moto-api"):
            return refuse(request, "The local account has no such service", "UnknownOperationException")
        request, seconds = without_waiting(request)
        deadline = time.monotonic() + seconds
        while True:
            answered = self._answer_now(request)
            if request.operation and answered.code < 400 and changes(request, answered):
                self._changed(request.operation)
            if b"ReceiptHandle" in answered.body or answered.code >= 400 or time.monotonic() >= deadline:
                return answered
            time.sleep(0.1)

    def warm_up(self) -> None:
        """Load moto and replay the journal, so that no request has to wait for it."""
        with self._lock:
            self._ready()

    def close(self) -> None:
        """Forget what no longer matters and close the journal."""
        with self._lock:
            self._compact()
            self._journal.close()

    def _answer_now(self, request: Incoming) -> Outgoing:
        with self._lock:
            moment, seed = self._clock.time(), int.from_bytes(os.urandom(7), "big")
            answered = self._ready().ask(request, moment, seed)
            if answered.code >= 400 or not changes(request, answered):
                return answered
            kept = {name: value for name, value in request.headers.items() if name not in NOT_KEPT}
            headers = {**kept, **_upload_number(request, answered)}
            entry = Entry(moment, seed, request.method, request.url, headers, request.body)
            try:
                self._journal.append(entry)
            except Exception as error:
                return refuse(request, f"The local account could not save this: {error}", "NotSaved")
            return answered

    def _ready(self) -> MotoServer:
        if self._moto is None:
            moto = MotoServer(self._clock)
            self._compact()
            self._replay(moto)
            self._moto = moto
        return self._moto

    def _replay(self, moto: MotoServer) -> None:
        for entry in self._journal:
            headers = {name: value for name, value in entry.headers.items() if name != UPLOAD_NUMBER}
            request = Incoming(entry.method, entry.url, headers, entry.body)
            answered = moto.ask(request, entry.moment, entry.seed)
            if answered.code >= 400:
                text = answered.body.decode("utf-8", "replace")[:300]
                print(f"not repeated: {entry.method} {entry.url}: {text}", file=sys.stderr)  # noqa: T201 - the log

    def _compact(self) -> None:
        gone = superseded(self._journal.outlines())
        if gone:
            self._journal.remove(gone)


def changes(request: Incoming, answered: Outgoing) -> bool:
    """Did this request change what later ones will see?"""
    operation = request.operation
    if operation == "ReceiveMessage":
        return b"ReceiptHandle" in answered.body
    if operation:
        return not operation.startswith(READING)
    return request.method not in ("GET", "HEAD", "OPTIONS")


def _upload_number(request: Incoming, answered: Outgoing) -> dict[str, str]:
    if request.method != "POST" or "uploads" not in request.query.split("&"):
        return {}
    return {UPLOAD_NUMBER: answered.body.partition(b"<UploadId>")[2].partition(b"<")[0].decode()}
