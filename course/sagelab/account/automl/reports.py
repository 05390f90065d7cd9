"""The reports on the best candidate: Clarify explains it, the model monitor's container measures it."""

import json
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .. import images, s3
from ..control import ControlPlane, Record
from ..jobs import JobError
from .plans import INSTANCE, PROCESSING, processing_input, processing_output
from .request import Request

Child = Callable[[str, Record], Record]
SHAP_SAMPLES = 300  # for each explained row; fewer leave noise on columns that say nothing
ATTRIBUTES = {
    "BinaryClassification": {"inference_attribute": "prediction", "probability_attribute": "probability"},
    "MulticlassClassification": {"inference_attribute": "prediction"},
    "Regression": {"inference_attribute": "prediction"},
}


class Reports:
    """Reports by processing jobs, which `child` starts and waits for."""

    def __init__(self, plane: ControlPlane, request: Request, places: dict[str, str], child: Child) -> None:
        self._plane, self._request, self._places, self._child = plane, request, places, child
        self._s3 = plane.client("s3")

    def explain(self, analysis: Record, best: Record) -> str:
        """Kernel SHAP on a few held-out rows, by a Clarify job with a model made for it; where the report is."""
        if not analysis["explained_rows"]:
            raise JobError("No held-out row has a value in every column.")
        output = s3.join(self._places["explainability"], best["CandidateName"])
        model = f"{self._request.name[:20]}-exp-{uuid.uuid4().hex[:8]}"
        container = best["InferenceContainers"][0]
        asked = {"BinaryClassification": "probability", "MulticlassClassification": "probabilities"}
        environment = {**container["Environment"]}
        if analysis["problem_type"] in asked:
            environment["SAGEMAKER_INFERENCE_OUTPUT"] = asked[analysis["problem_type"]]
        config = s3.join(self._places["explainability"], "config", "analysis_config.json")
        self._put(config, json.dumps(clarify_config(analysis, model)))
        self._plane.call(
            "CreateModel",
            {
                "ModelName": model,
                "ExecutionRoleArn": self._request.role,
                "PrimaryContainer": {**container, "Environment": environment},
            },
        )
        try:
            rows = s3.join(self._places["data"], "explain", "rows.csv")
            inputs = {"analysis_config": config, "dataset": rows}
            job = self._process("exp", "clarify", inputs, {}, output)
        finally:
            self._plane.call("DeleteModel", {"ModelName": model})
        self._insist(job)
        return output

    def insights(self, analysis: Record, best: Record) -> str:
        """Confusion matrix, curves and metrics of the held-out rows; where the report is."""
        output = s3.join(self._places["insights"], best["CandidateName"])
        data = s3.join(self._places["insights"], "data", "predictions.csv")
        self._unpack_predictions(best["InferenceContainers"][0]["ModelDataUrl"], data)
        told = {
            "analysis_type": "MODEL_QUALITY",
            "problem_type": analysis["problem_type"],
            "ground_truth_attribute": "label",
            "dataset_format": json.dumps({"csv": {"header": True}}),
            "dataset_source": f"{PROCESSING}/input/dataset",
            "output_path": f"{PROCESSING}/output",
            "publish_cloudwatch_metrics": "Disabled",
            **ATTRIBUTES[analysis["problem_type"]],
        }
        self._insist(self._process("ins", "model-monitor", {"dataset": data}, told, output))
        return output

    def _unpack_predictions(self, model_uri: str, target: str) -> None:
        """The predictions that a training job left beside its model, as a file of their own."""
        with tempfile.TemporaryDirectory(dir=self._plane.home) as scratch:
            try:
                s3.unpack(
                    self._s3, s3.join(model_uri.rpartition("/")[0], "output.tar.gz"), Path(scratch, "output")
                )
            except (ClientError, s3.BadArchiveError) as error:
                raise JobError(f"The candidate's predictions cannot be read: {error}") from None
            s3.send(self._s3, Path(scratch, "output", "predictions.csv"), target)

    def _process(
        self, kind: str, image: str, inputs: dict[str, str], environment: dict[str, str], output: str
    ) -> Record:
        name = f"{self._request.name[:20]}-{kind}-{uuid.uuid4().hex[:8]}"
        request: dict[str, Any] = {
            "ProcessingJobName": name,
            "RoleArn": self._request.role,
            "AppSpecification": {"ImageUri": images.uri(image)},
            "ProcessingInputs": [
                processing_input(key, uri, f"{PROCESSING}/input/{key}") for key, uri in inputs.items()
            ],
            "ProcessingOutputConfig": {
                "Outputs": [processing_output("result", f"{PROCESSING}/output", output)]
            },
            "ProcessingResources": {"ClusterConfig": INSTANCE},
            "Environment": environment,
        }
        return self._child("ProcessingJob", request)

    @staticmethod
    def _insist(job: Record) -> None:
        if job["ProcessingJobStatus"] != "Completed":
            raise JobError(
                job.get("ExitMessage") or job.get("FailureReason", "The report's job was stopped.")
            )

    def _put(self, uri: str, text: str) -> None:
        where = s3.split(uri)
        self._s3.put_object(Bucket=where.bucket, Key=where.key, Body=text.encode())


def clarify_config(analysis: Record, model: str) -> Record:
    """analysis_config.json: SHAP against a row of typical values."""
    predictor: Record = {
        "model_name": model,
        "instance_type": "ml.m5.large",
        "initial_instance_count": 1,
        "content_type": "text/csv",
        "accept_type": "text/csv",
    }
    if analysis["problem_type"] == "MulticlassClassification":
        predictor["label_headers"] = analysis["labels"]
    return {
        "dataset_type": "text/csv",
        "headers": [column["name"] for column in analysis["columns"]],
        "predictor": predictor,
        "methods": {
            "shap": {
                "baseline": [[column["typical"] or "" for column in analysis["columns"]]],
                "num_samples": SHAP_SAMPLES,
                "agg_method": "mean_abs",
                "seed": 0,
                "save_local_shap_values": True,
            },
            "report": {"name": "report", "title": f"Explainability of {analysis['target']}"},
        },
    }
