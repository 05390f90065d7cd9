"""How AutoML jobs end otherwise: bad data, refusals, stops, and limits of time."""

import pytest
from automllab import AutoMLLab
from botocore.exceptions import ClientError
from joblab import BUCKET, until

TABULAR = {"TargetAttributeName": "default"}


@pytest.fixture(scope="module")
def lab(account):
    return AutoMLLab(account)


@pytest.fixture(scope="module")
def credit(lab):
    return lab.credit(600)


def test_a_target_that_is_no_column_fails_the_job_and_names_the_columns(lab, credit):
    job = lab.finished(lab.automl(credit, "defaulted"))

    assert (job["AutoMLJobStatus"], job["AutoMLJobSecondaryStatus"]) == ("Failed", "Failed")
    assert "Target attribute name defaulted was not found" in job["FailureReason"]
    assert "PAY_0" in job["FailureReason"]


@pytest.mark.parametrize(
    ("text", "settings", "reason"),
    [
        ("x,y\n" + "1,2\n3,4\n" * 20, {}, "at least 500 rows"),
        ("x,y\n" + "1,2\n" * 600, {}, "only one value"),
        ("x,y\n" + "1,a\n2,b\n3,c\n" * 200, {"ProblemType": "BinaryClassification"}, "target of 2 labels"),
    ],
)
def test_data_that_poses_no_problem_fails_the_job(lab, text, settings, reason):
    objective = {"AutoMLJobObjective": {"MetricName": "F1"}} if settings else {}
    uri = lab.put(f"automl/bad/{lab.unique('data')}.csv", text)

    job = lab.finished(lab.automl(uri, "y", more=objective, **settings))

    assert job["AutoMLJobStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_definitions_only_stops_before_the_training(lab, credit):
    name = lab.automl(credit, "default", Mode="HYPERPARAMETER_TUNING", GenerateCandidateDefinitionsOnly=True)

    job = lab.finished(name)

    assert job["AutoMLJobSecondaryStatus"] == "CandidateDefinitionsGenerated"
    assert lab.board(job) == []
    assert set(job["AutoMLJobArtifacts"]) == {
        "DataExplorationNotebookLocation",
        "CandidateDefinitionNotebookLocation",
    }


def test_a_stopped_job_stops_what_it_started(lab, credit):
    name = lab.automl(credit, "default")
    until(lambda: lab.sm.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"], bool)

    lab.sm.stop_auto_ml_job(AutoMLJobName=name)
    job = lab.finished(name)

    (child,) = lab.sm.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert (job["AutoMLJobStatus"], job["AutoMLJobSecondaryStatus"]) == ("Stopped", "Stopped")
    assert child["ProcessingJobStatus"] == "Stopped"


def test_a_training_job_that_takes_too_long_is_no_candidate(lab, credit):
    limits = {"MaxCandidates": 1, "MaxRuntimePerTrainingJobInSeconds": 1}

    job = lab.finished(lab.automl(credit, "default", CompletionCriteria=limits))

    assert job["AutoMLJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No candidate could be trained")
    assert [each["CandidateStatus"] for each in lab.board(job)] == ["Stopped"]


def test_a_job_that_runs_out_of_time_ends_with_what_it_has(lab, credit):
    job = lab.finished(lab.automl(credit, "default", CompletionCriteria={"MaxAutoMLJobRuntimeInSeconds": 1}))

    assert job["AutoMLJobStatus"] in ("Stopped", "Completed")
    assert job["AutoMLJobSecondaryStatus"] == "MaxAutoMLJobRuntimeReached"


@pytest.mark.parametrize(
    ("config", "more", "sentence"),
    [
        ({"ImageClassificationJobConfig": {}}, {}, "no AutoML for image classification"),
        ({"TabularJobConfig": {**TABULAR, "ProblemType": "Regression"}}, {}, "Give both ProblemType and"),
        (
            {"TabularJobConfig": {**TABULAR, "ProblemType": "Regression"}},
            {"AutoMLJobObjective": {"MetricName": "F1"}},
            "cannot be used with problem type Regression",
        ),
        (
            {
                "TabularJobConfig": {
                    **TABULAR,
                    "CandidateGenerationConfig": {"AlgorithmsConfig": [{"AutoMLAlgorithms": ["catboost"]}]},
                }
            },
            {},
            "has no catboost for AutoML in ENSEMBLING mode",
        ),
        ({"TabularJobConfig": TABULAR}, {"ModelDeployConfig": {}}, "needs either AutoGenerateEndpointName"),
        ({"TabularJobConfig": TABULAR}, {"DataSplitConfig": {"ValidationFraction": 1.0}}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(lab, credit, config, more, sentence):
    with pytest.raises(ClientError, match=sentence):
        lab.sm.create_auto_ml_job_v2(
            AutoMLJobName=lab.unique("automl"),
            AutoMLJobInputDataConfig=[
                {
                    "ChannelType": "training",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": credit}},
                }
            ],
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/automl-out"},
            RoleArn="arn:aws:iam::123456789012:role/SageMakerRole",
            AutoMLProblemTypeConfig=config,
            **more,
        )
