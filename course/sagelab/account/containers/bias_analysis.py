"""The bias sections of analysis.json: every facet, every group, every metric that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sagelab.errors import SagelabError

from . import bias, flip_test
from .facets import Group, Mask, as_list, group, groups, is_continuous
from .table import Table

BOOTSTRAP_SAMPLES, BOOTSTRAP_SEED = 1000, 0


@dataclass(frozen=True)
class BiasConfig:
    """What of analysis_config.json the bias analysis needs; columns by name."""

    label: str
    label_values: list[Any]
    facets: list[tuple[str, list[Any]]]
    group_variable: str | None
    predicted_label: str | None = None


@dataclass(frozen=True)
class Measured:
    """A metric of one group: its value or the reason for none, and how much it varies by chance."""

    name: str
    description: str
    value: float | None
    error: str | None = None
    standard_error: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The metric as analysis.json holds it."""
        entry = {"name": self.name, "description": self.description, "value": as_json(self.value)}
        return entry if self.error is None else entry | {"error": self.error}


@dataclass(frozen=True)
class FacetResult:
    """All metrics of one facet group."""

    facet: str
    values: list[Any]  # as configured; empty where each value is a group of its own
    group: str
    metrics: list[Measured]


@dataclass(frozen=True)
class Stage:
    """A pre-training or post-training analysis."""

    label: str
    label_group: str
    results: list[FacetResult]

    def as_json(self) -> dict[str, Any]:
        """The section of analysis.json."""
        by_facet: dict[str, list[dict[str, Any]]] = {}
        for result in self.results:
            metrics = [metric.as_json() for metric in result.metrics]
            by_facet.setdefault(result.facet, []).append(
                {"value_or_threshold": result.group, "metrics": metrics}
            )
        return {"label": self.label, "label_value_or_threshold": self.label_group, "facets": by_facet}


def as_json(value: float | None) -> float | str | None:
    """A number, "Infinity" or "-Infinity", or null."""
    if value is None or np.isfinite(value):
        return value
    return "Infinity" if value > 0 else "-Infinity"


def pre_training(table: Table, config: BiasConfig, methods: Sequence[str]) -> Stage:
    """Bias of the observed labels."""
    positive = label_group(table, config)
    wanted = [metric for metric in bias.PRE_TRAINING if metric.name in methods]
    strata = group_codes(table, config.group_variable)
    results = []
    for facet, values, rows in facet_groups(table, config):
        counts = bias.count(rows.rows, positive.rows, None, strata)
        metrics = [measured(metric, counts, strata is not None) for metric in wanted]
        results.append(FacetResult(facet, values, rows.name, metrics))
    return Stage(config.label, positive.name, results)


def post_training(table: Table, config: BiasConfig, methods: Sequence[str]) -> Stage:
    """Bias of the predicted labels, against the observed ones."""
    positive = label_group(table, config)
    predicted = predicted_positive(table, config)
    wanted = [metric for metric in bias.POST_TRAINING if metric.name in methods]
    strata = group_codes(table, config.group_variable)
    results = []
    for facet, values, rows in facet_groups(table, config):
        counts = bias.count(rows.rows, positive.rows, predicted, strata)
        metrics = [measured(metric, counts, strata is not None) for metric in wanted]
        if flip_test.NAME in methods:
            metrics.append(flip(table, config, facet, rows.rows, predicted))
        results.append(FacetResult(facet, values, rows.name, sorted(metrics, key=lambda metric: metric.name)))
    return Stage(config.label, positive.name, results)


def facet_groups(table: Table, config: BiasConfig) -> list[tuple[str, list[Any], Group]]:
    """Each facet column, the values configured for it, and each of its sensitive groups."""
    return [(name, values, rows) for name, values in config.facets for rows in groups(table, name, values)]


def label_group(table: Table, config: BiasConfig) -> Group:
    """The rows with a positive observed label."""
    if not config.label_values:
        raise SagelabError(
            "label_values_or_threshold is empty: say which label values are the positive outcome."
        )
    return group(table, config.label, config.label_values, upper=highest_label(table, config))


def predicted_positive(table: Table, config: BiasConfig) -> Mask:
    """The rows with a positive predicted label, judged as the observed labels are."""
    assert config.predicted_label is not None
    if is_continuous(table, config.label, config.label_values):
        rows = table.numbers(config.predicted_label) > float(config.label_values[0])
    else:
        rows = group(table, config.predicted_label, config.label_values).rows
    if not rows.any():
        raise SagelabError(
            f"No predicted label is positive ({', '.join(map(str, config.label_values))}): "
            "check label_values_or_threshold, probability_threshold and the model's output."
        )
    return rows


def highest_label(table: Table, config: BiasConfig) -> float | None:
    """The end of the label's interval: the largest observed or predicted value of a continuous label."""
    if config.predicted_label is None or not is_continuous(table, config.label, config.label_values):
        return None
    both = np.concatenate([table.numbers(config.label), table.numbers(config.predicted_label)])
    return float(np.nanmax(both))


def group_codes(table: Table, column: str | None) -> npt.NDArray[np.int64] | None:
    """The stratum of each row as a number, or None without a group variable."""
    return None if column is None else np.unique(table[column], return_inverse=True)[1].astype(np.int64)


def measured(metric: bias.Metric, counts: bias.Counts, grouped: bool) -> Measured:
    """One metric with its bootstrap standard error, or with the reason why there is none."""
    try:
        value = bias.value(metric, counts, grouped)
    except bias.MetricError as error:
        return Measured(metric.name, metric.description, None, str(error))
    return Measured(metric.name, metric.description, value, standard_error=bootstrap_error(metric, counts))


def bootstrap_error(metric: bias.Metric, counts: bias.Counts) -> float | None:
    """The standard deviation of the metric over bootstrap samples; None where they are not finite."""
    try:
        values = metric.measure(bias.resample(counts, BOOTSTRAP_SAMPLES, BOOTSTRAP_SEED))
    except bias.MetricError:
        return None
    finite = values[np.isfinite(values)]
    return float(finite.std()) if len(finite) > len(values) / 2 else None


def flip(table: Table, config: BiasConfig, facet: str, rows: Mask, predicted: Mask) -> Measured:
    """The flip test over all columns but this facet and the labels."""
    left_out = {facet, config.label, config.predicted_label}
    names = [name for name in table.names if name not in left_out]
    if any(table.kind(name) == "text" for name in names):
        return Measured(
            flip_test.NAME, flip_test.DESCRIPTION, None, "FlipTest does not support non-numeric columns"
        )
    features = np.column_stack([table.numbers(name) for name in names])
    try:
        outcome = flip_test.flips(features, rows, predicted)
    except bias.MetricError as error:
        return Measured(flip_test.NAME, flip_test.DESCRIPTION, None, str(error))
    error_of_mean = float(outcome.std() / np.sqrt(len(outcome)))
    return Measured(
        flip_test.NAME, flip_test.DESCRIPTION, float(outcome.mean()), standard_error=error_of_mean
    )


def facet_list(given: Sequence[Any], table: Table) -> list[tuple[str, list[Any]]]:
    """The configured facets as column names with their values or threshold."""
    return [
        (table.name(facet["name_or_index"], "Facet"), as_list(facet.get("value_or_threshold")))
        for facet in given
    ]
