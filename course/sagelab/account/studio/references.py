"""What Studio's settings may name: lifecycle configurations, images and image configurations that exist."""

import base64
import binascii
from typing import Any

from ..control import ApiError, ControlPlane, Record
from .settings import APP_SETTINGS, check_idle, walk

HOLDERS = {  # who has settings, and the members that hold them
    "Domain": ("DefaultUserSettings", "DefaultSpaceSettings"),
    "UserProfile": ("UserSettings",),
    "Space": ("SpaceSettings",),
}
LIFECYCLE, IMAGE, IMAGE_CONFIG = "StudioLifecycleConfig", "Image", "AppImageConfig"
GONE = ("Deleted", "Failed")


class References:
    """Checks on settings and on the deletion of what they name."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        for noun, holders in HOLDERS.items():
            for verb in ("Create", "Update"):
                plane.checks(verb + noun, self._check(holders))
        plane.executes(f"Create{LIFECYCLE}", check_script)
        for noun, member in ((LIFECYCLE, "Arn"), (IMAGE, "Name"), (IMAGE_CONFIG, "Name")):
            plane.checks(f"Delete{noun}", self._check_unused(noun, member))

    def _check(self, holders: tuple[str, ...]) -> Any:
        def check(params: Record) -> None:
            for holder in holders:
                self.check_settings(params.get(holder, {}))

        return check

    def check_settings(self, settings: Record) -> None:
        """Refuse settings that name what is not there."""
        check_idle(settings)
        for app_type, member in APP_SETTINGS.items():
            for name, value in walk(settings.get(member, {})):
                if name in ("LifecycleConfigArn", "BuiltInLifecycleConfigArn"):
                    self.check_lifecycle(value, app_type)
                elif name == "LifecycleConfigArns":
                    for arn in value:
                        self.check_lifecycle(arn, app_type)
                elif name == "CustomImages":
                    for image in value:
                        self._plane.find(IMAGE, image["ImageName"])
                        self._plane.find(IMAGE_CONFIG, image["AppImageConfigName"])

    def check_lifecycle(self, arn: str, app_type: str) -> None:
        """Refuse a lifecycle configuration that is not there, or that is for another type of app."""
        if arn in ("", "None"):
            return
        made_for = self._plane.find(LIFECYCLE, arn)["StudioLifecycleConfigAppType"]
        if made_for != app_type:
            raise ApiError(f"Lifecycle configuration [{arn}] is for {made_for} apps, not for {app_type}.")

    def _check_unused(self, noun: str, member: str) -> Any:
        def check(params: Record) -> None:
            record = self._plane.find(noun, params[noun + "Name"])
            wanted = record[noun + member]
            for holder in (*HOLDERS, "App"):
                for user in self._plane.records(holder):
                    if holder == "App" and user["Status"] in GONE:
                        continue
                    if user["_arn"] != record["_arn"] and names(user, wanted):
                        words = f"{noun} [{record['_arn']}]"
                        raise ApiError(
                            f"Unable to delete {words} because {holder} [{user['_arn']}] is associated with it.",
                            "ResourceInUse",
                        )

        return check


def names(record: Record, wanted: str) -> bool:
    """Does a record's settings name this?"""
    kept = {k: v for k, v in record.items() if k.endswith("Settings") or k == "ResourceSpec"}
    return any(value == wanted or (isinstance(value, list) and wanted in value) for _, value in walk(kept))


def check_script(record: Record) -> None:
    """CreateStudioLifecycleConfig: what holds no script in base64 is not kept."""
    script_of(record)


def script_of(lifecycle: Record) -> bytes:
    """The script of a lifecycle configuration; ApiError where it is not base64."""
    try:
        return base64.b64decode(lifecycle["StudioLifecycleConfigContent"], validate=True)
    except (binascii.Error, ValueError):
        raise ApiError("StudioLifecycleConfigContent must be a script that is encoded in base64.") from None
