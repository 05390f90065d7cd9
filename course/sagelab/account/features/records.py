"""Where records are kept: the online store, and those that wait for the offline store. One SQLite file.

What a method has changed is on disk before it returns, so a killed account loses nothing it has acknowledged.
"""

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

TABLES = """
CREATE TABLE IF NOT EXISTS online (
    owner TEXT NOT NULL, id TEXT NOT NULL, event TEXT NOT NULL, expires REAL, record TEXT,
    PRIMARY KEY (owner, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, event TEXT NOT NULL, invoked REAL NOT NULL,
    deleted INTEGER NOT NULL, record TEXT NOT NULL, batch TEXT);
CREATE INDEX IF NOT EXISTS waiting_owner ON waiting (owner, batch);
CREATE TABLE IF NOT EXISTS batch (id TEXT PRIMARY KEY, owner TEXT NOT NULL, written REAL NOT NULL);
"""
NEWEST = "excluded.event > online.event OR online.expires <= :now"
YEARS = 10**20  # lifts every time above zero, so that times sort as texts


class Online(NamedTuple):
    """A record of the online store; `text` is the JSON of its values, None once it was soft-deleted."""

    event: int
    expires: float | None
    text: str | None

    @property
    def values(self) -> dict[str, Any] | None:
        """The values by feature."""
        return None if self.text is None else json.loads(self.text)


class Waiting(NamedTuple):
    """A record on its way to the offline store; `text` is the JSON of its values."""

    event: int
    invoked: float
    deleted: bool
    text: str

    @property
    def values(self) -> dict[str, Any]:
        """The values by feature."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class Batch(NamedTuple):
    """Records that go to the offline store together; a batch that was interrupted is done again, unchanged."""

    id: str
    written: float
    records: list[Waiting]


class Records:
    """The records of every feature group; `owner` identifies a group, also among groups of one name."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(TABLES)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What happens inside is saved as a whole or not at all."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # -- the online store --------------------------------------------------------------------------------------
    def put(self, owner: str, identifier: str, record: Online, now: float, equal: bool = False) -> bool:
        """Keep a record, unless the store has one whose event is as new; with `equal`, unless it is newer."""
        newest = NEWEST.replace(">", ">=", 1) if equal else NEWEST
        done = self._change(
            f"INSERT INTO online VALUES (:owner, :id, :event, :expires, :record) ON CONFLICT DO UPDATE SET "
            f"event = excluded.event, expires = excluded.expires, record = excluded.record WHERE {newest}",
            owner=owner,
            id=identifier,
            event=sortable(record.event),
            expires=record.expires,
            record=record.text,
            now=now,
        )
        return done == 1

    def get(self, owner: str, identifier: str, now: float) -> Online | None:
        """The record of an identifier, expired ones left out."""
        rows = self._rows(
            "SELECT event, expires, record FROM online WHERE owner = ? AND id = ? "
            "AND (expires IS NULL OR expires > ?)",
            owner,
            identifier,
            now,
        )
        return next((Online(unsorted(e), x, r) for e, x, r in rows), None)

    def remove(self, owner: str, identifier: str) -> None:
        """Forget a record of the online store."""
        self._change("DELETE FROM online WHERE owner = :owner AND id = :id", owner=owner, id=identifier)

    def identifiers(self, owner: str, after: str, most: int, now: float, deleted: bool) -> list[str]:
        """The identifiers behind `after`, in order."""
        alive = "" if deleted else "AND record IS NOT NULL "
        rows = self._rows(
            "SELECT id FROM online WHERE owner = ? AND id > ? AND (expires IS NULL OR expires > ?) "
            f"{alive}ORDER BY id LIMIT ?",
            owner,
            after,
            now,
            most,
        )
        return [row[0] for row in rows]

    def online_bytes(self, owner: str) -> int:
        """The size of a group's online store."""
        return int(
            self._rows("SELECT coalesce(sum(length(record)), 0) FROM online WHERE owner = ?", owner)[0][0]
        )

    def expire(self, now: float) -> None:
        """Forget what has outlived its time."""
        self._change("DELETE FROM online WHERE expires <= :now", now=now)

    def empty_online(self, owner: str) -> None:
        """Forget the online store of a group."""
        self._change("DELETE FROM online WHERE owner = :owner", owner=owner)

    # -- on the way to the offline store -----------------------------------------------------------------------
    def wait(self, owner: str, record: Waiting) -> None:
        """Keep a record for the offline store."""
        self._change(
            "INSERT INTO waiting (owner, event, invoked, deleted, record) "
            "VALUES (:owner, :event, :invoked, :deleted, :record)",
            owner=owner,
            event=sortable(record.event),
            invoked=record.invoked,
            deleted=int(record.deleted),
            record=record.text,
        )

    def waiting(self) -> dict[str, int]:
        """How many records of each group wait."""
        return dict(self._rows("SELECT owner, count(*) FROM waiting GROUP BY owner"))

    def next_batch(self, owner: str, now: float, most: int) -> Batch | None:
        """The batch of a group that is to be written: the one that was interrupted, else a new one."""
        with self.together():
            started = self._rows("SELECT id, written FROM batch WHERE owner = ? LIMIT 1", owner)
            name, written = started[0] if started else (uuid.uuid4().hex, now)
            if not started:
                claimed = self._change(
                    "UPDATE waiting SET batch = :batch WHERE number IN (SELECT number FROM waiting "
                    "WHERE owner = :owner AND batch IS NULL ORDER BY number LIMIT :most)",
                    batch=name,
                    owner=owner,
                    most=most,
                )
                if not claimed:
                    return None
                self._change("INSERT INTO batch VALUES (:id, :owner, :now)", id=name, owner=owner, now=now)
            rows = self._rows(
                "SELECT event, invoked, deleted, record FROM waiting WHERE owner = ? AND batch = ? ORDER BY number",
                owner,
                name,
            )
        return Batch(name, written, [Waiting(unsorted(e), i, bool(d), r) for e, i, d, r in rows])

    def written(self, batch: Batch, owner: str) -> None:
        """The batch is in the offline store."""
        with self.together():
            self._change("DELETE FROM waiting WHERE owner = :owner AND batch = :id", owner=owner, id=batch.id)
            self._change("DELETE FROM batch WHERE id = :id", id=batch.id)

    def abandon(self, owner: str) -> None:
        """Forget what waits for a group that is gone."""
        with self.together():
            self._change("DELETE FROM waiting WHERE owner = :owner", owner=owner)
            self._change("DELETE FROM batch WHERE owner = :owner", owner=owner)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _change(self, statement: str, **values: Any) -> int:
        with self._lock:
            return self._db.execute(statement, values).rowcount

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def sortable(nanoseconds: int) -> str:
    """A time as text that sorts like the time: SQLite's integers end in the year 2262."""
    return f"{nanoseconds + YEARS:021d}"


def unsorted(text: str) -> int:
    """The time of such a text."""
    return int(text) - YEARS
