"""Domains, user profiles and spaces: their statuses, their folders, what keeps them from being deleted."""

import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ..control import ApiError, ControlPlane, Record
from . import settings
from .references import GONE

SETTLING = 0.3  # seconds; AWS takes minutes: who does not wait meets Pending
UNFINISHED = ("Pending", "Updating")
READY = "InService"
MEMBERS = ("UserProfile", "Space")


class Studio:
    """The tree of a Studio: domains, with user profiles and spaces in them."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        for noun in ("Domain", *MEMBERS):
            self._answer_for(noun)
        for noun in MEMBERS:
            plane.checks(f"Create{noun}", self._check_domain)
        plane.checks("CreateUserProfile", self._check_profile)
        plane.checks("CreateSpace", self._check_space)
        plane.checks("UpdateSpace", self._check_new_volume)
        plane.on_start(self._resume)

    def _answer_for(self, noun: str) -> None:
        def settle(record: Record) -> None:
            self._settle(noun, record)

        def update(params: Record) -> Record:
            return self._update(noun, params)

        def delete(params: Record) -> Record:
            return self._delete(noun, params)

        self._plane.executes(f"Create{noun}", settle)
        self._plane.answers(f"Update{noun}", update)
        self._plane.answers(f"Delete{noun}", delete)

    # -- the operations ----------------------------------------------------------------------------------------
    def _settle(self, noun: str, record: Record) -> None:
        """CreateDomain, CreateUserProfile, CreateSpace: Pending, and a little later InService."""
        if noun == "Space":
            self._give_volume(record)
        later(self._plane, self._open, noun, record["_arn"])

    def _update(self, noun: str, params: Record) -> Record:
        """UpdateDomain, UpdateUserProfile, UpdateSpace: what is not given stays as it is."""
        record = self._plane.identified(noun, params)
        need_ready(noun, record)
        identity = self._plane.model.noun(noun).identity
        changes = {
            name.removesuffix("ForUpdate"): value for name, value in params.items() if name not in identity
        }
        merged = settings.merge({name: record[name] for name in changes if name in record}, changes)
        for value in merged.values():
            if isinstance(value, dict):
                settings.check_idle(value)
        now = self._plane.clock.time()
        self._plane.update(noun, record["_arn"], **merged, Status="Updating", LastModifiedTime=now)
        later(self._plane, self._open, noun, record["_arn"])
        return {noun + "Arn": record["_arn"]}

    def _delete(self, noun: str, params: Record) -> Record:
        """DeleteDomain, DeleteUserProfile, DeleteSpace: refused while something lives in it."""
        record = self._plane.identified(noun, params)
        inside = self._inside(noun, record)
        if inside:
            raise ApiError(
                f"Unable to delete {noun} [{record['_arn']}] because {inside}(s) are associated with it.",
                "ResourceInUse",
            )
        policy = params.get("RetentionPolicy", {})
        self._plane.update(noun, record["_arn"], Status="Deleting", RetentionPolicy=policy)
        later(self._plane, self._remove, noun, record["_arn"])
        return {}

    # -- what happens behind them ------------------------------------------------------------------------------
    def _open(self, noun: str, arn: str) -> None:
        record = self._plane.store.get(noun, arn)
        if record is not None and record["Status"] in UNFINISHED:
            folder_of(self._plane, noun, record).mkdir(parents=True, exist_ok=True)
            self._plane.update(noun, arn, Status=READY, LastModifiedTime=self._plane.clock.time())

    def _remove(self, noun: str, arn: str) -> None:
        """A space's volume goes with it; home directories go with the domain, where the request says Delete."""
        record = self._plane.store.get(noun, arn)
        if record is None:
            return
        retained = record.get("RetentionPolicy", {}).get("HomeEfsFileSystem", "Retain") == "Retain"
        if noun == "Space" or (noun == "Domain" and not retained):
            shutil.rmtree(folder_of(self._plane, noun, record), ignore_errors=True)
        self._plane.store.delete(noun, arn)

    def _resume(self) -> None:
        for noun in ("Domain", *MEMBERS):
            for record in self._plane.records(noun):
                if record["Status"] in UNFINISHED:
                    self._open(noun, record["_arn"])
                elif record["Status"] == "Deleting":
                    self._remove(noun, record["_arn"])

    def _inside(self, noun: str, record: Record) -> str:
        """The noun of what still lives in a record; empty where nothing does."""
        domain = record["DomainId"]
        if noun == "Domain":
            return next((n for n in MEMBERS for r in self._plane.records(n) if r["DomainId"] == domain), "")
        own = noun + "Name"
        for app in self._plane.records("App"):
            if (app["DomainId"], app.get(own)) == (domain, record[own]) and app["Status"] not in GONE:
                return "App"
        owned = [
            s
            for s in self._plane.records("Space")
            if noun == "UserProfile"
            and s["DomainId"] == domain
            and s.get("OwnershipSettings", {}).get("OwnerUserProfileName") == record[own]
        ]
        return "Space" if owned else ""

    # -- checks and volumes ------------------------------------------------------------------------------------
    def _check_domain(self, params: Record) -> None:
        need_ready("Domain", self._plane.find("Domain", params["DomainId"]))

    def _check_profile(self, params: Record) -> None:
        domain = self._plane.find("Domain", params["DomainId"])
        settings.check_idle(settings.of_user(domain, params))

    def _check_space(self, params: Record) -> None:
        owner, sharing = params.get("OwnershipSettings"), params.get("SpaceSharingSettings")
        if (owner is None) != (sharing is None):
            raise ApiError("OwnershipSettings and SpaceSharingSettings must be given together.")
        if owner is not None:
            self._plane.find("UserProfile", f"{params['DomainId']}/{owner['OwnerUserProfileName']}")
        self._check_volume(params)
        domain = self._plane.find("Domain", params["DomainId"])
        settings.check_idle(settings.of_space(self._plane, domain, params))

    def _check_new_volume(self, params: Record) -> None:
        space = self._plane.identified("Space", params)
        new = settings.merge(space, {name: params[name] for name in ("SpaceSettings",) if name in params})
        self._check_volume(new)
        domain = self._plane.find("Domain", space["DomainId"])
        settings.check_idle(settings.of_space(self._plane, domain, new))
        if (size_of(new) or 0) < (size_of(space) or 0):
            raise ApiError("EbsVolumeSizeInGb cannot be decreased.")

    def _check_volume(self, space: Record) -> None:
        domain = self._plane.find("Domain", space["DomainId"])
        _, most = settings.volume(settings.of_space(self._plane, domain, space))
        if (size_of(space) or 0) > most:
            raise ApiError(
                f"EbsVolumeSizeInGb {size_of(space)} is greater than the maximum of the domain, {most}."
            )

    def _give_volume(self, space: Record) -> None:
        if size_of(space) is None:
            domain = self._plane.find("Domain", space["DomainId"])
            size, _ = settings.volume(settings.of_space(self._plane, domain, space))
            storage = {"SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": size}}}
            merged = settings.merge(storage, space.get("SpaceSettings", {}))
            self._plane.update("Space", space["_arn"], SpaceSettings=merged)


def later(plane: ControlPlane, run: Callable[..., None], *args: Any) -> None:
    """Run something in a moment, in the background."""
    timer = threading.Timer(SETTLING, partial(plane.background, run, *args))
    timer.daemon = True
    timer.start()


def need_ready(noun: str, record: Record) -> None:
    """Refuse what needs a resource to be in service."""
    if record["Status"] != READY:
        raise ApiError(f"{noun} [{record['_arn']}] is in status {record['Status']}, not {READY}.")


def size_of(space: Record) -> int | None:
    """The volume's size in GB that a space asks for."""
    storage = space.get("SpaceSettings", {}).get("SpaceStorageSettings", {})
    size: int | None = storage.get("EbsStorageSettings", {}).get("EbsVolumeSizeInGb")
    return size


def folder_of(plane: ControlPlane, noun: str, record: Record) -> Path:
    """The folder that stands for a domain's file system, a user's home in it, or a space's volume."""
    domain = plane.home / "studio" / str(record["DomainId"])
    return domain if noun == "Domain" else domain / noun / str(record[noun + "Name"])
