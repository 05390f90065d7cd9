"""The quick reference: every component on one page, to search and to print."""

from pathlib import Path

import traitlets

from sagelab.reference import table
from sagelab_widgets.widget import Widget

__all__ = ["Reference"]


class Reference(Widget, asset="reference"):
    """The components of SageMaker AI; lessons are linked whose notebooks are in `folder`."""

    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    query = traitlets.Unicode().tag(sync=True)

    def __init__(self, folder: Path | None = None, query: str = "") -> None:
        super().__init__(rows=table(folder or Path.cwd()), query=query)

    def __repr__(self) -> str:
        return "\n".join(f"{row['name']}: {row['purpose']} {row['status']['say']}" for row in self.rows)
