"""The notebooks beside the lessons show their widget before anything is run, and a learner's changes stay."""

import json
import sqlite3
from pathlib import Path

import nbformat
import nbformat.sign
import pytest

from sagelab.homepage import PAGES
from sagelab.pages import HOME, STATE, write_pages
from sagelab.progress import Progress

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder with its pages."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    folder = tmp_path / "course"
    (folder / ".sagelab").mkdir(parents=True)
    assert write_pages(folder) == []
    return folder


def shown(path: Path) -> dict:
    """The state of the widget that a page's one cell shows."""
    notebook = nbformat.read(path, as_version=4)
    assert nbformat.sign.NotebookNotary().check_signature(notebook)
    nbformat.validate(notebook)
    (output,) = notebook.cells[-1].outputs
    return dict(notebook.metadata.widgets[STATE].state[output.data[VIEW].model_id].state)


def test_the_home_page_shows_the_lessons_before_anything_is_run(folder: Path) -> None:
    state = shown(folder / HOME)["state"]
    assert [one["notebook"] for module in state["modules"] for one in module["lessons"]] == [
        "10_clarify.ipynb",
        "11_model_monitor.ipynb",
    ]


def test_the_home_page_links_the_pages_beside_it(folder: Path) -> None:
    assert all((folder / file).is_file() for file in PAGES.values())
    assert shown(folder / HOME)["state"]["pages"] == PAGES


def test_the_reference_shows_its_rows_before_anything_is_run(folder: Path) -> None:
    assert len(shown(folder / PAGES["reference"])["rows"]) == 27


def test_the_cell_of_a_page_makes_the_widget_that_it_shows(folder: Path, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    names = {page: name.title() for name, page in PAGES.items()} | {HOME: "Home"}
    for name, expected in names.items():
        *first, last = nbformat.read(folder / name, as_version=4).cells[-1].source.splitlines()
        known: dict[str, object] = {}
        exec("\n".join(first), known)
        assert type(eval(last, known)).__name__ == expected


def test_writing_again_shows_what_was_done_meanwhile(folder: Path) -> None:
    Progress(folder).touched("clarify")
    assert write_pages(folder) == []
    assert shown(folder / HOME)["state"]["next"] == {"slug": "clarify", "why": "left"}


def test_a_page_that_was_run_and_saved_is_written_anew(folder: Path) -> None:
    notebook = json.loads((folder / HOME).read_text())
    notebook["cells"][-1]["outputs"], notebook["cells"][-1]["execution_count"] = [], 7
    (folder / HOME).write_text(json.dumps(notebook))
    write_pages(folder)
    assert shown(folder / HOME)


def test_a_page_of_an_earlier_edition_is_replaced(folder: Path) -> None:
    """What was shipped then is known by its digest in the record."""
    from sagelab.pages import _sources_digest

    notebook = json.loads((folder / HOME).read_text())
    notebook["cells"][0]["source"] = ["# As it ", "was"]
    (folder / HOME).write_text(json.dumps(notebook))
    record = folder / ".sagelab" / "pages.json"
    record.write_text(
        json.dumps({HOME: _sources_digest(["# As it was", "".join(notebook["cells"][1]["source"])])})
    )

    assert write_pages(folder) == []
    assert "# As it was" not in (folder / HOME).read_text()


@pytest.mark.parametrize(
    "mine", ["my plan", "{", '{"cells": 3}', '{"cells": [{"source": 7}]}', "[" * 100_000]
)
def test_what_the_learner_made_of_a_page_is_kept_and_said_once(folder: Path, mine: str) -> None:
    (folder / HOME).write_text(mine)
    record = folder / ".sagelab" / "pages.json"
    record.write_text("{broken")

    (said,) = write_pages(folder)

    assert (folder / HOME).read_text() == mine
    assert "00_home.ipynb" in said
    assert write_pages(folder) == []


def test_a_damaged_record_is_told_on_the_home_page(folder: Path) -> None:
    (folder / ".sagelab" / "progress.db").write_bytes(b"damage" * 1000)
    write_pages(folder)
    assert "progress.db was damaged" in shown(folder / HOME)["state"]["note"]
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(folder / ".sagelab" / "progress.damaged-1.db").execute("SELECT 1 FROM learner")
