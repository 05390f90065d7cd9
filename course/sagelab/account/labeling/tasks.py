"""The tasks and the answers of all labeling jobs, in one SQLite file; an answer is on disk before it is acknowledged.

A task is one object for one worker. A worker accepts it, and has until the job's time limit to answer; afterwards
the place is free again. An object has as many places as the job wants workers.
"""

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

TABLES = """
CREATE TABLE IF NOT EXISTS object (
    job TEXT, number INTEGER, line TEXT, task TEXT, answers INTEGER DEFAULT 0, PRIMARY KEY (job, number));
CREATE TABLE IF NOT EXISTS claim (
    job TEXT, number INTEGER, worker TEXT, accepted REAL, PRIMARY KEY (job, number, worker));
CREATE TABLE IF NOT EXISTS answer (
    job TEXT, number INTEGER, worker TEXT, accepted REAL, submitted REAL, spent REAL, content TEXT,
    PRIMARY KEY (job, number, worker));
"""
FREE = """
SELECT number, task FROM object AS o WHERE job = :job
AND number IN (SELECT number FROM object WHERE job = :job AND task IS NOT NULL AND answers < :workers
               ORDER BY number LIMIT :open)
AND NOT EXISTS (SELECT 1 FROM answer WHERE job = :job AND number = o.number AND worker = :worker)
AND answers + (SELECT COUNT(*) FROM claim WHERE job = :job AND number = o.number AND worker != :worker
               AND accepted > :expired) < :workers
ORDER BY number LIMIT :most
"""


@dataclass(frozen=True)
class Rules:
    """What a job says about its tasks."""

    job: str
    workers: int
    limit: float  # seconds from acceptance to submission
    open: int  # how many objects are offered at a time


class Task(NamedTuple):
    """What a worker sees of an object that they can accept, or have accepted at that time."""

    number: int
    task: str
    accepted: float = 0.0


class Answer(NamedTuple):
    """What one worker said of one object, and when."""

    worker: str
    accepted: float
    submitted: float
    spent: float
    content: dict[str, Any]


class Progress(NamedTuple):
    """How far a job is: the objects that somebody has to see, those with all answers, those with some."""

    objects: int
    complete: int
    begun: int


class Tasks:
    """All tasks of one account."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(TABLES)

    def open(self, job: str, lines: list[str], tasks: Sequence[str | None]) -> None:
        """Take in a job's objects and what workers see of them; None: nobody needs to see it."""
        with self._lock, self._transaction():
            for table in ("object", "claim", "answer"):
                self._db.execute(f"DELETE FROM {table} WHERE job = ?", (job,))
            rows = [(job, n, line, task) for n, (line, task) in enumerate(zip(lines, tasks, strict=True))]
            self._db.executemany("INSERT INTO object (job, number, line, task) VALUES (?, ?, ?, ?)", rows)

    def free(self, rules: Rules, worker: str, now: float, most: int) -> list[Task]:
        """The tasks that a worker could accept now, those that they have accepted already among them."""
        asked = {
            "job": rules.job,
            "worker": worker,
            "workers": rules.workers,
            "open": rules.open,
            "expired": now - rules.limit,
            "most": most,
        }
        with self._lock:
            return [Task(*row) for row in self._db.execute(FREE, asked)]

    def accept(self, rules: Rules, worker: str, now: float, most: int) -> list[Task]:
        """Accept the next tasks for a worker; the time limit begins."""
        with self._lock, self._transaction():
            found = self.free(rules, worker, now, most)
            for task in found:  # who has it already keeps the time of the first acceptance
                self._db.execute(
                    "INSERT INTO claim VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
                    "SET accepted = excluded.accepted WHERE accepted <= ?",
                    (rules.job, task.number, worker, now, now - rules.limit),
                )
            held = dict(
                self._db.execute(
                    "SELECT number, accepted FROM claim WHERE job = ? AND worker = ?", (rules.job, worker)
                ).fetchall()
            )
        return [task._replace(accepted=held[task.number]) for task in found]

    def give_back(self, job: str, numbers: list[int], worker: str) -> None:
        """Let others have tasks that a worker had accepted."""
        with self._lock, self._transaction():
            rows = [(job, number, worker) for number in numbers]
            self._db.executemany("DELETE FROM claim WHERE job = ? AND number = ? AND worker = ?", rows)

    def accepted(self, rules: Rules, number: int, worker: str, now: float) -> tuple[float, str] | None:
        """When a worker accepted a task, and its line; None where they did not, or too long ago."""
        sql = (
            "SELECT accepted, line FROM claim JOIN object USING (job, number) "
            "WHERE job = ? AND number = ? AND worker = ? AND accepted > ?"
        )
        with self._lock:
            row = self._db.execute(sql, (rules.job, number, worker, now - rules.limit)).fetchone()
        return (row[0], row[1]) if row else None

    def submit(self, job: str, answers: list[tuple[int, Answer]]) -> None:
        """Keep answers to accepted tasks."""
        with self._lock, self._transaction():
            for number, answer in answers:
                self._db.execute(
                    "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (job, number, *answer[:4], json.dumps(answer.content)),
                )
                key = (job, number)
                self._db.execute("UPDATE object SET answers = answers + 1 WHERE job = ? AND number = ?", key)
                self._db.execute(
                    "DELETE FROM claim WHERE job = ? AND number = ? AND worker = ?", (*key, answer.worker)
                )

    def progress(self, job: str, workers: int) -> Progress:
        """How far a job is."""
        sql = (
            "SELECT COUNT(*), COALESCE(SUM(answers >= :n), 0), COALESCE(SUM(answers > 0), 0) "
            "FROM object WHERE job = :job AND task IS NOT NULL"
        )
        with self._lock:
            return Progress(*self._db.execute(sql, {"job": job, "n": workers}).fetchone())

    def lines(self, job: str) -> list[str]:
        """A job's manifest lines, in order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT line FROM object WHERE job = ? ORDER BY number", (job,)
            ).fetchall()
        return [row[0] for row in rows]

    def wanted(self, job: str) -> set[int]:
        """The numbers of the objects that somebody has to see."""
        with self._lock:
            rows = self._db.execute("SELECT number FROM object WHERE job = ? AND task IS NOT NULL", (job,))
            return {row[0] for row in rows}

    def answers(self, job: str) -> dict[int, list[Answer]]:
        """The answers to each object that has any, in the order of submission."""
        sql = (
            "SELECT number, worker, accepted, submitted, spent, content FROM answer "
            "WHERE job = ? ORDER BY number, submitted, worker"
        )
        found: dict[int, list[Answer]] = {}
        with self._lock:
            for number, worker, accepted, submitted, spent, content in self._db.execute(sql, (job,)):
                answer = Answer(worker, accepted, submitted, spent, json.loads(content))
                found.setdefault(number, []).append(answer)
        return found

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _transaction(self) -> "Transaction":
        return Transaction(self._db)


class Transaction:
    """BEGIN, and COMMIT or ROLLBACK."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
