"""The notebooks of the browser tests run in plain Python: a lab in a folder, and the widgets that watch it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def notebook(folder: Path, cell: str) -> Iterator[dict[str, Any]]:
    """What a cell defines, run in a folder; its account ends afterwards."""
    names: dict[str, Any] = {}
    with contextlib.chdir(folder):
        exec(cell, names)
    try:
        yield names
    finally:
        names["lab"].account.stop()
