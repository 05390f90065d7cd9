"""The candidates of an AutoML job, read from the training jobs that make them."""

from typing import Any

from .. import images, s3
from ..control import ControlPlane, Record
from ..listing import page_start
from .metric_names import SMALLER_IS_BETTER

PAGE = 10
SETS = {"train": "Train", "validation": "Validation"}
ENVIRONMENT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
CLASSIFIER = {
    "SAGEMAKER_INFERENCE_INPUT": "predicted_label",
    "SAGEMAKER_INFERENCE_OUTPUT": "predicted_label",
    "SAGEMAKER_INFERENCE_SUPPORTED": "predicted_label,probability,probabilities,labels",
}
FINAL = "FinalAutoMLJobObjectiveMetric"


class Candidates:
    """The candidates of all AutoML jobs of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def of(self, job: Record) -> list[Record]:
        """A job's candidates, oldest first."""
        names = set(job.get("_candidates", []))
        tuning = job.get("_tuning")
        trainings = [
            training
            for training in self._plane.records("TrainingJob")
            if training["TrainingJobName"] in names or (tuning and training.get("TuningJobArn") == tuning)
        ]
        return [candidate(job, training) for training in trainings]

    def best(self, job: Record) -> Record | None:
        """The completed candidate with the best objective."""
        found = [each for each in self.of(job) if FINAL in each and each["CandidateStatus"] == "Completed"]
        return min(found, key=cost, default=None)

    def list(self, params: Record) -> Record:
        """ListCandidatesForAutoMLJob."""
        found = self.of(self._plane.find("AutoMLJob", params["AutoMLJobName"]))
        if "StatusEquals" in params:
            found = [each for each in found if each["CandidateStatus"] == params["StatusEquals"]]
        if "CandidateNameEquals" in params:
            found = [each for each in found if each["CandidateName"] == params["CandidateNameEquals"]]
        by = params.get("SortBy", "CreationTime")
        if by == "FinalObjectiveMetricValue":
            found = [each for each in found if FINAL in each]
            found.sort(key=lambda each: float(each[FINAL]["Value"]))
        else:
            found.sort(key=lambda each: each["CandidateStatus" if by == "Status" else "CreationTime"])
        if params.get("SortOrder", "Ascending") == "Descending":
            found.reverse()
        start, size = page_start(params), params.get("MaxResults", PAGE)
        page: Record = {"Candidates": found[start : start + size]}
        return {**page, "NextToken": str(start + size)} if start + size < len(found) else page


def candidate(job: Record, training: Record) -> Record:
    """One candidate."""
    status, name = training["TrainingJobStatus"], training["TrainingJobName"]
    values = {m["MetricName"]: float(m["Value"]) for m in training.get("FinalMetricDataList") or []}
    objective = job["_objective"]
    value = values.get(f"validation:{objective}") if status == "Completed" else None
    found: Record = {
        "CandidateName": name,
        "CandidateStatus": status,
        "ObjectiveStatus": "Succeeded"
        if value is not None
        else "Pending"
        if status == "InProgress"
        else "Failed",
        "CandidateSteps": [
            step("ProcessingJob", job["_preparation"]),
            step("TrainingJob", training["_arn"]),
        ],
        "CreationTime": training["CreationTime"],
        "LastModifiedTime": training["LastModifiedTime"],
    }
    for member, source in (("EndTime", "TrainingEndTime"), ("FailureReason", "FailureReason")):
        if training.get(source):
            found[member] = training[source]
    if value is None:
        return found
    kind = "Minimize" if objective in SMALLER_IS_BETTER else "Maximize"
    metric = {"Type": kind, "MetricName": objective, "Value": value, "StandardMetricName": objective}
    container = inference_container(job, training)
    return found | {
        FINAL: metric,
        "InferenceContainers": [container],
        "InferenceContainerDefinitions": {"CPU": [container]},
        "CandidateProperties": {
            "CandidateMetrics": [as_metric(*item) for item in values.items()],
            **reports(job, name),
        },
    }


def reports(job: Record, name: str) -> Record:
    """Where a candidate's reports are; only the best one has some."""
    found = job.get("_reports", {})
    return {"CandidateArtifactLocations": found["locations"]} if found.get("candidate") == name else {}


def as_metric(name: str, value: float) -> Record:
    """A metric with the part of the data that it was measured on; MetricName has not all standard names."""
    part, _, metric = name.partition(":")
    names = {} if metric == "LogLoss" else {"MetricName": metric}
    return {**names, "StandardMetricName": metric, "Value": value, "Set": SETS[part]}


def step(kind: str, arn: str) -> Record:
    """A job on the way to a candidate."""
    return {
        "CandidateStepType": f"AWS::SageMaker::{kind}",
        "CandidateStepArn": arn,
        "CandidateStepName": arn.rpartition("/")[2],
    }


def inference_container(job: Record, training: Record) -> Record:
    """The container that serves a candidate, as CreateModel takes it."""
    environment: dict[str, Any] = {**ENVIRONMENT, **(CLASSIFIER if job["_problem"] != "Regression" else {})}
    return {
        "Image": images.uri("scikit-learn"),
        "ModelDataUrl": training["ModelArtifacts"]["S3ModelArtifacts"],
        "Environment": environment,
    }


def cost(found: Record) -> float:
    """The objective's value with its sign turned so that smaller is better."""
    metric = found[FINAL]
    return float(metric["Value"]) * (1 if metric["Type"] == "Minimize" else -1)


def places(output: str, name: str) -> dict[str, str]:
    """The folders of a job's output, as AWS lays them out."""
    root = s3.join(output, name)
    return {
        "data": s3.join(root, "preprocessed-data"),
        "notebooks": s3.join(root, "sagemaker-automl-candidates", "notebooks"),
        "code": s3.join(root, "sagemaker-automl-candidates", "generated_module"),
        "training": s3.join(root, "training-jobs"),
        "explainability": s3.join(root, "documentation", "explainability", "output"),
        "insights": s3.join(root, "documentation", "model_monitor", "output"),
    }
