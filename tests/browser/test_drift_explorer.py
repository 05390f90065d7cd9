"""The drift explorer in JupyterLab on the lender's six months."""

import pytest
from playwright.sync_api import expect

from . import harness

CELL = """
import pandas as pd
from importlib.resources import files
from sagelab_widgets import DriftExplorer
clients = pd.read_csv(files("sagelab") / "data" / "credit_clients.csv.gz")
def month(number):
    bill = number or 1
    names = {f"PAY_{number}": "repayment", f"BILL_AMT{bill}": "bill", f"PAY_AMT{bill}": "payment"}
    return clients[list(names)].rename(columns=names)
live = {"May": month(5), "June": month(4), "July": month(3), "August": month(2), "September": month(0)}
explorer = DriftExplorer(month(6), live, baseline_name="April", units={"bill": "NT$", "payment": "NT$"})
explorer
"""


@pytest.fixture(scope="module")
def notebook(page, server):
    harness.write_notebook(server.root / "drift.ipynb", CELL)
    harness.open_notebook(page, server.url("drift.ipynb"))


@pytest.fixture
def explorer(page, notebook):
    harness.run_all(page)
    root = harness.panel(page).locator(".sl-drift")
    root.locator("svg").nth(1).wait_for()
    return root


def picked(explorer, name):
    return explorer.get_by_label(name, exact=True)


def test_september_is_said_in_words(explorer):
    status = explorer.get_by_role("status")

    expect(status).to_contain_text("September: PSI 0.93, above your threshold 0.20.")
    expect(status).to_contain_text('Biggest change: "1" rose from 0.0 % to 12.3 % of the rows.')


def test_month_threshold_and_statistic_move_by_keyboard(page, explorer):
    status = explorer.get_by_role("status")
    cells = harness.cell_count(page)

    picked(explorer, "Month").press("ArrowLeft")
    expect(status).to_contain_text("August: PSI 0.031, below your threshold 0.20.")
    assert picked(explorer, "Month").get_attribute("aria-valuetext") == "August"
    picked(explorer, "Threshold").press("Home")
    picked(explorer, "Threshold").press("ArrowRight")
    expect(status).to_contain_text("above your threshold 0.02.")
    picked(explorer, "Feature").press("b")
    expect(status).to_contain_text("August: PSI 0.044")
    picked(explorer, "PSI").press("ArrowRight")
    expect(picked(explorer, "KS")).to_be_checked()
    expect(status).to_contain_text("August: KS 0.083, below your threshold 0.10.")
    expect(status).to_contain_text("With 30,000 rows even a small shift is significant")
    picked(explorer, "Month").press("x")

    assert harness.cell_count(page) == cells
    assert page.faults == []


def test_ks_is_off_for_categories_and_the_reason_is_told(explorer):
    expect(picked(explorer, "KS")).to_be_disabled()
    expect(explorer.get_by_title("KS needs numbers; these are categories")).to_be_visible()
    picked(explorer, "Feature").select_option("bill")
    picked(explorer, "KS").check()
    picked(explorer, "Feature").select_option("repayment")
    expect(picked(explorer, "PSI")).to_be_checked()


def test_a_point_of_the_line_picks_its_month(explorer):
    explorer.locator(".sl-point").nth(2).click()

    expect(explorer.get_by_role("status")).to_contain_text("July: PSI 0.018")


def test_the_numbers_are_also_there_as_tables(explorer):
    explorer.get_by_text("The numbers as tables").click()
    row = explorer.get_by_role("row", name="1 0.0 % 12.3 %")

    expect(row).to_be_visible()
    expect(explorer.get_by_role("row", name="September 30,000 0.926")).to_be_visible()


def test_a_cell_moves_the_explorer_and_the_explorer_moves_the_cell(page, explorer):
    harness.run_code(
        page, "explorer.feature = 'payment'; explorer.thresholds = {**explorer.thresholds, 'psi': 0.5}"
    )
    expect(explorer.get_by_role("status")).to_contain_text("September: PSI 0.18, below your threshold 0.50.")
    picked(explorer, "Month").press("Home")

    assert harness.run_code(page, "print(explorer.month)") == "May"


def test_it_goes_on_without_a_kernel(page, server, notebook):
    harness.write_notebook(server.root / "drift_lonely.ipynb", CELL)
    harness.open_notebook(page, server.url("drift_lonely.ipynb"))
    harness.run_all(page)
    explorer = harness.panel(page).locator(".sl-drift")
    explorer.wait_for()
    server.stop_kernels()
    picked(explorer, "Month").press("ArrowLeft")
    picked(explorer, "Feature").select_option("bill")

    expect(explorer.get_by_role("status")).to_contain_text("August: PSI 0.044")
    harness.open_notebook(page, server.url("drift.ipynb"))


@pytest.mark.parametrize("theme", [harness.LIGHT, harness.DARK])
def test_axe_finds_nothing_in_any_feature_or_statistic(page, explorer, theme):
    harness.set_theme(page, theme)
    shade = theme.split()[1].lower()
    page.set_viewport_size({"width": 1440, "height": 1500})
    harness.screenshot(explorer, f"drift_repayment_{shade}")
    findings = harness.axe(page, ".sl-drift")
    explorer.get_by_text("The numbers as tables").click()
    picked(explorer, "Feature").select_option("bill")
    for statistic in ("PSI", "KS", "Chi-squared"):
        picked(explorer, statistic).check()
        findings += harness.axe(page, ".sl-drift")
        harness.screenshot(explorer, f"drift_bill_{statistic}_{shade}")

    assert findings == []


def test_at_200_percent_zoom_nothing_is_cut_off(page, explorer):
    page.set_viewport_size({"width": 640, "height": 1900})
    try:
        explorer.locator("svg[width]").first.wait_for()
        page.wait_for_function(
            "root => [...root.querySelectorAll('svg')].every(s => s.clientWidth <= root.clientWidth)",
            arg=explorer.element_handle(),
        )
        harness.screenshot(explorer, "drift_zoom_200")
        assert harness.cut_off(explorer) == []
    finally:
        page.set_viewport_size({"width": 1280, "height": 1000})
