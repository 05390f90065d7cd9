"""Artifact, Action and Context: what the lineage graph connects."""

import hashlib
from collections.abc import Callable
from typing import Any

from ..control import ApiError, ControlPlane, Record
from ..listing import Listing
from ..model import Noun
from ..wording import missing
from .graph import Graph

NOUNS = ("Artifact", "Action", "Context")
GROUP = "sagemaker-default-lineage-group"
MOST_PROPERTIES = 30


class Entities:
    """The lineage entities of one account."""

    def __init__(self, plane: ControlPlane, graph: Graph) -> None:
        self._plane, self._graph = plane, graph
        plane.answers("CreateArtifact", self._create_artifact)
        plane.answers("DeleteArtifact", self._delete_artifact)
        for noun in ("Action", "Context"):
            plane.answers(f"Create{noun}", self._creator(noun))
            plane.answers(f"Delete{noun}", self._deleter(noun))
        for noun in NOUNS:
            plane.answers(f"Update{noun}", self._updater(noun))
        plane.answers("DescribeLineageGroup", self._describe_group)
        plane.answers("ListLineageGroups", self._list_groups)

    def keep(self, noun: str, name: str, kind: str, uri: str, properties: Record | None = None) -> str:
        """The ARN of an entity, which is made unless it is there; AWS reuses what exists."""
        arn = self._artifact_arn(uri) if noun == "Artifact" else self._plane.arn(noun, name)
        record: Record = {
            "_arn": arn,
            f"{noun}Arn": arn,
            f"{noun}Name": name[:120],
            f"{noun}Type": kind,
            "Source": {"SourceUri": uri},
            "Properties": properties or {},
            **self._now(("CreationTime", "LastModifiedTime")),
        }
        self._plane.store.add(noun, record)
        return arn

    # -- create ------------------------------------------------------------------------------------------------
    def _create_artifact(self, params: Record) -> Record:
        arn = self._artifact_arn(params["Source"]["SourceUri"])
        record = {**params, "_arn": arn, "ArtifactArn": arn}
        if not self._plane.store.add(
            "Artifact", {**record, **self._now(("CreationTime", "LastModifiedTime"))}
        ):
            uri = params["Source"]["SourceUri"]
            raise ApiError(f"An artifact with the source URI {uri} already exists ({arn}).")
        return {"ArtifactArn": arn}

    def _artifact_arn(self, uri: str) -> str:
        """There is one artifact for each source URI, so the URI decides its ARN."""
        return self._plane.arn("Artifact", hashlib.sha256(uri.encode()).hexdigest()[:32])

    def _creator(self, noun: str) -> Callable[[Record], Record]:
        return lambda params: self._plane.keep(f"Create{noun}", params)

    # -- update ------------------------------------------------------------------------------------------------
    def _updater(self, noun: str) -> Callable[[Record], Record]:
        key = "ArtifactArn" if noun == "Artifact" else f"{noun}Name"

        def update(params: Record) -> Record:
            record = self._plane.find(noun, params[key])
            properties = params.get("Properties", record.get("Properties", {}))
            gone = params.get("PropertiesToRemove", [])
            kept = {name: value for name, value in (properties or {}).items() if name not in gone}
            changes = {n: v for n, v in params.items() if n not in (key, "PropertiesToRemove")}
            self._plane.update(
                noun, record["_arn"], **{**changes, "Properties": kept}, **self._now(("LastModifiedTime",))
            )
            return {f"{noun}Arn": record["_arn"]}

        return update

    # -- delete ------------------------------------------------------------------------------------------------
    def _delete_artifact(self, params: Record) -> Record:
        given = [name for name in ("ArtifactArn", "Source") if name in params]
        if len(given) != 1:
            raise ApiError("Provide either ArtifactArn or Source.")
        arn = params.get("ArtifactArn") or self._artifact_arn(params["Source"]["SourceUri"])
        return self._delete("Artifact", self._plane.find("Artifact", arn))

    def _deleter(self, noun: str) -> Callable[[Record], Record]:
        return lambda params: self._delete(noun, self._plane.find(noun, params[f"{noun}Name"]))

    def _delete(self, noun: str, record: Record) -> Record:
        if self._graph.touching(record["_arn"]):
            text = f"{noun} {record['_arn']} has associations. Delete them first."
            raise ApiError(text)
        self._plane.store.delete(noun, record["_arn"])
        return {f"{noun}Arn": record["_arn"]}

    # -- the lineage group -------------------------------------------------------------------------------------
    def _describe_group(self, params: Record) -> Record:
        group = self._group()
        if params["LineageGroupName"] != GROUP:
            asked = self._group_arn(params["LineageGroupName"])
            noun = Noun("LineageGroup", ("LineageGroupName",), None, (), "lineage-group", "")
            raise missing(self._plane.model, noun, asked)
        return {name: value for name, value in group.items() if name != "_arn"}

    def _list_groups(self, params: Record) -> Record:
        noun = Noun("LineageGroup", ("LineageGroupName",), None, (), "lineage-group", "")
        return Listing(self._plane.model, "ListLineageGroups", noun).select([self._group()], params)

    def _group(self) -> Record:
        """Every account has one group; it is as old as the first question for it."""
        arn = self._group_arn(GROUP)
        times = self._now(("CreationTime", "LastModifiedTime"))
        names = {"LineageGroupName": GROUP, "LineageGroupArn": arn, "DisplayName": GROUP}
        self._plane.store.add("LineageGroup", {"_arn": arn, **names, **times})
        return self._plane.store.get("LineageGroup", arn) or {}

    def _group_arn(self, name: str) -> str:
        return f"arn:aws:sagemaker:{self._plane.region}:{self._plane.account}:lineage-group/{name.lower()}"

    def _now(self, members: tuple[str, ...]) -> dict[str, Any]:
        return dict.fromkeys(members, self._plane.clock.time())
