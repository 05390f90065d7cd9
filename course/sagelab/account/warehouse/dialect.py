"""What Athena's SQL has and duckdb's has not: functions, type names, and how values look as text."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal

SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET integer_division = true",  # Athena: 1 / 2 is 0
    "SET errors_as_json = true",
)

MACROS = (
    "from_iso8601_timestamp(x) AS CAST(x AS TIMESTAMPTZ)",
    "from_iso8601_date(x) AS CAST(x AS DATE)",
    "to_iso8601(x) AS strftime(x, '%Y-%m-%dT%H:%M:%S.%gZ')",
    "from_unixtime(x) AS make_timestamptz(CAST(round(x * 1000000) AS BIGINT))",
    "to_unixtime(x) AS epoch_us(x) / 1e6",
    "date_parse(x, f) AS strptime(x, f)",
    "date_format(x, f) AS strftime(x, f)",
    "to_timestamp(x, f) AS CAST(x AS TIMESTAMP)",  # f is 'yyyy-mm-dd hh24:mi:ss' in the SageMaker SDK
    "date_add(unit, n, x) AS x + CAST(CAST(n AS VARCHAR) || ' ' || unit AS INTERVAL)",
    "day_of_week(x) AS isodow(x)",
    "day_of_year(x) AS dayofyear(x)",
    "approx_distinct(x) AS approx_count_distinct(x)",
    "approx_percentile(x, p) AS approx_quantile(x, p)",
    "regexp_like(x, p) AS regexp_matches(x, p)",
    "element_at(a, i) AS a[i]",
    "cardinality(a) AS len(a)",
    "json_extract_scalar(x, p) AS json_extract_string(x, p)",
    "get_current_timestamp() AS make_timestamptz({now})",
    "now() AS make_timestamptz({now})",
    "current_date() AS CAST(make_timestamptz({now}) AS DATE)",
)

DUCK_TYPES = {
    "string": "VARCHAR", "varchar": "VARCHAR", "char": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER",
    "integer": "INTEGER", "smallint": "SMALLINT", "tinyint": "TINYINT", "double": "DOUBLE", "float": "FLOAT",
    "real": "FLOAT", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE",
}  # fmt: skip

ATHENA_TYPES = {
    "VARCHAR": "varchar", "BIGINT": "bigint", "HUGEINT": "bigint", "UBIGINT": "bigint", "INTEGER": "integer",
    "SMALLINT": "smallint", "TINYINT": "tinyint", "DOUBLE": "double", "FLOAT": "float", "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "DATE": "date",
    "TIME": "time", "BLOB": "varbinary", "INTERVAL": "interval day to second", "JSON": "json",
}  # fmt: skip


def macros(now: float) -> list[str]:
    """The statements that create the functions; `now` is the account's time in seconds."""
    microseconds = f"CAST({round(now * 1e6)} AS BIGINT)"
    return [f"CREATE MACRO {macro.replace('{now}', microseconds)}" for macro in MACROS]


def duck_type(hive: str) -> str:
    """duckdb's name of a column type of the data catalog; ValueError for one that is not known."""
    kind = re.sub(r"\s", "", hive.lower())
    array = re.fullmatch(r"array<(.+)>", kind)
    if array:
        return duck_type(array[1]) + "[]"
    decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", kind)
    if decimal:
        return f"DECIMAL({decimal[1]},{decimal[2]})"
    kind = re.sub(r"\(\d+\)$", "", kind)
    if kind not in DUCK_TYPES:
        raise ValueError(f"there is no column type {hive}")
    return DUCK_TYPES[kind]


def athena_type(duck: str) -> str:
    """Athena's name of the type of a result column."""
    if duck.endswith("[]"):
        return "array"
    if duck.startswith("STRUCT"):
        return "row"
    kind = duck.partition("(")[0]
    return ATHENA_TYPES.get(kind, kind.lower())


def as_text(column: str, duck: str) -> str:
    """The expression that shows a column as Athena writes it; doubles stay numbers, see `double_text`."""
    if duck in ("DOUBLE", "FLOAT"):
        return column
    if duck == "TIMESTAMP":
        return f"strftime({column}, '%Y-%m-%d %H:%M:%S.%g')"
    if duck == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column}, '%Y-%m-%d %H:%M:%S.%g UTC')"
    return f"CAST({column} AS VARCHAR)"


def double_text(value: float) -> str:
    """A double as Java writes it, and so Athena: `1.0`, `0.1`, `1.23E10`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    figures = "".join(map(str, digits))
    return f"{'-' * sign}{figures[0]}.{figures[1:] or '0'}E{len(figures) - 1 + int(exponent)}"


def result_names(names: Sequence[str], known: set[str], sql: str) -> list[str]:
    """The names of result columns: Athena calls an expression without a name `_col0`, `_col1`, ..."""
    return [
        name if name in known or f'"{name}"' in sql or re.fullmatch(r"[^\W\d]\w*", name) else f"_col{place}"
        for place, name in enumerate(names)
    ]
