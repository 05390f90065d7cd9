"""Apps: they start with their lifecycle configuration, can be deleted, and shut down when nobody uses them."""

import threading
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from ..jobs import INTERNAL
from ..wakeup import Wakeup
from . import settings
from .domains import folder_of, later, need_ready
from .references import GONE
from .startup import Startup, StartupError

KEPT = 86_400.0  # seconds that an app is still shown after its end
ONLY_DEFAULT = ("JupyterLab", "CodeEditor")  # a space has one app of these, with this name


class Apps:
    """The apps of all domains."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._starting: dict[str, Startup] = {}
        self._wakeup = Wakeup(self.scan)
        plane.answers("CreateApp", self.create)
        plane.answers("DescribeApp", self.describe)
        plane.answers("DeleteApp", self.delete)
        plane.route("/_studio/activity", self.report_activity)
        plane.clock.on_tick(self.scan)
        plane.on_start(self._resume)

    # -- the operations ----------------------------------------------------------------------------------------
    def create(self, params: Record) -> Record:
        """CreateApp."""
        noun, owner = self._owner(params)
        self._check(params, noun, owner)
        now = self._plane.clock.time()
        arn = self._arn(params)
        spec = self._spec(params, noun, owner)
        record = {
            **params,
            "_arn": arn,
            "AppArn": arn,
            "Status": "Pending",
            "CreationTime": now,
            "LastModifiedTime": now,
            "ResourceSpec": spec,
        }
        before = self._plane.store.get("App", arn)
        if before is not None and before["Status"] in GONE:
            self._plane.store.delete("App", arn)
        if not self._plane.store.add("App", record):
            raise ApiError(f"App [{arn}] already exists.", "ResourceInUse")
        self._plane.background(self._start, arn)
        return {"AppArn": arn}

    def describe(self, params: Record) -> Record:
        """DescribeApp."""
        members = self._plane.model.outputs("DescribeApp")
        return {name: value for name, value in self._find(params).items() if name in members}

    def delete(self, params: Record) -> Record:
        """DeleteApp: Deleting, and a moment later Deleted."""
        app = self._find(params)
        if app["Status"] == "Deleted":
            raise ApiError(f"App [{app['_arn']}] has already been deleted.")
        if app["Status"] == "Failed":
            raise ApiError(f"App [{app['_arn']}] previously failed and was automatically deleted.")
        self._end(app)
        return {}

    def report_activity(self, request: Request) -> Response:
        """POST /_studio/activity: somebody uses the app {"AppArn": ...}."""
        body: Any = request.get_json(force=True, silent=True)
        arn = body.get("AppArn", "") if isinstance(body, dict) else ""
        app = self._plane.store.get("App", str(arn))
        if app is None or app["Status"] != "InService":
            raise ApiError(f"No app in service has the ARN [{arn}].", "ResourceNotFound")
        self._plane.update("App", app["_arn"], LastUserActivityTimestamp=self._plane.clock.time())
        self.scan()
        return Response("{}", content_type="application/json")

    # -- idle shutdown -----------------------------------------------------------------------------------------
    def scan(self) -> None:
        """Shut down what was idle for too long, forget what was deleted a day ago, and wait for the next."""
        now = self._plane.clock.time()
        waits = []
        for app in self._plane.records("App"):
            if app["Status"] == "InService":
                self._plane.update("App", app["_arn"], LastHealthCheckTimestamp=now)
                minutes = self._idle_minutes(app)
                wait = app["LastUserActivityTimestamp"] + minutes * 60 - now if minutes else None
                if wait is not None and wait <= 0:
                    self._end(app)
                elif wait is not None:
                    waits.append(wait)
            elif app["Status"] in GONE and app["LastModifiedTime"] + KEPT < now:
                self._plane.store.delete("App", app["_arn"])
        self._wakeup.after(min(waits) if waits else None)

    def _idle_minutes(self, app: Record) -> int | None:
        noun, owner = self._owner(app)
        return settings.idle_minutes(self._settings(noun, owner), app["AppType"])

    # -- start and end -----------------------------------------------------------------------------------------
    def _start(self, arn: str) -> None:
        app = self._plane.store.get("App", arn)
        if app is None or app["Status"] != "Pending":
            return
        noun, owner = self._owner(app)
        held = self._settings(noun, owner)
        built_in = settings.of_app(held, app["AppType"]).get("BuiltInLifecycleConfigArn")
        scripts = [a for a in (built_in, app["ResourceSpec"].get("LifecycleConfigArn")) if a and a != "None"]
        startup = Startup(self._plane, app, self._folder(noun, owner), self._role(held, app))
        with self._lock:
            self._starting[arn] = startup
        failure = ""
        try:
            if scripts and self._pending(arn):
                startup.run(scripts)
        except StartupError as error:
            failure = str(error)
        except Exception as error:
            failure = f"{INTERNAL} The local account says: {error!r}"
            raise
        finally:
            with self._lock:
                del self._starting[arn]
            self._settle(arn, failure, built_in)

    def _pending(self, arn: str) -> bool:
        """Does the app still start, or was it deleted by now?"""
        app = self._plane.store.get("App", arn)
        return app is not None and app["Status"] == "Pending"

    def _settle(self, arn: str, failure: str, built_in: str | None) -> None:
        if not self._pending(arn):
            return
        now = self._plane.clock.time()
        if failure:
            changes: Record = {"Status": "Failed", "FailureReason": failure[:1024], "LastModifiedTime": now}
        else:
            seen = dict.fromkeys(
                ("LastUserActivityTimestamp", "LastHealthCheckTimestamp", "LastModifiedTime"), now
            )
            changes = {"Status": "InService", **seen}
        if built_in:
            changes["BuiltInLifecycleConfigArn"] = built_in
        self._plane.update("App", arn, **changes)
        self.scan()

    def _end(self, app: Record) -> None:
        with self._lock:
            startup = self._starting.get(app["_arn"])
        self._plane.update("App", app["_arn"], Status="Deleting", LastModifiedTime=self._plane.clock.time())
        if startup is not None:
            startup.stop()
        later(self._plane, self._remove, app["_arn"])

    def _remove(self, arn: str) -> None:
        if self._plane.store.get("App", arn) is not None:
            now = self._plane.clock.time()
            self._plane.update("App", arn, Status="Deleted", LastModifiedTime=now)

    def _resume(self) -> None:
        """After a restart: go on with what was begun."""
        for app in self._plane.records("App"):
            if app["Status"] == "Pending":
                self._plane.background(self._start, app["_arn"])
            elif app["Status"] == "Deleting":
                self._remove(app["_arn"])
        self.scan()

    # -- helpers -----------------------------------------------------------------------------------------------
    def _owner(self, params: Record) -> tuple[str, Record]:
        """The user profile or the space that an app belongs to."""
        if ("UserProfileName" in params) == ("SpaceName" in params):
            raise ApiError("Exactly one of UserProfileName and SpaceName must be given.")
        noun = "UserProfile" if "UserProfileName" in params else "Space"
        return noun, self._plane.find(noun, f"{params['DomainId']}/{params[noun + 'Name']}")

    def _settings(self, noun: str, owner: Record) -> Record:
        domain = self._plane.find("Domain", owner["DomainId"])
        if noun == "UserProfile":
            return settings.of_user(domain, owner)
        return settings.of_space(self._plane, domain, owner)

    def _check(self, params: Record, noun: str, owner: Record) -> None:
        app_type = params["AppType"]
        if app_type not in settings.APP_SETTINGS:
            raise ApiError(
                f"The local account has no {app_type} apps. Those that it has: {', '.join(settings.APP_SETTINGS)}.",
                "NotAvailableInLocalAccount",
            )
        need_ready(noun, owner)
        if app_type in ONLY_DEFAULT and params["AppName"] != "default":
            raise ApiError(f'The name of a {app_type} app must be "default".')
        wanted = owner.get("SpaceSettings", {}).get("AppType", app_type)
        if wanted != app_type:
            raise ApiError(f"Space [{owner['_arn']}] is for {wanted} apps, not for {app_type}.")

    def _spec(self, params: Record, noun: str, owner: Record) -> Record:
        """The resources that an app gets, with what it inherits."""
        held = settings.of_app(self._settings(noun, owner), params["AppType"])
        usual = {"InstanceType": "system" if params["AppType"] == "JupyterServer" else "ml.t3.medium"}
        default, asked = held.get("DefaultResourceSpec", {}), params.get("ResourceSpec", {})
        arn = asked.get("LifecycleConfigArn")
        if arn and arn != "None":
            attached = [*held.get("LifecycleConfigArns", []), default.get("LifecycleConfigArn")]
            if arn not in attached:
                raise ApiError(
                    f"Lifecycle configuration [{arn}] is not attached to the domain or user profile."
                )
        return {**usual, **default, **asked}

    def _find(self, params: Record) -> Record:
        noun, owner = self._owner(params)
        app = self._plane.store.get("App", self._arn(params))
        if app is None or app.get(noun + "Name") != owner[noun + "Name"]:
            raise ApiError(f"App [{self._arn(params)}] does not exist.", "ResourceNotFound")
        return app

    def _arn(self, params: Record) -> str:
        owner = params.get("UserProfileName") or params["SpaceName"]
        parts = (params["DomainId"], owner, params["AppType"], params["AppName"])
        return self._plane.arn("App", "/".join(parts))

    def _folder(self, noun: str, owner: Record) -> Path:
        folder = folder_of(self._plane, noun, owner)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _role(self, held: Record, app: Record) -> str:
        """The execution role; a space's apps have the domain's role for spaces."""
        domain = self._plane.find("Domain", app["DomainId"])
        default = domain.get("DefaultUserSettings", {}).get("ExecutionRole", "")
        return str(held.get("ExecutionRole") or default)
