"""The wrangler in JupyterLab on the lender's clients, with an account behind it."""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from . import harness

CELLS = (
    """
import sagelab
from sagelab_widgets import Wrangler
lab = sagelab.lab("model_monitor")
clients = lab.table("credit_clients")
regions = lab.put("regions.csv", "SEX,region\\n0,north\\n1,<b>south</b>\\n")
w = Wrangler(clients, lab, target="default", name="credit clients")
w
""",
)
FOLDER = "wrangler"
SLOW = 60_000  # milliseconds: models and jobs on a busy machine


@pytest.fixture(scope="module")
def notebook(page, server):
    folder = server.root / FOLDER
    folder.mkdir()
    harness.write_notebook(folder / "wrangle.ipynb", *CELLS)
    harness.open_notebook(page, server.url(f"{FOLDER}/wrangle.ipynb"))
    page.set_viewport_size({"width": 1280, "height": 3000})
    harness.run_all(page)
    yield folder
    from sagelab.account import process

    process.stop(folder / ".sagelab" / "model_monitor")


@pytest.fixture
def wrangler(page, notebook):
    root = harness.panel(page).locator(".sl-wrangler")
    root.locator(".sl-node").first.wait_for()
    return root


@pytest.fixture
def status(wrangler):
    return wrangler.get_by_role("status")


def tab(wrangler, name):
    wrangler.get_by_role("tab", name=name).click()


def test_a_flow_grows_by_keyboard_alone(page, wrangler, status):
    cells = harness.cell_count(page)
    wrangler.locator("[data-node=source_1]").focus()
    page.keyboard.press("x")
    page.keyboard.press("d")
    page.keyboard.press("d")
    wrangler.get_by_role("tab", name="Rows").focus()
    page.keyboard.press("ArrowRight")
    expect(wrangler.get_by_role("tab", name="Add a step")).to_be_focused()
    page.keyboard.press("Tab")
    expect(wrangler.get_by_label("Group", exact=True)).to_be_focused()
    wrangler.get_by_label("Transform", exact=True).press("d")  # Drop column
    wrangler.get_by_label("ID", exact=True).press("Space")
    wrangler.get_by_role("button", name="Add step").press("Enter")
    expect(status).to_have_text("Step added.")
    expect(wrangler.locator("[data-node=step_1]")).to_be_focused()
    expect(wrangler.get_by_role("columnheader", name="LIMIT_BAL")).to_be_visible()
    expect(wrangler.get_by_role("columnheader", name="ID", exact=True)).to_have_count(0)

    assert harness.cell_count(page) == cells
    assert harness.findings(page, ".sl-wrangler", "wrangler_rows") == []
    assert page.faults == []


def test_a_step_that_does_not_work_says_why_and_keeps_what_was_typed(page, wrangler, status):
    tab(wrangler, "Add a step")
    wrangler.get_by_label("Group", exact=True).select_option("Custom formula")
    wrangler.get_by_label("Formula", exact=True).fill("__import__('os')")
    wrangler.get_by_label("Output column").fill("used")
    wrangler.get_by_role("button", name="Add step").click()

    expect(status).to_contain_text("A formula holds columns, numbers, comparisons and simple functions only.")
    assert harness.findings(page, ".sl-wrangler", "wrangler_refused") == []
    wrangler.get_by_label("Formula", exact=True).fill("BILL_AMT1 / LIMIT_BAL")
    expect(wrangler.get_by_label("Output column")).to_have_value("used")
    wrangler.get_by_role("button", name="Add step").click()
    expect(wrangler.locator("[data-node=step_2]")).to_be_focused()


def test_the_target_leak_that_a_lesson_plants_is_found(page, wrangler, status):
    tab(wrangler, "Add a step")
    wrangler.get_by_label("Group", exact=True).select_option("Custom formula")
    wrangler.get_by_label("Formula", exact=True).fill("default * 700 + SEX")
    wrangler.get_by_label("Output column").fill("collected")
    wrangler.get_by_role("button", name="Add step").click()
    expect(wrangler.locator("[data-node=step_3]")).to_be_focused()
    tab(wrangler, "Quality report")
    expect(wrangler.get_by_label("Target column")).to_have_value("default")
    wrangler.get_by_role("button", name="Make the report").click()
    expect(status).to_have_text("The report is ready.", timeout=SLOW)

    expect(wrangler.locator("[data-severity=high]")).to_contain_text("High: Target leakage collected")
    expect(wrangler.get_by_role("row", name="PAY_0 numeric")).to_be_visible()
    assert harness.findings(page, ".sl-wrangler", "wrangler_report") == []


def test_a_deleted_step_comes_back(page, wrangler, status):
    wrangler.get_by_role("button", name="Delete step").click()
    expect(status).to_have_text("Step deleted. Undo brings it back.")
    expect(wrangler.locator("[data-node=step_2]")).to_be_focused()
    wrangler.get_by_role("button", name="Undo").press("Enter")
    expect(wrangler.locator("[data-node=step_3]")).to_be_visible()
    expect(wrangler.get_by_role("button", name="Undo")).to_be_focused()
    wrangler.get_by_role("button", name="Redo").press("Enter")
    expect(wrangler.locator("[data-node=step_3]")).to_have_count(0)


def test_an_edit_that_breaks_a_later_step_is_shown_where_it_breaks(page, wrangler, status):
    wrangler.locator("[data-node=step_1]").click()
    wrangler.get_by_role("button", name="Edit step").click()
    expect(wrangler.get_by_label("ID", exact=True)).to_be_checked()
    wrangler.get_by_label("LIMIT_BAL", exact=True).check()
    wrangler.get_by_role("button", name="Save changes").click()
    expect(status).to_have_text("Step changed.")

    wrangler.locator("[data-node=step_2]").click()
    expect(wrangler).to_contain_text("name 'LIMIT_BAL' is not defined")
    expect(wrangler.locator("[data-node=step_2]")).to_contain_text("does not work")
    assert harness.findings(page, ".sl-wrangler", "wrangler_broken") == []
    wrangler.get_by_role("button", name="Undo").click()
    expect(wrangler.locator("[data-node=step_2]")).not_to_contain_text("does not work")


def test_a_second_table_from_s3_is_joined_and_stays_text(page, wrangler, status):
    wrangler.get_by_text("Import a table or open a flow").click()
    wrangler.get_by_label("CSV or Parquet file in S3").fill("s3://nobody/table.csv")
    wrangler.get_by_role("button", name="Import table").click()
    expect(status).to_contain_text("s3://nobody/table.csv cannot be read")
    uri = harness.run_code(page, "print(regions)")
    wrangler.get_by_label("CSV or Parquet file in S3").fill(uri)
    wrangler.get_by_role("button", name="Import table").click()
    expect(wrangler.locator("[data-node=source_2]")).to_be_focused()
    wrangler.locator("[data-node=step_2]").click()
    expect(wrangler.get_by_role("heading", name="Custom formula")).to_be_visible()
    tab(wrangler, "Add a step")
    wrangler.get_by_label("Group", exact=True).select_option("Combine tables")
    wrangler.get_by_label("Transform", exact=True).select_option("Join")
    wrangler.get_by_label("Second table").select_option("source_2")
    wrangler.get_by_label("Left column").select_option("SEX")
    wrangler.get_by_label("Right column").fill("SEX")
    wrangler.get_by_role("button", name="Add step").click()
    expect(status).to_have_text("Step added.")
    wrangler.get_by_text("Import a table or open a flow").click()
    for _ in range(6):
        wrangler.get_by_role("button", name="Columns to the right").click()
    expect(
        wrangler.get_by_title("<b>south</b>").or_(wrangler.get_by_text("<b>south</b>")).first
    ).to_be_visible()

    assert harness.findings(page, ".sl-wrangler", "wrangler_join") == []


def test_the_quick_model_says_how_well_it_does(page, wrangler, status):
    tab(wrangler, "Quick model")
    wrangler.get_by_role("button", name="Train a quick model").click()
    expect(status).to_have_text("The quick model is ready.", timeout=SLOW)

    shown = harness.run_code(page, "print(f\"{w.model['scores']['AUC']:.3f}\")")
    expect(wrangler.get_by_role("row", name=f"AUC {shown} 0.500")).to_be_visible()
    assert harness.findings(page, ".sl-wrangler", "wrangler_model") == []


def test_the_saved_script_and_the_job_make_the_table_of_the_flow(page, wrangler, status, notebook):
    tab(wrangler, "Export")
    wrangler.get_by_role("radio", name="Python script").check()
    expect(wrangler.get_by_label("Text of the export: Python script")).to_be_visible()
    assert harness.findings(page, ".sl-wrangler", "wrangler_export") == []
    wrangler.get_by_role("button", name="Save beside the notebook").click()
    expect(status).to_have_text("Saved: credit_clients.py, credit_clients.csv, regions.csv", timeout=SLOW)
    words = [sys.executable, "credit_clients.py", "--output", "made.csv"]
    subprocess.run(words, cwd=notebook, check=True, capture_output=True)
    harness.run_code(page, "w.table().to_csv('expected.csv', index=False)")
    assert (notebook / "made.csv").read_bytes() == (notebook / "expected.csv").read_bytes()

    wrangler.get_by_role("radio", name="Processing job").check()
    wrangler.get_by_role("button", name="Run as a processing job").click()
    expect(wrangler.locator(".sl-job")).to_contain_text("has ended. Its table: s3://", timeout=SLOW)
    output = harness.run_code(
        page, "import hashlib; print(lab.get(w.job['output']) == open('expected.csv','rb').read())"
    )
    assert output == "True"
    assert page.faults == []


def test_a_flow_file_opens_again_and_its_code_waits_to_be_trusted(page, wrangler, status, notebook):
    tab(wrangler, "Export")
    wrangler.get_by_label("Flow file", exact=True).check()
    wrangler.get_by_role("button", name="Save beside the notebook").click()
    expect(status).to_have_text("Saved: credit_clients.flow")
    flow = json.loads((notebook / "credit_clients.flow").read_text())
    code = {"code": "open('was_here', 'w'); df = df.head(3)"}
    step = {
        "node_id": "x",
        "type": "TRANSFORM",
        "operator": "sagemaker.spark.custom_pandas_0.1",
        "parameters": code,
    }
    last = {"name": "df", "node_id": flow["nodes"][-1]["node_id"], "output_name": "default"}
    flow["nodes"].append({**step, "inputs": [last], "outputs": [{"name": "default"}]})
    (notebook / "hostile.flow").write_text(json.dumps(flow))
    wrangler.get_by_text("Import a table or open a flow").click()
    wrangler.get_by_label("Flow file (replaces this flow)").set_input_files(notebook / "hostile.flow")

    expect(status).to_contain_text(
        re.compile(r"^Flow opened\. Step \d+ \(Custom transform \(pandas\)\) holds code from the file")
    )
    assert not (notebook / "was_here").exists()
    assert harness.findings(page, ".sl-wrangler", "wrangler_untrusted") == []
    wrangler.get_by_role("button", name="I have read the code").click()
    expect(status).to_have_text("The code runs now.")
    expect(wrangler.get_by_text("3 rows and")).to_be_visible()
    assert page.faults == []


def test_without_a_kernel_it_says_so(page, wrangler, server):
    server.stop_kernels()
    wrangler.locator("[data-node=source_1]").click()

    expect(wrangler).to_contain_text("The kernel does not answer", timeout=SLOW)
    assert harness.findings(page, ".sl-wrangler", "wrangler_silent") == []
