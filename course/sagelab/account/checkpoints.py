"""Keeps a folder of a running job and an S3 prefix alike: checkpoints, and outputs uploaded continuously."""

import shutil
import tempfile
import threading
import traceback
from pathlib import Path
from typing import Any

from . import s3

EVERY = 0.5  # seconds between two looks at the folder


class FolderSync:
    """Uploads each file of a folder again whenever it changed; nothing is ever deleted from S3."""

    def __init__(self, client: Any, folder: Path, uri: str) -> None:
        self._client, self._folder, self._uri = client, folder, uri
        self._seen: dict[Path, tuple[int, int]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="folder sync")

    def restore(self) -> None:
        """Bring what an earlier job left in S3 into the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        base = s3.split(self._uri).key.rstrip("/") + "/"
        bucket = s3.split(self._uri).bucket
        for key in s3.list_keys(self._client, s3.Location(bucket, base).uri):
            path = s3.inside(self._folder, key.removeprefix(base))
            s3.fetch(self._client, s3.Location(bucket, key).uri, path)
            self._seen[path] = stamp(path)

    def start(self) -> None:
        """Upload changes in the background from now on."""
        self._thread.start()

    def close(self) -> None:
        """Upload the last changes and end."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._upload()

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            try:
                self._upload()
            except Exception:
                traceback.print_exc()

    def _upload(self) -> None:
        for path in sorted(path for path in self._folder.rglob("*") if path.is_file()):
            now = stamp(path)
            if self._seen.get(path) != now:
                self._send(path)
                self._seen[path] = now

    def _send(self, path: Path) -> None:
        """Upload a copy: the job may write on while the file is sent, and its checksum would not fit."""
        with tempfile.NamedTemporaryFile() as copy:
            shutil.copyfile(path, copy.name)
            uri = s3.join(self._uri, path.relative_to(self._folder).as_posix())
            s3.send(self._client, Path(copy.name), uri)


def stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is written."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size
