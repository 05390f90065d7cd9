"""The SHAP explorer: which features push the output, for all clients, for one client, and by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from sagelab.attribution import explain
from sagelab_widgets.widget import Widget

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

__all__ = ["ShapExplorer"]


class ShapExplorer(Widget, asset="shap_explorer"):
    """Look into SHAP values of a table: `values` is n clients x d features, `base` the baseline's output.

    `output` names what is explained and its unit; clients carry the labels of the table's index; what was
    prepared is in `result` (a `sagelab.attribution.Attribution`).
    """

    attribution = traitlets.Dict().tag(sync=True)
    client = traitlets.Unicode().tag(sync=True)
    feature = traitlets.Unicode().tag(sync=True)
    units = traitlets.Dict(value_trait=traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        X: pd.DataFrame,  # noqa: N803 - the field's own name for a table of features
        values: ArrayLike,
        base: float,
        output: str = "output",
        *,
        units: Mapping[str, str] | None = None,
    ) -> None:
        self.result = explain(X, values, base, output)
        super().__init__(
            attribution=self.result.payload(),
            client=self.result.clients[0],
            feature=self.result.columns[0].name,
            units=dict(units or {}),
        )

    def __repr__(self) -> str:
        width = max(len(column.name) for column in self.result.columns)
        rows = [f"  {column.name:<{width}}  {column.importance:.4f}" for column in self.result.columns]
        title = f"SHAP values of {self.result.total} clients; mean effect on the {self.result.output}:"
        return "\n".join([title, *rows])

    @traitlets.validate("client", "feature")
    def _known(self, proposal: Any) -> Any:
        features = [column.name for column in self.result.columns]
        known = features if proposal["trait"].name == "feature" else self.result.clients
        if proposal["value"] not in known:
            raise traitlets.TraitError(f"There is no {proposal['trait'].name} '{proposal['value']}' here.")
        return proposal["value"]
