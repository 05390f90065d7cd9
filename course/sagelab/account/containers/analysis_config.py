"""analysis_config.json: read, checked against what Clarify knows, and said in one sentence where it is wrong.

Keys and defaults: AWS developer guide, "Analysis Configuration Files". Keys that the guide knows and this stand-in
does not offer are refused by name rather than ignored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sagelab.errors import SagelabError

from . import bias, flip_test
from .shapley import AGGREGATIONS

CSV, JSON_LINES = "text/csv", "application/jsonlines"
FORMATS = (CSV, JSON_LINES)
METRICS = {
    "pre_training_bias": [metric.name for metric in bias.PRE_TRAINING],
    "post_training_bias": sorted([*(metric.name for metric in bias.POST_TRAINING), flip_test.NAME]),
}
METHODS = (*METRICS, "shap", "pdp", "report")
ROOT_KEYS = {
    "version", "dataset_type", "dataset_uri", "headers", "label", "predicted_label", "features",
    "joinsource_name_or_index", "excluded_columns", "probability_threshold", "label_values_or_threshold", "facet",
    "group_variable", "methods", "predictor",
}  # fmt: skip
KEYS = {
    "analysis_config": ROOT_KEYS,
    "facet": {"name_or_index", "value_or_threshold"},
    "shap": {"baseline", "num_clusters", "num_samples", "agg_method", "use_logit", "save_local_shap_values", "seed"},
    "pdp": {"features", "top_k_features", "grid_resolution"},
    "report": {"name", "title"},
    "predictor": {
        "model_name", "endpoint_name", "endpoint_name_prefix", "instance_type", "initial_instance_count",
        "content_type", "accept_type", "label", "probability", "label_headers", "custom_attributes",
    },
}  # fmt: skip
NOT_HERE = {
    "analysis_config": {
        "predicted_label_dataset_uri", "predicted_label_headers", "facet_dataset_uri", "facet_headers",
        "time_series_data_config",
    },
    "shap": {"text_config", "image_config", "features_to_explain"},
    "predictor": {
        "accelerator_type", "target_model", "content_template", "record_template", "time_series_predictor_config",
    },
}  # fmt: skip

Check = Callable[[Any], bool]


def is_number(value: Any) -> bool:
    """A JSON number, not a boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: Any) -> bool:
    """A whole number from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_column(value: Any) -> bool:
    """A column's name, or its position from 0."""
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def is_list(value: Any) -> bool:
    """A list of anything."""
    return isinstance(value, list)


TYPES: dict[str, tuple[Check, str]] = {
    "headers": (is_list, "a list of column names"),
    "label": (is_column, "a column name or its position from 0"),
    "predicted_label": (is_column, "a column name or its position from 0"),
    "group_variable": (is_column, "a column name or its position from 0"),
    "joinsource_name_or_index": (is_column, "a column name or its position from 0"),
    "name_or_index": (is_column, "a column name or its position from 0"),
    "excluded_columns": (is_list, "a list of columns"),
    "probability_threshold": (is_number, "a number"),
    "num_clusters": (is_count, "a whole number from 1"),
    "num_samples": (is_count, "a whole number from 1"),
    "seed": (lambda value: isinstance(value, int), "a whole number"),
    "use_logit": (lambda value: isinstance(value, bool), "true or false"),
    "save_local_shap_values": (lambda value: isinstance(value, bool), "true or false"),
    "agg_method": (lambda value: value in AGGREGATIONS, " or ".join(AGGREGATIONS)),
    "baseline": (lambda value: isinstance(value, list | str), "a list of rows or the S3 URI of a file"),
    "top_k_features": (is_count, "a whole number from 1"),
    "grid_resolution": (is_count, "a whole number from 1"),
    "label_headers": (is_list, "a list of names"),
    "initial_instance_count": (is_count, "a whole number from 1"),
}


@dataclass(frozen=True)
class AnalysisConfig:
    """A checked configuration; sections that are absent are None or empty."""

    given: Mapping[str, Any]
    metrics: Mapping[str, list[str]]
    facets: list[Mapping[str, Any]]
    shap: Mapping[str, Any] | None
    pdp: Mapping[str, Any] | None
    report: Mapping[str, Any] | None
    predictor: Mapping[str, Any] = field(default_factory=dict)

    def get(self, key: str, default: Any = None) -> Any:
        """A key of the file's top level."""
        return self.given.get(key, default)

    @property
    def threshold(self) -> float:
        """The score above which a prediction is positive."""
        return float(self.get("probability_threshold", 0.5))

    @property
    def dataset_type(self) -> str:
        """The format of the dataset."""
        return str(self.get("dataset_type"))


def parse(given: Any, captured: bool = False) -> AnalysisConfig:
    """Check a configuration; `captured` says that the data comes from an endpoint, as in a monitoring execution.

    There the predictions are captured too, and methods may be left out: a bias monitor then computes all metrics.
    """
    check(given, "analysis_config")
    if given.get("dataset_type") not in FORMATS:
        raise SagelabError(
            f"analysis_config: dataset_type is {given.get('dataset_type')!r}; "
            f"the local account reads {' and '.join(FORMATS)}."
        )
    methods = asked_methods(given, captured)
    metrics = {name: metric_names(name, methods[name]) for name in METRICS if name in methods}
    config = AnalysisConfig(
        given=given,
        metrics=metrics,
        facets=facets(given, required=bool(metrics)),
        shap=section(methods, "shap"),
        pdp=section(methods, "pdp"),
        report=section(methods, "report"),
        predictor=section(given, "predictor") or {},
    )
    check_together(config, needs_predictor=not captured)
    return config


def asked_methods(given: Mapping[str, Any], captured: bool) -> Mapping[str, Any]:
    """The methods section, with at least one analysis and no unknown method."""
    if "methods" not in given and captured and "facet" in given:
        return {name: {"methods": "all"} for name in METRICS}
    methods = given.get("methods")
    analyses = [name for name in METHODS if name != "report"]
    if not isinstance(methods, Mapping) or not set(methods) & set(analyses):
        raise SagelabError(f"analysis_config: methods must hold at least one of {', '.join(analyses)}.")
    for name in methods:
        if name not in METHODS:
            raise SagelabError(f"methods has the unknown method {name!r}; there are {', '.join(METHODS)}.")
    return methods


def check(given: Any, where: str) -> Mapping[str, Any]:
    """An object with known keys of the right types."""
    if not isinstance(given, Mapping):
        raise SagelabError(f"{where} must be a JSON object.")
    for key, value in given.items():
        if key in NOT_HERE.get(where, ()):
            raise SagelabError(f"{where}: {key} is not available in the local account; leave it out.")
        if key not in KEYS[where]:
            raise SagelabError(
                f"{where} has the unknown key {key!r}; it may hold {', '.join(sorted(KEYS[where]))}."
            )
        fits, what = TYPES.get(key, (None, ""))
        if fits is not None and not fits(value):
            raise SagelabError(f"{where}: {key} is {value!r}; it must be {what}.")
    return given


def section(given: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """A checked section, or None where it is absent."""
    return check(given[name], name) if name in given else None


def metric_names(method: str, given: Any) -> list[str]:
    """The metrics of a bias method: "all", or a list of known keys."""
    wanted = given.get("methods") if isinstance(given, Mapping) else None
    known = METRICS[method]
    if wanted == "all":
        return known
    if not isinstance(wanted, list) or not wanted:
        raise SagelabError(f'{method}: methods must be "all" or a list of {", ".join(known)}.')
    for name in wanted:
        if name not in known:
            hint = " (the guide's text says DCAcc; the key is DCA)" if name == "DCAcc" else ""
            raise SagelabError(f"{method}: there is no metric {name!r}{hint}; there are {', '.join(known)}.")
    return wanted


def facets(given: Mapping[str, Any], *, required: bool) -> list[Mapping[str, Any]]:
    """The facet objects; bias analysis needs at least one, and the label with its positive values."""
    found = given.get("facet", [])
    found = found if isinstance(found, list) else [found]
    for facet in found:
        check(facet, "facet")
        if "name_or_index" not in facet:
            raise SagelabError("facet: name_or_index is missing; it names the sensitive column.")
    if required:
        for key, what in (
            ("label", "the column with the observed outcome"),
            ("label_values_or_threshold", "which outcomes are positive"),
            ("facet", "the sensitive columns"),
        ):
            if given.get(key) in (None, []):
                raise SagelabError(f"analysis_config: bias methods need {key}, {what}.")
    return found


def check_together(config: AnalysisConfig, needs_predictor: bool) -> None:
    """What sections ask of one another."""
    bias_needs = (
        "post_training_bias" in config.metrics and "predicted_label" not in config.given and needs_predictor
    )
    explains = config.shap is not None or config.pdp is not None
    if (bias_needs or explains) and not config.predictor:
        asked = "shap and pdp" if explains else "post_training_bias without predicted_label"
        raise SagelabError(f"analysis_config: {asked} need a predictor section that names the model.")
    if config.predictor and "endpoint_name" not in config.predictor:
        for key in ("model_name", "instance_type", "initial_instance_count"):
            if key not in config.predictor:
                raise SagelabError(f"predictor: {key} is missing; the shadow endpoint needs it.")
    if config.pdp is not None and config.shap is None and not config.pdp.get("features"):
        raise SagelabError("pdp: give features, or the shap method that finds the top features.")
