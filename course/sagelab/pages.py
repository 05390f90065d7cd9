"""The notebooks beside the lessons: each holds one widget, which is shown before anything is run."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagelab.files import replace_bytes
from sagelab.homepage import PAGES

__all__ = ["HOME", "Page", "write_pages"]

HOME = "00_home.ipynb"
STATE = "application/vnd.jupyter.widget-state+json"


@dataclass(frozen=True)
class Page:
    """One notebook: its words, the code of its one cell, and what that code shows in a folder."""

    file: str
    words: str
    code: str
    show: Callable[[Path], Any]


def write_pages(folder: Path) -> list[str]:
    """Write every page into `folder`; returns a sentence for each that the learner has changed, which is kept."""
    record = folder / ".sagelab" / "pages.json"
    editions, said = _read_record(record), []
    for page in _pages():
        target, edition = folder / page.file, _sources_digest([page.words, page.code])
        if not target.exists() or _digest(target) in (edition, editions.get(page.file)):
            _write(target, page, folder)
            editions[page.file] = edition
        elif editions.get(page.file) != edition:
            said.append(
                f"You have worked in {page.file}, so it is kept; delete it and open again for a new one."
            )
            editions[page.file] = edition
    replace_bytes(record, json.dumps(editions, indent=1).encode())
    return said


def _pages() -> tuple[Page, ...]:
    """Return the pages, the home page last: it links those that are there."""
    import sagelab_widgets as widgets

    return (
        Page(
            PAGES["reference"],
            "# Quick reference\n\nEvery component of Amazon SageMaker AI: what it is for, what tells it from its "
            "neighbors, and how it stands on AWS today. [Home](00_home.ipynb)",
            "import sagelab\n\nsagelab.reference()",
            widgets.Reference,
        ),
        Page(
            HOME,
            "# Sagelab\n\nAmazon SageMaker's API on this machine alone: jobs that run, endpoints that answer, "
            "no AWS account and no bill.",
            "import sagelab\n\nsagelab.home()",
            widgets.Home,
        ),
    )


def _write(target: Path, page: Page, folder: Path) -> None:
    """Write a page with what its cell shows; signed, so that JupyterLab trusts it."""
    import nbformat
    import nbformat.sign
    from ipywidgets.embed import dependency_state  # type: ignore[import-untyped]

    new, widget = nbformat.v4, page.show(folder)
    data, about = widget._repr_mimebundle_()
    shown = new.new_output("execute_result", data, metadata=about, execution_count=1)
    state = {"version_major": 2, "version_minor": 0, "state": dependency_state([widget], drop_defaults=False)}
    notebook = new.new_notebook(
        cells=[
            new.new_markdown_cell(page.words, id="words"),
            new.new_code_cell(page.code, id="show", outputs=[shown], execution_count=1),
        ],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
            "language_info": {"name": "python"},
            "widgets": {STATE: state},
        },
    )
    replace_bytes(target, nbformat.writes(notebook).encode())
    nbformat.sign.NotebookNotary().sign(notebook)
    widget.close()


def _digest(path: Path) -> str:
    """The digest of a notebook's sources; of anything else none that fits."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        return _sources_digest(["".join(cell["source"]) for cell in cells])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return ""


def _sources_digest(sources: list[str]) -> str:
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def _read_record(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
