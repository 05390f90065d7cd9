"""Models, endpoint configurations and endpoints: what is deployed, replaced, taken down, and comes back."""

import shutil
import traceback
from typing import Any

from . import images, s3
from .capture import Capture
from .control import ApiError, ControlPlane, Record
from .endpoints import FOLDER, Endpoints, LiveEndpoint
from .invocations import InvocationMetrics
from .jobs import INTERNAL
from .runtime import Runtime
from .worker import StartError

IN_SERVICE = ("InService", "Creating", "Updating")  # statuses that a restart of the account takes up again


def register(plane: ControlPlane) -> None:
    """Host models in this account."""
    Hosting(plane)


class Hosting:
    """The endpoints of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        shutil.rmtree(plane.home / FOLDER, ignore_errors=True)  # what a killed account left
        self._endpoints = Endpoints()
        self._capture = Capture(lambda: plane.client("s3"))
        self._metrics = InvocationMetrics(lambda: plane.client("cloudwatch"))
        Runtime(plane, self._endpoints, self._capture, self._metrics)
        plane.checks("CreateModel", self._check_model)
        plane.checks("CreateEndpointConfig", self._check_config)
        plane.checks("CreateEndpoint", lambda params: self._check_deployable(params["EndpointConfigName"]))
        plane.checks("UpdateEndpoint", self._check_update)
        plane.executes("CreateEndpoint", self._create)
        plane.executes("UpdateEndpoint", self._update)
        plane.executes("DeleteEndpoint", self._delete)
        plane.answers("UpdateEndpointWeightsAndCapacities", self._reweight)
        plane.flushers += [self._capture.flush, self._metrics.flush]
        plane.clock.on_tick(self._flush)
        plane.on_stop(self._close)
        interrupted = [e for e in plane.records("Endpoint") if e["EndpointStatus"] in IN_SERVICE]
        self._revived = [self._announce(e, as_it_was(e)) for e in interrupted if "_deployed" in e]
        plane.on_start(self._revive)

    # -- references --------------------------------------------------------------------------------------------
    def _check_model(self, params: Record) -> None:
        containers = (
            [params["PrimaryContainer"]] if "PrimaryContainer" in params else params.get("Containers", [])
        )
        if len(containers) != 1:
            raise ApiError("The local account hosts models of one container: give PrimaryContainer.")
        container = containers[0]
        if "Image" not in container or container.get("Mode", "SingleModel") != "SingleModel":
            raise ApiError(
                "The local account hosts single models: give PrimaryContainer.Image and ModelDataUrl."
            )
        images.find_image(container["Image"], "hosting")
        if "ModelDataSource" in container:
            raise ApiError(
                "The local account hosts models from one archive: give ModelDataUrl, not ModelDataSource."
            )
        url = container.get("ModelDataUrl")
        if url and not (url.startswith("s3://") and s3.exists(self._plane.client("s3"), url)):
            raise ApiError(f"Could not find model data at {url}.")

    def _check_config(self, params: Record) -> None:
        for unknown in ("ShadowProductionVariants", "AsyncInferenceConfig", "ExplainerConfig"):
            if params.get(unknown):
                raise ApiError(
                    f"The local account hosts real-time production variants only; leave {unknown} out."
                )
        variants = params["ProductionVariants"]
        names = [variant["VariantName"] for variant in variants]
        if len(set(names)) < len(names):
            raise ApiError("Production variant names must be unique within an endpoint configuration.")
        for variant in variants:
            if "ServerlessConfig" in variant or "ModelName" not in variant:
                raise ApiError(f"Variant {variant['VariantName']}: give a ModelName and an InstanceType.")
            self._plane.find("Model", variant["ModelName"])
        check_weights([variant.get("InitialVariantWeight", 1.0) for variant in variants])

    def _check_deployable(self, config_name: str) -> None:
        config = self._plane.find("EndpointConfig", config_name)
        for variant in config["ProductionVariants"]:
            self._plane.find("Model", variant["ModelName"])

    def _check_update(self, params: Record) -> None:
        endpoint = self._plane.find("Endpoint", params["EndpointName"])
        status = endpoint["EndpointStatus"]
        if status == "Failed":
            raise ApiError(
                f'Cannot update failed endpoint "{endpoint["_arn"]}"; delete it and create it again.'
            )
        if status != "InService":
            raise ApiError(f'Cannot update in-progress endpoint "{endpoint["_arn"]}".')
        self._check_deployable(params["EndpointConfigName"])

    # -- what happens ------------------------------------------------------------------------------------------
    def _create(self, endpoint: Record) -> None:
        self._begin(endpoint, self._snapshot(endpoint["EndpointConfigName"]))

    def _update(self, endpoint: Record) -> None:
        changes = {
            "EndpointStatus": "Updating",
            "RetainAllVariantProperties": None,
        }  # it is for this update only
        self._plane.update("Endpoint", endpoint["_arn"], **changes)
        deployed = self._snapshot(endpoint["EndpointConfigName"])
        if endpoint.get("RetainAllVariantProperties"):
            carry_over(deployed, endpoint.get("ProductionVariants", []))
        self._begin(endpoint, deployed)

    def _delete(self, endpoint: Record) -> None:
        self._endpoints.drop(endpoint["EndpointName"])
        self._flush()

    def _snapshot(self, config_name: str) -> Record:
        """What is deployed does not change when its configuration or models are deleted later."""
        config = self._plane.find("EndpointConfig", config_name)
        names = {variant["ModelName"] for variant in config["ProductionVariants"]}
        return {"config": config, "models": {name: self._plane.find("Model", name) for name in names}}

    def _begin(self, endpoint: Record, deployed: Record) -> None:
        self._plane.update("Endpoint", endpoint["_arn"], _deployed=deployed)
        self._plane.background(self._deploy, *self._announce(endpoint, deployed))

    def _announce(self, endpoint: Record, deployed: Record) -> tuple[str, LiveEndpoint]:
        coming = LiveEndpoint(self._plane, endpoint["EndpointName"], deployed)
        self._endpoints.announce(coming)
        return endpoint["_arn"], coming

    def _deploy(self, arn: str, coming: LiveEndpoint) -> None:
        try:
            coming.start()
        except Exception as error:
            if not isinstance(error, StartError):  # a fault of ours, not of the learner's model
                traceback.print_exc()
            if self._endpoints.settle(coming):
                reason = str(error) if isinstance(error, StartError) else f"{INTERNAL} ({error!r})"
                self._record_failure(arn, coming.name, reason)
            return
        if self._endpoints.put(coming):
            self._record(arn, coming)
        else:
            coming.close()
        self._endpoints.settle(coming)

    def _record(self, arn: str, live: LiveEndpoint) -> None:
        now = self._plane.clock.time()
        config = live.deployed["config"]
        changes: dict[str, Any] = {
            "EndpointStatus": "InService",
            "EndpointConfigName": config["EndpointConfigName"],
            "ProductionVariants": [variant.summary(now) for variant in live.variants.values()],
            "DataCaptureConfig": capture_summary(config.get("DataCaptureConfig")),
            "FailureReason": None,
            "LastModifiedTime": now,
        }
        self._write(arn, changes)

    def _record_failure(self, arn: str, name: str, reason: str) -> None:
        """A failed update leaves the old variants in service; a failed creation leaves nothing."""
        old = self._endpoints.get(name)
        changes: dict[str, Any] = {
            "EndpointStatus": "InService" if old else "Failed",
            "FailureReason": reason,
        }
        if old:
            changes |= {
                "EndpointConfigName": old.deployed["config"]["EndpointConfigName"],
                "_deployed": old.deployed,
            }
        self._write(arn, {**changes, "LastModifiedTime": self._plane.clock.time()})

    def _write(self, arn: str, changes: dict[str, Any]) -> None:
        try:
            self._plane.update("Endpoint", arn, **changes)
        except ApiError:  # deleted while it was deployed
            self._endpoints.drop(arn.rpartition("/")[2])

    def _reweight(self, params: Record) -> Record:
        endpoint = self._plane.find("Endpoint", params["EndpointName"])
        live = self._endpoints.get(params["EndpointName"])
        if live is None or endpoint["EndpointStatus"] != "InService":
            raise ApiError(f'Cannot update in-progress endpoint "{endpoint["_arn"]}".')
        wanted = {change["VariantName"]: change for change in params["DesiredWeightsAndCapacities"]}
        if missing := ", ".join(sorted(set(wanted) - set(live.variants))):
            config = f'endpoint configuration "{endpoint["EndpointConfigName"]}"'
            raise ApiError(f'The variant name(s) "{missing}" is/are not present within {config}.')
        weights = {n: wanted.get(n, {}).get("DesiredWeight", v.weight) for n, v in live.variants.items()}
        check_weights(list(weights.values()))
        for name, variant in live.variants.items():
            variant.weight = weights[name]
            variant.instances = wanted.get(name, {}).get("DesiredInstanceCount", variant.instances)
        self._record(endpoint["_arn"], live)
        return {"EndpointArn": endpoint["_arn"]}

    # -- the account stops and starts --------------------------------------------------------------------------
    def _flush(self) -> None:
        self._capture.flush()
        self._metrics.flush()

    def _close(self) -> None:
        for name in set(self._endpoints.names()):
            self._endpoints.drop(name)

    def _revive(self) -> None:
        """Bring back what was in service, or on its way, when the account ended."""
        for arn, coming in self._revived:
            self._plane.background(self._deploy, arn, coming)


def as_it_was(endpoint: Record) -> Record:
    """What an endpoint had deployed, with the weights that it had last; not those from before an update."""
    deployed: Record = endpoint["_deployed"]
    if endpoint["EndpointStatus"] == "InService":
        carry_over(deployed, endpoint.get("ProductionVariants", []))
    return deployed


def check_weights(weights: list[float]) -> None:
    """Some variant must get traffic."""
    if sum(weights) <= 0:
        raise ApiError("At least one production variant needs a weight above 0.")


def carry_over(deployed: Record, summaries: list[Record]) -> None:
    """Keep the weights and instance counts that the variants have now."""
    now = {summary["VariantName"]: summary for summary in summaries}
    for variant in deployed["config"]["ProductionVariants"]:
        if summary := now.get(variant["VariantName"]):
            variant["InitialVariantWeight"] = summary["CurrentWeight"]
            variant["InitialInstanceCount"] = summary["CurrentInstanceCount"]


def capture_summary(config: Record | None) -> Record | None:
    """The capture configuration as DescribeEndpoint shows it."""
    if config is None:
        return None
    enabled = config.get("EnableCapture", True)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
