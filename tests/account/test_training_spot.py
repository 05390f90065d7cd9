"""Managed spot training: capacity is really taken away, and the job goes on from its checkpoint."""

from itertools import pairwise

import pytest
from joblab import BUCKET, Lab, until

from sagelab.errors import SagelabError

GROUP = "/aws/sagemaker/TrainingJobs"
SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 3600},
}
COUNT = """
import os, pathlib, signal, sys, time
folder = pathlib.Path("/opt/ml/checkpoints".replace("/opt/ml", os.environ["SM_MODEL_DIR"].removesuffix("/model")))
last = folder / "epoch.txt"
epoch = int(last.read_text()) if last.exists() else 0
print("starts from epoch", epoch, flush=True)
def save(*_):
    last.write_text(str(epoch))
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
if epoch == 0:
    epoch = 7
    print("at work", flush=True)
    while True:
        signal.pause()
pathlib.Path(os.environ["SM_MODEL_DIR"], "epoch.txt").write_text(str(epoch))
"""


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture
def no_capacity(account):
    account.spot.withdraw()
    yield
    account.spot.restore()


def checkpoints(lab):
    return {"S3Uri": f"s3://{BUCKET}/{lab.unique('spot')}", "LocalPath": "/opt/ml/checkpoints"}


def describe(lab, name):
    return lab.sm.describe_training_job(TrainingJobName=name)


def at_work(lab, name):
    until(lambda: log(lab, name), lambda lines: "at work" in lines)
    return name


def log(lab, name):
    try:
        return lab.log(GROUP, name)
    except lab.logs.exceptions.ResourceNotFoundException:
        return []


def statuses(job):
    return [step["Status"] for step in job["SecondaryStatusTransitions"]]


@pytest.fixture(scope="module")
def interrupted(account, lab):
    """A job whose machine was taken away once."""
    config = checkpoints(lab)
    name = at_work(lab, lab.train(COUNT, CheckpointConfig=config, **SPOT))
    account.spot.interrupt(name)
    return lab.trained(name), config


def test_an_interrupted_job_goes_on_from_its_checkpoint(lab, interrupted):
    job, config = interrupted

    assert job["TrainingJobStatus"] == "Completed"
    assert log(lab, job["TrainingJobName"]) == ["starts from epoch 0", "at work", "starts from epoch 7"]
    assert lab.unpacked(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"epoch.txt": b"7"}
    assert lab.get(config["S3Uri"] + "/epoch.txt") == b"7"


def test_an_interruption_is_in_the_secondary_statuses(interrupted):
    job, _ = interrupted

    assert statuses(job) == [
        "Starting",
        "Downloading",
        "Training",
        "Interrupted",
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert all(a["EndTime"] <= b["StartTime"] for a, b in pairwise(job["SecondaryStatusTransitions"]))


def test_spot_seconds_are_billed_at_the_price_that_somebody_gave(account, lab):
    script = "import time; time.sleep(2.2)"

    full = lab.trained(lab.train(script, **SPOT))
    account.spot.price(0.3)
    try:
        cheap = lab.trained(lab.train(script, **SPOT))
    finally:
        account.spot.price(1)

    assert full["EnableManagedSpotTraining"] is True
    assert full["BillableTimeInSeconds"] == full["TrainingTimeInSeconds"]
    assert 1 <= cheap["BillableTimeInSeconds"] < cheap["TrainingTimeInSeconds"]


@pytest.mark.parametrize("share", [0, -1, 1.5, "cheap", None])
def test_a_price_that_is_no_share_is_refused(account, share):
    with pytest.raises(SagelabError, match="share of the on-demand price"):
        account.spot.price(share)


def test_a_job_without_checkpoints_starts_from_zero(account, lab):
    script = COUNT.replace("if epoch == 0:", "if not os.environ.get('AGAIN') and epoch == 0:")
    name = at_work(lab, lab.train(script, **SPOT))
    account.spot.interrupt(name)
    until(lambda: log(lab, name), lambda lines: lines.count("at work") == 2)
    lab.sm.stop_training_job(TrainingJobName=name)

    assert lab.trained(name)["TrainingJobStatus"] == "Stopped"
    assert log(lab, name).count("starts from epoch 0") == 2


def test_a_new_machine_knows_nothing_of_the_old_one(account, lab):
    script = COUNT.replace(
        "if epoch == 0:", "print(sorted(os.listdir(os.environ['SM_MODEL_DIR'])), flush=True)\nif epoch == 0:"
    )
    script = script.replace(
        "epoch = 7", "epoch = 7; pathlib.Path(os.environ['SM_MODEL_DIR'], 'old').write_text('')"
    )
    name = at_work(lab, lab.train(script, CheckpointConfig=checkpoints(lab), **SPOT))
    account.spot.interrupt(name)
    lab.trained(name)

    assert [line for line in log(lab, name) if line.startswith("[")] == ["[]", "[]"]


def test_a_job_for_which_no_capacity_comes_waits_no_longer_than_it_may(account, lab, no_capacity):
    name = lab.train("print(1)", **SPOT)
    account.clock.step(hours=2)
    job = lab.trained(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert statuses(job) == ["Starting", "Stopping", "MaxWaitTimeExceeded"]
    assert "TrainingStartTime" not in job


def test_an_interrupted_job_waits_for_capacity_and_then_starts(account, lab, no_capacity):
    account.spot.restore()
    name = at_work(lab, lab.train(COUNT, CheckpointConfig=checkpoints(lab), **SPOT))
    account.spot.withdraw()
    account.spot.interrupt(name)
    until(lambda: statuses(describe(lab, name)), lambda seen: seen[-2:] == ["Interrupted", "Starting"])
    account.spot.restore()

    assert lab.trained(name)["TrainingJobStatus"] == "Completed"


def test_a_job_that_waits_for_capacity_can_be_stopped(account, lab, no_capacity):
    name = lab.train("print(1)", **SPOT)
    lab.sm.stop_training_job(TrainingJobName=name)

    assert statuses(lab.trained(name)) == ["Starting", "Stopping", "Stopped"]


def test_only_a_running_spot_job_can_be_interrupted(account, lab, interrupted):
    on_demand = lab.train("print(1)")
    lab.trained(on_demand)

    with pytest.raises(SagelabError, match="has no spot capacity"):
        account.spot.interrupt(on_demand)
    with pytest.raises(SagelabError, match="no machines at work: it is Completed"):
        account.spot.interrupt(interrupted[0]["TrainingJobName"])
    with pytest.raises(SagelabError, match="not found"):
        account.spot.interrupt("nobody")


def test_time_spent_waiting_for_capacity_is_gone_from_the_time_to_train(account, lab, no_capacity):
    tight = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}
    name = lab.train("import signal; signal.pause()", **{**SPOT, "StoppingCondition": tight})
    account.clock.step(seconds=57)
    account.spot.restore()
    job = lab.trained(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert statuses(job)[:3] == ["Starting", "Downloading", "Training"]
