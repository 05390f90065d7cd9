"""The bias report in JupyterLab: the numbers of AWS's own library, and a report after a mitigation."""

import pytest
from playwright.sync_api import expect

from . import harness

CELL = """
import pandas as pd
from sagelab_widgets import BiasReport
def metrics(**values):
    return [{"name": name, "description": name, "value": value} for name, value in values.items()]
def analysis(pre, post, age):
    about = {"label": "paid", "label_value_or_threshold": "1"}
    def facets(sex, old):
        return {"SEX": [{"value_or_threshold": "0", "metrics": sex}],
                "AGE": [{"value_or_threshold": "(45.0, 81.0]", "metrics": old}]}
    return {"version": "1.0", "pre_training_bias_metrics": {**about, "facets": facets(pre, age)},
            "post_training_bias_metrics": {**about, "facets": facets(post, [])}}
PRE = metrics(CI=.2, DPL=.35, KL=.27384, JS=.06418, LP=.49497, TVD=.35, KS=.35, CDDL=.33816)
POST = dict(DPPL=.466667, DI=.3, DCA=-.35, DCR=-.2625, SD=.1666667, RD=.2, DAR=-.1, DRR=-.0625, AD=-.0166667,
            TE="Infinity", CDDPL=.44872, GE=.028643)
MENDED = POST | dict(DPPL=.05, DI=.91, RD=.02, TE=.4)
del MENDED["CDDPL"]
AGE = metrics(CI=.4, DPL=.02)
def people(sex, *cells):
    return [{"SEX": sex, "paid": y, "said": hat} for (y, hat), n in zip([(1, 1), (1, 0), (0, 1), (0, 0)], cells)
            for _ in range(n)]
"""
PLAIN = "report = BiasReport(analysis(PRE, metrics(**POST), AGE))\nreport"
COMPARED = """compared = BiasReport(
    analysis(PRE, metrics(**POST), AGE), after=analysis(PRE, metrics(**MENDED), AGE), names=["as built", "reweighed"])
compared"""
COUNTED = """about = {"label": "paid", "label_value_or_threshold": "1"}
labels = {"pre_training_bias_metrics": {**about, "facets": {"SEX": [{"value_or_threshold": "0",
          "metrics": metrics(CI=1 / 3, DPL=0.1)}]}}}
BiasReport(labels, table=pd.DataFrame(people(1, 50, 10, 10, 30) + people(0, 15, 10, 5, 20)))"""


@pytest.fixture(scope="module")
def notebook(page, server):
    harness.write_notebook(server.root / "bias.ipynb", CELL, PLAIN, COMPARED, COUNTED)
    harness.open_notebook(page, server.url("bias.ipynb"))


@pytest.fixture
def reports(page, notebook):
    harness.run_all(page)
    roots = harness.panel(page).locator(".sl-bias")
    roots.nth(2).locator("svg").wait_for()
    return roots


@pytest.fixture
def report(reports):
    return reports.first


def picked(report, name):
    return report.get_by_label(name, exact=True)


def test_it_says_how_many_metrics_are_outside_and_against_whom(report):
    status = report.get_by_role("status")

    expect(status).to_contain_text("15 of 20 metrics are outside your tolerance of 0.10.")
    expect(status).to_contain_text("Against group d: CI, DPL, CDDL, DPPL, DI, DCA, DCR, SD, RD, TE, CDDPL.")
    expect(report).to_contain_text("Group d: SEX = 0. Group a: everybody else. Good outcome: paid = 1.")


def test_group_stage_tolerance_and_metric_move_by_keyboard(page, report):
    status, cells = report.get_by_role("status"), harness.cell_count(page)

    picked(report, "All").press("ArrowRight")
    expect(status).to_contain_text("7 of 8 metrics are outside")
    picked(report, "Before training").press("ArrowRight")
    expect(picked(report, "After training")).to_be_checked()
    picked(report, "Tolerance").press("End")
    expect(status).to_contain_text(
        "2 of 12 metrics are outside your tolerance of 0.50.Against group d: DI, TE."
    )
    picked(report, "Explain").press("d")
    expect(report.get_by_text("1 is fair; within your tolerance: 0.50 to 2.00")).to_be_visible()
    picked(report, "Explain").press("ArrowUp")
    expect(report.get_by_text("How much more often does the model give group a")).to_be_visible()
    picked(report, "Group d").press("ArrowDown")
    expect(status).to_contain_text("All of the 2 metrics are within your tolerance of 0.50.")
    picked(report, "Tolerance").press("x")
    picked(report, "Tolerance").press("d")
    picked(report, "Tolerance").press("d")

    assert harness.cell_count(page) == cells
    assert page.faults == []


def test_a_row_of_the_chart_explains_its_metric(report):
    report.locator(".sl-row").filter(has_text="TE").click()

    expect(report.locator(".sl-metric")).to_contain_text("Errors hurt group d more")
    expect(report.locator(".sl-value")).to_have_text("∞")
    expect(report.locator(".sl-metric")).to_contain_text("The report holds no counts.")


def test_a_second_report_shows_what_moved(reports):
    compared = reports.nth(1)

    expect(compared.get_by_role("status")).to_contain_text(
        "From as built to reweighed: 4 closer to fair, 0 farther."
    )
    picked(compared, "Explain").select_option("CDDPL")
    expect(compared.locator(".sl-side").nth(1)).to_have_text("not in this report")


def test_with_its_table_a_formula_shows_its_counts(reports):
    counted = reports.nth(2)
    picked(counted, "Explain").select_option("DPL")

    expect(counted.get_by_text("60/100 - 25/50 = 0.100")).to_be_visible()


def test_a_cell_moves_the_report_and_the_report_moves_the_cell(page, report):
    harness.run_code(page, "report.tolerance = 0.3")
    expect(report.get_by_role("status")).to_contain_text("of 20 metrics are outside your tolerance of 0.30.")
    picked(report, "Explain").select_option("RD")

    assert harness.run_code(page, "print(report.metric)") == "RD"


def test_nothing_is_found_by_axe_and_nothing_is_cut_off_in_any_state(page, reports):
    page.set_viewport_size({"width": 1440, "height": 2000})
    plain, compared, counted = (reports.nth(i) for i in range(3))
    for name, root in (("plain", plain), ("compared", compared), ("counted", counted)):
        root.evaluate("(root, name) => root.classList.add('sl-t-' + name)", name)
        root.get_by_text("The numbers as tables").click()
    picked(counted, "Explain").select_option("DPL")
    picked(compared, "Explain").select_option("DPPL")
    found = [
        line
        for name in ("plain", "compared", "counted")
        for line in harness.findings(page, f".sl-t-{name}", f"bias_{name}")
    ]
    page.set_viewport_size({"width": 1280, "height": 1000})

    assert found == []
