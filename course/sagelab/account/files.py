"""The files of an account's home folder. Everything that the account remembers is in the folder `state`."""

from pathlib import Path

STATE = "state"
NOTE = "server.json"  # {"url", "pid"} of the running server
PORT = "port"  # of the last run, taken again where it is free
LOG = "server.log"
START_LOCK = "start.lock"  # held while somebody starts, stops or empties the account
SERVER_LOCK = "server.lock"  # held by the server as long as it lives


def cannot_write(home: Path, error: Exception) -> str:
    """The sentence for a home folder that cannot be used."""
    reason = getattr(error, "strerror", None) or str(error)
    return f"The local account cannot keep its files in {home} ({reason}); free some space or use another folder."
