"""A restart of the account keeps tasks, answers, apps; what was begun goes on."""

import base64
import json

import pytest
from joblab import ROLE, until
from labelinglab import LabelingLab
from test_restart import Server

from sagelab import labeling
from sagelab.account import process

MOODS = ["positive", "negative"]


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path / "home")
    yield running
    process.stop(running.home)


def test_an_answer_that_was_acknowledged_survives_a_kill_and_the_job_ends_with_it(server):
    server.unique = "{}-1".format
    lab = LabelingLab(server)
    name = lab.job("TextMultiClass", ["a", "b"], MOODS, workers=1)
    first, second = labeling.tasks(name, "ana", most=2, client=lab.sm)
    labeling.submit(name, "ana", {first["TaskId"]: {"label": "negative"}}, lab.sm)

    server.again(kill=True)
    sagemaker = server.client("sagemaker")
    assert sagemaker.describe_labeling_job(LabelingJobName=name)["LabelCounters"]["HumanLabeled"] == 1
    labeling.submit(name, "ana", {second["TaskId"]: {"label": "positive"}}, sagemaker)

    job = until(
        lambda: sagemaker.describe_labeling_job(LabelingJobName=name),
        lambda shown: shown["LabelingJobStatus"] not in ("InProgress", "Initializing"),
    )
    assert job["LabelingJobStatus"] == "Completed"
    uri = job["LabelingJobOutput"]["OutputDatasetS3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert [json.loads(line)["mood"] for line in body.splitlines()] == [1, 0]


def test_an_app_that_was_starting_starts_again_and_a_domain_that_was_being_made_is_there(server):
    sagemaker = server.client("sagemaker")
    script = sagemaker.create_studio_lifecycle_config(
        StudioLifecycleConfigName="slow",
        StudioLifecycleConfigContent=base64.b64encode(b"test -f once || { touch once; sleep 600; }").decode(),
        StudioLifecycleConfigAppType="KernelGateway",
    )["StudioLifecycleConfigArn"]
    spec = {"InstanceType": "ml.t3.medium", "LifecycleConfigArn": script}
    settings = {"LifecycleConfigArns": [script], "DefaultResourceSpec": spec}
    domain = sagemaker.create_domain(
        DomainName="d",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": ROLE, "KernelGatewayAppSettings": settings},
    )["DomainId"]

    server.again(kill=True)
    sagemaker = server.client("sagemaker")
    until(lambda: sagemaker.describe_domain(DomainId=domain), lambda shown: shown["Status"] == "InService")
    user = {"DomainId": domain, "UserProfileName": "ana"}
    sagemaker.create_user_profile(**user)
    until(lambda: sagemaker.describe_user_profile(**user), lambda shown: shown["Status"] == "InService")
    app = {**user, "AppType": "KernelGateway", "AppName": "kernel"}
    sagemaker.create_app(**app)
    folder = server.home / "state" / "studio" / domain / "UserProfile" / "ana"
    until((folder / "once").exists, bool)

    server.again(kill=True)
    sagemaker = server.client("sagemaker")
    shown = until(lambda: sagemaker.describe_app(**app), lambda app: app["Status"] != "Pending")
    assert shown["Status"] == "InService"
