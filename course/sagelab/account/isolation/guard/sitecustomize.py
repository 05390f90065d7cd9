"""The guard: Python imports this at its start and from then on refuses network and child processes.

It is a hook inside the interpreter, so it can stop what goes through Python, and nothing else.
"""

import sys

REFUSED = {
    "socket.connect": "connect",
    "socket.sendto": "send",
    "socket.sendmsg": "send",
    "socket.bind": "listen",
    "socket.getaddrinfo": "look up a host",
    "socket.gethostbyname": "look up a host",
    "socket.gethostbyaddr": "look up a host",
    "subprocess.Popen": "start another program",
    "os.system": "start another program",
    "os.exec": "start another program",
    "os.posix_spawn": "start another program",
    "os.spawn": "start another program",
    "os.startfile": "start another program",
    "pty.spawn": "start another program",
}
LOCAL = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")


def refuse(event: str, args: tuple[object, ...]) -> None:
    """Raise PermissionError for what an isolated process may not do."""
    deed = REFUSED.get(event)
    if deed is None:
        return
    if event in LOCAL and isinstance(args[-1], str | bytes):
        return  # a socket that is a file
    raise PermissionError(
        f"EnableNetworkIsolation: the guard of the local account does not let Python {deed}"
    )


sys.addaudithook(refuse)
