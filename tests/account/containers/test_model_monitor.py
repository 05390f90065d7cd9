"""The model monitor's container from its environment to its files."""

import json

import numpy as np
import pytest
from capturelab import event, label, write

from sagelab.account.containers import job as job_module
from sagelab.account.containers import model_monitor
from sagelab.account.containers.job import Job
from sagelab.account.containers.jsonfile import read_json
from sagelab.errors import SagelabError


@pytest.fixture
def run(tmp_path):
    """Run the container with an environment; its message."""

    def start(**environment) -> str:
        told = {"dataset_source": str(tmp_path / "data"), "output_path": str(tmp_path / "out"), **environment}
        return model_monitor.main(Job(told, tmp_path / "ml" / "processing"))

    return start


def csv(path, rows, header="score,age,plan"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows] if header else rows) + "\n")


CSV = json.dumps({"csv": {"header": True}})
CAPTURE = json.dumps({"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}})
MERGED = json.dumps({"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"]}})
ROWS = [f"0.{i % 9},{20 + i % 40},{'basic' if i % 2 else 'pro'}" for i in range(400)]


@pytest.fixture
def baseline(tmp_path, run):
    """A data quality baseline; the environment of an execution that compares with it."""
    csv(tmp_path / "data/train.csv", ROWS)
    run(dataset_format=CSV)
    kept = tmp_path / "baseline"
    (tmp_path / "out").rename(kept)
    (tmp_path / "data/train.csv").unlink()
    return {f"baseline_{name}": str(kept / f"{name}.json") for name in ("constraints", "statistics")}


def test_a_baseline_job_writes_statistics_and_constraints(tmp_path, run):
    csv(tmp_path / "data/train.csv", ROWS)

    told = run(dataset_format=CSV)

    assert told.startswith("Completed: Job completed successfully")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "constraints.json",
        "statistics.json",
    ]
    found = read_json(tmp_path / "out/statistics.json")
    assert found["dataset"] == {"item_count": 400}
    assert [feature["name"] for feature in found["features"]] == ["score", "age", "plan"]


def test_captured_data_takes_its_names_from_the_baseline(tmp_path, run, baseline):
    rows = [row.split(",", 1) for row in ROWS[:300]]
    write(tmp_path / "data/e/v/2026/11/22/10/a.jsonl", [event(sent, score) for score, sent in rows])

    told = run(dataset_format=CAPTURE, **baseline)

    assert told == "Completed: Job completed successfully with no violations."
    assert read_json(tmp_path / "out/constraint_violations.json") == {"violations": []}
    names = [feature["name"] for feature in read_json(tmp_path / "out/statistics.json")["features"]]
    assert names == ["score", "age", "plan"]


def test_drifted_captures_complete_with_violations(tmp_path, run, baseline):
    write(tmp_path / "data/a.jsonl", [event("80,basic", "0.9") for _ in range(300)])

    told = run(dataset_format=CAPTURE, **baseline)

    found = read_json(tmp_path / "out/constraint_violations.json")["violations"]
    assert told == f"CompletedWithViolations: Job completed successfully with {len(found)} violations."
    assert {(entry["feature_name"], entry["constraint_check_type"]) for entry in found} == {
        ("score", "baseline_drift_check"),
        ("age", "baseline_drift_check"),
        ("plan", "baseline_drift_check"),
    }


def test_a_request_with_a_column_too_few_is_a_missing_column(tmp_path, run, baseline):
    write(tmp_path / "data/a.jsonl", [event("80", "0.9")])

    run(dataset_format=CAPTURE, **baseline)

    found = read_json(tmp_path / "out/constraint_violations.json")["violations"]
    assert [entry["constraint_check_type"] for entry in found] == ["missing_column_check"]


def test_excluded_features_are_left_out(tmp_path, run):
    csv(tmp_path / "data/train.csv", ROWS)

    run(dataset_format=CSV, exclude_features_attribute="score,2")

    assert [f["name"] for f in read_json(tmp_path / "out/statistics.json")["features"]] == ["age"]


def test_json_lines_are_a_dataset_too(tmp_path, run):
    write(tmp_path / "data/a.jsonl", [{"age": 3, "plan": "pro"}, {"age": 4}])

    run(dataset_format=json.dumps({"json": {"lines": True}}))

    features = read_json(tmp_path / "out/constraints.json")["features"]
    assert [(f["name"], f["inferred_type"], f["completeness"]) for f in features] == [
        ("age", "Integral", 1.0),
        ("plan", "String", 0.5),
    ]


def test_a_model_quality_baseline_suggests_thresholds(tmp_path, run):
    random = np.random.default_rng(0)
    truth = (random.random(300) < 0.4).astype(int)
    scores = np.clip(truth * 0.4 + random.random(300) * 0.6, 0, 1)
    csv(tmp_path / "data/a.csv", [f"{s},{t}" for s, t in zip(scores, truth, strict=True)], "score,default")

    run(
        dataset_format=CSV,
        analysis_type="MODEL_QUALITY",
        problem_type="BinaryClassification",
        probability_attribute="score",
        probability_threshold_attribute="0.5",
        ground_truth_attribute="default",
    )

    found = read_json(tmp_path / "out/statistics.json")
    predicted = scores > 0.5
    matrix = found["binary_classification_metrics"]["confusion_matrix"]
    assert matrix["1"]["1"] == int((predicted & (truth == 1)).sum())
    assert "auc" in read_json(tmp_path / "out/constraints.json")["binary_classification_constraints"]


def test_merged_captures_are_judged_by_position(tmp_path, run):
    """A regression: the answer's column 0 is the prediction, the label comes from the merge."""
    merged = [
        {**event("1", f"{i},x"), **{"groundTruthData": label("", str(i + 2))["groundTruthData"]}}
        for i in range(5)
    ]
    write(tmp_path / "data/a.jsonl", merged)
    rules = {
        "regression_constraints": {"mae": {"threshold": 1, "comparison_operator": "GreaterThanThreshold"}}
    }
    write(tmp_path / "rules/constraints.json", [rules])

    told = run(
        dataset_format=MERGED,
        analysis_type="MODEL_QUALITY",
        problem_type="Regression",
        inference_attribute="0",
        baseline_constraints=str(tmp_path / "rules/constraints.json"),
        start_time="2026-11-22T10:00:00Z",
        end_time="2026-11-22T11:00:00Z",
    )

    assert told.startswith("CompletedWithViolations")
    found = read_json(tmp_path / "out/constraint_violations.json")["violations"]
    assert found[0]["description"] == "Metric mae with 2.0 was GreaterThanThreshold '1.0'"
    assert read_json(tmp_path / "out/statistics.json")["dataset"] == {
        "item_count": 5,
        "start_time": "2026-11-22T10:00:00Z",
        "end_time": "2026-11-22T11:00:00Z",
    }


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "Environment must set dataset_format"),
        ({"dataset_format": "csv"}, "dataset_format must be JSON such as"),
        ({"dataset_format": '{"xml": {}}'}, "dataset_format must be one of csv, json"),
        (
            {"analysis_type": "QUALITY"},
            "analysis_type is 'QUALITY'; it must be DATA_QUALITY or MODEL_QUALITY",
        ),
        ({"dataset_format": CSV, "dataset_source": "/nowhere"}, "no processing input was put there"),
        (
            {"dataset_format": CSV, "exclude_features_attribute": "agee"},
            "Excluded feature 'agee' is not a column",
        ),
        (
            {"dataset_format": CSV, "analysis_type": "MODEL_QUALITY", "problem_type": "BinaryClassification"},
            "must set ground_truth_attribute",
        ),
        (
            {
                "dataset_format": CSV,
                "analysis_type": "MODEL_QUALITY",
                "problem_type": "BinaryClassification",
                "ground_truth_attribute": "plan",
            },
            "Model quality needs inference_attribute, or probability_attribute",
        ),
    ],
)
def test_a_wrong_environment_is_one_sentence(tmp_path, run, environment, sentence):
    csv(tmp_path / "data/train.csv", ROWS)

    with pytest.raises(SagelabError, match=sentence):
        run(**environment)


def test_ragged_rows_name_the_row(tmp_path, run):
    csv(tmp_path / "data/train.csv", [*ROWS[:3], "0.5,31"])

    with pytest.raises(SagelabError, match="The dataset, row 4: 2 values for 3 columns"):
        run(dataset_format=CSV)


def test_a_baseline_that_is_not_json_names_the_line(tmp_path, run):
    csv(tmp_path / "data/train.csv", ROWS)
    (tmp_path / "bad.json").write_text('{"features": [\n oops')

    with pytest.raises(SagelabError, match=r"baseline_constraints, bad\.json, line 2: not JSON"):
        run(dataset_format=CSV, baseline_constraints=str(tmp_path / "bad.json"))


def test_a_mistake_ends_the_process_with_its_sentence_as_message(tmp_path, monkeypatch, capsys):
    """The account shows /opt/ml/output/message as the job's FailureReason."""
    monkeypatch.setattr(job_module.os, "environ", {"PROCESSING_ROOT": str(tmp_path / "ml/processing")})

    with pytest.raises(SystemExit) as ended:
        job_module.run(model_monitor.main)

    assert ended.value.code == 1
    sentence = "The job's Environment must set dataset_format."
    assert (tmp_path / "ml/output/message").read_text() == sentence
    assert capsys.readouterr().out == f"ERROR {sentence}\n"


def test_metrics_carry_names_summaries_and_drift():
    columns = model_monitor.statistics.columns_of(
        model_monitor.Table({"age": ["20", "30", ""], "plan": ["a", "b", "a"]})
    )

    metrics = {metric.name: metric for metric in model_monitor.data_metrics(columns, {"age": 0.25})}

    assert metrics["feature_data_age"].summary == {"SampleCount": 2, "Sum": 50, "Minimum": 20, "Maximum": 30}
    assert metrics["feature_non_null_age"].value == pytest.approx(2 / 3)
    assert metrics["feature_baseline_drift_age"].value == 0.25
    assert set(metrics) == {
        *("feature_data_age", "feature_non_null_age", "feature_baseline_drift_age", "feature_non_null_plan"),
    }
