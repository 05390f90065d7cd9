"""A pipeline's graph for a person to look at: its steps and edges, a place for each, and where arrow keys lead.

The places follow Sugiyama's method: a step's layer is the longest path that leads to it, an edge over several layers
passes through a free place in each, and each layer is put in the order of what its members hang on.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from sagelab.errors import SagelabError

__all__ = ["Edge", "Graph", "Node", "Place", "read_graph", "step_states"]

Record = dict[str, Any]
Place = tuple[int, float]  # layer, and how far from the layer's left end
BRANCHES = {"IfSteps": "then", "ElseSteps": "else"}
SWEEPS = 8
ENDED = ("Succeeded", "Failed", "Stopped", "CompletedWithFailures")
BLOCKING = ("Failed", "Stopped", "Not taken", "Will not run")


@dataclass(frozen=True)
class Node:
    """One step: what it waits for, and the branch of a condition that it stands in."""

    name: str
    type: str
    body: Record = field(repr=False)
    data: frozenset[str] = frozenset()  # steps whose results it is given
    after: frozenset[str] = frozenset()  # steps that it names in DependsOn
    branch: tuple[str, str] | None = None  # a Condition step, and "then" or "else"

    @property
    def depends(self) -> frozenset[str]:
        """All that has to succeed first."""
        return self.data | self.after | ({self.branch[0]} if self.branch else frozenset())


@dataclass(frozen=True)
class Edge:
    """An arrow: a result is handed on (data), an order is kept (order), or a branch is taken (then, else)."""

    source: str
    target: str
    kind: str
    through: tuple[Place, ...] = ()  # the places that it passes between its ends


@dataclass(frozen=True)
class Graph:
    """The steps with their places, and the edges; `width` is the number of places of the widest layer."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    places: Mapping[str, Place]
    parameters: tuple[Record, ...]

    @property
    def width(self) -> float:
        """The room that the widest layer needs, in places."""
        return 1 + max((x for _, x in self._all_places()), default=0.0)

    @property
    def height(self) -> int:
        """The number of layers."""
        return 1 + max((layer for layer, _ in self.places.values()), default=-1)

    def moves(self) -> dict[str, dict[str, str]]:
        """For each step, where arrow keys lead: up and down along edges, left and right in reading order."""
        return {name: self._moves(name) for name in self.nodes}

    def payload(self) -> Record:
        """All of it as plain JSON for the view."""
        steps = [
            {"name": n.name, "type": n.type, "layer": self.places[n.name][0], "x": self.places[n.name][1]}
            for n in self.nodes.values()
        ]
        edges = [{**asdict(edge), "through": [list(place) for place in edge.through]} for edge in self.edges]
        return {
            "steps": steps,
            "edges": edges,
            "width": self.width,
            "height": self.height,
            "moves": self.moves(),
            "parameters": [dict(parameter) for parameter in self.parameters],
        }

    def _all_places(self) -> Iterable[Place]:
        yield from self.places.values()
        for edge in self.edges:
            yield from edge.through

    def _moves(self, name: str) -> dict[str, str]:
        above = [edge.source for edge in self.edges if edge.target == name]
        below = [edge.target for edge in self.edges if edge.source == name]
        reading = sorted(self.places, key=self.places.__getitem__)
        at = reading.index(name)
        found = {
            "ArrowUp": self._nearest(above, name),
            "ArrowDown": self._nearest(below, name),
            "ArrowLeft": reading[at - 1] if at else "",
            "ArrowRight": reading[at + 1] if at + 1 < len(reading) else "",
        }
        return {key: other for key, other in found.items() if other}

    def _nearest(self, names: list[str], to: str) -> str:
        layer, x = self.places[to]
        where = {name: self.places[name] for name in names}
        return min(
            names, key=lambda n: (abs(where[n][0] - layer), abs(where[n][1] - x), where[n][1]), default=""
        )


def read_graph(definition: str) -> Graph:
    """The graph of a definition's JSON text; SagelabError where it is none."""
    from sagelab.account.pipelines.expressions import references

    try:
        document = json.loads(definition)
        nodes = {node.name: node for node in _nodes(document["Steps"], None, references)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SagelabError("This pipeline's definition is not one that can be drawn.") from None
    known = {
        name: Node(n.name, n.type, n.body, n.data & set(nodes), n.after & set(nodes), n.branch)
        for name, n in nodes.items()
    }
    layers = _layers(known)
    pairs = list(_edges(known))
    places, passed = _arrange(layers, [(edge.source, edge.target) for edge in pairs])
    edges = tuple(
        Edge(e.source, e.target, e.kind, tuple(places[p] for p in passed[e.source, e.target])) for e in pairs
    )
    parameters = tuple(p for p in document.get("Parameters") or [] if isinstance(p, dict))
    return Graph(known, edges, {name: places[name] for name in known}, parameters)


def step_states(graph: Graph, begun: Mapping[str, Record], execution: str) -> dict[str, str]:
    """Where each step of an execution stands; `begun` are its ListPipelineExecutionSteps by name.

    Besides AWS's StepStatus: Waiting, Not taken (the other branch was), Will not run (what it needs did not succeed),
    Did not run (the execution has ended).
    """
    states: dict[str, str] = {}
    for name in TopologicalSorter({n.name: n.depends for n in graph.nodes.values()}).static_order():
        node = graph.nodes[name]
        if name in begun:
            states[name] = str(begun[name].get("StepStatus", "Starting"))
        elif node.branch and _outcome(begun.get(node.branch[0], {})) not in ("", node.branch[1]):
            states[name] = "Not taken"
        elif any(states[other] in BLOCKING for other in node.depends):
            states[name] = "Will not run"
        else:
            states[name] = "Waiting"
        if execution in ENDED and states[name] in ("Waiting", "Will not run"):
            states[name] = "Did not run"
    return {name: states[name] for name in graph.nodes}


def _outcome(step: Record) -> str:
    """The branch that a condition step took, as "then" or "else"; empty while it has not."""
    told = step.get("Metadata", {}).get("Condition", {}).get("Outcome", "")
    return {"True": "then", "False": "else"}.get(str(told), "")


def _nodes(items: Any, branch: tuple[str, str] | None, references: Any) -> Iterable[Node]:
    for item in items:
        given = item.get("Arguments") or {}
        own = {name: value for name, value in given.items() if name not in BRANCHES}
        kept = {name: value for name, value in item.items() if name not in ("Arguments", "DependsOn")}
        paths = [path for path in references([own, kept]) if path.startswith("Steps.")]
        used = frozenset(path.split(".")[1].partition("[")[0] for path in paths)
        after = frozenset(map(str, item.get("DependsOn") or []))
        yield Node(str(item["Name"]), str(item["Type"]), item, used, after, branch)
        if item["Type"] == "Condition":
            for member, side in BRANCHES.items():
                yield from _nodes(given.get(member) or [], (str(item["Name"]), side), references)


def _edges(nodes: Mapping[str, Node]) -> Iterable[Edge]:
    """One edge for each pair of steps; a branch leads to the steps of it that nothing else of it leads to."""
    for node in nodes.values():
        for other in sorted(node.depends):
            if node.branch and other == node.branch[0]:
                if not any(nodes[before].branch == node.branch for before in node.depends if before != other):
                    yield Edge(other, node.name, node.branch[1])
            else:
                yield Edge(other, node.name, "data" if other in node.data else "order")


def _layers(nodes: Mapping[str, Node]) -> dict[str, int]:
    """The longest path that leads to each step, in steps."""
    layers: dict[str, int] = {}
    try:
        for name in TopologicalSorter({n.name: n.depends for n in nodes.values()}).static_order():
            layers[name] = 1 + max((layers[other] for other in nodes[name].depends), default=-1)
    except CycleError as error:
        raise SagelabError(
            f"The steps wait for one another in a circle: {', '.join(error.args[1])}."
        ) from None
    return {name: layers[name] for name in nodes}


def _arrange(
    layers: Mapping[str, int], pairs: Sequence[tuple[str, str]]
) -> tuple[dict[str, Place], dict[tuple[str, str], list[str]]]:
    """A place for every step and for what edges pass through; the passed places of each pair, by name."""
    passed = {(a, b): [f"{a}\n{b}\n{layer}" for layer in range(layers[a] + 1, layers[b])] for a, b in pairs}
    rows: list[list[str]] = [[] for _ in range(1 + max(layers.values(), default=-1))]
    for name, layer in layers.items():
        rows[layer].append(name)
    links: list[tuple[str, str]] = []
    for (a, b), names in passed.items():
        for number, name in enumerate(names, layers[a] + 1):
            rows[number].append(name)
        chain = [a, *names, b]
        links += pairwise(chain)
    best = _ordered(rows, links)
    widest = max(map(len, best), default=0)
    places = {
        name: (layer, index + (widest - len(row)) / 2)
        for layer, row in enumerate(best)
        for index, name in enumerate(row)
    }
    return places, passed


def _ordered(rows: list[list[str]], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The order with the fewest crossings that sweeping down and up by the mean of the neighbors finds."""
    above: dict[str, list[str]] = {name: [] for row in rows for name in row}
    below: dict[str, list[str]] = {name: [] for row in rows for name in row}
    for a, b in links:
        below[a].append(b)
        above[b].append(a)
    best, now = rows, [list(row) for row in rows]
    for sweep in range(SWEEPS):
        near, order = (above, range(1, len(now))) if sweep % 2 == 0 else (below, range(len(now) - 2, -1, -1))
        for layer in order:
            now[layer] = _sorted(now[layer], now[layer - 1 if near is above else layer + 1], near)
        if crossings(now, links) < crossings(best, links):
            best = [list(row) for row in now]
    return best


def _sorted(row: list[str], fixed: list[str], near: Mapping[str, list[str]]) -> list[str]:
    """A layer in the order of the mean places of its neighbors; who has none stays about where it is."""
    at = {name: index - len(fixed) / 2 for index, name in enumerate(fixed)}

    def place(name: str) -> float:
        others = near[name]
        return sum(at[o] for o in others) / len(others) if others else row.index(name) - len(row) / 2

    places = {name: place(name) for name in row}
    return sorted(row, key=places.__getitem__)


def crossings(rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]]) -> int:
    """How many pairs of links between neighboring layers cross."""
    at = {name: (layer, index) for layer, row in enumerate(rows) for index, name in enumerate(row)}
    spans = [(at[a][0], at[a][1], at[b][1]) for a, b in links]
    return sum(
        one[0] == other[0] and (one[1] - other[1]) * (one[2] - other[2]) < 0
        for i, one in enumerate(spans)
        for other in spans[:i]
    )
