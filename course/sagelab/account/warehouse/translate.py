"""From Athena's SQL to duckdb's where the two would read the same text differently."""

import re
from typing import NamedTuple

TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|[^\W\d]\w*|.", re.DOTALL)
ZONE = re.compile(r"\s+time\s+zone\b", re.IGNORECASE)
FORMATTED = re.compile(r"\bdate_(format|parse)\s*\(", re.IGNORECASE)
FORMAT = re.compile(r"(?<=,)\s*'[^']*%[^']*'(?=\s*\))")  # a text that ends a list of arguments

# plain names in Athena, words of the language in duckdb
NAMES = frozenset(
    (
        "analyse", "analyze", "anti", "asof", "asymmetric", "at", "authorization", "binary", "check", "collate",
        "collation", "column", "columns", "concurrently", "default", "deferrable", "do", "foreign", "freeze", "glob",
        "initially", "lambda", "overlaps", "pivot", "placing", "positional", "primary", "qualify", "references",
        "returning", "semi", "summarize", "symmetric", "unique", "unpivot", "variadic", "verbose",
    )
)  # fmt: skip


class Translated(NamedTuple):
    """A query for duckdb, and the places, in bytes, at which a character was put in."""

    sql: str
    inserted: list[int]

    def original(self, position: int) -> int:
        """The place in Athena's query of a place in duckdb's."""
        return position - sum(place < position for place in self.inserted)


def translate(sql: str) -> Translated:
    """The query with names in quotes that duckdb would take for its own words, and with its letters for times."""
    if FORMATTED.search(sql):  # MySQL's letters for minute and second; as long as before
        sql = FORMAT.sub(lambda match: match[0].replace("%i", "%M").replace("%s", "%S"), sql)
    parts: list[str] = []
    inserted: list[int] = []
    length = 0
    for token in TOKEN.finditer(sql):
        text = token[0]
        if is_name(text, sql, token.end()):
            inserted += [length, length + len(text.encode()) + 1]
            text = f'"{text}"'
        parts.append(text)
        length += len(text.encode())
    return Translated("".join(parts), inserted)


def is_name(token: str, sql: str, end: int) -> bool:
    """Does duckdb need quotes to take this token for a name?"""
    word = token.lower()
    if word not in NAMES or sql[end : end + 1] == "(":
        return False
    return not (word == "at" and ZONE.match(sql, end))
