"""MLflow apps: always on, found by their ARN."""

from ..control import ApiError, ControlPlane, Record
from ..listing import Listing
from . import running
from .presigned import Links

NOUN = "MlflowApp"
DEFAULTS = {
    "ModelRegistrationMode": "AutoModelRegistrationDisabled",
    "AccountDefaultStatus": "DISABLED",
    "DefaultDomainIdList": [],
}


class Apps:
    """The MLflow apps of one account."""

    def __init__(self, plane: ControlPlane, processes: running.Processes, links: Links) -> None:
        self._plane, self._processes, self._links = plane, processes, links
        plane.checks(f"Create{NOUN}", processes.check)
        plane.checks(f"Create{NOUN}", self._check_domains)
        plane.executes(f"Create{NOUN}", self._create)
        plane.answers(f"List{NOUN}s", self._list)
        plane.answers(f"Update{NOUN}", self._update)
        plane.answers(f"Delete{NOUN}", self._delete)
        plane.answers("CreatePresignedMlflowAppUrl", self._presign)
        plane.on_start(self._revive)

    def _check_domains(self, params: Record) -> None:
        for domain in params.get("DefaultDomainIdList", []):
            self._plane.find("Domain", domain)

    def _create(self, app: Record) -> None:
        known = {**DEFAULTS, **app, "MlflowVersion": running.version()}
        self._go(app["_arn"], "Creating", **{name: known[name] for name in (*DEFAULTS, "MlflowVersion")})
        self._plane.background(self._come_up, app["_arn"], "Created", "CreateFailed")

    def _list(self, params: Record) -> Record:
        domain = params.pop("DefaultForDomainId", None)
        found = self._plane.records(NOUN)
        if domain:
            found = [app for app in found if domain in app["DefaultDomainIdList"]]
        return Listing(self._plane.model, f"List{NOUN}s", self._plane.model.noun(NOUN)).select(found, params)

    def _update(self, params: Record) -> Record:
        app = self._plane.find(NOUN, params["Arn"])
        self._processes.check_store(params)
        self._check_domains(params)
        changes = {name: value for name, value in params.items() if name != "Arn"}
        if running.NEEDS_A_RESTART & set(changes):
            self._go(app["_arn"], "Updating", **changes)
            self._plane.background(self._come_up, app["_arn"], "Updated", "UpdateFailed")
        else:
            self._go(app["_arn"], "Updated", **changes)
        return {"Arn": app["_arn"]}

    def _delete(self, params: Record) -> Record:
        app = self._plane.find(NOUN, params["Arn"])
        self._go(app["_arn"], "Deleting")
        self._plane.background(self._vanish, app["_arn"])
        return {"Arn": app["_arn"]}

    def _presign(self, params: Record) -> Record:
        self._plane.find(NOUN, params["Arn"])
        return self._links.give(lambda: self._plane.find(NOUN, params["Arn"]), params)

    # -- what happens ------------------------------------------------------------------------------------------
    def _come_up(self, arn: str, status: str, failed: str) -> None:
        app = self._plane.find(NOUN, arn)
        try:
            port = self._processes.start(app, app["ModelRegistrationMode"] == "AutoModelRegistrationEnabled")
        except running.NotStarted:
            self._go(arn, failed)
            return
        try:
            self._go(arn, status, _port=port)
        except ApiError:  # deleted while it came up
            self._processes.forget(arn)

    def _vanish(self, arn: str) -> None:
        self._processes.forget(arn)
        self._plane.store.delete(NOUN, arn)

    def _revive(self) -> None:
        for app in self._plane.records(NOUN):
            if app["Status"] == "Deleting":
                self._plane.background(self._vanish, app["_arn"])
            else:
                status = app["Status"] if app["Status"] in ("Created", "Updated") else "Created"
                self._plane.background(self._come_up, app["_arn"], status, "CreateFailed")

    def _go(self, arn: str, status: str, **changes: object) -> None:
        now = self._plane.clock.time()
        self._plane.update(NOUN, arn, Status=status, LastModifiedTime=now, **changes)
