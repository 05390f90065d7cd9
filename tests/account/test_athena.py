"""Athena's API over offline stores and files in S3: states, results, refusals, AWS's own sample queries."""

import json

import pytest
from athenalab import Bench, Door
from featurelab import refusal, until

ENDLESS = "SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE a.range * b.range = 7"


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Bench(tmp_path_factory.mktemp("athena"))
    yield made
    made.app.close()


@pytest.fixture(scope="module")
def bills(bench):
    """The table of a group: client 1 with a correction and a late event, client 2 deleted, client 3 once."""
    group = bench.group()
    for client, hour, bill in ((1, 10, 100), (1, 12, 120), (2, 10, 200), (3, 11, 300)):
        bench.put(group, client=client, at=f"2026-01-01T{hour}:00:00Z", bill=bill)
    bench.app.clock.step(60)
    bench.put(group, client=1, at="2026-01-01T12:00:00Z", bill=125)
    bench.put(group, client=1, at="2026-01-01T11:00:00Z", bill=110)
    bench.delete(group, 2, "2026-01-01T12:00:00Z")
    bench.app.clock.step(900)
    return bench.table(group)


# -- the sample queries of the developer guide -----------------------------------------------------------------
LATEST = """
SELECT *
FROM
    (SELECT *,
         row_number()
        OVER (PARTITION BY client
    ORDER BY  at desc, Api_Invocation_Time DESC, write_time DESC) AS row_num
    FROM sagemaker_featurestore.{table} {where})
WHERE row_num = 1 {deleted};
"""


def latest(bench, table, where="", deleted=""):
    rows = bench.rows(LATEST.format(table=table, where=where, deleted=deleted))
    return sorted((int(row[0]), row[2] and float(row[2])) for row in rows)


def test_the_first_rows_of_a_table_can_be_explored(bench, bills):
    rows = bench.rows(f"SELECT *\nFROM sagemaker_featurestore.{bills}\nLIMIT 1000")

    assert len(rows) == 7
    assert len(bench.rows(f'SELECT * FROM "{bills.upper()}"')) == 7
    assert {tuple(row[-4:]) for row in rows if row[0] == "3"} == {("2026", "01", "01", "11")}


def test_the_latest_snapshot_has_each_record_once(bench, bills):
    assert latest(bench, bills) == [(1, 125.0), (2, None), (3, 300.0)]


def test_the_latest_snapshot_can_leave_out_what_was_deleted(bench, bills):
    assert latest(bench, bills, deleted="and \nNOT is_deleted") == [(1, 125.0), (3, 300.0)]


def test_time_travel_shows_the_records_of_a_point_in_time(bench, bills):
    at_11 = "where at <= timestamp '2026-01-01 11:00:00'"

    assert latest(bench, bills, at_11, "and NOT is_deleted") == [(1, 110.0), (2, 200.0), (3, 300.0)]
    as_text = "where from_iso8601_timestamp(at) <= from_iso8601_timestamp('2026-01-01T10:30:00Z')"
    assert latest(bench, bills, as_text) == [(1, 100.0), (2, 200.0)]


def test_write_time_shows_what_was_known_then(bench, bills):
    """The correction was written in a later batch than what it corrects."""
    rows = bench.rows(
        f"SELECT bill, write_time > api_invocation_time FROM {bills} WHERE client = 1 ORDER BY 1"
    )

    assert rows == [["100.0", "true"], ["110.0", "true"], ["120.0", "true"], ["125.0", "true"]]
    first = bench.rows(
        f"SELECT count(*) FROM {bills} WHERE write_time = (SELECT min(write_time) FROM {bills})"
    )
    assert first == [["4"]]


# -- results ---------------------------------------------------------------------------------------------------
def test_the_result_is_a_csv_file_in_the_output_location(bench, bills):
    name = bench.start(f"SELECT client, bill FROM {bills} WHERE bill IS NULL OR bill = 300 ORDER BY client")
    query = bench.ended(name)

    assert query["ResultConfiguration"]["OutputLocation"] == f"{bench.output}{name}.csv"
    body = bench.s3.get_object(Bucket=bench.bucket, Key=f"results/{name}.csv")["Body"].read()
    assert body == b'"client","bill"\n"2",\n"3","300.0"\n'
    assert query["Statistics"]["DataScannedInBytes"] > 0
    assert (query["StatementType"], query["WorkGroup"]) == ("DML", "primary")


def test_results_come_page_by_page_with_types_and_null_apart_from_empty(bench):
    name = bench.start("SELECT * FROM (VALUES (1, ''), (2, NULL), (3, 'x')) AS t(number, note)")
    bench.ended(name)

    first = bench.athena.get_query_results(QueryExecutionId=name, MaxResults=3)
    rest = bench.athena.get_query_results(QueryExecutionId=name, NextToken=first["NextToken"])

    rows = [row["Data"] for page in (first, rest) for row in page["ResultSet"]["Rows"]]
    assert rows == [
        [{"VarCharValue": "number"}, {"VarCharValue": "note"}],
        [{"VarCharValue": "1"}, {"VarCharValue": ""}],
        [{"VarCharValue": "2"}, {}],
        [{"VarCharValue": "3"}, {"VarCharValue": "x"}],
    ]
    columns = [(c["Name"], c["Type"]) for c in first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    assert columns == [("number", "integer"), ("note", "varchar")]
    assert "NextToken" not in rest


def test_results_of_a_query_that_failed_or_whose_file_is_gone_are_refused(bench):
    failed, gone = bench.start("SELECT * FROM nobody"), bench.start("SELECT 1")
    bench.ended(failed)
    bench.ended(gone)
    bench.s3.delete_object(Bucket=bench.bucket, Key=f"results/{gone}.csv")

    assert refusal(bench.athena.get_query_results, QueryExecutionId=failed) == (
        "InvalidRequestException",
        "Query did not finish successfully. Final query state: FAILED",
    )
    assert "Could not find results" in refusal(bench.athena.get_query_results, QueryExecutionId=gone)[1]


# -- states ----------------------------------------------------------------------------------------------------
def test_a_query_fails_with_a_reason(bench):
    assert bench.reason("SELECT *\nFROM nobody") == (
        "TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.sagemaker_featurestore.nobody' does not exist"
    )
    status = bench.ended(bench.start("SELECT 1 / 0"))["Status"]
    assert status["AthenaError"]["ErrorCategory"] == 2
    assert (
        status["AthenaError"]["ErrorMessage"]
        == status["StateChangeReason"]
        == "DIVISION_BY_ZERO: Division by zero"
    )


def test_without_a_database_a_table_must_be_qualified(bench, bills):
    assert "awsdatacatalog.default." in bench.reason(f"SELECT * FROM {bills}", context={})
    assert bench.rows(
        f'SELECT count(*) FROM "AwsDataCatalog"."sagemaker_featurestore"."{bills}"', context={}
    ) == [["7"]]


def test_a_running_query_can_be_stopped_and_the_next_one_runs(bench):
    name = bench.start(ENDLESS)
    queued = bench.start("SELECT 1")
    until(lambda: bench.athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]["Status"]["State"],
          lambda state: state == "RUNNING")  # fmt: skip
    assert "Query has not yet finished" in refusal(bench.athena.get_query_results, QueryExecutionId=queued)[1]

    bench.athena.stop_query_execution(QueryExecutionId=name)

    assert bench.ended(name)["Status"]["State"] == "CANCELLED"
    assert bench.ended(queued)["Status"]["State"] == "SUCCEEDED"
    bench.athena.stop_query_execution(QueryExecutionId=queued)
    assert bench.ended(queued)["Status"]["State"] == "SUCCEEDED"


def test_a_query_that_waits_can_be_stopped_before_it_runs(bench):
    running, waiting = bench.start(ENDLESS), bench.start("SELECT 1")

    bench.athena.stop_query_execution(QueryExecutionId=waiting)
    bench.athena.stop_query_execution(QueryExecutionId=running)

    assert bench.ended(waiting)["Status"]["State"] == "CANCELLED"
    assert bench.ended(running)["Status"]["State"] == "CANCELLED"


def test_a_token_starts_a_query_once(bench):
    token = "the-same-token-for-both-of-these-requests"

    assert bench.start("SELECT 1", ClientRequestToken=token) == bench.start(
        "SELECT 1", ClientRequestToken=token
    )


def test_queries_are_listed_newest_first_and_got_together(bench):
    names = [bench.start(f"SELECT {number}") for number in range(3)]
    listed = bench.athena.list_query_executions(MaxResults=2)
    several = bench.athena.batch_get_query_execution(QueryExecutionIds=[*names, "no-such-query"])

    assert listed["QueryExecutionIds"] == names[:0:-1]
    assert "NextToken" in listed
    assert [query["Query"] for query in several["QueryExecutions"]] == ["SELECT 0", "SELECT 1", "SELECT 2"]
    assert several["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "no-such-query"


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"QueryString": "SELEC 1"}, "line 1:1: mismatched input 'SELEC'"),
        ({"QueryString": "SELECT 1; SELECT 2"}, "Only one sql statement is allowed."),
        ({"QueryString": "DELETE FROM clients"}, "Queries of this type are not supported"),
        ({"QueryString": "SELECT ?", "ExecutionParameters": ["1"]}, "fills in no ExecutionParameters"),
        (
            {"ResultConfiguration": {"OutputLocation": "s3://there-is-no-such-bucket/"}},
            "Unable to verify/create output",
        ),
        ({"ResultConfiguration": {"OutputLocation": "results"}}, "is not a valid S3 path"),
        ({"ResultConfiguration": {}}, "No output location provided."),
        ({"ResultConfiguration": {}, "WorkGroup": "nobody"}, "WorkGroup nobody is not found."),
    ],
)
def test_a_request_that_cannot_be_is_refused_at_once(bench, request_, sentence):
    request_ = {
        "QueryString": "SELECT 1",
        "ResultConfiguration": {"OutputLocation": bench.output},
        **request_,
    }

    code, said = refusal(bench.athena.start_query_execution, **request_)

    assert code == "InvalidRequestException"
    assert sentence in said


def test_an_unknown_query_is_refused(bench):
    code, said = refusal(bench.athena.get_query_execution, QueryExecutionId="nobody")

    assert (code, said) == ("InvalidRequestException", "QueryExecution nobody was not found")


def test_a_workgroup_can_say_where_results_go(bench):
    location = {"ResultConfiguration": {"OutputLocation": f"s3://{bench.bucket}/group/"}}
    bench.athena.create_work_group(Name="lenders", Configuration=location)

    name = bench.athena.start_query_execution(QueryString="SELECT 1", WorkGroup="lenders")["QueryExecutionId"]

    output = bench.ended(name)["ResultConfiguration"]["OutputLocation"]
    assert output == f"s3://{bench.bucket}/group/{name}.csv"
    assert bench.athena.list_query_executions(WorkGroup="lenders")["QueryExecutionIds"] == [name]


def test_after_a_restart_what_ran_has_failed(bench):
    name = bench.start("SELECT 1")
    query = bench.ended(name)
    bench.app.store.update("AthenaQuery", name, {"QueryExecution": {**query, "Status": {"State": "RUNNING"}}})

    bench.app.plane.start()

    status = bench.ended(name)["Status"]
    assert status["State"] == "FAILED"
    assert "interrupted" in status["StateChangeReason"]


# -- the data catalog ------------------------------------------------------------------------------------------
def test_the_catalog_shows_the_tables_of_feature_groups(bench, bills):
    where = {"CatalogName": "AwsDataCatalog", "DatabaseName": "sagemaker_featurestore"}

    table = bench.athena.get_table_metadata(**where, TableName=bills)["TableMetadata"]
    listed = bench.athena.list_table_metadata(**where, Expression=bills[:12])["TableMetadataList"]
    databases = bench.athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]

    assert [(column["Name"], column["Type"]) for column in table["Columns"]] == [
        ("client", "bigint"),
        ("at", "string"),
        ("bill", "double"),
        ("note", "string"),
        ("write_time", "timestamp"),
        ("api_invocation_time", "timestamp"),
        ("is_deleted", "boolean"),
    ]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["year", "month", "day", "hour"]
    assert bills in [table["Name"] for table in listed]
    assert {"Name": "sagemaker_featurestore"} in databases
    assert refusal(bench.athena.get_table_metadata, **where, TableName="nobody")[0] == "MetadataException"


def test_a_table_is_empty_before_anything_was_written(bench):
    table = bench.table(bench.group())

    assert bench.rows(f"SELECT count(*), count(client), max(write_time) FROM {table}") == [["0", "0", None]]


def test_a_feature_that_was_added_later_is_null_in_older_rows(bench):
    group = bench.group()
    bench.put(group, client=1, at="2026-01-01T12:00:00Z")
    bench.app.clock.step(900)
    age = {"FeatureName": "Age", "FeatureType": "Integral"}
    bench.sm.update_feature_group(FeatureGroupName=group, FeatureAdditions=[age])
    assert bench.rows(f"SELECT client, age FROM {bench.table(group)}") == [["1", None]]

    bench.put(group, client=2, at="2026-01-01T12:00:00Z", Age=30)
    bench.app.clock.step(900)

    assert bench.rows(f"SELECT client, age FROM {bench.table(group)} ORDER BY 1") == [
        ["1", None],
        ["2", "30"],
    ]


def test_the_table_of_a_deleted_group_can_still_be_asked(bench):
    group = bench.group()
    bench.put(group, client=1, at="2026-01-01T12:00:00Z")
    table = bench.table(group)
    bench.sm.delete_feature_group(FeatureGroupName=group)
    until(
        lambda: bench.sm.list_feature_groups(NameContains=group)["FeatureGroupSummaries"],
        lambda left: not left,
    )

    assert bench.rows(f"SELECT client FROM {table}") == [["1"]]


# -- tables over files -----------------------------------------------------------------------------------------
def external(name, location, rest):
    return (
        f"CREATE EXTERNAL TABLE {name} (client bigint, `decided` string, rate double)\n"
        f"ROW FORMAT {rest}\nLOCATION '{location}'\nTBLPROPERTIES ('skip.header.line.count'='1')"
    )


BACKTICKS = "WITH SERDEPROPERTIES ('separatorChar' = ';', 'quoteChar' = '`')"


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'", 'client,decided,rate\n1,"a,b",0.5\n2,c,1\n'),
        (
            "DELIMITED FIELDS TERMINATED BY '\\t' STORED AS TEXTFILE",
            "client\tdecided\trate\n1\ta,b\t0.5\n2\tc\t1\n",
        ),
        (
            f"SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' {BACKTICKS}",
            "client;decided;rate\n1;`a,b`;0.5\n2;c;1\n",
        ),
    ],
)
def test_a_file_of_labels_becomes_a_table(bench, form, body):
    folder = bench.unique("labels")
    name = folder.replace("-", "_")
    bench.s3.put_object(Bucket=bench.bucket, Key=f"{folder}/labels.csv", Body=body)
    bench.rows(external(f"default.{name}", f"s3://{bench.bucket}/{folder}", form))

    rows = bench.rows(f"SELECT client, decided, rate FROM {name} ORDER BY 1", context={"Database": "default"})

    assert rows == [["1", "a,b", "0.5"], ["2", "c", "1.0"]]
    bench.rows(f"DROP TABLE default.{name}")
    assert bench.reason(f"SELECT * FROM default.{name}").startswith("TABLE_NOT_FOUND")


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("DROP TABLE nobody", "Table not found nobody"),
        ("CREATE EXTERNAL TABLE t (a bigint) STORED AS PARQUET", "The location of the table is missing"),
        ("CREATE EXTERNAL TABLE t (a money) LOCATION 's3://b/'", "there is no column type money"),
        (
            "CREATE EXTERNAL TABLE t (a bigint) PARTITIONED BY (b string) LOCATION 's3://b/'",
            "without partitions only",
        ),
        ("CREATE EXTERNAL TABLE t", "cannot recognize input"),
    ],
)
def test_a_table_that_cannot_be_made_is_a_failed_query(bench, sql, sentence):
    assert sentence in bench.reason(sql)


def test_a_table_is_made_once_unless_the_statement_is_calm(bench):
    sql = "CREATE EXTERNAL TABLE {} twice (a bigint) LOCATION 's3://somewhere/'"
    bench.rows(sql.format(""))

    assert "AlreadyExistsException" in bench.reason(sql.format(""))
    assert bench.rows(sql.format("IF NOT EXISTS")) == []
    assert bench.rows("DROP TABLE IF EXISTS nobody") == []


def test_a_body_that_is_no_request_is_refused(bench):
    from sagelab.account.wsgi import Incoming, environment, run

    for body in (b"[]", b"no json", b'{"QueryString": 7}', b"[" * 100_000):
        headers = {
            "x-amz-target": "AmazonAthena.StartQueryExecution",
            "content-type": "application/x-amz-json-1.1",
        }
        answered = run(Door(bench.app), environment(Incoming("POST", "/", headers, body)))
        assert (answered.code, json.loads(answered.body)["__type"]) == (400, "InvalidRequestException")
