"""The result of a query: a CSV file in S3, shown row by row by GetQueryResults."""

from collections.abc import Iterator
from typing import Any

SIZES = {  # precision and scale, as Athena tells them
    "varchar": (2147483647, 0),
    "bigint": (19, 0),
    "integer": (10, 0),
    "double": (17, 0),
    "timestamp": (3, 0),
    "timestamp with time zone": (3, 0),
}


def column_info(column: dict[str, str]) -> dict[str, Any]:
    """A column of the result, as ResultSetMetadata shows it."""
    precision, scale = SIZES.get(column["type"], (0, 0))
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column["name"],
        "Label": column["name"],
        "Type": column["type"],
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": column["type"] == "varchar",
    }


def as_row(values: list[str | None]) -> dict[str, Any]:
    """A row of the result; NULL is a datum without a value."""
    return {"Data": [{} if value is None else {"VarCharValue": value} for value in values]}


def read_rows(text: str) -> Iterator[list[str | None]]:
    """The rows of Athena's CSV: values in quotes, NULL as nothing. (The csv module cannot tell '' from NULL.)"""
    row: list[str | None] = []
    at = 0
    while at < len(text):
        value, at = _value(text, at)
        row.append(value)
        if at >= len(text) or text[at] == "\n":
            yield row
            row = []
        at += 1
        if row and (at >= len(text) or text[at] == "\n"):  # a NULL ends the line
            row.append(None)
            yield row
            row = []
            at += 1


def _value(text: str, at: int) -> tuple[str | None, int]:
    """The value that begins at a place, and the place behind it."""
    if text[at] != '"':
        return None, at
    start, end = at + 1, text.index('"', at + 1)
    while text[end + 1 : end + 2] == '"':
        end = text.index('"', end + 2)
    return text[start:end].replace('""', '"'), end + 1
