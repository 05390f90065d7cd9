"""The model dashboard in JupyterLab: filtered, a model opened by keyboard, its card exported."""

import pytest
from playwright.sync_api import expect

from . import harness, lab_cells

CELL = """
import json
from sagelab_widgets import ModelDashboard
serve(model("churn"))
model("spare")
content = {"model_overview": {"model_id": "churn"}, "intended_uses": {"risk_rating": "High"}}
sm.create_model_card(ModelCardName="churn-card", Content=json.dumps(content), ModelCardStatus="Approved")
dashboard = ModelDashboard(lab)
dashboard
"""


@pytest.fixture(scope="module")
def folder(server):
    made = server.root / "models"
    made.mkdir()
    yield made
    lab_cells.stop(made)


@pytest.fixture(scope="module")
def dashboard(page, server, folder):
    harness.write_notebook(folder / "models.ipynb", lab_cells.SERVE, CELL)
    harness.open_notebook(page, server.url("models/models.ipynb"))
    page.set_default_timeout(60_000)
    page.set_viewport_size({"width": 1600, "height": 1800})
    harness.run_all(page)
    root = harness.panel(page).locator(".sl-models")
    root.wait_for()
    yield root
    page.set_viewport_size({"width": 1280, "height": 1000})


def shown(dashboard):
    return dashboard.locator(".sl-model-rows tbody th")


def test_models_are_filtered_by_need_risk_and_words(page, dashboard):
    cells = harness.cell_count(page)
    expect(dashboard.get_by_role("status")).to_contain_text("2 of 2 models need attention.")
    expect(dashboard.get_by_role("row", name="churn")).to_contain_text(
        "High risk, deployed and not monitored"
    )
    dashboard.get_by_label("Risk rating").select_option("High")
    expect(shown(dashboard)).to_have_text(["churn"])
    dashboard.get_by_label("Risk rating").select_option("")
    dashboard.get_by_label("Search").press_sequentially("spar")
    expect(shown(dashboard)).to_have_text(["spare"])
    dashboard.get_by_label("Search").fill("")
    expect(shown(dashboard)).to_have_text(["churn", "spare"])
    dashboard.get_by_label("Show").press("x")

    assert harness.cell_count(page) == cells


def test_a_model_opens_with_its_lineage_and_its_card_is_exported(page, dashboard):
    opener = dashboard.get_by_role("button", name="churn", exact=True)
    opener.press("Enter")
    opened = dashboard.get_by_role("region", name="Model churn")
    expect(opened).to_contain_text("deployment churn belongs to endpoint churn.")
    expect(opened).to_contain_text("No schedule watches an endpoint of this model.")
    expect(opener).to_be_focused()
    opened.get_by_role("button", name="Export the card").press("Enter")
    expect(opened).to_contain_text("version 1: Completed", timeout=60_000)
    expect(opened.get_by_role("link", name="Open the document")).to_be_visible()
    assert harness.findings(page, ".sl-models", "models_opened") == []
    opened.get_by_role("button", name="Close").press("Enter")
    expect(opened).to_have_count(0)
    expect(opener).to_be_focused()
    assert harness.findings(page, ".sl-models", "models_all") == []
    assert page.faults == []
