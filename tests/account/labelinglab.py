"""What the tests of labeling share: a work team, small jobs, waiting for their end."""

import json
from typing import Any

from joblab import BUCKET, ENDED, ROLE, Lab, until

LAMBDA = "arn:aws:lambda:us-east-1:432418664414:function"
POOL = {"UserPool": "us-east-1_abc", "UserGroup": "readers", "ClientId": "client"}


class LabelingLab(Lab):
    """A small bench for labeling jobs."""

    def __init__(self, account: Any) -> None:
        super().__init__(account)
        self.members = [{"CognitoMemberDefinition": POOL}]
        self.team = self.sm.create_workteam(
            WorkteamName=self.unique("team"),
            Description="Readers",
            MemberDefinitions=self.members,
        )["WorkteamArn"]

    def request(self, kind: str, lines: list[Any], labels: list[str], workers: int = 3, **more: Any) -> dict:
        """A request for a job on these objects: texts, S3 URIs, or whole manifest lines."""
        name = self.unique("label")
        source = "source-ref" if kind.startswith(("Image", "Bounding")) else "source"
        items = [line if isinstance(line, dict) else {source: line} for line in lines]
        manifest = self.put(f"{name}/in.manifest", "".join(json.dumps(item) + "\n" for item in items))
        categories = {"document-version": "2018-11-28", "labels": [{"label": label} for label in labels]}
        task = more.pop("task", {})
        return {
            "LabelingJobName": name,
            "LabelAttributeName": "mood",
            "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": manifest}}},
            "OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/labels"},
            "RoleArn": ROLE,
            "LabelCategoryConfigS3Uri": self.put(f"{name}/labels.json", json.dumps(categories)),
            "HumanTaskConfig": {
                "WorkteamArn": self.team,
                "UiConfig": {"UiTemplateS3Uri": self.put(f"{name}/page.html", "<p>{{ task.input }}</p>")},
                "PreHumanTaskLambdaArn": f"{LAMBDA}:PRE-{kind}",
                "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": f"{LAMBDA}:ACS-{kind}"},
                "TaskTitle": "What do you see?",
                "TaskDescription": "Choose",
                "NumberOfHumanWorkersPerDataObject": workers,
                "TaskTimeLimitInSeconds": 300,
                **task,
            },
            **more,
        }

    def job(self, kind: str, lines: list[Any], labels: list[str], workers: int = 3, **more: Any) -> str:
        """A job whose tasks wait; its name."""
        request = self.request(kind, lines, labels, workers, **more)
        self.sm.create_labeling_job(**request)
        name = request["LabelingJobName"]
        until(lambda: self.shown(name), lambda job: job["LabelingJobStatus"] != "Initializing")
        return name

    def shown(self, name: str) -> dict:
        return self.sm.describe_labeling_job(LabelingJobName=name)

    def ended(self, name: str) -> dict:
        return until(lambda: self.shown(name), lambda job: job["LabelingJobStatus"] in ENDED)

    def output(self, name: str) -> list[dict]:
        """The output manifest of a job that has ended."""
        job = self.ended(name)
        assert "FailureReason" not in job, job["FailureReason"]
        text = self.get(job["LabelingJobOutput"]["OutputDatasetS3Uri"]).decode()
        return [json.loads(line) for line in text.splitlines()]

    def files(self, name: str, folder: str) -> list[Any]:
        """The JSON files below a folder of a job's output."""
        return [json.loads(self.get(f"s3://{BUCKET}/{key}")) for key in self.keys(f"labels/{name}/{folder}")]
