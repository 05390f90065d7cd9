"""How many instances a variant has, and how its share of the traffic changes, while it is in service."""

import threading
from collections.abc import Callable

from .control import ApiError, ControlPlane, Record
from .endpoints import Endpoints, LiveEndpoint
from .hosting_checks import check_weights
from .serverless import ServerlessFleet
from .worker import StartError

Recorded = Callable[[str, LiveEndpoint, str], None]  # the endpoint's ARN, what runs, why it failed or nothing


class Capacity:
    """Changes the capacity of the endpoints of an account."""

    def __init__(self, plane: ControlPlane, endpoints: Endpoints, record: Recorded) -> None:
        self._plane, self._endpoints, self._record = plane, endpoints, record
        self._lock = threading.Lock()
        self._working: set[str] = set()
        plane.answers("UpdateEndpointWeightsAndCapacities", self.update)

    def update(self, params: Record) -> Record:
        """UpdateEndpointWeightsAndCapacities."""
        endpoint = self._plane.find("Endpoint", params["EndpointName"])
        live = self._endpoints.get(params["EndpointName"])
        if live is None or endpoint["EndpointStatus"] != "InService":
            raise ApiError(f'Cannot update in-progress endpoint "{endpoint["_arn"]}".')
        wanted = {change["VariantName"]: change for change in params["DesiredWeightsAndCapacities"]}
        if missing := ", ".join(sorted(set(wanted) - set(live.variants))):
            config = f'endpoint configuration "{endpoint["EndpointConfigName"]}"'
            raise ApiError(f'The variant name(s) "{missing}" is/are not present within {config}.')
        for name, change in wanted.items():
            self._check(live, name, change)
        weights = {n: wanted.get(n, {}).get("DesiredWeight", v.weight) for n, v in live.variants.items()}
        check_weights(list(weights.values()))
        for name, variant in live.variants.items():
            variant.weight = weights[name]
            if isinstance(variant.fleet, ServerlessFleet):
                variant.fleet.allow(wanted.get(name, {}).get("ServerlessUpdateConfig", {}))
        self.set(
            endpoint["_arn"],
            live,
            {name: count for name, c in wanted.items() if (count := capacity(c)) is not None},
        )
        return {"EndpointArn": endpoint["_arn"]}

    def may_scale(self, arn: str) -> bool:
        """Is the endpoint in service, or only on its way to another capacity? An update is left alone."""
        endpoint = self._plane.find("Endpoint", arn)
        return endpoint["EndpointStatus"] == "InService" or arn in self._working

    def set(self, arn: str, live: LiveEndpoint, counts: dict[str, int]) -> None:
        """Have these numbers of instances soon; what was asked for last counts."""
        for name, count in counts.items():
            live.variants[name].fleet.desired = count
        if all(settled(live, name) for name in live.variants):
            self._record(arn, live, "")
            return
        self._plane.update(
            "Endpoint",
            arn,
            EndpointStatus="Updating",
            ProductionVariants=live.summaries(self._plane.clock.time()),
        )
        with self._lock:
            if arn not in self._working:
                self._working.add(arn)
                self._plane.background(self._converge, arn, live)

    def _converge(self, arn: str, live: LiveEndpoint) -> None:
        failure = ""
        while True:
            with self._lock:
                open_ones = [name for name in live.variants if not settled(live, name)]
                if not open_ones or failure:
                    self._working.discard(arn)
                    break
            for name in open_ones:
                fleet = live.variants[name].fleet
                try:
                    fleet.resize(fleet.desired)
                except StartError as error:
                    failure, fleet.desired = str(error), fleet.size
        if self._endpoints.get(live.name) is live:
            self._record(arn, live, failure)

    @staticmethod
    def _check(live: LiveEndpoint, name: str, change: Record) -> None:
        serverless = isinstance(live.variants[name].fleet, ServerlessFleet)
        if serverless and "DesiredInstanceCount" in change:
            raise ApiError(f"The serverless variant {name} has no instances: give ServerlessUpdateConfig.")
        most = change.get("ServerlessUpdateConfig", {}).get("MaxConcurrency")
        if most is not None and (capacity(change) or 0) > most:
            raise ApiError("ProvisionedConcurrency must be less than or equal to MaxConcurrency.")
        if not serverless and "ServerlessUpdateConfig" in change:
            raise ApiError(f"The variant {name} is not serverless: give DesiredInstanceCount.")
        if change.get("DesiredInstanceCount") == 0 and not live.asynchronous:
            raise ApiError("Only asynchronous endpoints can be scaled to zero instances.")


def capacity(change: Record) -> int | None:
    """How many instances, or how much provisioned concurrency, a change asks for."""
    count: int | None = change.get("DesiredInstanceCount")
    provisioned: int | None = change.get("ServerlessUpdateConfig", {}).get("ProvisionedConcurrency", count)
    return provisioned


def settled(live: LiveEndpoint, name: str) -> bool:
    """Is what is wanted there?"""
    fleet = live.variants[name].fleet
    if isinstance(fleet, ServerlessFleet):
        return bool(fleet.desired == fleet.config.get("ProvisionedConcurrency", 0))
    return fleet.desired == fleet.size
