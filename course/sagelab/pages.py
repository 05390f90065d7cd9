"""The notebooks beside the lessons: each holds one widget, which is shown before anything is run."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sagelab.files import replace_bytes
from sagelab.homepage import PAGES, Overview

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
    overview = Overview(folder)
    overview.state(datetime.now().astimezone())  # what was damaged is told on the home page, whoever finds it
    for page in _pages(overview):
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


def _pages(overview: Overview) -> tuple[Page, ...]:
    """Return the pages, the home page last: it links those that are there."""
    import sagelab_widgets as widgets

    return (
        Page(
            PAGES["reference"],
            "# Quick reference\n\nEvery component of Amazon SageMaker AI: what it is for, what tells it from its "
            "neighbors, and how it stands on AWS today. [Home](00_home.ipynb)",
            "from sagelab_widgets import Reference\n\nReference()",
            widgets.Reference,
        ),
        Page(
            PAGES["exam"],
            "# Practice exam\n\nAn exam from all questions of the course, with what you missed explained at the end. "
            "[Home](00_home.ipynb)",
            "from sagelab_widgets import Exam\n\nExam()",
            widgets.Exam,
        ),
        Page(
            PAGES["flashcards"],
            "# Flashcards\n\nA few questions a day; each comes back when you are about to forget it. "
            "[Home](00_home.ipynb)",
            "from sagelab_widgets import Flashcards\n\nFlashcards()",
            widgets.Flashcards,
        ),
        Page(
            HOME,
            "# Sagelab\n\nAmazon SageMaker's API on this machine alone: jobs that run, endpoints that answer, "
            "no AWS account and no bill.",
            "import sagelab\n\nsagelab.home()",
            lambda folder: widgets.Home(folder, overview),
        ),
    )


def _write(target: Path, page: Page, folder: Path) -> None:
    """Write a page with what its cell shows; signed, so that JupyterLab trusts it."""
    import nbformat
    import nbformat.sign

    new = nbformat.v4
    cell = new.new_code_cell(page.code, id="show")
    about: dict[str, Any] = {
        "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
        "language_info": {"name": "python"},
    }
    widget = page.show(folder)
    about["widgets"] = {STATE: _show(cell, widget)}
    widget.close()
    notebook = new.new_notebook(cells=[new.new_markdown_cell(page.words, id="words"), cell], metadata=about)
    replace_bytes(target, nbformat.writes(notebook).encode())
    nbformat.sign.NotebookNotary().sign(notebook)


def _show(cell: Any, widget: Any) -> dict[str, Any]:
    """Put a widget's view into a cell, as if that had been run; returns the state to keep beside it."""
    from ipywidgets.embed import dependency_state  # type: ignore[import-untyped]
    from nbformat.v4 import new_output

    data, about = widget._repr_mimebundle_()
    cell.outputs = [new_output("execute_result", data, metadata=about, execution_count=1)]
    cell.execution_count = 1
    return {"version_major": 2, "version_minor": 0, "state": dependency_state([widget], drop_defaults=False)}


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
