"""The account's own HTTP routes under /_sagelab, used by the Account handle: clock, names, clients, stop."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .errors import ApiError

if TYPE_CHECKING:
    from .app import Application

PREFIX = "/_sagelab/"


class Admin:
    """Answers the account's own routes; each takes the posted JSON (None for a GET) and returns JSON."""

    def __init__(self, app: "Application") -> None:
        self._app = app
        self._routes: dict[str, Callable[[Any], Any]] = {
            "status": self.status,
            "clients": self.clients,
            "clock": self.clock,
            "unique": self.unique,
            "operations": self.operations,
            "stop": self.stop,
        }

    def answer(self, request: Any) -> Any:
        """The JSON answer to a request; ApiError for what is not understood."""
        name = request.path.removeprefix(PREFIX)
        route = self._routes.get(name) or self._app.plane.doors.get(name)
        if route is None:
            raise ApiError(f"The account has no route {request.path}", "UnknownOperationException")
        body = request.get_json(force=True, silent=True) if request.method == "POST" else None
        try:
            return route(body)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ApiError(f"{request.path} does not understand this: {error!r}") from None

    def status(self, _body: Any) -> Any:
        """Who answers here, and for which home."""
        return {"pid": os.getpid(), "home": str(self._app.home)}

    def clients(self, body: Any) -> Any:
        """Take in a client {"pid": number}; tell all that live."""
        if body is not None:
            self._app.lifetime.join(int(body["pid"]))
        return {"clients": self._app.lifetime.clients()}

    def clock(self, body: Any) -> Any:
        """Move the clock by {"step": seconds} or to {"set": moment}; tell the time."""
        if body is not None and "set" in body:
            self._app.clock.set(datetime.fromisoformat(body["set"]))
        elif body is not None:
            self._app.clock.step(float(body["step"]))
        return {"now": self._app.clock.now().isoformat()}

    def unique(self, body: Any) -> Any:
        """A name that begins with {"prefix": text} and was not given before."""
        prefix = str(body["prefix"])
        return {"name": f"{prefix}-{self._app.store.next_number('unique.' + prefix)}"}

    def operations(self, _body: Any) -> Any:
        """What the account does with each operation."""
        return self._app.plane.operations()

    def stop(self, body: Any) -> Any:
        """End the account, once this is answered."""
        if body is not None:
            self._app.end()
        return {}
