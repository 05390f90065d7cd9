"""The explanations section of analysis.json: Kernel SHAP and partial dependence, with the files beside it."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sagelab.errors import SagelabError

from . import clustering, shapley
from .analysis_config import CSV, AnalysisConfig
from .dataset import Dataset, csv_rows, fetch
from .job import Job
from .partial_dependence import partial_dependence
from .predictor import Predictor
from .table import Floats, Table, files_under, from_rows, token

FOLDER = "explanations_shap"
TOP_FEATURES = 10


@dataclass(frozen=True)
class Shap:
    """The SHAP values of a dataset, by output."""

    features: list[str]
    labels: list[str]
    values: Floats  # (rows, features, outputs)
    expected: Floats
    aggregation: str

    def totals(self, output: int) -> dict[str, float]:
        """The global value of each feature."""
        aggregated = shapley.AGGREGATIONS[self.aggregation](self.values[:, :, output])
        return {name: float(value) for name, value in zip(self.features, aggregated, strict=True)}

    def as_json(self) -> dict[str, Any]:
        """The kernel_shap section."""
        return {
            label: {"global_shap_values": self.totals(place), "expected_value": float(self.expected[place])}
            for place, label in enumerate(self.labels)
        }


def explain(job: Job, config: AnalysisConfig, data: Dataset, predictor: Predictor, output: Path) -> Shap:
    """SHAP values of every row; writes the local values and a computed baseline where asked."""
    settings = config.shap or {}
    seed = int(settings.get("seed", 0))
    baseline = given_baseline(job, config, data)
    if baseline is None:
        baseline = clustering.baseline_rows(data.inputs, settings.get("num_clusters"), seed)
        write_csv(output / FOLDER / "baseline.csv", baseline.names, list(baseline.rows()))
        print(f"Clustered {len(data.table)} rows into a baseline of {len(baseline)}.")
    found = shapley.explain(
        data.inputs,
        baseline,
        predictor.scores,
        samples=settings.get("num_samples"),
        logit=bool(settings.get("use_logit", False)),
        seed=seed,
    )
    labels = label_names(predictor.settings, len(found.expected))
    result = Shap(data.features, labels, found.values, found.expected, settings.get("agg_method", "mean_abs"))
    if settings.get("save_local_shap_values"):
        write_local(output / FOLDER / "out.csv", result, data)
    return result


def given_baseline(job: Job, config: AnalysisConfig, data: Dataset) -> Table | None:
    """The configured baseline rows, from the configuration or from S3; None where there are none."""
    given = (config.shap or {}).get("baseline")
    if given is None:
        return None
    if isinstance(given, str):
        names, rows = csv_rows(files_under(fetch(job, given)), data.features)
        return from_rows(names, rows, f"The SHAP baseline {given}")
    if not given:
        raise SagelabError("shap: baseline is an empty list; give at least one row, or leave it out.")
    rows = [[token(value) for value in baseline_row(row, config)] for row in given]
    return from_rows(data.features, rows, "The SHAP baseline")


def baseline_row(row: Any, config: AnalysisConfig) -> list[Any]:
    """One baseline row: a list of values, or for JSON Lines an object like those of the dataset."""
    if config.dataset_type != CSV and isinstance(row, Mapping):
        import jmespath

        row = jmespath.search(config.get("features", ""), row)
    if not isinstance(row, list):
        raise SagelabError("shap: baseline must be a list of rows, each a list of feature values.")
    return row


def label_names(settings: Mapping[str, Any], outputs: int) -> list[str]:
    """The configured names of the model's outputs, or label0, label1 and so on."""
    given = settings.get("label_headers")
    if not given:
        return [f"label{place}" for place in range(outputs)]
    if len(given) != outputs:
        raise SagelabError(
            f"predictor: label_headers has {len(given)} names, but the model answers {outputs} numbers."
        )
    return [str(name) for name in given]


def write_local(path: Path, result: Shap, data: Dataset) -> None:
    """One row a record: every feature's value for the first output, then for the next; last the identifier."""
    header = [f"{feature}_{label}" for label in result.labels for feature in result.features]
    flat = np.moveaxis(result.values, 2, 1).reshape(len(result.values), -1).tolist()
    rows = [[repr(value) for value in row] for row in flat]
    if data.key:
        name, keys = data.key
        header.append(name)
        rows = [[*row, key] for row, key in zip(rows, keys, strict=True)]
    write_csv(path, header, rows)


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A CSV file with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([header, *rows])


def dependence(
    config: AnalysisConfig, data: Dataset, predictor: Predictor, shap: Shap | None
) -> list[dict[str, Any]]:
    """Partial dependence of the configured features, or of those with the largest SHAP values."""
    settings = config.pdp or {}
    names = [data.inputs.name(name, "pdp feature") for name in settings.get("features", [])]
    if not names and shap is not None:
        strength = shap.totals(0)
        names = sorted(strength, key=lambda name: -abs(strength[name]))[
            : settings.get("top_k_features", TOP_FEATURES)
        ]
    labels = shap.labels if shap is not None else []
    found = []
    for name in names:
        entry = partial_dependence(
            data.inputs, name, settings.get("grid_resolution"), predictor.scores, labels
        )
        entry["label_headers"] = labels or label_names(predictor.settings, len(entry["model_predictions"]))
        found.append(entry)
    return found
