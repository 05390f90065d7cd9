"""The pipeline viewer through its traits and messages, on an account that runs the pipeline."""

import json

import pytest
from botocore.exceptions import ClientError
from browser.pipeline_cell import CELL
from support.live_cells import notebook

from sagelab.errors import SagelabError
from sagelab_widgets import PipelineViewer


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    with notebook(tmp_path_factory.mktemp("pipeline"), CELL) as found:
        yield found


@pytest.fixture
def viewer(names):
    return PipelineViewer(names["lab"], "churn")


def say(viewer, **message):
    viewer._hear(viewer, message, [])
    return viewer.note


def until(names, viewer, step, state):
    names["lab"].wait_for(
        lambda: (viewer.refresh(), viewer.states[step]["state"])[1], lambda now: now == state
    )


def test_an_execution_from_its_start_to_a_persons_answer(names, viewer):
    say(viewer, do="start", parameters={"Gate": "0.5", "Model": ""})
    assert viewer.note.startswith("Execution ")
    until(names, viewer, "AskAPerson", "Executing")
    say(viewer, do="step", step="AskAPerson")
    detail = viewer.detail

    assert json.loads(detail["given"]) == {"accuracy": 0.91}
    assert (detail["asks"], len(detail["token"]), detail["log"]) == (["decision"], 10, [])
    assert say(viewer, do="succeed", step="Evaluate", outputs={}) == "Step Evaluate waits for no answer."
    assert (
        say(viewer, do="succeed", step="AskAPerson", outputs={"decision": 7})
        == "Output parameters are texts."
    )
    assert "decision" in say(viewer, do="succeed", step="AskAPerson", outputs={})
    say(viewer, do="succeed", step="AskAPerson", outputs={"decision": "ship"})
    names["lab"].wait_for(lambda: (viewer.refresh(), viewer.status)[1], lambda now: now == "Succeeded")

    assert ["decision", "ship"] in viewer.detail["outputs"]
    assert viewer.states["TooWeak"]["state"] == "Not taken"
    assert "AskAPerson: Succeeded" in repr(viewer)
    assert json.loads(
        json.dumps(viewer.get_state(["graph", "states", "detail", "executions"]), allow_nan=False)
    )


def test_a_step_shows_what_it_was_given_what_it_gave_and_what_it_printed(names, viewer):
    viewer.choose("Evaluate")
    detail = viewer.detail
    given = json.loads(detail["given"])

    assert given["Environment"] == {"NAME": "model-a"}
    assert detail["unknown"] == []
    assert detail["files"][0]["text"] == '{"accuracy": 0.91}'
    assert [line["text"] for line in detail["log"]] == ["scoring 200 rows <b>now</b>"]
    job = dict(map(tuple, detail["outputs"]))["ProcessingJob Arn"].rpartition("/")[2]
    described = names["sm"].describe_processing_job(ProcessingJobName=job)
    assert described["Environment"] == given["Environment"]
    assert (
        described["ProcessingInputs"][0]["S3Input"]["S3Uri"]
        == given["ProcessingInputs"][0]["S3Input"]["S3Uri"]
    )


def test_before_a_run_the_definition_is_shown_and_what_has_no_value_yet_is_named(names):
    names["sm"].create_pipeline(
        PipelineName="fresh", PipelineDefinition=json.dumps(names["definition"]), RoleArn=names["lab"].role
    )
    viewer = PipelineViewer(names["lab"], "fresh")
    viewer.choose("GoodEnough")

    assert viewer.status == ""
    assert {told["state"] for told in viewer.states.values()} == {"Waiting"}
    assert json.loads(viewer.detail["given"])["Conditions"][0]["RightValue"] == {"Get": "Parameters.Gate"}
    assert len(viewer.detail["unknown"]) == 2


def test_a_refused_callback_ends_the_execution_and_a_retry_goes_on(names, viewer):
    viewer.start({})
    until(names, viewer, "AskAPerson", "Executing")
    say(viewer, do="fail", step="AskAPerson", reason="no <budget>")
    names["lab"].wait_for(lambda: (viewer.refresh(), viewer.status)[1], lambda now: now == "Failed")
    viewer.choose("AskAPerson")
    assert viewer.detail["reason"] == "no <budget>"

    say(viewer, do="retry")
    until(names, viewer, "AskAPerson", "Executing")
    assert viewer.states["Evaluate"]["state"] == "Succeeded"
    say(viewer, do="stop")
    assert viewer.status == "Stopping"
    say(viewer, do="fail", step="AskAPerson", reason="stopped")
    names["lab"].wait_for(lambda: (viewer.refresh(), viewer.status)[1], lambda now: now == "Stopped")
    assert "status Stopped" in say(viewer, do="stop")


def test_an_execution_is_chosen_and_one_of_another_pipeline_is_not(names, viewer):
    oldest = viewer.executions[-1]["arn"]
    say(viewer, do="show", execution=oldest)
    assert viewer.execution == oldest
    assert PipelineViewer(names["lab"], "churn", oldest).execution == oldest
    assert "has no execution arn:nothing" in say(viewer, do="show", execution="arn:nothing")
    assert viewer.execution == oldest


def test_an_unknown_pipeline_or_step_is_one_sentence(names, viewer):
    assert "does not exist" in PipelineViewer(names["lab"], "nothing").note
    assert say(viewer, do="step", step="Nothing") == "This pipeline has no step 'Nothing'."
    with pytest.raises(SagelabError):
        viewer.choose("Nothing")
    with pytest.raises(ClientError):
        viewer.start({"Gate": "high"})


@pytest.mark.parametrize(
    "message",
    [
        None,
        7,
        [],
        {"do": None},
        {"do": "close"},
        {"do": ["step"]},
        {"do": "step", "step": {"a": 1}},
        {"do": "step", "step": "x" * 5000},
        {"do": "show", "execution": 3},
        {"do": "start", "parameters": ["Gate"]},
        {"do": "start", "parameters": {"Gate": 1}},
        {"do": "start", "parameters": {"Strange": "1"}},
        {"do": "succeed", "step": None},
        {"do": "fail", "step": "AskAPerson", "reason": 4},
    ],
)
def test_whatever_the_browser_sends_is_survived(viewer, message):
    count = len(viewer.executions)
    viewer._hear(viewer, message, [])
    viewer.refresh()

    assert len(viewer.executions) == count
