"""Network isolation: processes that reach nothing, and the networks that all others use.

isolate(say)       a network of loopback only; IsolationError where the kernel refuses one
OpenNetwork()      this machine's own network
network.start(...) starts a process in it, as spawn.spawn does; network.close() when no more are started
and with ml=folder that process finds the folder at /opt/ml, where the kernel lets processes have a view of their own

In an isolated network a process finds no AWS credentials and no endpoint in its environment. What it does find is
the file system of its user: isolation is about the network, and Unix sockets that are files stay within reach.
"""

from .networks import (
    IsolationError,
    Names,
    Network,
    OpenNetwork,
    can_name_hosts,
    can_show_ml,
    isolate,
    without_account,
)

__all__ = [
    "IsolationError",
    "Names",
    "Network",
    "OpenNetwork",
    "can_name_hosts",
    "can_show_ml",
    "isolate",
    "without_account",
]
