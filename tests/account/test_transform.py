"""Batch transform jobs really send objects through the model."""

import gzip
import json
import struct
import time

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ENDED, Lab, until

SUM = """
import os
def model_fn(model_dir):
    return 10
def input_fn(body, content_type):
    if b"slow" in (body if isinstance(body, bytes) else body.encode()):
        import time
        time.sleep(30)
    return [[float(cell) for cell in line.split(",")] for line in body.strip().splitlines()]
def predict_fn(data, model):
    print("batch of", len(data))
    return [model + sum(row) for row in data]
def output_fn(prediction, accept):
    return "\\n".join(str(value) for value in prediction)
"""
ECHO = """
import json, os
def model_fn(model_dir): return None
def transform_fn(model, body, content_type, accept):
    print("got", len(body))
    value = json.loads(body)
    if value.get("bad"):
        raise ValueError("no such thing")
    return json.dumps({"seen": sorted(value), "stage": os.environ.get("STAGE")}), accept
"""
COUNT = """
def model_fn(model_dir): return None
def transform_fn(model, body, content_type, accept):
    return f"<{len(body)}>", "text/plain"
"""
GROUP = "/aws/sagemaker/TransformJobs"


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def summing(lab):
    return lab.model(SUM)


def transform(lab, model, source, wait=True, **request):
    """Start a transform job and wait for its end; the description and the output folder."""
    name = lab.unique("transform")
    out = f"s3://{BUCKET}/out/{name}"
    split = {k: request.pop(k) for k in ("ContentType", "SplitType", "CompressionType") if k in request}
    kept = {k: request.pop(k) for k in ("Accept", "AssembleWith") if k in request}
    kind = request.pop("S3DataType", "S3Prefix")
    lab.sm.create_transform_job(
        **{
            "TransformJobName": name,
            "ModelName": model,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": source}},
                "ContentType": "text/csv",
                **split,
            },
            "TransformOutput": {"S3OutputPath": out, **kept},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **request,
        }
    )
    return (ended(lab, name), out) if wait else (name, out)


def ended(lab, name):
    return until(
        lambda: lab.sm.describe_transform_job(TransformJobName=name),
        lambda job: job["TransformJobStatus"] in ENDED,
    )


def batches(lab, job):
    return [line for line in lab.log(GROUP, job["TransformJobName"]) if line.startswith(("batch of", "got"))]


def test_each_object_becomes_an_out_object_in_the_same_order_and_folder(lab, summing):
    lab.put("in/two/a.csv", "1,2\n3,4\n")
    lab.put("in/two/deep/b.csv", "5,6\n")

    job, out = transform(lab, summing, f"s3://{BUCKET}/in/two/", SplitType="Line", AssembleWith="Line")

    assert job["TransformJobStatus"] == "Completed"
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    assert lab.keys(out.removeprefix(f"s3://{BUCKET}/")) == [
        f"out/{job['TransformJobName']}/a.csv.out",
        f"out/{job['TransformJobName']}/deep/b.csv.out",
    ]
    assert lab.get(f"{out}/a.csv.out") == b"13.0\n17.0\n"
    assert lab.get(f"{out}/deep/b.csv.out") == b"21.0\n"


def test_a_transform_answers_what_the_endpoint_answers(lab, summing):
    from joblab import variant

    rows = [f"{n},{n * n}" for n in range(50)]
    lab.put("in/same/rows.csv", "\n".join(rows))
    endpoint = lab.endpoint(lab.config(variant("AllTraffic", summing)))
    direct = [lab.ask(endpoint, row) for row in rows[:5]]

    _, out = transform(lab, summing, f"s3://{BUCKET}/in/same/rows.csv", SplitType="Line", AssembleWith="Line")

    answers = lab.get(f"{out}/rows.csv.out").decode().split()
    assert answers == [str(10.0 + n + n * n) for n in range(50)]
    assert answers[:5] == direct
