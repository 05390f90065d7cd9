"""A table as the containers read it: named columns of text, turned into numbers only where numbers are needed."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sagelab.errors import SagelabError

Floats = npt.NDArray[np.float64]
MISSING = frozenset({"", "nan", "NaN", "null", "NULL"})
INTEGER = re.compile(r"[+-]?\d+")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class Table:
    """Equally long columns of text, by name and in order."""

    def __init__(self, columns: Mapping[str, Sequence[str]]) -> None:
        self.columns = {name: list(values) for name, values in columns.items()}
        self.names = tuple(self.columns)

    def __len__(self) -> int:
        return len(self.columns[self.names[0]]) if self.names else 0

    def __getitem__(self, name: str) -> list[str]:
        return self.columns[name]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The rows, as tuples in column order."""
        return zip(*self.columns.values(), strict=True)

    def select(self, names: Iterable[str]) -> "Table":
        """Only these columns, in this order."""
        return Table({name: self.columns[name] for name in names})

    def head(self, count: int) -> "Table":
        """The first `count` rows."""
        return Table({name: values[:count] for name, values in self.columns.items()})

    def with_column(self, name: str, values: Sequence[str]) -> "Table":
        """The same table with one more column, or with that column replaced."""
        return Table({**self.columns, name: values})

    def name(self, name_or_index: str | int, what: str) -> str:
        """The column that a configuration names, by its name or by its position from 0."""
        if isinstance(name_or_index, int) and 0 <= name_or_index < len(self.names):
            return self.names[name_or_index]
        if name_or_index in self.columns:
            return str(name_or_index)
        raise SagelabError(
            f"{what} {name_or_index!r} is not a column; the columns are {', '.join(self.names)}."
        )

    def kind(self, name: str) -> str:
        """ "integer", "float" or "text", as pandas would type the column (an integer with gaps is a float)."""
        values = set(self.columns[name])
        present = values - MISSING
        if not present or not all(NUMBER.fullmatch(value) for value in present):
            return "text"
        whole = all(INTEGER.fullmatch(value) for value in present)
        return "integer" if whole and len(present) == len(values) else "float"

    def numbers(self, name: str) -> Floats:
        """The column as floats, NaN where a value is missing."""
        try:
            return numbers(self.columns[name])
        except ValueError as error:
            raise SagelabError(f"Column {name} holds text where numbers are needed: {error}.") from error


def numbers(tokens: Iterable[str]) -> Floats:
    """Texts as floats; a missing text becomes NaN. Raises ValueError for anything else."""
    return np.array([np.nan if token in MISSING else float(token) for token in tokens], dtype=np.float64)


def from_rows(names: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> Table:
    """A table from rows that must all be as long as `names`."""
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise SagelabError(
                f"{where}, row {number}: {len(row)} values for {len(names)} columns ({', '.join(names)})."
            )
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return Table(dict(zip(names, columns, strict=True)))


def files_under(folder: Path) -> list[Path]:
    """Every data file below a folder (or the file itself), in order of its path; hidden files are left out."""
    if folder.is_file():
        return [folder]
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def read_csv(paths: Iterable[Path], header: bool) -> tuple[list[str] | None, list[list[str]]]:
    """The header (None without one) and the rows of CSV files that share a layout; empty lines are skipped."""
    names: list[str] | None = None
    rows: list[list[str]] = []
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            lines = [row for row in csv.reader(file) if row]
        if header and lines:
            names = names or lines[0]
            lines = lines[1:]
        rows += lines
    return names, rows


def read_json_lines(paths: Iterable[Path]) -> list[Any]:
    """One value for each non-empty line of the files; a broken line is named."""
    values = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                try:
                    values.append(json.loads(line))
                except json.JSONDecodeError as error:
                    raise SagelabError(f"{path.name}, line {number}: not JSON ({error.msg}).") from error
    return values


def token(value: Any) -> str:
    """A JSON value as the text that a CSV cell would hold."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
