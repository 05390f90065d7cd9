"""What the account writes into its lineage by itself, when jobs end and models, packages and endpoints appear.

The entities are those of AWS's page "Amazon SageMaker AI-Created Tracking Entities". Every association points from
what was there first to what came of it, so that ascendants are causes and descendants are effects.
"""

from collections.abc import Iterable

from ..control import ControlPlane, Record
from ..experiments import component_arn
from .entities import Entities
from .graph import Graph

CONTRIBUTED, PRODUCED, ASSOCIATED = "ContributedTo", "Produced", "AssociatedWith"


class Recorder:
    """Watches the records of one account."""

    def __init__(self, plane: ControlPlane, entities: Entities, graph: Graph) -> None:
        self._plane, self._entities, self._graph = plane, entities, graph
        plane.watches("TrainingJob", self._training)
        plane.watches("ProcessingJob", self._processing)
        plane.watches("TransformJob", self._transform)
        plane.watches("Model", self._model)
        plane.watches("ModelPackageGroup", self._group)
        plane.watches("ModelPackage", self._package)
        plane.watches("Endpoint", self._endpoint)

    # -- jobs --------------------------------------------------------------------------------------------------
    def _training(self, before: Record | None, job: Record) -> None:
        if not became(before, job, "TrainingJobStatus", "Completed"):
            return
        component = component_arn(self._plane, "TrainingJob", job["TrainingJobName"])
        sources = [
            channel["DataSource"].get("S3DataSource", {}) for channel in job.get("InputDataConfig", [])
        ]
        self._inputs(component, job["AlgorithmSpecification"].get("TrainingImage"), uris(sources))
        self._output(component, job["ModelArtifacts"]["S3ModelArtifacts"], "Model")
        if job.get("CheckpointConfig"):
            self._output(component, job["CheckpointConfig"]["S3Uri"], "Checkpoint")

    def _processing(self, before: Record | None, job: Record) -> None:
        if not became(before, job, "ProcessingJobStatus", "Completed"):
            return
        component = component_arn(self._plane, "ProcessingJob", job["ProcessingJobName"])
        sources = [source.get("S3Input", {}) for source in job.get("ProcessingInputs", [])]
        self._inputs(component, job["AppSpecification"]["ImageUri"], uris(sources))
        outputs = job.get("ProcessingOutputConfig", {}).get("Outputs", [])
        for uri in uris(output.get("S3Output", {}) for output in outputs):
            self._output(component, uri, "DataSet")

    def _transform(self, before: Record | None, job: Record) -> None:
        if not became(before, job, "TransformJobStatus", "Completed"):
            return
        component = component_arn(self._plane, "TransformJob", job["TransformJobName"])
        self._inputs(component, None, uris([job["TransformInput"]["DataSource"].get("S3DataSource", {})]))
        model = self._plane.store.get("Model", self._plane.arn("Model", job["ModelName"]))
        if model:
            self._graph.connect(self._model_artifact(model), CONTRIBUTED, component)
        self._output(component, job["TransformOutput"]["S3OutputPath"], "DataSet")

    def _inputs(self, component: str, image: str | None, data: list[str]) -> None:
        for uri in data:
            self._graph.connect(self._artifact(uri, "DataSet"), CONTRIBUTED, component)
        if image:
            self._graph.connect(self._artifact(image, "Image"), CONTRIBUTED, component)

    def _output(self, component: str, uri: str, kind: str) -> None:
        self._graph.connect(component, PRODUCED, self._artifact(uri, kind))

    # -- models and packages -----------------------------------------------------------------------------------
    def _model(self, before: Record | None, model: Record) -> None:
        if before is None:
            self._model_artifact(model)

    def _model_artifact(self, model: Record) -> str:
        """The artifact of a model, with the images, the data and the package that it is made of."""
        arn = self._entities.keep("Artifact", model["ModelName"], "Model", model["_arn"])
        containers = (
            [model["PrimaryContainer"]] if model.get("PrimaryContainer") else model.get("Containers", [])
        )
        self._made_of(arn, containers)
        for container in containers:
            if package := container.get("ModelPackageName"):
                self._graph.connect(self._artifact(package, "Model"), CONTRIBUTED, arn)
        return arn

    def _group(self, before: Record | None, group: Record) -> None:
        if before is None:
            self._group_context(group["ModelPackageGroupName"])

    def _group_context(self, name: str) -> str:
        source = self._plane.arn("ModelPackageGroup", name)
        return self._entities.keep("Context", f"{name}-aws-model-group", "ModelGroup", source)

    def _package(self, before: Record | None, package: Record) -> None:
        name = package["_arn"].rpartition("model-package/")[2].replace("/", "-")
        arn = self._entities.keep("Artifact", f"{name}-aws-model-package", "Model", package["_arn"])
        if before is None:
            self._made_of(arn, package.get("InferenceSpecification", {}).get("Containers", []))
            if "ModelPackageGroupName" in package:
                context = self._group_context(package["ModelPackageGroupName"])
                self._graph.connect(arn, ASSOCIATED, context)
        status = package.get("ModelApprovalStatus")
        if status and status != (before or {}).get("ModelApprovalStatus"):
            self._approval(arn, name, package)

    def _approval(self, arn: str, name: str, package: Record) -> None:
        """Every approval status that a package has had is an action of its own."""
        number = self._plane.store.next_number(f"lineage.approval.{name}")
        properties = {"ModelApprovalStatus": package["ModelApprovalStatus"]}
        if package.get("ApprovalDescription"):
            properties["ApprovalDescription"] = package["ApprovalDescription"]
        action = self._entities.keep(
            "Action", f"{name[:90]}-{number}-aws-approval", "Approval", package["_arn"], properties
        )
        self._graph.connect(action, ASSOCIATED, arn)

    def _made_of(self, arn: str, containers: list[Record]) -> None:
        for container in containers:
            source = container.get("ModelDataSource", {}).get("S3DataSource", {}).get("S3Uri")
            data = container.get("ModelDataUrl") or source
            for uri, kind in ((container.get("Image"), "Image"), (data, "ModelData")):
                if uri:
                    self._graph.connect(self._artifact(uri, kind), CONTRIBUTED, arn)

    # -- endpoints ---------------------------------------------------------------------------------------------
    def _endpoint(self, before: Record | None, endpoint: Record) -> None:
        if not became(before, endpoint, "EndpointStatus", "InService"):
            return
        name, config = endpoint["EndpointName"], endpoint["EndpointConfigName"]
        context = self._entities.keep("Context", f"{name}-aws-endpoint", "Endpoint", endpoint["_arn"])
        source = self._plane.arn("EndpointConfig", config)
        action = self._entities.keep(
            "Action", f"{name[:50]}-{config[:50]}-aws-deployment", "ModelDeployment", source
        )
        self._graph.connect(action, ASSOCIATED, context)
        record = self._plane.store.get("EndpointConfig", source) or {}
        for variant in record.get("ProductionVariants", []):
            model = self._plane.store.get("Model", self._plane.arn("Model", variant.get("ModelName", "")))
            if model:
                self._graph.connect(self._model_artifact(model), CONTRIBUTED, action)

    def _artifact(self, uri: str, kind: str) -> str:
        name = uri.rstrip("/").rpartition("/")[2]
        return self._entities.keep("Artifact", name or kind, kind, uri)


def became(before: Record | None, after: Record, member: str, status: str) -> bool:
    """Has a record come to a status with this change?"""
    return after.get(member) == status and (before or {}).get(member) != status


def uris(sources: Iterable[Record]) -> list[str]:
    """The S3 URIs of data sources."""
    return [source["S3Uri"] for source in sources if "S3Uri" in source]
