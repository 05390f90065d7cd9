"""What a graph of nodes says by itself, without a table."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagelab.wrangler.steps import Node

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Preview", "fingerprint", "needed_for", "next_id", "without"]


@dataclass(frozen=True)
class Preview:
    """A page of the rows after a node, computed on the first `sample` rows of each source that has more."""

    node: str
    table: pd.DataFrame
    rows: int
    columns: tuple[tuple[str, str], ...]
    sampled: bool


def needed_for(name: str, nodes: Sequence[Node]) -> list[Node]:
    """The nodes that a node's table is made from, in order, itself last."""
    by_id, wanted = {node.id: node for node in nodes}, [name]
    for one in wanted:
        wanted.extend(other for other in by_id[one].inputs if other not in wanted)
    return [node for node in nodes if node.id in wanted]


def fingerprint(name: str, nodes: Sequence[Node]) -> str:
    """A text that changes when a node, or one that it needs, changes."""
    prints: dict[str, str] = {}
    for node in needed_for(name, nodes):
        inputs = [prints[other] for other in node.inputs]
        whole = json.dumps([node.id, node.transform, dict(node.parameters), node.trusted, inputs])
        prints[node.id] = hashlib.sha256(whole.encode()).hexdigest()
    return prints[name]


def without(step: Node, nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The graph with a step taken out: what followed it follows what was before it."""
    return tuple(
        dataclasses.replace(node, inputs=tuple(step.inputs[0] if i == step.id else i for i in node.inputs))
        for node in nodes
        if node.id != step.id
    )


def next_id(kind: str, states: Iterable[Sequence[Node]]) -> str:
    """An id that no node of these graphs has: step_1, step_2 and so on."""
    numbers = [int(n.id.partition("_")[2]) for nodes in states for n in nodes if n.id.startswith(kind)]
    return f"{kind}_{max(numbers, default=0) + 1}"
