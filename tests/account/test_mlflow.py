"""MLflow tracking servers and apps: real servers that plain MLflow clients log to."""

import os
import urllib.error
import urllib.request
from datetime import timedelta
from importlib import metadata

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, Lab, until

from sagelab.account import connect

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # before MLflow is imported: tests call nobody
mlflow = pytest.importorskip("mlflow", reason="MLflow is not installed")

STORE = f"s3://{BUCKET}/mlflow"
UP = ("Created", "Started", "Updated")


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def server(lab):
    """A tracking server that registers models with SageMaker too."""
    return create(lab, AutomaticModelRegistration=True)


def create(lab, **more):
    name = lab.unique("mlflow")
    lab.sm.create_mlflow_tracking_server(
        **{"TrackingServerName": name, "ArtifactStoreUri": STORE, "RoleArn": ROLE, **more}
    )
    assert settled(lab, name)["TrackingServerStatus"] == "Created"
    return name


def describe(lab, name):
    return lab.sm.describe_mlflow_tracking_server(TrackingServerName=name)


def settled(lab, name):
    return until(
        lambda: describe(lab, name),
        lambda found: found["TrackingServerStatus"].endswith(("ed", "Failed")),
        120,
    )


def client_of(url):
    return mlflow.MlflowClient(tracking_uri=url)


def refused(code, call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


# -- tracking --------------------------------------------------------------------------------------------------
def test_a_plain_mlflow_client_logs_a_run_and_its_artifacts_go_to_the_learners_bucket(lab, server):
    client = client_of(describe(lab, server)["TrackingServerUrl"])
    experiment = client.create_experiment("credit")

    run = client.create_run(experiment, run_name="first")
    client.log_param(run.info.run_id, "depth", 3)
    for step, value in enumerate([0.7, 0.8]):
        client.log_metric(run.info.run_id, "auc", value, step=step)
    client.log_text(run.info.run_id, "a note", "note.txt")
    client.set_terminated(run.info.run_id)

    (found,) = client.search_runs([experiment], "metrics.auc > 0.75")
    assert (found.info.status, found.data.params) == ("FINISHED", {"depth": "3"})
    assert [point.value for point in client.get_metric_history(found.info.run_id, "auc")] == [0.7, 0.8]
    (key,) = [key for key in lab.keys("mlflow/") if key.endswith("note.txt")]
    assert lab.get(f"s3://{BUCKET}/{key}") == b"a note"


def test_a_registered_model_version_becomes_a_model_package(lab, server):
    client = client_of(describe(lab, server)["TrackingServerUrl"])
    name = lab.unique("credit model")

    client.create_registered_model(name)
    client.create_model_version(name, f"s3://{BUCKET}/mlflow/model")

    group = name.replace(" ", "-")
    (package,) = lab.sm.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    described = lab.sm.describe_model_package(ModelPackageName=package["ModelPackageArn"])
    assert described["SourceUri"] == f"s3://{BUCKET}/mlflow/model"
    assert described["CustomerMetadataProperties"]["mlflow.modelVersion"] == "1"


def test_a_presigned_url_opens_the_server_until_it_expires(lab, server):
    ask = lab.sm.create_presigned_mlflow_tracking_server_url
    link = ask(TrackingServerName=server, ExpiresInSeconds=60)["AuthorizedUrl"]
    usual = ask(TrackingServerName=server)["AuthorizedUrl"]

    with urllib.request.urlopen(link) as answer:
        assert answer.url == describe(lab, server)["TrackingServerUrl"] + "/"
        assert b"MLflow" in answer.read()
    lab.account.clock.step(timedelta(seconds=61))

    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(link)
    assert urllib.request.urlopen(usual).status == 200
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(usual + "x")


def test_the_web_page_is_there_with_the_whole_of_mlflow(lab, server):
    try:
        metadata.version("mlflow")
    except metadata.PackageNotFoundError:
        pytest.skip("the extra [mlflow] is not installed: the server answers its API, without a page")

    with urllib.request.urlopen(describe(lab, server)["TrackingServerUrl"]) as page:
        assert b"<html" in page.read().lower()


# -- states ----------------------------------------------------------------------------------------------------
def test_servers_are_listed_by_status(lab, server):
    found = lab.sm.list_mlflow_tracking_servers(TrackingServerStatus="Created", SortBy="Name")
    others = lab.sm.list_mlflow_tracking_servers(TrackingServerStatus="StopFailed")

    listed = {item["TrackingServerName"]: item for item in found["TrackingServerSummaries"]}
    assert listed[server]["IsActive"] == "Active"
    assert others["TrackingServerSummaries"] == []


def test_what_a_server_cannot_be_is_refused(lab, server):
    given = {"TrackingServerName": "other", "ArtifactStoreUri": STORE, "RoleArn": ROLE}
    make = lab.sm.create_mlflow_tracking_server

    assert "does not exist" in refused(
        "ValidationException", make, **{**given, "ArtifactStoreUri": "s3://no-such-bucket/x"}
    )
    assert "MlflowVersion 2.16.2" in refused("ValidationException", make, **given, MlflowVersion="2.16.2")
    assert "S3 URI" in refused("ValidationException", make, **{**given, "ArtifactStoreUri": "https://a/b"})
    with pytest.raises(ClientError, match="already exist"):
        make(**{**given, "TrackingServerName": server})


def test_a_stopped_server_keeps_its_runs_and_answers_again_once_it_is_started(lab, server):
    where = {"TrackingServerName": server}
    url = describe(lab, server)["TrackingServerUrl"]
    client_of(url).create_experiment("kept")

    lab.sm.stop_mlflow_tracking_server(**where)
    stopped = settled(lab, server)
    assert (stopped["TrackingServerStatus"], stopped["IsActive"]) == ("Stopped", "Inactive")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/health")
    refused("ConflictException", lab.sm.stop_mlflow_tracking_server, **where)
    refused("ConflictException", lab.sm.create_presigned_mlflow_tracking_server_url, **where)
    lab.sm.update_mlflow_tracking_server(**where, ArtifactStoreUri=f"s3://{BUCKET}/elsewhere")
    lab.sm.start_mlflow_tracking_server(**where)

    started = settled(lab, server)
    assert (started["TrackingServerStatus"], started["IsActive"]) == ("Started", "Active")
    client = client_of(started["TrackingServerUrl"])
    assert client.get_experiment_by_name("kept")
    made = client.get_experiment(client.create_experiment("new"))
    assert made.artifact_location.startswith(f"s3://{BUCKET}/elsewhere")
    refused("ConflictException", lab.sm.start_mlflow_tracking_server, **where)


def test_a_deleted_server_is_gone(lab, server):
    url = describe(lab, server)["TrackingServerUrl"]
    lab.sm.update_mlflow_tracking_server(TrackingServerName=server, TrackingServerSize="Medium")
    assert describe(lab, server)["TrackingServerSize"] == "Medium"

    lab.sm.delete_mlflow_tracking_server(TrackingServerName=server)

    until(
        lambda: lab.sm.list_mlflow_tracking_servers()["TrackingServerSummaries"],
        lambda found: server not in [item["TrackingServerName"] for item in found],
    )
    refused("ResourceNotFound", lab.sm.describe_mlflow_tracking_server, TrackingServerName=server)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/health")


# -- apps ------------------------------------------------------------------------------------------------------
def test_an_app_answers_behind_its_presigned_url_and_comes_back_with_the_account(tmp_path):
    first = connect(tmp_path)
    lab = Lab(first)
    arn = lab.sm.create_mlflow_app(Name="notes", ArtifactStoreUri=STORE, RoleArn=ROLE)["Arn"]
    ready(lab, arn)
    client_of(opened(lab, arn)).create_experiment("in the app")
    lab.sm.update_mlflow_app(Arn=arn, AccountDefaultStatus="ENABLED")
    first.stop()

    again = connect(tmp_path)
    try:
        lab = Lab(again)
        until(lambda: answers(lab, arn), bool, 120)
        url = opened(lab, arn)
        assert ready(lab, arn)["AccountDefaultStatus"] == "ENABLED"
        assert client_of(url).get_experiment_by_name("in the app")
        found = lab.sm.list_mlflow_apps(AccountDefaultStatus="ENABLED")["Summaries"]
        assert [app["Arn"] for app in found] == [arn]
        assert lab.sm.list_mlflow_apps(DefaultForDomainId="d-none")["Summaries"] == []
        lab.sm.delete_mlflow_app(Arn=arn)
        until(lambda: lab.sm.list_mlflow_apps()["Summaries"], lambda found: not found)
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"{url}/health")
    finally:
        again.stop()


def ready(lab, arn):
    return until(lambda: lab.sm.describe_mlflow_app(Arn=arn), lambda app: app["Status"] in UP, 120)


def opened(lab, arn):
    """The URL that an app's presigned link leads to."""
    with urllib.request.urlopen(lab.sm.create_presigned_mlflow_app_url(Arn=arn)["AuthorizedUrl"]) as page:
        return page.url.rstrip("/")


def answers(lab, arn):
    try:
        return bool(opened(lab, arn))
    except urllib.error.URLError:
        return False
