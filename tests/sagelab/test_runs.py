"""Runs from MLflow, from SageMaker's answers and from tables, and the filter's language."""

import contextlib
import operator
import random
from datetime import UTC, datetime

import pandas as pd
import pytest

from sagelab.errors import SagelabError
from sagelab.run_columns import Column, columns_of, filtered, shown, sort_runs
from sagelab.run_record import record_of
from sagelab.run_view import axis, comparison, within
from sagelab.runs import Run, as_number, from_frame, from_mlflow, from_sagemaker, read_runs

TREES = [
    Run("1", "first", "table", status="Completed", parameters={"depth": 2, "kind": "tree"}, metrics={"auc": 0.70},
        started=datetime(2026, 11, 1, 9, tzinfo=UTC), ended=datetime(2026, 11, 1, 9, 1, tzinfo=UTC)),
    Run("2", "second", "table", status="Failed", parameters={"depth": 10, "kind": "forest"}, metrics={"auc": 0.80},
        started=datetime(2026, 11, 2, 9, tzinfo=UTC), tags={"team": "risk desk"}),
    Run("3", "third", "table", status="Completed", parameters={"depth": "3", "kind": "tree"}),
]  # fmt: skip


def ids(text, runs=TREES):
    return [run.id for run in filtered(runs, text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "123"), ("auc > 0.7", "2"), ("auc >= 0.7", "12"), ("auc<0.75", "1"), ("auc != 0.7", "2"),
        ("depth = 3", "3"), ("depth == 10", "2"), ("depth > 2", "23"), ("tree", "13"), ("tree depth<=2", "1"),
        ("tree and auc > 0.1", "1"), ("status = completed", "13"), ("status != Failed", "13"),
        ('"risk desk"', "2"), ("team = 'risk desk'", "2"), ("params.depth > 2", "23"), ("`depth` > 2", "23"),
        ("METRICS.AUC > 0.75", "2"), ("started > 2026-11-01", "2"), ("started >= 2026-11-01", "12"),
        ("started = 2026-11-02", "2"), ("started < 2026-11-01T10:00", "1"), ("seconds = 60", "1"),
        ("auc > 1e-3", "12"), ("kind = tree third", "3"), ("nowhere", ""), ("   ", "123"),
    ],
)  # fmt: skip
def test_the_filter_keeps_the_runs_for_which_all_of_it_holds(text, found):
    assert ids(text) == list(found)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("acu > 1", "There is no column acu; did you mean auc"), ("auc >", "A comparison is a column, a sign"),
        ("> 3", "Which column is meant before >"), ("auc > > 3", "A comparison is"), ('auc > "', "cannot be read"),
        ("auc > high", "> compares numbers, and high is none"), ("auc = 1 = 2", "Which column is meant before ="),
        ("x" * 501, "longer than 500"), ("__import__('os').system('x') > 1", "There is no column"),
        ("auc ! 3", "cannot be read"), ("auc > `depth`", "A comparison is"), ("auc > nan", "> compares numbers"),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(SagelabError) as caught:
        filtered(TREES, text)
    assert sentence in str(caught.value)


def test_a_name_that_two_columns_have_must_be_qualified():
    runs = [Run("1", "a", "table", parameters={"auc": 1}, metrics={"auc": 2})]

    with pytest.raises(SagelabError, match=r"write params\.auc or metrics\.auc"):
        filtered(runs, "auc > 0")
    assert ids("metrics.auc > 1", runs) == ["1"]
    assert ids("params.auc > 1", runs) == []


def test_no_text_breaks_the_filter():
    """Any text filters or is refused; nothing else is raised and nothing is evaluated."""
    pieces = [
        "auc",
        ">",
        "<=",
        "=",
        "!",
        "'",
        '"',
        "`",
        " ",
        "0.7",
        "and",
        "(",
        "\\",
        "\n",
        "{x}",
        "é",
        "\x00",
        "-",
    ]
    chance = random.Random(4)
    for _ in range(3000):
        text = "".join(chance.choice(pieces) for _ in range(chance.randrange(12)))
        with contextlib.suppress(SagelabError):
            filtered(TREES, text)


def test_comparisons_agree_with_pandas():
    frame = pd.DataFrame({"x": [i * 37 % 11 for i in range(50)]})
    runs = from_frame(frame)
    signs = {"<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne, ">": operator.gt}

    for sign, compare in signs.items():
        assert ids(f"x {sign} 5", runs) == [str(i) for i in frame.index[compare(frame["x"], 5)]]


def test_a_column_sorts_numbers_as_numbers_and_what_is_missing_last():
    depth, auc = Column("parameter", "depth"), Column("metric", "auc")

    assert [run.id for run in sort_runs(TREES, depth)] == ["1", "3", "2"]
    assert [run.id for run in sort_runs(TREES, depth, descending=True)] == ["2", "3", "1"]
    assert [run.id for run in sort_runs(TREES, auc, descending=True)] == ["2", "1", "3"]


def test_columns_are_those_that_some_run_fills():
    keys = [column.key for column in columns_of(TREES)]

    assert keys == ["run", "status", "started", "seconds", "source", "params.depth", "params.kind", "metrics.auc",
                    "tags.team"]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (3.0, "3"), (0.1234567, "0.123457"), ("x", "x"), (1e300, "1e+300"), (-0.5, "-0.5")],
)
def test_a_cell_is_shown_short(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("value", "number"), [("3", 3.0), ("nan", None), ("inf", None), ("x", None), (True, None)]
)
def test_only_plain_numbers_are_numbers(value, number):
    assert as_number(value) == number


# -- axes ------------------------------------------------------------------------------------------------------
def test_places_on_an_axis_by_hand():
    numbers, texts = axis(TREES, Column("parameter", "depth")), axis(TREES, Column("parameter", "kind"))

    assert numbers.places == (0.0, 1.0, 0.125)
    assert numbers.stops == ((0.0, "2"), (0.125, "3"), (1.0, "10"))
    assert texts.places == (1.0, 0.0, 1.0)
    assert [text for _, text in texts.stops] == ["forest", "tree"]
    assert axis(TREES, Column("metric", "auc")).places == (0.0, 1.0, None)


def test_one_value_stands_in_the_middle_and_many_have_a_hundred_stops_with_both_ends():
    many = [Run(str(i), str(i), "table", metrics={"x": float(i)}) for i in range(950)]
    stops = axis(many, Column("metric", "x")).stops

    assert axis(TREES[:1], Column("metric", "auc")).places == (0.5,)
    assert len(stops) <= 101
    assert (stops[0][1], stops[-1][1]) == ("0", "949")


def test_a_range_counts_both_ends_and_leaves_out_what_has_no_value():
    depth, auc = axis(TREES, Column("parameter", "depth")), axis(TREES, Column("metric", "auc"))

    assert within([depth, auc], {"params.depth": (1, 2)}) == [False, True, True]
    assert within([depth, auc], {"params.depth": (0, 1), "metrics.auc": (0, 0)}) == [True, False, False]
    assert within([depth, auc], {"metrics.auc": (0, 1)}) == [True, True, True]
    assert within([depth], {"params.depth": (0, 99)}) == [True, True, True]


def test_what_differs_stands_first_in_a_comparison():
    rows = comparison([TREES[0], TREES[2]], columns_of(TREES))

    assert [row["label"] for row in rows if row["differs"]] == ["started", "seconds", "depth", "auc"]
    assert next(row for row in rows if row["label"] == "kind")["cells"] == ["tree", "tree"]


# -- readers ---------------------------------------------------------------------------------------------------
def test_a_table_as_mlflow_names_its_columns():
    frame = pd.DataFrame({
        "run_id": ["a"], "status": ["FINISHED"], "params.depth": ["3"], "metrics.auc": [0.8],
        "tags.mlflow.runName": ["nice"], "tags.team": ["risk"], "metrics.loss": [float("nan")],
        "start_time": [pd.Timestamp("2026-11-01 09:00")],
    })  # fmt: skip
    (run,) = from_frame(frame)

    assert (run.id, run.name, run.status) == ("a", "nice", "Completed")
    assert (run.parameters, run.metrics, run.tags) == ({"depth": "3"}, {"auc": 0.8}, {"team": "risk"})
    assert run.started == datetime(2026, 11, 1, 9, tzinfo=UTC)


def test_a_plain_table_says_which_columns_are_metrics():
    (run,) = from_frame(pd.DataFrame({"depth": [3], "auc": [0.8]}), metrics=["auc"])

    assert (run.parameters, run.metrics) == ({"depth": 3}, {"auc": 0.8})
    with pytest.raises(SagelabError, match="no column acu"):
        from_frame(pd.DataFrame({"auc": [1]}), metrics=["acu"])
    with pytest.raises(SagelabError, match="at most 1000"):
        from_frame(pd.DataFrame({"x": range(1001)}))
    with pytest.raises(SagelabError, match="Give a lab"):
        read_runs(42)


def test_runs_of_an_mlflow_store_and_what_their_records_lack(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{tmp_path}/runs.db"
    client = mlflow.MlflowClient(tracking_uri=uri)
    number = client.create_experiment("credit", artifact_location=str(tmp_path))
    run = client.create_run(number, run_name="one", tags={"mlflow.source.name": "train.py", "team": "risk"})
    client.log_param(run.info.run_id, "depth", 3)
    for step, value in enumerate([0.7, 0.8]):
        client.log_metric(run.info.run_id, "auc", value, step=step)
    client.log_metric(run.info.run_id, "broken", float("nan"))
    client.set_terminated(run.info.run_id, "FAILED")

    (found,) = read_runs(uri, "credit")

    assert (found.name, found.status, found.experiment) == ("one", "Failed", "credit")
    assert (found.parameters, found.metrics, found.tags) == ({"depth": "3"}, {"auc": 0.8}, {"team": "risk"})
    record = record_of(found)
    sections = {section["title"]: dict(section["rows"]) for section in record["sections"]}
    assert sections["Script"] == {"File": "train.py"}
    assert record["missing"] == ["Data", "Versions"]
    with pytest.raises(SagelabError, match="no experiment named 'debit'; there is Default, credit"):
        from_mlflow(uri, "debit")


class Search:
    """SageMaker's Search as a test wants it."""

    def __init__(self, *components):
        self.components = components

    def get_paginator(self, _):
        return self

    def paginate(self, **request):
        self.request = request
        return [{"Results": [{"TrialComponent": component} for component in self.components]}]


def test_a_job_component_gives_parameters_last_metrics_and_a_record_to_run_it_again():
    job = {
        "AlgorithmSpecification": {"TrainingImage": "scikit-learn:1.2"}, "RoleArn": "arn:role",
        "HyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://b/code.tar.gz"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
    }  # fmt: skip
    search = Search({
        "TrialComponentArn": "arn:1", "TrialComponentName": "t", "DisplayName": "nice",
        "Status": {"PrimaryStatus": "Completed"}, "Parents": [{"ExperimentName": "credit", "TrialName": "x"}],
        "Parameters": {"depth": {"NumberValue": 3.0}, "kind": {"StringValue": '"gini"'}},
        "Metrics": [{"MetricName": "auc", "Last": 0.8, "Max": 0.9, "Min": 0.1, "Count": 3}],
        "InputArtifacts": {"train": {"Value": "s3://b/train"}, "SageMaker.ImageUri": {"Value": "scikit-learn:1.2"}},
        "OutputArtifacts": {"model": {"Value": "s3://b/model.tar.gz"}}, "SourceDetail": {"TrainingJob": job},
        "Source": {"SourceArn": "arn:job"},
    })  # fmt: skip

    (run,) = from_sagemaker(search, "credit")
    record = record_of(run)
    sections = {section["title"]: dict(section["rows"]) for section in record["sections"]}

    assert search.request["SearchExpression"]["Filters"][0]["Value"] == "credit"
    assert (run.name, run.experiment, run.metrics) == ("nice", "credit", {"auc": 0.8})
    assert run.parameters == {"depth": 3.0, "kind": "gini"}
    assert sections["Script"] == {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "s3://b/code.tar.gz",
    }
    assert sections["Versions"] == {"Image": "scikit-learn:1.2"}
    assert sections["Data"] == {"train": "s3://b/train"}
    assert sections["Metrics"] == {"auc": "last 0.8, min 0.1, max 0.9, count 3"}
    assert record["missing"] == []
