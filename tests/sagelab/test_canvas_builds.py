"""Requests, progress, fields and reports of Canvas, on records as the API gives them."""

import io
import json
from datetime import UTC, datetime, timedelta

import botocore.session
import pandas as pd
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from sagelab.canvas import analysis, builds, fields, predictions, problems, sharing
from sagelab.canvas.columns import as_imported, describe
from sagelab.errors import SagelabError

START = datetime(2026, 11, 23, tzinfo=UTC)
CONTAINER = {
    "Image": "i",
    "ModelDataUrl": "s3://b/model.tar.gz",
    "Environment": {"SAGEMAKER_INFERENCE_OUTPUT": "predicted_label"},
}
BEST = {
    "CandidateName": "churn-t1",
    "FinalAutoMLJobObjectiveMetric": {"MetricName": "F1", "Value": 0.8123456789},
    "InferenceContainers": [CONTAINER],
    "CandidateProperties": {
        "CandidateArtifactLocations": {
            "Explainability": "s3://b/explain",
            "ModelInsights": "s3://b/insights/",
        }
    },
}


class Recorded:
    """A client that answers what it was given, and keeps what it was asked."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __getattr__(self, operation):
        def call(**request):
            self.asked.append((operation, request))
            answer = self.answers.get(operation, {})
            if isinstance(answer, Exception):
                raise answer
            return answer(**request) if callable(answer) else answer

        return call


class Bucket:
    """An S3 of files by URI."""

    def __init__(self, **files):
        self.files = files

    def get_object(self, Bucket, Key):  # noqa: N803 - boto3's names
        if Key not in self.files:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no"}}, "GetObject")
        return {"Body": io.BytesIO(self.files[Key])}


def valid(operation, request):
    """botocore's own judgment of a request."""
    model = botocore.session.get_session().get_service_model("sagemaker").operation_model(operation)
    return ParamValidator().validate(request, model.input_shape).generate_report()


def test_a_quick_build_looks_at_fewer_candidates_and_rows_than_a_standard_build():
    quick, standard = builds.BUILDS["quick"], builds.BUILDS["standard"]
    table = pd.DataFrame({"a": range(4000)})

    assert quick.candidates < standard.candidates
    assert len(builds.sample(table, quick)) == 3000
    assert builds.sample(table, quick).index.is_monotonic_increasing
    assert builds.sample(table, standard) is table
    assert builds.sample(table.head(3000), quick).equals(table.head(3000))


@pytest.mark.parametrize("problem", problems.PROBLEMS.values(), ids=lambda problem: problem.key)
def test_a_build_is_a_valid_automl_job(problem):
    role = "arn:aws:iam::123456789012:role/SageMakerRole"
    request = builds.job_request(
        "churn-1",
        problem,
        builds.BUILDS["quick"],
        data="s3://b/t.csv",
        output="s3://b/o",
        role=role,
        target="y",
    )
    tabular = request["AutoMLProblemTypeConfig"]["TabularJobConfig"]

    assert valid("CreateAutoMLJobV2", request) == ""
    assert (tabular["ProblemType"], tabular["TargetAttributeName"]) == (problem.key, "y")
    assert tabular["CompletionCriteria"] == {"MaxCandidates": 3}
    assert request["AutoMLJobObjective"] == {"MetricName": problem.objective}


def test_a_build_learns_from_chosen_columns_with_mismatched_cells_empty():
    table = as_imported(
        pd.DataFrame(
            {
                "row": range(40),
                "age": [*range(100, 139), "old"],
                "plan": ["a", "b"] * 20,
                "left": ["u", "v"] * 20,
                "y": [*["n", "m"] * 19, "n", None],
            }
        )
    )
    found = builds.training_table(table, describe(table, "y"), "y", ["left"])

    assert list(found.columns) == ["age", "plan", "y"]
    assert len(found) == 39
    whole = builds.training_table(table, describe(table, "plan"), "plan", [])
    assert list(whole.columns) == ["age", "plan", "left", "y"]
    assert pd.isna(whole["age"].iloc[-1])


@pytest.mark.parametrize(
    ("status", "secondary", "states"),
    [
        ("InProgress", "Starting", ["now", *["waiting"] * 5]),
        ("InProgress", "TrainingModels", ["done"] * 3 + ["now"] + ["waiting"] * 2),
        ("InProgress", "ModelTuning", ["done"] * 3 + ["now"] + ["waiting"] * 2),
        ("InProgress", "DeployingModel", ["done"] * 6),
        ("Completed", "Completed", ["done"] * 6),
        ("Completed", "ExplainabilityError", ["done"] * 6),
        ("Stopping", "Stopping", ["unknown"] * 6),
        ("Failed", "Failed", ["unknown"] * 6),
    ],
)
def test_the_stages_follow_the_secondary_status(status, secondary, states):
    assert [state for _, state in builds.stages(status, secondary)] == states


def test_progress_tells_seconds_and_the_reason_at_the_end():
    job = {"AutoMLJobSecondaryStatus": "Failed", "CreationTime": START, "AutoMLJobStatus": "Failed"}
    ended = Recorded(
        describe_auto_ml_job_v2={**job, "EndTime": START + timedelta(seconds=7), "FailureReason": "No row."}
    )
    running = Recorded(describe_auto_ml_job_v2={**job, "AutoMLJobStatus": "InProgress"})

    assert builds.progress(ended, "j").payload() | {"stages": ()} == {
        "job": "j",
        "status": "Failed",
        "secondary": "Failed",
        "stages": (),
        "seconds": 7.0,
        "failure": "No row.",
        "moving": False,
    }
    assert builds.progress(running, "j").moving
    assert builds.progress(running, "j").seconds is None


def test_what_partly_failed_is_told():
    found = Recorded(
        describe_auto_ml_job_v2={
            "AutoMLJobStatus": "Completed",
            "AutoMLJobSecondaryStatus": "ExplainabilityError",
            "CreationTime": START,
            "PartialFailureReasons": [{"PartialFailureMessage": "no row to explain"}],
        }
    )

    assert builds.progress(found, "j").failure == "no row to explain"


def board(*scores, kind):
    def one(i, score):
        final = {"Type": kind, "MetricName": "M", "Value": score}
        step = {"CandidateStepType": "AWS::SageMaker::TrainingJob", "CandidateStepName": f"c{i}"}
        done = {} if score is None else {"FinalAutoMLJobObjectiveMetric": final}
        return {"CandidateName": f"c{i}", "CandidateStatus": "Completed", "CandidateSteps": [step], **done}

    class Sagemaker(Recorded):
        def get_paginator(self, operation):
            assert operation == "list_candidates_for_auto_ml_job"
            pages = [{"Candidates": [one(i, score)]} for i, score in enumerate(scores)]
            return Recorded(paginate=pages)

    training = {"HyperParameters": {"algorithm": "xgboost", "processor": "dpp0"}, "InputDataConfig": []}
    return [each.name for each in builds.candidates(Sagemaker(describe_training_job=training), "j")]


def test_the_leaderboard_has_the_best_first_whichever_way_the_metric_goes():
    assert board(0.2, None, 0.9, 0.5, kind="Maximize") == ["c2", "c3", "c0", "c1"]
    assert board(0.2, None, 0.9, 0.5, kind="Minimize") == ["c0", "c3", "c2", "c1"]


def test_impact_sums_the_labels_and_adds_to_one():
    shap = {"a": {"global_shap_values": {"x": 1, "y": 0.5}}, "b": {"global_shap_values": {"x": 2, "y": 0.5}}}
    report = json.dumps({"explanations": {"kernel_shap": shap}}).encode()

    assert analysis.column_impact(Bucket(**{"explain/analysis.json": report}), BEST) == [
        ("x", 0.75),
        ("y", 0.25),
    ]
    assert analysis.column_impact(Bucket(), BEST) == []
    assert analysis.column_impact(Bucket(), {}) == []


def report(section, **values):
    body = {"dataset": {"item_count": 10}, section: values}
    return Bucket(**{"insights/statistics.json": json.dumps(body).encode()})


def test_insights_name_the_categories_and_leave_out_what_has_no_number():
    bucket = report(
        "binary_classification_metrics",
        confusion_matrix={"0": {"0": 6, "1": 1}, "1": {"0": 2, "1": 1}},
        f1={"value": 0.4},
        auc={"value": "NaN"},
        f2={"value": 0.3},
    )
    found = analysis.insights(bucket, BEST, ["paid", "late"])

    assert found.labels == ("paid", "late")
    assert found.confusion == ((6, 1), (2, 1))
    assert found.metrics == (("F1", 0.4),)
    assert found.simplest == ("paid", 0.7)


def test_insights_of_many_categories_keep_the_reports_labels():
    bucket = report(
        "multiclass_classification_metrics", confusion_matrix={"b": {"b": 1, "a": 3}, "a": {"b": 0, "a": 6}}
    )
    found = analysis.insights(bucket, BEST, ["a", "b"])

    assert found.labels == ("b", "a")
    assert found.simplest == ("a", 0.6)


def test_insights_of_numbers_have_no_confusion():
    found = analysis.insights(report("regression_metrics", rmse={"value": 2.5}), BEST, [])

    assert (found.metrics, found.confusion, found.simplest) == ((("RMSE", 2.5),), (), None)
    assert analysis.insights(Bucket(), BEST, []) is None


def test_a_shared_model_waits_for_approval_with_its_metrics():
    request = sharing.package_request("lenders", BEST, "A model")

    assert valid("CreateModelPackage", request) == ""
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    assert request["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == "s3://b/insights/statistics.json"
    assert request["ModelMetrics"]["Explainability"]["Report"]["S3Uri"] == "s3://b/explain/analysis.json"
    assert request["CustomerMetadataProperties"]["validation.F1"] == "0.812346"
    bare = sharing.package_request("lenders", {**BEST, "CandidateProperties": {}}, "A model")
    assert "ModelMetrics" not in bare


def test_a_group_is_made_only_where_it_is_missing():
    missing = ClientError({"Error": {"Code": "ValidationException", "Message": "no group"}}, "Describe")
    new = Recorded(describe_model_package_group=missing, create_model_package={"ModelPackageArn": "arn"})
    old = Recorded(create_model_package={"ModelPackageArn": "arn"})

    assert sharing.share(new, "g", BEST, "t") == "arn"
    assert sharing.share(old, "g", BEST, "t") == "arn"
    assert "create_model_package_group" in [name for name, _ in new.asked]
    assert "create_model_package_group" not in [name for name, _ in old.asked]


def test_an_endpoint_asks_for_every_probability_and_leaves_the_candidate_as_it_is():
    sagemaker = Recorded()

    predictions.deploy(sagemaker, "e", "role", BEST)

    (_, model), (_, config), (_, endpoint) = sagemaker.asked
    assert model["Containers"][0]["Environment"]["SAGEMAKER_INFERENCE_OUTPUT"].split(",")[-1] == "labels"
    assert CONTAINER["Environment"]["SAGEMAKER_INFERENCE_OUTPUT"] == "predicted_label"
    assert config["ProductionVariants"][0]["ModelName"] == endpoint["EndpointName"] == "e"


def test_a_row_reaches_the_endpoint_as_csv_and_its_answer_is_read():
    told = {
        "predictions": [
            {"predicted_label": "b", "probability": 0.7, "probabilities": [0.3, 0.7], "labels": ["a", "b"]}
        ]
    }
    runtime = Recorded(invoke_endpoint=lambda **_: {"Body": io.BytesIO(json.dumps(told).encode())})
    number = Recorded(invoke_endpoint={"Body": io.BytesIO(b'{"predictions": [{"predicted_label": 2.5}]}')})

    answer = predictions.ask(runtime, "e", ["1", 'say "a, b"', None])

    assert runtime.asked[0][1]["Body"] == '1,"say ""a, b""",\n'
    assert (answer.value, answer.shares) == ("b", (("a", 0.3), ("b", 0.7)))
    assert predictions.ask(number, "e", ["1"]).value == 2.5


def test_a_batch_has_a_line_a_row_with_the_models_columns_last():
    rows = as_imported(pd.DataFrame({"id": [1, 2], "x": ["a\nb", "c"], "note": ["n", "m"], "y": [3, 4]}))

    table, skip = predictions.batch_table(rows, ["y", "x"])

    assert (list(table.columns), skip) == (["id", "note", "y", "x"], 2)
    assert table["x"].tolist() == ["a b", "c"]
    with pytest.raises(SagelabError, match="no column named z"):
        predictions.batch_table(rows, ["y", "z"])


def test_a_batchs_answers_stand_behind_the_columns_that_were_sent():
    bucket = Bucket(**{"o/rows.csv.out": b"1,a,yes,0.9\n2,,no,0.6\n"})

    found = predictions.batch_rows(bucket, "s3://b/o/rows.csv.out", ["n", "x"])

    assert list(found.columns) == ["n", "x", "prediction", "probability"]
    assert found["prediction"].tolist() == ["yes", "no"]
    with pytest.raises(SagelabError, match="4 were sent"):
        predictions.batch_rows(bucket, "s3://b/o/rows.csv.out", list("abcd"))


def fields_of(**columns):
    table = as_imported(pd.DataFrame(columns))
    return [fields.field(table[column.name], column) for column in describe(table, "y")[:-1]]


def test_fields_have_ranges_values_and_a_typical_start():
    age, rate, plan, text = fields_of(
        age=[20, 30, 31, 90] * 10,
        rate=[0.5, 1.25, 3.0, 9.75] * 10,
        plan=["b", "a", "b", "c"] * 10,
        code=[f"k{i}" if i < 35 else "k0" for i in range(40)],
        y=["u", "v"] * 20,
    )[:4]

    assert (age.kind, age.low, age.high, age.step, age.start) == ("number", 20, 90, 1, "30")
    assert (rate.kind, rate.start) == ("number", "2.125")
    assert rate.step == 0.01
    assert (plan.kind, plan.values, plan.start) == ("choice", ("a", "b", "c"), "b")
    assert (text.kind, text.start) == ("choice", "k0")


def test_a_row_takes_what_is_given_and_the_start_of_the_rest():
    found = fields_of(age=[20, 30, 31, 90] * 10, plan=["b", "a", "b", "c"] * 10, y=["u", "v"] * 20)

    assert fields.row_of(found, {}) == ["30", "b"]
    assert fields.row_of(found, {"plan": "new\nline", "age": 44.5}) == ["44.5", "new line"]


@pytest.mark.parametrize(
    "given",
    [
        {"income": 1},
        {1: 1},
        {"age": "many"},
        {"age": float("nan")},
        {"age": "inf"},
        {"age": None},
        {"age": True},
        {"age": [1]},
        {"plan": {}},
        {"plan": "x" * 1001},
    ],
)
def test_whatever_else_comes_is_refused(given):
    found = fields_of(age=[20, 30, 31, 90] * 10, plan=["b", "a", "b", "c"] * 10, y=["u", "v"] * 20)

    with pytest.raises(SagelabError):
        fields.row_of(found, given)
