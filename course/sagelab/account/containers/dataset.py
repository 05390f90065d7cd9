"""The dataset of a Clarify analysis: a file of rows, or what an endpoint captured."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagelab.errors import SagelabError

from . import captured
from .analysis_config import CSV, AnalysisConfig
from .bias_analysis import BiasConfig, facet_list
from .facets import as_list
from .job import Job
from .jsonfile import read_json
from .shapley import cells
from .table import NUMBER, Table, files_under, from_rows, numbers, read_csv, read_json_lines, token

PREDICTED = "predicted_label"  # the column that predictions get, as the guide names it


@dataclass(frozen=True)
class Dataset:
    """The rows, and which columns are features, label and prediction; identifiers stand beside the table."""

    table: Table
    features: list[str]
    label: str | None
    predicted: str | None
    key: tuple[str, list[str]] | None = None

    @property
    def inputs(self) -> Table:
        """What the model gets to see."""
        return self.table.select(self.features)

    def lines(self) -> list[str]:
        """The model's inputs as CSV lines."""
        return [",".join(cells(row)) for row in self.inputs.rows()]

    def with_predictions(self, labels: Sequence[str]) -> "Dataset":
        """The same rows with a column of predicted labels."""
        table = self.table.with_column(PREDICTED, labels)
        return Dataset(table, self.features, self.label, PREDICTED, self.key)

    def without_predictions(self) -> "Dataset":
        """The same rows as they were before any model spoke."""
        table = self.table.select(name for name in self.table.names if name != self.predicted)
        return Dataset(table, self.features, self.label, None, self.key)

    def bias_config(self, config: AnalysisConfig) -> BiasConfig:
        """The bias part of the configuration, with columns by name."""
        assert self.label is not None
        group = config.get("group_variable")
        return BiasConfig(
            label=self.label,
            label_values=as_list(config.get("label_values_or_threshold")),
            facets=facet_list(config.facets, self.table),
            group_variable=None if group is None else self.table.name(group, "group_variable"),
            predicted_label=self.predicted,
        )


def load(job: Job, config: AnalysisConfig) -> Dataset:
    """The job's dataset in whichever form it comes."""
    if job.environment.get("dataset_format"):
        return from_captures(job, config)
    files = dataset_files(job, config)
    return from_csv(files, config) if config.dataset_type == CSV else from_json_lines(files, config)


# -- files ---------------------------------------------------------------------------------------------------------
def job_config(job: Job) -> dict[str, Any]:
    """What the platform tells a container of its job."""
    path = job.root.parent / "config" / "processingjobconfig.json"
    found: dict[str, Any] = read_json(path) if path.is_file() else {}
    return found


def local(job: Job, path: str) -> Path:
    """A path below /opt/ml/processing as it is here."""
    return job.root / path.removeprefix("/opt/ml/processing").strip("/")


def input_folder(job: Job, name: str) -> Path:
    """Where the processing input of that name was put."""
    for source in job_config(job).get("ProcessingInputs", []):
        if source["InputName"] == name:
            return local(job, source["S3Input"]["LocalPath"])
    raise SagelabError(f"The processing job has no input named {name}; Clarify finds its data by that name.")


def output_folder(job: Job) -> Path:
    """Where the results go: output_path of a monitoring execution, or the job's first output."""
    given = job.path("output_path")
    if given is not None:
        return given
    outputs = job_config(job).get("ProcessingOutputConfig", {}).get("Outputs", [])
    if not outputs:
        raise SagelabError("The processing job has no output; add one named analysis_result.")
    return local(job, outputs[0]["S3Output"]["LocalPath"])


def dataset_files(job: Job, config: AnalysisConfig) -> list[Path]:
    """The files of dataset_uri, which comes first, or of the input named dataset."""
    uri = config.get("dataset_uri")
    folder = fetch(job, uri) if uri else input_folder(job, "dataset")
    files = files_under(folder)
    if not files:
        raise SagelabError(f"The dataset has no file{f' at {uri}' if uri else ''}.")
    return files


def fetch(job: Job, uri: str) -> Path:
    """Every object under an S3 prefix, in a folder of the job."""
    import boto3

    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    client = boto3.client("s3")
    folder = job.root / "fetched" / prefix.replace("/", "_")
    folder.mkdir(parents=True, exist_ok=True)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    try:
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    except client.exceptions.ClientError as error:
        raise SagelabError(f"{uri} cannot be read: {error.response['Error']['Message']}") from error
    if not keys:
        raise SagelabError(f"No S3 objects found under S3 URL {uri!r}.")
    for number, key in enumerate(keys):
        client.download_file(bucket, key, str(folder / f"{number:05}-{Path(key).name}"))
    return folder


def from_csv(files: Sequence[Path], config: AnalysisConfig) -> Dataset:
    """A dataset of CSV rows, with or without a header row."""
    headers, rows = csv_rows(files, config.get("headers"))
    table = from_rows(headers, rows, "The dataset")
    label, predicted = column(table, config, "label"), column(table, config, "predicted_label")
    key = column(table, config, "joinsource_name_or_index")
    left_out = {table.name(name, "excluded_columns") for name in config.get("excluded_columns", [])}
    features = [name for name in table.names if name not in left_out | {label, predicted, key}]
    kept = table.select(name for name in table.names if name != key)
    return Dataset(kept, features, label, predicted, None if key is None else (key, table[key]))


def csv_rows(files: Sequence[Path], headers: Sequence[str] | None) -> tuple[list[str], list[list[str]]]:
    """Column names and rows; a first row that repeats the headers, or that has no number in it, is a header."""
    _, rows = read_csv(files, header=False)
    if not rows:
        raise SagelabError("The dataset has no row.")
    if headers is not None:
        names = [str(name) for name in headers]
        return names, [row for row in rows if row != names]
    if any(NUMBER.fullmatch(value) for value in rows[0]):
        return [f"column_{place}" for place in range(len(rows[0]))], rows
    return rows[0], [row for row in rows if row != rows[0]]


def column(table: Table, config: AnalysisConfig, key: str) -> str | None:
    """The column that a key of the configuration names, or None."""
    given = config.get(key)
    return None if given is None else table.name(given, key)


def from_json_lines(files: Sequence[Path], config: AnalysisConfig) -> Dataset:
    """A dataset of JSON objects; features, label and predicted_label are JMESPath expressions.

    Headers, where given, name the features, then the label, then the predicted label.
    """
    import jmespath

    path = config.get("features")
    if not path:
        raise SagelabError(
            'analysis_config: features is missing; for JSON Lines it is a JMESPath such as "features".'
        )
    records = read_json_lines(files)
    rows = [jmespath.search(path, record) for record in records]
    if not rows or not all(isinstance(row, list) for row in rows):
        raise SagelabError(
            f"features is {path!r}, which must find a list of values in every line of the dataset."
        )
    roles = [key for key in ("label", "predicted_label") if config.get(key) is not None]
    headers = config.get("headers") or [f"column_{place}" for place in range(len(rows[0]))] + roles
    if len(headers) != len(rows[0]) + len(roles):
        raise SagelabError(
            f"headers has {len(headers)} names for {len(rows[0])} features and {', '.join(roles)}."
        )
    found = [[jmespath.search(str(config.get(key)), record) for key in roles] for record in records]
    cells_ = [[token(value) for value in [*row, *more]] for row, more in zip(rows, found, strict=True)]
    names = dict(zip(roles, headers[len(rows[0]) :], strict=True))
    features = list(headers[: len(rows[0])])
    table = from_rows(headers, cells_, "The dataset")
    return Dataset(table, features, names.get("label"), names.get("predicted_label"))


# -- captured data -------------------------------------------------------------------------------------------------
def from_captures(job: Job, config: AnalysisConfig) -> Dataset:
    """Captured requests as features, merged labels as label, captured answers as predictions."""
    found = captured.records(captured.read_events(files_under(job.folder("dataset_source")), job.environment))
    if not found:
        raise SagelabError("The captured data holds no record.")
    names = feature_names(config, len(found[0].input))
    table = from_rows(names, [record.input for record in found], "The captured data")
    label = config.get("label")
    if found[0].truth is None or label is None:
        return Dataset(table, names, None, None)
    if not isinstance(label, str):
        raise SagelabError("analysis_config: label must be a name when the data is captured by an endpoint.")
    table = table.with_column(label, [record.truth or "" for record in found])
    return Dataset(table, names, label, None).with_predictions(captured_predictions(job, config, found))


def feature_names(config: AnalysisConfig, width: int) -> list[str]:
    """The headers without label and prediction, which a request does not hold."""
    headers = config.get("headers")
    if headers is None:
        return [f"column_{place}" for place in range(width)]
    left_out = {config.get("label"), config.get("predicted_label"), *config.get("excluded_columns", [])}
    names = [str(name) for name in headers if name not in left_out]
    if len(names) != width:
        raise SagelabError(
            f"headers names {len(names)} features ({', '.join(names)}), but captured requests have {width} columns."
        )
    return names


def captured_predictions(job: Job, config: AnalysisConfig, found: Sequence[captured.Record]) -> list[str]:
    """The predicted labels in captured answers: inference_attribute, or a score against the threshold."""
    settings: Mapping[str, str] = job.environment
    if settings.get("inference_attribute"):
        return [at(record.output, settings["inference_attribute"], "inference_attribute") for record in found]
    place = settings.get("probability_attribute") or "0"
    threshold = float(settings.get("probability_threshold_attribute") or config.threshold)
    texts = [at(record.output, place, "probability_attribute") for record in found]
    try:
        return [str(int(score > threshold)) for score in numbers(texts)]
    except ValueError as error:
        raise SagelabError(
            f"The captured answers hold no score: {error}. Set inference_attribute?"
        ) from error


def at(row: Sequence[str], place: str, what: str) -> str:
    """The cell of an answer that an attribute names by position."""
    if not place.isdigit() or int(place) >= len(row):
        raise SagelabError(
            f"{what} is {place!r}, but an answer has {len(row)} columns, counted from 0: {json.dumps(list(row))}."
        )
    return row[int(place)]
