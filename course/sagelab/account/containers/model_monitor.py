"""The stand-in of sagemaker-model-monitor-analyzer: data quality and model quality, baseline and monitoring.

The environment tells it what to do, as on AWS: dataset_source, dataset_format, output_path, baseline_constraints and
baseline_statistics (a monitoring run has them, a baseline job has not), publish_cloudwatch_metrics, and for model
quality analysis_type=MODEL_QUALITY, problem_type and the *_attribute variables.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sagelab.errors import SagelabError

from . import captured, constraints, model_quality, quality_constraints, statistics, violations
from .cloudwatch import Metric, publish
from .job import ENABLED, Job, outcome, run
from .jsonfile import read_json, write_json
from .table import Table, files_under, from_rows, numbers, read_csv, read_json_lines, token

DATA_QUALITY, MODEL_QUALITY = "DATA_QUALITY", "MODEL_QUALITY"
DATA_NAMESPACE = "/aws/sagemaker/Endpoints/data-metric"
MODEL_NAMESPACE = "aws/sagemaker/Endpoints/model-metrics"
CAPTURE, MERGED = "sagemakerCaptureJson", "sagemakerMergeJson"


def main(job: Job) -> str:
    """Run the analysis that the environment asks for."""
    kind = job.setting("analysis_type", DATA_QUALITY)
    if kind == DATA_QUALITY:
        return data_quality(job)
    if kind == MODEL_QUALITY:
        return quality(job)
    raise SagelabError(f"analysis_type is {kind!r}; it must be {DATA_QUALITY} or {MODEL_QUALITY}.")


# -- data quality --------------------------------------------------------------------------------------------------
def data_quality(job: Job) -> str:
    """Statistics and constraints of the data; with a baseline also its violations."""
    baseline = baseline_file(job, "baseline_constraints")
    table = without_excluded(read_dataset(job, names_of(baseline)), job)
    columns = statistics.columns_of(table)
    output = Path(job.setting("output_path"))
    print(f"Read {len(table)} rows of {len(table.names)} columns.")
    write_json(output / "statistics.json", statistics.statistics(columns, len(table)))
    write_json(output / "constraints.json", constraints.constraints(columns))
    if baseline is None:
        return "Completed: Job completed successfully; statistics.json and constraints.json are the baseline."
    found, distances = violations.check_dataset(columns, baseline, baseline_file(job, "baseline_statistics"))
    write_json(output / "constraint_violations.json", {"violations": found})
    if constraints.monitoring_config(baseline.get("monitoring_config", {})).emit_metrics == ENABLED:
        publish(job, DATA_NAMESPACE, data_metrics(columns, distances))
    return outcome(found)


def baseline_file(job: Job, name: str) -> dict[str, Any] | None:
    """The baseline's JSON that the environment names; a folder stands for the one file in it."""
    path = job.path(name)
    if path is None:
        return None
    files = files_under(path) if path.exists() else []
    if len(files) != 1:
        raise SagelabError(f"{name} is {path}, which holds {len(files)} files; it must be one JSON file.")
    try:
        document = read_json(files[0])
    except json.JSONDecodeError as error:
        raise SagelabError(
            f"{name}, {files[0].name}, line {error.lineno}: not JSON ({error.msg})."
        ) from error
    if not isinstance(document, dict):
        raise SagelabError(f"{name}, {files[0].name}: a baseline is a JSON object.")
    return document


def names_of(baseline: Mapping[str, Any] | None) -> list[str] | None:
    """The column names that captured data, which has none, takes from its baseline."""
    return (
        None
        if baseline is None
        else [str(feature["name"]) for feature in constraints.read_features(baseline)]
    )


def read_dataset(job: Job, names: Sequence[str] | None) -> Table:
    """The dataset in the format that the environment declares."""
    layout, options = dataset_format(job)
    files = files_under(job.folder("dataset_source"))
    if layout == "csv":
        header, rows = read_csv(files, bool(options.get("header", False)))
        return from_rows(header or positional(rows, names), rows, "The dataset")
    if layout == "json":
        return from_objects(read_json_lines(files))
    found = captured.records(captured.read_events(files_under(job.folder("dataset_source")), job.environment))
    sides = options.get("captureIndexNames", [captured.INPUT, captured.OUTPUT])
    rows = captured.columns(found, sides, options.get("output_columns_position", "START") == "START")
    return from_rows(positional(rows, names), rows, "The captured data")


def dataset_format(job: Job) -> tuple[str, dict[str, Any]]:
    """The format's name with its options, from dataset_format."""
    text = job.setting("dataset_format")
    try:
        given = json.loads(text)
        (layout, options), *others = given.items()
    except (ValueError, AttributeError) as error:
        raise SagelabError(
            f'dataset_format must be JSON such as {{"csv": {{"header": true}}}}, not {text}.'
        ) from error
    if others or layout not in ("csv", "json", CAPTURE, MERGED):
        raise SagelabError(f"dataset_format must be one of csv, json, {CAPTURE}, {MERGED}, not {text}.")
    return layout, options or {}


def positional(rows: Sequence[Sequence[str]], names: Sequence[str] | None) -> list[str]:
    """The baseline's names where they fit the number of columns, else _c0, _c1 and so on."""
    width = len(rows[0]) if rows else 0
    return list(names) if names and len(names) == width else [f"_c{place}" for place in range(width)]


def from_objects(values: Sequence[Any]) -> Table:
    """A table of flat JSON objects; a key that is absent is a missing value."""
    if not all(isinstance(value, Mapping) for value in values):
        raise SagelabError("A json dataset holds one object a line.")
    names = list(dict.fromkeys(key for value in values for key in value))
    return Table({name: [token(value.get(name)) for value in values] for name in names})


def without_excluded(table: Table, job: Job) -> Table:
    """The table without the columns that exclude_features_attribute lists, by name or by position."""
    given = [part.strip() for part in job.environment.get("exclude_features_attribute", "").split(",")]
    left_out = {
        table.name(int(part) if part.isdigit() else part, "Excluded feature") for part in given if part
    }
    return table.select(name for name in table.names if name not in left_out)


def data_metrics(columns: Sequence[statistics.Column], distances: Mapping[str, float]) -> list[Metric]:
    """feature_data_, feature_non_null_ and feature_baseline_drift_ of each column."""
    metrics = []
    for column in columns:
        values, weights = column.numbers
        if column.inferred_type in (statistics.INTEGRAL, statistics.FRACTIONAL):
            summary = {
                "SampleCount": float(weights.sum()),
                "Sum": float(values @ weights),
                "Minimum": float(values[0]),
                "Maximum": float(values[-1]),
            }
            metrics.append(Metric(f"feature_data_{column.name}", summary=summary))
        metrics.append(Metric(f"feature_non_null_{column.name}", column.completeness))
        if column.name in distances:
            metrics.append(Metric(f"feature_baseline_drift_{column.name}", distances[column.name]))
    return metrics


# -- model quality -------------------------------------------------------------------------------------------------
def quality(job: Job) -> str:
    """Metrics and constraints of predictions against labels; with a baseline also the violations."""
    problem = job.setting("problem_type")
    data = read_predictions(job, problem)
    metrics = model_quality.quality(problem, data)
    output = Path(job.setting("output_path"))
    print(f"Read {len(data)} predictions with their labels.")
    times = {key: job.environment[key] for key in ("start_time", "end_time") if key in job.environment}
    document = {"version": 0.0, "dataset": {"item_count": len(data), **times}}
    write_json(output / "statistics.json", document | model_quality.section(problem, metrics))
    write_json(output / "constraints.json", quality_constraints.constraints(problem, metrics))
    baseline = baseline_file(job, "baseline_constraints")
    if baseline is None:
        return "Completed: Job completed successfully; constraints.json holds the suggested thresholds."
    found = quality_constraints.violations(problem, metrics, baseline)
    write_json(output / "constraint_violations.json", {"violations": found})
    publish(job, MODEL_NAMESPACE, quality_metrics(metrics))
    return outcome(found)


def quality_metrics(metrics: Mapping[str, Any]) -> list[Metric]:
    """Every metric that is a number."""
    values = ((name, entry.get("value")) for name, entry in metrics.items())
    return [Metric(name, value) for name, value in values if isinstance(value, float)]


def read_predictions(job: Job, problem: str) -> model_quality.Predictions:
    """Labels, predictions and scores, from a table with names or from merged captures by position."""
    if dataset_format(job)[0] in (CAPTURE, MERGED):
        found = captured.records(
            captured.read_events(files_under(job.folder("dataset_source")), job.environment)
        )
        labeled = [record for record in found if record.truth is not None]
        if not labeled:
            raise SagelabError("The captured data holds no ground truth label.")
        outputs = [record.output for record in labeled]
        table = from_rows(positional(outputs, None), outputs, "The output")
        truth = [str(record.truth) for record in labeled]
    else:
        table = read_dataset(job, None)
        truth = table[located(job, table, "ground_truth_attribute")]
    return predictions(job, problem, table, truth)


def predictions(job: Job, problem: str, table: Table, truth: Sequence[str]) -> model_quality.Predictions:
    """Pick the prediction and the score out of a table, and judge a score alone by its threshold."""
    named = {key for key in ("inference_attribute", "probability_attribute") if job.environment.get(key)}
    if not named:
        raise SagelabError(
            "Model quality needs inference_attribute, or probability_attribute for a binary problem."
        )
    scores = (
        table.numbers(located(job, table, "probability_attribute"))
        if "probability_attribute" in named
        else None
    )
    if problem == model_quality.REGRESSION:
        values = table.numbers(located(job, table, "inference_attribute"))
        return model_quality.Predictions(numbers(truth), values, None)
    if "inference_attribute" in named:
        predicted = model_quality.label_texts(table[located(job, table, "inference_attribute")])
    else:
        assert scores is not None
        threshold = float(job.setting("probability_threshold_attribute", "0.5"))
        predicted = model_quality.label_texts(["1" if score > threshold else "0" for score in scores])
    return model_quality.Predictions(model_quality.label_texts(truth), predicted, scores)


def located(job: Job, table: Table, attribute: str) -> str:
    """The column that an attribute variable names: a name, or a position from 0."""
    given = job.setting(attribute)
    return table.name(int(given) if given.isdigit() and given not in table.columns else given, attribute)


if __name__ == "__main__":
    run(main)
