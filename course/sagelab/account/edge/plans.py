"""Deployment plans: which packages go to which devices of a fleet, stage by stage."""

import math
import threading
from collections import Counter
from typing import Any

from ..control import ApiError, ControlPlane, Record
from ..listing import Listing, page_start
from ..verbs import answer
from .fleets import Fleets

PLAN = "EdgeDeploymentPlan"
GOES_ON = ("STARTING", "INPROGRESS", "STOPPING")
ROLLBACK = {"FailureHandlingPolicy": "ROLLBACK_ON_FAILURE"}


class Plans:
    """The deployment plans of one account; `_devices` of a plan's record has each device's state by stage."""

    def __init__(self, plane: ControlPlane, fleets: Fleets) -> None:
        self._plane, self._fleets = plane, fleets
        self._lock = threading.RLock()
        plane.answers(f"Create{PLAN}", self._create)
        plane.answers(f"Describe{PLAN}", self._describe)
        plane.answers(f"List{PLAN}s", self._list)
        plane.answers(f"Delete{PLAN}", self._delete)
        plane.answers("CreateEdgeDeploymentStage", self._add_stages)
        plane.answers("DeleteEdgeDeploymentStage", self._delete_stage)
        plane.answers("StartEdgeDeploymentStage", self._start)
        plane.answers("StopEdgeDeploymentStage", self._stop)
        plane.answers("ListStageDevices", self._list_devices)

    # -- for the devices ---------------------------------------------------------------------------------------
    def waiting(self, fleet: str, device: str) -> list[tuple[Record, Record]]:
        """The plans and stages that wait for a device to deploy."""
        return [
            (plan, stage)
            for plan in self._plane.records(PLAN)
            if plan["DeviceFleetName"] == fleet
            for stage in plan["Stages"]
            if plan["_devices"].get(stage["StageName"], {}).get(device, {}).get("status") == "INPROGRESS"
        ]

    def tell(self, fleet: str, device: str, plan_name: str, worked: bool, message: str) -> None:
        """A device says how a deployment ended."""
        with self._lock:
            for plan, stage in self.waiting(fleet, device):
                if plan["EdgeDeploymentPlanName"] == plan_name:
                    state = plan["_devices"][stage["StageName"]][device]
                    state |= {"status": "DEPLOYED" if worked else "FAILED", "message": message}
                    self._save(plan)

    # -- plans -------------------------------------------------------------------------------------------------
    def _create(self, params: Record) -> Record:
        self._fleets.fleet(params["DeviceFleetName"])
        for config in params["ModelConfigs"]:
            job = self._plane.find("EdgePackagingJob", config["EdgePackagingJobName"])
            if job["EdgePackagingJobStatus"] != "COMPLETED":
                raise ApiError(f"Packaging job {config['EdgePackagingJobName']} is not COMPLETED.")
        name, now = params["EdgeDeploymentPlanName"], self._plane.clock.time()
        arn = f"arn:aws:sagemaker:{self._plane.region}:{self._plane.account}:edge-deployment/{name.lower()}"
        plan = {
            **params,
            "Stages": [],
            "_devices": {},
            "_arn": arn,
            "EdgeDeploymentPlanArn": arn,
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        plan["Stages"] = new_stages(plan, params.get("Stages", []))
        if not self._plane.store.add(PLAN, counted(plan)):
            raise ApiError(f"A deployment plan {name} exists already ({arn}).", "ResourceInUse")
        return {"EdgeDeploymentPlanArn": arn}

    def _find(self, params: Record) -> Record:
        name = params["EdgeDeploymentPlanName"]
        arn = f"arn:aws:sagemaker:{self._plane.region}:{self._plane.account}:edge-deployment/{name.lower()}"
        return self._plane.find(PLAN, arn)

    def _describe(self, params: Record) -> Record:
        plan = self._find(params)
        start, size = page_start(params), params.get("MaxResults", 10)
        shape = self._plane.model.operation(f"Describe{PLAN}").output_shape
        shown: Record = answer(shape, self._plane.model.noun(PLAN), plan)
        more = {"NextToken": str(start + size)} if start + size < len(plan["Stages"]) else {}
        return {**shown, "Stages": plan["Stages"][start : start + size], **more}

    def _list(self, params: Record) -> Record:
        fleet = params.pop("DeviceFleetNameContains", "").lower()
        found = [plan for plan in self._plane.records(PLAN) if fleet in plan["DeviceFleetName"].lower()]
        noun = self._plane.model.noun(PLAN)
        return Listing(self._plane.model, f"List{PLAN}s", noun).select(found, params)

    def _delete(self, params: Record) -> Record:
        with self._lock:
            plan = self._find(params)
            for stage in plan["Stages"]:
                self._refuse_going_on(stage)
            self._plane.store.delete(PLAN, plan["_arn"])
        return {}

    # -- stages ------------------------------------------------------------------------------------------------
    def _add_stages(self, params: Record) -> Record:
        with self._lock:
            plan = self._find(params)
            plan["Stages"] += new_stages(plan, params["Stages"])
            self._save(plan)
        return {}

    def _delete_stage(self, params: Record) -> Record:
        with self._lock:
            plan = self._find(params)
            stage = self._stage(plan, params["StageName"])
            self._refuse_going_on(stage)
            plan["Stages"].remove(stage)
            plan["_devices"].pop(params["StageName"], None)
            self._save(plan)
        return {}

    def _start(self, params: Record) -> Record:
        with self._lock:
            plan = self._find(params)
            stage = self._stage(plan, params["StageName"])
            status = stage["DeploymentStatus"]["StageStatus"]
            if status in (*GOES_ON, "DEPLOYED"):
                raise ApiError(f"Stage {params['StageName']} cannot be started: it is {status}.")
            now = self._plane.clock.time()
            chosen = self._chosen(plan, stage)
            if not chosen:
                raise ApiError(f"Stage {params['StageName']} selects no registered device.")
            plan["_devices"][stage["StageName"]] = {
                name: {"status": "INPROGRESS", "message": "", "start": now} for name in chosen
            }
            stage["DeploymentStatus"]["EdgeDeploymentStageStartTime"] = now
            self._save(plan)
        return {}

    def _stop(self, params: Record) -> Record:
        with self._lock:
            plan = self._find(params)
            stage = self._stage(plan, params["StageName"])
            if stage["DeploymentStatus"]["StageStatus"] not in GOES_ON:
                raise ApiError(f"Stage {params['StageName']} is not in progress.")
            for state in plan["_devices"][stage["StageName"]].values():
                if state["status"] == "INPROGRESS":
                    state["status"] = "STOPPED"
            self._save(plan)
        return {}

    def _list_devices(self, params: Record) -> Record:
        plan = self._find(params)
        stage = self._stage(plan, params["StageName"])
        states = plan["_devices"].get(stage["StageName"], {})
        found = [
            self._device(plan, stage["StageName"], name, states.get(name))
            for name in states or self._chosen(plan, stage)
        ]
        if params.get("ExcludeDevicesDeployedInOtherStage"):
            found = [d for d in found if d.get("DeployedStageName") in (None, stage["StageName"])]
        start, size = page_start(params), params.get("MaxResults", 100)
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"DeviceDeploymentSummaries": found[start : start + size], **more}

    # -- helpers -----------------------------------------------------------------------------------------------
    def _device(self, plan: Record, stage: str, name: str, state: Record | None) -> Record:
        shown = {
            "EdgeDeploymentPlanArn": plan["_arn"],
            "EdgeDeploymentPlanName": plan["EdgeDeploymentPlanName"],
            "StageName": stage,
            "DeviceFleetName": plan["DeviceFleetName"],
            "DeviceName": name,
            "DeviceArn": f"{self._plane.arn('DeviceFleet', plan['DeviceFleetName'])}/device/{name.lower()}",
            "DeviceDeploymentStatus": state["status"] if state else "READYTODEPLOY",
        }
        for other, devices in plan["_devices"].items():
            if devices.get(name, {}).get("status") == "DEPLOYED":
                shown["DeployedStageName"] = other
        if state:
            shown |= {
                "DeviceDeploymentStatusMessage": state["message"],
                "DeploymentStartTime": state["start"],
            }
        return shown

    def _chosen(self, plan: Record, stage: Record) -> list[str]:
        """The devices that a stage selects; a percentage counts in the order of registration."""
        wanted: Record = stage["DeviceSelectionConfig"]
        every = [device["DeviceName"] for device in self._fleets.devices(plan["DeviceFleetName"])]
        if wanted["DeviceSubsetType"] == "PERCENTAGE":
            return every[: math.ceil(len(every) * wanted.get("Percentage", 100) / 100)]
        if wanted["DeviceSubsetType"] == "SELECTION":
            return [name for name in every if name in wanted.get("DeviceNames", [])]
        return [name for name in every if wanted.get("DeviceNameContains", "") in name]

    @staticmethod
    def _stage(plan: Record, name: str) -> Record:
        stage: Record | None = next((s for s in plan["Stages"] if s["StageName"] == name), None)
        if stage is None:
            raise ApiError(f"Plan {plan['EdgeDeploymentPlanName']} has no stage {name}.", "ResourceNotFound")
        return stage

    @staticmethod
    def _refuse_going_on(stage: Record) -> None:
        status = stage["DeploymentStatus"]["StageStatus"]
        if status in GOES_ON:
            raise ApiError(f"Stage {stage['StageName']} is {status}; stop it first.", "ResourceInUse")

    def _save(self, plan: Record) -> None:
        changes = {name: plan[name] for name in ("Stages", "_devices")}
        now = self._plane.clock.time()
        self._plane.update(PLAN, plan["_arn"], **counts(plan), **changes, LastModifiedTime=now)


def new_stages(plan: Record, wanted: list[Record]) -> list[Record]:
    """Stages that are ready to be started; ApiError for a name that is taken."""
    names = [stage["StageName"] for stage in (*plan["Stages"], *wanted)]
    if len(set(names)) < len(names):
        raise ApiError("Stage names must be unique within a deployment plan.")
    return [
        {"DeploymentConfig": dict(ROLLBACK), **stage, "DeploymentStatus": {"StageStatus": "READYTODEPLOY"}}
        for stage in wanted
    ]


def counted(plan: Record) -> Record:
    """A new plan with its counts."""
    return {**plan, **counts(plan)}


def counts(plan: Record) -> dict[str, Any]:
    """The counts of a plan, after those of its stages and their statuses are brought up to date."""
    total: Counter[str] = Counter()
    for stage in plan["Stages"]:
        states = Counter(d["status"] for d in plan["_devices"].get(stage["StageName"], {}).values())
        total += states
        stage["DeploymentStatus"] |= {
            "EdgeDeploymentSuccessInStage": states["DEPLOYED"],
            "EdgeDeploymentPendingInStage": states["INPROGRESS"],
            "EdgeDeploymentFailedInStage": states["FAILED"],
            "StageStatus": stage_status(states),
        }
    return {
        "EdgeDeploymentSuccess": total["DEPLOYED"],
        "EdgeDeploymentPending": total["INPROGRESS"],
        "EdgeDeploymentFailed": total["FAILED"],
    }


def stage_status(states: Counter[str]) -> str:
    """A stage goes on while a device does; one failure makes it FAILED."""
    if not states:
        return "READYTODEPLOY"
    return next((s for s in ("INPROGRESS", "FAILED", "STOPPED") if states[s]), "DEPLOYED")
