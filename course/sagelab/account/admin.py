"""The account's own HTTP routes under /_sagelab, used by the Account handle: clock, names, clients, stop."""

import os
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .errors import ApiError

if TYPE_CHECKING:
    from .app import Application


def register(app: "Application") -> None:
    """Answer the routes under /_sagelab."""
    from .app import json_response

    def clock(request: Any) -> Any:
        if request.method == "POST":
            move = request.get_json()
            if "set" in move:
                app.clock.set(datetime.fromisoformat(move["set"]))
            else:
                app.clock.step(float(move["step"]))
        return json_response({"now": app.clock.now().isoformat()})

    def unique(request: Any) -> Any:
        prefix = request.get_json()["prefix"]
        return json_response({"name": f"{prefix}-{app.store.next_number('unique.' + prefix)}"})

    def status(request: Any) -> Any:
        return json_response({"pid": os.getpid(), "home": str(app.plane.home)})

    def operations(request: Any) -> Any:
        return json_response(app.plane.operations())

    def stop(request: Any) -> Any:
        threading.Thread(target=app.stop_serving).start()
        return json_response({})

    routes = {"clock": clock, "unique": unique, "status": status, "operations": operations, "stop": stop}

    def answer(request: Any) -> Any:
        name = request.path.removeprefix("/_sagelab/")
        if name not in routes:
            raise ApiError(f"The account has no route {request.path}", "UnknownOperationException")
        return routes[name](request)

    app.plane.route("/_sagelab/.*", answer)
