"""The widgets outside JupyterLab: in Notebook 7, and as a page by Voila."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from . import harness

CELL = """
import pandas as pd
from sagelab import catalogue
from sagelab.quiz import load_quiz, payload
from sagelab_widgets import DriftExplorer, Quiz
questions = load_quiz(catalogue.find("model_monitor").folder / "quiz.yaml")
display(Quiz([payload(question, "seed", key=True) for question in questions[:3]]))
steady, moved = pd.DataFrame({"bill": range(200)}), pd.DataFrame({"bill": range(100, 300)})
DriftExplorer(steady, {"May": steady, "June": moved}, baseline_name="April")
"""


@pytest.fixture(scope="module")
def notebook(server: harness.LabServer) -> str:
    return harness.write_notebook(server.root / "places.ipynb", CELL).name


@pytest.fixture(params=["Notebook 7", "Voila"])
def place(
    request: pytest.FixtureRequest, page: Any, server: harness.LabServer, notebook: str
) -> Iterator[Any]:
    """The page after the notebook ran in this place; both are extensions of the same server."""
    if request.param == "Voila":
        page.goto(f"{server.base}/voila/render/{notebook}?token={server.token}")
    else:
        page.goto(f"{server.base}/notebooks/{notebook}?token={server.token}")
        page.wait_for_selector(f"{harness.PANEL} .jp-Cell")
        harness.wait_idle(page)
        harness.run_all(page)
    page.locator(".sl-drift").wait_for()
    page.name = request.param
    yield page
    server.stop_kernels()


def test_a_quiz_answers_and_an_explorer_moves(place: Any) -> None:
    quiz, explorer = place.locator(".sl-quiz"), place.locator(".sl-drift")
    quiz.locator("input").first.focus()
    place.keyboard.press("Space")
    quiz.get_by_role("button", name="Check").focus()
    place.keyboard.press("Enter")
    expect(quiz.locator(".sl-status")).to_have_text("Choose two answers; you have chosen one.")

    expect(explorer.get_by_role("status")).to_contain_text("above your threshold")
    explorer.get_by_label("Month", exact=True).press("ArrowLeft")
    expect(explorer.get_by_role("status")).to_contain_text("May: PSI 0")
    expect(explorer.get_by_role("status")).to_contain_text("Every bin holds the same share as before.")
    explorer.get_by_label("Month", exact=True).press("x")
    expect(explorer).to_be_visible()
    assert harness.axe(place, ".sl-quiz") + harness.axe(place, ".sl-drift") == []
    harness.screenshot(place, f"place_{place.name.replace(' ', '_').lower()}")


def test_saving_works_from_within_a_widget(page: Any, server: harness.LabServer, notebook: str) -> None:
    for address in (server.url(notebook), f"{server.base}/notebooks/{notebook}?token={server.token}"):
        page.goto(address)
        page.wait_for_selector(f"{harness.PANEL} .jp-Cell")
        harness.wait_idle(page)
        harness.run_all(page)
        cells = harness.cell_count(page)
        page.locator(".sl-drift").get_by_label("Month", exact=True).press("x")
        page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.model.dirty")
        page.locator(".sl-drift").get_by_label("Month", exact=True).press("Control+s")
        page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
        assert harness.cell_count(page) == cells
