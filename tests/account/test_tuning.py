"""Tuning jobs really search: they run training jobs, learn from them and keep the best."""

import itertools
import re

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ENDED, ROLE, Lab, until

from sagelab.account import images

SCORE = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0)
parser.add_argument("--depth", type=int, default=0)
parser.add_argument("--kind", default="a")
a = parser.parse_args()
print(f"score={-(a.rate - 0.3) ** 2 - a.depth - (a.kind == 'b') * 0.5};")
"""


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def code(lab):
    return lab.archive(train_py=SCORE)


def choice(name, *values):
    return {"Name": name, "Values": list(values)}


def span(name, low, high, scaling="Linear"):
    return {"Name": name, "MinValue": str(low), "MaxValue": str(high), "ScalingType": scaling}


def definition(code, metric="score", **more):
    return {
        "StaticHyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": code},
        "AlgorithmSpecification": {
            "TrainingImage": images.uri("scikit-learn"),
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": metric, "Regex": r"score=([-+0-9.e]+);"}],
        },
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/tuned"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **more,
    }


def request(lab, strategy, ranges, jobs=None, parallel=2, objective="Maximize", **config):
    limits = {"MaxParallelTrainingJobs": parallel, **({"MaxNumberOfTrainingJobs": jobs} if jobs else {})}
    return {
        "HyperParameterTuningJobName": lab.unique("tune"),
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": objective, "MetricName": "score"},
            "ResourceLimits": limits,
            "ParameterRanges": ranges,
            **config,
        },
    }


def tune(lab, code, strategy, ranges, more=None, definition_more=None, **settings):
    asked = request(lab, strategy, ranges, **settings)
    lab.sm.create_hyper_parameter_tuning_job(
        **asked, TrainingJobDefinition=definition(code, **(definition_more or {})), **(more or {})
    )
    return finished(lab, asked["HyperParameterTuningJobName"])


def finished(lab, name):
    return until(
        lambda: lab.sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name),
        lambda job: job["HyperParameterTuningJobStatus"] in ENDED,
    )


def trials(lab, job, **params):
    return lab.sm.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=job["HyperParameterTuningJobName"], MaxResults=100, **params
    )["TrainingJobSummaries"]


def test_a_grid_is_covered_exactly_and_the_best_is_the_maximum_of_the_logs(lab, code):
    ranges = {"CategoricalParameterRanges": [choice("kind", "a", "b"), choice("rate", "0.1", "0.3", "0.9")]}

    job = tune(lab, code, "Grid", ranges)

    found = trials(lab, job)
    tried = sorted((t["TunedHyperParameters"]["kind"], t["TunedHyperParameters"]["rate"]) for t in found)
    assert tried == sorted(itertools.product(["a", "b"], ["0.1", "0.3", "0.9"]))
    scores = {
        t["TrainingJobName"]: float(lab.log("/aws/sagemaker/TrainingJobs", t["TrainingJobName"])[0][6:-1])
        for t in found
    }
    best = job["BestTrainingJob"]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert scores[best["TrainingJobName"]] == max(scores.values())
    assert best["TunedHyperParameters"] == {"kind": "a", "rate": "0.3"}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == max(scores.values())
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 6,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 6, "Pending": 0, "Failed": 0}
