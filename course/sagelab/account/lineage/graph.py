"""Associations: the directed edges between lineage entities."""

from typing import Any

from ..control import ApiError, ControlPlane, Record
from ..listing import PAGE, page_start

NOUN = "Association"
ENTITIES = ("Artifact", "Action", "Context", "TrialComponent", "Experiment")
FILTERS = ("SourceArn", "DestinationArn", "SourceType", "DestinationType", "AssociationType")


class Graph:
    """The lineage graph of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        plane.answers("AddAssociation", self._add)
        plane.answers("DeleteAssociation", self._delete)
        plane.answers("ListAssociations", self._list)

    # -- for the other modules of lineage ----------------------------------------------------------------------
    def connect(self, source: str, kind: str, destination: str) -> bool:
        """Add an edge; False where it is there already."""
        edge = {
            "_arn": key(source, destination),
            "SourceArn": source,
            "DestinationArn": destination,
            "AssociationType": kind,
            "CreationTime": self._plane.clock.time(),
        }
        return self._plane.store.add(NOUN, edge)

    def edges(self) -> list[Record]:
        """All edges, oldest first."""
        return self._plane.records(NOUN)

    def touching(self, arn: str) -> list[Record]:
        """The edges of one entity."""
        return [edge for edge in self.edges() if arn in (edge["SourceArn"], edge["DestinationArn"])]

    def entity(self, arn: str) -> tuple[str, Record]:
        """The noun and the record of an entity; ResourceNotFound where there is none."""
        found = self._plane.store.by_arn(arn)
        if found is None or found[0] not in ENTITIES:
            raise ApiError(f'Could not find lineage entity "{arn}".', "ResourceNotFound")
        return found

    def type_of(self, arn: str) -> str:
        """An entity's type, as associations and queries call it; empty where the entity is gone."""
        found = self._plane.store.by_arn(arn)
        return entity_type(*found) if found else ""

    # -- the operations ----------------------------------------------------------------------------------------
    def _add(self, params: Record) -> Record:
        source, destination = params["SourceArn"], params["DestinationArn"]
        if source == destination:
            raise ApiError("SourceArn and DestinationArn must be two entities.")
        self.entity(source)
        self.entity(destination)
        if not self.connect(source, params.get("AssociationType", ""), destination):
            raise ApiError(f"The association of {source} with {destination} already exists.")
        return {"SourceArn": source, "DestinationArn": destination}

    def _delete(self, params: Record) -> Record:
        source, destination = params["SourceArn"], params["DestinationArn"]
        if self._plane.store.get(NOUN, key(source, destination)) is None:
            text = f"Could not find an association of {source} with {destination}."
            raise ApiError(text, "ResourceNotFound")
        self._plane.store.delete(NOUN, key(source, destination))
        return {"SourceArn": source, "DestinationArn": destination}

    def _list(self, params: Record) -> Record:
        edges = [edge for edge in self.edges() if near(edge, params)]
        shown = [edge for edge in map(self._shown, edges) if self._passes(edge, params)]
        by = params.get("SortBy", "CreationTime")
        shown.sort(
            key=lambda edge: edge.get(by, ""), reverse=params.get("SortOrder", "Descending") == "Descending"
        )
        start, size = page_start(params), params.get("MaxResults", PAGE)
        more = {"NextToken": str(start + size)} if start + size < len(shown) else {}
        return {"AssociationSummaries": shown[start : start + size], **more}

    def _shown(self, edge: Record) -> Record:
        shown: dict[str, Any] = {name: edge[name] for name in edge if name != "_arn" and edge[name] != ""}
        for side in ("Source", "Destination"):
            found = self._plane.store.by_arn(edge[f"{side}Arn"])
            if found:
                shown[f"{side}Type"] = entity_type(*found)
                name = found[1].get(f"{found[0]}Name")
                shown |= {f"{side}Name": name} if name else {}
        return shown

    @staticmethod
    def _passes(edge: Record, params: Record) -> bool:
        created = edge["CreationTime"]
        return (
            all(edge.get(name) == params[name] for name in FILTERS if name in params)
            and created > params.get("CreatedAfter", created - 1)
            and created < params.get("CreatedBefore", created + 1)
        )


def near(edge: Record, params: Record) -> bool:
    """Has an edge the ends that are asked for?"""
    return all(edge[name] == params.get(name, edge[name]) for name in ("SourceArn", "DestinationArn"))


def entity_type(noun: str, record: Record) -> str:
    """`DataSet`, `Model`, `Endpoint` ...; for a trial component what its source is."""
    if noun == "TrialComponent":
        return str(record.get("Source", {}).get("SourceType", noun)).removeprefix("SageMaker")
    return str(record.get(f"{noun}Type", noun))


def key(source: str, destination: str) -> str:
    """What identifies an association."""
    return f"{source} {destination}"
