"""Warm pools: after a job its machines stay, with a Python that has the libraries of the script imported.

The next matching job becomes that process, so its start-up time is really gone. Times are the account's.
"""

import math
import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..cluster import Machine, names
from ..control import ApiError, ControlPlane, Record
from ..execute import child_environment, localize
from ..isolation import Network
from .instance import WARM_CACHE, Instance
from .warmed_process import WarmProcess

ACTIVE = ("Available", "InUse")
ENDED = ("Completed", "Failed", "Stopped")


@dataclass
class WarmPool:
    """The machines that one job left behind."""

    arn: str
    terms: Any
    machines: Sequence[Machine]
    network: Network
    home: Path
    since: float
    expires: float
    processes: list[WarmProcess | None] = field(default_factory=list)
    timer: threading.Timer | None = None

    def return_caches(self, instances: Iterable[Instance]) -> None:
        """Give each machine the cache folder that the last job left on it."""
        for instance in instances:
            kept = self.home / instance.label
            if kept.exists():
                goal = Path(localize(WARM_CACHE, instance.folder.ml))
                goal.parent.mkdir(parents=True, exist_ok=True)
                kept.rename(goal)

    def close(self) -> None:
        """Let the machines go."""
        if self.timer:
            self.timer.cancel()
        for process in filter(None, self.processes):
            process.end()
        self.processes = []
        shutil.rmtree(self.home, ignore_errors=True)


class WarmPools:
    """The warm pools of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.RLock()
        self._pools: dict[str, WarmPool] = {}
        self._claimed: dict[str, WarmPool] = {}
        self._home = plane.home / "jobs" / "warm"
        shutil.rmtree(self._home, ignore_errors=True)
        plane.answers("UpdateTrainingJob", self._update)
        plane.checks("DeleteTrainingJob", self._check_delete)
        plane.clock.on_tick(self._expire)
        plane.on_start(self._forget)
        plane.on_stop(self._close)

    # -- for a job ---------------------------------------------------------------------------------------------
    def begin(self, job: Record) -> None:
        """A job that will keep its machines shows so from its start."""
        if keep_alive(job):
            self._show(job["_arn"], "InUse")

    def claim(self, job: Record) -> WarmPool | None:
        """A pool that matches the job, which is then the job's."""
        with self._lock:
            for arn, pool in list(self._pools.items()):
                before = self._plane.find("TrainingJob", arn)
                if pool.terms == terms(job) and before["TrainingJobStatus"] in ENDED:
                    del self._pools[arn]
                    self._claimed[job["_arn"]] = pool
                    self._show(arn, "Reused", self._seconds(pool), job["TrainingJobName"])
                    return pool
        return None

    def retain(
        self,
        job: Record,
        machines: Sequence[Machine],
        network: Network | None,
        instances: Sequence[Instance],
    ) -> None:
        """The work is over: keep the machines if the job says so, else let them go."""
        used = self._claimed.pop(job["_arn"], None)
        if used:
            used.close()
        seconds = keep_alive(self._plane.find("TrainingJob", job["_arn"]))
        if network is None or not seconds:
            if network:
                network.close()
            return
        now = self._plane.clock.time()
        home = self._home / job["TrainingJobName"]
        home.mkdir(parents=True)
        pool = WarmPool(job["_arn"], terms(job), machines, network, home, now, now + seconds)
        modules = instances[0].imports()
        for machine, instance in zip(machines, instances, strict=True):
            cache = Path(localize(WARM_CACHE, instance.folder.ml))
            if cache.exists():
                cache.rename(home / instance.label)
            env = child_environment(self._plane, {})
            known = names(machines, machine, home)
            pool.processes.append(WarmProcess(network, known, home, env, modules))
        with self._lock:
            self._pools[job["_arn"]] = pool
            self._wake(pool)

    def status(self, job: Record) -> Record:
        """What the record of a job that has ended shows of its pool."""
        if not keep_alive(self._plane.find("TrainingJob", job["_arn"])):
            return {"WarmPoolStatus": None}
        return {"WarmPoolStatus": warm("Available" if job["_arn"] in self._pools else "Terminated")}

    # -- time and requests -------------------------------------------------------------------------------------
    def _update(self, params: Record) -> Record:
        """UpdateTrainingJob: another KeepAlivePeriodInSeconds; 0 ends the pool."""
        job = self._plane.find("TrainingJob", params["TrainingJobName"])
        changes = {name: value for name, value in params.items() if name != "TrainingJobName"}
        if wanted := changes.pop("ResourceConfig", None):
            if job.get("WarmPoolStatus", {}).get("Status") not in ACTIVE:
                raise ApiError(
                    f"Training job {job['TrainingJobName']} has no warm pool that is InUse or Available."
                )
            changes["ResourceConfig"] = {**job["ResourceConfig"], **wanted}
            with self._lock:
                if pool := self._pools.get(job["_arn"]):
                    pool.expires = pool.since + wanted["KeepAlivePeriodInSeconds"]
                    self._wake(pool)
        now = self._plane.clock.time()
        self._plane.update("TrainingJob", job["_arn"], **changes, LastModifiedTime=now)
        self._expire()
        return {"TrainingJobArn": job["_arn"]}

    def _check_delete(self, params: Record) -> None:
        """A job that retains machines cannot be deleted."""
        job = self._plane.find("TrainingJob", params["TrainingJobName"])
        if (job.get("WarmPoolStatus") or {}).get("Status") == "Available":
            raise ApiError(
                f"Training job {job['TrainingJobName']} retains an Available managed warm pool: set its "
                "KeepAlivePeriodInSeconds to 0 by UpdateTrainingJob before you delete it."
            )

    def _wake(self, pool: WarmPool) -> None:
        """Look again when the pool's time is over, unless the clock is moved before."""
        if pool.timer:
            pool.timer.cancel()
        seconds = max(0.0, pool.expires - self._plane.clock.time()) + 0.01
        pool.timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), self._expire)
        pool.timer.daemon = True
        pool.timer.start()

    def _expire(self) -> None:
        now = self._plane.clock.time()
        with self._lock:
            over = [arn for arn, pool in self._pools.items() if pool.expires <= now]
            for arn in over:
                self._end(self._pools.pop(arn))

    def _end(self, pool: WarmPool) -> None:
        pool.close()
        pool.network.close()
        self._show(pool.arn, "Terminated", self._seconds(pool))

    def _seconds(self, pool: WarmPool) -> int:
        return math.ceil(min(self._plane.clock.time(), pool.expires) - pool.since)

    def _show(self, arn: str, status: str, seconds: int = 0, reused_by: str = "") -> None:
        changes = warm(status, seconds) | ({"ReusedByJob": reused_by} if reused_by else {})
        self._plane.update("TrainingJob", arn, WarmPoolStatus=changes)

    def _close(self) -> None:
        """The account stops, and its machines with it."""
        with self._lock:
            for arn in list(self._pools):
                self._end(self._pools.pop(arn))

    def _forget(self) -> None:
        """After a restart: what an account that was killed had kept is gone."""
        for job in self._plane.records("TrainingJob"):
            shown = job.get("WarmPoolStatus") or {}
            if shown.get("Status") in ACTIVE and job["_arn"] not in self._pools:
                self._plane.update("TrainingJob", job["_arn"], WarmPoolStatus=warm("Terminated"))


def keep_alive(job: Record) -> int:
    """Seconds that a job's machines are kept."""
    return int(job.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds") or 0)


def terms(job: Record) -> Any:
    """What two jobs must have in common to use one pool."""
    resources = job.get("ResourceConfig", {})
    kept = ("InstanceCount", "InstanceType", "VolumeKmsKeyId", "VolumeSizeInGB")
    flags = ("EnableInterContainerTrafficEncryption", "EnableNetworkIsolation")
    network = job.get("VpcConfig", {})
    return (
        job["RoleArn"],
        [resources.get(name) for name in kept],
        [sorted(network.get(name, [])) for name in ("SecurityGroupIds", "Subnets")],
        [bool(job.get(flag)) for flag in flags],
        bool(resources.get("InstanceGroups") or job.get("EnableManagedSpotTraining")),
    )


def warm(status: str, seconds: int = 0) -> Record:
    """A WarmPoolStatus."""
    return {"Status": status, "ResourceRetainedBillableTimeInSeconds": seconds}
