"""The operations on queries: StartQueryExecution, GetQueryExecution, GetQueryResults and their like."""

import uuid

from botocore.exceptions import ClientError

from .. import s3
from ..control import ControlPlane, Record
from ..warehouse.worker import Worker
from . import ddl
from .executions import ENDED, Executions
from .results import as_row, column_info, read_rows
from .service import Operation, invalid

PAGE, LIST_PAGE = 1000, 50
PARSER_IDLE_SECONDS = 5.0
ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}


class Queries:
    """What can be asked about queries."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane, self._executions = plane, Executions(plane)
        self._parser = Worker(
            PARSER_IDLE_SECONDS
        )  # one of its own: a long query must not hold up the next request
        self.operations: dict[str, Operation] = {
            "StartQueryExecution": self.start,
            "StopQueryExecution": self.stop,
            "GetQueryExecution": self.get,
            "BatchGetQueryExecution": self.get_many,
            "ListQueryExecutions": self.names,
            "GetQueryResults": self.results,
        }
        plane.on_stop(self._parser.end)

    def start(self, params: Record) -> Record:
        """StartQueryExecution; what is no query is refused at once, what fails later is told by its state."""
        earlier = self._executions.with_token(params.get("ClientRequestToken"))
        if earlier:
            return {"QueryExecutionId": earlier}
        if params.get("ExecutionParameters"):
            raise invalid(
                "The local account fills in no ExecutionParameters: write the values into the query."
            )
        sql, name = params["QueryString"], str(uuid.uuid4())
        is_ddl = ddl.is_ddl(sql)
        if not is_ddl:
            self._parse(sql)
        output = s3.join(self._output_location(params), f"{name}.{'txt' if is_ddl else 'csv'}")
        query = {
            "QueryExecutionId": name,
            "Query": sql,
            "StatementType": "DDL" if is_ddl else "DML",
            "ResultConfiguration": {**params.get("ResultConfiguration", {}), "OutputLocation": output},
            "QueryExecutionContext": {
                k: v.lower() for k, v in params.get("QueryExecutionContext", {}).items()
            },
            "WorkGroup": params.get("WorkGroup", "primary"),
            "EngineVersion": ENGINE,
            "Statistics": {},
        }
        self._executions.submit(query, params.get("ClientRequestToken"))
        return {"QueryExecutionId": name}

    def stop(self, params: Record) -> Record:
        """StopQueryExecution."""
        self._executions.cancel(params["QueryExecutionId"])
        return {}

    def get(self, params: Record) -> Record:
        """GetQueryExecution."""
        return {"QueryExecution": self._executions.find(params["QueryExecutionId"])}

    def get_many(self, params: Record) -> Record:
        """BatchGetQueryExecution."""
        known = {query["QueryExecutionId"]: query for query in self._executions.all()}
        names = params["QueryExecutionIds"]
        missing = [{"QueryExecutionId": n, "ErrorCode": "NOT_FOUND"} for n in names if n not in known]
        found = [known[name] for name in names if name in known]
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def names(self, params: Record) -> Record:
        """ListQueryExecutions of a workgroup, newest first."""
        group = params.get("WorkGroup", "primary")
        queries = [query for query in self._executions.all() if query["WorkGroup"] == group]
        names = [query["QueryExecutionId"] for query in reversed(queries)]
        start, size = token_of(params), params.get("MaxResults", LIST_PAGE)
        more = {"NextToken": str(start + size)} if start + size < len(names) else {}
        return {"QueryExecutionIds": names[start : start + size], **more}

    def results(self, params: Record) -> Record:
        """GetQueryResults; the first row of the first page holds the names of the columns."""
        name = params["QueryExecutionId"]
        rows = list(read_rows(self._result_file(self._executions.find(name))))
        start, size = token_of(params), params.get("MaxResults", PAGE)
        more = {"NextToken": str(start + size)} if start + size < len(rows) else {}
        columns = [column_info(column) for column in self._executions.columns(name)]
        shown = [as_row(row) for row in rows[start : start + size]]
        return {
            "UpdateCount": 0,
            "ResultSet": {"Rows": shown, "ResultSetMetadata": {"ColumnInfo": columns}},
            **more,
        }

    def _result_file(self, query: Record) -> str:
        state = query["Status"]["State"]
        if state not in ENDED:
            raise invalid(f"Query has not yet finished. Current state: {state}")
        if state != "SUCCEEDED":
            raise invalid(f"Query did not finish successfully. Final query state: {state}")
        where = s3.split(query["ResultConfiguration"]["OutputLocation"])
        try:
            body: bytes = (
                self._plane.client("s3").get_object(Bucket=where.bucket, Key=where.key)["Body"].read()
            )
        except ClientError:
            raise invalid(f"Could not find results of query {query['QueryExecutionId']}") from None
        return body.decode()

    def _parse(self, sql: str) -> None:
        answer = self._parser.ask("parse", sql=sql)
        if "fault" in answer:
            raise invalid(answer["fault"]["reason"])

    def _output_location(self, params: Record) -> str:
        """Where the result goes: the request says so, or its workgroup."""
        location = params.get("ResultConfiguration", {}).get("OutputLocation") or self._of_workgroup(params)
        if not location:
            raise invalid(
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input."
            )
        try:
            bucket = s3.split(location).bucket
        except ValueError:
            raise invalid(f"outputLocation is not a valid S3 path: {location}") from None
        try:
            self._plane.client("s3").head_bucket(Bucket=bucket)
        except ClientError:
            raise invalid(f"Unable to verify/create output bucket {bucket}") from None
        return str(location)

    def _of_workgroup(self, params: Record) -> str:
        name = params.get("WorkGroup", "primary")
        try:
            group = self._plane.client("athena").get_work_group(WorkGroup=name)["WorkGroup"]
        except (ClientError, KeyError):
            raise invalid(f"WorkGroup {name} is not found.") from None
        return str(group.get("Configuration", {}).get("ResultConfiguration", {}).get("OutputLocation", ""))


def token_of(params: Record) -> int:
    """The place where a page begins."""
    token = params.get("NextToken", "0")
    if not token.isdecimal():
        raise invalid("Invalid NextToken")
    return int(token)
