"""A training job that writes a model at once, for whoever measures or kills the account around it."""

import io
import tarfile
from typing import Any

from sagelab.account import images

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"


def archive(name: str, text: str) -> bytes:
    """A .tar.gz with one text file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(text.encode())
        tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def training_job(name: str, bucket: str) -> dict[str, Any]:
    """The request to run train.py of source.tar.gz in a bucket."""
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": images.uri("scikit-learn"), "TrainingInputMode": "File"},
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{bucket}/source.tar.gz",
        },
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
