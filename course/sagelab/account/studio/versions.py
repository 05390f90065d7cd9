"""Images and their versions: numbered 1, 2, 3, with aliases that move from one to the next."""

import re
from typing import Any

from ..control import ApiError, ControlPlane, Record
from ..listing import page_start
from ..wording import missing
from .domains import later

NOUN = "ImageVersion"
ECR = re.compile(r"\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com(\.cn)?/[^:@]+([:@].+)?")
NOT_SHOWN = ("ClientToken", "AliasesToAdd", "AliasesToDelete", "Alias")
ORDERS = {"CREATION_TIME": "CreationTime", "LAST_MODIFIED_TIME": "LastModifiedTime", "VERSION": "Version"}


class Images:
    """The custom images of Studio."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        plane.executes("CreateImage", self._create_image)
        plane.checks("DeleteImage", self._delete_versions)
        plane.checks("UpdateImage", self._delete_properties)
        plane.answers("CreateImageVersion", self.create)
        plane.answers("DescribeImageVersion", self.describe)
        plane.answers("ListImageVersions", self.list_versions)
        plane.answers("UpdateImageVersion", self.update)
        plane.answers("DeleteImageVersion", self.delete)
        plane.answers("ListAliases", self.list_aliases)
        plane.on_start(self._resume)

    # -- images ------------------------------------------------------------------------------------------------
    def _create_image(self, record: Record) -> None:
        """CreateImage: CREATING, and a moment later CREATED."""
        self._plane.update("Image", record["_arn"], ImageStatus="CREATING", ImageName=record["ImageName"])
        later(self._plane, self._finish, "Image", record["_arn"])

    def _delete_versions(self, params: Record) -> None:
        """DeleteImage takes the versions along."""
        image = self._plane.find("Image", params["ImageName"])
        for version in self._versions(image["ImageName"]):
            self._plane.store.delete(NOUN, version["_arn"])

    def _delete_properties(self, params: Record) -> None:
        """UpdateImage with DeleteProperties empties them."""
        image = self._plane.find("Image", params["ImageName"])
        emptied = dict.fromkeys(params.pop("DeleteProperties", []))
        if emptied:
            self._plane.update("Image", image["_arn"], **emptied)

    # -- versions ----------------------------------------------------------------------------------------------
    def create(self, params: Record) -> Record:
        """CreateImageVersion: the next number, never one that was given before."""
        image = self._plane.find("Image", params["ImageName"])
        if not ECR.fullmatch(params["BaseImage"]):
            raise ApiError(f"BaseImage [{params['BaseImage']}] is not the path of an image in Amazon ECR.")
        for version in self._versions(image["ImageName"]):
            if version["ClientToken"] == params["ClientToken"]:  # the same request once more
                return {"ImageVersionArn": version["_arn"]}
        self._take_aliases(image["ImageName"], params.get("Aliases", []))
        now = self._plane.clock.time()
        number = self._plane.store.next_number(f"image-version.{image['_arn']}.{image['CreationTime']}")
        arn = self._plane.arn(NOUN, f"{image['ImageName']}/{number}")
        record = {
            **params,
            "_arn": arn,
            "ImageArn": image["_arn"],
            "ImageVersionArn": arn,
            "Version": number,
            "ImageVersionStatus": "CREATING",
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        self._plane.store.add(NOUN, record)
        later(self._plane, self._finish, NOUN, arn)
        return {"ImageVersionArn": arn}

    def describe(self, params: Record) -> Record:
        """DescribeImageVersion, by number, by alias, or the latest."""
        return self._shown("DescribeImageVersion", self._find(params))

    def list_versions(self, params: Record) -> Record:
        """ListImageVersions."""
        self._plane.find("Image", params["ImageName"])
        found = [v for v in self._versions(params["ImageName"]) if passes(v, params)]
        found.sort(key=lambda v: v[ORDERS[params.get("SortBy", "CREATION_TIME")]])
        if params.get("SortOrder", "DESCENDING") == "DESCENDING":
            found.reverse()
        return page("ImageVersions", [self._summary(v) for v in found], params)

    def list_aliases(self, params: Record) -> Record:
        """ListAliases of an image, or of one of its versions."""
        self._plane.find("Image", params["ImageName"])
        one = [self._find(params)] if "Version" in params or "Alias" in params else None
        aliases = [a for v in one or self._versions(params["ImageName"]) for a in v.get("Aliases", [])]
        return page("SageMakerImageVersionAliases", sorted(aliases), params)

    def update(self, params: Record) -> Record:
        """UpdateImageVersion: its description, and the aliases that move to it."""
        version = self._find(params)
        self._take_aliases(version["ImageName"], params.get("AliasesToAdd", []))
        version = self._find({"ImageName": version["ImageName"], "Version": version["Version"]})
        removed = params.get("AliasesToDelete", [])
        aliases = [a for a in version.get("Aliases", []) if a not in removed] + params.get("AliasesToAdd", [])
        changes = {
            name: value for name, value in params.items() if name not in (*NOT_SHOWN, "ImageName", "Version")
        }
        now = self._plane.clock.time()
        self._plane.update(NOUN, version["_arn"], **changes, Aliases=aliases, LastModifiedTime=now)
        return {"ImageVersionArn": version["_arn"]}

    def delete(self, params: Record) -> Record:
        """DeleteImageVersion; its number is not given again."""
        if "Version" not in params and "Alias" not in params:
            raise ApiError("Either Version or Alias must be given.")
        self._plane.store.delete(NOUN, self._find(params)["_arn"])
        return {}

    # -- helpers -----------------------------------------------------------------------------------------------
    def _finish(self, noun: str, arn: str) -> None:
        if self._plane.store.get(noun, arn) is not None:
            now = self._plane.clock.time()
            self._plane.update(noun, arn, **{noun + "Status": "CREATED", "LastModifiedTime": now})

    def _resume(self) -> None:
        for noun in ("Image", NOUN):
            for record in self._plane.records(noun):
                if record.get(noun + "Status") == "CREATING":
                    self._finish(noun, record["_arn"])

    def _versions(self, image: str) -> list[Record]:
        return [version for version in self._plane.records(NOUN) if version["ImageName"] == image]

    def _find(self, params: Record) -> Record:
        image = self._plane.find("Image", params["ImageName"])
        versions = self._versions(image["ImageName"])
        if "Alias" in params:
            versions = [version for version in versions if params["Alias"] in version.get("Aliases", [])]
        elif "Version" in params:
            versions = [version for version in versions if version["Version"] == params["Version"]]
        if not versions:
            wanted = params.get("Alias") or params.get("Version") or "latest"
            arn = self._plane.arn(NOUN, f"{image['ImageName']}/{wanted}")
            raise missing(self._plane.model, self._plane.model.noun(NOUN), arn)
        return versions[-1]

    def _take_aliases(self, image: str, aliases: list[str]) -> None:
        """An alias belongs to one version: take it from the one that has it."""
        for version in self._versions(image):
            kept = [alias for alias in version.get("Aliases", []) if alias not in aliases]
            if kept != version.get("Aliases", []):
                self._plane.update(NOUN, version["_arn"], Aliases=kept)

    def _shown(self, operation: str, version: Record) -> Record:
        members = self._plane.model.outputs(operation)
        return {name: value for name, value in version.items() if name in members}

    def _summary(self, version: Record) -> Record:
        members = self._plane.model.outputs("ListImageVersions")["ImageVersions"].member.members
        return {name: value for name, value in version.items() if name in members}


def passes(version: Record, params: Record) -> bool:
    """Does a version pass the time filters of a list?"""
    for field in ("CreationTime", "LastModifiedTime"):
        after, before = params.get(field + "After"), params.get(field + "Before")
        if (after is not None and version[field] <= after) or (
            before is not None and version[field] >= before
        ):
            return False
    return True


def page(member: str, items: list[Any], params: Record) -> Record:
    """One page of a list."""
    start, size = page_start(params), int(params.get("MaxResults", 10))
    shown: Record = {member: items[start : start + size]}
    return {**shown, "NextToken": str(start + size)} if start + size < len(items) else shown
