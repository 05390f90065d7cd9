"""The training monitor through its traits and messages, on jobs that really train."""

import json

import pytest
from botocore.exceptions import FlexibleChecksumError
from browser.training_cell import CELL
from support.live_cells import notebook

from sagelab.errors import SagelabError
from sagelab_widgets import TrainingMonitor


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    with notebook(tmp_path_factory.mktemp("training"), CELL) as found:
        found["lab"].wait_for(
            lambda: found["both"].refresh() or found["both"].looks,
            lambda looks: all(look["status"] == "Completed" for look in looks.values()),
        )
        yield found


def say(monitor, **message):
    monitor._hear(monitor, message, [])
    return monitor.note


def test_the_curves_end_where_the_account_says_the_job_ended(names):
    for job, look in names["both"].looks.items():
        final = names["sm"].describe_training_job(TrainingJobName=job)["FinalMetricDataList"]

        assert look["final"] == {one["MetricName"]: one["Value"] for one in final}
        assert {name: curve["last"] for name, curve in look["curves"].items()} == look["final"]
        assert [curve["count"] for curve in look["curves"].values()] == [30, 30]
        assert look["curves"]["train:mse"]["points"][0][0] == 1
        assert look["curves"]["train:mse"]["most"] == look["curves"]["train:mse"]["points"][0][1]
        assert look["log"][-1]["text"] == "fitted"
        assert [one["status"] for one in look["transitions"]][-1] == "Completed"


def test_jobs_are_compared_by_one_metric_and_others_may_be_drawn(names):
    monitor = TrainingMonitor(names["lab"], ["fast", "none", "fast"])
    assert (monitor.jobs, monitor.metrics) == (["fast", "none"], ["train:mse"])

    say(monitor, do="draw", metrics=["validation:mse", "train:mse"])
    monitor.refresh()

    assert monitor.metrics == ["validation:mse", "train:mse"]
    assert "fast: Completed, train:mse 1.07575" in repr(monitor)


def test_a_job_that_learns_nothing_fires_the_rule_and_its_record_is_shown(names):
    looks = names["both"].looks
    found = {job: {one["rule"]: one["status"] for one in look["checked"]} for job, look in looks.items()}

    assert found["none"]["LossNotDecreasing"] == "IssuesFound"
    assert found["none"]["VanishingGradient"] == "NoIssuesFound"
    assert looks["none"]["record"] == f"s3://{names['lab'].bucket}/records/none/tensors.jsonl"
    assert [one["step"] for one in looks["none"]["tensors"]["gradient/line"]] == list(range(30))
    assert sum(looks["none"]["tensors"]["weight/line"][-1]["counts"]) == 5
    assert looks["none"]["rules"] == []
    json.dumps(looks, allow_nan=False)


def test_a_record_elsewhere_is_read_and_one_that_is_not_there_is_none(names):
    lab = names["lab"]
    place = lab.put("mine/own.jsonl", '{"step": 1, "name": "losses/train", "value": "nan"}\nstrange\n')
    look = TrainingMonitor(lab, "fast", {"fast": place}).looks["fast"]
    assert (look["record"], look["strange"], look["tensors"]) == (place, 1, {})
    assert {one["rule"]: one["status"] for one in look["checked"]}["ExplodingTensor"] == "IssuesFound"

    gone = TrainingMonitor(lab, "fast", {"fast": place + "x"}).looks["fast"]
    assert (gone["record"], gone["checked"]) == ("", [])


def test_a_record_that_is_torn_by_its_copy_leaves_the_one_before(names, monkeypatch):
    lab = names["lab"]
    place = lab.put("mine/torn.jsonl", '{"step": 1, "name": "losses/train", "value": 1}\n')
    desk = TrainingMonitor(lab, "slow", {"slow": place}).desk
    before = desk.look("slow")

    class Torn:
        def read(self):
            raise FlexibleChecksumError(error_msg="the body does not fit its checksum")

    monkeypatch.setattr(lab.client("s3"), "get_object", lambda **_: {"Body": Torn()})

    assert desk.look("slow")["checked"] == before["checked"] != []
    assert TrainingMonitor(lab, "slow", {"slow": place}).looks["slow"]["checked"] == []


def test_a_running_job_is_seen_and_stopped(names):
    monitor = names["monitor"]
    names["lab"].wait_for(
        lambda: monitor.refresh() or monitor.looks["slow"]["curves"]["train:mse"]["count"],
        lambda count: count == 30,
    )
    assert monitor.looks["slow"]["status"] == "InProgress"
    assert monitor.metrics == ["train:mse", "validation:mse"]

    assert "was told to stop" in say(monitor, do="stop")
    names["lab"].wait_for(
        lambda: monitor.refresh() or monitor.looks["slow"]["status"], lambda status: status == "Stopped"
    )
    assert say(monitor, do="stop") == "slow has ended already."


def test_no_job_too_many_and_an_unknown_one(names):
    for jobs in ([], [f"job-{number}" for number in range(9)]):
        with pytest.raises(SagelabError, match="from 1 to 8"):
            TrainingMonitor(names["lab"], jobs)
    assert "not found" in TrainingMonitor(names["lab"], "nothing").note


@pytest.mark.parametrize(
    "message",
    [
        None,
        {"do": "show", "job": "nothing"},
        {"do": "show", "job": 4},
        {"do": "draw"},
        {"do": "draw", "metrics": "train:mse"},
        {"do": "draw", "metrics": ["nothing"]},
        {"do": "draw", "metrics": [["train:mse"]]},
        {"do": "delete"},
    ],
)
def test_whatever_the_browser_sends_changes_nothing(names, message):
    monitor = names["both"]
    before = (monitor.job, monitor.metrics)
    monitor._hear(monitor, message, [])

    assert (monitor.job, monitor.metrics) == before
