"""A walk through the account by the SageMaker Python SDK, version 2: train, deploy, predict, ingest, register, run.

Writes one JSON object of what came out to the file that it is given. AWS_ENDPOINT_URL says where the account is.
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd
from sagemaker import Session
from sagemaker.deserializers import JSONDeserializer
from sagemaker.feature_store.feature_group import FeatureGroup
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearn
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import TrainingStep

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
SCRIPTS = str(Path(__file__).parent / "scripts")
ROWS = "".join(f"{x},{x % 7},{3 * x + 2 * (x % 7) + 1}\n" for x in range(50))


def estimator(session, **more):
    return SKLearn(
        "train.py",
        source_dir=SCRIPTS,
        role=ROLE,
        instance_type="ml.m5.large",
        framework_version="1.2-1",
        sagemaker_session=session,
        **more,
    )


session = Session(default_bucket="sdk-v2")
data = session.upload_string_as_file_body(ROWS, session.default_bucket(), "train/rows.csv")

trained = estimator(session)
trained.fit({"train": "s3://sdk-v2/train"}, logs="None")

predictor = trained.deploy(1, "ml.m5.large", serializer=CSVSerializer(), deserializer=JSONDeserializer())
prediction = predictor.predict([[10, 0], [20, 5]])
predictor.delete_endpoint()

people = pd.DataFrame({"client": ["a", "b"], "debt": [1.5, 2.5], "at": [time.time()] * 2})
people["client"] = people["client"].astype("string")
group = FeatureGroup("people-v2", sagemaker_session=session)
group.load_feature_definitions(people)
group.create(
    s3_uri="s3://sdk-v2/features",
    record_identifier_name="client",
    event_time_feature_name="at",
    role_arn=ROLE,
    enable_online_store=True,
)
while group.describe()["FeatureGroupStatus"] == "Creating":
    time.sleep(0.2)
group.ingest(people, max_workers=1, wait=True)
record = group.get_record("b")

package = trained.register(
    content_types=["text/csv"],
    response_types=["application/json"],
    inference_instances=["ml.m5.large"],
    transform_instances=["ml.m5.large"],
    model_package_group_name="lines-v2",
    approval_status="Approved",
)

pipelined = PipelineSession(default_bucket="sdk-v2")
where = ParameterString("Data", default_value="s3://sdk-v2/train")
step = TrainingStep("Train", step_args=estimator(pipelined).fit({"train": where}))
pipeline = Pipeline("lines-v2", parameters=[where], steps=[step], sagemaker_session=pipelined)
pipeline.upsert(ROLE)
execution = pipeline.start()
execution.wait(delay=1, max_attempts=120)

answer = json.dumps(
    {
        "prediction": prediction,
        "record": {item["FeatureName"]: item["ValueAsString"] for item in record},
        "package": package.model_package_arn,
        "pipeline": execution.describe()["PipelineExecutionStatus"],
        "steps": [step["StepStatus"] for step in execution.list_steps()],
    }
)
Path(sys.argv[1]).write_text(answer)
