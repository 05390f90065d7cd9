"""Canvas in JupyterLab: from a table to a build, its analysis, what-if, a batch and the registry, by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from . import harness

CELL = """
import sagelab
from sagelab_widgets import Canvas
lab = sagelab.lab("model_monitor")
clients = lab.table("credit_clients").head(600)
clients = clients[["ID", "LIMIT_BAL", "AGE", "PAY_0", "BILL_AMT1", "default"]].assign(
    education=clients.EDUCATION.map({1: "graduate <b>school</b>", 2: "university"}).fillna("other"),
    default=clients["default"].map({0: "paid", 1: "defaulted"}))
canvas = Canvas(lab, clients, "churn", target="default", new_rows=clients.tail(40), candidates=2)
canvas
"""


@pytest.fixture(scope="module")
def notebook(page, server):
    folder = server.root / "canvas"
    folder.mkdir()
    harness.write_notebook(folder / "canvas.ipynb", CELL)
    page.set_default_timeout(120_000)
    harness.open_notebook(page, server.url("canvas/canvas.ipynb"))
    expect.set_options(timeout=120_000)
    harness.run_all(page)
    yield folder
    expect.set_options(timeout=5_000)
    from sagelab.account import process

    process.stop(folder / ".sagelab" / "model_monitor")


@pytest.fixture
def canvas(page, notebook):
    root = harness.panel(page).locator(".sl-canvas")
    root.get_by_label("Target column").wait_for(state="attached")
    return root


def press(page, canvas, name):
    """Press a button by keyboard alone."""
    node = canvas.get_by_role("button", name=name, exact=True)
    expect(node).not_to_have_attribute("aria-disabled", "true")
    node.focus()
    page.keyboard.press("Enter")


def turn_to(page, canvas, name):
    tab = canvas.get_by_role("tab", name=name, exact=True)
    tab.focus()
    page.keyboard.press("Enter")
    expect(tab).to_have_attribute("aria-selected", "true")


def test_the_target_is_chosen_and_its_model_type_is_recognized(page, canvas):
    target = canvas.get_by_label("Target column")

    target.select_option("LIMIT_BAL")
    expect(canvas.get_by_label("Model type")).to_have_value("Regression")
    target.select_option("default")
    expect(canvas.get_by_label("Model type")).to_have_value("BinaryClassification")
    expect(canvas.get_by_role("row", name=re.compile("^ID"))).to_contain_text("it counts the rows")
    expect(canvas.get_by_role("checkbox", name="default")).to_be_disabled()


def test_a_column_is_left_out_and_taken_back_by_keyboard(page, canvas):
    cells = harness.cell_count(page)
    box = canvas.get_by_role("checkbox", name="AGE")

    box.focus()
    page.keyboard.press("Space")
    expect(canvas.get_by_text("the build learns from 4 columns")).to_be_visible()
    expect(canvas.get_by_role("checkbox", name="AGE")).to_be_focused()
    page.keyboard.press("Space")
    expect(canvas.get_by_text("the build learns from 5 columns")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("d")
    page.keyboard.press("d")

    assert harness.cell_count(page) == cells


def test_before_a_build_the_other_pages_say_so(page, canvas):
    turn_to(page, canvas, "Analyze")
    expect(canvas.get_by_text("Nothing to analyze yet")).to_be_visible()
    turn_to(page, canvas, "Predict")
    expect(canvas.get_by_text("Nothing to predict with yet")).to_be_visible()
    assert harness.axe(page, ".sl-canvas") == []
    page.keyboard.press("Home")
    expect(canvas.get_by_role("tab", name="Build")).to_be_focused()


def test_a_preview_estimates_the_score(page, canvas):
    press(page, canvas, "Preview model")

    expect(canvas.get_by_text(re.compile(r"Estimated accuracy 0\.\d+, by 600 rows"))).to_be_visible()
    assert harness.findings(page, ".sl-canvas", "canvas_build") == []


def test_a_quick_build_shows_its_way_and_its_candidates(page, canvas):
    press(page, canvas, "Quick build")

    expect(canvas.get_by_role("status").first).to_contain_text(re.compile("is running"))
    expect(canvas.get_by_role("button", name="Stop the build")).to_be_visible()
    expect(canvas.get_by_role("status").first).to_contain_text("churn-1: Completed", timeout=240_000)
    expect(canvas.get_by_role("row", name=re.compile("^churn-1-t1"))).to_contain_text("xgboost on dpp0")
    assert harness.findings(page, ".sl-canvas", "canvas_built") == []


def test_the_best_candidate_is_analyzed_and_shared(page, canvas):
    turn_to(page, canvas, "Analyze")

    expect(canvas.get_by_text(re.compile(r"^F1 \S+ for default on rows that were held out"))).to_be_visible()
    expect(canvas.get_by_role("list", name="Column impact").get_by_role("listitem")).to_have_count(5)
    expect(canvas.get_by_role("row", name=re.compile("^paid"))).to_be_visible()
    canvas.get_by_label("Model package group").fill("lenders")
    press(page, canvas, "Share")
    expect(
        canvas.get_by_text(re.compile("Registered as .*:model-package/lenders/1, Pending"))
    ).to_be_visible()
    assert harness.findings(page, ".sl-canvas", "canvas_analyze") == []


def test_a_prediction_follows_the_controls_while_an_endpoint_runs(page, canvas):
    turn_to(page, canvas, "Predict")
    press(page, canvas, "Deploy for single predictions")
    answer = canvas.locator(".sl-canvas-answer")
    expect(answer).to_contain_text("%")
    before = answer.inner_text()

    canvas.get_by_role("slider", name="PAY_0").focus()
    page.keyboard.press("End")
    expect(answer).to_contain_text("before you moved anything")
    assert answer.inner_text() != before
    canvas.get_by_label(re.compile("^Row of the table")).fill("2")
    press(page, canvas, "Take this row")
    expect(canvas.get_by_role("slider", name="PAY_0")).to_have_value("-1")
    expect(canvas.get_by_role("slider", name="AGE")).to_have_value("26")
    assert harness.findings(page, ".sl-canvas", "canvas_predict") == []
    press(page, canvas, "Delete the endpoint")
    expect(canvas.get_by_text("Nothing runs.")).to_be_visible()
    assert harness.run_code(page, "print(lab.client('sagemaker').list_endpoints()['Endpoints'])") == "[]"


def test_a_batch_is_predicted_and_stands_in_s3(page, canvas):
    press(page, canvas, "Predict 40 rows")

    expect(canvas.get_by_text("The first 8 rows")).to_be_visible()
    expect(
        canvas.get_by_text(re.compile(r"All 40 rows .* s3://\S+/predictions/rows\.csv\.out"))
    ).to_be_visible()
    assert harness.findings(page, ".sl-canvas", "canvas_batch") == []
    assert harness.run_code(page, "print(len(canvas.model.batch_rows()))") == "40"


def test_what_is_refused_is_said_and_nothing_else_changes(page, canvas):
    turn_to(page, canvas, "Analyze")
    canvas.get_by_label("Model package group").fill("no such / name")
    press(page, canvas, "Share")

    expect(canvas.locator(".sl-note")).not_to_be_empty()
    expect(canvas.get_by_label("Model package group")).to_have_value("no such / name")


def test_the_console_reports_no_error(page, canvas):
    assert page.faults == []


def test_without_a_kernel_it_says_so(page, canvas, server):
    server.stop_kernels()
    canvas.get_by_role("tab", name="Build").click()
    press(page, canvas, "Preview model")

    expect(canvas.get_by_text("The kernel does not answer")).to_be_visible()
