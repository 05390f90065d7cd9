"""What the tests of jobs and endpoints share: a bucket, scripts as an archive, small requests, waiting without naps."""

import io
import tarfile
import time
from collections.abc import Callable
from typing import Any

from sagelab.account import images

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
BUCKET = "jobs"
ENDED = ("Completed", "Failed", "Stopped")


class Lab:
    """A small bench on one account."""

    def __init__(self, account: Any) -> None:
        self.account = account
        self.sm, self.s3 = account.session.client("sagemaker"), account.session.client("s3")
        self.logs, self.cloudwatch = account.session.client("logs"), account.session.client("cloudwatch")
        self.runtime = account.session.client("sagemaker-runtime")
        self.unique = account.unique
        self.s3.create_bucket(Bucket=BUCKET)

    # -- S3 ----------------------------------------------------------------------------------------------------
    def put(self, key: str, body: str | bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def get(self, uri: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [item["Key"] for item in found]

    def archive(self, **files: str) -> str:
        """A .tar.gz of text files (`train_py="..."` becomes train.py) in S3; its URI."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, text in files.items():
                info = tarfile.TarInfo(name.replace("_", "."))
                info.size = len(text.encode())
                tar.addfile(info, io.BytesIO(text.encode()))
        return self.put(f"code/{self.unique('archive')}.tar.gz", buffer.getvalue())

    def unpacked(self, uri: str) -> dict[str, bytes]:
        with tarfile.open(fileobj=io.BytesIO(self.get(uri))) as tar:
            return {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}

    # -- training ----------------------------------------------------------------------------------------------
    def train(self, script: str, hyperparameters: dict[str, str] | None = None, **request: Any) -> str:
        name = self.unique("train")
        spec = {"TrainingImage": images.uri("scikit-learn"), "TrainingInputMode": "File"}
        self.sm.create_training_job(
            **{
                "TrainingJobName": name,
                "RoleArn": ROLE,
                "AlgorithmSpecification": {**spec, "MetricDefinitions": request.pop("metrics", [])},
                "HyperParameters": {
                    "sagemaker_program": "train.py",
                    "sagemaker_submit_directory": self.archive(train_py=script),
                    **(hyperparameters or {}),
                },
                "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
                "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
                "StoppingCondition": {"MaxRuntimeInSeconds": 60},
                **request,
            }
        )
        return name

    def trained(self, name: str) -> dict[str, Any]:
        return until(
            lambda: self.sm.describe_training_job(TrainingJobName=name),
            lambda job: job["TrainingJobStatus"] in ENDED,
        )

    # -- processing --------------------------------------------------------------------------------------------
    def process(self, script: str, *arguments: str, **request: Any) -> str:
        name = self.unique("process")
        code = self.put(f"scripts/{name}/run.py", script)
        inputs = [s3_input("code", code, "/opt/ml/processing/code"), *request.pop("inputs", [])]
        application = {
            "ImageUri": images.uri("scikit-learn"),
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/run.py"],
            **({"ContainerArguments": list(arguments)} if arguments else {}),
        }
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
        self.sm.create_processing_job(
            **{
                "ProcessingJobName": name,
                "RoleArn": ROLE,
                "AppSpecification": application,
                "ProcessingInputs": inputs,
                "ProcessingOutputConfig": {"Outputs": request.pop("outputs", [])},
                "ProcessingResources": {"ClusterConfig": cluster},
                **request,
            }
        )
        return name

    def processed(self, name: str) -> dict[str, Any]:
        return until(
            lambda: self.sm.describe_processing_job(ProcessingJobName=name),
            lambda job: job["ProcessingJobStatus"] in ENDED,
        )

    # -- hosting -----------------------------------------------------------------------------------------------
    def model(self, script: str, files: dict[str, str] | None = None, **container: Any) -> str:
        """A model whose inference script is `script`; its name."""
        name = self.unique("model")
        code = self.archive(inference_py=script)
        environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
        self.sm.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": images.uri("scikit-learn"),
                "ModelDataUrl": self.archive(**(files or {"model_txt": "7"})),
                "Environment": environment,
                **container,
            },
        )
        return name

    def config(self, *variants: dict[str, Any], **more: Any) -> str:
        name = self.unique("config")
        self.sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=list(variants), **more)
        return name

    def endpoint(self, config: str) -> str:
        """An endpoint in service, or failed; its name."""
        name = self.unique("endpoint")
        self.sm.create_endpoint(EndpointName=name, EndpointConfigName=config)
        self.settled(name)
        return name

    def serve(self, script: str, capture: dict[str, Any] | None = None) -> str:
        """An endpoint with one variant, AllTraffic, behind `script`; its name."""
        more = {"DataCaptureConfig": capture} if capture else {}
        return self.endpoint(self.config(variant("AllTraffic", self.model(script)), **more))

    def settled(self, endpoint: str) -> dict[str, Any]:
        return until(
            lambda: self.sm.describe_endpoint(EndpointName=endpoint),
            lambda record: record["EndpointStatus"] in ("InService", "Failed"),
        )

    def ask(self, endpoint: str, body: str | bytes = "1", content_type: str = "text/csv", **more: Any) -> str:
        answer = self.runtime.invoke_endpoint(
            EndpointName=endpoint, Body=body, ContentType=content_type, **more
        )
        return answer["Body"].read().decode()

    # -- logs --------------------------------------------------------------------------------------------------
    def log(self, group: str, prefix: str) -> list[str]:
        found = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
        events = [
            self.logs.get_log_events(logGroupName=group, logStreamName=s["logStreamName"], startFromHead=True)
            for s in found
        ]
        return [event["message"] for answer in events for event in answer["events"]]


def s3_input(name: str, uri: str, path: str) -> dict[str, Any]:
    where = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": where}


def s3_output(name: str, path: str, uri: str, mode: str = "EndOfJob") -> dict[str, Any]:
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": mode}}


def variant(name: str, model: str, weight: float = 1.0) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": weight,
    }


def channel(name: str, uri: str, **more: Any) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
        **more,
    }


def until(ask: Callable[[], Any], done: Callable[[Any], bool], seconds: float = 60) -> Any:
    """Ask again and again until the answer will do; each question is a request to the account."""
    deadline = time.monotonic() + seconds
    while not done(answer := ask()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
    return answer
