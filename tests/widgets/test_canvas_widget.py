"""Canvas through its traits and messages, on an account that answers from a script."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from botocore.exceptions import ClientError

import sagelab_widgets
from sagelab.canvas import builds, columns, problems
from sagelab_widgets import Canvas
from sagelab_widgets import canvas as module

START = datetime(2026, 11, 23, tzinfo=UTC)
TABLE = pd.DataFrame(
    {
        "row": range(600),
        "age": [20 + i % 50 for i in range(600)],
        "plan": ["basic", "plus", "pro"] * 200,
        "churned": ["no", "yes", "no"] * 200,
    }
)


class Sagemaker:
    """A control plane whose AutoML job goes where the test says."""

    def __init__(self):
        self.jobs, self.stopped, self.status, self.refuse = [], [], "InProgress", None

    def create_auto_ml_job_v2(self, **request):
        if self.refuse:
            raise ClientError({"Error": {"Code": "ResourceLimitExceeded", "Message": self.refuse}}, "Create")
        self.jobs.append(request)

    def describe_auto_ml_job_v2(self, AutoMLJobName):  # noqa: N803 - boto3's name
        secondary = "TrainingModels" if self.status == "InProgress" else self.status
        ended = {} if self.status == "InProgress" else {"EndTime": START}
        status = {"AutoMLJobStatus": self.status, "AutoMLJobSecondaryStatus": secondary}
        return {"AutoMLJobName": AutoMLJobName, "CreationTime": START, **status, **ended}

    def stop_auto_ml_job(self, AutoMLJobName):  # noqa: N803 - boto3's name
        self.stopped.append(AutoMLJobName)
        self.status = "Stopped"

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        return [{"Candidates": []}]


class Lab:
    bucket, role = "b", "arn:aws:iam::123456789012:role/SageMakerRole"

    def __init__(self):
        self.sagemaker, self.stored = Sagemaker(), {}

    def client(self, service):
        assert service == "sagemaker"
        return self.sagemaker

    def unique(self, prefix):
        return f"{prefix}-{len(self.stored) + 1}"

    def put(self, key, content):
        self.stored[key] = content
        return f"s3://b/{key}"


@pytest.fixture
def lab():
    return Lab()


@pytest.fixture
def canvas(lab):
    return Canvas(lab, TABLE, "churn", target="churned", candidates=2)


def send(canvas, **message):
    canvas._handle_custom_msg(message, [])


def test_it_opens_on_the_table_with_nothing_built(canvas):
    assert canvas.build["title"] == "2 category prediction"
    assert [c["name"] for c in canvas.build["columns"]] == list(TABLE.columns)
    assert canvas.build["learns_from"] == 2  # the row number is left out
    assert (canvas.job, canvas.analysis, canvas.endpoint["status"], canvas.moving) == ({}, {}, "", False)
    assert repr(canvas) == "Canvas model churn: 2 category prediction of churned, nothing built yet"


def test_every_trait_is_plain_json(canvas):
    send(canvas, do="build", kind="quick")

    state = {
        name: getattr(canvas, name) for name in canvas.trait_names(sync=True) if not name.startswith("_")
    }
    del state["layout"], state["tabbable"], state["tooltip"]
    json.dumps(state, allow_nan=False)


def test_a_target_is_chosen_and_a_wrong_one_leaves_all_as_it_was(canvas):
    send(canvas, do="target", column="age")
    assert (canvas.build["target"], canvas.build["problem"]) == ("age", "Regression")
    send(canvas, do="problem", key="MulticlassClassification")
    assert canvas.build["problem"] == "MulticlassClassification"
    turn = canvas.build["turn"]
    send(canvas, do="target", column="income")

    assert canvas.note == "The table has no column named 'income'."
    assert (canvas.build["target"], canvas.build["problem"]) == ("age", "MulticlassClassification")
    assert canvas.build["turn"] > turn  # the browser draws its select back
    send(canvas, do="target", column="churned")
    assert canvas.note == ""


def test_columns_are_left_out_and_taken_back(canvas):
    send(canvas, do="use", column="age", used=False)
    assert [c["name"] for c in canvas.build["columns"] if c["used"]] == ["plan", "churned"]
    send(canvas, do="use", column="plan", used=False)
    send(canvas, do="use", column="age", used=True)

    assert canvas.model.left_out == {"plan"}
    assert canvas.build["learns_from"] == 1


def test_a_build_sends_the_chosen_columns_and_is_followed(canvas, lab):
    send(canvas, do="use", column="plan", used=False)
    send(canvas, do="build", kind="quick")

    ((key, table),) = lab.stored.items()
    (request,) = lab.sagemaker.jobs
    assert (key, list(table.columns)) == ("canvas/churn-1/table.csv", ["age", "churned"])
    assert request["AutoMLProblemTypeConfig"]["TabularJobConfig"]["CompletionCriteria"] == {
        "MaxCandidates": 2
    }
    assert (canvas.job["status"], canvas.job["secondary"], canvas.moving) == (
        "InProgress",
        "TrainingModels",
        True,
    )
    send(canvas, do="stop")
    assert (lab.sagemaker.stopped, canvas.job["status"], canvas.moving) == (["churn-1"], "Stopped", False)
    assert repr(canvas).endswith("build churn-1: Stopped")


def test_what_the_account_refuses_is_said_in_its_words(canvas, lab):
    lab.sagemaker.refuse = "You may have one AutoML job at a time."

    send(canvas, do="build", kind="standard")

    assert canvas.note == "You may have one AutoML job at a time."
    assert (canvas.job, canvas.moving) == ({}, False)


def test_a_preview_comes_from_a_thread(canvas):
    send(canvas, do="preview")
    assert canvas.estimate == {"running": True}
    assert canvas.moving
    canvas._estimating.join(60)
    send(canvas, do="refresh")

    assert (canvas.estimate["metric"], canvas.estimate["rows"], canvas.moving) == ("Accuracy", 600, False)
    assert canvas.estimate["simplest"] == pytest.approx(2 / 3)
    send(canvas, do="target", column="age")
    assert canvas.estimate == {}


def test_a_preview_of_what_is_no_longer_chosen_is_not_shown(canvas, monkeypatch):
    def change(model=canvas.model, preview=canvas.model.preview):
        found = preview()
        model.left_out = {"plan"}
        return found

    monkeypatch.setattr(canvas.model, "preview", change)
    send(canvas, do="preview")
    canvas._estimating.join(60)
    send(canvas, do="refresh")

    assert canvas.estimate == {}


@pytest.mark.parametrize(
    "message",
    [
        None,
        "refresh",
        ["do"],
        {},
        {"do": "__init__"},
        {"do": "target"},
        {"do": "target", "column": 7},
        {"do": "target", "column": "x" * 5000},
        {"do": "problem", "key": "Regression"},
        {"do": "use", "column": ["age"], "used": 1},
        {"do": "build", "kind": "instant"},
        {"do": "stop"},
        {"do": "share", "group": {}},
        {"do": "share", "group": "g"},
        {"do": "deploy"},
        {"do": "batch"},
        {"do": "row", "number": "1; drop"},
        {"do": "row"},
        {"do": "ask", "values": [], "number": 1},
        {"do": "ask", "values": {"age": 1}, "number": None},
        {"do": "ask", "values": {"age": 1}, "number": 1},
    ],
    ids=str,
)
def test_whatever_comes_from_the_browser_breaks_nothing(canvas, lab, message):
    before = {**canvas.build, "turn": 0}

    canvas._handle_custom_msg(message, [])

    assert {**canvas.build, "turn": 0} == before
    assert (lab.sagemaker.jobs, canvas.job, canvas.answer) == ([], {}, {})


def test_the_batch_takes_new_rows_where_there_are_some(lab):
    assert Canvas(lab, TABLE, target="churned").new_rows == module.BATCH_ROWS
    assert Canvas(lab, TABLE, target="churned", new_rows=TABLE.tail(7)).new_rows == 7


def test_the_words_of_the_rules_are_marked_for_translation():
    text = Path(sagelab_widgets.__file__).with_name("canvas_words.js").read_text("utf-8")
    marked = set(re.findall(r'mark\(\s*"([^"]+)",?\s*\)', text))

    source = Path(columns.__file__).read_text("utf-8")
    reasons = {"the same value everywhere", "no value at all", "it counts the rows"}
    reasons |= {
        "different in every row, like an identifier",
        "Pearson's r",
        "correlation ratio",
        "Cramér's V",
    }
    assert all(reason in source for reason in reasons)
    assert marked == {
        *(problem.title for problem in problems.PROBLEMS.values()),
        *(build.title for build in builds.BUILDS.values()),
        *builds.STAGES.values(),
        *(columns.NUMERIC, columns.CATEGORICAL, columns.TEXT, columns.DATETIME),
        *reasons,
        problems.FORECASTING,
    }
