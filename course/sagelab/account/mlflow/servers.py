"""Tracking servers: created, started, stopped, changed and deleted, each state with its real process."""

from ..control import ApiError, ControlPlane, Record
from . import running
from .presigned import Links

NOUN = "MlflowTrackingServer"
UP, DOWN = ("Created", "Started", "Updated"), ("Stopped", "CreateFailed", "StartFailed", "UpdateFailed")
DEFAULTS = {"TrackingServerSize": "Small", "AutomaticModelRegistration": False}


class Servers:
    """The tracking servers of one account."""

    def __init__(self, plane: ControlPlane, processes: running.Processes, links: Links) -> None:
        self._plane, self._processes, self._links = plane, processes, links
        plane.checks(f"Create{NOUN}", processes.check)
        plane.executes(f"Create{NOUN}", self._create)
        plane.answers(f"Start{NOUN}", self._start)
        plane.answers(f"Stop{NOUN}", self._stop)
        plane.answers(f"Update{NOUN}", self._update)
        plane.answers(f"Delete{NOUN}", self._delete)
        plane.answers("CreatePresignedMlflowTrackingServerUrl", self._presign)
        plane.on_start(self._revive)

    # -- the operations ----------------------------------------------------------------------------------------
    def _create(self, server: Record) -> None:
        known = {**DEFAULTS, **server, "MlflowVersion": running.version()}
        self._go(server, "Creating", **{name: known[name] for name in (*DEFAULTS, "MlflowVersion")})
        self._plane.background(self._come_up, server["_arn"], "Created", "CreateFailed")

    def _start(self, params: Record) -> Record:
        server = self._found(params, DOWN, "start")
        self._go(server, "Starting")
        self._plane.background(self._come_up, server["_arn"], "Started", "StartFailed")
        return {"TrackingServerArn": server["_arn"]}

    def _stop(self, params: Record) -> Record:
        server = self._found(params, UP, "stop")
        self._go(server, "Stopping")
        self._plane.background(self._go_down, server["_arn"])
        return {"TrackingServerArn": server["_arn"]}

    def _update(self, params: Record) -> Record:
        server = self._found(params, (*UP, *DOWN), "update")
        self._processes.check_store(params)
        is_up = server["TrackingServerStatus"] in UP
        changes = {name: value for name, value in params.items() if name != "TrackingServerName"}
        if is_up and running.NEEDS_A_RESTART & set(changes):
            self._go(server, "Updating", **changes)
            self._plane.background(self._come_up, server["_arn"], "Updated", "UpdateFailed")
        else:
            self._go(server, "Updated" if is_up else "Stopped", **changes)
        return {"TrackingServerArn": server["_arn"]}

    def _delete(self, params: Record) -> Record:
        server = self._found(params, (*UP, *DOWN, "Deleting"), "delete")
        self._go(server, "Deleting")
        self._plane.background(self._vanish, server["_arn"])
        return {"TrackingServerArn": server["_arn"]}

    def _presign(self, params: Record) -> Record:
        self._found(params, UP, "open")
        return self._links.give(lambda: self._found(params, UP, "open"), params)

    # -- what happens ------------------------------------------------------------------------------------------
    def _come_up(self, arn: str, status: str, failed: str) -> None:
        server = self._plane.find(NOUN, arn)
        try:
            port = self._processes.start(server, server["AutomaticModelRegistration"])
        except running.NotStarted:
            self._go(server, failed, IsActive="Inactive")
            return
        where = {"_port": port, "TrackingServerUrl": running.url({"_port": port})}
        self._go(server, status, IsActive="Active", **where)

    def _go_down(self, arn: str) -> None:
        self._processes.stop(arn)
        self._go(self._plane.find(NOUN, arn), "Stopped", IsActive="Inactive")

    def _vanish(self, arn: str) -> None:
        self._processes.forget(arn)
        self._plane.store.delete(NOUN, arn)

    def _revive(self) -> None:
        """Bring back what ran, and finish what was under way, when the account ended."""
        for server in self._plane.records(NOUN):
            arn, status = server["_arn"], server["TrackingServerStatus"]
            if status == "Deleting":
                self._plane.background(self._vanish, arn)
            elif status == "Stopping":
                self._plane.background(self._go_down, arn)
            elif status in UP:
                self._plane.background(self._come_up, arn, status, "StartFailed")
            elif status in ("Creating", "Starting", "Updating"):
                done = status.removesuffix("ing")
                ending = {"Creat": "Created", "Start": "Started", "Updat": "Updated"}[done]
                self._plane.background(self._come_up, arn, ending, "StartFailed")

    # -- the record --------------------------------------------------------------------------------------------
    def _found(self, params: Record, statuses: tuple[str, ...], verb: str) -> Record:
        server = self._plane.identified(NOUN, params)
        status = server["TrackingServerStatus"]
        if status not in statuses:
            raise ApiError(
                f"Cannot {verb} tracking server {server['TrackingServerName']}: its status is {status}.",
                "ConflictException",
            )
        return server

    def _go(self, server: Record, status: str, **changes: object) -> None:
        now = self._plane.clock.time()
        self._plane.update(NOUN, server["_arn"], TrackingServerStatus=status, LastModifiedTime=now, **changes)
