"""constraint_violations.json of the data quality monitor: where live data breaks the baseline's constraints.

The six checks are those of the AWS developer guide, "Schema for Violations". The sentences follow what AWS's container
writes where public examples show it (data type, drift, columns); completeness and categories follow Deequ's wording.
`num_constraints.is_non_negative` is written by the baseline, but the guide lists no check for it and neither do we.

The guide describes `datatype_check_threshold` and `domain_content_threshold` (default 0.1) as a tolerance. Files in
the wild carry 1.0 and violations "Expected match: 100.0%", which reads as the share required. We follow the guide: the
threshold is the largest share of values that may fail.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .constraints import ENABLED, MonitoringConfig, monitoring_config, read_features
from .distances import METHODS, Weighted, categorical_distance, numeric_distance
from .sketch import unpack
from .statistics import FRACTIONAL, INTEGRAL, STRING, UNKNOWN, Column

Violation = dict[str, str]


def violation(feature: str, check: str, description: str) -> Violation:
    """One entry of the violations file."""
    return {"feature_name": feature, "constraint_check_type": check, "description": description}


def check_dataset(
    columns: Sequence[Column], constraints: Mapping[str, Any], baseline: Mapping[str, Any] | None
) -> tuple[list[Violation], dict[str, float]]:
    """All violations of a dataset, and the drift distance of every feature that could be compared.

    `baseline` is the content of the baseline's statistics.json; without it no distribution is compared.
    """
    config = monitoring_config(constraints.get("monitoring_config", {}))
    features = read_features(constraints)
    if config.evaluate_constraints != ENABLED:
        return [], {}
    live = {column.name: column for column in columns}
    before = {entry["name"]: entry for entry in (baseline or {}).get("features", [])}
    found, distances = check_columns(features, live), {}
    for feature in features:
        column = live.get(feature["name"])
        if column is None:
            continue
        own = monitoring_config(feature.get("monitoringConfigOverrides") or {}, config)
        found += check_feature(column, feature, own)
        distance = drift(column, before.get(column.name), own)
        if distance is not None:
            distances[column.name] = distance
            found += check_drift(column, before[column.name], distance, own)
    return found, distances


def check_columns(features: Sequence[Mapping[str, Any]], live: Mapping[str, Column]) -> list[Violation]:
    """missing_column_check and extra_column_check, by name, or by number where captured data has no names."""
    expected, seen = {feature["name"] for feature in features}, set(live)
    named = bool(expected & seen)
    counts = (
        f"Number of columns in current dataset: {len(seen)}, "
        f"Number of columns in baseline constraints: {len(expected)}"
    )
    found = []
    if expected - seen if named else len(seen) < len(expected):
        text = f"There are missing columns in current dataset. {counts}"
        found.append(violation("Missing columns", "missing_column_check", text))
    if seen - expected if named else len(seen) > len(expected):
        text = f"There are extra columns in current dataset. {counts}"
        found.append(violation("Extra columns", "extra_column_check", text))
    return found


def check_feature(column: Column, feature: Mapping[str, Any], config: MonitoringConfig) -> list[Violation]:
    """completeness_check, data_type_check and categorical_values_check of one column."""
    return [
        *check_completeness(column, feature),
        *check_type(column, feature.get("inferred_type", UNKNOWN), config.datatype_check_threshold),
        *check_domain(column, feature.get("string_constraints", {}), config.domain_content_threshold),
    ]


def check_completeness(column: Column, feature: Mapping[str, Any]) -> list[Violation]:
    """Fewer values than the constraint asks for."""
    expected = feature.get("completeness")
    if expected is None or column.completeness >= expected:
        return []
    text = (
        f"Value: {column.completeness} does not meet the constraint requirement! "
        f"Completeness should be at least {expected}."
    )
    return [violation(column.name, "completeness_check", text)]


def check_type(column: Column, expected: str, tolerance: float) -> list[Violation]:
    """Too many values of another type; a whole number is also a good Fractional, and anything a good String."""
    accepted = {INTEGRAL: (INTEGRAL,), FRACTIONAL: (INTEGRAL, FRACTIONAL)}.get(expected)
    if accepted is None or not column.present:
        return []
    match = sum(column.types[kind] for kind in accepted) / column.present
    if match >= 1 - tolerance:
        return []
    text = (
        f"Data type match requirement is not met. Expected data type: {expected}, "
        f"Expected match: {100 * (1 - tolerance)}%. Observed: Only {100 * match}% of data is {expected}."
    )
    return [violation(column.name, "data_type_check", text)]


def check_domain(column: Column, string_constraints: Mapping[str, Any], tolerance: float) -> list[Violation]:
    """Too many values that the baseline did not know."""
    domain = string_constraints.get("domains")
    if domain is None or not column.present:
        return []
    known = sum(column.counts.get(str(value), 0) for value in set(domain)) / column.present
    if known >= 1 - tolerance:
        return []
    text = (
        f"Value: {known} does not meet the constraint requirement! "
        f"At least {1 - tolerance} of the values should be in the baseline's domain."
    )
    return [violation(column.name, "categorical_values_check", text)]


def drift(column: Column, before: Mapping[str, Any] | None, config: MonitoringConfig) -> float | None:
    """The distance from the baseline's distribution, or None where there is nothing to compare."""
    comparison = config.distribution_constraints
    if before is None or comparison.perform_comparison != ENABLED:
        return None
    method = METHODS[comparison.comparison_method]
    if before["inferred_type"] == STRING:
        old = baseline_categories(before)
        if not old or not column.counts:
            return None
        return categorical_distance(old, column.counts, comparison.categorical_drift_method, method)
    old_numbers = baseline_numbers(before)
    if old_numbers is None or not len(column.numbers[0]):
        return None
    return numeric_distance(old_numbers, column.numbers, method)


def baseline_categories(before: Mapping[str, Any]) -> dict[str, int]:
    """The counts of a text column's values in the baseline, empty where the file lists none."""
    listed = before["string_statistics"].get("distribution", {}).get("categorical", {}).get("buckets", [])
    return {bucket["value"]: bucket["count"] for bucket in listed}


def baseline_numbers(before: Mapping[str, Any]) -> Weighted | None:
    """The baseline's distribution of a numeric column, from its sketch."""
    kll = before.get("numerical_statistics", {}).get("distribution", {}).get("kll", {})
    values, weights = unpack(kll["sketch"]) if "sketch" in kll else unpack({"data": []})
    return (values, weights) if len(values) else None


def check_drift(
    column: Column, before: Mapping[str, Any], distance: float, config: MonitoringConfig
) -> list[Violation]:
    """baseline_drift_check: the distance is over the threshold of numbers or of categories."""
    comparison = config.distribution_constraints
    text_column = before["inferred_type"] == STRING
    threshold = comparison.categorical_threshold if text_column else comparison.comparison_threshold
    if distance <= threshold:
        return []
    text = f"Baseline drift distance: {distance} exceeds threshold: {threshold}"
    return [violation(column.name, "baseline_drift_check", text)]
