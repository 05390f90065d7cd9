"""The learner's SQLite file: its tables, and what happens where it is damaged."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sagelab.errors import SagelabError

__all__ = ["TABLES", "Database"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS exercise (
  lesson TEXT, name TEXT, tries INTEGER DEFAULT 0, hints INTEGER DEFAULT 0, passed INTEGER DEFAULT 0,
  PRIMARY KEY (lesson, name));
CREATE TABLE IF NOT EXISTS learner (seed TEXT);
CREATE TABLE IF NOT EXISTS lesson (slug TEXT PRIMARY KEY, touched TEXT, best INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS review (card TEXT, at TEXT, rating INTEGER, PRIMARY KEY (card, at));
CREATE TABLE IF NOT EXISTS sitting (id TEXT PRIMARY KEY, saved TEXT, ended TEXT, body TEXT);
"""
TABLES = {
    "exercise": ("lesson", "name", "tries", "hints", "passed"),
    "learner": ("seed",),
    "lesson": ("slug", "touched", "best"),
    "review": ("card", "at", "rating"),
    "sitting": ("id", "saved", "ended", "body"),
}
BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


class _DamagedError(Exception):
    """What is wrong with the file."""


class Database:
    """One SQLite file; `note` says when a damaged one was moved aside."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.note = ""

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose changes are all kept at the end, or none; makes the file on first use.

        Raises SagelabError where the file cannot be used.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            db = self._sound()
            try:
                with db:
                    yield db
            finally:
                db.close()
        except sqlite3.Error as fault:
            raise SagelabError(_sentence(self.path, fault)) from fault

    def _sound(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except _DamagedError as damage:
            self._set_aside(damage)
        try:
            return _connect(self.path)
        except _DamagedError:
            raise SagelabError(self.note) from None

    def _set_aside(self, damage: _DamagedError) -> None:
        """Move the damaged file to the next free name; it may hold rows that a person can still read."""
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}.damaged-{number}.db")).exists():
            number += 1
        try:
            self.path.rename(aside)
            journal = self.path.with_name(f"{self.path.name}-journal")
            if journal.exists():  # it belongs to the damaged file and would be rolled into the new one
                journal.rename(aside.with_name(f"{aside.name}-journal"))
        except OSError as fault:
            self.note = (
                f"{self.path.name} is damaged ({damage}) and cannot be moved aside ({fault.strerror})."
            )
        else:
            self.note = f"{self.path.name} was damaged ({damage}); it is now {aside.name} and you start anew."


def _connect(path: Path) -> sqlite3.Connection:
    if path.exists() and not path.is_file():  # a pipe would never end
        raise _DamagedError("it is no file")
    db = sqlite3.connect(path, timeout=10)
    try:
        db.executescript(SCHEMA)
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise _DamagedError("its pages do not fit together")
        for table, columns in TABLES.items():
            if {row[1] for row in db.execute(f"PRAGMA table_info({table})")} != set(columns):
                raise _DamagedError(f"its table {table} has another form")
    except sqlite3.DatabaseError as fault:
        db.close()
        if isinstance(fault, sqlite3.OperationalError):  # busy, full or not writable: nothing is damaged
            raise
        raise _DamagedError(str(fault)) from None
    except _DamagedError:
        db.close()
        raise
    return db


def _sentence(path: Path, fault: sqlite3.Error) -> str:
    if getattr(fault, "sqlite_errorname", "").startswith(BUSY):
        return f"{path.name} is in use by another program; close it there, then try again."
    return f"{path.name} cannot be used ({fault}); make room or make the folder writable, then try again."
