"""Bias drift and feature attribution drift: live analysis.json against the baseline's.

Bias (AWS developer guide, "Bias Drift Violations" and "Monitor Bias Drift for Models in Production"): a metric breaks
its constraint when it is worse, that is further from 0, than the baseline's value; and a normal bootstrap interval
guards against chance: there is an alert only where the whole interval lies outside the allowed range.
The guide says nothing of DI, whose fair value is 1. Our reading: what the others may be away from 0, DI may be away
from 1, on either side.

Attribution ("Monitor Feature Attribution Drift for Models in Production"): NDCG of the features in live order, with
the baseline's attributions as gains; below 0.90 is a violation.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sagelab.errors import SagelabError

from .bias_analysis import FacetResult, Measured, Stage

FAIR = {"DI": 1.0}
Z = 1.959964  # a 95 % normal interval
NDCG_THRESHOLD = 0.9


def as_number(value: Any) -> float | None:
    """A value of analysis.json; "Infinity" is text there, a metric that failed is null."""
    return None if value is None else float(value)


def is_worse(name: str, live: float, standard_error: float | None, baseline: float) -> bool:
    """Whether a metric is surely further from fair than the baseline was."""
    fair = FAIR.get(name, 0.0)
    allowed = abs(baseline - fair)
    slack = Z * (standard_error or 0.0)
    return abs(live - fair) - slack > allowed


def bias_violations(section: str, live: Stage, baseline: Mapping[str, Any]) -> list[dict[str, str]]:
    """The violations of one stage, `section` being its name in analysis.json."""
    facets = baseline.get(section, {}).get("facets", {})
    found = []
    for result in live.results:
        same_facet = [other for other in live.results if other.facet == result.facet]
        before = baseline_metrics(facets.get(result.facet, []), result, same_facet.index(result))
        found += [violation(result, metric) for metric in result.metrics if broken(metric, before)]
    return found


def baseline_metrics(
    groups: Sequence[Mapping[str, Any]], live: FacetResult, place: int
) -> dict[str, float | None]:
    """The baseline's metrics of a group.

    Groups with configured values are found by their place, because the upper end of an interval is data.
    """
    by_name = [group for group in groups if group["value_or_threshold"] == live.group]
    chosen = groups[place : place + 1] if live.values else by_name[:1]
    return {entry["name"]: as_number(entry["value"]) for group in chosen for entry in group["metrics"]}


def broken(metric: Measured, before: Mapping[str, float | None]) -> bool:
    """Whether a live metric and the baseline's are both there, and the live one is worse."""
    baseline = before.get(metric.name)
    if metric.value is None or baseline is None:
        return False
    return is_worse(metric.name, metric.value, metric.standard_error, baseline)


def violation(result: FacetResult, metric: Measured) -> dict[str, str]:
    """One entry of a bias monitor's violations file; the facet's value is told as it was configured."""
    return {
        "facet": result.facet,
        "facet_value": ",".join(map(str, result.values)) or result.group,
        "metric_name": metric.name,
        "constraint_check_type": "bias_drift_check",
        "description": f"Value {metric.value} does not meet the constraint requirement",
    }


def ndcg(baseline: Mapping[str, float], live: Mapping[str, float]) -> float:
    """Normalized discounted cumulative gain of the features in live order; 1 where the order is the baseline's."""
    if set(baseline) != set(live):
        raise SagelabError(
            f"The baseline explains {', '.join(baseline)}, but the live data has {', '.join(live)}."
        )
    gains = {name: abs(value) for name, value in baseline.items()}
    ideal = discounted([gains[name] for name in ranked(baseline)])
    return discounted([gains[name] for name in ranked(live)]) / ideal if ideal else 1.0


def ranked(attributions: Mapping[str, float]) -> list[str]:
    """The features by importance, the strongest first; equals stay in their order."""
    return sorted(attributions, key=lambda name: -abs(attributions[name]))


def discounted(gains: Sequence[float]) -> float:
    """sum of gain_i / log2(i + 1), i from 1."""
    return float(np.array(gains) @ (1 / np.log2(np.arange(len(gains)) + 2)))


def attribution_violations(live: Mapping[str, Any], baseline: Mapping[str, Any]) -> list[dict[str, str]]:
    """The violations of every explained label, from the `kernel_shap` sections of both analyses."""
    found = []
    for label, entry in live.items():
        if label not in baseline:
            raise SagelabError(f"The baseline has no SHAP values of {label}; it has {', '.join(baseline)}.")
        score = ndcg(baseline[label]["global_shap_values"], entry["global_shap_values"])
        if score < NDCG_THRESHOLD:
            found.append(
                {
                    "label": label,
                    "metric_name": "shap",
                    "constraint_check_type": "feature_attribution_drift_check",
                    "description": f"Feature attribution drift {score} exceeds threshold {NDCG_THRESHOLD}",
                }
            )
    return found
