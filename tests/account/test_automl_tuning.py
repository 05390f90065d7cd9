"""An AutoML job in tuning mode: candidates by a tuning job, and a notebook that makes them again."""

import json

import numpy as np
import pandas as pd
import pytest
from automllab import AutoMLLab, channel, code_of
from joblab import BUCKET, ROLE
from sklearn.metrics import mean_absolute_error


@pytest.fixture(scope="module")
def lab(account):
    return AutoMLLab(account)


@pytest.fixture(scope="module")
def houses(lab):
    """600 rows with a number, a category, a date, a text, an identifier and a constant."""
    random = np.random.default_rng(0)
    size, district = random.normal(100, 20, 600), random.choice(["north", "south"], 600)
    words = [f"a house with {n} rooms and a garden" for n in random.integers(1, 9, 600)]
    table = pd.DataFrame(
        {
            "id": [f"house-{n}" for n in range(600)],
            "size": np.where(random.random(600) < 0.1, np.nan, size),
            "district": district,
            "sold": pd.date_range("2020-01-01", periods=600, freq="D").strftime("%Y-%m-%d"),
            "words": [f"{text} no {n}" for n, text in enumerate(words)],
            "country": "US",
            "price": size * 3 + (district == "north") * 50 + random.normal(0, 5, 600),
        }
    )
    return lab.put("automl/houses/part.csv", table.to_csv(index=False))


@pytest.fixture(scope="module")
def job(lab, houses):
    """A regression by two tuned candidates, asked for in the older form."""
    name = lab.unique("automl")
    source = {k: v for k, v in channel(houses).items() if k != "ChannelType"}
    lab.sm.create_auto_ml_job(
        AutoMLJobName=name,
        InputDataConfig=[{**source, "TargetAttributeName": "price"}],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/automl-out"},
        ProblemType="Regression",
        AutoMLJobObjective={"MetricName": "MAE"},
        AutoMLJobConfig={
            "Mode": "HYPERPARAMETER_TUNING",
            "CompletionCriteria": {"MaxCandidates": 2},
            "CandidateGenerationConfig": {"AlgorithmsConfig": [{"AutoMLAlgorithms": ["linear-learner"]}]},
        },
        RoleArn=ROLE,
        ModelDeployConfig={"EndpointName": f"{name}-live"},
    )
    return lab.finished(name)


def test_candidates_are_the_training_jobs_of_a_tuning_job(lab, job):
    board = lab.board(job, SortBy="FinalObjectiveMetricValue")
    trials = [lab.sm.describe_training_job(TrainingJobName=each["CandidateName"]) for each in board]
    tuning = {trial["TuningJobArn"].rpartition("/")[2] for trial in trials}

    assert job["AutoMLJobStatus"] == "Completed", job
    assert "ModelTuning" in job["seen"]
    assert len(board) == 2
    assert len(tuning) == 1
    assert board[0]["FinalAutoMLJobObjectiveMetric"]["Type"] == "Minimize"
    assert board[0]["CandidateName"] == job["BestCandidate"]["CandidateName"]
    assert all(trial["HyperParameters"]["algorithm"] == "linear-learner" for trial in trials)


def test_types_are_inferred_and_identifiers_and_constants_are_dropped(lab, job):
    where = f"s3://{BUCKET}/automl-out/{job['AutoMLJobName']}/preprocessed-data/config/analysis.json"

    types = {column["name"]: column["type"] for column in json.loads(lab.get(where))["columns"]}

    assert types == {
        "id": "dropped",
        "size": "numeric",
        "district": "categorical",
        "sold": "datetime",
        "words": "text",
        "country": "dropped",
    }


def test_the_best_candidate_is_deployed_and_its_error_is_the_one_on_the_board(lab, job):
    root = f"s3://{BUCKET}/automl-out/{job['AutoMLJobName']}/preprocessed-data"
    held_out = lab.read(f"{root}/validation/validation.csv")
    rows = held_out.drop(columns="price").to_csv(index=False, header=False)

    endpoint = job["ModelDeployResult"]["EndpointName"]
    answers = [float(line) for line in lab.ask(endpoint, rows, Accept="text/csv").split()]

    wanted = job["BestCandidate"]["FinalAutoMLJobObjectiveMetric"]["Value"]
    assert endpoint == f"{job['AutoMLJobName']}-live"
    assert mean_absolute_error(held_out["price"], answers) == pytest.approx(wanted, rel=1e-5)
    assert wanted < 20


def test_the_candidate_definition_notebook_starts_the_search_again(lab, job):
    text = lab.get(job["AutoMLJobArtifacts"]["CandidateDefinitionNotebookLocation"])
    code = code_of(text).replace('"MaxNumberOfTrainingJobs": 2', '"MaxNumberOfTrainingJobs": 1')

    printed = lab.python(
        code + '\nprint(job["HyperParameterTuningJobStatus"], job["BestTrainingJob"]["TrainingJobName"])'
    )

    assert printed.startswith("Completed again-")


def test_a_classification_of_texts_finds_its_labels_by_itself(lab):
    words = {
        "loan": "please grant me this new loan",
        "card": "my card was lost in town",
        "rate": "which rate is due today",
    }
    random = np.random.default_rng(1)
    rows = [(f"{words[label]} {n}", label) for n, label in enumerate(random.choice(list(words), 500))]
    uri = lab.put("automl/texts/a.csv", pd.DataFrame(rows, columns=["text", "topic"]).to_csv(index=False))

    job = lab.finished(lab.automl(uri, "topic", CompletionCriteria={"MaxCandidates": 1}))

    assert job["AutoMLJobStatus"] == "Completed", job
    assert job["ResolvedAttributes"]["AutoMLJobObjective"] == {"MetricName": "Accuracy"}
    assert len(lab.board(job)) == 1
    assert job["BestCandidate"]["FinalAutoMLJobObjectiveMetric"]["Value"] == 1.0
