"""Device fleets, their devices, and the report on both."""

import threading
from collections import Counter
from typing import Any

from .. import s3
from ..control import ApiError, ControlPlane, Record
from ..listing import Listing
from ..verbs import answer

FLEET, DEVICE = "DeviceFleet", "Device"
CONNECTED = 300.0  # seconds since its last heartbeat that a device counts as connected


class Fleets:
    """The fleets and devices of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        plane.checks(f"Create{FLEET}", check_output)
        plane.checks(f"Update{FLEET}", check_output)
        plane.checks(f"Delete{FLEET}", self._empty)
        plane.executes(f"Create{FLEET}", lambda _fleet: None)
        plane.executes(f"Update{FLEET}", lambda _fleet: None)
        plane.answers("RegisterDevices", self._register)
        plane.answers("UpdateDevices", self._update)
        plane.answers("DeregisterDevices", self._deregister)
        plane.answers("DescribeDevice", self._describe)
        plane.answers("ListDevices", self._list)
        plane.answers("GetDeviceFleetReport", self._report)

    # -- for the other modules ---------------------------------------------------------------------------------
    def fleet(self, name: str) -> Record:
        """The fleet of that name."""
        return self._plane.find(FLEET, name)

    def device(self, fleet: str, name: str) -> Record:
        """The device of that name; ApiError where it is not registered."""
        found = self._plane.store.get(DEVICE, self._arn(fleet, name))
        if found is None:
            raise ApiError(f"Device {name} is not registered in fleet {fleet}.", "ResourceNotFound")
        return found

    def devices(self, fleet: str) -> list[Record]:
        """A fleet's devices, in the order in which they were registered."""
        return [d for d in self._plane.records(DEVICE) if d["DeviceFleetName"] == fleet]

    def heard(self, device: Record, **changes: Any) -> None:
        """Keep what a device said of itself."""
        self._plane.store.update(DEVICE, device["_arn"], changes)

    # -- the operations ----------------------------------------------------------------------------------------
    def _register(self, params: Record) -> Record:
        fleet = self.fleet(params["DeviceFleetName"])["DeviceFleetName"]
        now = self._plane.clock.time()
        with self._lock:
            known = {device["DeviceName"] for device in self.devices(fleet)}
            for wanted in params["Devices"]:
                if wanted["DeviceName"] in known:
                    raise ApiError(f"Device {wanted['DeviceName']} is registered already.", "ResourceInUse")
            for wanted in params["Devices"]:
                arn = self._arn(fleet, wanted["DeviceName"])
                times = {"RegistrationTime": now, "CreationTime": now, "LastModifiedTime": now}
                record = {**wanted, **times, "DeviceFleetName": fleet, "DeviceArn": arn, "_arn": arn}
                tags = {"Tags": params["Tags"]} if "Tags" in params else {}
                self._plane.store.add(DEVICE, {**record, **tags, "Models": [], "MaxModels": 10})
        return {}

    def _update(self, params: Record) -> Record:
        found = [self.device(params["DeviceFleetName"], d["DeviceName"]) for d in params["Devices"]]
        for device, changes in zip(found, params["Devices"], strict=True):
            self.heard(device, **changes)
        return {}

    def _deregister(self, params: Record) -> Record:
        for device in [self.device(params["DeviceFleetName"], name) for name in params["DeviceNames"]]:
            self._plane.store.delete(DEVICE, device["_arn"])
        return {}

    def _describe(self, params: Record) -> Record:
        shape = self._plane.model.operation("DescribeDevice").output_shape
        return answer(shape, self._plane.model.noun(DEVICE), self.device(*names(params)))

    def _list(self, params: Record) -> Record:
        found = self._plane.records(DEVICE)
        if "DeviceFleetName" in params:
            found = self.devices(params["DeviceFleetName"])
        if "ModelName" in params:
            found = [d for d in found if params["ModelName"] in (m["ModelName"] for m in d["Models"])]
        since = params.get("LatestHeartbeatAfter", 0)
        found = [device for device in found if device.get("LatestHeartbeat", 0) >= since]
        page: Record = {name: params[name] for name in ("MaxResults", "NextToken") if name in params}
        return Listing(self._plane.model, "ListDevices", self._plane.model.noun(DEVICE)).select(found, page)

    def _report(self, params: Record) -> Record:
        fleet = self.fleet(params["DeviceFleetName"])
        devices, now = self.devices(fleet["DeviceFleetName"]), self._plane.clock.time()
        connected = [device for device in devices if now - device.get("LatestHeartbeat", 0) <= CONNECTED]
        versions = Counter(device["AgentVersion"] for device in connected if "AgentVersion" in device)
        return {
            "DeviceFleetArn": fleet["_arn"],
            "DeviceFleetName": fleet["DeviceFleetName"],
            "OutputConfig": fleet["OutputConfig"],
            **({"Description": fleet["Description"]} if "Description" in fleet else {}),
            "ReportGenerated": now,
            "DeviceStats": {
                "ConnectedDeviceCount": len(connected),
                "RegisteredDeviceCount": len(devices),
            },
            "AgentVersions": [{"Version": v, "AgentCount": n} for v, n in sorted(versions.items())],
            "ModelStats": model_stats(devices, connected, now),
        }

    def _empty(self, params: Record) -> None:
        fleet = self.fleet(params["DeviceFleetName"])["DeviceFleetName"]
        if self.devices(fleet):
            raise ApiError(f"Fleet {fleet} still has devices; deregister them first.", "ResourceInUse")
        if any(plan["DeviceFleetName"] == fleet for plan in self._plane.records("EdgeDeploymentPlan")):
            raise ApiError(f"Fleet {fleet} has a deployment plan; delete it first.", "ResourceInUse")

    def _arn(self, fleet: str, device: str) -> str:
        return f"{self._plane.arn(FLEET, fleet)}/device/{device.lower()}"


def names(params: Record) -> tuple[str, str]:
    """The fleet and the device that a request names."""
    return params["DeviceFleetName"], params["DeviceName"]


def check_output(params: Record) -> None:
    """A fleet's data go to S3."""
    where = params["OutputConfig"]["S3OutputLocation"]
    if not s3.S3_URI.fullmatch(where):
        raise ApiError(f"OutputConfig.S3OutputLocation must be an S3 URI, but it is {where}.")


def model_stats(devices: list[Record], connected: list[Record], now: float) -> list[Record]:
    """How many devices have each version of each model, and what they do with it."""
    here = {device["DeviceName"] for device in connected}
    rows: dict[tuple[str, str], Counter[str]] = {}
    for device in devices:
        for model in device["Models"]:
            count = rows.setdefault((model["ModelName"], model["ModelVersion"]), Counter())
            online = device["DeviceName"] in here
            count["ConnectedDeviceCount" if online else "OfflineDeviceCount"] += 1
            count["ActiveDeviceCount"] += online and now - model.get("LatestInference", 0) <= CONNECTED
            count["SamplingDeviceCount"] += online and now - model.get("LatestSampleTime", 0) <= CONNECTED
    counts = ("OfflineDeviceCount", "ConnectedDeviceCount", "ActiveDeviceCount", "SamplingDeviceCount")
    return [
        {"ModelName": name, "ModelVersion": version, **{what: count[what] for what in counts}}
        for (name, version), count in sorted(rows.items())
    ]
