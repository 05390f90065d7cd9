"""The endpoint console in JupyterLab: real traffic to an A/B test, a serverless and an asynchronous endpoint."""

import re

import pytest
from playwright.sync_api import expect

from sagelab.account import process

from . import harness
from .endpoint_cell import CELL

LONG = 60_000  # milliseconds that something real may take on a busy machine


@pytest.fixture(scope="module")
def notebook(page, server):
    folder = server.root / "endpoint_console"
    folder.mkdir()
    harness.write_notebook(folder / "traffic.ipynb", CELL, "console", "cold", "queue")
    page.set_viewport_size({"width": 1440, "height": 1600})
    harness.open_notebook(page, server.url("endpoint_console/traffic.ipynb"))
    harness.run_all(page)
    consoles = harness.panel(page).locator(".sl-endpoint")
    consoles.nth(2).wait_for()
    yield consoles
    process.stop(folder / ".sagelab" / "model_monitor")


def press(console, name, key="Enter"):
    console.get_by_role("button", name=name, exact=True).press(key)


def test_traffic_is_sent_split_measured_and_stopped_by_keyboard(page, notebook):
    console, cells = notebook.nth(0), harness.cell_count(page)
    console.get_by_label("Calls a second").fill("40")
    press(console, "Send traffic")
    expect(console.get_by_role("status")).to_contain_text("▶ 40 calls a second")
    expect(console).to_contain_text("comes by chance with probability", timeout=LONG)
    page.keyboard.press("x")

    console.get_by_label("Weight of B").focus()
    page.keyboard.press("End")
    press(console, "Set the weights")
    expect(console.locator(".sl-events")).to_contain_text("weight of B from 1 to 10")
    press(console, "Stop")
    expect(console.get_by_role("status")).to_contain_text("◼ No traffic")
    expect(console.get_by_role("row", name="Invocations, sum")).to_contain_text(
        re.compile(r"\d"), timeout=LONG
    )
    expect(console.get_by_role("row", name="p99")).to_contain_text(" ms")

    assert harness.findings(page, '.sl-endpoint[aria-label$="ab"]', "endpoint_split") == []
    assert harness.cell_count(page) == cells
    assert page.faults == []


def test_instances_and_scaling_activities_appear_as_they_happen(page, notebook):
    harness.run_code(page, "scaling.register_scalable_target(**asked, MinCapacity=2, MaxCapacity=2)")
    console = notebook.nth(0)
    press(console, "Move the account's clock by a minute")

    events = console.locator(".sl-events")
    expect(events).to_contain_text("Setting desired instance count to 2.", timeout=LONG)
    expect(events).to_contain_text("the account's clock was moved by 60 s")
    expect(events).to_contain_text("instances of A from 1 to 2", timeout=LONG)
    expect(console.get_by_role("status")).to_contain_text("A: 2 up")


def test_a_cold_start_of_a_serverless_endpoint_and_a_rate_out_of_bounds(page, notebook):
    console = notebook.nth(1)
    press(console, "Send one call")
    expect(console.get_by_role("status")).to_contain_text("AllTraffic answered after")
    expect(console.locator(".sl-events")).to_contain_text(
        "cold start seen in CloudWatch: ModelSetupTime", timeout=LONG
    )
    expect(console).to_contain_text("One variant answers everything.")
    console.get_by_label("Calls a second").fill("9000")
    press(console, "Send traffic")
    expect(console.get_by_role("status")).to_contain_text("The rate must be more than 0 and at most 50")
    assert console.get_by_label("Calls a second").input_value() == "9000"


def test_an_asynchronous_endpoint_shows_its_queue_and_results(page, notebook):
    console = notebook.nth(2)
    press(console, "Send one call")
    press(console, "Send one call")

    expect(console.get_by_role("row", name="GOOD")).to_contain_text("answered", timeout=LONG)
    expect(console.get_by_role("row", name="no such row")).to_contain_text("failed", timeout=LONG)
    expect(console.get_by_role("status")).to_contain_text("in the queue, by CloudWatch", timeout=LONG)
    assert harness.findings(page, '.sl-endpoint[aria-label$="queue"]', "endpoint_async") == []
    assert page.faults == []
