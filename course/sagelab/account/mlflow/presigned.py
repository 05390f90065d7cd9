"""Presigned links: they open a server's page for a while, by the account's clock."""

import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from . import running

USUAL = 300  # seconds
PATH = "/_mlflow/auth"


class Links:
    """The links that were given out and are still good."""

    def __init__(self, plane: ControlPlane, processes: running.Processes) -> None:
        self._plane, self._processes = plane, processes
        self._given: dict[str, tuple[float, Callable[[], Record]]] = {}
        plane.route(PATH, self._open)

    def give(self, server: Callable[[], Record], params: Record) -> Record:
        """A link to a server, which `server` looks up when somebody opens it."""
        token = secrets.token_urlsafe(24)
        now = self._plane.clock.time()
        self._given = {known: link for known, link in self._given.items() if link[0] > now}
        self._given[token] = (now + params.get("ExpiresInSeconds", USUAL), server)
        return {"AuthorizedUrl": f"{self._plane.url}{PATH}?authToken={token}"}

    def _open(self, request: Request) -> Response:
        until, server = self._given.get(request.args.get("authToken", ""), (0.0, dict))
        if until < self._plane.clock.time():
            raise ApiError("This link has expired; create another presigned URL.", "AccessDeniedException")
        where = running.url(server())
        return redirect(f"{where}{urlsplit(where).path or '/'}")
