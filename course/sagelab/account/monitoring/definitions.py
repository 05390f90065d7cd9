"""Monitoring job definitions of the four types, and those written into a schedule, in one form."""

from dataclasses import dataclass
from typing import Any

from .. import images
from ..control import ApiError, ControlPlane, Record

PROCESSING = "/opt/ml/processing"


@dataclass(frozen=True)
class Kind:
    """What one monitoring type means: its noun, the prefix of its fields, and how its jobs are called."""

    noun: str
    fields: str
    job_prefix: str
    labels: bool
    clarify: bool
    baseline_file: str


KINDS = {
    "DataQuality": Kind(
        "DataQualityJobDefinition", "DataQuality", "model-monitoring", False, False, "constraints.json"
    ),
    "ModelQuality": Kind(
        "ModelQualityJobDefinition",
        "ModelQuality",
        "model-quality-monitoring",
        True,
        False,
        "constraints.json",
    ),
    "ModelBias": Kind(
        "ModelBiasJobDefinition", "ModelBias", "model-bias-monitoring", True, True, "analysis.json"
    ),
    "ModelExplainability": Kind(
        "ModelExplainabilityJobDefinition",
        "ModelExplainability",
        "model-explainability-monitoring",
        False,
        True,
        "analysis.json",
    ),
}


@dataclass(frozen=True)
class Definition:
    """What an execution needs to know, wherever it was written down."""

    type: str
    name: str
    application: Record
    source: Record  # the EndpointInput
    labels_uri: str | None
    baseline: Record
    output: Record  # the one S3Output
    resources: Record
    role: str
    environment: dict[str, str]
    limit: int
    network: Record

    @property
    def kind(self) -> Kind:
        """What the type means."""
        return KINDS[self.type]

    @property
    def endpoint(self) -> str:
        """The name of the monitored endpoint."""
        return str(self.source["EndpointName"])


def from_record(kind_name: str, record: Record) -> Definition:
    """A definition from a Create...JobDefinition request or its record."""
    prefix = KINDS[kind_name].fields
    application, source = record[f"{prefix}AppSpecification"], record[f"{prefix}JobInput"]
    return Definition(
        type=kind_name,
        name=record["JobDefinitionName"],
        application=application,
        source=source.get("EndpointInput", {}),
        labels_uri=source.get("GroundTruthS3Input", {}).get("S3Uri"),
        baseline=record.get(f"{prefix}BaselineConfig", {}),
        output=record[f"{prefix}JobOutputConfig"]["MonitoringOutputs"][0]["S3Output"],
        resources=record["JobResources"],
        role=record["RoleArn"],
        environment=application.get("Environment", {}),
        limit=record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 3600),
        network=record.get("NetworkConfig", {}),
    )


def from_schedule(inline: Record) -> Definition:
    """A data quality definition that is written into its schedule (MonitoringJobDefinition)."""
    return Definition(
        type="DataQuality",
        name="",
        application=inline["MonitoringAppSpecification"],
        source=inline["MonitoringInputs"][0].get("EndpointInput", {}),
        labels_uri=None,
        baseline=inline.get("BaselineConfig", {}),
        output=inline["MonitoringOutputConfig"]["MonitoringOutputs"][0]["S3Output"],
        resources=inline["MonitoringResources"],
        role=inline["RoleArn"],
        environment=inline.get("Environment", {}),
        limit=inline.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 3600),
        network=inline.get("NetworkConfig", {}),
    )


def check(plane: ControlPlane, definition: Definition) -> None:
    """Refuse what AWS refuses, and what the local account would have to fake."""
    image = images.find_image(definition.application["ImageUri"], "processing")
    wanted = "clarify" if definition.kind.clarify else "model-monitor"
    if image.name != wanted:
        raise ApiError(f"A {definition.type} monitor needs the image {images.uri(wanted)}.")
    for field in ("RecordPreprocessorSourceUri", "PostAnalyticsProcessorSourceUri", "ContainerEntrypoint"):
        if definition.application.get(field):
            raise ApiError(f"The local account runs the monitor's own container only; leave {field} out.")
    if not definition.source:
        raise ApiError("The local account monitors endpoints; give EndpointInput, not BatchTransformInput.")
    for path in (definition.source["LocalPath"], definition.output["LocalPath"]):
        if not (path + "/").startswith(PROCESSING + "/"):
            raise ApiError(f"LocalPath must begin with {PROCESSING}/, but it is {path}.")
    if definition.kind.labels and not definition.labels_uri:
        raise ApiError(f"A {definition.type} monitor needs labels: give GroundTruthS3Input.S3Uri.")
    if definition.type == "ModelQuality" and "ProblemType" not in definition.application:
        raise ApiError("ModelQualityAppSpecification needs a ProblemType.")
    if definition.resources["ClusterConfig"]["InstanceCount"] != 1:
        raise ApiError("The local account processes on one instance: set ClusterConfig.InstanceCount to 1.")
    if definition.kind.clarify and definition.network.get("EnableNetworkIsolation"):
        raise ApiError("Clarify calls endpoints: NetworkConfig.EnableNetworkIsolation must be False.")
    plane.find("Endpoint", definition.endpoint)
    if "BaseliningJobName" in definition.baseline:
        plane.find("ProcessingJob", definition.baseline["BaseliningJobName"])


def baseline_uri(plane: ControlPlane, definition: Definition, resource: str, file: str) -> str | None:
    """Where a baseline file lies: the resource that names it, else the output of the named baselining job."""
    given: str | None = definition.baseline.get(resource, {}).get("S3Uri")
    job = definition.baseline.get("BaseliningJobName")
    if given or not job:
        return given
    outputs = plane.find("ProcessingJob", job)["ProcessingOutputConfig"]["Outputs"]
    return f"{outputs[0]['S3Output']['S3Uri'].rstrip('/')}/{file}"


def environment(definition: Definition) -> dict[str, str]:
    """What the container is told of the problem and of the model's answers, as AWS names it."""
    names = {
        "InferenceAttribute": "inference_attribute",
        "ProbabilityAttribute": "probability_attribute",
        "ProbabilityThresholdAttribute": "probability_threshold_attribute",
        "FeaturesAttribute": "features_attribute",
        "ExcludeFeaturesAttribute": "exclude_features_attribute",
    }
    told: dict[str, Any] = {
        key: definition.source[field] for field, key in names.items() if field in definition.source
    }
    if definition.type == "ModelQuality":
        told |= {"analysis_type": "MODEL_QUALITY", "problem_type": definition.application["ProblemType"]}
    return {key: str(value) for key, value in told.items()}
