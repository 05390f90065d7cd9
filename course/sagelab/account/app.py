"""One WSGI application that answers as the AWS account: SageMaker here, everything else by moto.

SageMaker.<Operation> in X-Amz-Target -> control.ControlPlane
paths of the capability modules       -> routes (the runtime)
/_sagelab/...                         -> admin
S3, IAM, Logs, CloudWatch, ...         -> moto, through elsewhere
"""

import json
import sqlite3
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from . import (
    alarms,
    alerts,
    athena,
    automl,
    cards,
    edge,
    events,
    experiments,
    features,
    functions,
    hosting,
    hub,
    iam,
    labeling,
    lineage,
    mlflow,
    monitoring,
    packages,
    pipelines,
    processing,
    references,
    registry,
    search,
    studio,
    tags,
    trail,
    training,
    transform,
    tuning,
)
from .admin import PREFIX, Admin
from .calls import Call, fault_code, named_call, runtime_call
from .clock import Clock
from .control import ApiError, ControlPlane
from .elsewhere import Elsewhere
from .files import STATE
from .inside import Clients
from .lifetime import FOREVER, Lifetime
from .store import Store, epoch
from .wsgi import INSIDE, Incoming, Outgoing, form_action

MODULES = (
    tags,
    references,
    packages,
    registry,
    hub,
    training,
    processing,
    hosting,
    edge,
    athena,
    features,
    functions,
    monitoring,
    events,
    transform,
    alarms,
    studio,
    mlflow,
    cards,
    tuning,
    pipelines,
    experiments,
    lineage,
    iam,
    labeling,
    automl,
    trail,
    search,
    alerts,
)  # each has register(plane); a new capability adds its line here

SIGNATURE = ("X-Sagelab", "local")  # tells clients that no other program has taken this port


class Application:
    """The local account as a WSGI application; its memory is the folder `state` of its home."""

    def __init__(self, home: Path, lifetime: Lifetime | None = None) -> None:
        self.home, self.lifetime = home, lifetime or Lifetime(FOREVER)
        state = home / STATE
        state.mkdir(parents=True, exist_ok=True)
        self.store = Store(state / "records.db")
        self.clock = Clock(self.store)
        self.plane = ControlPlane(state, self.store, self.clock)
        self.elsewhere = Elsewhere(state / "journal.db", self.clock, self.plane.heard)
        self.elsewhere.on_answer(self._tell)
        self.plane.serve_clients(Clients(self, self.plane.region))
        self.end: Callable[[], None] = self.close
        self.opened = threading.Event()
        self.opened.set()
        self._admin = Admin(self)
        for module in MODULES:
            module.register(self.plane)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request; whatever it holds, the answer is one of AWS's."""
        self.lifetime.asked()

        def signed(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, SIGNATURE], *error)

        request = Request(environ)
        respond = self._responder(request)
        if respond is None:
            return self.elsewhere(environ, signed)
        if not (INSIDE in environ or request.path.startswith(PREFIX)):
            self.opened.wait()
        try:
            called = runtime_call(request.method, request.path, request.headers)
            if called is not None and INSIDE not in environ:
                self.plane.desk.admit(called)
            response = respond(request)
        except ApiError as error:
            response = failure(str(error), error.code)
        except sqlite3.Error as error:
            response = failure(f"The local account could not save this: {error}", "NotSaved")
        except Exception as error:  # a fault of ours is told in one sentence; the log has the rest
            traceback.print_exc()
            response = failure(f"The local account failed at this request: {error!r}", "InternalFailure")
        return response(environ, signed)

    def start(self) -> None:
        """Go on where the last run ended; where `opened` is not set, SageMaker's callers wait for that."""
        try:
            self.plane.start()
        finally:
            self.opened.set()
        self.elsewhere.warm_up()

    def close(self) -> None:
        """End in order."""
        self.plane.stop()
        self.elsewhere.close()
        self.store.close()

    def _responder(self, request: Request) -> Callable[[Request], Response] | None:
        target = request.headers.get("X-Amz-Target", "")
        if target.startswith("SageMaker."):
            return self._control
        if request.path.startswith(PREFIX):
            return lambda asked: json_response(self._admin.answer(asked))
        named = f"/{target}" if target else f"/form:{form_action(request.environ)}"
        found = self.plane.routes.find(request.path if request.path != "/" else named)
        if found is None and "/sagemaker/aws4_request" in request.headers.get("Authorization", ""):
            return _refuse  # moto would invent an answer
        return found

    def _tell(self, request: Incoming, answered: Outgoing) -> None:
        """Tell the desk of what moto answered."""
        call = named_call(request)
        if call is not None:
            error = None if answered.code < 400 else ApiError(answered.status, fault_code(answered))
            self.plane.desk.tell(call, None, error)

    def _control(self, request: Request) -> Response:
        operation = request.headers["X-Amz-Target"].partition(".")[2]
        try:
            params = json.loads(request.get_data() or b"{}")
        except (ValueError, RecursionError):
            raise ApiError("The request is not JSON", "SerializationException") from None
        if not isinstance(params, dict):
            raise ApiError("The request must be an object", "SerializationException")
        call = Call("sagemaker", operation, params, _lower(request.headers))
        if INSIDE in request.environ:
            return json_response(self.plane.call(operation, params))
        return json_response(self.plane.desk.serve(call, lambda: self.plane.call(operation, params)))


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def json_response(body: Any, status: int = 200) -> Response:
    """A body in the form that boto3 expects from a JSON service."""
    return Response(json.dumps(body, default=epoch), status, content_type="application/x-amz-json-1.1")


def failure(message: str, code: str) -> Response:
    """A refusal in the form that boto3 turns into its typed exceptions."""
    response = json_response({"__type": code, "message": message, "Message": message}, 400)
    response.headers["x-amzn-ErrorType"] = code
    return response


def operations(scratch: Path) -> list[dict[str, str]]:
    """What the account does with each operation; `scratch` is an empty folder that may be deleted afterwards."""
    app = Application(scratch)
    try:
        return app.plane.operations()
    finally:
        app.close()


def _refuse(request: Request) -> Response:
    """Refuse an operation of a SageMaker runtime that nobody here executes."""
    raise ApiError(
        f"{request.method} {request.path} is not available in the local account: nothing would really happen",
        "NotAvailableInLocalAccount",
    )
