"""A flow as plain JSON values for a form, a graph and a page of rows."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from sagelab.wrangler.catalogue import find, groups
from sagelab.wrangler.declare import column_kind
from sagelab.wrangler.flow import Flow
from sagelab.wrangler.steps import Node, StepError

__all__ = ["catalogue_payload", "nodes_payload", "page_payload"]

ROWS = 10
LONGEST = 200  # characters of a cell that a browser gets


def catalogue_payload() -> dict[str, list[dict[str, Any]]]:
    """The transforms of each group, with what a form asks for."""
    return {
        group: [
            {
                "name": entry.name,
                "about": entry.about,
                "library": entry.library,
                "tables": entry.tables,
                "parameters": [
                    {**vars(parameter), "choices": list(parameter.choices)} for parameter in entry.parameters
                ],
            }
            for entry in entries
        ]
        for group, entries in groups().items()
    }


def nodes_payload(flow: Flow) -> list[dict[str, Any]]:
    """The graph: each node with its inputs, its words, and what is wrong with it."""
    return [_node(node, flow) for node in flow.nodes]


def page_payload(flow: Flow, node: str, start: int = 0) -> dict[str, Any]:
    """Rows after a node, on the sample; `before` are the columns that its step starts from."""
    chosen = flow.node(node)
    page: dict[str, Any] = {
        "node": chosen.id,
        "start": 0,
        "rows": [],
        "total": 0,
        "columns": [],
        "sampled": False,
        "sample": flow.sample,
        "error": "",
        "before": _columns(flow, chosen.inputs[0]) if chosen.inputs else [],
    }
    try:
        total = flow.preview(chosen.id, rows=0).rows
        start = min(max(start, 0), max(total - 1, 0)) // ROWS * ROWS
        preview = flow.preview(chosen.id, start=start, rows=ROWS)
    except StepError as fault:
        return {**page, "error": str(fault)}
    cells = [[_cell(value) for value in row] for row in preview.table.itertuples(index=False, name=None)]
    return {
        **page,
        "start": start,
        "rows": cells,
        "total": preview.rows,
        "columns": [list(pair) for pair in preview.columns],
        "sampled": preview.sampled,
    }


def _node(node: Node, flow: Flow) -> dict[str, Any]:
    fault = flow.error(node.id)
    shown = {
        "id": node.id,
        "inputs": list(node.inputs),
        "title": node.transform or node.name,
        "source": not node.transform,
        "parameters": dict(node.parameters),
        "trusted": node.trusted,
        "error": "" if fault is None else str(fault),
        "own": fault is not None and fault.node == node.id,
    }
    if not node.transform:
        return {**shown, "detail": node.uri, "group": "", "fitted": False}
    entry = find(node.transform)
    names = [
        parameter.name for parameter in entry.parameters if parameter.kind in ("column", "columns", "text")
    ]
    values = [node.parameters.get(name) for name in names]
    words = [", ".join(value) if isinstance(value, list) else str(value) for value in values if value]
    return {
        **shown,
        "detail": "; ".join(words)[:LONGEST],
        "group": entry.group,
        "fitted": entry.fit is not None,
    }


def _columns(flow: Flow, node: str) -> list[list[str]]:
    try:
        table = flow.sampled(node)
    except StepError:
        return []
    return [[name, column_kind(table[name])] for name in table.columns]


def _cell(value: Any) -> str | None:
    """A value as short text; None where it is missing."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, pd.Timestamp):
        return value.isoformat(sep=" ")
    return str(value)[:LONGEST]
