"""A pipeline's execution: steps run in order, hand on their results, branch, wait, fail, stop and go on."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, s3_input
from pipelab import (
    CLUSTER,
    PipeLab,
    callback_step,
    compare,
    condition_step,
    fail_step,
    get,
    join,
    parameter,
    status,
)

from sagelab.account import images

ECHO = "return {'said': str(event)}"


@pytest.fixture(scope="module")
def lab(account: Any) -> PipeLab:
    return PipeLab(account)


def given(step: dict[str, Any], name: str = "said") -> str:
    """An output parameter of a Lambda or Callback step, as the step list shows it."""
    ((_, shown),) = step["Metadata"].items()
    return {item["Name"]: item["Value"] for item in shown["OutputParameters"]}[name]


# -- Lambda, parameters and expressions ----------------------------------------------------------------------------
def test_a_step_gets_parameters_variables_and_what_another_step_returned(lab: PipeLab) -> None:
    first = lab.lambda_step(
        "First",
        "return {'rows': event['n'] * 2, 'path': 'x'}",
        [("rows", "Integer"), "path"],
        n=get("Parameters.N"),
    )
    second = lab.lambda_step(
        "Second",
        ECHO,
        ["said"],
        rows=get("Steps.First.OutputParameters['rows']"),
        joined=join("/", "s3:/", get("Parameters.Name"), get("Steps.First.OutputParameters['path']"), True),
        run=get("Execution.PipelineExecutionId"),
        arn=get("Execution.PipelineArn"),
    )
    declared = [parameter("N", "Integer", 3), parameter("Name", "String")]

    execution = lab.start(
        lab.create(first, second, parameters=declared), parameters={"N": "21", "Name": "bucket"}
    )

    found = lab.finish(execution)
    steps = lab.steps(execution)
    assert found["PipelineExecutionStatus"] == "Succeeded"
    assert status(steps) == {"First": "Succeeded", "Second": "Succeeded"}
    event = given(steps["Second"])
    assert event == str(
        {
            "rows": 42,
            "joined": "s3://bucket/x/true",
            "run": execution.rpartition("/")[2],
            "arn": found["PipelineArn"],
        }
    )
    listed = lab.sm.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)
    assert listed["PipelineParameters"] == [{"Name": "N", "Value": "21"}, {"Name": "Name", "Value": "bucket"}]


def test_defaults_hold_where_the_request_says_nothing_and_enums_are_kept(lab: PipeLab) -> None:
    declared = [
        parameter("Size", "String", "small", EnumValues=["small", "large"]),
        parameter("Rate", "Float", 0.5),
    ]
    step = lab.lambda_step("Echo", ECHO, ["said"], size=get("Parameters.Size"), rate=get("Parameters.Rate"))
    pipeline = lab.create(step, parameters=declared)

    execution = lab.start(pipeline)

    lab.finish(execution)
    assert given(lab.steps(execution)["Echo"]) == str({"size": "small", "rate": 0.5})
    for wrong, said in (
        ({"Size": "huge"}, "must be one of"),
        ({"Rate": "fast"}, "must be a number"),
        ({"Color": "red"}, "not defined in the pipeline definition"),
    ):
        with pytest.raises(ClientError, match=said) as caught:
            lab.start(pipeline, parameters=wrong)
        assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_parameter_without_a_default_has_to_be_given(lab: PipeLab) -> None:
    step = lab.lambda_step("Echo", ECHO, ["said"], n=get("Parameters.N"))
    pipeline = lab.create(step, parameters=[parameter("N", "Integer")])

    with pytest.raises(ClientError, match=r"Missing required parameters: \[N\]"):
        lab.start(pipeline)


# -- jobs ----------------------------------------------------------------------------------------------------------
REPORT = """
import json, os, pathlib
root = pathlib.Path(os.environ["PROCESSING_ROOT"])
rows = (root / "raw" / "data.csv").read_text().split()[1:]
(root / "train" / "data.csv").write_text("\\n".join(rows))
(root / "report" / "quality.json").write_text(json.dumps({"rows": {"kept": len(rows)}}))
"""
TRAIN = """
import os, pathlib
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "data.csv").read_text().split()
model = pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt")
model.write_text(str(len(rows) * int(os.environ["SM_HP_FACTOR"])))
"""


def training_step(lab: PipeLab, name: str, script: str, data: Any, **hyperparameters: Any) -> dict[str, Any]:
    where = {"S3DataType": "S3Prefix", "S3Uri": data}
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": images.uri("scikit-learn"), "TrainingInputMode": "File"},
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": lab.archive(train_py=script),
            **hyperparameters,
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": where}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "RoleArn": ROLE,
    }
    return {"Name": name, "Type": "Training", "Arguments": arguments}


def test_a_model_is_prepared_trained_judged_and_registered(lab: PipeLab) -> None:
    """The classic pipeline: processing, training, a condition on a property file, then model and registry."""
    raw = lab.put(f"raw/{lab.unique('raw')}/data.csv", "a\n1\n2\n3\n")
    group = lab.unique("group")
    prepare = lab.processing_step(
        "Prepare",
        REPORT,
        s3_input("raw", get("Parameters.Raw"), "/opt/ml/processing/raw"),
        outputs=("train", "report"),
        PropertyFiles=[{"PropertyFileName": "Quality", "OutputName": "report", "FilePath": "quality.json"}],
    )
    data = get("Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri")
    train = training_step(lab, "Train", TRAIN, data, factor=get("Parameters.Factor"))
    kept = {"Std:JsonGet": {"PropertyFile": get("Steps.Prepare.PropertyFiles.Quality"), "Path": "rows.kept"}}
    artifacts = get("Steps.Train.ModelArtifacts.S3ModelArtifacts")
    container = {"Image": images.uri("scikit-learn"), "ModelDataUrl": artifacts}
    model = {
        "Name": "Model",
        "Type": "Model",
        "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": ROLE},
    }
    inference = {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": group,
            "InferenceSpecification": inference,
            "ModelApprovalStatus": "PendingManualApproval",
        },
    }
    enough = compare("GreaterThanOrEqualTo", kept, 3)
    gate = condition_step(
        "Gate", enough, then=[model, register], otherwise=[fail_step("TooFew")], DependsOn=["Train"]
    )
    declared = [parameter("Raw", "String"), parameter("Factor", "Integer", 10)]
    execution = lab.start(lab.create(prepare, train, gate, parameters=declared), parameters={"Raw": raw})

    assert lab.finish(execution)["PipelineExecutionStatus"] == "Succeeded"

    steps = lab.steps(execution)
    assert status(steps) == dict.fromkeys(("Prepare", "Train", "Gate", "Model", "Register"), "Succeeded")
    assert steps["Gate"]["Metadata"]["Condition"]["Outcome"] == "True"
    job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert job.startswith(f"pipelines-{execution.rpartition('/')[2]}-train-")  # ARNs are in lower case
    trained = lab.sm.describe_training_job(TrainingJobName=job)
    assert lab.unpacked(trained["ModelArtifacts"]["S3ModelArtifacts"]) == {"model.txt": b"30"}
    name = steps["Model"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    described = lab.sm.describe_model(ModelName=name)
    assert described["PrimaryContainer"]["ModelDataUrl"] == trained["ModelArtifacts"]["S3ModelArtifacts"]
    package = steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    shown = lab.sm.describe_model_package(ModelPackageName=package)
    assert (shown["ModelPackageGroupName"], shown["ModelPackageVersion"]) == (group, 1)


def test_a_failed_job_fails_the_step_with_its_reason_and_the_execution(lab: PipeLab) -> None:
    broken = lab.processing_step("Broken", "raise SystemExit(3)")
    after = lab.lambda_step("After", ECHO, ["said"]) | {"DependsOn": ["Broken"]}
    beside = lab.lambda_step("Beside", ECHO, ["said"])

    steps = lab.run(broken, after, beside)

    assert steps[""]["PipelineExecutionStatus"] == "Failed"
    assert steps[""]["FailureReason"] == "Step failure: One or multiple steps failed."
    assert status(steps) == {"Broken": "Failed", "Beside": "Succeeded"}
    job = lab.sm.describe_processing_job(
        ProcessingJobName=steps["Broken"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    )
    assert steps["Broken"]["FailureReason"] == job["FailureReason"]
    assert steps["Broken"]["AttemptCount"] == 1


def test_a_job_that_is_refused_fails_the_step_with_the_operation(lab: PipeLab) -> None:
    step = lab.processing_step("Refused", "pass")
    step["Arguments"]["AppSpecification"]["ImageUri"] = "123.dkr.ecr.us-east-1.amazonaws.com/nobody:1"

    failed = lab.run(step)["Refused"]

    assert failed["StepStatus"] == "Failed"
    assert failed["FailureReason"].startswith(
        "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: The local account cannot run"
    )


def test_a_value_that_is_not_there_fails_the_step(lab: PipeLab) -> None:
    prepare = lab.processing_step(
        "Prepare",
        "pass",
        outputs=("report",),
        PropertyFiles=[{"PropertyFileName": "File", "OutputName": "report", "FilePath": "none.json"}],
    )
    value = {"Std:JsonGet": {"PropertyFile": get("Steps.Prepare.PropertyFiles.File"), "Path": "a"}}

    steps = lab.run(prepare, condition_step("Gate", compare("Equals", value, 1)))

    assert steps["Gate"]["StepStatus"] == "Failed"
    assert "cannot be read" in steps["Gate"]["FailureReason"]


# -- Condition and Fail --------------------------------------------------------------------------------------------
def test_only_the_branch_that_is_taken_runs(lab: PipeLab) -> None:
    either = {
        "Type": "Or",
        "Conditions": [
            {"Type": "Not", "Condition": compare("Equals", get("Parameters.Who"), "nobody")},
            {"Type": "In", "QueryValue": 3, "Values": [1, 2]},
        ],
    }
    small = compare("LessThan", get("Parameters.N"), 5)
    step = condition_step(
        "Gate",
        either,
        small,
        then=[lab.lambda_step("Yes", ECHO, ["said"])],
        otherwise=[lab.lambda_step("No", ECHO, ["said"])],
    )
    after_no = lab.lambda_step("AfterNo", ECHO, ["said"], n=get("Steps.No.OutputParameters['said']"))
    pipeline = lab.create(
        step, after_no, parameters=[parameter("N", "Integer", 1), parameter("Who", "String", "me")]
    )

    taken = {}
    for n in ("4", "5"):
        execution = lab.start(pipeline, parameters={"N": n})
        assert lab.finish(execution)["PipelineExecutionStatus"] == "Succeeded"
        taken[n] = set(lab.steps(execution))

    assert taken == {"4": {"Gate", "Yes"}, "5": {"Gate", "No", "AfterNo"}}


def test_a_fail_step_ends_the_execution_with_its_message(lab: PipeLab) -> None:
    slow = lab.processing_step("Slow", "import time; time.sleep(60)")
    fail = fail_step("Enough", join(" ", "stopped by", get("Parameters.Who")))

    steps = lab.run(slow, fail, parameters=[parameter("Who", "String", "the gate")])

    assert steps[""]["PipelineExecutionStatus"] == "Failed"
    assert steps["Enough"]["Metadata"]["Fail"]["ErrorMessage"] == "stopped by the gate"
    assert steps["Enough"]["FailureReason"] == "stopped by the gate"
    assert steps["Slow"]["StepStatus"] == "Stopped"


# -- Lambda and Callback -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise KeyError('loan')", "returned an error (Unhandled)"),
        ("return {}", "Output parameter 'said' is missing"),
        ("return {'said': [1]}", "must be a text, a number or a boolean"),
    ],
)
def test_a_function_that_fails_or_returns_too_little_fails_the_step(
    lab: PipeLab, code: str, reason: str
) -> None:
    failed = lab.run(lab.lambda_step("Call", code, ["said"]))["Call"]

    assert failed["StepStatus"] == "Failed"
    assert reason in failed["FailureReason"]


def test_a_callback_waits_for_its_token_and_hands_on_what_comes_with_it(lab: PipeLab) -> None:
    queue = lab.queue()
    ask = callback_step("Ask", queue, [("limit", "Integer")], path=get("Parameters.Path"))
    use = lab.lambda_step("Use", ECHO, ["said"], limit=get("Steps.Ask.OutputParameters['limit']"))
    execution = lab.start(lab.create(ask, use, parameters=[parameter("Path", "String", "s3://x")]))

    message = lab.message(queue)

    assert message["status"] == "Executing"
    assert message["pipelineExecutionArn"] == execution
    assert message["arguments"] == {"path": "s3://x"}
    assert lab.steps(execution)["Ask"]["StepStatus"] == "Executing"
    with pytest.raises(ClientError, match="Output parameter 'limit' is missing"):
        lab.sm.send_pipeline_execution_step_success(CallbackToken=message["token"])
    sent = lab.sm.send_pipeline_execution_step_success(
        CallbackToken=message["token"], OutputParameters=[{"Name": "limit", "Value": "7"}]
    )
    assert sent["PipelineExecutionArn"] == execution
    assert lab.finish(execution)["PipelineExecutionStatus"] == "Succeeded"
    steps = lab.steps(execution)
    assert given(steps["Ask"], "limit") == "7"
    assert given(steps["Use"]) == str({"limit": 7})


def test_a_callback_fails_with_the_reason_that_is_sent_and_the_token_is_used_up(lab: PipeLab) -> None:
    queue = lab.queue()
    execution = lab.start(lab.create(callback_step("Ask", queue)))
    token = lab.message(queue)["token"]

    lab.sm.send_pipeline_execution_step_failure(CallbackToken=token, FailureReason="no approval")

    assert lab.finish(execution)["PipelineExecutionStatus"] == "Failed"
    assert lab.steps(execution)["Ask"]["FailureReason"] == "no approval"
    with pytest.raises(ClientError) as caught:
        lab.sm.send_pipeline_execution_step_failure(CallbackToken=token)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_callback_without_its_queue_fails(lab: PipeLab) -> None:
    gone = f"{lab.queue()}-gone"

    failed = lab.run(callback_step("Ask", gone))["Ask"]

    assert failed["FailureReason"].startswith("ClientError: Failed to invoke sqs:SendMessage.")


# -- endpoints and AutoML ------------------------------------------------------------------------------------------
def test_a_pipeline_deploys_a_model_behind_an_endpoint(lab: PipeLab) -> None:
    name = lab.model("def model_fn(d): return 2\ndef predict_fn(rows, m): return rows * m\n")
    place = {"VariantName": "A", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    config = {"Name": "Config", "Type": "EndpointConfig", "Arguments": {"ProductionVariants": [place]}}
    endpoint = {
        "Name": "Deploy",
        "Type": "Endpoint",
        "Arguments": {"EndpointConfigName": get("Steps.Config.EndpointConfigName")},
    }
    use = lab.lambda_step("Use", ECHO, ["said"], status=get("Steps.Deploy.EndpointStatus"))

    steps = lab.run(config, endpoint, use)

    assert status(steps) == dict.fromkeys(("Config", "Deploy", "Use"), "Succeeded")
    assert given(steps["Use"]) == str({"status": "InService"})
    arn = steps["Deploy"]["Metadata"]["Endpoint"]["Arn"]
    assert lab.ask(arn.rpartition("/")[2], "4") == "8.0"


def test_an_automl_step_starts_a_job_and_stops_it_with_the_execution(lab: PipeLab) -> None:
    table = "default,sex,age\n" + "".join(f"{n % 2},{n % 3},{20 + n % 2 * 9 + n % 7}\n" for n in range(600))
    data = lab.put(f"automl/{lab.unique('table')}/train.csv", table)
    where = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}}
    search = {
        "Name": "Search",
        "Type": "AutoML",
        "Arguments": {
            "InputDataConfig": [{"DataSource": where, "TargetAttributeName": "default"}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/automl"},
            "AutoMLJobConfig": {"Mode": "ENSEMBLING", "CompletionCriteria": {"MaxCandidates": 1}},
            "ProblemType": "BinaryClassification",
            "AutoMLJobObjective": {"MetricName": "Accuracy"},
            "RoleArn": ROLE,
        },
    }
    use = lab.lambda_step("Use", ECHO, ["said"], best=get("Steps.Search.BestCandidate.CandidateName"))
    execution = lab.start(lab.create(search, use))
    job = lab.step_in(execution, "Search", "Executing")["Metadata"]["AutoMLJob"]["Arn"].rpartition("/")[2]
    assert lab.sm.describe_auto_ml_job(AutoMLJobName=job)["AutoMLJobStatus"] == "InProgress"

    lab.sm.stop_pipeline_execution(PipelineExecutionArn=execution)

    assert lab.finish(execution)["PipelineExecutionStatus"] == "Stopped"
    assert lab.sm.describe_auto_ml_job(AutoMLJobName=job)["AutoMLJobStatus"] == "Stopped"
    assert status(lab.steps(execution)) == {"Search": "Stopped"}
