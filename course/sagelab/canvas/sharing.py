"""Hand a Canvas model over: a version in the Model Registry that waits for approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sagelab.canvas.analysis import reports, statistics_uri

__all__ = ["package_request", "share"]

TYPES = ["text/csv"]
INSTANCES = ["ml.m5.large"]


def package_request(group: str, best: Mapping[str, Any], description: str) -> dict[str, Any]:
    """CreateModelPackage of a candidate with its metrics and reports, PendingManualApproval."""
    metrics: dict[str, Any] = {}
    if uri := statistics_uri(best):
        metrics["ModelQuality"] = {"Statistics": {"ContentType": "application/json", "S3Uri": uri}}
    if folder := reports(best).get("Explainability"):
        uri = f"{folder.rstrip('/')}/analysis.json"
        metrics["Explainability"] = {"Report": {"ContentType": "application/json", "S3Uri": uri}}
    final = best["FinalAutoMLJobObjectiveMetric"]
    return {
        "ModelPackageGroupName": group,
        "ModelPackageDescription": description,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [
                {key: each[key] for key in ("Image", "ModelDataUrl", "Environment")}
                for each in best["InferenceContainers"]
            ],
            "SupportedContentTypes": TYPES,
            "SupportedResponseMIMETypes": TYPES,
            "SupportedRealtimeInferenceInstanceTypes": INSTANCES,
            "SupportedTransformInstanceTypes": INSTANCES,
        },
        "CustomerMetadataProperties": {
            "candidate": best["CandidateName"],
            f"validation.{final['MetricName']}": f"{float(final['Value']):.6g}",
        },
        **({"ModelMetrics": metrics} if metrics else {}),
    }


def share(sagemaker: Any, group: str, best: Mapping[str, Any], description: str) -> str:
    """Register the candidate as the next version of a group, which is made where it is missing; the version's ARN."""
    try:
        sagemaker.describe_model_package_group(ModelPackageGroupName=group)
    except ClientError:
        sagemaker.create_model_package_group(ModelPackageGroupName=group)
    return str(sagemaker.create_model_package(**package_request(group, best, description))["ModelPackageArn"])
