"""One WSGI application that answers as the AWS account: SageMaker here, everything else by moto.

SageMaker.<Operation> in X-Amz-Target -> control.ControlPlane
paths of the capability modules       -> routes (the runtime)
/_sagelab/...                          -> admin
S3, IAM, Logs, CloudWatch, ...         -> moto, through elsewhere
"""

import json
import sqlite3
import traceback
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from . import admin, processing, tags, training
from .clock import Clock
from .control import ApiError, ControlPlane
from .elsewhere import Elsewhere
from .inside import Clients
from .store import Store

MODULES = (tags, training, processing)  # each has register(plane); a new capability adds its line here


class Application:
    """The local account as a WSGI application; its memory is the home folder."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.store = Store(home / "records.db")
        self.clock = Clock(self.store)
        self.plane = ControlPlane(home, self.store, self.clock)
        self.elsewhere = Elsewhere(home / "journal.db", self.clock)
        self.plane.serve_clients(Clients(self, self.plane.region))
        for module in MODULES:
            module.register(self.plane)
        admin.register(self)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        target = request.headers.get("X-Amz-Target", "")
        respond = self._control if target.startswith("SageMaker.") else self.plane.routes.find(request.path)
        if respond is None:
            return self.elsewhere(environ, start_response)
        try:
            response = respond(request)
        except ApiError as error:
            response = failure(str(error), error.code)
        except sqlite3.Error as error:
            response = failure(f"The local account could not save this: {error}", "NotSaved")
        except Exception as error:  # a fault of ours is told in one sentence; the log has the rest
            traceback.print_exc()
            response = failure(f"The local account failed at this request: {error!r}", "InternalFailure")
        return response(environ, start_response)

    def start(self) -> None:
        """Go on where the last run ended."""
        self.elsewhere.warm_up()
        self.plane.start()

    def close(self) -> None:
        """End in order."""
        self.plane.stop()
        self.elsewhere.close()
        self.store.close()

    def _control(self, request: Request) -> Response:
        operation = request.headers["X-Amz-Target"].partition(".")[2]
        try:
            params = json.loads(request.get_data() or b"{}")
        except ValueError:
            raise ApiError("The request is not JSON", "SerializationException") from None
        return json_response(self.plane.call(operation, params))


def json_response(body: Any, status: int = 200) -> Response:
    """A body in the form that boto3 expects from a JSON service."""
    return Response(json.dumps(body), status, content_type="application/x-amz-json-1.1")


def failure(message: str, code: str) -> Response:
    """A refusal in the form that boto3 turns into its typed exceptions."""
    response = json_response({"__type": code, "message": message, "Message": message}, 400)
    response.headers["x-amzn-ErrorType"] = code
    return response
