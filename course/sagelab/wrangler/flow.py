"""A flow: tables, and a graph of steps that change them; with preview, undo, and replay on new data."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sagelab.errors import SagelabError
from sagelab.wrangler.catalogue import find
from sagelab.wrangler.declare import Learned, column_kind, one_of
from sagelab.wrangler.graph import Preview, fingerprint, needed_for, next_id, without
from sagelab.wrangler.steps import Node, StepError, run_step

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Flow", "Preview"]

SAMPLE = 10_000
MOST_STEPS = 100
KEPT = 200  # changes that can be undone, and previews in memory


class Flow:
    """Steps on a table: `Flow(df).add("Drop column", column_to_drop=["ID"]).table()`.

    `sample` is the number of rows of each source on which previews are computed; `table()` uses all rows.
    What the steps have learned on all rows is in `learned`, by the step's id.
    """

    def __init__(
        self, table: pd.DataFrame | None = None, name: str = "table", *, uri: str = "", sample: int = SAMPLE
    ) -> None:
        self.sample = sample
        self._learned: dict[str, Learned] = {}
        self._tables: dict[str, pd.DataFrame] = {}
        self._states: list[tuple[Node, ...]] = [()]
        self._at = 0
        self._cache: dict[str, pd.DataFrame | StepError] = {}
        if table is not None:
            self._states = [(self._source(table, name, uri),)]

    def __repr__(self) -> str:
        lines = [f"{node.id}: {node.name}" if not node.transform else
                 f"{node.id}: {node.transform} <- {', '.join(node.inputs)} {json.dumps(dict(node.parameters))}"
                 for node in self.nodes]  # fmt: skip
        return "\n".join(lines) or "An empty flow"

    # -- the graph -----------------------------------------------------------------------------------

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Sources and steps, each after those that it needs."""
        return self._states[self._at]

    @property
    def steps(self) -> tuple[Node, ...]:
        """The steps, in the order in which they were added."""
        return tuple(node for node in self.nodes if node.transform)

    @property
    def sources(self) -> dict[str, pd.DataFrame]:
        """The tables that come in, by the id of their node."""
        return {node.id: self._tables[node.id] for node in self.nodes if not node.transform}

    @property
    def last(self) -> str:
        """The node whose table the flow gives: the one added last."""
        if not self.nodes:
            raise SagelabError("The flow has no table yet.")
        return self.nodes[-1].id

    def node(self, name: str | None = None) -> Node:
        """A node by its id or a source by its name; the last one without."""
        name = name or self.last
        for node in self.nodes:
            if name in (node.id, node.name):
                return node
        raise SagelabError(f"The flow has no node '{name:.80}'; it has {one_of(n.id for n in self.nodes)}.")

    def add_source(self, table: pd.DataFrame, name: str = "table", *, uri: str = "") -> str:
        """Bring another table in; the id of its node."""
        node = self._source(table, name, uri)
        self._change((*self.nodes, node))
        return node.id

    def add(self, *transform: str, after: str | None = None, right: Any = None, **parameters: Any) -> Flow:
        """Add a step after a node (the last one), named by its transform, or by group and transform.

        `right` is the second table of a join: a node, a source's name, or a DataFrame.
        A step that does not work on the sample raises StepError and leaves the flow as it was.
        """
        entry, nodes = find(transform[-1] if transform else ""), self.nodes
        if len(self.steps) >= MOST_STEPS:
            raise SagelabError(f"A flow has at most {MOST_STEPS} steps.")
        inputs = [self.node(after).id]
        if isinstance(right, str):
            inputs.append(self.node(right).id)
        elif right is not None:
            source = self._source(right, "right", "")
            nodes, inputs = (*nodes, source), [*inputs, source.id]
        if len(inputs) != entry.tables:
            words = "a second table; give it as `right`" if entry.tables == 2 else "one table only"
            raise SagelabError(f"'{entry.name}' takes {words}.")
        node = Node(self.free_id("step"), entry.name, entry.read(parameters), tuple(inputs))
        self._check((*nodes, node), node.id)
        self._change((*nodes, node))
        return self

    def place(self, node: Node) -> None:
        """Put a step in without running it, as a file is opened; `error` says whether it works."""
        entry = find(node.transform)
        if len(node.inputs) != entry.tables or any(self.node(name).id != name for name in node.inputs):
            raise SagelabError(f"{node.label} does not have the tables that it needs.")
        if len(self.steps) >= MOST_STEPS:
            raise SagelabError(f"A flow has at most {MOST_STEPS} steps.")
        self._change((*self.nodes, node))

    def forget_history(self) -> None:
        """Make the present state the first one, which cannot be undone."""
        self._states, self._at = [self.nodes], 0

    def edit(self, step: str, **parameters: Any) -> Flow:
        """Change parameters of a step; later steps that no longer work say so in `error`."""
        node = self._step(step)
        read = find(node.transform).read({**node.parameters, **parameters})
        new = dataclasses.replace(node, parameters=read)
        nodes = tuple(new if n.id == node.id else n for n in self.nodes)
        self._check(nodes, node.id)
        self._change(nodes)
        return self

    def remove(self, step: str) -> Flow:
        """Take a step out; what followed it follows what was before it."""
        self._change(without(self._step(step), self.nodes))
        return self

    def trust(self, step: str) -> Flow:
        """Let code that came from a file run; read it first."""
        node = self._step(step)
        new = dataclasses.replace(node, trusted=True)
        self._change(tuple(new if n.id == node.id else n for n in self.nodes))
        return self

    def undo(self) -> bool:
        """Take the last change back; False where there is none."""
        self._at, before = max(self._at - 1, 0), self._at
        return self._at != before

    def redo(self) -> bool:
        """Make a change again that was taken back; False where there is none."""
        self._at, before = min(self._at + 1, len(self._states) - 1), self._at
        return self._at != before

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return self._at < len(self._states) - 1

    # -- the tables ----------------------------------------------------------------------------------

    @property
    def learned(self) -> dict[str, Learned]:
        """What the steps have learned on all rows, by the step's id; `table()` makes it complete."""
        prints = {node.id: fingerprint(node.id, self.nodes) for node in self.steps}
        return {step: self._learned[text] for step, text in prints.items() if text in self._learned}

    def table(self, node: str | None = None) -> pd.DataFrame:
        """The table after a node (the last one), from all rows; its steps learn anew ("refit" on AWS)."""
        learned: dict[str, Learned] = {}
        result = self._run(self.node(node).id, self.sources, learned)
        self.keep_learned(learned)
        return result.copy()

    def keep_learned(self, learned: Mapping[str, Learned]) -> None:
        """Take over what steps have learned elsewhere, by the step's id."""
        self._learned |= {
            fingerprint(self._step(step).id, self.nodes): known for step, known in learned.items()
        }

    def apply(
        self,
        tables: pd.DataFrame | Mapping[str, pd.DataFrame],
        node: str | None = None,
        *,
        refit: bool = False,
    ) -> pd.DataFrame:
        """The same steps on new data, with what they learned on the flow's own; with `refit` they learn anew.

        One table takes the place of the first source; several are given by the names of sources.
        """
        from sagelab.wrangler.sources import tidy

        last = self.node(node).id
        named = tables if isinstance(tables, Mapping) else {next(iter(self.sources)): tables}
        sources = {**self.sources, **{self.node(name).id: tidy(table) for name, table in named.items()}}
        known = self.learned
        if not refit and any(
            n.id not in known for n in self.needed(last) if n.transform and find(n.transform).fit
        ):
            self.table(last)
        return self._run(last, sources, {} if refit else self.learned).copy()

    def preview(self, node: str | None = None, *, start: int = 0, rows: int = 20) -> Preview:
        """A page of the rows after a node, on a sample; StepError where it or a step before it fails."""
        chosen = self.node(node)
        table = self.sampled(chosen.id)
        sources = [self._tables[n.id] for n in self.needed(chosen.id) if not n.transform]
        columns = tuple((name, column_kind(table[name])) for name in table.columns)
        page = table.iloc[max(start, 0) : max(start, 0) + rows]
        return Preview(chosen.id, page, len(table), columns, any(len(t) > self.sample for t in sources))

    def sampled(self, node: str | None = None) -> pd.DataFrame:
        """The table after a node, computed on the first `sample` rows of each source."""
        return self._check(self.nodes, self.node(node).id)

    def error(self, node: str) -> StepError | None:
        """What is wrong with a node: its own fault, or that of a step before it."""
        try:
            self.sampled(node)
        except StepError as fault:
            return fault
        return None

    def needed(self, node: str) -> list[Node]:
        """The nodes that a node's table is made from, itself last."""
        return needed_for(node, self.nodes)

    # -- inside --------------------------------------------------------------------------------------

    def _run(
        self, last: str, sources: Mapping[str, pd.DataFrame], learned: dict[str, Learned]
    ) -> pd.DataFrame:
        results: dict[str, pd.DataFrame] = {}
        for node in self.needed(last):
            if not node.transform:
                results[node.id] = sources[node.id]
                continue
            inputs = [results[name] for name in node.inputs]
            results[node.id], known = run_step(node, inputs, learned.get(node.id))
            if known is not None:
                learned[node.id] = known
        return results[last]

    def _check(self, nodes: tuple[Node, ...], last: str) -> pd.DataFrame:
        """The sampled table after a node of a graph, from memory where nothing has changed."""
        node = next(n for n in nodes if n.id == last)
        if not node.transform:
            return self._tables[last].head(self.sample)
        text = fingerprint(last, nodes)
        if text not in self._cache:
            try:
                self._cache[text] = run_step(node, [self._check(nodes, name) for name in node.inputs])[0]
            except StepError as fault:
                self._cache[text] = fault
            while len(self._cache) > KEPT:
                del self._cache[next(iter(self._cache))]
        found = self._cache[text]
        if isinstance(found, StepError):
            raise found.with_traceback(None)
        return found

    def _change(self, nodes: tuple[Node, ...]) -> None:
        self._states = [*self._states[: self._at + 1], nodes][-KEPT:]
        self._at = len(self._states) - 1

    def _source(self, table: pd.DataFrame, name: str, uri: str) -> Node:
        from sagelab.wrangler.sources import tidy

        if not len(table.columns):
            raise SagelabError(f"The table '{name}' has no columns.")
        node = Node(f"source_{len(self._tables) + 1}", name=self._free_name(name), uri=uri)
        self._tables[node.id] = tidy(table)
        return node

    def _free_name(self, given: str) -> str:
        taken, name, count = {node.name for node in self.nodes}, given or "table", 1
        while name in taken:
            count += 1
            name = f"{given or 'table'}_{count}"
        return name

    def free_id(self, kind: str) -> str:
        """An id that no node of the flow or of its past has."""
        return next_id(kind, self._states)

    def _step(self, step: str) -> Node:
        node = self.node(step)
        if not node.transform:
            raise SagelabError(f"'{step}' is a source, not a step.")
        return node
