"""A flow as a processing step: the script in S3, the request of a processing job, and a pipeline of one step."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sagelab.wrangler.script import file_name, file_of, python_script
from sagelab.wrangler.sources import write_table

if TYPE_CHECKING:
    from sagelab.wrangler.flow import Flow

__all__ = ["Bench", "ProcessingStep", "processing_step", "upload"]

INSIDE = "/opt/ml/processing"
VERSION = "2020-12-01"


class Bench(Protocol):
    """What a lab gives: clients, a bucket, a role, names that nobody has."""

    bucket: str
    role: str

    def client(self, service: str) -> Any:
        """A boto3 client."""

    def unique(self, prefix: str) -> str:
        """A name that the account has not seen."""


@dataclass(frozen=True)
class ProcessingStep:
    """What CreateProcessingJob takes but the job's name, and the file that the job leaves in S3."""

    name: str
    request: dict[str, Any]
    output: str

    def job(self, name: str) -> dict[str, Any]:
        """The request of a job with a name."""
        return {"ProcessingJobName": name, **self.request}

    @property
    def request_text(self) -> str:
        """The request as JSON, for a person to read."""
        return json.dumps(self.request, indent=2)

    @property
    def pipeline(self) -> str:
        """The definition of a pipeline whose one step is this job."""
        step = {"Name": self.name, "Type": "Processing", "Arguments": self.request}
        return json.dumps({"Version": VERSION, "Metadata": {}, "Parameters": [], "Steps": [step]}, indent=2)


def processing_step(
    flow: Flow,
    *,
    name: str,
    folder: str,
    role: str,
    image: str = "",
    instance_type: str = "ml.m5.xlarge",
) -> ProcessingStep:
    """The step that runs a flow's script; `folder` is the s3:// prefix where `upload` puts what it reads.

    The image is SageMaker's scikit-learn image unless another is named.
    """
    from sagelab.account import images

    folder, script = folder.rstrip("/"), file_name(name, ".py")
    sources = [node for node in flow.needed(flow.last) if not node.transform]
    files = {n.id: n.uri or f"{folder}/sources/{file_of(n)}" for n in sources}
    inputs = {"code": f"{folder}/code/{script}", **files}
    output = file_name(f"{name}_wrangled", ".csv")
    words = [f"{n.id}={INSIDE}/input/{n.id}/{file_of(n)}" for n in sources]
    arguments = [part for word in words for part in ("--source", word)]
    request = {
        "RoleArn": role,
        "AppSpecification": {
            "ImageUri": image or images.uri("scikit-learn"),
            "ContainerEntrypoint": ["python3", f"{INSIDE}/input/code/{script}"],
            "ContainerArguments": [*arguments, "--output", f"{INSIDE}/output/{output}"],
        },
        "ProcessingInputs": [
            {
                "InputName": key,
                "S3Input": {
                    "S3Uri": uri,
                    "LocalPath": f"{INSIDE}/input/{key}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for key, uri in inputs.items()
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "table",
                    "S3Output": {
                        "S3Uri": f"{folder}/output",
                        "LocalPath": f"{INSIDE}/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": instance_type, "VolumeSizeInGB": 30}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    return ProcessingStep(file_name(name, "").replace("_", "-"), request, f"{folder}/output/{output}")


def upload(flow: Flow, lab: Bench, *, name: str, refit: bool = True) -> ProcessingStep:
    """Put the script, and the sources that are not in S3 yet, into the lab's bucket; the step that runs them."""
    client, folder = (
        lab.client("s3"),
        f"s3://{lab.bucket}/{lab.unique(file_name(name, '').replace('_', '-'))}",
    )
    step = processing_step(flow, name=name, folder=folder, role=lab.role)
    prefix = folder.removeprefix(f"s3://{lab.bucket}/")
    script = python_script(flow, name=name, refit=refit)
    client.put_object(Bucket=lab.bucket, Key=f"{prefix}/code/{file_name(name, '.py')}", Body=script.encode())
    for node in flow.needed(flow.last):
        if not node.transform and not node.uri:
            with tempfile.TemporaryDirectory() as here:
                body = write_table(flow.sources[node.id], Path(here) / file_of(node)).read_bytes()
            client.put_object(Bucket=lab.bucket, Key=f"{prefix}/sources/{file_of(node)}", Body=body)
    return step
