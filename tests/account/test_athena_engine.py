"""The process behind Athena: SQL in Athena's dialect over files, faults in Athena's words, nothing else in reach."""

import json
import subprocess
import sys

import pytest
from featurelab import until

from sagelab.account.athena.results import read_rows
from sagelab.account.warehouse import dialect
from sagelab.account.warehouse.worker import Worker, WorkerEnded

DATABASE = "sagemaker_featurestore"
COLUMNS = [("Id", "bigint"), ("at", "string"), ("bill", "double"), ("write_time", "timestamp"), ("gone", "boolean"),
           ("last", "array<bigint>")]  # fmt: skip
ROWS = [
    ["1", "2026-01-01T00:00:00Z", "1.5", "2026-01-01 00:00:00.250", "false", ["1", "2"]],
    ["2", "2026-01-01T01:00:00Z", "12345678", "2026-01-01 01:00:00.000", "true", []],
    ["3", 'a "quoted"\nline', None, None, None, None],
]
NOON = 1_767_268_800  # 2026-01-01T12:00:00Z


class Bench:
    """A worker with one table, `clients`."""

    def __init__(self, folder):
        self.worker, self.folder = Worker(), folder
        rows, self.file = folder / "rows.json", folder / "year=2026" / "clients.parquet"
        self.file.parent.mkdir()
        rows.write_text("\n".join(json.dumps({f"c{i}": v for i, v in enumerate(row)}) for row in ROWS))
        assert self.worker.ask("write", columns=COLUMNS, parts=[[str(rows), str(self.file)]]) == {}

    def ask(self, sql, database=DATABASE):
        table = {"database": DATABASE, "name": "clients", "columns": [*COLUMNS, ("later", "string")],
                 "partitions": [("year", "string")], "files": [str(self.file)], "format": "parquet"}  # fmt: skip
        out = self.folder / "out.csv"
        answer = self.worker.ask(
            "query",
            sql=sql,
            database=database,
            tables=[table],
            folder=str(self.folder),
            now=NOON,
            out=str(out),
        )
        return answer, out.read_text() if "columns" in answer else ""

    def rows(self, sql):
        """The rows of a query, as texts."""
        answer, text = self.ask(sql)
        assert "columns" in answer, answer
        return list(read_rows(text))[1:]

    def reason(self, sql, database=DATABASE):
        """Why a query fails."""
        answer, _ = self.ask(sql, database)
        return answer["fault"]["reason"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Bench(tmp_path_factory.mktemp("bench"))
    yield made
    made.worker.end()


def test_a_result_is_written_as_athena_writes_it(bench):
    """Every value in quotes, NULL as nothing, doubles and timestamps as Java shows them, names in lower case."""
    _, text = bench.ask("SELECT * FROM clients ORDER BY id")

    assert text == (
        '"id","at","bill","write_time","gone","last","later","year"\n'
        '"1","2026-01-01T00:00:00Z","1.5","2026-01-01 00:00:00.250","false","[1, 2]",,"2026"\n'
        '"2","2026-01-01T01:00:00Z","1.2345678E7","2026-01-01 01:00:00.000","true","[]",,"2026"\n'
        '"3","a ""quoted""\nline",,,,,,"2026"\n'
    )


def test_columns_have_the_types_of_athena_and_expressions_its_names(bench):
    sql = 'SELECT id, at, bill, write_time, gone, last, count(*) OVER (), bill AS "The bill", 1 AS one FROM clients'

    columns = [(column["name"], column["type"]) for column in bench.ask(sql)[0]["columns"]]

    assert columns == [
        ("id", "bigint"),
        ("at", "varchar"),
        ("bill", "double"),
        ("write_time", "timestamp"),
        ("gone", "boolean"),
        ("last", "array"),
        ("_col6", "bigint"),
        ("The bill", "double"),
        ("one", "integer"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "clients",
        '"clients"',
        "CLIENTS",
        "sagemaker_featurestore.clients",
        '"sagemaker_featurestore"."clients"',
        "AwsDataCatalog.sagemaker_featurestore.clients",
        '"AwsDataCatalog"."sagemaker_featurestore"."clients"',
    ],
)
def test_a_table_is_found_by_each_of_its_names(bench, name):
    assert bench.rows(f"SELECT count(*) FROM {name};") == [["3"]]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 / 2", "0"),
        ("7 / 2.0", "3.5"),
        ("CAST('7' AS bigint)", "7"),
        ("TRY_CAST('x' AS bigint)", None),
        ("current_timestamp", "2026-01-01 12:00:00.000 UTC"),
        ("now() - interval '1' day", "2025-12-31 12:00:00.000 UTC"),
        ("current_date", "2026-01-01"),
        ("from_iso8601_timestamp('2026-01-01T01:02:03.5Z')", "2026-01-01 01:02:03.500 UTC"),
        ("from_unixtime(1.25)", "1970-01-01 00:00:01.250 UTC"),
        ("to_unixtime(timestamp '1970-01-01 00:00:02')", "2.0"),
        ("date_diff('day', date '2026-01-01', date '2026-02-01')", "31"),
        ("date_add('month', -1, timestamp '2026-03-31 00:00:00')", "2026-02-28 00:00:00.000"),
        ("date_trunc('month', timestamp '2026-03-31 10:00:00')", "2026-03-01 00:00:00.000"),
        ("date_format(timestamp '2026-01-02 03:04:05', '%Y/%m/%d %H:%i:%s')", "2026/01/02 03:04:05"),
        ("date_parse('02.01.2026 03:04', '%d.%m.%Y %H:%i')", "2026-01-02 03:04:00.000"),
        ("to_timestamp('2026-01-02 03:04:05', 'yyyy-mm-dd hh24:mi:ss')", "2026-01-02 03:04:05.000"),
        ("to_iso8601(timestamp '2026-01-01 00:00:00')", "2026-01-01T00:00:00.000Z"),
        ("regexp_like('abc', 'b+')", "true"),
        ("element_at(ARRAY[4, 5], 2)", "5"),
        ("cardinality(ARRAY[4, 5])", "2"),
        ("json_extract_scalar('{\"a\": 1}', '$.a')", "1"),
        ("if(1 = 1, 'a', 'b')", "a"),
        ("''", ""),
        ("1e0 / 3", "0.3333333333333333"),
    ],
)
def test_an_expression_of_athena_has_the_value_that_athena_gives(bench, expression, value):
    assert bench.rows(f"SELECT {expression} AS it, 1") == [[value, "1"]]


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("SELECT default FROM (SELECT 7 AS default)", "7"),
        ("SELECT t.check FROM (VALUES ('a')) AS t(check)", "a"),
        (
            "SELECT timestamp '2026-01-01 00:00:00 UTC' at time zone 'UTC' AS at",
            "2026-01-01 00:00:00.000 UTC",
        ),
        ("SELECT 'default at' AS \"check\" -- default\n", "default at"),
    ],
)
def test_words_of_duckdb_are_plain_names_in_athena(bench, sql, row):
    assert bench.rows(sql) == [[row]]


def test_nulls_come_last_in_either_order(bench):
    assert [row[0] for row in bench.rows("SELECT id FROM clients ORDER BY bill DESC, id")] == ["2", "1", "3"]
    assert [row[0] for row in bench.rows("SELECT id FROM clients ORDER BY bill, id")] == ["1", "2", "3"]


def test_a_text_can_be_compared_with_a_timestamp_as_in_the_sample_queries_of_aws(bench):
    sql = "SELECT id FROM clients WHERE id < 3 AND at <= timestamp '2026-01-01 00:30:00'"

    assert bench.rows(sql) == [["1"]]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "SELECT *\nFROM nobody",
            "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.sagemaker_featurestore.nobody' does not exist",
        ),
        ("SELECT * FROM other.clients", "SCHEMA_NOT_FOUND: line 1:15: Schema 'other' does not exist"),
        ("SELECT Age FROM clients", "COLUMN_NOT_FOUND: line 1:8: Column 'age' cannot be resolved"),
        ("SELECT c.id FROM clients", "COLUMN_NOT_FOUND: line 1:8: Column 'c.id' cannot be resolved"),
        ("SELECT foo(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered"),
        (
            "SELECT sum(at) FROM clients",
            "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar) for function sum",
        ),
        (
            "SELECT id, count(*) FROM clients",
            "EXPRESSION_NOT_AGGREGATE: line 1:8: 'id' must be an aggregate expression or appear in GROUP BY clause",
        ),
        ("SELECT id FROM clients a, clients b", "AMBIGUOUS_NAME: line 1:8: Column 'id' is ambiguous"),
        ("SELECT CAST(at AS bigint) FROM clients WHERE id = 3", None),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero"),
        (
            "SELECT at, default, Age FROM clients",
            "COLUMN_NOT_FOUND: line 1:12: Column 'default' cannot be resolved",
        ),
        (
            "SELECT at /* ü */, c.Age FROM clients c",
            "COLUMN_NOT_FOUND: line 1:20: Column 'c.age' cannot be resolved",
        ),
    ],
)
def test_a_query_fails_in_the_words_of_athena(bench, sql, reason):
    said = bench.reason(sql)

    assert said == reason if reason else said.startswith("INVALID_CAST_ARGUMENT: Cannot cast")


def test_without_a_database_a_bare_name_is_looked_up_in_default(bench):
    assert bench.reason("SELECT * FROM clients", "default") == (
        "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.default.clients' does not exist"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "SELECT * FROM request",
        "SELECT getenv('HOME')",
    ],
)
def test_a_query_reaches_nothing_but_its_tables(bench, sql):
    answer, _ = bench.ask(sql)

    assert "fault" in answer


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELEC 1", "line 1:1: mismatched input 'SELEC'"),
        ("SELECT 1;\nSELECT 2", "Only one sql statement is allowed."),
        ("", "Only one sql statement is allowed."),
        ("INSERT INTO clients VALUES (1)", "Queries of this type are not supported"),
        ("COPY (SELECT 1) TO 'x.csv'", "Queries of this type are not supported"),
        ("SET threads = 9", "Queries of this type are not supported"),
        ("ATTACH 'x.db'", "Queries of this type are not supported"),
    ],
)
def test_what_is_not_one_query_is_told_before_it_runs(bench, sql, reason):
    assert bench.worker.ask("parse", sql=sql)["fault"]["reason"] == reason
    assert bench.worker.ask("parse", sql="SELECT 1") == {}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.001, "-0.001"),
        (0.00099, "9.9E-4"),
        (1e7, "1.0E7"),
        (-12345678.9, "-1.23456789E7"),
        (9999999.0, "9999999.0"),
        (1e22, "1.0E22"),
        (5e-324, "5.0E-324"),
        (float("inf"), "Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_a_double_looks_as_java_shows_it(value, text):
    assert dialect.double_text(value) == text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('"a","b"\n', [["a", "b"]]),
        ('"a",\n,"b"\n', [["a", None], [None, "b"]]),
        ('"","x ""y"", z"\n', [["", 'x "y", z']]),
        ('"a\nb"\n"c"\n', [["a\nb"], ["c"]]),
        (",\n", [[None, None]]),
        ("", []),
    ],
)
def test_a_result_file_is_read_back_with_null_apart_from_empty(text, rows):
    assert list(read_rows(text)) == rows


def test_a_worker_that_is_ended_says_so_and_the_next_question_starts_another(tmp_path):
    worker = Worker()
    assert worker.ask("parse", sql="SELECT 1") == {}
    worker._process.kill()
    worker._process.wait()
    assert worker.ask("parse", sql="SELECT 1") == {}

    with pytest.raises(WorkerEnded):
        worker.ask("no such action")
    worker.end()


def test_an_idle_worker_ends_by_itself():
    worker = Worker(idle_seconds=0.1)
    worker.ask("parse", sql="SELECT 1")

    until(lambda: worker._process, lambda process: process is None)


def test_the_account_itself_loads_neither_duckdb_nor_pandas():
    """They would cost it 60 MB and more; duckdb works in processes of its own."""
    code = "import sys, sagelab.account.app; print([m for m in ('duckdb', 'pandas', 'pyarrow') if m in sys.modules])"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "[]"
