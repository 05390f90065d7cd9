"""The wrangler through its traits, with no browser."""

import json

import pandas as pd
import pytest

from sagelab.wrangler import Flow, catalogue
from sagelab_widgets import Wrangler

DF = pd.DataFrame({"age": [20.5, None, 40.0], "city": ["<b>Taipei</b>", "Tainan", None], "y": [0, 1, 0]})


@pytest.fixture
def wrangler(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Wrangler(DF, name="people")


def ask(wrangler, do, **more):
    wrangler.handle({"do": do, "n": 7, **more})
    assert wrangler.answered["n"] == 7
    return wrangler.answered["good"]


def add(wrangler, transform, after, **parameters):
    return ask(wrangler, "add", transform=transform, after=after, parameters=parameters)


def test_it_opens_on_the_rows_of_the_table(wrangler):
    assert wrangler.page["rows"] == [["20.5", "<b>Taipei</b>", "0"], [None, "Tainan", "1"], ["40", None, "0"]]
    assert wrangler.page["columns"] == [["age", "number"], ["city", "text"], ["y", "number"]]
    assert sum(len(entries) for entries in wrangler.catalogue.values()) == len(catalogue())
    assert (wrangler.has_lab, wrangler.undoable, wrangler.note) == (False, (False, False), "")


def test_all_traits_are_plain_json(wrangler):
    add(wrangler, "Impute", "source_1", input_column=["age"])
    ask(wrangler, "report", node="step_1", target="y")
    ask(wrangler, "export", kind="script")
    state = {
        name: getattr(wrangler, name) for name in wrangler.trait_names(sync=True) if not name.startswith("_")
    }
    state.pop("layout", None)
    state.pop("tabbable", None)
    state.pop("tooltip", None)
    json.dumps(state, allow_nan=False)


def test_the_same_flow_by_clicks_and_by_code(wrangler):
    assert add(wrangler, "Impute", "source_1", input_column=["age"], strategy="Mean")
    assert add(wrangler, "Drop missing", "step_1", input_column=["city"])
    by_code = (
        Flow(DF)
        .add("Impute", input_column=["age"], strategy="Mean")
        .add("Drop missing", input_column=["city"])
    )

    pd.testing.assert_frame_equal(wrangler.table(), by_code.table())
    assert [node["title"] for node in wrangler.nodes] == ["people", "Impute", "Drop missing"]
    assert wrangler.page["node"] == "step_2"


def test_what_is_refused_is_a_sentence_and_changes_nothing(wrangler):
    assert not add(wrangler, "Standard scaler", "source_1", input_column=["city"])
    assert "needs numbers, but 'city' holds text" in wrangler.note
    assert len(wrangler.nodes) == 1
    assert add(wrangler, "Standard scaler", "source_1", input_column=["age"])
    assert wrangler.note == ""


def test_edit_remove_undo_redo(wrangler):
    add(wrangler, "First rows", "source_1", limit_rows=1)
    assert ask(wrangler, "edit", step="step_1", parameters={"limit_rows": "2"})
    assert wrangler.page["total"] == 2
    assert ask(wrangler, "remove", step="step_1")
    assert wrangler.page["node"] == "source_1"
    ask(wrangler, "undo")
    ask(wrangler, "undo")
    assert (wrangler.page["total"], wrangler.undoable) == (1, (True, True))
    ask(wrangler, "redo")
    assert wrangler.flow.table().shape == (2, 3)


def test_only_a_page_of_rows_reaches_the_browser():
    wrangler = Wrangler(pd.DataFrame({"a": range(50_000), "b": "x" * 5000}), sample=1000)
    ask(wrangler, "choose", node="source_1", start=990)
    assert [row[0] for row in wrangler.page["rows"]] == [str(number) for number in range(990, 1000)]
    assert wrangler.page["sampled"]
    assert len(json.dumps(wrangler.page)) < 5000
    ask(wrangler, "choose", node="source_1", start=10**9)
    assert wrangler.page["start"] == 990


@pytest.mark.parametrize("kind", ["script", "flow", "step", "pipeline"])
def test_an_export_is_shown_and_saved(wrangler, kind, tmp_path):
    add(wrangler, "Drop column", "source_1", column_to_drop=["y"])
    assert ask(wrangler, "export", kind=kind)
    assert ask(wrangler, "save", kind=kind, where="file")

    saved = tmp_path / wrangler.export["file"]
    assert saved.read_text() == wrangler.export["text"]
    assert wrangler.note.startswith(saved.name)
    assert (tmp_path / "people.csv").exists() == (kind == "script")
    add(wrangler, "Shuffle", "step_1")
    assert wrangler.export == {}  # the text shown would be of an older flow


def test_report_and_model_hold_the_target(wrangler):
    big = Wrangler(pd.concat([DF] * 20, ignore_index=True), target="y")
    assert ask(big, "report", node="source_1", target="y")
    assert big.report["duplicates"] == 57
    assert ask(big, "quick", node="source_1", target="y")
    assert set(big.model["scores"]) == {"F1", "accuracy", "AUC"}
    assert big.target == "y"
    assert not ask(wrangler, "quick", node="source_1", target="y")
    assert "needs at least ten rows" in wrangler.note


def test_without_a_lab_it_says_what_is_missing(wrangler):
    for message in (
        {"do": "run"},
        {"do": "save", "kind": "flow", "where": "s3"},
        {"do": "import", "uri": "s3://b/t.csv"},
    ):
        assert not ask(wrangler, **message)
        assert "give the wrangler a lab" in wrangler.note


@pytest.mark.parametrize(
    "message",
    [
        None, 3, "add", [], {}, {"do": None}, {"do": ["add"]}, {"do": "__init__"}, {"do": "show"}, {"do": "add"},
        {"do": "add", "transform": {}, "after": [], "parameters": 3},
        {"do": "add", "transform": "Drop column", "after": "source_1", "parameters": {"after": "x"}},
        {"do": "add", "transform": "Drop column", "after": "nobody", "parameters": {}},
        {"do": "add", "transform": "Join", "after": "source_1", "right": 7, "parameters": {}},
        {"do": "add", "transform": "First rows", "after": "source_1", "parameters": {"limit_rows": "1e999"}},
        {"do": "edit", "step": "source_1", "parameters": {}}, {"do": "remove", "step": "source_1"},
        {"do": "choose", "node": 1}, {"do": "choose", "node": "../x"}, {"do": "trust", "step": "source_1"},
        {"do": "export", "kind": "../../x"}, {"do": "save", "kind": "/etc/passwd", "where": "file"},
        {"do": "report", "node": "source_1", "target": {"a": 1}},
        {"do": "open", "text": 3}, {"do": "open", "text": "{}"},
    ],
)  # fmt: skip
def test_whatever_the_browser_sends_is_answered_with_a_sentence(wrangler, message, tmp_path):
    before = wrangler.flow.nodes
    wrangler.handle(message)

    assert wrangler.answered["good"] is False
    assert wrangler.note.endswith(".")
    assert "Something went wrong" not in wrangler.note
    assert wrangler.flow.nodes == before
    assert list(tmp_path.iterdir()) == []


def test_a_flow_file_opens_again_and_code_in_it_waits(wrangler):
    add(wrangler, "Custom transform (pandas)", "source_1", code="df = df.head(1)")
    text = wrangler._desk.exported("flow")
    ask(wrangler, "undo")
    assert ask(wrangler, "open", text=text)

    assert "it runs once you trust it" in wrangler.note
    assert "trust it" in wrangler.page["error"]
    assert ask(wrangler, "trust", step="step_1")
    assert wrangler.page["total"] == 1


def test_a_cell_changes_the_flow_and_the_view_follows(wrangler):
    wrangler.flow.add("Drop column", column_to_drop=["y"])
    wrangler.show()

    assert wrangler.page["columns"] == [["age", "number"], ["city", "text"]]
    assert repr(wrangler).startswith("Wrangler of people\nsource_1: people\nstep_1: Drop column <- source_1")
