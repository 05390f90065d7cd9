"""The exports make the same table: a script on its own, a .flow file opened again, both for every transform."""

import json
import runpy
import subprocess
import sys

import pandas as pd
import pytest
from wrangler_examples import EXAMPLES, OTHER, TABLE, example

from sagelab.errors import SagelabError
from sagelab.workbench import DATA
from sagelab.wrangler import Flow, catalogue
from sagelab.wrangler.flowfile import from_flow_file, to_flow_file
from sagelab.wrangler.saving import save_sources
from sagelab.wrangler.script import file_name, python_script

COLUMNS = "sagemaker.spark.manage_columns_0.1"
RESAMPLE = "sagemaker.spark.time_series_0.1"
TABLES = {"people": TABLE, "cities": OTHER}


def reader(uri, name):
    return TABLES[name]


def run(folder, script, *arguments, monkeypatch):
    """Run a script as `python script.py` would, in this process; what it has written."""
    (folder / "s.py").write_text(script)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["s.py", *arguments, "--output", "out.csv"])
    runpy.run_path("s.py", run_name="__main__")
    return (folder / "out.csv").read_text()


def test_there_is_an_example_for_every_transform():
    assert set(EXAMPLES) == set(catalogue())


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.filterwarnings("ignore")
def test_script_and_flow_file_make_the_same_table(name, tmp_path, monkeypatch):
    flow = example(name)
    table = flow.table()
    save_sources(flow, tmp_path)
    opened, notes = from_flow_file(to_flow_file(flow), reader)
    for step in opened.steps:
        opened.trust(step.id)

    assert run(tmp_path, python_script(flow), monkeypatch=monkeypatch) == table.to_csv(index=False)
    pd.testing.assert_frame_equal(opened.table(), table, check_exact=True)
    assert opened.learned == flow.learned
    assert "sagelab" not in python_script(flow).lower().replace("the course's", "")
    assert bool(notes) == (name == "Custom transform (pandas)")


@pytest.mark.parametrize("name", [entry.name for entry in catalogue().values() if entry.fit])
@pytest.mark.filterwarnings("ignore")
def test_what_was_learned_travels_with_script_and_file(name, tmp_path, monkeypatch):
    flow, new = example(name), TABLE.head(25).sample(frac=1, random_state=1)
    replayed = flow.apply(new)
    Flow(new, "people").preview()
    save_sources(Flow(new, "people"), tmp_path)
    opened, _ = from_flow_file(to_flow_file(flow), reader)

    assert run(tmp_path, python_script(flow, refit=False), monkeypatch=monkeypatch) == replayed.to_csv(
        index=False
    )
    pd.testing.assert_frame_equal(opened.apply(new), replayed, check_exact=True)


def test_the_lenders_table_through_a_script_in_a_process_of_its_own(tmp_path):
    clients = pd.read_csv(DATA / "credit_clients.csv.gz")
    flow = (
        Flow(clients, "Credit clients")
        .add("Drop column", column_to_drop=["ID"])
        .add("Drop duplicates")
        .add("Replace value", input_column=["EDUCATION"], value="0", replacement="4")
        .add("Robust standard deviation numeric outliers", input_column=["BILL_AMT1", "PAY_AMT1"])
        .add("Custom formula", formula="BILL_AMT1 / LIMIT_BAL", output_column="used")
        .add("Standard scaler", input_column=["AGE", "LIMIT_BAL"])
        .add("One-hot encode", input_column=["MARRIAGE"])
        .add("Move column to start", column_to_move="default")
    )
    save_sources(flow, tmp_path)
    (tmp_path / "flow.py").write_text(python_script(flow, name="clients"))
    words = [sys.executable, "-I", "-W", "error", "flow.py"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True)

    assert (tmp_path / "clients_wrangled.csv").read_text() == flow.table().to_csv(index=False)
    assert len(flow.table()) == 29_965


def test_a_script_names_files_that_every_system_takes():
    assert file_name("../Ümlaut & co.py", ".py") == "mlaut_co.py"
    assert file_name("???", ".csv") == "flow.csv"
    script = python_script(Flow(TABLE, '"""; import os; {x}'), name='"""\n{evil}\\')
    compile(script, "s.py", "exec")


def test_a_file_has_the_shape_of_data_wranglers_files():
    flow = (
        Flow(TABLE, "people")
        .add("Drop missing", input_column=["city"])
        .add("Standard scaler", input_column=["income"])
    )
    flow.table()
    source, missing, scaler = json.loads(to_flow_file(flow))["nodes"]

    assert source["parameters"]["dataset_definition"]["s3ExecutionContext"]["s3HasHeader"] is True
    assert missing["operator"] == "sagemaker.spark.handle_missing_0.1"
    assert missing["parameters"] == {
        "operator": "Drop missing",
        "drop_missing_parameters": {
            "dimension": "Drop Rows",
            "drop_rows_parameters": {"input_column": ["city"]},
        },
    }
    assert scaler["parameters"]["scale_values_parameters"]["scaler"] == "Standard scaler"
    assert scaler["trained_parameters"]["learned"]["center"] == [
        pytest.approx(TABLE.dropna(subset=["city"])["income"].mean())
    ]
    assert scaler["inputs"] == [{"name": "df", "node_id": "step_1", "output_name": "default"}]


def node(name, operator, parameters, *inputs, kind="TRANSFORM"):
    outputs = [{"name": "default"}]
    links = [{"name": "df", "node_id": other, "output_name": "default"} for other in inputs]
    return {
        "node_id": name,
        "type": kind,
        "operator": operator,
        "parameters": parameters,
        "inputs": links,
        "outputs": outputs,
    }


def source(name="a", uri="s3://lab/people.csv"):
    where = {
        "datasetSourceType": "S3",
        "name": "people",
        "s3ExecutionContext": {"s3Uri": uri, "s3ContentType": "csv"},
    }
    return node(name, "sagemaker.s3_source_0.1", {"dataset_definition": where}, kind="SOURCE")


def flow_file(*nodes):
    return json.dumps({"metadata": {"version": 1}, "nodes": list(nodes)})


def test_a_file_as_data_wrangler_writes_it_opens():
    """The parameters are those of AWS's public example flows, with what stands idle beside them."""
    spark = "sagemaker.spark."
    idle = {
        "impute_parameters": {
            "column_type": "Numeric",
            "numeric_parameters": {"strategy": "Approximate Median"},
        }
    }
    filled = {"input_column": ["age"], "fill_value": "0"}
    filling = {**idle, "operator": "Fill missing", "fill_missing_parameters": filled}
    one_hot = {
        "invalid_handling_strategy": "Keep",
        "drop_last": False,
        "output_style": "Columns",
        "input_column": "city",
    }
    encoded = {
        "one_hot_encode_parameters": one_hot,
        "ordinal_encode_parameters": {"invalid_handling_strategy": "Replace with NaN"},
    }
    balanced = {
        "operator": "Random oversample",
        "ratio": 1,
        "smote_params": {"num_neighbors": 5},
        "target_column": "default",
    }
    sorted_ = {"drop_duplicates_parameters": {}, "sort_parameters": {"order": "Ascending"}}
    code = {"code": "df = df"}
    text = flow_file(
        source(),
        node("b", f"{spark}infer_and_cast_type_0.1", {}, "a"),
        node("c", COLUMNS, {"operator": "Drop column", "drop_column_parameters": {"column_to_drop": "id"}}, "b"),
        node("d", f"{spark}handle_missing_0.1", filling, "c"),
        node("e", f"{spark}encode_categorical_0.1", {"operator": "One-hot encode", **encoded}, "d"),
        node("f", f"{spark}custom_formula_0.1", {"output_column": "x", "formula": "0.3*age + 1"}, "e"),
        node("g", f"{spark}balance_data_0.1", balanced, "f"),
        node("v", "sagemaker.visualizations.describe_0.1", {"name": "Table Summary"}, "g", kind="VISUALIZATION"),
        node("h", f"{spark}manage_rows_0.1", {"operator": "Drop duplicates", **sorted_}, "g"),
        node("i", f"{spark}custom_code_0.1", {"operator": "Python (Pandas)", "pandas_parameters": code}, "h"),
    )  # fmt: skip
    flow, notes = from_flow_file(text, reader)

    assert [step.transform for step in flow.steps] == [
        "Drop column", "Fill missing", "One-hot encode", "Custom formula", "Random oversample", "Drop duplicates",
        "Custom transform (pandas)",
    ]  # fmt: skip
    assert len(notes) == 2
    assert flow.table("step_4")["x"].iloc[0] == pytest.approx(0.3 * TABLE["age"].fillna(0).iloc[0] + 1)
    assert not flow.can_undo


def test_code_from_a_file_does_not_run_before_it_is_trusted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = {"code": "open('was_here', 'w')"}
    flow, notes = from_flow_file(
        flow_file(source(), node("b", "sagemaker.spark.custom_pandas_0.1", code, "a")), reader
    )

    assert "it runs once you trust it" in notes[0]
    assert "trust it before it runs" in str(flow.error("step_1"))
    for export in (flow.table, lambda: python_script(flow)):
        with pytest.raises(SagelabError, match="trust it before"):
            export()
    assert not (tmp_path / "was_here").exists()
    flow.trust("step_1").table()
    assert flow.error("step_1") is None
    assert (tmp_path / "was_here").exists()


DROP = {"operator": "Drop column", "drop_column_parameters": {"column_to_drop": ["id"]}}
WRONG = {"drop_column_parameters": {"column_to_drop": {"a": 1}}}
HOSTILE = {
    "not json": "{",
    "deep": "[" * 100_000,
    "a list": "[]",
    "no nodes": '{"nodes": []}',
    "nodes of numbers": '{"nodes": [1]}',
    "a circle": flow_file(node("a", COLUMNS, DROP, "b"), node("b", COLUMNS, DROP, "a")),
    "an input that is not there": flow_file(source(), node("b", COLUMNS, DROP, "z")),
    "two nodes of one name": flow_file(source(), source()),
    "no inputs": flow_file(source(), node("b", COLUMNS, DROP)),
    "too many inputs": flow_file(source(), node("b", COLUMNS, DROP, "a", "a", "a")),
    "two inputs for one": flow_file(source(), node("b", COLUMNS, DROP, "a", "a")),
    "an unknown operator": flow_file(source(), node("b", RESAMPLE, {"operator": "Resample"}, "a")),
    "spark code": flow_file(source(), node("b", "sagemaker.spark.custom_pyspark_0.1", {"code": "x"}, "a")),
    "parameters of a wrong type": flow_file(source(), node("b", COLUMNS, {**DROP, **WRONG}, "a")),
    "parameters that are a list": flow_file(source(), node("b", COLUMNS, [1], "a")),
    "an unknown type": flow_file({**source(), "type": "BOMB"}),
    "a type that is a list": flow_file({**source(), "type": ["SOURCE"]}),
    "a source without place": flow_file(node("a", "x", {}, kind="SOURCE")),
    "inputs that are a text": flow_file({**source(), "inputs": "abc"}),
    "an id that is an object": flow_file({**source(), "node_id": {"a": 1}}),
    "many nodes": flow_file(*(source(str(i)) for i in range(300))),
    "a visualization of nothing": flow_file(source(), node("b", "x", {}, kind="VISUALIZATION")),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_any_other_file_is_one_sentence(name):
    with pytest.raises(SagelabError) as caught:
        from_flow_file(HOSTILE[name], reader)
    assert 10 < len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_what_a_file_says_was_learned_may_be_anything():
    parameters = {"scaler": "Standard scaler", "standard_scaler_parameters": {"input_column": ["income"]}}
    scaling = {"operator": "Scale values", "scale_values_parameters": parameters}
    step = node("b", "sagemaker.spark.process_numeric_0.1", scaling, "a")
    trained = {"learned": {"center": "x"}}
    flow, _ = from_flow_file(flow_file(source(), {**step, "trained_parameters": trained}), reader)
    with pytest.raises(SagelabError, match=r"^Step 1 \(Standard scaler\)"):
        flow.apply(TABLE)
    assert flow.apply(TABLE, refit=True)["income"].mean() == pytest.approx(0)
