"""The experiments table through its traits, with no browser."""

import json

import pandas as pd
import pytest
from traitlets import TraitError

from sagelab_widgets import ExperimentsTable

FRAME = pd.DataFrame({
    "params.depth": [2, 3, 4, 5], "params.kind": ["tree", "tree", "forest", "forest"],
    "auc": [0.70, 0.80, 0.75, 0.90], "status": ["FINISHED", "FINISHED", "FAILED", "FINISHED"],
}, index=["a", "b", "c", "d"])  # fmt: skip


@pytest.fixture
def table():
    return ExperimentsTable(FRAME, metrics=["auc"])


def ask(table, **message):
    table._hear(table, message, [])


def names(table):
    return [row["name"] for row in table.table["rows"]]


def test_it_opens_on_what_differs(table):
    assert table.columns == ["status", "params.depth", "params.kind", "metrics.auc"]
    assert table.axes == ["params.depth", "params.kind", "metrics.auc"]
    assert (table.color, table.across, table.up) == ("metrics.auc", "params.depth", "metrics.auc")


def test_what_goes_to_the_browser_is_plain_json(table):
    ask(table, do="pick", run="a")
    ask(table, do="pick", run="b")
    ask(table, do="set", name="selected", value="c")

    for trait in (table.table, table.chart, table.compared, table.record, table.names):
        assert json.loads(json.dumps(trait, allow_nan=False)) == trait


def test_filter_sort_and_ranges_from_a_cell(table):
    table.sort = "metrics.auc"
    assert names(table) == ["d", "b", "c", "a"]
    table.filter = "tree"
    assert names(table) == ["b", "a"]
    table.filter = ""
    table.ranges = {"params.depth": (1, 2)}

    assert names(table) == ["b", "c"]
    assert [line["name"] for line in table.chart["lines"] if not line["inside"]] == ["d", "a"]
    assert table.frame()["metrics.auc"].tolist() == [0.80, 0.75]
    assert table.frame().index.tolist() == ["b", "c"]


def test_a_wrong_filter_is_told_and_the_table_stays(table):
    ask(table, do="set", name="filter", value="auc > 0.77")
    ask(table, do="set", name="filter", value="auc >")

    assert table.note.startswith("A comparison is a column")
    assert (table.filter, names(table)) == ("auc >", ["b", "d"])
    ask(table, do="set", name="filter", value="")
    assert (table.note, len(names(table))) == ("", 4)


def test_runs_are_picked_by_turns_and_at_most_six():
    table = ExperimentsTable(pd.DataFrame({"x": range(9)}))
    for run in "01234567":
        ask(table, do="pick", run=run)

    assert table.picked == list("012345")
    assert table.note == "At most 6 runs are compared."
    ask(table, do="pick", run="3")
    assert table.picked == list("01245")
    assert table.compared["names"] == list("01245")


def test_columns_and_axes_keep_their_order_when_they_are_toggled(table):
    ask(table, do="toggle", name="columns", key="status")
    assert table.columns == ["params.depth", "params.kind", "metrics.auc"]
    ask(table, do="toggle", name="columns", key="status")
    assert table.columns[0] == "status"


@pytest.mark.parametrize(
    "message",
    [
        {"do": "set", "name": "names", "value": []}, {"do": "set", "name": "desk", "value": 1}, {"do": "set"},
        {"do": "set", "name": "sort", "value": "acu"}, {"do": "set", "name": "columns", "value": ["x"]},
        {"do": "set", "name": "columns", "value": "status"}, {"do": "set", "name": "filter", "value": 7},
        {"do": "set", "name": "ranges", "value": {"params.depth": [3, 1]}},
        {"do": "set", "name": "ranges", "value": {"params.depth": "ab"}},
        {"do": "set", "name": "ranges", "value": {"nope": [0, 1]}},
        {"do": "set", "name": "ranges", "value": {"params.depth": [0, True]}},
        {"do": "set", "name": "picked", "value": ["nobody"]}, {"do": "set", "name": "selected", "value": "nobody"},
        {"do": "toggle", "name": "columns", "key": ["status"]}, {"do": "toggle", "name": "picked", "key": "status"},
        {"do": "pick", "run": 4}, {"do": "pick", "run": "nobody"},
    ],
)  # fmt: skip
def test_whatever_the_browser_sends_becomes_a_sentence(table, message):
    before = (table.columns, table.ranges, table.picked, table.selected, names(table))

    ask(table, **message)

    assert table.note
    assert (table.columns, table.ranges, table.picked, table.selected, names(table)) == before


def test_a_cell_is_refused_what_there_is_not(table):
    with pytest.raises(TraitError, match="There is no column nope"):
        table.axes = ["nope"]
    with pytest.raises(TraitError, match="There is no such run"):
        table.selected = "nobody"


def test_a_table_without_runs_is_a_table():
    table = ExperimentsTable(pd.DataFrame({"x": []}))

    assert (table.table["count"], table.note, repr(table)) == (0, "", "0 of 0 runs")
