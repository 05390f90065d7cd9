"""The drift explorer: a baseline against months of live data, feature by feature."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from sagelab.drift import compare
from sagelab_widgets.widget import Widget

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DriftExplorer"]

STATISTICS = ("psi", "ks", "chi_squared")
THRESHOLDS = {"psi": 0.2, "ks": 0.1, "chi_squared": 0.1}


class DriftExplorer(Widget, asset="drift_explorer"):
    """Compare live months with a baseline; `threshold` belongs to the statistic that is shown first.

    What was computed is in `result` (a `sagelab.drift.Comparison`); `units` names the units of features.
    """

    comparison = traitlets.Dict().tag(sync=True)
    feature = traitlets.Unicode().tag(sync=True)
    month = traitlets.Unicode().tag(sync=True)
    statistic = traitlets.Enum(STATISTICS, "psi").tag(sync=True)
    thresholds = traitlets.Dict(value_trait=traitlets.Float(min=0)).tag(sync=True)
    units = traitlets.Dict(value_trait=traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        baseline: pd.DataFrame,
        live: Mapping[str, pd.DataFrame],
        features: Sequence[str] | None = None,
        *,
        threshold: float = THRESHOLDS["psi"],
        statistic: str = "psi",
        categorical: Collection[str] | None = None,
        units: Mapping[str, str] | None = None,
        baseline_name: str = "baseline",
    ) -> None:
        self.result = compare(baseline, live, features, categorical=categorical, baseline_name=baseline_name)
        super().__init__(
            comparison=self.result.payload(),
            feature=self.result.features[0].feature,
            month=self.result.months[-1],
            statistic=statistic,
            thresholds={**THRESHOLDS, statistic: threshold},
            units=dict(units or {}),
        )

    def __repr__(self) -> str:
        width = max(len(drift.feature) for drift in self.result.features)
        lines = [f"Drift against {self.result.baseline} (PSI):"]
        for drift in self.result.features:
            months = "  ".join(f"{shift.month} {shift.psi:.3f}" for shift in drift.shifts)
            lines.append(f"  {drift.feature:<{width}}  {months}")
        return "\n".join(lines)

    @traitlets.validate("feature", "month")
    def _known(self, proposal: Any) -> Any:
        features = [drift.feature for drift in self.result.features]
        known = features if proposal["trait"].name == "feature" else list(self.result.months)
        if proposal["value"] not in known:
            raise traitlets.TraitError(f"'{proposal['value']}' is not one of {', '.join(known)}.")
        return proposal["value"]
