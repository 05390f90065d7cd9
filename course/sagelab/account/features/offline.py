"""The offline store: records leave in batches, as Parquet files in S3, laid out by the hour of their events.

AWS writes within 15 minutes. Here a batch leaves when the clock is moved, when a group has a thousand records
waiting, when nothing has come for two seconds, and when the account stops.
"""

import hashlib
import json
import shutil
import tempfile
import threading
import time
import traceback
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .. import s3
from ..control import ControlPlane, Record
from ..warehouse.worker import Worker, WorkerEnded
from . import schema
from .records import Batch, Records, Waiting
from .values import moment

FULL = 1000
IDLE_SECONDS = 2.0
LARGEST_BATCH = 10_000
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class CannotWrite(Exception):
    """A batch could not reach the offline store; the text is the reason."""


class OfflineStore:
    """Writes what waits; one batch at a time."""

    def __init__(self, plane: ControlPlane, records: Records) -> None:
        self._plane, self._records = plane, records
        self._worker = Worker()
        self._folder = plane.home / "offline"
        shutil.rmtree(self._folder, ignore_errors=True)  # what a killed account was about to send
        self._writing = threading.Lock()
        self._woken = threading.Event()
        self._full = threading.Event()
        self._stopped = threading.Event()
        self._last = 0.0
        self._counts: dict[str, int] = defaultdict(int)
        self._watcher: threading.Thread | None = None

    def added(self, owner: str) -> None:
        """A record of a group has come to wait."""
        self._last = time.monotonic()
        self._counts[owner] += 1
        if self._counts[owner] >= FULL:
            self._full.set()
        self.watch()

    def watch(self) -> None:
        """Write in the background from now on."""
        if self._watcher is None:
            with self._writing:
                if self._watcher is None:
                    self._watcher = threading.Thread(target=self._watch, daemon=True, name="offline-store")
                    self._watcher.start()
        self._woken.set()

    def flush(self) -> None:
        """Write all that waits; what cannot be written stays, and its group is marked as blocked."""
        for owner in self._records.waiting():
            group = self.group_of(owner)
            if group is None:
                self._records.abandon(owner)
                continue
            try:
                self.write(group)
            except CannotWrite as reason:
                self._mark(group, {"Status": "Blocked", "BlockedReason": str(reason)[:1024]})

    def write(self, group: Record) -> None:
        """Write all that waits for one group; raises CannotWrite."""
        with self._writing:
            owner = schema.owner_of(group)
            self._counts[owner] = 0
            left = self._records.waiting().get(owner, 0)  # those that come meanwhile wait for the next time
            while left > 0 and (
                batch := self._records.next_batch(owner, self._plane.clock.time(), LARGEST_BATCH)
            ):
                left -= len(batch.records)
                try:
                    self._write_batch(group, batch)
                except (ClientError, WorkerEnded, OSError) as error:
                    raise CannotWrite(str(error)) from error
                self._records.written(batch, owner)
        if group.get("OfflineStoreStatus", {}).get("Status") == "Blocked":
            self._mark(group, {"Status": "Active"})

    def group_of(self, owner: str) -> Record | None:
        """The feature group behind an owner of records."""
        return next((g for g in self._plane.records("FeatureGroup") if schema.owner_of(g) == owner), None)

    def close(self) -> None:
        """End the background work, after the batch that is being written."""
        self._stopped.set()
        self._woken.set()
        self._full.set()
        if self._watcher is not None:
            self._watcher.join()
        with self._writing:
            self._worker.end()

    def _watch(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            while time.monotonic() - self._last < IDLE_SECONDS:
                if self._full.wait(timeout=0.25):
                    break
            if self._stopped.is_set():
                return
            self._full.clear()
            try:
                self.flush()
            except Exception:  # the records are safe and the next flush tries again
                traceback.print_exc()

    def _mark(self, group: Record, status: Record) -> None:
        self._plane.store.update("FeatureGroup", group["_arn"], {"OfflineStoreStatus": status})

    def _write_batch(self, group: Record, batch: Batch) -> None:
        hours: dict[str, list[Waiting]] = defaultdict(list)
        for record in batch.records:
            hours[hour_folder(record.event)].append(record)
        columns = schema.columns(group["FeatureDefinitions"])
        root = group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
        self._folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            parts = {}
            for number, (hour, records) in enumerate(hours.items()):
                rows, parquet = Path(folder, f"{number}.json"), Path(folder, f"{number}.parquet")
                write_rows(rows, columns, records, batch.written)
                parts[s3.join(root, hour, file_name(batch.id, hour, records))] = (str(rows), str(parquet))
            answer = self._worker.ask("write", columns=columns, parts=list(parts.values()))
            if "failed" in answer:
                raise CannotWrite(answer["failed"])
            for uri, (_, file) in parts.items():
                s3.send(self._plane.client("s3"), Path(file), uri)


def write_rows(path: Path, columns: list[tuple[str, str]], records: list[Waiting], written: float) -> None:
    """One line of JSON a record, one text a column."""
    features = [name for name, _ in columns[: -len(schema.RESERVED)]]
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            values: list[Any] = [record.values.get(name) for name in features]
            values += [timestamp(written), timestamp(record.invoked), str(record.deleted)]
            file.write(json.dumps({f"c{place}": value for place, value in enumerate(values)}) + "\n")


def hour_folder(event: int) -> str:
    """The partition of an event time: `year=2026/month=11/day=22/hour=09`."""
    return f"{moment(event):year=%Y/month=%m/day=%d/hour=%H}"


def file_name(batch: str, hour: str, records: list[Waiting]) -> str:
    """The latest event of a file and 16 letters and digits: `20261122T095959Z_...`.

    They are always the same for this part of this batch, so a batch that is written twice leaves one file.
    """
    number = int.from_bytes(hashlib.sha256(f"{batch}/{hour}".encode()).digest(), "big")
    letters = ""
    for _ in range(16):
        number, place = divmod(number, len(ALPHABET))
        letters += ALPHABET[place]
    return f"{moment(max(record.event for record in records)):%Y%m%dT%H%M%SZ}_{letters}.parquet"


def timestamp(seconds: float) -> str:
    """A time in UTC to the millisecond, as SQL reads it."""
    return (
        datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.")
        + f"{int(seconds * 1000) % 1000:03d}"
    )
