"""The training monitor in JupyterLab, on jobs that really train."""

import pytest
from playwright.sync_api import expect

from sagelab.account import process

from . import harness
from .training_cell import CELL

LONG = 60_000  # milliseconds that a job may take on a busy machine
ONE, BOTH = ".jp-Cell:nth-child(2) .sl-training", ".jp-Cell:nth-child(3) .sl-training"


@pytest.fixture(scope="module")
def monitors(page, server):
    folder = server.root / "training_monitor"
    folder.mkdir()
    harness.write_notebook(folder / "jobs.ipynb", CELL, "monitor", "both")
    page.set_viewport_size({"width": 1440, "height": 1700})
    harness.open_notebook(page, server.url("training_monitor/jobs.ipynb"))
    harness.run_all(page)
    found = harness.panel(page).locator(".sl-training")
    found.nth(1).wait_for()
    yield found
    process.stop(folder / ".sagelab" / "model_monitor")


def test_a_running_job_shows_its_curves_and_is_stopped_by_keyboard(page, monitors):
    monitor, cells = monitors.nth(0), harness.cell_count(page)
    expect(monitor.get_by_role("region", name="The end of the log")).to_contain_text("step=29", timeout=LONG)
    expect(monitor.get_by_role("status")).to_contain_text("▶ in progress · Training")
    expect(monitor.get_by_role("region", name="Tensors of the record")).to_be_visible(timeout=LONG)
    assert harness.findings(page, ONE, "training_running") == []

    monitor.get_by_text("The metrics as a table").press("Enter")
    expect(monitor.get_by_role("row", name="slow validation:mse")).to_contain_text("30")
    slider = monitor.get_by_role("slider", name="Step")
    slider.focus()
    page.keyboard.press("Home")
    assert slider.get_attribute("aria-valuetext") == "step 0"
    expect(monitor).to_contain_text("5 values from")
    page.keyboard.press("x")
    monitor.get_by_role("button", name="Stop the job").press("Enter")
    expect(monitor.get_by_role("status")).to_contain_text("was told to stop")
    expect(monitor.get_by_role("status")).to_contain_text("◼ stopped", timeout=LONG)
    expect(monitor.get_by_role("row", name="Stopping")).to_contain_text("Stopping the training job")
    assert harness.cell_count(page) == cells
    assert page.faults == []


def test_jobs_are_compared_and_the_rule_that_fires_has_awss_name(page, monitors):
    monitor = monitors.nth(1)
    monitor.scroll_into_view_if_needed()
    monitor.get_by_text("The metrics as a table").click()
    expect(monitor.get_by_role("row", name="none train:mse")).to_contain_text("completed", timeout=LONG)
    monitor.get_by_label("validation:mse").press("Space")
    expect(monitor.locator(".sl-line-legend").first).to_contain_text("none · validation:mse")
    monitor.get_by_label("Job", exact=True).select_option("none")

    fired = monitor.get_by_role("row", name="LossNotDecreasing")
    expect(fired).to_contain_text("IssuesFound")
    expect(fired).to_contain_text("step 10, losses/train: 47.2 at step 0, 47.2 now")
    expect(monitor.get_by_role("region", name="The end of the log")).to_contain_text("<b>")
    monitor.get_by_text("The metrics as a table").click()
    assert harness.findings(page, BOTH, "training_compared") == []
    assert page.faults == []
