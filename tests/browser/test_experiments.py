"""The experiments table in JupyterLab: filter, sort, ranges, a comparison and a record, by keyboard."""

import pytest
from playwright.sync_api import expect

from . import harness, lab_cells

CELL = """
import sagelab
from datetime import datetime, timedelta, timezone
from sagelab_widgets import ExperimentsTable
lab = sagelab.lab("model_monitor")
sm, metrics = lab.client("sagemaker"), lab.client("sagemaker-metrics")
sm.create_experiment(ExperimentName="credit")
sm.create_trial(TrialName="trees", ExperimentName="credit")
began = lab.clock.now() - timedelta(hours=2)
for number in range(12):
    depth, rate, kind = 2 + number % 4, [0.05, 0.1, 0.3][number % 3], ["gini", "entropy"][number % 2]
    name = f"run-{number:02d}"
    sm.create_trial_component(
        TrialComponentName=name, StartTime=began, EndTime=began + timedelta(seconds=40 + number),
        Status={"PrimaryStatus": "Failed" if number == 7 else "Completed"},
        Parameters={"depth": {"NumberValue": depth}, "rate": {"NumberValue": rate}, "criterion": {"StringValue": kind}},
        InputArtifacts={"train": {"MediaType": "text/csv", "Value": "s3://lab/train.csv"}},
    )
    sm.associate_trial_component(TrialComponentName=name, TrialName="trees")
    if number != 7:
        auc = {"MetricName": "auc", "Step": 0, "Timestamp": began, "Value": 0.70 + depth / 50 - rate / 20}
        loss = {"MetricName": "loss", "Step": 0, "Timestamp": began, "Value": 0.5 - depth / 40 + rate / 10}
        metrics.batch_put_metrics(TrialComponentName=name, MetricData=[auc, loss])
table = ExperimentsTable(lab, "credit")
table
"""


@pytest.fixture(scope="module")
def folder(server):
    made = server.root / "experiments"
    made.mkdir()
    yield made
    lab_cells.stop(made)


@pytest.fixture(scope="module")
def table(page, server, folder):
    harness.write_notebook(folder / "experiments.ipynb", CELL)
    harness.open_notebook(page, server.url("experiments/experiments.ipynb"))
    page.set_viewport_size({"width": 1440, "height": 2400})
    harness.run_all(page)
    root = harness.panel(page).locator(".sl-experiments")
    root.locator("svg").nth(1).wait_for()
    yield root
    page.set_viewport_size({"width": 1280, "height": 1000})


@pytest.fixture(autouse=True)
def fresh(page, table):
    """Each test begins with all runs."""
    again = "table.filter, table.ranges, table.picked, table.selected = '', {}, [], ''"
    harness.run_code(page, f"{again}; table.sort, table.descending = 'started', True")
    expect(table.get_by_role("status")).to_contain_text("12 of 12 runs are shown.")


def test_a_filter_is_typed_and_a_wrong_one_is_explained_and_kept(page, table):
    cells, status = harness.cell_count(page), table.get_by_role("status")
    expect(status).to_contain_text("12 of 12 runs are shown.")
    assert harness.findings(page, ".sl-experiments", "experiments_all") == []
    filter_ = table.get_by_label("Filter", exact=True)
    filter_.press_sequentially("auc > 0.77 gini")
    expect(status).to_contain_text("2 of 12 runs are shown.")
    filter_.fill("acu > 0.77")
    expect(status).to_contain_text("There is no column acu; did you mean auc?")
    expect(filter_).to_have_value("acu > 0.77")
    filter_.fill("status = Failed")
    expect(status).to_contain_text("1 of 12 runs are shown.")
    filter_.fill("")
    expect(status).to_contain_text("12 of 12 runs are shown.")
    page.keyboard.press("x")
    filter_.fill("")

    assert harness.cell_count(page) == cells


def test_a_head_sorts_by_its_column_and_says_so(page, table):
    head = table.get_by_role("columnheader", name="auc")
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(table.locator(".sl-runs tbody th").first).to_have_text("run-03")
    expect(table.locator(".sl-runs tbody th").last).to_have_text("run-07")
    expect(head.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")

    expect(table.locator(".sl-runs tbody th").last).to_have_text("run-07")


def test_a_range_moves_by_keys_and_narrows_the_table(page, table):
    lowest = table.get_by_label("depth, lowest")
    lowest.press("ArrowRight")
    lowest.press("ArrowRight")
    expect(table.get_by_role("status")).to_contain_text("6 of 12 runs are shown.")
    assert lowest.get_attribute("aria-valuetext") == "4"
    expect(table.locator("path.sl-outside")).to_have_count(6)
    assert harness.run_code(page, "print(sorted(set(table.frame()['params.depth'])))") == "[4, 5]"
    assert harness.findings(page, ".sl-experiments", "experiments_range") == []


def test_runs_are_compared_and_one_opens_its_record(page, table):
    for name in ("run-00", "run-01"):
        table.get_by_label(f"Compare {name}", exact=True).press("Space")
    expect(table.locator(".sl-compared")).to_contain_text("values differ")
    opener = table.get_by_role("button", name="run-02", exact=True)
    opener.press("Enter")
    record = table.get_by_role("region", name="Record of run-02")
    expect(record).to_contain_text("s3://lab/train.csv")
    expect(record).to_contain_text(
        "Not written down by its tracker, so not to be reproduced from here: Script, Versions."
    )
    expect(opener).to_be_focused()
    assert harness.run_code(page, "print(table.selected.rpartition('/')[2], len(table.picked))") == "run-02 2"
    assert harness.findings(page, ".sl-experiments", "experiments_record") == []
    assert page.faults == []
