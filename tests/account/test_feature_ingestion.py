"""The two ways in for many records: threads that call PutRecord, and a processing job that writes."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from featurelab import ROLE, FeatureLab, until

RECORDS = 400
JOB = """
import csv, json, os, sys
from concurrent.futures import ThreadPoolExecutor
import boto3

group = sys.argv[1]
store = boto3.client("sagemaker-featurestore-runtime")
rows = list(csv.DictReader(open(os.environ["PROCESSING_ROOT"] + "/input/bills/bills.csv")))

def put(row):
    store.put_record(
        FeatureGroupName=group,
        Record=[{"FeatureName": name, "ValueAsString": value} for name, value in row.items() if value],
    )

with ThreadPoolExecutor(4) as pool:
    list(pool.map(put, rows))
print("wrote", len(rows))
"""


@pytest.fixture(scope="module")
def lab(account):
    return FeatureLab(account.session.client, account.unique)


def test_many_threads_write_and_nothing_is_lost(lab, account, tmp_path):
    group = lab.group()

    def put(number):
        lab.put(group, client=number % 100, at=f"2026-01-01T{number % 24:02d}:00:00Z", bill=number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(RECORDS)))
    account.clock.step(timedelta(minutes=15))

    bills = sorted(int(row["bill"]) for row in lab.history(group, tmp_path))
    newest = max(number % 24 for number in range(7, RECORDS, 100))
    assert bills == list(range(RECORDS))
    assert lab.get(group, 7)["at"] == f"2026-01-01T{newest:02d}:00:00Z"


def test_a_processing_job_writes_into_a_feature_group(lab, account, tmp_path):
    group = lab.group()
    rows = ["client,at,bill,note"] + [
        f"{n},2026-01-01T12:00:00Z,{n}.5,{'' if n % 2 else 'even'}" for n in range(50)
    ]
    lab.s3.put_object(Bucket=lab.bucket, Key="in/bills.csv", Body="\n".join(rows))
    lab.s3.put_object(Bucket=lab.bucket, Key="code/ingest.py", Body=JOB)
    name = account.unique("ingest")

    lab.sm.create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={
            "ImageUri": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/ingest.py"],
            "ContainerArguments": [group],
        },
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        },
        ProcessingInputs=[source(lab, "bills", "in"), source(lab, "code", "code")],
    )
    job = until(
        lambda: lab.sm.describe_processing_job(ProcessingJobName=name),
        lambda found: found["ProcessingJobStatus"] not in ("InProgress", "Stopping"),
    )
    account.clock.step(timedelta(minutes=15))

    assert job["ProcessingJobStatus"] == "Completed", json.dumps(job, default=str)
    assert sorted(row["client"] for row in lab.history(group, tmp_path)) == list(range(50))
    assert lab.get(group, 8) == {"client": "8", "at": "2026-01-01T12:00:00Z", "bill": "8.5", "note": "even"}
    assert "note" not in lab.get(group, 9)


def source(lab, name, prefix):
    """A processing input from the bucket."""
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": f"s3://{lab.bucket}/{prefix}",
            "LocalPath": f"/opt/ml/processing/input/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
