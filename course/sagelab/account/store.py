"""Where the control plane remembers its resources: one SQLite table of JSON records."""

import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Told = Callable[[str, Record | None, Record], None]  # noun, what it was (None: it is new), what it is

TABLES = """
CREATE TABLE IF NOT EXISTS resource (
    noun TEXT NOT NULL, arn TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (noun, arn));
CREATE INDEX IF NOT EXISTS resource_arn ON resource (arn);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def epoch(moment: Any) -> float:
    """How a moment is kept in JSON, and sent to boto3: seconds since 1970."""
    if isinstance(moment, datetime):
        return moment.timestamp()
    raise TypeError(f"{type(moment).__name__} has no place in a record")


class Store:
    """Records by noun and ARN; each write is committed before its method returns."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._told: list[Told] = []
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(TABLES)

    def watch(self, told: Told) -> None:
        """Call `told` after each record that is added or updated, in the thread that did it, outside the lock."""
        self._told.append(told)

    def add(self, noun: str, record: Record) -> bool:
        """Keep a new record under its `_arn`; False, and nothing changed, where that ARN is taken."""
        with self._lock:
            done = self._db.execute(
                "INSERT OR IGNORE INTO resource VALUES (?, ?, ?)",
                (noun, record["_arn"], json.dumps(record, default=epoch)),
            )
        if done.rowcount == 1:
            self._tell(noun, None, record)
        return done.rowcount == 1

    def update(self, noun: str, arn: str, changes: Record) -> Record | None:
        """Merge `changes` into a record and return it; None where it is gone."""
        with self._lock:
            record = self.get(noun, arn)
            if record is None:
                return None
            before = dict(record)
            record.update(changes)
            self._db.execute(
                "UPDATE resource SET record = ? WHERE noun = ? AND arn = ?",
                (json.dumps(record, default=epoch), noun, arn),
            )
        self._tell(noun, before, record)
        return record

    def get(self, noun: str, arn: str) -> Record | None:
        """The record of that noun and ARN."""
        with self._lock:
            row = self._db.execute(
                "SELECT record FROM resource WHERE noun = ? AND arn = ?", (noun, arn)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def by_arn(self, arn: str) -> tuple[str, Record] | None:
        """The noun and the record of an ARN of any noun."""
        with self._lock:
            row = self._db.execute("SELECT noun, record FROM resource WHERE arn = ?", (arn,)).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def all(self, noun: str) -> list[Record]:
        """Every record of a noun, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT record FROM resource WHERE noun = ? ORDER BY rowid", (noun,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def delete(self, noun: str, arn: str) -> None:
        """Forget a record."""
        with self._lock:
            self._db.execute("DELETE FROM resource WHERE noun = ? AND arn = ?", (noun, arn))

    def setting(self, name: str, default: Any) -> Any:
        """A remembered value, JSON in and out."""
        with self._lock:
            row = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_setting(self, name: str, value: Any) -> None:
        """Remember a value."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value, default=epoch))
            )

    def next_number(self, name: str) -> int:
        """1, then 2, and so on, for each name on its own; never the same number twice."""
        with self._lock:
            number = int(self.setting(name, 0)) + 1
            self.set_setting(name, number)
        return number

    def clear(self) -> None:
        """Forget every record and setting."""
        with self._lock:
            self._db.execute("DELETE FROM resource")
            self._db.execute("DELETE FROM setting")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _tell(self, noun: str, before: Record | None, after: Record) -> None:
        for told in self._told:
            told(noun, before, after)
