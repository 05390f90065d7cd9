"""Models, endpoint configurations and endpoints: what is deployed, replaced, taken down, and comes back."""

import shutil
import traceback
from collections.abc import Collection
from typing import Any

from .asynchronous import Queues
from .capacity import Capacity
from .capture import Capture
from .control import ApiError, ControlPlane, Record
from .deployments import Rollout, Rollouts
from .endpoints import FOLDER, Endpoints, LiveEndpoint
from .gauges import Gauges, Utilization
from .hosting_checks import Checks
from .invocations import InvocationMetrics
from .jobs import INTERNAL
from .runtime import Runtime
from .scaling import Scaling
from .serverless import ServerlessFleet
from .streaming import Streaming
from .worker import StartError

IN_SERVICE = (
    "InService",
    "Creating",
    "Updating",
    "RollingBack",
)  # statuses that a restart of the account takes up again


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
        self._metrics = InvocationMetrics(lambda: plane.client("cloudwatch"), self._sample)
        runtime = Runtime(plane, self._endpoints, self._capture, self._metrics)
        Streaming(runtime)
        self._queues = Queues(plane, self._endpoints, runtime.observe)
        Checks(plane)
        self._capacity = Capacity(plane, self._endpoints, self._resized)
        self._rollouts = Rollouts(
            plane, self._endpoints, self._rolled_out, self._roll_back, self._show_rollout
        )
        self._scaling = Scaling(plane, self._endpoints, self._capacity, self._metrics)
        steady = [self._queues.gauges, self._scaling.zeros]
        self._gauges = Gauges(plane, steady, [Utilization(self._endpoints)])
        plane.executes("CreateEndpoint", self._create)
        plane.executes("UpdateEndpoint", self._update)
        plane.executes("DeleteEndpoint", self._delete)
        plane.flushers += [self._capture.flush, self._metrics.flush]
        plane.clock.on_tick(self._tick)
        plane.on_stop(self._close)
        interrupted = [e for e in plane.records("Endpoint") if e["EndpointStatus"] in IN_SERVICE]
        self._revived = [self._announce(e, as_it_was(e)) for e in interrupted if "_deployed" in e]
        plane.on_start(self._revive)

    # -- what happens ------------------------------------------------------------------------------------------
    def _create(self, endpoint: Record) -> None:
        self._begin(endpoint, self._snapshot(endpoint["EndpointConfigName"]), {})

    def _update(self, endpoint: Record) -> None:
        last = endpoint.get("LastDeploymentConfig") if endpoint.get("RetainDeploymentConfig") else None
        config = endpoint.get("DeploymentConfig") or last or {}
        asked = ("RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig")
        self._plane.update(
            "Endpoint",
            endpoint["_arn"],
            EndpointStatus="Updating",
            FailureReason=None,
            LastDeploymentConfig=config or None,
            **dict.fromkeys((*asked, "DeploymentConfig")),  # they are for this update only
        )
        deployed = self._snapshot(endpoint["EndpointConfigName"])
        if endpoint.get("RetainAllVariantProperties"):
            excluded = {
                p["VariantPropertyType"] for p in endpoint.get("ExcludeRetainedVariantProperties") or []
            }
            carry_over(deployed, endpoint.get("ProductionVariants", []), excluded)
            if "DataCaptureConfig" not in excluded and (old := self._endpoints.get(endpoint["EndpointName"])):
                deployed["config"]["DataCaptureConfig"] = old.deployed["config"].get("DataCaptureConfig")
        self._begin(endpoint, deployed, config)

    def _delete(self, endpoint: Record) -> None:
        self._rollouts.forget(endpoint["_arn"])
        self._endpoints.drop(endpoint["EndpointName"])
        self._queues.forget(endpoint["EndpointName"])
        self._flush()

    def _snapshot(self, config_name: str) -> Record:
        """What is deployed does not change when its configuration or models are deleted later."""
        config = self._plane.find("EndpointConfig", config_name)
        variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
        names = {variant["ModelName"] for variant in variants}
        return {"config": config, "models": {name: self._plane.find("Model", name) for name in names}}

    def _begin(self, endpoint: Record, deployed: Record, config: Record) -> None:
        self._plane.update("Endpoint", endpoint["_arn"], _deployed=deployed)
        self._plane.background(self._deploy, *self._announce(endpoint, deployed), config)

    def _announce(self, endpoint: Record, deployed: Record) -> tuple[str, LiveEndpoint]:
        coming = LiveEndpoint(self._plane, endpoint["EndpointName"], deployed)
        self._endpoints.announce(coming)
        return endpoint["_arn"], coming

    def _deploy(self, arn: str, coming: LiveEndpoint, config: Record) -> None:
        old = self._endpoints.get(coming.name)
        rollout = Rollout(arn, old, coming, config, self._plane.clock.time()) if old and config else None
        try:
            if rollout:
                rollout.shrink()
            coming.start()
        except Exception as error:
            if not isinstance(error, StartError):  # a fault of ours, not of the learner's model
                traceback.print_exc()
            if self._endpoints.settle(coming):
                reason = str(error) if isinstance(error, StartError) else f"{INTERNAL} ({error!r})"
                self._record_failure(arn, coming.name, reason)
            return
        if rollout and self._endpoints.wanted(coming):
            self._rollouts.begin(rollout)
        else:
            self._put(arn, coming)

    def _put(self, arn: str, coming: LiveEndpoint) -> None:
        if self._endpoints.put(coming):
            self._record(arn, coming)
        else:
            coming.close()
        self._endpoints.settle(coming)
        self._queues.pump(coming.key)

    # -- updates in stages -------------------------------------------------------------------------------------
    def _show_rollout(self, rollout: Rollout) -> None:
        """Let DescribeEndpoint show how far an update is."""
        now = self._plane.clock.time()
        share = rollout.old.share
        pending = {
            "EndpointConfigName": rollout.new.config_name,
            "StartTime": rollout.began,
            "ProductionVariants": [
                {
                    **shown,
                    "CurrentWeight": share * shown["CurrentWeight"],
                    "VariantStatus": [{"Status": "Baking"}],
                }
                for shown in rollout.new.summaries(now)
            ],
        }
        serving = [
            {**shown, "CurrentWeight": (1 - share) * shown["CurrentWeight"]}
            for shown in rollout.old.summaries(now)
        ]
        self._write(rollout.arn, {"PendingDeploymentSummary": pending, "ProductionVariants": serving})

    def _rolled_out(self, rollout: Rollout) -> None:
        rollout.new.shifting = False
        self._put(rollout.arn, rollout.new)

    def _roll_back(self, rollout: Rollout, why: str) -> None:
        self._write(rollout.arn, {"EndpointStatus": "RollingBack", "_deployed": rollout.old.deployed})
        self._endpoints.settle(rollout.new)
        rollout.undo()
        self._record_failure(rollout.arn, rollout.old.name, why)

    # -- records -----------------------------------------------------------------------------------------------
    def _record(self, arn: str, live: LiveEndpoint) -> None:
        now = self._plane.clock.time()
        config = live.deployed["config"]
        changes: dict[str, Any] = {
            "EndpointStatus": "InService",
            "EndpointConfigName": live.config_name,
            "ProductionVariants": live.summaries(now),
            "ShadowProductionVariants": [shadow.summary(now) for shadow in live.shadows.values()] or None,
            "DataCaptureConfig": capture_summary(config.get("DataCaptureConfig")),
            "AsyncInferenceConfig": live.asynchronous,
            "PendingDeploymentSummary": None,
            "FailureReason": None,
            "LastModifiedTime": now,
        }
        self._write(arn, changes)

    def _record_failure(self, arn: str, name: str, reason: str) -> None:
        """A failed update leaves the old variants in service; a failed creation leaves nothing."""
        now, old = self._plane.clock.time(), self._endpoints.get(name)
        changes: dict[str, Any] = {
            "EndpointStatus": "InService" if old else "Failed",
            "FailureReason": reason[:1024],
            "PendingDeploymentSummary": None,
        }
        if old:
            changes |= {
                "EndpointConfigName": old.config_name,
                "ProductionVariants": old.summaries(now),
                "_deployed": old.deployed,
            }
        self._write(arn, {**changes, "LastModifiedTime": now})

    def _resized(self, arn: str, live: LiveEndpoint, failure: str) -> None:
        self._record(arn, live)
        if failure:
            self._write(arn, {"FailureReason": failure})
        self._queues.pump(live.key)

    def _write(self, arn: str, changes: dict[str, Any]) -> None:
        try:
            self._plane.update("Endpoint", arn, **changes)
        except ApiError:  # deleted while it was deployed
            self._endpoints.drop(arn.rpartition("/")[2])

    # -- time, and the account's own way up and down -----------------------------------------------------------
    def _tick(self) -> None:
        self._flush()
        self._scaling.run_scheduled()
        self._gauges.publish()
        for live in self._endpoints.all():
            for variant in live.variants.values():
                if isinstance(variant.fleet, ServerlessFleet):
                    variant.fleet.reap()
        self._queues.pump_all()

    def _sample(self) -> None:
        self._gauges.refresh()

    def _flush(self) -> None:
        self._capture.flush()
        self._metrics.flush()

    def _close(self) -> None:
        for name in set(self._endpoints.names()):
            self._endpoints.drop(name)

    def _revive(self) -> None:
        """Bring back what was in service, or on its way, when the account ended."""
        for arn, coming in self._revived:
            self._plane.background(self._deploy, arn, coming, {})


def as_it_was(endpoint: Record) -> Record:
    """What an endpoint had deployed, with the weights that it had last; not those from before an update."""
    deployed: Record = endpoint["_deployed"]
    if endpoint["EndpointStatus"] == "InService":
        carry_over(deployed, endpoint.get("ProductionVariants", []))
    return deployed


def carry_over(deployed: Record, summaries: list[Record], excluded: Collection[str] = ()) -> None:
    """Keep the weights and instance counts that the variants have now, but for the excluded properties."""
    now = {summary["VariantName"]: summary for summary in summaries}
    kept = {
        "DesiredWeight": ("InitialVariantWeight", "CurrentWeight"),
        "DesiredInstanceCount": ("InitialInstanceCount", "CurrentInstanceCount"),
    }
    for variant in deployed["config"]["ProductionVariants"]:
        summary = now.get(variant["VariantName"], {})
        for what, (initial, current) in kept.items():
            if what not in excluded and current in summary:
                variant[initial] = summary[current]


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
