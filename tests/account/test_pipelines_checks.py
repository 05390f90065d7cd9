"""QualityCheck and ClarifyCheck steps: baselines, drift checks, violations, and which baseline goes on."""

import json
from typing import Any

import pytest
from joblab import BUCKET, ROLE, s3_input
from pipelab import CLUSTER, PipeLab, get, output, status

from sagelab.account import images

DATASET = "/opt/ml/processing/input/baseline_dataset_input"
GOOD = "age,income\n" + "".join(f"{20 + n % 40},{1000 + n}.5\n" for n in range(120))
HOLES = "age,income\n" + "".join(f"{'' if n % 2 else 20 + n % 40},{1000 + n}.5\n" for n in range(120))
LOANS = "default,sex,age\n" + "".join(f"{n % 2},{n % 3 % 2},{20 + n % 40}\n" for n in range(120))
SKEWED = "default,sex,age\n" + "".join(f"{n % 2},{n % 2},{20 + n % 40}\n" for n in range(120))


@pytest.fixture(scope="module")
def lab(account: Any) -> PipeLab:
    return PipeLab(account)


def quality_check(lab: PipeLab, data: str, **more: Any) -> dict[str, Any]:
    """A data quality check of a CSV file, as the SDK writes it."""
    uri = lab.put(f"data/{lab.unique('data')}.csv", data)
    place = f"s3://{BUCKET}/{lab.unique('check')}"
    local = "/opt/ml/processing/output"
    arguments = {
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "AppSpecification": {"ImageUri": images.uri("model-monitor")},
        "ProcessingInputs": [s3_input("baseline_dataset_input", uri, DATASET)],
        "ProcessingOutputConfig": {"Outputs": [output("output", place)]},
        "Environment": {
            "output_path": local,
            "publish_cloudwatch_metrics": "Disabled",
            "dataset_format": '{"csv": {"header": true}}',
            "dataset_source": DATASET,
        },
        "RoleArn": ROLE,
    }
    return check("QualityCheck", "DATA_QUALITY", arguments, **more)


def bias_check(lab: PipeLab, data: str, **more: Any) -> dict[str, Any]:
    """A check of bias in the data, as the SDK writes it."""
    config = {
        "dataset_type": "text/csv",
        "headers": ["default", "sex", "age"],
        "label": "default",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "sex", "value_or_threshold": [1]}],
        "methods": {"pre_training_bias": {"methods": ["DPL"]}},
    }
    name = lab.unique("bias")
    place = f"s3://{BUCKET}/{name}/out"
    inputs = [
        s3_input(
            "analysis_config",
            lab.put(f"{name}/analysis_config.json", json.dumps(config)),
            folder("analysis_config"),
        ),
        s3_input("dataset", lab.put(f"{name}/data.csv", data.partition("\n")[2]), folder("data")),
    ]
    arguments = {
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "AppSpecification": {"ImageUri": images.uri("clarify")},
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [output("output", place)]},
        "RoleArn": ROLE,
    }

    return check("ClarifyCheck", "DATA_BIAS", arguments, **more)


def folder(name: str) -> str:
    return f"/opt/ml/processing/input/{name}"


def check(kind: str, check_type: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Name": "Check",
        "Type": kind,
        "CheckType": check_type,
        "Arguments": arguments,
        "ModelPackageGroupName": None,
        "SkipCheck": False,
        "FailOnViolation": True,
        "RegisterNewBaseline": False,
        "SuppliedBaselineConstraints": None,
        **more,
    }


def shown(steps: dict[str, Any], kind: str = "QualityCheck") -> dict[str, Any]:
    return steps["Check"]["Metadata"][kind]


def test_the_first_run_skips_the_check_and_writes_a_baseline_that_later_steps_read(lab: PipeLab) -> None:
    step = quality_check(lab, GOOD, SkipCheck=True, RegisterNewBaseline=True)
    use = lab.lambda_step(
        "Use",
        "return {'said': event['uri']}",
        ["said"],
        uri=get("Steps.Check.BaselineUsedForDriftCheckConstraints"),
    )

    steps = lab.run(step, use)

    assert status(steps) == {"Check": "Succeeded", "Use": "Succeeded"}
    told = shown(steps)
    assert (told["CheckType"], told["SkipCheck"], told["RegisterNewBaseline"]) == ("DATA_QUALITY", True, True)
    assert json.loads(lab.get(told["CalculatedBaselineStatistics"]))["features"]
    constraints = json.loads(lab.get(told["CalculatedBaselineConstraints"]))
    assert [feature["name"] for feature in constraints["features"]] == ["age", "income"]
    assert told["BaselineUsedForDriftCheckConstraints"] == told["CalculatedBaselineConstraints"]
    assert "ViolationReport" not in told
    given = steps["Use"]["Metadata"]["Lambda"]["OutputParameters"]
    assert given == [{"Name": "said", "Value": told["CalculatedBaselineConstraints"]}]


def test_without_any_baseline_the_check_fails(lab: PipeLab) -> None:
    failed = lab.run(quality_check(lab, GOOD, ModelPackageGroupName="nobody"))["Check"]

    assert failed["StepStatus"] == "Failed"
    assert "There is no baseline to check against" in failed["FailureReason"]


def test_data_that_drifts_from_the_registered_baseline_fails_the_step_with_a_report(lab: PipeLab) -> None:
    """The baseline is that of the latest approved version of the group; a pending one does not count."""
    first = shown(lab.run(quality_check(lab, GOOD, SkipCheck=True, RegisterNewBaseline=True)))
    group = lab.unique("group")
    lab.sm.create_model_package_group(ModelPackageGroupName=group)
    register(
        lab, group, "Approved", first["CalculatedBaselineConstraints"], first["CalculatedBaselineStatistics"]
    )
    register(lab, group, "PendingManualApproval", "s3://jobs/none.json", "s3://jobs/none.json")

    same = lab.run(quality_check(lab, GOOD, ModelPackageGroupName=group))
    drifted = lab.run(quality_check(lab, HOLES, ModelPackageGroupName=group))
    tolerant = lab.run(
        quality_check(
            lab, HOLES, ModelPackageGroupName=group, FailOnViolation=False, RegisterNewBaseline=True
        )
    )

    assert same["Check"]["StepStatus"] == "Succeeded"
    told = shown(same)
    assert told["BaselineUsedForDriftCheckConstraints"] == first["CalculatedBaselineConstraints"]
    assert told["CalculatedBaselineConstraints"] != first["CalculatedBaselineConstraints"]
    assert drifted["Check"]["StepStatus"] == "Failed"
    assert drifted[""]["PipelineExecutionStatus"] == "Failed"
    assert "CompletedWithViolations" in drifted["Check"]["FailureReason"]
    report = json.loads(lab.get(shown(drifted)["ViolationReport"]))
    assert [violation["feature_name"] for violation in report["violations"]] == ["age"]
    assert tolerant["Check"]["StepStatus"] == "Succeeded"
    new = shown(tolerant)
    assert new["BaselineUsedForDriftCheckConstraints"] == new["CalculatedBaselineConstraints"]


def register(lab: PipeLab, group: str, approval: str, constraints: str, statistics: str) -> None:
    quality = {
        "Constraints": {"ContentType": "application/json", "S3Uri": constraints},
        "Statistics": {"ContentType": "application/json", "S3Uri": statistics},
    }
    container = {"Image": images.uri("scikit-learn"), "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}
    lab.sm.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus=approval,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        DriftCheckBaselines={"ModelDataQuality": quality},
    )


def test_bias_that_grows_beyond_a_supplied_baseline_fails_the_step(lab: PipeLab) -> None:
    first = shown(lab.run(bias_check(lab, LOANS, SkipCheck=True)), "ClarifyCheck")
    supplied = first["CalculatedBaselineConstraints"]
    assert supplied.endswith("/analysis.json")
    assert "BaselineUsedForDriftCheckConstraints" not in first

    same = lab.run(bias_check(lab, LOANS, SuppliedBaselineConstraints=supplied))
    worse = lab.run(bias_check(lab, SKEWED, SuppliedBaselineConstraints=supplied))

    assert same["Check"]["StepStatus"] == "Succeeded"
    assert shown(same, "ClarifyCheck")["BaselineUsedForDriftCheckConstraints"] == supplied
    assert worse["Check"]["StepStatus"] == "Failed"
    report = json.loads(lab.get(shown(worse, "ClarifyCheck")["ViolationReport"]))
    assert report["violations"]


def test_a_check_whose_job_fails_fails_with_the_jobs_reason(lab: PipeLab) -> None:
    step = quality_check(lab, GOOD, SkipCheck=True)
    step["Arguments"]["Environment"]["dataset_format"] = '{"parquet": {}}'

    failed = lab.run(step)["Check"]

    assert failed["StepStatus"] == "Failed"
    job = failed["Metadata"]["QualityCheck"]["CheckJobArn"].rpartition("/")[2]
    assert failed["FailureReason"] == lab.sm.describe_processing_job(ProcessingJobName=job)["FailureReason"]
