"""A flow as a real processing job and as a step of a real pipeline: the table is the flow's own."""

import io
import json

import pandas as pd
import pytest
from wrangler_examples import OTHER, TABLE

from sagelab.account import connect
from sagelab.errors import SagelabError
from sagelab.wrangler import Flow
from sagelab.wrangler.desk import Desk
from sagelab.wrangler.processing import processing_step, upload


class Bench:
    """What a lab gives, on an account of this file's own."""

    bucket, role = "wrangler", "arn:aws:iam::123456789012:role/SageMakerRole"

    def __init__(self, account):
        self.client, self.unique = account.session.client, account.unique
        self.client("s3").create_bucket(Bucket=self.bucket)

    def put(self, key, body):
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def get(self, uri):
        return (
            self.client("s3")
            .get_object(Bucket=self.bucket, Key=uri.removeprefix(f"s3://{self.bucket}/"))["Body"]
            .read()
        )


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    account = connect(tmp_path_factory.mktemp("account"))
    yield Bench(account)
    account.stop()


@pytest.fixture(scope="module")
def flow(bench):
    """One table from memory, one from S3, a join, and a step that learns."""
    uri = bench.put("in/cities.csv", OTHER.to_csv(index=False))
    flow = Flow(TABLE, "people")
    flow.add_source(OTHER, "cities", uri=uri)
    flow.add(
        "Join", after="people", right="cities", left_column="city", right_column="city", join_type="left"
    )
    return flow.add("Standard scaler", input_column=["income"])


def ended(ask, key):
    while (answer := ask())[key] in ("InProgress", "Executing", "Stopping"):
        pass
    return answer


def test_the_job_leaves_the_flows_table(bench, flow):
    sagemaker, step = bench.client("sagemaker"), upload(flow, bench, name="people and cities")
    name = bench.unique("wrangle")
    sagemaker.create_processing_job(**step.job(name))
    job = ended(lambda: sagemaker.describe_processing_job(ProcessingJobName=name), "ProcessingJobStatus")

    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert "sagemaker-scikit-learn" in job["AppSpecification"]["ImageUri"]
    assert bench.get(step.output).decode() == flow.table().to_csv(index=False)


def test_the_pipelines_step_leaves_the_same_table(bench, flow):
    sagemaker, step = bench.client("sagemaker"), upload(flow, bench, name="people in a pipeline")
    name = bench.unique("pipeline")
    sagemaker.create_pipeline(
        PipelineName=name, PipelineDefinition=step.pipeline, RoleArn=bench.role, ClientRequestToken="t" * 32
    )
    run = sagemaker.start_pipeline_execution(PipelineName=name, ClientRequestToken="t" * 32)[
        "PipelineExecutionArn"
    ]
    done = ended(
        lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=run), "PipelineExecutionStatus"
    )

    assert done["PipelineExecutionStatus"] == "Succeeded"
    assert bench.get(step.output).decode() == flow.table().to_csv(index=False)


def test_the_request_names_every_source_once(flow):
    step = processing_step(flow, name="people", folder="s3://b/f/", role="r")

    assert [item["S3Input"]["S3Uri"] for item in step.request["ProcessingInputs"]] == [
        "s3://b/f/code/people.py",
        "s3://b/f/sources/people.csv",
        "s3://wrangler/in/cities.csv",
    ]
    assert (
        "source_2=/opt/ml/processing/input/source_2/cities.csv"
        in step.request["AppSpecification"]["ContainerArguments"]
    )
    assert json.loads(step.pipeline)["Steps"][0]["Arguments"] == step.request


def test_a_desk_imports_csv_and_parquet_and_says_what_stands_in_the_way(bench, tmp_path):
    import duckdb

    path = tmp_path / "t.parquet"
    duckdb.sql(f"COPY (SELECT 7 AS seven) TO '{path}' (FORMAT parquet)")
    desk = Desk(bench.put("in/cities_again.csv", OTHER.to_csv(index=False)), bench, name="c")
    desk.do({"do": "import", "uri": bench.put("in/t.parquet", path.read_bytes())})

    assert desk.flow.table("cities_again.csv")["people"].tolist() == OTHER["people"].tolist()
    assert desk.flow.table().to_dict("list") == {"seven": [7]}
    for uri, words in {
        "http://x/t.csv": "is not the URI of a file in S3",
        "s3://bucket": "is not the URI of a file in S3",
        "s3://nobody/t.csv": "cannot be read",
        bench.put("in/t.xlsx", b"x"): "is none of the files that can be read",
        bench.put("in/broken.parquet", b"x"): "is not a table that can be read",
        bench.put("in/empty.csv", b""): "is not a table that can be read",
        bench.put("in/bytes.csv", bytes(range(256))): "is not a table that can be read",
    }.items():
        with pytest.raises(SagelabError, match=words) as caught:
            desk.do({"do": "import", "uri": uri})
        assert "\n" not in str(caught.value)
    with pytest.raises(SagelabError, match="give the wrangler a lab"):
        Desk("s3://b/t.csv")


def test_a_desk_runs_its_flow_as_a_job(bench):
    desk = Desk(TABLE, bench, name="people")
    desk.do(
        {"do": "add", "transform": "Impute", "after": "source_1", "parameters": {"input_column": ["age"]}}
    )
    desk.do({"do": "run"})

    def job():
        desk.do({"do": "refresh"})
        return desk.shown["job"]

    assert ended(job, "status")["status"] == "Completed"
    made = pd.read_csv(io.BytesIO(bench.get(desk.shown["job"]["output"])))
    assert made["age"].tolist() == desk.flow.table()["age"].tolist()
