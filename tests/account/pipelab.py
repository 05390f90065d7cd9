"""What the tests of pipelines share: definitions from small steps, executions that are run to their end."""

import io
import json
import zipfile
from typing import Any

from joblab import BUCKET, ROLE, Lab, s3_input, until

from sagelab.account import images

DONE = ("Succeeded", "Failed", "Stopped")
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
TOKEN = "t" * 32


class PipeLab(Lab):
    """A bench for pipelines on one account."""

    def __init__(self, account: Any) -> None:
        super().__init__(account)
        self.functions, self.sqs = account.session.client("lambda"), account.session.client("sqs")
        iam = account.session.client("iam")
        created = iam.create_role(RoleName=self.unique("lambda"), AssumeRolePolicyDocument="{}")
        self.lambda_role = created["Role"]["Arn"]

    # -- pipelines ---------------------------------------------------------------------------------------------
    def create(self, *steps: dict[str, Any], parameters: Any = (), **more: Any) -> str:
        """A pipeline of these steps; its name."""
        name = self.unique("pipeline")
        self.sm.create_pipeline(
            PipelineName=name,
            PipelineDefinition=definition(*steps, parameters=parameters),
            RoleArn=ROLE,
            **more,
        )
        return name

    def start(self, pipeline: str, **request: Any) -> str:
        """Start an execution with these parameters; its ARN."""
        given = [{"Name": n, "Value": v} for n, v in request.pop("parameters", {}).items()]
        answer = self.sm.start_pipeline_execution(PipelineName=pipeline, PipelineParameters=given, **request)
        return answer["PipelineExecutionArn"]

    def finish(self, execution: str) -> dict[str, Any]:
        return until(
            lambda: self.sm.describe_pipeline_execution(PipelineExecutionArn=execution),
            lambda found: found["PipelineExecutionStatus"] in DONE,
        )

    def steps(self, execution: str) -> dict[str, dict[str, Any]]:
        """The steps that have begun, by name."""
        found = self.sm.list_pipeline_execution_steps(PipelineExecutionArn=execution, MaxResults=100)
        return {step["StepName"]: step for step in found["PipelineExecutionSteps"]}

    def run(self, *steps: dict[str, Any], parameters: Any = (), **request: Any) -> dict[str, dict[str, Any]]:
        """Create, start and finish; the steps by name, with the execution under ""."""
        execution = self.start(self.create(*steps, parameters=parameters), **request)
        return {"": self.finish(execution), **self.steps(execution)}

    def step_in(self, execution: str, name: str, status: str) -> dict[str, Any]:
        """A step, once it has that status."""
        found = until(lambda: self.steps(execution), lambda s: s.get(name, {}).get("StepStatus") == status)
        return found[name]

    # -- steps that need something -----------------------------------------------------------------------------
    def function(self, code: str) -> str:
        """A Lambda function; its ARN."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("index.py", code)
        return self.functions.create_function(
            FunctionName=self.unique("function"),
            Runtime="python3.12",
            Role=self.lambda_role,
            Handler="index.handler",
            Timeout=20,
            Code={"ZipFile": buffer.getvalue()},
        )["FunctionArn"]

    def lambda_step(self, name: str, code: str, outputs: Any = (), **arguments: Any) -> dict[str, Any]:
        """A step that calls a handler with this body; `outputs` are names, or pairs of name and type."""
        arn = self.function(f"def handler(event, context):\n    {code}\n")
        return {
            "Name": name,
            "Type": "Lambda",
            "FunctionArn": arn,
            "Arguments": arguments,
            "OutputParameters": outputs_of(outputs),
        }

    def processing_step(
        self, name: str, script: str, *inputs: Any, outputs: Any = (), **more: Any
    ) -> dict[str, Any]:
        """A step that runs a script; `outputs` are names, each a folder below /opt/ml/processing."""
        code = self.put(f"scripts/{self.unique('step')}/run.py", script)
        place = f"s3://{BUCKET}/{self.unique('out')}"
        arguments = {
            "ProcessingResources": {"ClusterConfig": CLUSTER},
            "AppSpecification": {
                "ImageUri": images.uri("scikit-learn"),
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/run.py"],
            },
            "ProcessingInputs": [s3_input("code", code, "/opt/ml/processing/code"), *inputs],
            "ProcessingOutputConfig": {"Outputs": [output(n, f"{place}/{n}") for n in outputs]},
            "RoleArn": ROLE,
            **more.pop("arguments", {}),
        }
        return {"Name": name, "Type": "Processing", "Arguments": arguments, **more}

    def queue(self) -> str:
        return self.sqs.create_queue(QueueName=self.unique("queue"))["QueueUrl"]

    def message(self, queue: str) -> dict[str, Any]:
        """The next message of a queue."""
        got = self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=got["ReceiptHandle"])
        return json.loads(got["Body"])


def definition(*steps: dict[str, Any], parameters: Any = (), **more: Any) -> str:
    return json.dumps(
        {
            "Version": "2020-12-01",
            "Metadata": {},
            "Parameters": list(parameters),
            "Steps": list(steps),
            **more,
        }
    )


def parameter(name: str, kind: str, default: Any = None, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, **({} if default is None else {"DefaultValue": default}), **more}


def outputs_of(outputs: Any) -> list[dict[str, str]]:
    pairs = [(item, "String") if isinstance(item, str) else item for item in outputs]
    return [{"OutputName": name, "OutputType": kind} for name, kind in pairs]


def output(name: str, uri: str) -> dict[str, Any]:
    local = f"/opt/ml/processing/{name}"
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": local, "S3UploadMode": "EndOfJob"}}


def callback_step(name: str, queue: str, outputs: Any = (), **arguments: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Callback",
        "SqsQueueUrl": queue,
        "Arguments": arguments,
        "OutputParameters": outputs_of(outputs),
    }


def condition_step(
    name: str, *conditions: Any, then: Any = (), otherwise: Any = (), **more: Any
) -> dict[str, Any]:
    arguments = {"Conditions": list(conditions), "IfSteps": list(then), "ElseSteps": list(otherwise)}
    return {"Name": name, "Type": "Condition", "Arguments": arguments, **more}


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def fail_step(name: str, message: Any = "on purpose", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **more}


def get(path: str) -> dict[str, str]:
    return {"Get": path}


def join(on: str, *values: Any) -> dict[str, Any]:
    return {"Std:Join": {"On": on, "Values": list(values)}}


def status(steps: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: step["StepStatus"] for name, step in steps.items() if name}
