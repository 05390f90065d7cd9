"""Runs in the child, before the job's command: enters or makes Linux namespaces, then becomes the command.

`python enter.py hold`             makes a user and a network namespace, brings loopback up, says "ready", waits
`python enter.py PLAN COMMAND...`  does what the JSON object PLAN asks for and becomes COMMAND:
    user, net  file descriptors of namespaces to join
    hosts      a file that stands in for /etc/hosts; hostname: what this machine is called
    ml         a folder that stands at /opt/ml, where containers have it
    parent     the process that must still live
It stands alone and needs no rights beyond those of its user. Whatever the kernel refuses ends it with 126 and a
sentence: the command never runs with less isolation than was asked for.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWUSER, CLONE_NEWNET = 0x0002_0000, 0x0400_0000, 0x1000_0000, 0x4000_0000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
REFUSED = 126

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Hold namespaces open, or run a command in them."""
    try:
        if sys.argv[1] == "hold":
            hold()
        else:
            become(json.loads(sys.argv[1]), sys.argv[2:])
    except OSError as error:
        sys.stdout.write(f"{error.filename or 'the kernel'}: {error.strerror or error}\n")
        sys.stdout.flush()
        os._exit(REFUSED)


def hold() -> None:
    """Make a network with nothing but loopback and keep it until standard input ends."""
    unshare(CLONE_NEWUSER | CLONE_NEWNET)
    bring_up_loopback()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


def become(plan: dict[str, object], command: list[str]) -> None:
    """Follow the plan, then become the command."""
    spaces = CLONE_NEWNS | CLONE_NEWUTS if "hosts" in plan else CLONE_NEWNS if "ml" in plan else 0
    if "net" in plan:
        for name, kind in (("user", CLONE_NEWUSER), ("net", CLONE_NEWNET)):
            descriptor = int(str(plan[name]))
            checked("setns", libc.setns(descriptor, kind))
            os.close(descriptor)
    else:
        spaces |= CLONE_NEWUSER
    if spaces:
        unshare(spaces)
    if spaces:
        mount(None, "/", MS_REC | MS_PRIVATE)
    if "hosts" in plan:
        mount(str(plan["hosts"]), "/etc/hosts", MS_BIND)
        socket.sethostname(str(plan["hostname"]))
    if "ml" in plan:
        show_at_opt_ml(str(plan["ml"]))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # joining a user namespace may have cleared it
    if os.getppid() != plan["parent"]:
        os._exit(1)
    os.execvpe(command[0], command, os.environ)


def unshare(spaces: int) -> None:
    """Make namespaces; in a new user namespace this process keeps its own user and group."""
    user, group = os.geteuid(), os.getegid()
    checked("unshare", libc.unshare(spaces))
    if spaces & CLONE_NEWUSER:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123  # pathlib would cost a third of the start
                file.write(text)


def mount(source: str | None, target: str, flags: int, kind: str | None = None) -> None:
    """Bind one path over another, make a new file system, or change how a mount is shared."""
    origin, filesystem = (text.encode() if text else None for text in (source, kind))
    checked("mount", libc.mount(origin, target.encode(), filesystem, flags, None))


def show_at_opt_ml(folder: str) -> None:
    """Let a folder stand at /opt/ml for this process and its children; nothing on the disk changes."""
    source = f"/proc/self/fd/{os.open(folder, os.O_PATH)}"
    if not os.path.isdir("/opt/ml"):  # noqa: PTH112  # pathlib would cost a third of the start
        before = f"/proc/self/fd/{os.open('/opt', os.O_PATH)}"
        mount("tmpfs", "/opt", 0, "tmpfs")
        for name in os.listdir(before):  # noqa: PTH208
            repeat(f"{before}/{name}", f"/opt/{name}")
        os.mkdir("/opt/ml")  # noqa: PTH102
    mount(source, "/opt/ml", MS_BIND | MS_REC)
    os.chdir(os.getcwd())  # noqa: PTH109  # a working folder below /opt is the one on the new tree


def repeat(original: str, place: str) -> None:
    """Show a link, a folder or a file in another place."""
    if os.path.islink(original):  # noqa: PTH114
        os.symlink(os.readlink(original), place)  # noqa: PTH115, PTH211
        return
    if os.path.isdir(original):  # noqa: PTH112
        os.mkdir(place)  # noqa: PTH102
    else:
        os.close(os.open(place, os.O_CREAT, 0o600))
    mount(original, place, MS_BIND | MS_REC)


def bring_up_loopback() -> None:
    """Switch the interface lo on; the kernel gives it 127.0.0.1/8."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def checked(call: str, result: int) -> None:
    """Raise OSError, with the name of the call, where the kernel refused."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), call)


if __name__ == "__main__":
    main()
