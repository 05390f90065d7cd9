"""The networks that a job's processes can be started in: the machine's own, an isolated one, a guarded one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Protocol, cast

from ..spawn import spawn

ENTER = str(Path(__file__).with_name("enter.py"))
GUARD = str(Path(__file__).with_name("guard"))
LAUNCH = [sys.executable, "-I", "-S", ENTER]
CHOICE = "SAGELAB_ISOLATION"
GUARD_NOTE = (
    "SAGELAB_ISOLATION=guard: this process is not isolated. A guard inside Python refuses its sockets and child "
    "processes. It is a guard and no proof: code that leaves Python can go around it."
)


class IsolationError(Exception):
    """There is no isolated network to be had; the text says why and what to do."""


@dataclass(frozen=True)
class Names:
    """What a process calls the machines of its job: a file that stands in for /etc/hosts, and its own name."""

    hosts_file: Path
    hostname: str


class Network(Protocol):
    """Something that processes can be started in."""

    isolated: bool

    def start(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        *,
        names: Names | None = None,
        ml: Path | None = None,
        **popen: Any,
    ) -> subprocess.Popen[Any]:
        """Start a command; `ml` is the folder that it finds at /opt/ml, where the kernel lets it.

        Raises OSError as subprocess.Popen does.
        """

    def close(self) -> None:
        """Start no more; what runs goes on."""


class OpenNetwork:
    """This machine's own network."""

    isolated = False

    def start(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        *,
        names: Names | None = None,
        ml: Path | None = None,
        **popen: Any,
    ) -> subprocess.Popen[Any]:
        """Start a command as it is, or where it has a view of its own."""
        ml = ml if can_show_ml() else None
        return spawn(launched(command, {}, names, ml) if names or ml else command, cwd, env, **popen)

    def close(self) -> None:
        """Nothing to close."""


class IsolatedNetwork:
    """A loopback of its own and no route: the processes in it reach one another and nobody else."""

    isolated = True

    def __init__(self) -> None:
        holder = spawn([*LAUNCH, "hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        told, heard = cast("IO[str]", holder.stdin), cast("IO[str]", holder.stdout)
        try:
            said = heard.readline().strip()
            if said != "ready":
                raise IsolationError(
                    f"Network isolation needs a user and a network namespace, and the kernel refuses: {said}. "
                    f"Allow unprivileged user namespaces, or set {CHOICE}=guard for a guard that is no proof."
                )
            spaces = Path(f"/proc/{holder.pid}/ns")
            self._descriptors = {name: os.open(spaces / name, os.O_RDONLY) for name in ("user", "net")}
        finally:
            told.close()
            holder.wait()
            heard.close()

    def start(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        *,
        names: Names | None = None,
        ml: Path | None = None,
        **popen: Any,
    ) -> subprocess.Popen[Any]:
        """Start a command in this network, with nothing of the account in its environment."""
        kept = (*popen.pop("pass_fds", ()), *self._descriptors.values())
        wanted = launched(command, self._descriptors, names, ml if can_show_ml() else None)
        return spawn(wanted, cwd, without_account(env), pass_fds=kept, **popen)

    def close(self) -> None:
        """Let the network go once its last process has ended."""
        for descriptor in self._descriptors.values():
            os.close(descriptor)
        self._descriptors = {}


class GuardedNetwork:
    """No isolation: a guard in every Python process, which says so on each use."""

    isolated = True

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def start(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        *,
        names: Names | None = None,
        ml: Path | None = None,
        **popen: Any,
    ) -> subprocess.Popen[Any]:
        """Start a Python command with the guard in it; IsolationError for any other."""
        del names, ml  # both need namespaces, and this network is for where there are none
        if command[0] != sys.executable:
            raise IsolationError(f"The guard of {CHOICE}=guard can hold Python only, not {command[0]}.")
        self._say(GUARD_NOTE)
        path = os.pathsep.join(filter(None, [GUARD, env.get("PYTHONPATH", "")]))
        return spawn(command, cwd, {**without_account(env), "PYTHONPATH": path}, **popen)

    def close(self) -> None:
        """Nothing to close."""


def isolate(say: Callable[[str], None]) -> Network:
    """A network that leads nowhere; `say` takes what the job's log has to show about it.

    IsolationError where the kernel refuses, unless SAGELAB_ISOLATION=guard chooses the guard.
    """
    choice = os.environ.get(CHOICE, "kernel")
    if choice == "guard":
        return GuardedNetwork(say)
    if choice != "kernel":
        raise IsolationError(f"{CHOICE} is {choice!r}; leave it out, or set it to 'guard'.")
    if sys.platform != "linux":
        raise IsolationError(
            f"Network isolation needs Linux; set {CHOICE}=guard for a guard that is no proof."
        )
    return IsolatedNetwork()


@cache
def can_name_hosts() -> bool:
    """Does the kernel let a process have an /etc/hosts of its own?"""
    if sys.platform != "linux" or os.environ.get(CHOICE) == "guard":
        return False
    return _works(launched(["/bin/true"], {}, Names(Path("/etc/hosts"), "algo-1")))


@cache
def can_show_ml() -> bool:
    """Does the kernel let a process have an /opt/ml of its own?"""
    if sys.platform != "linux" or os.environ.get(CHOICE) == "guard":
        return False
    return _works(launched(["/bin/true"], {}, None, Path("/tmp")))


def _works(command: Sequence[str]) -> bool:
    return spawn(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).wait() == 0


def launched(
    command: Sequence[str], descriptors: Mapping[str, int], names: Names | None, ml: Path | None = None
) -> list[str]:
    """The command behind the launcher that enters the namespaces."""
    plan: dict[str, object] = {**descriptors, "parent": os.getpid()}
    if names:
        plan |= {"hosts": str(names.hosts_file), "hostname": names.hostname}
    if ml:
        plan["ml"] = str(ml)
    return [*LAUNCH, json.dumps(plan), *command]


def without_account(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without credentials and without the way to the account; the region stays, as on AWS."""
    gone = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return {name: value for name, value in environment.items() if not name.startswith(gone)}
