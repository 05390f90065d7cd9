"""Canvas in code on a real account: one build of 600 clients, analyzed, deployed, asked, shared, taken up again."""

import importlib.resources
import io
import json
import time

import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, f1_score

from sagelab.account import connect
from sagelab.canvas import CanvasModel
from sagelab.errors import SagelabError

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"


class Bench:
    """What Canvas needs of a lab."""

    bucket, role = "canvas-tests", ROLE

    def __init__(self, account):
        self.account, self.unique = account, account.unique
        self.client("s3").create_bucket(Bucket=self.bucket)

    def client(self, service):
        return self.account.session.client(service)

    def put(self, key, content):
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content.to_csv(index=False))
        return f"s3://{self.bucket}/{key}"

    def get(self, uri):
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def wait(ask, done, seconds=240):
    end = time.monotonic() + seconds
    while not done(found := ask()):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def clients(rows):
    source = importlib.resources.files("sagelab") / "data" / "credit_clients.csv.gz"
    table = pd.read_csv(io.BytesIO(source.read_bytes()), compression="gzip").head(rows)
    table = table[["ID", "LIMIT_BAL", "AGE", "PAY_0", "default"]]
    return table.assign(default=table["default"].map({0: "paid", 1: "late"}))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    account = connect(tmp_path_factory.mktemp("canvas"))
    yield Bench(account)
    account.stop()


@pytest.fixture(scope="module")
def model(lab):
    made = CanvasModel(lab, clients(600), "lender", target="default")
    made.build("quick", candidates=1)
    ended = wait(made.progress, lambda progress: not progress.moving)
    assert (ended.status, ended.failure) == ("Completed", "")
    return made


def held_out(lab, model):
    """The held-out rows, and what the best candidate predicts for them, by a batch of their own."""
    job = model.built.job
    rows = pd.read_csv(
        io.BytesIO(
            lab.get(
                f"s3://{lab.bucket}/canvas/{job}/output/{job}/preprocessed-data/validation/validation.csv"
            )
        )
    )
    model.start_batch(rows)
    assert wait(model.batch_status, lambda status: status[0] not in ("InProgress", "Stopping")) == (
        "Completed",
        "",
    )
    return rows, model.batch_rows()


def test_the_job_finds_the_types_that_the_build_page_shows(lab, model):
    job = model.built.job
    uri = f"s3://{lab.bucket}/canvas/{job}/output/{job}/preprocessed-data/config/analysis.json"
    found = {column["name"]: column["type"] for column in json.loads(lab.get(uri))["columns"]}

    shown = {c.name: c.kind.lower() for c in model.columns if not c.reason and c.name != model.target}
    assert found == shown
    assert "ID" not in found  # it counts the rows


def test_the_score_and_the_confusion_are_those_of_the_batchs_own_answers(lab, model):
    rows, answers = held_out(lab, model)
    insights = model.insights

    assert list(answers.columns) == ["default", "LIMIT_BAL", "AGE", "PAY_0", "prediction", "probability"]
    wanted = confusion_matrix(rows["default"], answers["prediction"], labels=["late", "paid"])
    assert insights.labels == ("late", "paid")
    assert [list(row) for row in insights.confusion] == wanted.tolist()
    assert model.candidates()[0].score == pytest.approx(
        f1_score(rows["default"], answers["prediction"], pos_label="paid"), abs=1e-6
    )
    assert insights.rows == len(rows) == 120


def test_the_impact_is_the_reports(model):
    assert {name for name, _ in model.impact} == {"LIMIT_BAL", "AGE", "PAY_0"}
    assert sum(share for _, share in model.impact) == pytest.approx(1)


def test_an_endpoint_says_what_the_batch_said_and_is_gone_when_deleted(lab, model):
    name = model.deploy()
    assert wait(model.endpoint_status, lambda status: status[0] != "Creating")[0] == "InService"
    row = model.row(2)
    model.start_batch(clients(2).tail(1))
    wait(model.batch_status, lambda status: status[0] == "Completed")
    (batch,) = model.batch_rows().to_dict("records")

    answer = model.predict(**row)

    assert row == {"LIMIT_BAL": "120000.0", "AGE": "26", "PAY_0": "-1"}
    assert answer.value == batch["prediction"]
    assert dict(answer.shares)[answer.value] == pytest.approx(float(batch["probability"]), abs=1e-6)
    assert model.predict(PAY_0=-2).shares != model.predict(PAY_0=3).shares
    with pytest.raises(SagelabError, match="Delete the endpoint"):
        model.build("quick")
    model.delete_endpoint()
    assert model.endpoint_status() == ("", "")
    sagemaker = lab.client("sagemaker")
    assert sagemaker.list_endpoints(NameContains=name)["Endpoints"] == []
    assert sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"] == []
    assert sagemaker.list_models(NameContains=name)["Models"] == []


def test_an_endpoint_that_somebody_else_deleted_is_not_said_to_run(lab, model):
    name = model.deploy()
    wait(model.endpoint_status, lambda status: status[0] == "InService")
    lab.client("sagemaker").delete_endpoint(EndpointName=name)

    assert wait(model.endpoint_status, lambda status: status[0] != "Deleting") == ("", "")
    with pytest.raises(SagelabError, match="deploy the model first"):
        model.predict()


def test_each_share_is_a_version_that_waits_for_approval(lab, model):
    first, second = model.share(), model.share("lender")
    package = lab.client("sagemaker").describe_model_package(ModelPackageName=second)

    assert (first.rpartition("/")[2], second.rpartition("/")[2]) == ("1", "2")
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    uri = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert json.loads(lab.get(uri))["dataset"]["item_count"] == 120


def test_a_job_of_an_earlier_visit_is_taken_up(lab, model):
    table = clients(600).drop(columns="ID")
    again = CanvasModel(lab, table, "lender", job=model.built.job)

    assert (again.target, again.problem.key) == ("default", "BinaryClassification")
    assert again.progress().status == "Completed"
    assert again.impact == model.impact
    assert [field.name for field in again.fields] == ["LIMIT_BAL", "AGE", "PAY_0"]


def test_a_running_build_takes_no_second_one_and_can_be_stopped(lab):
    model = CanvasModel(lab, clients(600), "stopped", target="LIMIT_BAL")
    model.build("standard")

    with pytest.raises(SagelabError, match="A build is running"):
        model.build("quick")
    with pytest.raises(SagelabError, match="has no model yet: it is InProgress"):
        model.deploy()
    model.stop()

    assert wait(model.progress, lambda progress: not progress.moving).status == "Stopped"


def test_nothing_works_before_a_build_and_each_refusal_is_a_sentence(lab):
    model = CanvasModel(lab, clients(100), "small")

    assert model.target == "default"
    for action in (model.progress, model.candidates, model.deploy, model.share, lambda: model.fields):
        with pytest.raises(SagelabError, match="Nothing is built yet"):
            action()
    with pytest.raises(SagelabError, match="at least 500 rows"):
        model.build()
    with pytest.raises(SagelabError, match="neither"):
        model.build("instant")
    with pytest.raises(SagelabError, match="no column named 'income'"):
        model.choose_target("income")
    with pytest.raises(SagelabError, match="does not fit"):
        model.choose_problem("Regression")
    with pytest.raises(SagelabError, match="no column named 'income'"):
        model.leave_out(["income"])
    with pytest.raises(SagelabError, match="at least one column"):
        model.leave_out(["ID", "LIMIT_BAL", "AGE", "PAY_0"])
    with pytest.raises(SagelabError, match="No batch"):
        model.batch_rows()
    with pytest.raises(SagelabError, match="at most 20 letters"):
        CanvasModel(lab, clients(5), "my model")
    assert (model.target, model.problem.key, model.left_out) == ("default", "BinaryClassification", set())
    assert (model.batch_status(), model.endpoint_status()) == (("", ""), ("", ""))
