"""Constraints of the model quality monitor, and where live metrics break them.

The baseline suggests its own metrics as thresholds. Key names and comparison operators are those that AWS's example
notebooks print; AWS's guide tells the reader to review and loosen the suggested thresholds.
"""

from collections.abc import Mapping
from typing import Any

from sagelab.errors import SagelabError

from .model_quality import SECTIONS

LESS, GREATER = "LessThanThreshold", "GreaterThanThreshold"
OPERATORS = (LESS, GREATER)
GREATER_IS_WORSE = {"mae", "mse", "rmse", "false_positive_rate", "false_negative_rate"}
NOT_CONSTRAINED = ("confusion_matrix", "_curve", "best_constant_classifier")


def constraints(problem: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """A threshold for every metric that could be measured; a breach is to be on the worse side of it."""
    suggested = {
        name: {
            "threshold": entry["value"],
            "comparison_operator": GREATER if name in GREATER_IS_WORSE else LESS,
        }
        for name, entry in metrics.items()
        if not any(part in name for part in NOT_CONSTRAINED) and not isinstance(entry["value"], str)
    }
    return {"version": 0.0, f"{SECTIONS[problem]}_constraints": suggested}


def violations(problem: str, metrics: Mapping[str, Any], document: Mapping[str, Any]) -> list[dict[str, str]]:
    """One entry for each constrained metric on the wrong side of its threshold."""
    section = f"{SECTIONS[problem]}_constraints"
    if not isinstance(document.get(section), Mapping):
        raise SagelabError(
            f"constraints.json has no {section}; was it written for another problem type or monitor?"
        )
    found = []
    for name, constraint in document[section].items():
        threshold, operator = checked(name, constraint)
        value = metrics.get(name, {}).get("value")
        if not isinstance(value, int | float):
            continue
        if value < threshold if operator == LESS else value > threshold:
            spread = metrics[name]["standard_deviation"]
            about = f"{value} +/- {spread}" if isinstance(spread, float) else f"{value}"
            text = f"Metric {name} with {about} was {operator} '{threshold}'"
            found.append({"constraint_check_type": operator, "description": text, "metric_name": name})
    return found


def checked(name: str, constraint: Mapping[str, Any]) -> tuple[float, str]:
    """Threshold and operator of a constraint, both of them usable."""
    try:
        threshold, operator = float(constraint["threshold"]), constraint["comparison_operator"]
    except (KeyError, TypeError, ValueError) as error:
        raise SagelabError(
            f"The constraint on {name} needs a number threshold and a comparison_operator."
        ) from error
    if operator not in OPERATORS:
        raise SagelabError(
            f"The comparison_operator of {name} is {operator!r}; it must be {' or '.join(OPERATORS)}."
        )
    return threshold, operator
