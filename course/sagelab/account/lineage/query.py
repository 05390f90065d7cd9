"""QueryLineage: a walk from one entity along the associations, near ones first."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..control import ApiError, ControlPlane, Record
from ..listing import page_start
from .graph import Graph, entity_type

DEEPEST, PAGE = 10, 10
DATES = {"Created": "CreationTime", "Modified": "LastModifiedTime"}


@dataclass
class Walk:
    """What was reached, in order, and by which edge from which entity."""

    came_by: dict[str, list[Record]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


class Queries:
    """Answers QueryLineage."""

    def __init__(self, plane: ControlPlane, graph: Graph) -> None:
        self._plane, self._graph = plane, graph
        plane.answers("QueryLineage", self._query)

    def _query(self, params: Record) -> Record:
        starts = params.get("StartArns", [])
        if not starts:
            raise ApiError("Provide the ARN of an entity in StartArns.")
        for limit in ("MaxDepth", "MaxResults"):
            if params.get(limit, 1) < 1:
                raise ApiError(f"{limit} must be at least 1, not {params[limit]}.")
        self._graph.entity(starts[0])
        walks = [self._walk(starts[0], back, params) for back in directions(params.get("Direction", "Both"))]
        found = self._matching(walks, params.get("Filters", {}))
        wanted, edges = set(found), dict[str, Record]()
        if params.get("IncludeEdges", True):
            for walk in walks:
                wanted |= on_the_way(walk, starts[0], found, edges)
        arns = [arn for arn in unique(walks) if arn in wanted]
        start, size = page_start(params), params.get("MaxResults", PAGE)
        page = arns[start : start + size]
        shown = [edge for edge in edges.values() if {edge["SourceArn"], edge["DestinationArn"]} & set(page)]
        more = {"NextToken": str(start + size)} if start + size < len(arns) else {}
        return {
            "Vertices": [self._vertex(arn) for arn in page],
            "Edges": [as_edge(edge) for edge in shown],
            **more,
        }

    def _walk(self, start: str, back: bool, params: Record) -> Walk:
        """Breadth first, so that a shortest way is known to each entity; circles end by themselves."""
        here, there = ("DestinationArn", "SourceArn") if back else ("SourceArn", "DestinationArn")
        leaving: dict[str, list[Record]] = {}
        for edge in self._graph.edges():
            leaving.setdefault(edge[here], []).append(edge)
        walk, waiting = Walk(), deque([(start, 0)])
        deepest = min(params.get("MaxDepth", DEEPEST), DEEPEST)
        while waiting:
            arn, depth = waiting.popleft()
            for edge in leaving.get(arn, []) if depth < deepest else []:
                reached = edge[there]
                if reached == start:
                    continue
                if reached not in walk.came_by:
                    walk.order.append(reached)
                    waiting.append((reached, depth + 1))
                walk.came_by.setdefault(reached, []).append({**edge, "_from": arn})
        return walk

    def _matching(self, walks: list[Walk], filters: Record) -> list[str]:
        return [arn for arn in unique(walks) if self._passes(arn, filters)]

    def _passes(self, arn: str, filters: Record) -> bool:
        found = self._plane.store.by_arn(arn)
        if found is None:
            return False
        noun, record = found
        return (
            entity_type(noun, record) in filters.get("Types", [entity_type(noun, record)])
            and noun in filters.get("LineageTypes", [noun])
            and all(
                record.get("Properties", {}).get(k) == v for k, v in filters.get("Properties", {}).items()
            )
            and all(in_time(record, when, filters) for when in DATES)
        )

    def _vertex(self, arn: str) -> Record:
        noun, record = self._graph.entity(arn)
        return {"Arn": arn, "Type": entity_type(noun, record), "LineageType": noun}


def directions(direction: str) -> tuple[bool, ...]:
    """Whether to walk against the associations, with them, or each on its own."""
    return {"Ascendants": (True,), "Descendants": (False,)}.get(direction, (True, False))


def unique(walks: Iterable[Walk]) -> list[str]:
    """The entities of all walks, each once, near ones first."""
    return list(dict.fromkeys(arn for walk in walks for arn in walk.order))


def on_the_way(walk: Walk, start: str, found: list[str], edges: dict[str, Record]) -> set[str]:
    """The entities between the start and what was found; their edges are put into `edges`."""
    seen: set[str] = set()
    waiting = [arn for arn in found if arn in walk.came_by]
    while waiting:
        arn = waiting.pop()
        if arn in seen or arn == start:
            continue
        seen.add(arn)
        for edge in walk.came_by[arn]:
            edges[edge["_arn"]] = edge
            waiting.append(edge["_from"])
    return seen


def in_time(record: Record, when: str, filters: Record) -> bool:
    """Was a record created, or modified, in the time that is asked for?"""
    moment = record.get(DATES[when], 0.0)
    return bool(
        moment > filters.get(f"{when}After", moment - 1) and moment < filters.get(f"{when}Before", moment + 1)
    )


def as_edge(edge: Record) -> Record:
    """An association as an answer shows it."""
    members = ("SourceArn", "DestinationArn", "AssociationType")
    return {name: edge[name] for name in members if edge[name]}
