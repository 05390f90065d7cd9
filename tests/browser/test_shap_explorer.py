"""The SHAP explorer in JupyterLab, on a linear model of the lender's clients (SHAP values worked out by hand)."""

import statistics

import pytest
from playwright.sync_api import expect

from . import harness

CELL = """
import pandas as pd
from importlib.resources import files
from sagelab_widgets import ShapExplorer
clients = pd.read_csv(files("sagelab") / "data" / "credit_clients.csv.gz").set_index("ID").head({clients})
weights = {{"PAY_0": 0.09, "PAY_2": 0.03, "PAY_3": 0.02, "LIMIT_BAL": -3e-7, "AGE": 0.001, "BILL_AMT1": -2e-7,
    "PAY_AMT1": -1e-6, "PAY_AMT2": -8e-7, "EDUCATION": -0.01, "MARRIAGE": -0.02, "SEX": -0.02, "PAY_4": 0.002}}
table = clients[list(weights)]
values = (table - table.mean()) * pd.Series(weights)
shown = table.rename(columns={{"PAY_0": "repayment", "LIMIT_BAL": "credit limit", "BILL_AMT1": "bill"}})
shown["EDUCATION"] = shown["EDUCATION"].map({{1: "graduate", 2: "university", 3: "high school"}})
explorer = ShapExplorer(shown, values.to_numpy(), 0.221, "probability of default", units={{"credit limit": "NT$"}})
explorer
"""


@pytest.fixture(scope="module")
def notebook(page, server):
    harness.write_notebook(server.root / "shap.ipynb", CELL.format(clients=300))
    harness.open_notebook(page, server.url("shap.ipynb"))


@pytest.fixture
def explorer(page, notebook):
    harness.run_all(page)
    root = harness.panel(page).locator(".sl-shap")
    root.locator("svg").nth(2).wait_for()
    return root


def picked(explorer, name):
    return explorer.get_by_label(name, exact=True)


def headline(explorer):
    return explorer.locator(".sl-headline")


def test_a_client_is_picked_by_number_and_said_in_words(explorer):
    picked(explorer, "Client").fill("17")
    picked(explorer, "Client").press("Enter")

    expect(headline(explorer)).to_contain_text("Client 17: probability of default 0.")
    expect(headline(explorer)).to_contain_text("the baseline of 0.221.")
    expect(explorer.locator(".sl-detail")).to_contain_text("Most of it: ")


def test_a_number_that_is_not_shown_is_answered_with_those_that_are(explorer):
    picked(explorer, "Client").fill("99999")
    picked(explorer, "Client").press("Enter")

    expect(explorer.locator(".sl-message")).to_have_text(
        "No client 99999 is shown here; 1, 2, 3 are, for example."
    )
    expect(headline(explorer)).to_contain_text("Client 1:")


def test_arrow_keys_step_through_clients_and_walk_the_beeswarm(page, explorer):
    cells = harness.cell_count(page)
    picked(explorer, "Client").press("ArrowUp")
    expect(headline(explorer)).to_contain_text("Client 2:")
    explorer.get_by_role("button", name="Previous client").press("Enter")
    expect(headline(explorer)).to_contain_text("Client 1:")

    swarm = explorer.get_by_role("application")
    swarm.press("End")
    highest = headline(explorer).inner_text()
    swarm.press("ArrowLeft")
    assert headline(explorer).inner_text() != highest
    swarm.press("ArrowDown")
    expect(explorer.locator(".sl-tip").first).to_be_visible()
    assert picked(explorer, "Feature").input_value() != "repayment"
    swarm.press("x")

    assert harness.cell_count(page) == cells
    assert page.faults == []


def test_a_click_on_a_dot_picks_its_client_and_feature(page, explorer):
    swarm = explorer.get_by_role("application")
    swarm.press("End")
    wanted = headline(explorer).inner_text()
    ring, whole = swarm.locator(".sl-ring").first.bounding_box(), swarm.bounding_box()
    swarm.press("Home")

    middle = {
        side: ring[side] + ring[size] / 2 - whole[side] for side, size in (("x", "width"), ("y", "height"))
    }
    swarm.click(position=middle)

    expect(headline(explorer)).to_have_text(wanted)


def test_the_waterfall_ends_at_the_output(explorer):
    """The last number of the client's table is the output that the headline says."""
    explorer.get_by_text("The numbers as tables").click()
    picked(explorer, "Client").fill("17")
    picked(explorer, "Client").press("Enter")
    said = headline(explorer).inner_text().split("default ")[1].split(",")[0]

    table = explorer.get_by_role("table", name="Client 17")
    expect(table.get_by_role("row").last.get_by_role("cell").last).to_have_text(said)
    expect(table.get_by_role("row", name="3 other features")).to_be_visible()


def test_the_dependence_plot_follows_the_feature(explorer):
    picked(explorer, "Feature").select_option("EDUCATION")

    expect(explorer.get_by_role("img", name="Dependence plot: EDUCATION")).to_be_visible()
    expect(explorer.locator("svg").last).to_contain_text("university")
    expect(explorer.locator("svg").last).to_contain_text("missing")


def test_a_cell_moves_the_explorer_and_the_explorer_moves_the_cell(page, explorer):
    harness.run_code(page, "explorer.client = '250'; explorer.feature = 'AGE'")
    expect(headline(explorer)).to_contain_text("Client 250:")
    expect(picked(explorer, "Feature")).to_have_value("AGE")
    explorer.get_by_role("button", name="Next client").click()

    assert harness.run_code(page, "print(explorer.client)") == "251"


@pytest.mark.parametrize("theme", [harness.LIGHT, harness.DARK])
def test_axe_finds_nothing_and_colors_follow_the_theme(page, explorer, theme):
    page.set_viewport_size({"width": 1440, "height": 2000})
    harness.set_theme(page, theme)
    shade = theme.split()[1].lower()
    findings = harness.axe(page, ".sl-shap")
    explorer.get_by_text("The numbers as tables").click()
    picked(explorer, "Feature").select_option("credit limit")
    explorer.get_by_role("application").press("End")
    findings += harness.axe(page, ".sl-shap")
    harness.screenshot(explorer, f"shap_{shade}")
    picked(explorer, "Feature").select_option("EDUCATION")
    findings += harness.axe(page, ".sl-shap")
    harness.screenshot(explorer, f"shap_categories_{shade}")
    page.set_viewport_size({"width": 1280, "height": 1000})

    assert findings == []


def test_at_200_percent_zoom_nothing_is_cut_off(page, explorer):
    page.set_viewport_size({"width": 640, "height": 2200})
    try:
        page.wait_for_function(
            "root => [...root.querySelectorAll('svg')].every(s => s.clientWidth <= root.clientWidth)",
            arg=explorer.element_handle(),
        )
        harness.screenshot(explorer, "shap_zoom_200")
        assert harness.cut_off(explorer) == []
    finally:
        page.set_viewport_size({"width": 1280, "height": 1000})


def test_a_thousand_clients_stay_fluid_and_need_no_kernel(page, server, record_property):
    """One arrow key on 10,000 dots; the figure is printed and kept, a loose bound is asserted."""
    harness.write_notebook(server.root / "shap_many.ipynb", CELL.format(clients=1000))
    harness.open_notebook(page, server.url("shap_many.ipynb"))
    harness.run_all(page)
    explorer = harness.panel(page).locator(".sl-shap")
    explorer.locator("svg").nth(2).wait_for()
    server.stop_kernels()
    times = explorer.get_by_role("application").evaluate(
        """async node => {
            const times = [];
            for (let i = 0; i < 40; i++) {
                const start = performance.now();
                node.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
                times.push(performance.now() - start);
                await new Promise(requestAnimationFrame);
            }
            return times;
        }"""
    )
    median = statistics.median(times)
    print(f"arrow key on 10,000 dots: median {median:.1f} ms, longest {max(times):.1f} ms")
    record_property("arrow_key_ms", round(median, 1))
    page.set_viewport_size({"width": 1440, "height": 1700})
    harness.screenshot(explorer, "shap_1000")
    page.set_viewport_size({"width": 1280, "height": 1000})
    assert median < 100
