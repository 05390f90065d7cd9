"""Which setting holds: the domain's defaults, overridden by the user profile's, overridden by the space's."""

from collections.abc import Iterator
from typing import Any

from ..control import ApiError, ControlPlane, Record

APP_SETTINGS = {  # the app types that run here, and where settings speak of them
    "JupyterLab": "JupyterLabAppSettings",
    "CodeEditor": "CodeEditorAppSettings",
    "JupyterServer": "JupyterServerAppSettings",
    "KernelGateway": "KernelGatewayAppSettings",
}
VOLUME, LARGEST_VOLUME = 5, 100  # GB, the defaults that AWS documents for spaces


def merge(base: Record, changes: Record) -> Record:
    """`base` with `changes` laid over it: structures member by member, all else replaced."""
    merged = dict(base)
    for name, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = merge(merged[name], value) if both else value
    return merged


def of_user(domain: Record, profile: Record) -> Record:
    """The settings that hold for a user profile."""
    return merge(domain.get("DefaultUserSettings", {}), profile.get("UserSettings", {}))


def of_space(plane: ControlPlane, domain: Record, space: Record) -> Record:
    """The settings that hold in a space: a private one inherits from its owner, a shared one from the domain."""
    owner = space.get("OwnershipSettings", {}).get("OwnerUserProfileName")
    if owner and space.get("SpaceSharingSettings", {}).get("SharingType") == "Private":
        inherited = of_user(domain, plane.find("UserProfile", f"{domain['DomainId']}/{owner}"))
    else:
        inherited = domain.get("DefaultSpaceSettings", {})
    return merge(inherited, space.get("SpaceSettings", {}))


def of_app(settings: Record, app_type: str) -> Record:
    """The part of effective settings that is about one type of app."""
    part: Record = settings.get(APP_SETTINGS[app_type], {})
    return part


def idle_minutes(settings: Record, app_type: str) -> int | None:
    """After how many idle minutes an app is shut down; None where it never is."""
    idle = idle_settings(of_app(settings, app_type))
    enabled = idle.get("LifecycleManagement") == "ENABLED"
    return idle.get("IdleTimeoutInMinutes") if enabled else None


def idle_settings(app_settings: Record) -> Record:
    """The idle settings of an app's settings."""
    idle: Record = app_settings.get("AppLifecycleManagement", {}).get("IdleSettings", {})
    return idle


def check_idle(settings: Record) -> None:
    """Refuse a time-out that is missing or outside of its limits."""
    for member in APP_SETTINGS.values():
        idle = idle_settings(settings.get(member, {}))
        minutes = idle.get("IdleTimeoutInMinutes")
        if idle.get("LifecycleManagement") == "ENABLED" and minutes is None:
            raise ApiError(f"{member}: IdleTimeoutInMinutes is required when LifecycleManagement is ENABLED.")
        low, high = idle.get("MinIdleTimeoutInMinutes"), idle.get("MaxIdleTimeoutInMinutes")
        if low is not None and high is not None and low > high:
            raise ApiError(f"{member}: MinIdleTimeoutInMinutes is greater than MaxIdleTimeoutInMinutes.")
        if minutes is not None and not (low or minutes) <= minutes <= (high or minutes):
            raise ApiError(
                f"{member}: IdleTimeoutInMinutes {minutes} must be between {low or 60} and {high or 525600}."
            )


def volume(settings: Record) -> tuple[int, int]:
    """The size in GB that a space's volume gets, and the most that it may have."""
    allowed = settings.get("SpaceStorageSettings", {}).get("DefaultEbsStorageSettings", {})
    most = allowed.get("MaximumEbsVolumeSizeInGb", LARGEST_VOLUME)
    return int(allowed.get("DefaultEbsVolumeSizeInGb", VOLUME)), int(most)


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every member at any depth, with its name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)
