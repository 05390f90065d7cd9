"""The journal of what moto must not forget: every successful request that changed something, in order.

A request is committed before its answer goes out. SQLite in WAL mode keeps a commit through the death of the
process (also SIGKILL); only the death of the whole machine may cost the last moments.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TABLE = """
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY, moment REAL NOT NULL, seed INTEGER NOT NULL,
    method TEXT NOT NULL, url TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL);
"""
COLUMNS = "number, moment, seed, method, url, headers, body"
TELLING_BODY = "url LIKE '%?delete%' OR headers LIKE '%Logs_20140328%'"  # deleted keys, names of log groups
UPLOAD_NUMBER = (
    "sagelab-upload"  # the header that keeps a multipart upload's id with the request that began it
)
WORTH_SHRINKING = 4_000_000  # bytes of free space in the file


@dataclass(frozen=True)
class Entry:
    """One request, with the time at which and the seed with which it was answered."""

    moment: float
    seed: int
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    number: int = 0


class Journal:
    """The entries of one account, oldest first."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(TABLE)

    def append(self, entry: Entry) -> None:
        """Commit an entry."""
        row = (entry.moment, entry.seed, entry.method, entry.url, json.dumps(entry.headers), entry.body)
        with self._lock:
            self._db.execute(f"INSERT INTO entry ({COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?)", row)

    def __iter__(self) -> Iterator[Entry]:
        return self._entries("body")

    def outlines(self) -> Iterator[Entry]:
        """The entries without their bodies, but for those whose body says what they are about."""
        return self._entries(f"CASE WHEN {TELLING_BODY} THEN body ELSE x'' END")

    def _entries(self, body: str) -> Iterator[Entry]:
        last = 0
        columns = COLUMNS.replace("body", body)
        while True:
            with self._lock:
                row = self._db.execute(
                    f"SELECT {columns} FROM entry WHERE number > ? ORDER BY number LIMIT 1", (last,)
                ).fetchone()
            if row is None:
                return
            last, moment, seed, method, url, headers, content = row
            yield Entry(moment, seed, method, url, json.loads(headers), content, last)

    def __len__(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT COUNT(*) FROM entry").fetchone()[0])

    def remove(self, numbers: Iterable[int]) -> None:
        """Forget entries, all or none, and give their space back where it is much."""
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany("DELETE FROM entry WHERE number = ?", [(number,) for number in numbers])
            self._db.execute("COMMIT")
            free = self._db.execute("PRAGMA freelist_count").fetchone()[0]
            page = self._db.execute("PRAGMA page_size").fetchone()[0]
            if free * page > WORTH_SHRINKING:
                self._db.execute("VACUUM")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
