"""Model cards and their versions: an edit of the content makes a new one, a change of the status does not."""

import json
import threading
from typing import Any

from ..control import ApiError, ControlPlane, Record
from ..listing import page_start
from .schema import read

CARD, VERSION = "ModelCard", "ModelCardVersion"
UNENCRYPTED = {  # as DescribeModelCard's documentation of MetadataOnly lists them
    "model_overview": ("model_id", "model_name"),
    "intended_uses": ("risk_rating",),
    "model_package_details": ("model_package_group_name", "model_package_arn"),
}
SHOWN = (
    "ModelCardName",
    "ModelCardArn",
    "ModelCardStatus",
    "ModelCardVersion",
    "CreationTime",
    "LastModifiedTime",
)


class Cards:
    """The model cards of one account; the record of a card is its newest version, all versions are beside it."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        plane.checks("CreateModelCard", self._check)
        plane.executes("CreateModelCard", self._begin)
        plane.answers("UpdateModelCard", self.update)
        plane.answers("DescribeModelCard", self.describe)
        plane.answers("ListModelCardVersions", self.list_versions)
        plane.executes("DeleteModelCard", self._forget)

    # -- operations --------------------------------------------------------------------------------------------
    def update(self, params: Record) -> Record:
        """UpdateModelCard: a new version for new content, or another status for the newest one."""
        content, status = params.get("Content"), params.get("ModelCardStatus")
        if (content is None) == (status is None):
            raise ApiError("Update either the content or the status of a model card in a single call.")
        with self._lock:
            card = self._plane.find(CARD, params["ModelCardName"])
            if content is None:
                self._set_status(card, str(status))
            else:
                self._add_content(card, content)
        return {"ModelCardArn": card["ModelCardArn"]}

    def describe(self, params: Record) -> Record:
        """DescribeModelCard: the newest version, or the one that is asked for."""
        version = self.version(params["ModelCardName"], params.get("ModelCardVersion"))
        card = self._plane.find(CARD, params["ModelCardName"])
        shown = {**version, "CreationTime": card["CreationTime"]}
        described = {name: value for name, value in shown.items() if name in self._members()}
        if params.get("IncludedData") == "MetadataOnly":
            described["Content"] = metadata_only(version["Content"])
        return described

    def list_versions(self, params: Record) -> Record:
        """ListModelCardVersions: the newest first."""
        found = self.versions(self._plane.find(CARD, params["ModelCardName"]))
        after = params.get("CreationTimeAfter", float("-inf"))
        before = params.get("CreationTimeBefore", float("inf"))
        status = params.get("ModelCardStatus")
        found = [
            version
            for version in found
            if after < version["CreationTime"] < before and status in (None, version["ModelCardStatus"])
        ]
        if params.get("SortOrder", "Descending") == "Descending":
            found.reverse()
        start, size = page_start(params), int(params.get("MaxResults", 10))
        page = [{name: version[name] for name in SHOWN} for version in found[start : start + size]]
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"ModelCardVersionSummaryList": page, **more}

    # -- for exports -------------------------------------------------------------------------------------------
    def version(self, name: str, number: int | None = None) -> Record:
        """A version of a card, the newest where no number is given; ApiError where there is none."""
        card = self._plane.find(CARD, name)
        number = card["ModelCardVersion"] if number is None else number
        found = self._plane.store.get(VERSION, version_arn(card, number))
        if found is None:
            raise ApiError(
                f'Could not find version {number} of model card "{card["ModelCardArn"]}".', "ResourceNotFound"
            )
        return found

    def versions(self, card: Record) -> list[Record]:
        """All versions of a card, oldest first."""
        own = (record for record in self._plane.store.all(VERSION) if record["ModelCardArn"] == card["_arn"])
        return sorted(own, key=lambda record: record["ModelCardVersion"])

    # -- what happens ------------------------------------------------------------------------------------------
    def _check(self, params: Record) -> None:
        self._read(params["Content"])

    def _read(self, content: str) -> Record:
        """The content as an object; what it names in this account must be there."""
        card = read(content)
        package = card.get("model_package_details", {}).get("model_package_arn", "")
        if package.startswith(f"arn:aws:sagemaker:{self._plane.region}:{self._plane.account}:"):
            self._plane.find("ModelPackage", package)
        return card

    def _begin(self, card: Record) -> None:
        told = self._plane.update(CARD, card["_arn"], ModelCardVersion=1, **summary(read(card["Content"])))
        self._keep(told)

    def _set_status(self, card: Record, status: str) -> None:
        changes = {"ModelCardStatus": status, "LastModifiedTime": self._plane.clock.time()}
        self._plane.update(CARD, card["_arn"], **changes)
        self._plane.store.update(VERSION, version_arn(card, card["ModelCardVersion"]), changes)

    def _add_content(self, card: Record, content: str) -> None:
        if card["ModelCardStatus"] == "Archived":
            name = card["ModelCardName"]
            raise ApiError(
                f"Model card {name} is archived: no more updates can be made to it.", "ConflictException"
            )
        changes: dict[str, Any] = {
            **summary(self._read(content)),
            "Content": content,
            "ModelCardVersion": card["ModelCardVersion"] + 1,
            "LastModifiedTime": self._plane.clock.time(),
        }
        self._keep(self._plane.update(CARD, card["_arn"], **changes))

    def _keep(self, card: Record) -> None:
        """Put the newest version beside the earlier ones; its creation is the moment of the edit."""
        arn = version_arn(card, card["ModelCardVersion"])
        self._plane.store.add(VERSION, {**card, "_arn": arn, "CreationTime": card["LastModifiedTime"]})

    def _forget(self, card: Record) -> None:
        for version in self.versions(card):
            self._plane.store.delete(VERSION, version["_arn"])

    def _members(self) -> dict[str, Any]:
        return self._plane.model.outputs("DescribeModelCard")


def version_arn(card: Record, number: int) -> str:
    """Under which a version is kept; AWS gives versions no ARN of their own."""
    return f"{card['ModelCardArn']}/version/{number}"


def summary(content: Record) -> Record:
    """What Search and the model dashboard know of a card without reading it."""
    overview, package = content.get("model_overview", {}), content.get("model_package_details", {})
    return {
        "RiskRating": content.get("intended_uses", {}).get("risk_rating"),
        "ModelId": overview.get("model_id") or package.get("model_package_arn"),
        "ModelPackageGroupName": package.get("model_package_group_name"),
    }


def metadata_only(content: str) -> str:
    """The content with nothing but what AWS keeps unencrypted."""
    card, kept = json.loads(content), {}
    for section, names in UNENCRYPTED.items():
        found = {name: card[section][name] for name in names if name in card.get(section, {})}
        if found:
            kept[section] = found
    return json.dumps(kept)
