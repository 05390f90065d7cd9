"""What AWS checks of models, endpoint configurations and endpoints before it accepts them."""

from . import images, s3
from .asynchronous import check_asynchronous
from .control import ApiError, ControlPlane, Record
from .deployments import check_deployment
from .instance import containers_of
from .serverless import check_serverless
from .shadow import check_shadow

MOST_CONTAINERS = 15


class Checks:
    """The checks of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        plane.checks("CreateModel", self.model)
        plane.checks("CreateEndpointConfig", self.config)
        plane.checks("CreateEndpoint", self.endpoint)
        plane.checks("UpdateEndpoint", self.update)

    def model(self, params: Record) -> None:
        """CreateModel."""
        if ("PrimaryContainer" in params) == ("Containers" in params):
            raise ApiError("Give PrimaryContainer, or Containers for an inference pipeline.")
        containers = containers_of(params)
        if not 1 <= len(containers) <= MOST_CONTAINERS:
            raise ApiError(f"A model has from 1 to {MOST_CONTAINERS} containers.")
        names = [c["ContainerHostname"] for c in containers if "ContainerHostname" in c]
        if len(set(names)) < len(names):
            raise ApiError("Each container of a model needs its own ContainerHostname.")
        mode = params.get("InferenceExecutionConfig", {}).get("Mode", "Serial")
        if mode == "Direct" and len(names) < len(containers):
            raise ApiError(
                "With InferenceExecutionConfig Mode Direct each container needs a ContainerHostname."
            )
        for container in containers:
            self._container(container, alone=len(containers) == 1)

    def _container(self, container: Record, *, alone: bool) -> None:
        if "Image" not in container:
            raise ApiError(
                "The local account hosts containers of an image: give Image and ModelDataUrl, not a model package."
            )
        images.find_image(container["Image"], "hosting")
        if "ModelDataSource" in container:
            raise ApiError(
                "The local account hosts models from one archive: give ModelDataUrl, not ModelDataSource."
            )
        url, client = container.get("ModelDataUrl"), self._plane.client("s3")
        if container.get("Mode") == "MultiModel":
            if not alone:
                raise ApiError(
                    "The local account hosts a multi-model container alone: give PrimaryContainer."
                )
            if not url or not url.startswith("s3://"):
                raise ApiError("A multi-model container needs the S3 prefix of its models as ModelDataUrl.")
        elif url and not (url.startswith("s3://") and s3.exists(client, url)):
            raise ApiError(f"Could not find model data at {url}.")

    def config(self, params: Record) -> None:
        """CreateEndpointConfig."""
        if params.get("ExplainerConfig"):
            raise ApiError(
                "The local account explains no predictions of endpoints; leave ExplainerConfig out."
            )
        variants = [*params["ProductionVariants"], *params.get("ShadowProductionVariants", [])]
        names = [variant["VariantName"] for variant in variants]
        if len(set(names)) < len(names):
            raise ApiError("Production variant names must be unique within an endpoint configuration.")
        models = []
        for variant in variants:
            hosted = "ServerlessConfig" in variant or "InstanceType" in variant
            if "ModelName" not in variant or not hosted:
                text = "give a ModelName, and an InstanceType or a ServerlessConfig."
                raise ApiError(f"Variant {variant['VariantName']}: {text}")
            models.append(self._plane.find("Model", variant["ModelName"]))
        check_weights([variant.get("InitialVariantWeight", 1.0) for variant in params["ProductionVariants"]])
        check_serverless(params, models)
        check_shadow(params)
        check_asynchronous(params)

    def endpoint(self, params: Record) -> None:
        """CreateEndpoint."""
        self._deployable(params["EndpointConfigName"])

    def update(self, params: Record) -> None:
        """UpdateEndpoint."""
        endpoint = self._plane.find("Endpoint", params["EndpointName"])
        status = endpoint["EndpointStatus"]
        if status == "Failed":
            raise ApiError(
                f'Cannot update failed endpoint "{endpoint["_arn"]}"; delete it and create it again.'
            )
        if status != "InService":
            raise ApiError(f'Cannot update in-progress endpoint "{endpoint["_arn"]}".')
        config = self._deployable(params["EndpointConfigName"])
        variants = config["ProductionVariants"]
        if "ServerlessConfig" in variants[0] and not endpoint["ProductionVariants"][0].get(
            "CurrentServerlessConfig"
        ):
            raise ApiError("An endpoint on instances cannot be updated to a serverless endpoint.")
        if deployment := params.get("DeploymentConfig"):
            if "ServerlessConfig" in variants[0]:
                raise ApiError("Serverless endpoints do not support DeploymentConfig.")
            count = min(variant.get("InitialInstanceCount", 1) for variant in variants)
            check_deployment(self._plane, deployment, count)

    def _deployable(self, config_name: str) -> Record:
        config = self._plane.find("EndpointConfig", config_name)
        for variant in [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]:
            self._plane.find("Model", variant["ModelName"])
        return config


def check_weights(weights: list[float]) -> None:
    """Some variant must get traffic."""
    if sum(weights) <= 0:
        raise ApiError("At least one production variant needs a weight above 0.")
