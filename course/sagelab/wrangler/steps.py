"""One step of a flow, run on its tables: parameters checked, faults as one sentence."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sagelab.errors import SagelabError
from sagelab.wrangler.catalogue import find
from sagelab.wrangler.declare import Learned, arguments

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Node", "StepError", "run_step"]

CODE = "Custom transform (pandas)"


@dataclass(frozen=True)
class Node:
    """A source (no transform; `name` and `uri` say which) or a step with the nodes that it takes its tables from."""

    id: str
    transform: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    name: str = ""
    uri: str = ""
    trusted: bool = True

    @property
    def label(self) -> str:
        """What it is called in a sentence: Step 2 (Drop column)."""
        return f"Step {self.id.partition('_')[2]} ({self.transform})" if self.transform else self.name


class StepError(SagelabError):
    """A step that does not work; `node` is its id."""

    def __init__(self, node: Node, sentence: str) -> None:
        self.node = node.id
        super().__init__(f"{node.label}: {sentence}")


def run_step(
    node: Node, tables: Sequence[pd.DataFrame], learned: Learned | None = None
) -> tuple[pd.DataFrame, Learned | None]:
    """The step's new table and what it has learned; with `learned` it learns nothing anew.

    Raises StepError with one sentence, whatever the library's own words were.
    """
    try:
        entry = find(node.transform)
        if entry.name == CODE and not node.trusted:
            raise SagelabError("this is code from a file; read it, and trust it before it runs.")
        parameters = entry.read(node.parameters)
        for parameter in entry.parameters:
            if parameter.kind in ("column", "columns"):
                parameter.check_columns(parameters[parameter.name], tables[0])
        given = arguments(entry.run, parameters)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the libraries' advice is meant for who writes the transforms
            if entry.fit:
                fitted = arguments(entry.fit, parameters)
                learned = entry.fit(tables[0], **fitted) if learned is None else learned
                result = entry.run(*tables, learned, **given)
            else:
                learned, result = None, entry.run(*tables, **given)
        if not result.columns.is_unique:
            twice = result.columns[result.columns.duplicated()][0]
            raise SagelabError(f"It would give two columns named '{twice}'; rename one first.")
    except SagelabError as fault:
        raise StepError(node, str(fault)) from None
    except (
        Exception,
        SystemExit,
    ) as fault:  # a learner's code and three libraries: any kind of fault may come
        words = " ".join(str(fault).partition("\n")[0].split())[:300]
        if isinstance(fault, KeyError):
            words = f"There is no column or value {words}."
        raise StepError(node, words or type(fault).__name__) from fault
    return result, learned
