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


def request(lab, strategy, ranges, *, jobs=None, parallel=2, objective="Maximize", **config):
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


def tune(lab, code, strategy, ranges, *, more=None, **settings):
    asked = request(lab, strategy, ranges, **settings)
    lab.sm.create_hyper_parameter_tuning_job(**asked, TrainingJobDefinition=definition(code), **(more or {}))
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


def test_trials_are_named_ordered_and_described_as_training_jobs(lab, code):
    ranges = {"ContinuousParameterRanges": [span("rate", 0, 1)]}
    job = tune(lab, code, "Random", ranges, jobs=4, RandomSeed=3)
    name = job["HyperParameterTuningJobName"]

    by_value = trials(lab, job, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    values = [t["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for t in by_value]
    training = lab.sm.describe_training_job(TrainingJobName=by_value[0]["TrainingJobName"])

    assert [t["TrainingJobName"][: len(name) + 5] for t in trials(lab, job)] == [
        f"{name}-{n:03}-" for n in (1, 2, 3, 4)
    ]
    assert all(re.fullmatch(rf"{name}-00\d-[0-9a-f]{{8}}", t["TrainingJobName"]) for t in by_value)
    assert values == sorted(values, reverse=True)
    assert job["BestTrainingJob"]["TrainingJobName"] == by_value[0]["TrainingJobName"]
    assert training["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert training["HyperParameters"]["rate"] == by_value[0]["TunedHyperParameters"]["rate"]
    assert training["HyperParameters"]["_tuning_objective_metric"] == "score"
    page = lab.sm.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, MaxResults=3
    )
    assert len(page["TrainingJobSummaries"]) == 3
    assert page["NextToken"]


def test_the_same_seed_tries_the_same_configurations(lab, code):
    ranges = {
        "ContinuousParameterRanges": [span("rate", 0.001, 1, "Logarithmic")],
        "IntegerParameterRanges": [span("depth", 1, 9)],
    }

    first, second, other = (tune(lab, code, "Random", ranges, jobs=3, RandomSeed=seed) for seed in (1, 1, 2))

    tried = [[t["TunedHyperParameters"] for t in trials(lab, job)] for job in (first, second, other)]
    assert tried[0] == tried[1] != tried[2]
    assert all(0.001 <= float(t["rate"]) <= 1 and 1 <= int(t["depth"]) <= 9 for t in tried[0])


def test_a_bayesian_job_minimizes_with_the_search_in_a_process_of_its_own(lab, code):
    ranges = {
        "ContinuousParameterRanges": [span("rate", 0, 1)],
        "CategoricalParameterRanges": [choice("kind", "a", "b")],
    }

    job = tune(lab, code, "Bayesian", ranges, jobs=6, parallel=1, objective="Minimize", RandomSeed=5)

    values = [t["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for t in trials(lab, job)]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == min(values)
    assert len(set(values)) == 6


CURVE = """
import argparse, time
parser = argparse.ArgumentParser()
parser.add_argument("--kind")
kind = parser.parse_args().kind
for epoch in range(4):
    print(f"score={epoch if kind == 'good' else epoch - 5};")
    time.sleep(0.01 if kind == "good" else 20)
"""


def test_early_stopping_ends_a_training_job_below_the_median(lab):
    ranges = {"CategoricalParameterRanges": [choice("kind", "good", "bad")]}

    job = tune(
        lab, lab.archive(train_py=CURVE), "Grid", ranges, parallel=1, TrainingJobEarlyStoppingType="Auto"
    )

    found = {t["TunedHyperParameters"]["kind"]: t for t in trials(lab, job)}
    assert found["good"]["TrainingJobStatus"] == "Completed"
    assert found["bad"]["TrainingJobStatus"] == "Stopped"
    assert found["bad"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == -5
    assert job["TrainingJobStatusCounters"]["Stopped"] == 1
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"kind": "good"}


def test_a_reached_target_ends_the_tuning_job(lab, code):
    ranges = {"CategoricalParameterRanges": [choice("rate", "0.9", "0.3", "0.8", "0.7")]}

    job = tune(
        lab,
        code,
        "Grid",
        ranges,
        parallel=1,
        TuningJobCompletionCriteria={"TargetObjectiveMetricValue": -0.001},
    )

    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert [t["TunedHyperParameters"]["rate"] for t in trials(lab, job)] == ["0.9", "0.3"]


def test_no_improvement_for_a_while_ends_the_tuning_job(lab, code):
    ranges = {"CategoricalParameterRanges": [choice("rate", "0.3", "0.5", "0.6", "0.7", "0.8", "0.9")]}
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}

    job = tune(lab, code, "Grid", ranges, parallel=1, TuningJobCompletionCriteria=criteria)

    assert len(trials(lab, job)) == 4
    assert job["TuningJobCompletionDetails"]["NumberOfTrainingJobsObjectiveNotImproving"] == 3


def test_a_warm_start_knows_what_its_parents_found(lab, code):
    wide = {"ContinuousParameterRanges": [span("rate", 0, 1)]}
    parent = tune(lab, code, "Random", wide, jobs=4, RandomSeed=9)
    name = parent["HyperParameterTuningJobName"]
    worse = {"ContinuousParameterRanges": [span("rate", 0.9, 1)]}
    warm = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": name}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }

    job = tune(lab, code, "Bayesian", worse, jobs=1, parallel=1, more={"WarmStartConfig": warm})

    assert job["OverallBestTrainingJob"]["TrainingJobName"] == parent["BestTrainingJob"]["TrainingJobName"]
    assert job["OverallBestTrainingJob"]["TuningJobName"] == name
    assert job["BestTrainingJob"]["TrainingJobName"] != parent["BestTrainingJob"]["TrainingJobName"]


def test_a_warm_start_does_not_try_again_what_a_parent_tried(lab, code):
    ranges = {"CategoricalParameterRanges": [choice("rate", "0.1", "0.2", "0.3", "0.4")]}
    parent = tune(lab, code, "Random", ranges, jobs=3)
    parents = [{"HyperParameterTuningJobName": parent["HyperParameterTuningJobName"]}]
    warm = {"ParentHyperParameterTuningJobs": parents, "WarmStartType": "TransferLearning"}

    job = tune(lab, code, "Random", ranges, jobs=1, more={"WarmStartConfig": warm})

    tried = [t["TunedHyperParameters"]["rate"] for each in (parent, job) for t in trials(lab, each)]
    assert sorted(tried) == ["0.1", "0.2", "0.3", "0.4"]
    assert "OverallBestTrainingJob" not in job


def test_definitions_take_turns_each_with_its_own_ranges(lab, code):
    asked = request(lab, "Random", {}, jobs=4)
    config = asked["HyperParameterTuningJobConfig"]
    del config["ParameterRanges"], config["HyperParameterTuningJobObjective"]
    objective = {"Type": "Maximize", "MetricName": "score"}
    ranges = {
        "flat": {"ContinuousParameterRanges": [span("rate", 0, 0.5)]},
        "deep": {"IntegerParameterRanges": [span("depth", 5, 9)]},
    }
    lab.sm.create_hyper_parameter_tuning_job(
        **asked,
        TrainingJobDefinitions=[
            definition(code, DefinitionName=name, TuningObjective=objective, HyperParameterRanges=each)
            for name, each in ranges.items()
        ],
    )

    job = finished(lab, asked["HyperParameterTuningJobName"])

    found = trials(lab, job)
    assert sorted(t["TrainingJobDefinitionName"] for t in found) == ["deep", "deep", "flat", "flat"]
    assert {tuple(t["TunedHyperParameters"]) for t in found} == {("rate",), ("depth",)}
    assert job["BestTrainingJob"]["TrainingJobDefinitionName"] == "flat"


def test_a_tuning_job_stops_with_its_training_jobs(lab):
    slow = lab.archive(train_py="import time; print('score=1;', flush=True); time.sleep(60)")
    asked = request(lab, "Random", {"ContinuousParameterRanges": [span("rate", 0, 1)]}, jobs=5)
    lab.sm.create_hyper_parameter_tuning_job(**asked, TrainingJobDefinition=definition(slow))
    name = asked["HyperParameterTuningJobName"]
    until(
        lambda: lab.sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name),
        lambda job: job["TrainingJobStatusCounters"]["InProgress"] == 2,
    )

    lab.sm.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job = finished(lab, name)

    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert [t["TrainingJobStatus"] for t in trials(lab, job)] == ["Stopped", "Stopped"]


def test_five_failures_without_a_success_fail_the_tuning_job(lab):
    broken = lab.archive(train_py="raise ValueError('no')")

    job = tune(lab, broken, "Random", {"ContinuousParameterRanges": [span("rate", 0, 1)]}, jobs=9)

    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert re.match(
        r"No training job succeeded after [56] attempts\. Please take a look", job["FailureReason"]
    )
    assert "ValueError: no" in trials(lab, job)[0]["FailureReason"]
    assert job["ObjectiveStatusCounters"]["Succeeded"] == 0
    assert "BestTrainingJob" not in job


@pytest.mark.parametrize(
    ("asked", "settings", "sentence"),
    [
        (
            ("Hyperband", {"ContinuousParameterRanges": [span("r", 0, 1)]}),
            {"jobs": 2},
            "does not pause and resume",
        ),
        (
            ("Grid", {"IntegerParameterRanges": [span("r", 0, 1)]}),
            {},
            "Only categorical parameters are supported",
        ),
        (
            ("Random", {"IntegerParameterRanges": [span("r", 1, 3)]}),
            {"jobs": 10},
            r"ranges \[3.0\] must be equal",
        ),
        (
            ("Random", {"ContinuousParameterRanges": [span("r", 0, 1, "Logarithmic")]}),
            {"jobs": 1},
            "ranges above 0",
        ),
        (
            ("Random", {"ContinuousParameterRanges": [span("r", 0, 1, "ReverseLogarithmic")]}),
            {"jobs": 1},
            "x < 1.0",
        ),
        (("Random", {"ContinuousParameterRanges": [span("r", 2, 1)]}), {"jobs": 1}, "must not be above"),
        (("Random", {"ContinuousParameterRanges": [span("r", 0, 1)]}), {}, "needs MaxNumberOfTrainingJobs"),
        (("Random", {}), {"jobs": 1}, "at least one hyperparameter range"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(lab, code, asked, settings, sentence):
    with pytest.raises(ClientError, match=sentence):
        tune(lab, code, *asked, **settings)


def test_the_objective_must_be_a_metric_of_the_log(lab, code):
    asked = request(lab, "Random", {"ContinuousParameterRanges": [span("rate", 0, 1)]}, jobs=1)

    with pytest.raises(
        ClientError, match="A metric is required for this hyperparameter tuning job objective"
    ):
        lab.sm.create_hyper_parameter_tuning_job(
            **asked, TrainingJobDefinition=definition(code, metric="other")
        )


def test_a_tuning_job_can_be_deleted_and_listed(lab, code):
    job = tune(lab, code, "Grid", {"CategoricalParameterRanges": [choice("kind", "a")]})
    name = job["HyperParameterTuningJobName"]

    (listed,) = lab.sm.list_hyper_parameter_tuning_jobs(NameContains=name)["HyperParameterTuningJobSummaries"]
    lab.sm.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)

    assert (listed["Strategy"], listed["ObjectiveStatusCounters"]["Succeeded"]) == ("Grid", 1)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        lab.sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
