"""Processing jobs really process."""

import json

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, Lab, s3_input, s3_output, until

from sagelab.account import images

GROUP = "/aws/sagemaker/ProcessingJobs"


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


def test_a_job_reads_its_input_and_leaves_its_output_in_s3(lab):
    data = lab.put(f"in/{lab.unique('rows')}/rows.csv", "1\n2\n")
    target = f"s3://{BUCKET}/out/{lab.unique('out')}"
    script = """
import pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:])
(target / "deep").mkdir()
(target / "deep" / "count.txt").write_text(str(len(source.read_text().split())))
print("done")
"""
    name = lab.process(
        script,
        "/opt/ml/processing/input/rows.csv",
        "/opt/ml/processing/output",
        inputs=[s3_input("rows", data, "/opt/ml/processing/input")],
        outputs=[s3_output("counts", "/opt/ml/processing/output", target)],
    )
    job = lab.processed(name)

    assert job["ProcessingJobStatus"] == "Completed"
    assert lab.get(target + "/deep/count.txt") == b"2"
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    assert lab.log(GROUP, name) == ["done"]


def test_environment_values_and_the_root_lead_to_the_jobs_folder(lab):
    script = """
import os
root = os.environ["PROCESSING_ROOT"]
print(os.environ["REPORT"] == root + "/report.json", os.path.isdir(root))
"""
    name = lab.process(script, Environment={"REPORT": "/opt/ml/processing/report.json"})
    lab.processed(name)

    assert lab.log(GROUP, name) == ["True True"]


def test_the_jobs_request_is_in_processingjobconfig(lab):
    script = """
import os, pathlib
print((pathlib.Path(os.environ["PROCESSING_ROOT"]).parent / "config" / "processingjobconfig.json").read_text())
"""
    name = lab.process(script, "--hello", Environment={"A": "b"})
    lab.processed(name)

    config = json.loads(lab.log(GROUP, name)[0])
    assert config["ProcessingJobName"] == name
    assert config["AppSpecification"]["ContainerArguments"] == ["--hello"]
    assert config["Environment"] == {"A": "b"}


def test_a_failing_script_is_told_in_awss_words_and_the_log_has_the_error(lab):
    name = lab.process("raise KeyError('PAY_1')")
    job = lab.processed(name)

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert lab.log(GROUP, name)[-1] == "KeyError: 'PAY_1'"


def test_the_message_file_is_the_exit_message(lab):
    script = """
import os, pathlib
message = pathlib.Path(os.environ["PROCESSING_ROOT"]).parent / "output" / "message"
message.write_text("Completed: Job completed successfully with no violations.")
"""
    job = lab.processed(lab.process(script))

    assert job["ExitMessage"] == "Completed: Job completed successfully with no violations."


def test_a_failing_containers_message_is_the_reason(lab):
    script = """
import os, pathlib, sys
(pathlib.Path(os.environ["PROCESSING_ROOT"]).parent / "output" / "message").write_text("ClientError: no label column")
sys.exit(2)
"""
    job = lab.processed(lab.process(script))

    assert job["FailureReason"] == "ClientError: no label column, exit code: 2"


def test_input_that_is_not_there_fails_the_job(lab):
    gone = s3_input("rows", "s3://no-such-bucket/rows.csv", "/opt/ml/processing/input")
    job = lab.processed(lab.process("", inputs=[gone]))

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "ClientError: Failed to download data. No S3 objects found under S3 URL"
    )
    assert "Error message from S3: The specified bucket does not exist" in job["FailureReason"]


def test_an_output_bucket_that_is_not_there_fails_the_job(lab):
    output = s3_output("out", "/opt/ml/processing/out", "s3://no-such-bucket/x")
    script = 'import os; open(os.environ["PROCESSING_ROOT"] + "/out/x", "w").write("x")'
    job = lab.processed(lab.process(script, outputs=[output]))

    assert job["FailureReason"].startswith("ClientError: Failed to upload data.")


def test_a_stopped_job_is_stopped(lab):
    name = lab.process("import signal; print('up', flush=True); signal.pause()")
    lab.sm.stop_processing_job(ProcessingJobName=name)

    assert lab.processed(name)["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="rejected because the processing job is in status Stopped"):
        lab.sm.stop_processing_job(ProcessingJobName=name)


def test_a_job_that_has_ended_can_be_deleted(lab):
    name = lab.process("import signal; signal.pause()")
    with pytest.raises(ClientError, match="rejected because the processing job is in status InProgress"):
        lab.sm.delete_processing_job(ProcessingJobName=name)
    lab.sm.stop_processing_job(ProcessingJobName=name)
    lab.processed(name)
    lab.sm.delete_processing_job(ProcessingJobName=name)

    with pytest.raises(ClientError, match="not find"):
        lab.sm.describe_processing_job(ProcessingJobName=name)


def test_a_job_over_its_time_is_stopped(lab):
    name = lab.process("import signal; signal.pause()", StoppingCondition={"MaxRuntimeInSeconds": 1})

    assert lab.processed(name)["ProcessingJobStatus"] == "Stopped"


def test_a_continuous_output_is_in_s3_while_the_job_runs(lab):
    target = f"s3://{BUCKET}/out/{lab.unique('live')}"
    script = """
import os, signal
open(os.environ["PROCESSING_ROOT"] + "/live/first.txt", "w").write("1")
signal.pause()
"""
    output = s3_output("live", "/opt/ml/processing/live", target, "Continuous")
    name = lab.process(script, outputs=[output])

    until(lambda: lab.keys(target.removeprefix(f"s3://{BUCKET}/")), bool)

    assert lab.sm.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "InProgress"
    lab.sm.stop_processing_job(ProcessingJobName=name)
    lab.processed(name)


def test_a_command_that_does_not_exist_fails_the_job(lab):
    request = {"ImageUri": images.uri("scikit-learn"), "ContainerEntrypoint": ["no-such-command"]}
    name = lab.process("", AppSpecification=request)
    job = lab.processed(name)

    assert job["ProcessingJobStatus"] == "Failed"
    assert "no-such-command" in lab.log(GROUP, name)[0]


@pytest.mark.parametrize(
    ("request_part", "sentence"),
    [
        ({"AppSpecification": {"ImageUri": "mine:1", "ContainerEntrypoint": ["x"]}}, "Images that work"),
        (
            {"AppSpecification": {"ImageUri": images.uri("scikit-learn")}},
            "needs AppSpecification.ContainerEntrypoint",
        ),
        ({"inputs": [s3_input("x", "s3://b/k", "/tmp/x")]}, "must begin with /opt/ml/processing/"),
        ({"outputs": [s3_output("x", "/opt/ml/processing/../model", "s3://b/k")]}, "must begin with"),
    ],
)
def test_what_cannot_run_is_refused_at_create(lab, request_part, sentence):
    with pytest.raises(ClientError, match=sentence):
        lab.process("", **request_part)


@pytest.mark.parametrize("name", ["model-monitor", "clarify"])
def test_awss_own_images_run_their_container(lab, name):
    """The container is found and starts; without its input it fails with a message of its own."""
    job_name = lab.unique("container")
    lab.sm.create_processing_job(
        ProcessingJobName=job_name,
        RoleArn=ROLE,
        AppSpecification={"ImageUri": images.uri(name)},
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
        },
    )

    assert lab.processed(job_name)["ProcessingJobStatus"] == "Failed"
    assert not any("No module named" in line for line in lab.log(GROUP, job_name))


def test_a_log_reaches_cloudwatch_however_far_the_clock_was_stepped(account, lab):
    """CloudWatch Logs refuses events that are more than a fortnight from its own time."""
    account.clock.step(days=40)
    name = lab.process("print('still here')")
    lab.processed(name)
    assert lab.log(GROUP, name) == ["still here"]
