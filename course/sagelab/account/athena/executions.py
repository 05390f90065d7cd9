"""The life of a query: queued, running, and one of three ends."""

import threading
from pathlib import Path

from botocore.exceptions import ClientError

from .. import s3
from ..catalog import Catalog
from ..control import ControlPlane, Record
from ..warehouse.worker import Worker, WorkerEnded
from . import ddl
from .service import invalid
from .tables import Tables

NOUN = "AthenaQuery"
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
BY_USER = 2  # the category of an error that whoever wrote the query can mend
EXHAUSTED = "Query exhausted resources at this scale factor"

Columns = list[dict[str, str]]


class QueryFailed(Exception):
    """A query that came to no result; the text is the reason."""


class Executions:
    """Every query of one account; one runs at a time, the others are queued."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane, self._catalog, self._tables = plane, Catalog(plane.store), Tables(plane)
        self._worker = Worker()
        self._turn, self._changing = threading.Lock(), threading.Lock()
        plane.on_start(self.resume)
        plane.on_stop(self._worker.end)

    def submit(self, query: Record, token: str | None) -> None:
        """Queue a query."""
        name = query["QueryExecutionId"]
        status = {"State": "QUEUED", "SubmissionDateTime": self._plane.clock.time()}
        record = {"_arn": name, "Token": token, "QueryExecution": {**query, "Status": status}, "Columns": []}
        self._plane.store.add(NOUN, record)
        self._plane.background(self._run, name)

    def all(self) -> list[Record]:
        """Every query, oldest first."""
        return [record["QueryExecution"] for record in self._plane.records(NOUN)]

    def with_token(self, token: str | None) -> str:
        """The query that a request with this token started, empty where there is none."""
        records = self._plane.records(NOUN) if token else []
        return next((record["_arn"] for record in records if record["Token"] == token), "")

    def find(self, name: str) -> Record:
        """A query as GetQueryExecution shows it."""
        query: Record = self._record(name)["QueryExecution"]
        return query

    def columns(self, name: str) -> Columns:
        """The columns of a query's result."""
        columns: Columns = self._record(name)["Columns"]
        return columns

    def cancel(self, name: str) -> None:
        """End a query; one that has ended stays as it is."""
        running = self.find(name)["Status"]["State"] == "RUNNING"
        if self._change(name, "CANCELLED") and running:
            self._worker.end()

    def resume(self) -> None:
        """After a restart: what had not ended has failed."""
        for query in self.all():
            self._change(query["QueryExecutionId"], "FAILED", "INTERNAL_ERROR: the query was interrupted")

    def _run(self, name: str) -> None:
        with self._turn:
            if not self._change(name, "RUNNING"):
                return
            query, started = self.find(name), self._plane.clock.time()
            try:
                scanned, columns = self._execute(query, started)
            except (QueryFailed, ddl.DdlError) as reason:
                self._change(name, "FAILED", str(reason))
                return
            milliseconds = round((self._plane.clock.time() - started) * 1000)
            statistics = {
                "EngineExecutionTimeInMillis": milliseconds,
                "TotalExecutionTimeInMillis": milliseconds,
                "DataScannedInBytes": scanned,
            }
            self._plane.store.update(NOUN, name, {"Columns": columns})
            self._change(name, "SUCCEEDED", Statistics=statistics)

    def _execute(self, query: Record, now: float) -> tuple[int, Columns]:
        """Run a query and save its result; the bytes that were read, and the columns."""
        database = query["QueryExecutionContext"].get("Database", "default")
        out = self._tables.folder / f"{query['QueryExecutionId']}.csv"
        out.parent.mkdir(parents=True, exist_ok=True)
        out.touch()
        try:
            if query["StatementType"] == "DDL":
                ddl.execute(query["Query"], database, self._catalog, now)
                scanned, columns = 0, Columns()
            else:
                scanned, columns = self._select(query["Query"], database, now, out)
            s3.send(self._plane.client("s3"), out, query["ResultConfiguration"]["OutputLocation"])
        except WorkerEnded:
            raise QueryFailed(EXHAUSTED) from None
        except ClientError as error:
            raise QueryFailed(f"HIVE_CANNOT_OPEN_SPLIT: {error.response['Error']['Message']}") from None
        finally:
            out.unlink(missing_ok=True)
        return scanned, columns

    def _select(self, sql: str, database: str, now: float, out: Path) -> tuple[int, Columns]:
        scope = self._tables.scope(sql)
        answer = self._worker.ask(
            "query",
            sql=sql,
            database=database,
            tables=scope.tables,
            folder=str(self._tables.folder),
            now=now,
            out=str(out),
        )
        if "fault" in answer:
            raise QueryFailed(answer["fault"]["reason"])
        if "failed" in answer:
            raise QueryFailed(f"INTERNAL_ERROR: {answer['failed']}")
        return scope.scanned, answer["columns"]

    def _change(self, name: str, state: str, reason: str = "", **more: object) -> bool:
        """Bring a query into a state; False where it had ended before."""
        with self._changing:
            query = self.find(name)
            if query["Status"]["State"] in ENDED:
                return False
            status = {**query["Status"], "State": state}
            if state in ENDED:
                status["CompletionDateTime"] = self._plane.clock.time()
            if reason:
                status["StateChangeReason"] = reason
                status["AthenaError"] = {"ErrorCategory": BY_USER, "Retryable": False, "ErrorMessage": reason}
            self._plane.store.update(NOUN, name, {"QueryExecution": {**query, **more, "Status": status}})
            return True

    def _record(self, name: str) -> Record:
        record = self._plane.store.get(NOUN, name)
        if record is None:
            raise invalid(f"QueryExecution {name} was not found")
        return record
