"""Where events are kept: one SQLite table, written in batches off the caller's path."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..batches import Batches

Event = dict[str, Any]
MOST = 50_000  # events; the oldest go
TABLE = (
    "CREATE TABLE IF NOT EXISTS event (number INTEGER PRIMARY KEY, moment REAL NOT NULL, text TEXT NOT NULL);"
)


class TrailLog:
    """The events of one account. The death of the process may cost those of the last half second."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")  # a record of what happened, not the thing itself
        self._db.execute(TABLE)
        self._batches: Batches[Callable[[], Event]] = Batches(self._write, full=200, idle=0.2, oldest=0.5)

    def add(self, make: Callable[[], Event]) -> None:
        """Keep the event that `make` makes, soon; returns at once."""
        self._batches.add(make)

    def flush(self) -> None:
        """Everything that was added before is kept when this returns."""
        self._batches.flush()

    def newest_first(self, start: float, end: float) -> Iterator[Event]:
        """The events between two moments, the newest first."""
        self.flush()
        with self._lock:
            rows = self._db.execute(
                "SELECT text FROM event WHERE moment BETWEEN ? AND ? ORDER BY moment DESC, number DESC",
                (start, end),
            ).fetchall()
        return (json.loads(row[0]) for row in rows)

    def close(self) -> None:
        """Keep the rest and close the file."""
        self._batches.close()
        with self._lock:
            self._db.close()

    def _write(self, made: list[Callable[[], Event]]) -> None:
        events = [make() for make in made]
        rows = [(event["_moment"], json.dumps(event, default=str)) for event in events]
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO event (moment, text) VALUES (?, ?)", rows)
            self._db.execute("DELETE FROM event WHERE number <= (SELECT MAX(number) FROM event) - ?", (MOST,))
            self._db.execute("COMMIT")
