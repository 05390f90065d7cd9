"""CREATE EXTERNAL TABLE over CSV or Parquet files in S3, and DROP TABLE: enough to query a file of labels."""

import re
from typing import Any

from ..catalog import Catalog, TableExists
from ..warehouse.dialect import duck_type

CREATE = re.compile(
    r"\s*CREATE\s+EXTERNAL\s+TABLE\s+(?P<calm>IF\s+NOT\s+EXISTS\s+)?(?P<name>[\w.`\"]+)\s*\((?P<columns>.*?)\)\s*"
    r"(?P<rest>(?:COMMENT|PARTITIONED|ROW|STORED|LOCATION|WITH)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
DROP = re.compile(r"\s*DROP\s+TABLE\s+(?P<calm>IF\s+EXISTS\s+)?(?P<name>[\w.`\"]+)\s*;?\s*", re.IGNORECASE)
STATEMENT = re.compile(r"\s*(CREATE\s+EXTERNAL\s+TABLE|DROP\s+TABLE)\b", re.IGNORECASE)
OPTION = r"['\"]{}['\"]\s*=\s*['\"](.*?)['\"]\s*[,)]"


class DdlError(Exception):
    """A statement that cannot be carried out; the text is Athena's sentence."""


def is_ddl(sql: str) -> bool:
    """Is this one of the statements of this module?"""
    return bool(STATEMENT.match(sql))


def execute(sql: str, database: str, catalog: Catalog, now: float) -> None:
    """Carry out a statement; raises DdlError."""
    create, drop = CREATE.fullmatch(sql), DROP.fullmatch(sql)
    if create:
        where = name_of(create["name"], database)
        try:
            catalog.create(*where, CreateTime=now, **table_of(create["columns"], create["rest"]))
        except TableExists:
            if not create["calm"]:
                raise DdlError(
                    "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
                    f"AlreadyExistsException(message:Table {where[1]} already exists.)"
                ) from None
    elif drop:
        where = name_of(drop["name"], database)
        if catalog.get(*where) is None and not drop["calm"]:
            raise DdlError(f"FAILED: SemanticException [Error 10001]: Table not found {where[1]}")
        catalog.drop(*where)
    else:
        raise DdlError("FAILED: ParseException line 1:0 cannot recognize input")


def name_of(text: str, database: str) -> tuple[str, str]:
    """Database and table of a name that may have quotes."""
    parts = text.replace("`", "").replace('"', "").lower().split(".")
    return (parts[-2] if len(parts) > 1 else database), parts[-1]


def table_of(columns: str, rest: str) -> dict[str, Any]:
    """The catalog's entry for a table; raises DdlError for what is not supported."""
    location = re.search(r"\bLOCATION\s+['\"](s3://[^'\"]+)['\"]", rest, re.IGNORECASE)
    if location is None:
        raise DdlError("FAILED: SemanticException: The location of the table is missing")
    if re.search(r"\bPARTITIONED\s+BY\b", rest, re.IGNORECASE):
        raise DdlError("NOT_SUPPORTED: the local account makes external tables without partitions only")
    return {
        "Location": location[1].rstrip("/") + "/",
        "Columns": columns_of(columns),
        "PartitionKeys": [],
        "Format": "parquet" if re.search(r"\bSTORED\s+AS\s+PARQUET\b", rest, re.IGNORECASE) else "csv",
        "Layout": {
            "skip": int(option(rest, r"skip\.header\.line\.count", "0")),
            "delimiter": option(rest, r"(?:separatorChar|field\.delim)", "") or fields_by(rest),
            "quote": option(rest, "quoteChar", '"') or '"',
        },
    }


def columns_of(text: str) -> list[tuple[str, str]]:
    """Names and types out of the list of columns."""
    columns = []
    for column in re.split(r",(?![^(<]*[)>])", text):
        name, _, kind = column.strip().partition(" ")
        kind = re.sub(r"\s+COMMENT\s.*", "", kind, flags=re.IGNORECASE | re.DOTALL).strip()
        try:
            duck_type(kind)
        except ValueError as error:
            raise DdlError(f"FAILED: ParseException: {error}") from None
        columns.append((name.strip('`"').lower(), kind.lower()))
    return columns


def option(text: str, name: str, default: str) -> str:
    """A property of the table, unescaped."""
    found = re.search(OPTION.format(name), text)
    return found[1].replace("\\t", "\t").replace("\\\\", "\\") if found else default


def fields_by(text: str) -> str:
    """The character of FIELDS TERMINATED BY; a comma where nothing is said."""
    found = re.search(r"FIELDS\s+TERMINATED\s+BY\s+['\"](.+?)['\"]", text, re.IGNORECASE)
    return found[1].replace("\\t", "\t") if found else ","
