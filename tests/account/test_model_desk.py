"""A model opened: lineage from the endpoint back to the training data, monitors, card exports."""

import json

import pytest
from joblab import BUCKET, ROLE, Lab, channel, until, variant

from sagelab.account import images
from sagelab.dashboard import Row
from sagelab.errors import SagelabError
from sagelab.model_desk import ModelDesk, payload, select
from sagelab.model_lineage import lineage
from sagelab.said import words

SERVE = "def model_fn(d):\n    return 0\ndef predict_fn(x, m):\n    return x\n"
TRAIN = "import os, pathlib\npathlib.Path(os.environ['SM_MODEL_DIR'], 'm.txt').write_text('1')\n"


class Desk:
    """A lab's attributes on the test's account."""

    bucket = BUCKET

    def __init__(self, account):
        self.account, self.clock = account, account.clock

    def client(self, service):
        return self.account.session.client(service)


@pytest.fixture(scope="module")
def bench(account):
    return Lab(account)


@pytest.fixture(scope="module")
def trained(bench):
    """A model of a training job, behind an endpoint that captures its data; the names of job and model."""
    data = bench.put("desk/train.csv", "1,2\n").rpartition("/")[0]
    job = bench.train(TRAIN, InputDataConfig=[channel("train", data)])
    told = bench.trained(job)
    assert told["TrainingJobStatus"] == "Completed", told
    code = bench.archive(inference_py=SERVE)
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    name = bench.unique("desk")
    bench.sm.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": images.uri("scikit-learn"),
            "ModelDataUrl": told["ModelArtifacts"]["S3ModelArtifacts"],
            "Environment": environment,
        },
    )
    capture = {
        "EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": f"s3://{BUCKET}/desk/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }  # fmt: skip
    endpoint = bench.endpoint(bench.config(variant("AllTraffic", name), DataCaptureConfig=capture))
    yield job, name, endpoint
    bench.sm.delete_endpoint(EndpointName=endpoint)


def test_the_lineage_goes_from_the_endpoint_to_the_training_data(bench, trained):
    job, name, endpoint = trained
    arn = bench.sm.describe_model(ModelName=name)["ModelArn"]

    told = [words(said) for said in lineage(bench.sm, arn)]

    assert told[0].endswith(f"belongs to endpoint {endpoint}.")
    assert any(line.startswith(f"model {name} went into deployment") for line in told)
    assert any(line.startswith(f"job {job} produced model s3://") for line in told)
    (data,) = [line for line in told if line.endswith(f"went into job {job}.") and line.startswith("data ")]
    assert data == f"data s3://{BUCKET}/desk went into job {job}."
    assert told.index(data) > next(i for i, line in enumerate(told) if f"job {job} produced" in line)


def test_a_model_without_lineage_has_none(bench):
    assert lineage(bench.sm, "arn:aws:sagemaker:us-east-1:123456789012:model/nobody") == []


def test_a_model_opens_with_its_monitor_card_and_exports(account, bench, trained):
    _, name, endpoint = trained
    schedule, definition, card = (account.unique(kind) for kind in ("schedule", "definition", "card"))
    bench.sm.create_data_quality_job_definition(
        JobDefinitionName=definition,
        RoleArn=ROLE,
        DataQualityAppSpecification={"ImageUri": images.uri("model-monitor")},
        DataQualityJobInput={"EndpointInput": {"EndpointName": endpoint, "LocalPath": "/opt/ml/processing/input"}},
        DataQualityJobOutputConfig={"MonitoringOutputs": [
            {"S3Output": {"S3Uri": f"s3://{BUCKET}/desk/out", "LocalPath": "/opt/ml/processing/output"}}]},
        JobResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}},
    )  # fmt: skip
    bench.sm.create_monitoring_schedule(
        MonitoringScheduleName=schedule,
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinitionName": definition,
            "MonitoringType": "DataQuality",
        },
    )
    content = {"model_overview": {"model_id": name}, "intended_uses": {"risk_rating": "Medium"}}
    bench.sm.create_model_card(ModelCardName=card, Content=json.dumps(content), ModelCardStatus="Draft")
    desk = ModelDesk(Desk(account))
    desk.look()
    job = desk.export_card(card)
    until(lambda: desk.open(name)["card"]["exports"][0], lambda told: told["status"] != "InProgress")

    told = desk.open(name)

    (monitor,) = told["monitors"]
    assert (monitor["schedule"], monitor["kind"], monitor["status"]) == (
        schedule,
        "Data quality",
        "Scheduled",
    )
    assert words(monitor["alerts"][0]["rule"]) == (
        "Alert as soon as 1 of the last 1 executions find a violation."
    )
    assert (told["card"]["name"], told["card"]["status"], told["card"]["version"]) == (card, "Draft", 1)
    (export,) = told["card"]["exports"]
    assert (export["name"], export["status"]) == (job, "Completed")
    assert bench.get(export["uri"])
    assert told["endpoints"][0]["status"] == "InService"
    assert {row.model: row.risk for row in desk.rows}[name] == "Medium"
    bench.sm.delete_monitoring_schedule(MonitoringScheduleName=schedule)


def test_a_model_that_is_gone_is_said(account):
    desk = ModelDesk(Desk(account))
    desk.look()

    with pytest.raises(SagelabError, match="There is no model nobody now"):
        desk.open("nobody")


NONE = dict.fromkeys(("Data quality", "Model quality", "Bias drift", "Feature attribution drift"), "None")
ROWS = [
    Row("churn", "High", "card", NONE, {"live": "InService"}),
    Row("spare", "Low", "note", {**NONE, "Data quality": "OK"}),
    Row("old", "Unknown", None, NONE),
]


@pytest.mark.parametrize(
    ("show", "risk", "search", "found"),
    [
        ("all", "", "", ["churn", "spare", "old"]), ("attention", "", "", ["churn", "old"]),
        ("deployed", "", "", ["churn"]), ("unmonitored", "", "", ["churn", "old"]), ("all", "Low", "", ["spare"]),
        ("all", "", "LIVE ch", ["churn"]), ("all", "", "note", ["spare"]), ("all", "High", "spare", []),
    ],
)  # fmt: skip
def test_rows_are_chosen_by_need_risk_and_words(show, risk, search, found):
    assert [row.model for row in select(ROWS, show, risk, search)] == found


def test_a_row_is_plain_json():
    told = json.loads(json.dumps(payload(ROWS[0])))

    assert told["attention"] == ["High risk, deployed and not monitored"]
    assert told["endpoints"] == [{"name": "live", "status": "InService"}]
    assert (told["transform"], told["card"]) == (None, "card")
