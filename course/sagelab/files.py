"""Files of the learner: read without trusting them, written whole or not at all."""

import os
import secrets
from pathlib import Path

from sagelab.errors import SagelabError

__all__ = ["MOST_BYTES", "read_bytes", "replace_bytes"]

MOST_BYTES = 5_000_000


def read_bytes(path: Path) -> bytes:
    """Return what a file holds; raises SagelabError where it is no file, cannot be read, or is too large."""
    if not path.exists():
        raise SagelabError(f"There is no file {path}; check the name.")
    if not path.is_file():  # a pipe would never end
        raise SagelabError(f"{path} is no file; choose one.")
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as fault:
        raise SagelabError(
            f"{path} cannot be read ({fault.strerror}); make it readable, then try again."
        ) from fault
    if len(raw) > MOST_BYTES:
        raise SagelabError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB; choose another file.")
    return raw


def replace_bytes(path: Path, data: bytes) -> None:
    """Write the whole file beside the old one, then swap: a reader sees either, never a half."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
