"""An AutoML job in ensembling mode really analyzes, trains, ranks and explains; its model can be deployed."""

import json

import pytest
from automllab import AutoMLLab, code_of
from joblab import BUCKET, ENDED, ROLE, until
from sklearn.metrics import f1_score, roc_auc_score


@pytest.fixture(scope="module")
def lab(account):
    return AutoMLLab(account)


@pytest.fixture(scope="module")
def job(lab):
    """The best of four candidates for 3,000 credit clients, looked at by many tests."""
    name = lab.automl(
        lab.credit(3000),
        "default",
        Mode="ENSEMBLING",
        ProblemType="BinaryClassification",
        CompletionCriteria={"MaxCandidates": 4},
        more={"AutoMLJobObjective": {"MetricName": "AUC"}},
    )
    return lab.finished(name)


@pytest.fixture(scope="module")
def oracle(lab, job, tmp_path_factory):
    """Probabilities of the held-out rows, by candidate."""
    return lab.oracle(lab.board(job), lab.read(data(job, "validation")), tmp_path_factory.mktemp("oracle"))


def data(job, name):
    return f"s3://{BUCKET}/automl-out/{job['AutoMLJobName']}/preprocessed-data/{name}/{name}.csv"


def test_a_job_passes_through_awss_secondary_statuses(job):
    order = [
        "Starting",
        "AnalyzingData",
        "FeatureEngineering",
        "TrainingModels",
        "GeneratingExplainabilityReport",
        "GeneratingModelInsightsReport",
        "Completed",
    ]

    assert job["AutoMLJobStatus"] == "Completed", job
    assert [status for status in order if status in job["seen"]] == job["seen"]
    assert {"AnalyzingData", "TrainingModels", "GeneratingExplainabilityReport", "Completed"} <= set(
        job["seen"]
    )
    assert job["ResolvedAttributes"]["AutoMLProblemTypeResolvedAttributes"] == {
        "TabularResolvedAttributes": {"ProblemType": "BinaryClassification"}
    }


def test_the_leaderboard_is_sorted_and_an_ensemble_is_the_last_candidate(lab, job):
    board = lab.board(job, SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    values = [each["FinalAutoMLJobObjectiveMetric"]["Value"] for each in board]

    assert len(board) == 4
    assert values == sorted(values, reverse=True)
    assert job["BestCandidate"]["CandidateName"] == board[0]["CandidateName"]
    assert "WeightedEnsembleL2" in lab.board(job)[-1]["CandidateName"]
    assert [s["CandidateStepType"] for s in board[0]["CandidateSteps"]] == [
        "AWS::SageMaker::ProcessingJob",
        "AWS::SageMaker::TrainingJob",
    ]


def test_every_metric_is_what_scikit_learn_finds_with_the_candidates_model_on_the_held_out_rows(
    lab, job, oracle
):
    truth = lab.read(data(job, "validation"))["default"]

    for candidate in lab.board(job):
        scores = [row[1] for row in oracle[candidate["CandidateName"]]]
        metrics = {
            (m["Set"], m["StandardMetricName"]): m["Value"]
            for m in candidate["CandidateProperties"]["CandidateMetrics"]
        }
        wanted = roc_auc_score(truth, scores)
        assert candidate["FinalAutoMLJobObjectiveMetric"]["Value"] == pytest.approx(wanted, abs=1e-6)
        assert metrics["Validation", "F1"] == pytest.approx(
            f1_score(truth, [s > 0.5 for s in scores]), abs=1e-6
        )
        assert 0.5 < metrics["Train", "AUC"] < 0.9  # cross-validated: a forest on its own rows would have 1


def test_the_held_out_rows_are_a_fifth_of_each_label_and_none_of_them_trains(lab, job):
    train, held_out = lab.read(data(job, "train")), lab.read(data(job, "validation"))

    assert len(train) + len(held_out) == 3000
    assert abs(len(held_out) - 600) <= 1
    assert held_out["default"].mean() == pytest.approx(train["default"].mean(), abs=0.002)


def test_the_best_candidate_answers_in_a_batch_transform_what_its_model_says(lab, job, oracle):
    (container,) = job["BestCandidate"]["InferenceContainers"]
    keys = "predicted_label,probability,probabilities,labels"
    container = {**container, "Environment": {**container["Environment"], "SAGEMAKER_INFERENCE_OUTPUT": keys}}
    name = lab.unique("best")
    lab.sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    rows = lab.read(data(job, "validation")).drop(columns="default")
    source = lab.put(f"automl/{name}.csv", rows.to_csv(index=False, header=False))

    lab.sm.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/batch", "Accept": "application/jsonlines"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    until(
        lambda: lab.sm.describe_transform_job(TransformJobName=name),
        lambda found: found["TransformJobStatus"] in ENDED,
    )

    answers = [json.loads(line) for line in lab.get(f"s3://{BUCKET}/batch/{name}.csv.out").splitlines()]
    wanted = oracle[job["BestCandidate"]["CandidateName"]]
    assert [a["probabilities"][1] for a in answers] == pytest.approx([row[1] for row in wanted])
    assert all(a["labels"] == ["0", "1"] for a in answers)
    assert all(a["predicted_label"] == str(int(a["probabilities"][1] > 0.5)) for a in answers)


def test_clarify_explains_every_column_of_the_best_candidate(lab, job):
    locations = job["BestCandidate"]["CandidateProperties"]["CandidateArtifactLocations"]
    analysis = json.loads(lab.get(f"{locations['Explainability']}/analysis.json"))
    (values,) = analysis["explanations"]["kernel_shap"].values()

    columns = list(lab.read(data(job, "train")).columns.drop("default"))
    assert list(values["global_shap_values"]) == columns
    strength = values["global_shap_values"]
    assert strength["ID"] < 0.1 * max(strength.values())  # it counts the rows, so the models never see it
    assert not [m for m in lab.sm.list_models(MaxResults=100)["Models"] if "-exp-" in m["ModelName"]]


def test_the_model_insights_report_measures_what_the_leaderboard_shows(lab, job):
    locations = job["BestCandidate"]["CandidateProperties"]["CandidateArtifactLocations"]
    report = json.loads(lab.get(f"{locations['ModelInsights']}/statistics.json"))[
        "binary_classification_metrics"
    ]

    assert report["auc"]["value"] == pytest.approx(
        job["BestCandidate"]["FinalAutoMLJobObjectiveMetric"]["Value"]
    )
    assert sum(sum(row.values()) for row in report["confusion_matrix"].values()) == 600


def test_the_data_exploration_notebook_is_valid_and_runs(lab, job):
    text = lab.get(job["AutoMLJobArtifacts"]["DataExplorationNotebookLocation"])

    printed = lab.python(code_of(text) + "\nprint(len(train))")

    assert printed.strip() == "2400"
    assert "CandidateDefinitionNotebookLocation" not in job["AutoMLJobArtifacts"]  # as on AWS in this mode


def test_candidates_are_filtered_and_paged(lab, job):
    best = job["BestCandidate"]["CandidateName"]
    page = lab.sm.list_candidates_for_auto_ml_job(AutoMLJobName=job["AutoMLJobName"], MaxResults=3)

    assert [each["CandidateName"] for each in lab.board(job, CandidateNameEquals=best)] == [best]
    assert lab.board(job, StatusEquals="Failed") == []
    assert len(page["Candidates"]) == 3
    assert len(lab.board(job, MaxResults=3, NextToken=page["NextToken"])) == 1


def test_jobs_are_listed_and_the_older_description_shows_them_too(lab, job):
    name = job["AutoMLJobName"]

    (listed,) = lab.sm.list_auto_ml_jobs(NameContains=name)["AutoMLJobSummaries"]
    older = lab.sm.describe_auto_ml_job(AutoMLJobName=name)

    assert listed["AutoMLJobSecondaryStatus"] == "Completed"
    assert older["InputDataConfig"][0]["TargetAttributeName"] == "default"
    assert older["ResolvedAttributes"]["ProblemType"] == "BinaryClassification"
