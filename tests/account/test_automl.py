"""AutoML jobs really analyze, train, rank and explain."""

import importlib.resources
import time

import pandas as pd
import pytest
from joblab import BUCKET, ENDED, ROLE, Lab, until


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def credit(lab):
    """3,000 credit clients in S3."""
    source = importlib.resources.files("sagelab") / "data" / "credit_clients.csv.gz"
    with source.open("rb") as file:
        table = pd.read_csv(file, compression="gzip").head(3000)
    return lab.put("automl/credit/clients.csv", table.to_csv(index=False))


def start(lab, uri, target="default", more=None, **tabular):
    name = lab.unique("automl")
    lab.sm.create_auto_ml_job_v2(
        AutoMLJobName=name,
        AutoMLJobInputDataConfig=[
            {
                "ChannelType": "training",
                "ContentType": "text/csv;header=present",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
            }
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/automl-out"},
        RoleArn=ROLE,
        AutoMLProblemTypeConfig={"TabularJobConfig": {"TargetAttributeName": target, **tabular}},
        **(more or {}),
    )
    return name


def finished(lab, name, seconds=120):
    return until(
        lambda: lab.sm.describe_auto_ml_job_v2(AutoMLJobName=name),
        lambda job: job["AutoMLJobStatus"] in ENDED,
        seconds,
    )


@pytest.fixture(scope="module")
def ensembled(lab, credit):
    started = time.monotonic()
    name = start(
        lab,
        credit,
        Mode="ENSEMBLING",
        ProblemType="BinaryClassification",
        CompletionCriteria={"MaxCandidates": 4},
        more={"AutoMLJobObjective": {"MetricName": "AUC"}},
    )
    job = finished(lab, name)
    print(f"{time.monotonic() - started:.1f} s")
    return job


def test_a_job_ranks_candidates_by_the_objective(lab, ensembled):
    name = ensembled["AutoMLJobName"]
    board = lab.sm.list_candidates_for_auto_ml_job(
        AutoMLJobName=name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending"
    )["Candidates"]

    values = [each["FinalAutoMLJobObjectiveMetric"]["Value"] for each in board]
    assert (ensembled["AutoMLJobStatus"], ensembled["AutoMLJobSecondaryStatus"]) == ("Completed", "Completed")
    assert len(board) == 4
    assert values == sorted(values, reverse=True)
    assert ensembled["BestCandidate"]["CandidateName"] == board[0]["CandidateName"]
