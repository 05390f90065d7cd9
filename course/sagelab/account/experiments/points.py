"""The metric values of trial components: kept one by one, told as summaries."""

import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

TABLE = """
CREATE TABLE IF NOT EXISTS point (
    number INTEGER PRIMARY KEY, component TEXT NOT NULL, metric TEXT NOT NULL,
    step INTEGER, moment REAL NOT NULL, value REAL NOT NULL);
CREATE INDEX IF NOT EXISTS point_metric ON point (component, metric, moment);
"""
SUMMARY = """
SELECT metric, max(value) AS Max, min(value) AS Min, count(*) AS Count, avg(value) AS Avg,
    avg(value * value) AS squares
FROM point WHERE component = ? GROUP BY metric ORDER BY metric
"""
LAST = """
SELECT value, moment FROM point WHERE component = ? AND metric = ? ORDER BY moment DESC, number DESC LIMIT 1
"""


class Point(NamedTuple):
    """One value of a metric; `component` is the ARN of what it was measured at."""

    component: str
    metric: str
    step: int | None
    moment: float
    value: float


class Points:
    """All values of one account."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(TABLE)

    def add(self, points: Iterable[Point]) -> None:
        """Keep values; they are on disk when this returns."""
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT INTO point (component, metric, step, moment, value) VALUES (?, ?, ?, ?, ?)", points
            )
            self._db.execute("COMMIT")

    def of(self, component: str, metric: str) -> list[Point]:
        """The values of one metric, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT component, metric, step, moment, value FROM point "
                "WHERE component = ? AND metric = ? ORDER BY moment, number",
                (component, metric),
            ).fetchall()
        return [Point(*row) for row in rows]

    def summaries(self, component: str, source: str) -> list[dict[str, Any]]:
        """The metrics of a component as DescribeTrialComponent shows them."""
        with self._lock:
            rows = self._db.execute(SUMMARY, (component,)).fetchall()
            lasts = [self._db.execute(LAST, (component, row[0])).fetchone() for row in rows]
        return [
            {
                "MetricName": metric,
                "SourceArn": source,
                "TimeStamp": moment,
                "Max": most,
                "Min": least,
                "Last": last,
                "Count": count,
                "Avg": mean,
                "StdDev": max(squares - mean * mean, 0.0) ** 0.5,
            }
            for (metric, most, least, count, mean, squares), (last, moment) in zip(rows, lasts, strict=True)
        ]

    def forget(self, component: str) -> None:
        """The values of a component that is gone."""
        with self._lock:
            self._db.execute("DELETE FROM point WHERE component = ?", (component,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
