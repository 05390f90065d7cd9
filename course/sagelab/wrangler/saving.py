"""The tables that an exported script reads, put beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sagelab.wrangler.script import file_of
from sagelab.wrangler.sources import fetch, write_table

if TYPE_CHECKING:
    from sagelab.wrangler.flow import Flow
    from sagelab.wrangler.processing import Bench

__all__ = ["save_sources"]


def save_sources(flow: Flow, folder: Path, lab: Bench | None = None) -> list[str]:
    """Write each source of a flow into a folder, under the name that its script reads; the names."""
    names = []
    for node in flow.needed(flow.last):
        if node.transform:
            continue
        if node.uri and lab:
            fetch(node.uri, lab.client("s3"), folder)
        else:
            write_table(flow.sources[node.id], folder / file_of(node))
        names.append(file_of(node))
    return names
