"""Training jobs really train."""

import re
import tarfile
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, Lab, channel, until

from sagelab.account import images

GROUP = "/aws/sagemaker/TrainingJobs"
SAVE = """
import argparse, json, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
rate = parser.parse_args().rate
train = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
rows = (train / "part" / "a.csv").read_text().splitlines()
print(f"epoch=1 loss=0.9;")
print(f"epoch=2 loss=0.{len(rows)};")
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps({"rate": rate, "rows": len(rows)}))
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "report.txt").write_text(os.environ["STAGE"])
"""


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def finished(lab):
    """One job that goes well, looked at by many tests."""
    lab.put("data/train/part/a.csv", "1\n2\n3\n")
    lab.put("data/train/b.csv", "4\n")
    name = lab.train(
        SAVE,
        {"rate": "0.5"},
        InputDataConfig=[channel("train", f"s3://{BUCKET}/data/train", ContentType="text/csv")],
        Environment={"STAGE": "lab"},
        metrics=[{"Name": "train:loss", "Regex": r"loss=([0-9.]+);"}],
    )
    return lab.trained(name)


def test_a_job_runs_the_script_on_its_channel_and_keeps_the_model(lab, finished):
    artifact = f"s3://{BUCKET}/models/{finished['TrainingJobName']}/output/model.tar.gz"

    assert (finished["TrainingJobStatus"], finished["SecondaryStatus"]) == ("Completed", "Completed")
    assert finished["ModelArtifacts"]["S3ModelArtifacts"] == artifact
    assert lab.unpacked(artifact) == {"model.json": b'{"rate": 0.5, "rows": 3}'}


def test_other_output_is_kept_beside_the_model_and_environment_is_honored(lab, finished):
    output = f"s3://{BUCKET}/models/{finished['TrainingJobName']}/output/output.tar.gz"

    assert lab.unpacked(output) == {"report.txt": b"lab"}


def test_a_job_passes_through_awss_secondary_statuses_in_order(finished):
    steps = finished["SecondaryStatusTransitions"]

    assert [step["Status"] for step in steps] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert all(a["EndTime"] <= b["StartTime"] for a, b in pairwise(steps))
    assert all(step["StatusMessage"] for step in steps)


def test_a_metric_regex_reads_the_log_and_the_last_value_is_final(account, lab, finished):
    now = account.clock.now()
    points = lab.cloudwatch.get_metric_statistics(
        Namespace=GROUP,
        MetricName="train:loss",
        Dimensions=[{"Name": "TrainingJobName", "Value": finished["TrainingJobName"]}],
        StartTime=now.replace(year=now.year - 1),
        EndTime=now.replace(year=now.year + 1),
        Period=86400 * 365,
        Statistics=["SampleCount", "Maximum"],
    )["Datapoints"]

    assert [(m["MetricName"], m["Value"]) for m in finished["FinalMetricDataList"]] == [("train:loss", 0.3)]
    assert sum(point["SampleCount"] for point in points) == 2
    assert max(point["Maximum"] for point in points) == 0.9


def test_the_scripts_output_is_a_log_stream_named_after_job_and_host(lab, finished):
    name = finished["TrainingJobName"]
    streams = lab.logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=name)["logStreams"]

    assert re.fullmatch(rf"{name}/algo-1-\d{{10}}", streams[0]["logStreamName"])
    assert lab.log(GROUP, name) == ["epoch=1 loss=0.9;", "epoch=2 loss=0.3;"]


def test_times_are_whole_seconds_and_in_order(finished):
    assert finished["CreationTime"] <= finished["TrainingStartTime"] <= finished["TrainingEndTime"]
    assert finished["TrainingTimeInSeconds"] == finished["BillableTimeInSeconds"] >= 1


def test_a_failing_script_is_told_in_awss_words_with_its_own_error(lab):
    job = lab.trained(lab.train('print("loading")\nraise ValueError("no column PAY_1")'))

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"].startswith(
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: no column PAY_1"\nCommand "'
    )
    assert job["FailureReason"].endswith("exit code: 1")
    assert not job.get("ModelArtifacts")


def test_what_the_script_writes_to_the_failure_file_is_the_reason(lab):
    script = """
import os, pathlib, sys
pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("the labels are all 0" + "!" * 2000)
sys.exit(3)
"""
    reason = lab.trained(lab.train(script))["FailureReason"]

    assert reason.startswith("AlgorithmError: the labels are all 0!!!")
    assert len(reason) <= 1024


@pytest.mark.parametrize("uri", [f"s3://{BUCKET}/nowhere/", "s3://no-such-bucket/train"])
def test_data_that_is_not_there_is_refused_in_awss_words(lab, uri):
    with pytest.raises(ClientError) as caught:
        lab.train("print(1)", InputDataConfig=[channel("train", uri)])

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["Error"]["Message"].startswith(
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists'
    )


def test_code_that_is_not_there_fails_the_job_and_names_the_uri(lab):
    uri = f"s3://{BUCKET}/code/none.tar.gz"
    job = lab.trained(lab.train("", {"sagemaker_submit_directory": uri}))

    assert job["FailureReason"].startswith("AlgorithmError: framework error:")
    assert uri in job["FailureReason"]


def test_an_archive_that_climbs_out_of_its_folder_is_refused(lab, tmp_path):
    (tmp_path / "evil.py").write_text("print(1)")
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "evil.py", "../../evil.py")
    uri = lab.put("code/evil.tar.gz", (tmp_path / "evil.tar.gz").read_bytes())

    job = lab.trained(lab.train("", {"sagemaker_submit_directory": uri}))

    assert "OutsideDestinationError" in job["FailureReason"]


@pytest.mark.parametrize("program", ["", "../train.py", "/etc/passwd", "-c"])
def test_a_program_outside_the_archive_is_refused(lab, program):
    job = lab.trained(lab.train("print(1)", {"sagemaker_program": program}))

    assert "The training entry point" in job["FailureReason"]


def test_a_job_over_its_time_is_stopped_and_keeps_what_it_saved(lab):
    script = """
import os, pathlib, signal
pathlib.Path(os.environ["SM_MODEL_DIR"], "best.txt").write_text("so far")
print("loss=0.25;", flush=True)
signal.pause()
"""
    name = lab.train(
        script,
        StoppingCondition={"MaxRuntimeInSeconds": 1},
        metrics=[{"Name": "loss", "Regex": r"loss=([0-9.]+);"}],
    )
    job = lab.trained(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert lab.unpacked(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"best.txt": b"so far"}
    assert job["FinalMetricDataList"][0]["Value"] == 0.25


def test_a_stopped_job_may_save_on_sigterm(lab):
    script = """
import os, pathlib, signal, sys
def save(*_):
    pathlib.Path(os.environ["SM_MODEL_DIR"], "saved.txt").write_text("on SIGTERM")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
while True:
    signal.pause()
"""
    name = lab.train(script)
    until(
        lambda: lab.sm.describe_training_job(TrainingJobName=name),
        lambda j: j["SecondaryStatus"] == "Training",
    )
    until(lambda: log_or_nothing(lab, name), lambda lines: "ready" in lines)

    lab.sm.stop_training_job(TrainingJobName=name)

    job = lab.trained(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]][-2:] == ["Stopping", "Stopped"]
    assert lab.unpacked(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"saved.txt": b"on SIGTERM"}


def test_a_job_that_is_stopped_at_once_never_goes_back_to_training(lab):
    name = lab.train("import signal; signal.pause()")
    lab.sm.stop_training_job(TrainingJobName=name)

    job = lab.trained(name)

    assert job["TrainingJobStatus"] == "Stopped"
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]][-2:] == ["Stopping", "Stopped"]


def log_or_nothing(lab, name):
    try:
        return lab.log(GROUP, name)
    except ClientError:
        return []


def test_a_job_that_has_ended_cannot_be_stopped(lab, finished):
    with pytest.raises(ClientError, match="rejected because the training job is in status Completed"):
        lab.sm.stop_training_job(TrainingJobName=finished["TrainingJobName"])


def test_the_script_sees_the_container_and_nothing_of_the_server(lab, monkeypatch):
    script = """
import os, pathlib
here = pathlib.Path.cwd() == pathlib.Path(__file__).parent
print(os.environ["OMP_NUM_THREADS"], os.environ["TRAINING_JOB_NAME"], here)
print(sorted(name for name in os.environ if name.startswith(("SAGELAB", "JUPYTER", "PYTEST", "MOTO"))))
import boto3
print(boto3.client("s3").list_objects_v2(Bucket="jobs", MaxKeys=1)["KeyCount"])
"""
    name = lab.train(script, Environment={"OMP_NUM_THREADS": "2"})

    assert lab.trained(name)["TrainingJobStatus"] == "Completed"
    assert lab.log(GROUP, name) == [f"2 {name} True", "[]", "1"]


def test_threads_are_held_to_one_unless_the_job_says_otherwise(lab):
    name = lab.train('import os; print(os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"])')

    lab.trained(name)

    assert lab.log(GROUP, name) == ["1 1"]


def test_checkpoints_of_an_earlier_job_are_there_again(lab):
    config = {"S3Uri": f"s3://{BUCKET}/{lab.unique('checkpoints')}", "LocalPath": "/opt/ml/checkpoints"}
    script = """
import pathlib, sys
folder = pathlib.Path(sys.argv[sys.argv.index("--checkpoints") + 1])
last = folder / "deep" / "last.txt"
last.parent.mkdir(exist_ok=True)
epoch = int(last.read_text()) if last.exists() else 0
last.write_text(str(epoch + 10))
print("went on from", epoch)
"""
    runs = []
    for _ in range(2):
        name = lab.train(script, {"checkpoints": "/opt/ml/checkpoints"}, CheckpointConfig=config)
        lab.trained(name)
        runs += lab.log(GROUP, name)

    assert runs == ["went on from 0", "went on from 10"]
    assert lab.get(config["S3Uri"] + "/deep/last.txt") == b"20"


def test_a_script_that_saves_no_model_leaves_no_archive(lab):
    job = lab.trained(lab.train("print('nothing kept')"))

    assert job["TrainingJobStatus"] == "Completed"
    assert lab.keys(f"models/{job['TrainingJobName']}/") == []


def test_an_uncompressed_model_is_kept_file_by_file(lab):
    script = 'import os, pathlib; pathlib.Path(os.environ["SM_MODEL_DIR"], "m.txt").write_text("x")'
    config = {"S3OutputPath": f"s3://{BUCKET}/models", "CompressionType": "NONE"}
    job = lab.trained(lab.train(script, OutputDataConfig=config))

    assert lab.get(job["ModelArtifacts"]["S3ModelArtifacts"] + "m.txt") == b"x"


def test_a_container_entrypoint_runs_in_place_of_script_mode(lab):
    spec = {
        "TrainingImage": images.uri("scikit-learn"),
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3", "/opt/ml/code/train.py"],
        "ContainerArguments": ["--out", "/opt/ml/model"],
    }
    script = 'import sys, pathlib; pathlib.Path(sys.argv[2], "x").write_text(sys.argv[1])'
    job = lab.trained(lab.train(script, AlgorithmSpecification=spec))

    assert lab.unpacked(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"x": b"--out"}


def test_an_image_nobody_knows_is_refused_with_those_that_work(lab):
    spec = {
        "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1",
        "TrainingInputMode": "File",
    }

    with pytest.raises(ClientError, match=re.escape(images.uri("scikit-learn"))):
        lab.train("", AlgorithmSpecification=spec)


@pytest.mark.parametrize(
    ("request_part", "sentence"),
    [
        ({"RoleArn": "SageMakerRole-of-mine-but-no-arn"}, "roleArn"),
        ({"metrics": [{"Name": "m", "Regex": "loss=("}]}, "Invalid regular expression"),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 9, "VolumeSizeInGB": 5}},
            "1 to 8 instances",
        ),
        ({"InputDataConfig": [channel("train", "s3://b/k", InputMode="Pipe")]}, "no Pipe mode"),
        ({"EnableManagedSpotTraining": True}, "Invalid MaxWaitTimeInSeconds"),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 9}},
            "EnableManagedSpotTraining",
        ),
        ({"CheckpointConfig": {"S3Uri": "s3://b/k", "LocalPath": "/tmp/x"}}, "below /opt/ml"),
    ],
)
def test_what_cannot_run_is_refused_at_create(lab, request_part, sentence):
    with pytest.raises(ClientError, match=sentence):
        lab.train("", **request_part)
