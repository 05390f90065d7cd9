"""The resource explorer in JupyterLab: prices typed, an endpoint deleted, a refusal read, all by keyboard."""

import json

import pytest
from playwright.sync_api import expect

from . import harness, lab_cells

CELL = """
from sagelab_widgets import ResourceExplorer
serve(model("churn"))
lab.put("data.csv", "1,2\\n" * 1000)
sm.create_notebook_instance(NotebookInstanceName="study", InstanceType="ml.t3.medium", RoleArn=lab.role,
                            VolumeSizeInGB=8)
lab.wait_for(lambda: sm.describe_notebook_instance(NotebookInstanceName="study"),
             lambda told: told["NotebookInstanceStatus"] == "InService")
lab.clock.step(hours=30)
explorer = ResourceExplorer(lab)
explorer
"""


@pytest.fixture(scope="module")
def folder(server):
    made = server.root / "resources"
    made.mkdir()
    yield made
    lab_cells.stop(made)


@pytest.fixture(scope="module")
def explorer(page, server, folder):
    harness.write_notebook(folder / "explorer.ipynb", lab_cells.SERVE, CELL)
    harness.open_notebook(page, server.url("resources/explorer.ipynb"))
    page.set_default_timeout(60_000)
    page.set_viewport_size({"width": 1440, "height": 2600})
    harness.run_all(page)
    root = harness.panel(page).locator(".sl-resources")
    root.wait_for()
    yield root
    page.set_viewport_size({"width": 1280, "height": 1000})


def row(explorer, name):
    return explorer.locator(f'tr[data-name="{name}"]')


def view(explorer, label):
    explorer.get_by_label("Show", exact=True).select_option(label=label)


def test_prices_are_typed_and_what_is_idle_is_reviewed_and_goes(page, explorer, folder):
    cells = harness.cell_count(page)
    sums = explorer.get_by_role("status")
    expect(sums).to_contain_text("Left out, for want of a price: Hosting: ml.m5.large")
    field = explorer.get_by_label("Price of Hosting: ml.m5.large, per instance hour")
    field.focus()
    page.keyboard.type("0,2x")
    page.keyboard.press("Enter")
    expect(sums).to_contain_text("'0,2x' is no price; write a number such as 0.115, with a point.")
    expect(field).to_have_value("0,2x")
    assert harness.findings(page, ".sl-resources", "resources_refused_price") == []
    field.fill("0.2")
    field.press("Enter")
    expect(sums).to_contain_text("0.20an hour, at your prices")
    expect(sums).to_contain_text("146.00a month of 730 hours")
    expect(row(explorer, "churn").first).to_contain_text("0.20")
    page.keyboard.press("x")

    assert json.loads((folder / "prices.json").read_text("utf-8")) == {"Hosting: ml.m5.large": "0.2"}
    assert harness.cell_count(page) == cells
    review_what_is_idle(page, explorer)


def review_what_is_idle(page, explorer):
    """The endpoint is idle; it is looked at, left, looked at again and deleted."""
    view(explorer, "What is idle")
    expect(explorer.locator("tr[data-name]")).to_have_count(1)
    expect(row(explorer, "churn")).to_contain_text("Idle. No invocation since")
    explorer.get_by_role("button", name="Delete the one that is idle").press("Enter")
    confirm = explorer.get_by_role("region", name="This cannot be undone")
    expect(confirm).to_contain_text("DeleteEndpoint(EndpointName=churn)")
    expect(confirm).to_contain_text("Its configuration and its models stay")
    expect(confirm.get_by_role("button", name="Leave it")).to_be_focused()
    assert harness.findings(page, ".sl-resources", "resources_confirm") == []
    page.keyboard.press("Escape")
    expect(confirm).to_have_count(0)
    expect(explorer.get_by_role("button", name="Delete the one that is idle")).to_be_focused()
    page.keyboard.press("Enter")
    expect(confirm.get_by_role("button", name="Leave it")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")

    expect(explorer.get_by_role("status")).to_contain_text("Done: DeleteEndpoint(EndpointName=churn)")
    expect(row(explorer, "churn")).to_have_count(0)
    view(explorer, "Everything")
    names = "print([e['EndpointName'] for e in sm.list_endpoints()['Endpoints']], [c['EndpointConfigName'] "
    names += "for c in sm.list_endpoint_configs()['EndpointConfigs']])"
    harness.wait_until(page, lambda: harness.run_code(page, names) == "[] ['churn']")


def test_a_refusal_is_told_in_aws_words(page, explorer):
    view(explorer, "What costs while it stands")
    bucket = explorer.locator("tr[data-name]").filter(has_text="S3 storage").first
    bucket.get_by_role("button", name="Delete").press("Enter")
    confirm = explorer.get_by_role("region", name="This cannot be undone")
    expect(confirm).to_contain_text("S3 deletes empty buckets only")
    confirm.get_by_role("button", name="Do it").press("Enter")

    expect(explorer.get_by_role("status")).to_contain_text("BucketNotEmpty: The bucket you tried to")
    assert harness.findings(page, ".sl-resources", "resources_refused") == []


def test_a_notebook_is_stopped_first_and_what_moves_is_followed(page, explorer):
    view(explorer, "Everything")
    notebook = row(explorer, "study")
    notebook.get_by_role("button", name="Stop study").press("Enter")
    explorer.get_by_role("button", name="Do it").press("Enter")

    expect(notebook).to_contain_text("Stopped")
    expect(notebook.get_by_role("button", name="Delete study")).to_be_visible()
    assert page.faults == []
