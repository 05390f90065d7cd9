"""The pipeline viewer in JupyterLab, on an account that really runs the pipeline."""

import pytest
from playwright.sync_api import expect

from sagelab.account import process

from . import harness
from .pipeline_cell import CELL

LONG = 60_000  # milliseconds that a job may take on a busy machine


@pytest.fixture(scope="module")
def viewer(page, server):
    folder = server.root / "pipeline_viewer"
    folder.mkdir()
    harness.write_notebook(folder / "churn.ipynb", CELL)
    harness.open_notebook(page, server.url("pipeline_viewer/churn.ipynb"))
    harness.run_all(page)
    root = harness.panel(page).locator(".sl-pipeline")
    step(root, "Evaluate").wait_for()
    yield root
    process.stop(folder / ".sagelab" / "model_monitor")


def step(viewer, name):
    return viewer.locator(f'[data-step="{name}"]')


def run(page, viewer, gate=""):
    """Start an execution by keyboard, and wait until the list shows it."""
    before = viewer.locator("select option").count()
    viewer.get_by_label("Gate (Float)").fill(gate)
    viewer.get_by_role("button", name="Start an execution").press("Enter")
    expect(viewer.locator("select option")).to_have_count(before + 1)


def test_a_whole_execution_by_keyboard_with_a_person_in_the_loop(page, viewer):
    cells = harness.cell_count(page)
    expect(viewer.get_by_role("status")).to_contain_text("This pipeline has not been started yet")
    assert harness.findings(page, ".sl-pipeline", "pipeline_before") == []

    run(page, viewer)
    expect(step(viewer, "AskAPerson")).to_contain_text("Executing", timeout=LONG)
    step(viewer, "Evaluate").focus()
    for key in ("End", "Home", "ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(step(viewer, "AskAPerson")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    detail = viewer.get_by_role("region", name="The chosen step")
    expect(detail).to_contain_text("The step waits for somebody to send this token back")
    expect(detail.get_by_role("region", name="Input")).to_contain_text('"accuracy": 0.91')
    assert harness.findings(page, ".sl-pipeline", "pipeline_waits") == []
    detail.get_by_label("Output decision").fill("ship <it>")
    detail.get_by_role("button", name="It is done").press("Enter")

    expect(viewer.locator(".sl-run-state")).to_contain_text("Succeeded", timeout=LONG)
    expect(detail.locator("dd").last).to_have_text("ship <it>")
    expect(step(viewer, "TooWeak")).to_contain_text("Branch not taken")
    assert harness.cell_count(page) == cells
    assert page.faults == []


def test_a_step_tells_its_input_output_and_log(page, viewer):
    if viewer.locator("select option").count() == 0:
        run(page, viewer)
    expect(step(viewer, "Evaluate")).to_contain_text("Succeeded", timeout=LONG)
    step(viewer, "Evaluate").press("Enter")
    detail = viewer.get_by_role("region", name="The chosen step")

    expect(detail.get_by_role("region", name="Input")).to_contain_text('"NAME": "model-a"')
    expect(detail).to_contain_text("arn:aws:sagemaker:")
    expect(detail.get_by_role("region", name="Report")).to_contain_text('{"accuracy": 0.91}')
    expect(detail.get_by_role("region", name="Log in CloudWatch")).to_contain_text(
        "scoring 200 rows <b>now</b>"
    )
    assert harness.findings(page, ".sl-pipeline", "pipeline_step") == []
    detail.get_by_role("button", name="Close").press("Enter")
    expect(detail).to_be_hidden()
    expect(step(viewer, "Evaluate")).to_be_focused()


def test_a_failure_says_why_and_the_rest_did_not_run(page, viewer):
    run(page, viewer, gate="0.95")

    expect(viewer.locator(".sl-run-state")).to_contain_text("Failed", timeout=LONG)
    expect(step(viewer, "AskAPerson")).to_contain_text("Branch not taken")
    step(viewer, "TooWeak").click()
    detail = viewer.get_by_role("region", name="The chosen step")
    expect(detail).to_contain_text("accuracy below the gate")
    viewer.get_by_text("The steps as a table").click()
    expect(viewer.get_by_role("row", name="TooWeak Fail Failed")).to_be_visible()
    assert harness.findings(page, ".sl-pipeline", "pipeline_failed") == []
    viewer.get_by_role("button", name="Retry").press("Enter")
    expect(viewer.get_by_role("status")).to_contain_text("Tried again")


def test_what_the_account_refuses_is_one_sentence_and_nothing_typed_is_lost(page, viewer):
    viewer.get_by_label("Gate (Float)").fill("high")
    viewer.get_by_role("button", name="Start an execution").press("Enter")

    expect(viewer.locator(".sl-note")).to_contain_text("Gate")
    assert viewer.get_by_label("Gate (Float)").input_value() == "high"
    assert page.faults == []


def test_with_no_kernel_it_says_so(page, server, viewer):
    server.stop_kernels()
    viewer.get_by_role("button", name="Look again").press("Enter")

    expect(viewer.get_by_role("status")).to_contain_text("The kernel does not answer", timeout=LONG)
