"""Run a command with no network but loopback: in a network namespace of its own, where the kernel allows one.

python -m tests.support.offline COMMAND [ARGUMENT ...]
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1


def isolate() -> None:
    """Put this process into a network namespace that holds only loopback; OSError where the kernel refuses."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "this kernel gives no network namespace")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - one write call each
            file.write(text)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def possible() -> bool:
    """Whether this machine can refuse a command the network."""
    return (
        subprocess.run([sys.executable, __file__, "true"], capture_output=True, check=False).returncode == 0
    )


if __name__ == "__main__":
    isolate()
    os.execvp(sys.argv[1], sys.argv[1:])
