"""The child process: `python -m sagelab.account.warehouse.engine` answers one JSON line with one JSON line.

parse  -> is this one query?
query  -> run it over tables of local files, write the result as Athena writes it
write  -> rows of JSON into Parquet files

It has no file but those of the folder that it is given, no extension and no network.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from . import dialect
from .faults import Fault, compares_text_with_time, read_fault
from .translate import translate

CONFIG: dict[str, Any] = {
    "threads": 2,
    "memory_limit": "400MB",
    "python_enable_replacements": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
}
DESCRIBE = "DESCRIBE "
NOT_ONE_QUERY = Fault("", "Only one sql statement is allowed.")
NOT_SUPPORTED = Fault("", "Queries of this type are not supported")


def main() -> None:
    """Answer until the account closes the pipe."""
    actions: dict[str, Callable[..., dict[str, Any]]] = {"parse": parse, "query": query, "write": write}
    for line in sys.stdin:
        request = json.loads(line)
        action = actions[request.pop("action")]
        try:
            answer = action(**request)
        except Exception as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def parse(sql: str) -> dict[str, Any]:
    """{"fault": why this is not one query}, or {}."""
    connection = duckdb.connect(":memory:", config=CONFIG)
    connection.execute("SET errors_as_json = true")
    try:
        statements = connection.extract_statements(translate(sql).sql)
    except duckdb.Error as error:
        return _refusal(read_fault(error, sql))
    if len(statements) != 1:
        return _refusal(NOT_ONE_QUERY)
    return {} if statements[0].type.name == "SELECT" else _refusal(NOT_SUPPORTED)


def query(
    *, sql: str, database: str, tables: list[dict[str, Any]], folder: str, now: float, out: str
) -> dict[str, Any]:
    """Run one query; its columns and number of rows, or {"fault": ...}. The result is the CSV file `out`."""
    sql = sql.rstrip().rstrip(";")
    catalog: dict[str, Any] = {"database": database, "tables": tables, "folder": folder, "now": now}
    connection = open_catalog(**catalog)
    try:
        try:
            return run(connection, sql, tables, out)
        except duckdb.BinderException as error:
            if not compares_text_with_time(error):
                raise
            connection = open_catalog(**catalog, lenient=True)
            return run(connection, sql, tables, out)
    except duckdb.Error as error:
        return _refusal(read_fault(error, sql, DESCRIBE, database))


def open_catalog(
    database: str, tables: list[dict[str, Any]], folder: str, now: float, lenient: bool = False
) -> duckdb.DuckDBPyConnection:
    """A database in memory with one view a table, that can open files of `folder` only."""
    connection = duckdb.connect(":memory:", config=CONFIG)
    connection.execute("ATTACH ':memory:' AS awsdatacatalog")
    for schema in {"default", database, *(table["database"] for table in tables)}:
        connection.execute(f"CREATE SCHEMA awsdatacatalog.{quoted(schema)}")
    connection.execute(f"SET allowed_directories = [{literal(folder)}]")
    connection.execute(f"SET temp_directory = {literal(folder + '/spill')}")
    connection.execute("SET enable_external_access = false")
    for table in tables:
        connection.execute(view(table))
    connection.execute(f"USE awsdatacatalog.{quoted(database)}")
    for statement in (*dialect.macros(now), *dialect.SETTINGS):
        connection.execute(statement)
    if lenient:
        connection.execute("SET old_implicit_casting = true")
    connection.execute("SET lock_configuration = true")
    return connection


def view(table: dict[str, Any]) -> str:
    """The statement that creates a table of the catalog as a view of its files."""
    columns = [(name.lower(), dialect.duck_type(kind)) for name, kind in table["columns"]]
    partitions = {name: "VARCHAR" for name, _ in table["partitions"]}
    typed = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in columns)
    typed += "".join(f", CAST(NULL AS VARCHAR) AS {quoted(name)}" for name in partitions)
    rows = f"SELECT {typed} WHERE false"
    if table["files"]:
        rows += f" UNION ALL BY NAME SELECT * FROM {reader(table, columns, partitions)}"
    names = ", ".join(quoted(name) for name in [*(name for name, _ in columns), *partitions])
    where = f"awsdatacatalog.{quoted(table['database'])}.{quoted(table['name'])}"
    return f"CREATE VIEW {where} AS SELECT {names} FROM ({rows})"


def reader(table: dict[str, Any], columns: list[tuple[str, str]], partitions: dict[str, str]) -> str:
    """The table function that reads the files of a table."""
    files = f"[{', '.join(literal(path) for path in table['files'])}]"
    if table["format"] == "csv":
        types = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns)
        layout = table["layout"]
        return (
            f"read_csv({files}, columns = {{{types}}}, header = false, skip = {int(layout['skip'])}, "
            f"delim = {literal(layout['delimiter'])}, quote = {literal(layout['quote'])}, auto_detect = false)"
        )
    types = ", ".join(f"{literal(name)}: {kind}" for name, kind in partitions.items())
    hive = f", hive_partitioning = true, hive_types = {{{types}}}" if types else ""
    return f"read_parquet({files}, union_by_name = true{hive})"


def run(
    connection: duckdb.DuckDBPyConnection, sql: str, tables: list[dict[str, Any]], out: str
) -> dict[str, Any]:
    """Run a query in an open catalog and write its result."""
    duck_sql = translate(sql).sql
    described = connection.execute(DESCRIBE + duck_sql).fetchall()
    kinds = [kind for _, kind, *_ in described]
    known = {name.lower() for table in tables for name, _ in (*table["columns"], *table["partitions"])}
    names = dialect.result_names([name for name, *_ in described], known, sql)
    places = [f"c{place}" for place in range(len(kinds))]
    shown = ", ".join(dialect.as_text(place, kind) for place, kind in zip(places, kinds, strict=True))
    result = connection.execute(f"SELECT {shown} FROM ({duck_sql}\n) AS result({', '.join(places)})")
    count = write_csv(result, names, Path(out))
    columns = [{"name": n, "type": dialect.athena_type(k)} for n, k in zip(names, kinds, strict=True)]
    return {"columns": columns, "rows": count}


def write_csv(result: duckdb.DuckDBPyConnection, names: list[str], path: Path) -> int:
    """Every value in quotes, NULL as nothing at all; the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_line(names))
        while rows := result.fetchmany(2000):
            count += len(rows)
            file.writelines(csv_line(row) for row in rows)
    return count


def csv_line(values: Any) -> str:
    """One line of Athena's CSV."""
    return ",".join(map(csv_value, values)) + "\n"


def csv_value(value: Any) -> str:
    """One value of Athena's CSV."""
    if value is None:
        return ""
    text = dialect.double_text(value) if isinstance(value, float) else value
    return '"' + text.replace('"', '""') + '"'


def write(columns: list[list[str]], parts: list[list[str]]) -> dict[str, Any]:
    """Turn files of JSON rows into Parquet files; `parts` are (rows, parquet) paths, a row is a list of texts."""
    connection = duckdb.connect(":memory:", config=CONFIG)
    kinds = [dialect.duck_type(kind) for _, kind in columns]
    read = {f"c{i}": "VARCHAR[]" if kind.endswith("[]") else "VARCHAR" for i, kind in enumerate(kinds)}
    cast = ", ".join(
        f"CAST(c{i} AS {kind}) AS {quoted(name)}"
        for i, ((name, _), kind) in enumerate(zip(columns, kinds, strict=True))
    )
    fields = ", ".join(f"{name}: '{kind}'" for name, kind in read.items())
    for rows, parquet in parts:
        source = f"read_json({literal(rows)}, format = 'newline_delimited', columns = {{{fields}}})"
        target = f"{literal(parquet)} (FORMAT parquet, COMPRESSION snappy)"
        connection.execute(f"COPY (SELECT {cast} FROM {source}) TO {target}")
    return {}


def quoted(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def _refusal(fault: Fault) -> dict[str, Any]:
    return {"fault": {"code": fault.code, "reason": fault.reason}}


if __name__ == "__main__":
    main()
