"""A Canvas model in code: target, preview, build, analyze, predict, share. The widget presses these buttons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from sagelab.canvas import analysis, builds, predictions, sharing
from sagelab.canvas.columns import Column, as_imported, describe, typed
from sagelab.canvas.estimate import Estimate, estimate
from sagelab.canvas.fields import Field, field, row_of
from sagelab.canvas.problems import PROBLEMS, Problem, check, labels, possible, recognize
from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Built", "CanvasLab", "CanvasModel"]

NAME = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,19}")


class CanvasLab(Protocol):
    """What Canvas needs of a sagelab.Lab."""

    bucket: str
    role: str

    def client(self, service: str) -> Any:
        """A boto3 client."""

    def unique(self, prefix: str) -> str:
        """A name that the account has not seen."""

    def put(self, key: str, content: pd.DataFrame) -> str:
        """Store a table as CSV in the bucket; its S3 URI."""


@dataclass(frozen=True)
class Built:
    """What a build was started with; later changes on the Build page do not touch it."""

    job: str
    target: str
    problem: Problem
    columns: tuple[Column, ...]  # that the model is trained on, in their order, without the target


class CanvasModel:
    """A model from `table`; `job` takes up an AutoML job of an earlier visit instead of starting with none.

    Raises SagelabError, in one sentence, for everything that cannot be done.
    """

    target: str
    problem: Problem
    columns: list[Column]

    def __init__(
        self,
        lab: CanvasLab,
        table: pd.DataFrame,
        name: str,
        *,
        target: str | None = None,
        job: str | None = None,
    ) -> None:
        if not NAME.fullmatch(name):
            raise SagelabError(
                f"A model's name has at most 20 letters, digits and single hyphens; {name!r:.60} has not."
            )
        self.lab, self.name = lab, name
        self.table = as_imported(table)
        self.left_out: set[str] = set()
        self.built: Built | None = None
        self.endpoint: str | None = None
        self.batch: str | None = None
        self._batch_columns: list[str] = []
        found = builds.opened(self._sagemaker, job) if job else None
        self.choose_target(found[0] if found else target or str(self.table.columns[-1]))
        if job and found:  # it was trained on the whole table
            self.problem = PROBLEMS.get(found[1], self.problem)
            self.built = Built(job, self.target, self.problem, self._used(self.table.columns))

    # -- Build -------------------------------------------------------------------------------------------------
    def choose_target(self, target: str) -> None:
        """Choose the column to predict; its model type is recognized."""
        if target not in self.table.columns:
            raise SagelabError(f"The table has no column named {target!r:.80}.")
        problem = recognize(self.table[target])
        self.columns = describe(self.table, target)
        self.target, self.problem = target, problem

    def choose_problem(self, key: str) -> None:
        """Choose another model type that fits the target."""
        if key not in {each.key for each in self.problems}:
            raise SagelabError(f"{key!r:.40} does not fit column {self.target}.")
        self.problem = PROBLEMS[key]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The model types that fit the target."""
        return possible(self.table[self.target])

    def leave_out(self, columns: Iterable[str]) -> None:
        """Choose the columns that a build does not learn from; the target always stays."""
        wanted = set(columns)
        if unknown := wanted - set(self.table.columns):
            raise SagelabError(f"The table has no column named {min(unknown)!r:.80}.")
        if not set(self.table.columns) - wanted - {self.target}:
            raise SagelabError("Keep at least one column to learn from.")
        self.left_out = wanted

    def preview(self) -> Estimate:
        """Canvas's "Preview model": an estimated score from a small model on at most 1,000 rows."""
        used = [column for column in self.columns if column.name not in self.left_out]
        return estimate(self.table, used, self.target, self.problem)

    def build(self, kind: str = "quick", candidates: int | None = None) -> str:
        """Start a Quick build or a Standard build; the name of its AutoML job."""
        if kind not in builds.BUILDS:
            raise SagelabError(f"There is a quick build and a standard build; {kind!r:.40} is neither.")
        if self.built and self.progress().moving:
            raise SagelabError("A build is running; wait for its end, or stop it.")
        if self.endpoint:
            raise SagelabError(f"Delete the endpoint {self.endpoint} first: it serves the model of before.")
        plan = builds.BUILDS[kind]
        if candidates is not None:
            plan = builds.Build(plan.key, plan.title, candidates, plan.rows)
        rows = builds.training_table(self.table, self.columns, self.target, sorted(self.left_out))
        rows = builds.sample(rows, plan)
        check(rows[self.target], self.problem)
        job = self.lab.unique(self.name)
        data = self.lab.put(f"canvas/{job}/table.csv", rows)
        output = f"s3://{self.lab.bucket}/canvas/{job}/output"
        request = builds.job_request(
            job, self.problem, plan, data=data, output=output, role=self.lab.role, target=self.target
        )
        self._sagemaker.create_auto_ml_job_v2(**request)
        self.built = Built(job, self.target, self.problem, self._used(rows.columns))
        self._forget()
        return job

    def progress(self) -> builds.Progress:
        """How far the build has come."""
        return builds.progress(self._sagemaker, self._build.job)

    def stop(self) -> None:
        """Stop the build."""
        self._sagemaker.stop_auto_ml_job(AutoMLJobName=self._build.job)

    # -- Analyze -----------------------------------------------------------------------------------------------
    def candidates(self) -> list[builds.Candidate]:
        """The leaderboard, the best candidate first; also while the build runs."""
        return builds.candidates(self._sagemaker, self._build.job)

    @cached_property
    def best(self) -> dict[str, Any]:
        """The best candidate, as DescribeAutoMLJobV2 says it. Raises SagelabError before the build's end."""
        found = self._sagemaker.describe_auto_ml_job_v2(AutoMLJobName=self._build.job)
        if found["AutoMLJobStatus"] != "Completed" or "BestCandidate" not in found:
            raise SagelabError(
                f"The build {self._build.job} has no model yet: it is {found['AutoMLJobStatus']}."
            )
        best: dict[str, Any] = found["BestCandidate"]
        return best

    @cached_property
    def impact(self) -> list[tuple[str, float]]:
        """Each column's share of the explanation, the largest first."""
        return analysis.column_impact(self._s3, self.best)

    @cached_property
    def insights(self) -> analysis.Insights | None:
        """Metrics and confusion matrix of the held-out rows."""
        names = labels(self.table[self._build.target])
        return analysis.insights(self._s3, self.best, names)

    # -- Predict -----------------------------------------------------------------------------------------------
    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The controls of a single prediction, in the order of the model's columns."""
        return tuple(field(self.table[column.name], column) for column in self._build.columns)

    def row(self, number: int) -> dict[str, str]:
        """The values of a row of the table, from 1; a missing or mismatched cell has its field's start."""
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= len(self.table):
            raise SagelabError(f"The table has the rows 1 to {len(self.table)}.")
        columns = self._build.columns
        found = {c.name: typed(self.table[c.name].iloc[[number - 1]], c.kind).iloc[0] for c in columns}
        return {each.name: _text(found[each.name], each.start) for each in self.fields}

    def deploy(self) -> str:
        """Put the best candidate behind an endpoint; its name. It runs until `delete_endpoint`."""
        if self.endpoint is None:
            name = self.lab.unique(f"{self._build.job}-what-if")
            predictions.deploy(self._sagemaker, name, self.lab.role, self.best)
            self.endpoint = name
        return self.endpoint

    def endpoint_status(self) -> tuple[str, str]:
        """The status of the endpoint, "" where there is none, and the reason of a failure."""
        if self.endpoint is None:
            return "", ""
        status, reason = predictions.endpoint_status(self._sagemaker, self.endpoint)
        if not status:
            self.endpoint = None
        return status, reason

    def predict(self, **values: Any) -> predictions.Answer:
        """Ask the endpoint for one row; columns that are not given have their median or most frequent value."""
        if self.endpoint is None:
            raise SagelabError("No endpoint runs yet: deploy the model first.")
        runtime = self.lab.client("sagemaker-runtime")
        return predictions.ask(runtime, self.endpoint, row_of(self.fields, values))

    def delete_endpoint(self) -> None:
        """Delete the endpoint with its configuration and its model."""
        if self.endpoint is not None:
            predictions.delete_endpoint(self._sagemaker, self.endpoint)
            self.endpoint = None

    def start_batch(self, rows: pd.DataFrame) -> str:
        """Predict every row of a table by a transform job; its name."""
        sent, skip = predictions.batch_table(as_imported(rows), [c.name for c in self._build.columns])
        job = self.lab.unique(f"{self._build.job}-batch")
        self.lab.client("s3").put_object(
            Bucket=self.lab.bucket,
            Key=f"canvas/{job}/rows.csv",
            Body=sent.to_csv(index=False, header=False).encode(),
        )
        source = f"s3://{self.lab.bucket}/canvas/{job}/rows.csv"
        output = f"s3://{self.lab.bucket}/canvas/{job}/predictions"
        predictions.start_batch(
            self._sagemaker,
            job,
            self.best,
            role=self.lab.role,
            source=source,
            output=output,
            skip=skip,
        )
        self.batch, self._batch_columns = job, list(sent.columns)
        return job

    def batch_status(self) -> tuple[str, str]:
        """The status of the last batch prediction, "" where there is none, and the reason of a failure."""
        return predictions.batch_status(self._sagemaker, self.batch) if self.batch else ("", "")

    @property
    def batch_uri(self) -> str:
        """Where the last batch prediction's answers are."""
        return f"s3://{self.lab.bucket}/canvas/{self.batch}/predictions/rows.csv.out"

    def batch_rows(self) -> pd.DataFrame:
        """The rows of the last batch prediction, with prediction and, of categories, its probability."""
        if self.batch is None:
            raise SagelabError("No batch prediction was started.")
        return predictions.batch_rows(self._s3, self.batch_uri, self._batch_columns)

    # -- Share -------------------------------------------------------------------------------------------------
    def share(self, group: str | None = None) -> str:
        """Register the best candidate in the Model Registry, to be approved there; the version's ARN."""
        built = self._build
        text = f"{built.problem.title} of {built.target}, built in Canvas by AutoML job {built.job}"
        return sharing.share(self._sagemaker, group or self.name, self.best, text)

    # -- inside ------------------------------------------------------------------------------------------------
    @property
    def _sagemaker(self) -> Any:
        return self.lab.client("sagemaker")

    @property
    def _s3(self) -> Any:
        return self.lab.client("s3")

    @property
    def _build(self) -> Built:
        if self.built is None:
            raise SagelabError("Nothing is built yet: start a quick or a standard build.")
        return self.built

    def _used(self, names: Iterable[str]) -> tuple[Column, ...]:
        known = {column.name: column for column in self.columns}
        return tuple(known[name] for name in names if name != self.target)

    def _forget(self) -> None:
        """Drop what belongs to an earlier build."""
        self.batch = None
        for name in ("best", "impact", "insights", "fields"):
            self.__dict__.pop(name, None)


def _text(value: Any, start: str) -> str:
    return start if value is None or value != value else str(value)  # noqa: PLR0124 - NaN is not itself
