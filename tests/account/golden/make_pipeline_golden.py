"""Makes pipeline_sdk.json and pipeline_sdk_repack.json: definitions that the SageMaker Python SDK v2 writes.

The SDK is no dependency (450 MB). To make the files again, from the root of the repository:

    python3.11 -m venv /tmp/sdk
    /tmp/sdk/bin/pip install "sagemaker==2.257.7"
    sagelab account start /tmp/sdk-home    # the SDK uploads code; then run the next line with the account's variables
    /tmp/sdk/bin/python tests/account/golden/make_pipeline_golden.py

The first file has a step of each kind, the second a ModelStep that repacks. Hashes and time stamps in S3 keys are cut.
"""

import json
import os
import re
import tempfile
from pathlib import Path

import boto3
from sagemaker import clarify, image_uris
from sagemaker.inputs import TrainingInput
from sagemaker.lambda_helper import Lambda
from sagemaker.model import Model
from sagemaker.model_monitor import DatasetFormat
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.model import SKLearnModel
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.transformer import Transformer
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner
from sagemaker.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
from sagemaker.workflow.check_job_config import CheckJobConfig
from sagemaker.workflow.clarify_check_step import ClarifyCheckStep, DataBiasCheckConfig
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import (
    ConditionEquals,
    ConditionGreaterThanOrEqualTo,
    ConditionIn,
    ConditionNot,
    ConditionOr,
)
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.quality_check_step import DataQualityCheckConfig, QualityCheckStep
from sagemaker.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TransformStep, TuningStep

HERE = Path(__file__).parent
BUCKET, ROLE = "sdk-bucket", "arn:aws:iam::123456789012:role/SageMakerRole"
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/sdk-queue"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:sdk-function"
LOSS = [{"Name": "loss", "Regex": "loss=(.*?);"}]


def whole(session: PipelineSession) -> Pipeline:
    """A pipeline with a step of each kind."""
    common = {"role": ROLE, "instance_type": "ml.m5.large", "sagemaker_session": session}
    sklearn = {"framework_version": "1.2-1", **common}
    served = {
        "framework_version": "1.2-1",
        "entry_point": "inference.py",
        "role": ROLE,
        "sagemaker_session": session,
    }
    raw = ParameterString("Raw", default_value=f"s3://{BUCKET}/raw/raw.csv")
    alpha, least = ParameterFloat("Alpha", default_value=2.0), ParameterInteger("Least", default_value=3)
    quiet = ParameterString("Quiet", default_value="yes")

    processor = SKLearnProcessor(instance_count=1, **sklearn)
    report = PropertyFile(name="Report", output_name="report", path="report.json")
    prepare = ProcessingStep(
        "Prepare",
        step_args=processor.run(
            code="prepare.py",
            inputs=[ProcessingInput(source=raw, destination="/opt/ml/processing/input")],
            outputs=[
                ProcessingOutput(output_name=name, source=f"/opt/ml/processing/{name}")
                for name in ("train", "report")
            ],
        ),
        property_files=[report],
        cache_config=CacheConfig(enable_caching=True, expire_after="PT1H"),
        retry_policies=[
            StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=2),
            SageMakerJobStepRetryPolicy(
                exception_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT], expire_after_mins=5
            ),
        ],
    )
    data = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    channel = {"train": TrainingInput(data)}
    estimator = SKLearn("train.py", hyperparameters={"alpha": alpha}, metric_definitions=LOSS, **sklearn)
    train = TrainingStep("Train", step_args=estimator.fit(channel))

    model = SKLearnModel(model_data=train.properties.ModelArtifacts.S3ModelArtifacts, **served)
    make = ModelStep("Make", step_args=model.create(instance_type="ml.m5.large"))
    kept = model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name="sdk-group",
        approval_status="Approved",
    )
    transformer = Transformer(
        make.properties.ModelName,
        1,
        "ml.m5.large",
        output_path=f"s3://{BUCKET}/transformed",
        assemble_with="Line",
        sagemaker_session=session,
    )
    score = TransformStep(
        "Score", step_args=transformer.transform(data=data, content_type="text/csv", split_type="Line")
    )
    gate = ConditionStep(
        "Gate",
        conditions=[
            ConditionGreaterThanOrEqualTo(
                JsonGet(step_name="Prepare", property_file=report, json_path="metrics.rows.value"), least
            ),
            ConditionOr([ConditionEquals(quiet, "no"), ConditionNot(ConditionIn(quiet, ["never"]))]),
        ],
        if_steps=[make, ModelStep("Keep", step_args=kept)],
        else_steps=[
            FailStep(
                "TooFew",
                error_message=Join(
                    " ", ["fewer than", least, "rows in", ExecutionVariables.PIPELINE_EXECUTION_ID]
                ),
            )
        ],
    )
    call = LambdaStep(
        "Call",
        lambda_func=Lambda(function_arn=FUNCTION, session=session),
        inputs={"where": data},
        outputs=[LambdaOutput("answer", LambdaOutputTypeEnum.String)],
    )
    ask = CallbackStep(
        "Ask",
        sqs_queue_url=QUEUE,
        inputs={"said": call.properties.Outputs["answer"]},
        outputs=[CallbackOutput("limit", CallbackOutputTypeEnum.Integer)],
    )
    checking = CheckJobConfig(instance_count=1, **common)
    quality = QualityCheckStep(
        "Quality",
        check_job_config=checking,
        skip_check=True,
        register_new_baseline=True,
        model_package_group_name="sdk-group",
        quality_check_config=DataQualityCheckConfig(
            baseline_dataset=raw,
            dataset_format=DatasetFormat.csv(header=True),
            output_s3_uri=Join("/", [f"s3://{BUCKET}/quality", ExecutionVariables.PIPELINE_EXECUTION_ID]),
        ),
    )
    bias = ClarifyCheckStep(
        "Bias",
        check_job_config=checking,
        skip_check=True,
        clarify_check_config=DataBiasCheckConfig(
            data_config=clarify.DataConfig(
                s3_data_input_path=f"s3://{BUCKET}/raw/noheader.csv",
                s3_output_path=f"s3://{BUCKET}/bias",
                s3_analysis_config_output_path=f"s3://{BUCKET}/biasconfig",
                label="default",
                headers=["default", "sex", "age"],
                dataset_type="text/csv",
            ),
            data_bias_config=clarify.BiasConfig([1], "sex", [1]),
            methods=["DPL", "CI"],
        ),
    )
    tuner = HyperparameterTuner(
        SKLearn("train.py", **sklearn),
        objective_metric_name="loss",
        objective_type="Minimize",
        hyperparameter_ranges={"alpha": ContinuousParameter(0.1, 2.0)},
        metric_definitions=LOSS,
        max_jobs=2,
        max_parallel_jobs=2,
        strategy="Random",
    )
    tune = TuningStep("Tune", step_args=tuner.fit(channel))
    best = SKLearnModel(model_data=tune.get_top_model_s3_uri(top_k=0, s3_bucket=BUCKET), **served)
    best_step = ModelStep("Best", step_args=best.create(instance_type="ml.m5.large"))
    return Pipeline(
        "SdkPipeline",
        parameters=[raw, alpha, least, quiet],
        steps=[prepare, train, gate, score, call, ask, quality, bias, tune, best_step],
        sagemaker_session=session,
    )


def repacking(session: PipelineSession) -> Pipeline:
    """A pipeline whose ModelStep puts code into an archive first."""
    data = ParameterString("Model", default_value=f"s3://{BUCKET}/model.tar.gz")
    image = image_uris.retrieve("sklearn", "us-east-1", "1.2-1")
    code = {"source_dir": "src", "entry_point": "inference.py"}
    model = Model(image_uri=image, model_data=data, role=ROLE, sagemaker_session=session, **code)
    step = ModelStep("Make", step_args=model.create(instance_type="ml.m5.large"))
    return Pipeline("Repack", parameters=[data], steps=[step], sagemaker_session=session)


def write(name: str, pipeline: Pipeline) -> None:
    """Keep a definition, without what differs from run to run."""
    text = re.sub(r"sagemaker-scikit-learn-\d{4}(?:-\d\d){5}-(\d+)", r"sklearn-\1", pipeline.definition())
    text = re.sub(r"SdkPipeline/code/[0-9a-f]{60}", "SdkPipeline/code/", text)
    made = "SageMaker Python SDK 2.257.7, by make_pipeline_golden.py"
    (HERE / name).write_text(json.dumps({"made": made, "definition": json.loads(text)}, indent=1))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        Path("src").mkdir()
        for script in ("prepare.py", "train.py", "inference.py", "src/inference.py"):
            Path(script).write_text("")
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        made_by = PipelineSession(default_bucket=BUCKET)
        write("pipeline_sdk.json", whole(made_by))
        write("pipeline_sdk_repack.json", repacking(made_by))
