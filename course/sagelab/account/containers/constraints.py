"""constraints.json of the data quality monitor: what later data must satisfy.

Layout and defaults: AWS developer guide, "Schema for Constraints (constraints.json file)". The guide says that a text
column gets `domains` "for small cardinality" without naming a number; we use the rule of Deequ, the open library that
AWS's container is built on: at most 120 distinct values, of which at most a tenth occur only once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sagelab.errors import SagelabError

from .distances import CHI_SQUARED, LINFINITY, METHODS, ROBUST
from .statistics import FRACTIONAL, INTEGRAL, LISTED_VALUES, STRING, Column

ENABLED, DISABLED = "Enabled", "Disabled"
ONCE_ONLY_SHARE = 0.1
FEATURE_KEYS = {
    "name", "inferred_type", "completeness", "num_constraints", "string_constraints", "monitoringConfigOverrides",
}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """The `distribution_constraints` of a monitoring_config."""

    perform_comparison: str = ENABLED
    comparison_threshold: float = 0.1
    comparison_method: str = ROBUST
    categorical_comparison_threshold: float | None = None
    categorical_drift_method: str = LINFINITY

    @property
    def categorical_threshold(self) -> float:
        """The threshold of text columns, which is the numeric one unless it is set."""
        own = self.categorical_comparison_threshold
        return self.comparison_threshold if own is None else own


@dataclass(frozen=True)
class MonitoringConfig:
    """The `monitoring_config` of a constraints file, or the part that one feature overrides."""

    evaluate_constraints: str = ENABLED
    emit_metrics: str = ENABLED
    datatype_check_threshold: float = 0.1
    domain_content_threshold: float = 0.1
    distribution_constraints: Comparison = Comparison()


SWITCHES = {"evaluate_constraints", "emit_metrics", "perform_comparison"}
CHOICES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(SWITCHES, (ENABLED, DISABLED)),
    "comparison_method": tuple(METHODS),
    "categorical_drift_method": (LINFINITY, CHI_SQUARED),
}


def monitoring_config(given: Mapping[str, Any], base: MonitoringConfig | None = None) -> MonitoringConfig:
    """Read a monitoring_config over the defaults (or over `base`); an unknown key or value is named."""
    config = base or MonitoringConfig()
    given = dict(given)
    comparison = given.pop("distribution_constraints", {})
    if not isinstance(comparison, Mapping):
        raise SagelabError("monitoring_config.distribution_constraints must be an object.")
    inner = replace(
        config.distribution_constraints, **checked(comparison, Comparison, "distribution_constraints")
    )
    return replace(
        config, **checked(given, MonitoringConfig, "monitoring_config"), distribution_constraints=inner
    )


def checked(given: Mapping[str, Any], kind: type, where: str) -> dict[str, Any]:
    """The given settings, each known by name and of the right type."""
    known = [field.name for field in fields(kind)]
    for key, value in given.items():
        if key not in known:
            raise SagelabError(f"{where} has the unknown key {key!r}; it may hold {', '.join(known)}.")
        if key in CHOICES and value not in CHOICES[key]:
            raise SagelabError(f"{where}.{key} is {value!r}; it must be {' or '.join(CHOICES[key])}.")
        if key not in CHOICES and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise SagelabError(f"{where}.{key} is {value!r}; it must be a number.")
    return dict(given)


def constraints(columns: Sequence[Column]) -> dict[str, Any]:
    """The constraints that the baseline suggests."""
    return {
        "version": 0.0,
        "features": [feature_constraints(column) for column in columns],
        "monitoring_config": as_json(MonitoringConfig()),
    }


def as_json(config: MonitoringConfig) -> dict[str, Any]:
    """A monitoring_config as it stands in the file."""
    inner = config.distribution_constraints
    return {
        "evaluate_constraints": config.evaluate_constraints,
        "emit_metrics": config.emit_metrics,
        "datatype_check_threshold": config.datatype_check_threshold,
        "domain_content_threshold": config.domain_content_threshold,
        "distribution_constraints": {
            "perform_comparison": inner.perform_comparison,
            "comparison_threshold": inner.comparison_threshold,
            "comparison_method": inner.comparison_method,
            "categorical_comparison_threshold": inner.categorical_threshold,
            "categorical_drift_method": inner.categorical_drift_method,
        },
    }


def feature_constraints(column: Column) -> dict[str, Any]:
    """The entry of one feature: type, completeness, and non-negativity or the domain."""
    kind = column.inferred_type
    entry: dict[str, Any] = {"name": column.name, "inferred_type": kind, "completeness": column.completeness}
    if kind in (INTEGRAL, FRACTIONAL):
        entry["num_constraints"] = {"is_non_negative": bool(column.numbers[0][0] >= 0)}
    elif kind == STRING and has_domain(column):
        entry["string_constraints"] = {"domains": sorted(column.counts)}
    return entry


def has_domain(column: Column) -> bool:
    """Whether a text column has few enough values, seen often enough, to list them (Deequ's rule)."""
    once = sum(count == 1 for count in column.counts.values())
    return len(column.counts) <= LISTED_VALUES and once <= ONCE_ONLY_SHARE * len(column.counts)


def read_features(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The features of a constraints file, each with a name and only known keys."""
    features = document.get("features")
    if not isinstance(features, list):
        raise SagelabError(
            "constraints.json must hold a list named features; was it written by another monitor?"
        )
    for feature in features:
        unknown = set(feature) - FEATURE_KEYS
        if "name" not in feature or unknown:
            what = f"the unknown key {sorted(unknown)[0]!r}" if unknown else "no name"
            raise SagelabError(
                f"constraints.json: a feature has {what}; it may hold {', '.join(sorted(FEATURE_KEYS))}."
            )
    return features
