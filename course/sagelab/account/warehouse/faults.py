"""duckdb's errors in Athena's words: a code, the place in the query, a sentence."""

import json
import re
from typing import Any, NamedTuple

from .dialect import athena_type
from .translate import translate

FUNCTIONS = ("Scalar Function", "Aggregate Function", "Table Function", "Macro Function")
CASTS = {"INT64": "BIGINT", "INT32": "INTEGER", "INT16": "SMALLINT", "INT8": "TINYINT", "BOOL": "BOOLEAN"}


class Fault(NamedTuple):
    """Why a query failed; `code` is empty for an error of syntax, which Athena words without one."""

    code: str
    message: str

    @property
    def reason(self) -> str:
        """The sentence as Athena shows it."""
        return f"{self.code}: {self.message}" if self.code else self.message


class Details(NamedTuple):
    """What duckdb says of an error that it gives as JSON; places are in bytes."""

    kind: str
    text: str
    name: str
    what: str
    start: int
    length: int

    def snippet(self, sql: str) -> str:
        """The part of the query that the error is about."""
        return sql.encode()[self.start : self.start + self.length].decode(errors="ignore")

    def place(self, sql: str) -> str:
        """`line 1:8: `, empty where duckdb names no place."""
        if self.start < 0:
            return ""
        before = sql.encode()[: self.start].decode(errors="ignore")
        return f"line {before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: "


def read_fault(error: Exception, sql: str, before: str = "", database: str = "default") -> Fault:
    """The fault behind an error in `sql`, which was translated and run with something of ours before it."""
    found = _in_original(_details(error), sql, len(before))
    place = found.place(sql)
    if found.kind == "Parser":
        near = re.search(r'at or near "(.*)"', found.text, re.DOTALL)
        return Fault("", f"{place}mismatched input '{near[1] if near else '<EOF>'}'")
    if found.kind == "Catalog":
        return _missing(found, place, database)
    if found.kind == "Binder":
        return _unbound(found, place, sql)
    return _while_running(found)


def compares_text_with_time(error: Exception) -> bool:
    """Does the query compare a text with a timestamp, as AWS's sample queries on event times do?"""
    text = _details(error).text
    return "Cannot compare values of type" in text and "VARCHAR" in text and "TIMESTAMP" in text


def _in_original(found: Details, sql: str, shift: int) -> Details:
    if found.start < shift:
        return found._replace(start=-1)
    start, end = found.start - shift, found.start - shift + found.length
    translated = translate(sql)
    start, end = translated.original(start), translated.original(end)
    return found._replace(start=start, length=end - start)


def _details(error: Exception) -> Details:
    try:
        told: dict[str, Any] = json.loads(str(error).partition(": ")[2])
        start, length = json.loads(told.get("location", "[-1, 0]"))
    except ValueError:
        kind, _, text = str(error).partition(" Error: ")
        return Details(kind, text or str(error), "", "", -1, 0)
    text, what = told.get("exception_message", str(error)), told.get("type", "")
    return Details(told.get("exception_type", ""), text, told.get("name", ""), what, start, length)


def _missing(found: Details, place: str, database: str) -> Fault:
    name = found.name.lower()
    schema = re.search(r'because schema "([^"]+)" does not exist', found.text)
    if schema or found.what == "Schema":
        return Fault(
            "SCHEMA_NOT_FOUND", f"{place}Schema '{(schema[1] if schema else name).lower()}' does not exist"
        )
    if found.what in FUNCTIONS:
        return Fault("FUNCTION_NOT_FOUND", f"{place}Function '{name}' not registered")
    return Fault("TABLE_NOT_FOUND", f"{place}Table 'awsdatacatalog.{database}.{name}' does not exist")


def _unbound(found: Details, place: str, sql: str) -> Fault:
    snippet, text = found.snippet(sql), found.text
    if text.startswith("Referenced ") or "does not have a column named" in text:
        return Fault("COLUMN_NOT_FOUND", f"{place}Column '{snippet.lower()}' cannot be resolved")
    if "GROUP BY clause" in text:
        text = f"'{snippet}' must be an aggregate expression or appear in GROUP BY clause"
        return Fault("EXPRESSION_NOT_AGGREGATE", place + text)
    if text.startswith("Ambiguous reference"):
        return Fault("AMBIGUOUS_NAME", f"{place}Column '{snippet.lower()}' is ambiguous")
    call = re.search(r"argument types '(\w+)\((.*?)\)'", text)
    if call:
        given = ", ".join(athena_type(kind.removesuffix("_LITERAL")) for kind in call[2].split(", "))
        return Fault("FUNCTION_NOT_FOUND", f"{place}Unexpected parameters ({given}) for function {call[1]}")
    return Fault("TYPE_MISMATCH", place + _first_line(text))


def _while_running(found: Details) -> Fault:
    if found.kind == "Conversion":
        return Fault("INVALID_CAST_ARGUMENT", _failed_cast(found.text))
    if "Division by zero" in found.text:
        return Fault("DIVISION_BY_ZERO", "Division by zero")
    if found.kind == "Out of Memory":
        return Fault("EXCEEDED_MEMORY_LIMIT", "Query exhausted resources at this scale factor")
    return Fault("GENERIC_INTERNAL_ERROR", _first_line(found.text))


def _failed_cast(text: str) -> str:
    cast = re.match(r"Could not convert string '(.*)' to (\w+)", text, re.DOTALL)
    return f"Cannot cast '{cast[1]}' to {CASTS.get(cast[2], cast[2])}" if cast else _first_line(text)


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
