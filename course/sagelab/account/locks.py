"""A file lock that ends with its process, however that ends."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def try_lock(path: Path) -> IO[bytes] | None:
    """The open file whose closing gives the lock back; None where somebody else holds it."""
    file = path.open("ab")
    try:
        _take(file)
    except OSError:
        file.close()
        return None
    return file


@contextmanager
def locked(path: Path, patience: float) -> Iterator[None]:
    """Hold the lock; TimeoutError after `patience` seconds of somebody else holding it."""
    end = time.monotonic() + patience
    while (file := try_lock(path)) is None:
        if time.monotonic() > end:
            raise TimeoutError(path)
        time.sleep(0.02)
    with file:
        yield
