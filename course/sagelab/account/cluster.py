"""The machines of one job: their names, addresses and groups, and what resourceconfig.json says of them.

Each machine is a process on this computer with a loopback address of its own, drawn for each cluster, so that two
jobs do not meet. Where the kernel lets a process have an /etc/hosts of its own, the machines are called algo-1,
algo-2 and so on, and any program can look those names up. Where it does not, a machine's name is its address:
scripts that take the names from resourceconfig.json, as AWS asks them to, notice no difference.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .isolation import Names, can_name_hosts

GROUP = "homogeneousCluster"


@dataclass(frozen=True)
class Machine:
    """One machine: `label` as the logs call it, `name` as the others reach it."""

    label: str
    name: str
    address: str
    instance_type: str
    group: str = GROUP


SINGLE = (Machine("algo-1", "algo-1", "127.0.0.1", "ml.m5.large"),)


def cluster(resources: dict[str, Any]) -> tuple[Machine, ...]:
    """The machines that a ResourceConfig asks for."""
    groups = resources.get("InstanceGroups") or [{**resources, "InstanceGroupName": GROUP}]
    wanted = [
        (group.get("InstanceType", "ml.m5.large"), group["InstanceGroupName"])
        for group in groups
        for _ in range(group.get("InstanceCount", 1))
    ]
    if len(wanted) == 1:
        return (Machine("algo-1", "algo-1", "127.0.0.1", *wanted[0]),)
    net = f"127.{random.randint(64, 127)}.{random.randint(1, 254)}"
    named = can_name_hosts()
    return tuple(
        Machine(f"algo-{number}", f"algo-{number}" if named else f"{net}.{number}", f"{net}.{number}", *of)
        for number, of in enumerate(wanted, 1)
    )


def resource_config(machines: Sequence[Machine], here: Machine) -> dict[str, Any]:
    """What resourceconfig.json holds on one machine."""
    groups: dict[str, dict[str, Any]] = {}
    for machine in machines:
        group = {"instance_group_name": machine.group, "instance_type": machine.instance_type, "hosts": []}
        groups.setdefault(machine.group, group)["hosts"].append(machine.name)
    return {
        "current_host": here.name,
        "current_instance_type": here.instance_type,
        "current_group_name": here.group,
        "hosts": [machine.name for machine in machines],
        "instance_groups": list(groups.values()),
        "network_interface_name": "eth0",
    }


def names(machines: Sequence[Machine], here: Machine, folder: Path) -> Names | None:
    """The names that a process on one machine can look up; None where a machine's name is its address."""
    if here.name == here.address or len(machines) == 1:
        return None
    hosts_file = folder / "hosts"
    lines = ["127.0.0.1 localhost", *(f"{machine.address} {machine.name}" for machine in machines)]
    hosts_file.write_text("\n".join(lines) + "\n")
    return Names(hosts_file, here.name)
