"""A walk through the account by the SageMaker Python SDK 3: train, deploy, predict, ingest, register, run.

Writes one JSON object of what came out to the file that it is given. AWS_ENDPOINT_URL says where the account is.
"""

import json
import sys
import tarfile
import time
from pathlib import Path

import boto3
import pandas as pd
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.model_registry import create_model_package_from_containers
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, ModelPackage
from sagemaker.core.shapes import (
    ContainerDefinition,
    OfflineStoreConfig,
    OnlineStoreConfig,
    ProductionVariant,
    S3StorageConfig,
)
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.feature_store import (
    FeatureGroupManager,
    ingest_dataframe,
    load_feature_definitions_from_dataframe,
)
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import TrainingStep
from sagemaker.train import ModelTrainer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
SCRIPTS = str(Path(__file__).parent / "scripts")
ROWS = "".join(f"{x},{x % 7},{3 * x + 2 * (x % 7) + 1}\n" for x in range(50))

# the SDK simulates the role's policies before it uses it
iam = boto3.client("iam")
ROLE = iam.create_role(RoleName="sdk-v3", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
iam.attach_role_policy(RoleName="sdk-v3", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

session = Session(default_bucket="sdk-v3")
session.upload_string_as_file_body(ROWS, session.default_bucket(), "train/rows.csv")


def trainer(session):
    return ModelTrainer(
        sagemaker_session=session,
        role=ROLE,
        training_image=IMAGE,
        source_code=SourceCode(source_dir=SCRIPTS, entry_script="train.py"),
        compute=Compute(instance_type="ml.m5.large", instance_count=1),
    )


trained = trainer(session)
trained.train(
    input_data_config=[InputData(channel_name="train", data_source="s3://sdk-v3/train")], logs=False
)
artifacts = trained._latest_training_job.model_artifacts.s3_model_artifacts

with tarfile.open("code.tar.gz", "w:gz") as tar:
    tar.add(f"{SCRIPTS}/train.py", "train.py")
code = session.upload_data("code.tar.gz", key_prefix="code")
container = {
    "image": IMAGE,
    "model_data_url": artifacts,
    "environment": {"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": code},
}
Model.create(model_name="lines", execution_role_arn=ROLE, primary_container=ContainerDefinition(**container))
variant = ProductionVariant(
    variant_name="all", model_name="lines", instance_type="ml.m5.large", initial_instance_count=1
)
EndpointConfig.create(endpoint_config_name="lines", production_variants=[variant])
endpoint = Endpoint.create(endpoint_name="lines", endpoint_config_name="lines")
endpoint.wait_for_status("InService", poll=1)
answer = endpoint.invoke(body="10,0\n20,5\n", content_type="text/csv", accept="application/json")
prediction = json.loads(answer.body.read())
endpoint.delete()

people = pd.DataFrame({"client": ["a", "b"], "debt": [1.5, 2.5], "at": [time.time()] * 2})
people["client"] = people["client"].astype("string")
group = FeatureGroupManager.create(
    feature_group_name="people",
    record_identifier_feature_name="client",
    event_time_feature_name="at",
    feature_definitions=load_feature_definitions_from_dataframe(people),
    online_store_config=OnlineStoreConfig(enable_online_store=True),
    offline_store_config=OfflineStoreConfig(s3_storage_config=S3StorageConfig(s3_uri="s3://sdk-v3/features")),
    role_arn=ROLE,
)
group.wait_for_status("Created", poll=1)
ingest_dataframe("people", people)
record = group.get_record(record_identifier_value_as_string="b").record

create_model_package_from_containers(
    session,
    containers=[{"Image": IMAGE, "ModelDataUrl": artifacts}],
    content_types=["text/csv"],
    response_types=["application/json"],
    inference_instances=["ml.m5.large"],
    transform_instances=["ml.m5.large"],
    model_package_group_name="lines",
    approval_status="Approved",
)
(package,) = ModelPackage.get_all(model_package_group_name="lines")

pipelined = PipelineSession(default_bucket="sdk-v3")
where = ParameterString("Data", default_value="s3://sdk-v3/train")
data = InputData(channel_name="train", data_source=where)
step = TrainingStep("Train", step_args=trainer(pipelined).train(input_data_config=[data]))
pipeline = Pipeline("lines", parameters=[where], steps=[step], sagemaker_session=pipelined)
pipeline.upsert(ROLE)
execution = pipeline.start()
execution.wait(delay=1, max_attempts=300)

told = json.dumps(
    {
        "prediction": prediction,
        "record": {item.feature_name: item.value_as_string for item in record},
        "package": package.model_package_arn,
        "pipeline": execution.describe()["PipelineExecutionStatus"],
        "steps": [step["StepStatus"] for step in execution.list_steps()],
    }
)
Path(sys.argv[1]).write_text(told)
