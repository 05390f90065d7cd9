"""A labeling job on any account: a work team, a manifest, labels, and tasks that wait."""

import json
import time
from typing import Any

LAMBDA = "arn:aws:lambda:us-east-1:432418664414:function"
MEMBER = {
    "CognitoMemberDefinition": {"UserPool": "us-east-1_abc", "UserGroup": "readers", "ClientId": "client"}
}


def make_job(lab: Any, name: str, kind: str, lines: list[Any], labels: list[str], **more: Any) -> str:
    """Make a job on these objects (texts, S3 addresses, or whole manifest lines) and wait for its tasks; its name.

    `lab` has client(), bucket and role; `instructions` and the members of HumanTaskConfig may be given.
    """
    sm, s3 = lab.client("sagemaker"), lab.client("s3")
    source = "source-ref" if kind.startswith(("Image", "Bounding")) else "source"
    items = [line if isinstance(line, dict) else {source: line} for line in lines]
    told = more.pop("instructions", {})
    categories = {"labels": [{"label": label} for label in labels], "instructions": told}
    files = {
        "in.manifest": "\n".join(map(json.dumps, items)),
        "labels.json": json.dumps(categories),
        "page.html": " ",
    }
    for file, text in files.items():
        s3.put_object(Bucket=lab.bucket, Key=f"{name}/{file}", Body=text.encode())
    where = f"s3://{lab.bucket}/{name}"
    team = sm.create_workteam(WorkteamName=f"{name}-team", Description="Readers", MemberDefinitions=[MEMBER])
    sm.create_labeling_job(
        LabelingJobName=name,
        LabelAttributeName="mood",
        InputConfig={"DataSource": {"S3DataSource": {"ManifestS3Uri": f"{where}/in.manifest"}}},
        OutputConfig={"S3OutputPath": f"s3://{lab.bucket}/labels"},
        RoleArn=lab.role,
        LabelCategoryConfigS3Uri=f"{where}/labels.json",
        HumanTaskConfig={
            "WorkteamArn": team["WorkteamArn"],
            "UiConfig": {"UiTemplateS3Uri": f"{where}/page.html"},
            "PreHumanTaskLambdaArn": f"{LAMBDA}:PRE-{kind}",
            "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": f"{LAMBDA}:ACS-{kind}"},
            "TaskTitle": "What do you see?",
            "TaskDescription": "Choose what fits",
            "NumberOfHumanWorkersPerDataObject": 1,
            "TaskTimeLimitInSeconds": 300,
            **more,
        },
    )
    while sm.describe_labeling_job(LabelingJobName=name)["LabelingJobStatus"] == "Initializing":
        time.sleep(0.02)
    return name


def output(lab: Any, name: str) -> list[dict[str, Any]]:
    """The output manifest of a job, once it has ended."""
    sm = lab.client("sagemaker")
    while (job := sm.describe_labeling_job(LabelingJobName=name))["LabelingJobStatus"] == "InProgress":
        time.sleep(0.02)
    key = job["LabelingJobOutput"]["OutputDatasetS3Uri"].removeprefix(f"s3://{lab.bucket}/")
    text = lab.client("s3").get_object(Bucket=lab.bucket, Key=key)["Body"].read().decode()
    return [json.loads(line) for line in text.splitlines()]
