"""The offline runner refuses the network and keeps loopback; without this, its users would prove nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from support import offline

PROBE = """
import socket
with socket.socket() as server:
    server.bind(("127.0.0.1", 0)); server.listen()
    socket.create_connection(server.getsockname(), timeout=5).close()
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    print(error.errno)
"""


@pytest.mark.skipif(not offline.possible(), reason="this kernel gives no network namespace")
def test_only_loopback_answers() -> None:
    runner = [sys.executable, str(Path(offline.__file__)), sys.executable, "-c", PROBE]
    done = subprocess.run(runner, capture_output=True, text=True, check=True)
    assert done.stdout == "101\n", "101 is ENETUNREACH: there is no route at all"
