"""Runs of experiments as one kind of record, whoever tracked them: SageMaker Experiments, MLflow, or a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_RUNS", "Run", "as_number", "from_frame", "from_mlflow", "from_sagemaker", "read_runs"]

MOST_RUNS = 1000
STATUSES = {
    "RUNNING": "InProgress",
    "SCHEDULED": "InProgress",
    "FINISHED": "Completed",
    "FAILED": "Failed",
    "KILLED": "Stopped",
}
Value = float | str


@dataclass(frozen=True)
class Run:
    """One run; `raw` is what its tracker told, for the record that reproduces it."""

    id: str
    name: str
    source: str
    experiment: str = ""
    status: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    raw: Any = field(default=None, repr=False, compare=False)

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs or where nobody wrote it down."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None


def as_number(value: Any) -> float | None:
    """A number, also from a text that is nothing but one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) != float("inf") and number == number else None  # noqa: PLR0124 - not a NaN


def read_runs(source: Any, experiment: str | None = None, metrics: Sequence[str] = ()) -> list[Run]:
    """The runs of a lab's account, of an MLflow tracking URI, or of a table with a row each.

    A lab gives the trial components of SageMaker Experiments and the runs of its MLflow tracking servers.
    """
    if isinstance(source, str):
        return from_mlflow(source, experiment)
    if hasattr(source, "client"):
        runs = from_sagemaker(source.client("sagemaker"), experiment)
        for uri in tracking_uris(source):
            runs += from_mlflow(uri, experiment, missing_ok=True)
        return runs
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        return from_frame(source, metrics)
    raise SagelabError(
        "Give a lab, the URI of an MLflow tracking server, or a DataFrame with a row for each run."
    )


# -- SageMaker Experiments -------------------------------------------------------------------------------------
def from_sagemaker(sagemaker: Any, experiment: str | None = None) -> list[Run]:
    """Trial components by Search, the newest first; those of one experiment where it is named."""
    request: dict[str, Any] = {
        "Resource": "ExperimentTrialComponent",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
    }
    if experiment:
        named = {"Name": "Parents.ExperimentName", "Operator": "Equals", "Value": experiment}
        request["SearchExpression"] = {"Filters": [named]}
    runs: list[Run] = []
    for page in sagemaker.get_paginator("search").paginate(**request):
        runs += [_component(found["TrialComponent"]) for found in page["Results"]]
        if len(runs) >= MOST_RUNS:
            break
    return runs[:MOST_RUNS]


def _component(found: Mapping[str, Any]) -> Run:
    parents = found.get("Parents") or []
    experiments = dict.fromkeys(parent["ExperimentName"] for parent in parents if "ExperimentName" in parent)
    return Run(
        id=found["TrialComponentArn"],
        name=found.get("DisplayName") or found["TrialComponentName"],
        source="SageMaker",
        experiment=", ".join(experiments),
        status=found.get("Status", {}).get("PrimaryStatus", ""),
        started=found.get("StartTime") or found.get("CreationTime"),
        ended=found.get("EndTime"),
        parameters={
            name: value.get("NumberValue", _unquoted(value.get("StringValue", "")))
            for name, value in found.get("Parameters", {}).items()
        },
        metrics={
            metric["MetricName"]: float(metric["Last"])
            for metric in found.get("Metrics", [])
            if "Last" in metric
        },
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
        raw=found,
    )


def _unquoted(text: str) -> str:
    """Hyperparameters of the SageMaker SDK are JSON texts: "gini" stands in quotes."""
    quoted = len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]
    return text[1:-1] if quoted else text


# -- MLflow ----------------------------------------------------------------------------------------------------
def tracking_uris(lab: Any) -> list[str]:
    """The tracking URIs of a lab's MLflow servers that are up: their address here, their ARN on AWS."""
    sagemaker, found = lab.client("sagemaker"), []
    for page in sagemaker.get_paginator("list_mlflow_tracking_servers").paginate():
        for server in page["TrackingServerSummaries"]:
            if server.get("IsActive") == "Active":
                told = sagemaker.describe_mlflow_tracking_server(
                    TrackingServerName=server["TrackingServerName"]
                )
                here = "127.0.0.1" in told.get("TrackingServerUrl", "")
                found.append(told["TrackingServerUrl"] if here else told["TrackingServerArn"])
    return found


def from_mlflow(uri: str, experiment: str | None = None, *, missing_ok: bool = False) -> list[Run]:
    """The runs that an MLflow tracking server or store knows, the newest first; raises SagelabError."""
    import os

    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow
    from mlflow.exceptions import MlflowException

    try:
        client = mlflow.MlflowClient(tracking_uri=uri)
        known = {one.experiment_id: one.name for one in client.search_experiments()}
        chosen = [number for number, name in known.items() if experiment in (None, name)]
        if not chosen and not missing_ok:
            names = ", ".join(sorted(known.values())) or "none"
            raise SagelabError(f"MLflow knows no experiment named {experiment!r}; there is {names}.")
        runs = client.search_runs(chosen, max_results=MOST_RUNS) if chosen else []
    except MlflowException as error:
        raise SagelabError(f"MLflow at {uri} does not answer: {str(error)[:300]}") from error
    return [_mlflow_run(run, known.get(run.info.experiment_id, "")) for run in runs]


def _mlflow_run(run: Any, experiment: str) -> Run:
    info, data = run.info, run.data
    metrics = {name: as_number(value) for name, value in data.metrics.items()}
    return Run(
        id=info.run_id,
        name=info.run_name or info.run_id,
        source="MLflow",
        experiment=experiment,
        status=STATUSES.get(str(info.status), str(info.status)),
        started=_moment(info.start_time),
        ended=_moment(info.end_time),
        parameters=dict(data.params),
        metrics={name: value for name, value in metrics.items() if value is not None},
        tags={name: value for name, value in data.tags.items() if not name.startswith("mlflow.")},
        raw=run,
    )


def _moment(milliseconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


# -- a table ---------------------------------------------------------------------------------------------------
def from_frame(frame: "pd.DataFrame", metrics: Iterable[str] = ()) -> list[Run]:
    """A run for each row; columns are named as `mlflow.search_runs` names them, or are parameters but for `metrics`."""
    if len(frame) > MOST_RUNS:
        raise SagelabError(
            f"The table has {len(frame)} rows; at most {MOST_RUNS} runs are shown, so choose some."
        )
    metric_names = set(metrics)
    unknown = metric_names - {str(name) for name in frame.columns}
    if unknown:
        raise SagelabError(f"The table has no column {', '.join(sorted(unknown))}.")
    records = frame.to_dict("records")
    return [_row(index, row, metric_names) for index, row in zip(frame.index, records, strict=True)]


def _row(index: Any, row: Mapping[Any, Any], metric_names: set[str]) -> Run:
    import pandas as pd

    kinds: dict[str, dict[str, Any]] = {"params": {}, "metrics": {}, "tags": {}}
    base: dict[str, Any] = {}
    for column, value in row.items():
        if pd.api.types.is_scalar(value) and pd.isna(value):
            continue
        prefix, _, rest = str(column).partition(".")
        if str(column) in metric_names:
            kinds["metrics"][str(column)] = value
        elif rest and prefix in kinds:
            kinds[prefix][rest] = value
        elif str(column) in ("run_id", "status", "start_time", "end_time", "experiment_id", "artifact_uri"):
            base[str(column)] = value
        else:
            kinds["params"][str(column)] = value
    numbers = {name: as_number(_plain(value)) for name, value in kinds["metrics"].items()}
    tags = {name: str(value) for name, value in kinds["tags"].items()}
    return Run(
        id=str(base.get("run_id", index)),
        name=tags.pop("mlflow.runName", "") or str(base.get("run_id", index)),
        source="table",
        experiment=str(base.get("experiment_id", "")),
        status=STATUSES.get(str(base.get("status", "")), str(base.get("status", ""))),
        started=_aware(base.get("start_time")),
        ended=_aware(base.get("end_time")),
        parameters={name: _plain(value) for name, value in kinds["params"].items()},
        metrics={name: value for name, value in numbers.items() if value is not None},
        tags={name: value for name, value in tags.items() if not name.startswith("mlflow.")},
        raw={str(column): value for column, value in row.items()},
    )


def _plain(value: Any) -> Value:
    """A Python number or a text, whatever the column held."""
    if hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _aware(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
