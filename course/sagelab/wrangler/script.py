"""A flow as a Python script that runs by itself: the source of each transform once, and a call for each step."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from typing import Any

from sagelab.errors import SagelabError
from sagelab.wrangler.catalogue import find
from sagelab.wrangler.declare import arguments
from sagelab.wrangler.flow import Flow
from sagelab.wrangler.sources import fields_of, read_table, split_uri, tidy
from sagelab.wrangler.steps import CODE, Node

__all__ = ["file_name", "file_of", "python_script"]

SCRIPT = '''"""{title}

Needs {needs}.
Usage: python {file} [--source NAME=PATH ...] [--output PATH]
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
import pandas as pd

FILES = {files}
FIELDS = {fields}
LEARNED: dict[str, dict[str, Any]] = json.loads({learned})  # {meaning}


{functions}


def wrangle({sources}):
    """All steps of the flow, from its sources to its last table."""
{steps}
    return {last}


def fit(step, function, df, **parameters):
    """What a step has learned: as it was kept, or learned now."""
    if step not in LEARNED:
        LEARNED[step] = function(df, **parameters)
    return LEARNED[step]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description={title_text})
    parser.add_argument("--source", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--output", default={output})
    given = parser.parse_args()
    paths = {{**FILES, **dict(words.split("=", 1) for words in given.source)}}
    tables = {{name: read_table(paths[name], FIELDS[name]) for name in FILES}}
    wrangle(**tables).to_csv(given.output, index=False)
'''


def python_script(flow: Flow, node: str | None = None, *, name: str = "flow", refit: bool = True) -> str:
    """The script that makes the table after a node (the last one).

    With `refit` its steps learn from the data that it reads; without, it carries what `flow.table()` has learned.
    """
    last = flow.node(node).id
    nodes = flow.needed(last)
    sources, steps = [n for n in nodes if not n.transform], [n for n in nodes if n.transform]
    for step in steps:
        if step.transform == CODE and not step.trusted:
            raise SagelabError(
                f"{step.label} holds code from a file; read it and trust it before you export."
            )
    if not refit and any(find(n.transform).fit and n.id not in flow.learned for n in steps):
        flow.table(last)
    learned = {} if refit else {n.id: flow.learned[n.id] for n in steps if n.id in flow.learned}
    fields = {n.id: None if n.uri else fields_of(flow.sources[n.id]) for n in sources}
    return SCRIPT.format(
        title=f"{_plain(name)}: {len(steps)} steps, written by the course's Data Wrangler.",
        title_text=repr(f"{_plain(name)}: {len(steps)} steps"),
        needs=", ".join(_libraries(steps)),
        file=file_name(name, ".py"),
        files=repr({n.id: file_of(n) for n in sources}),
        fields=repr(fields),
        learned=repr(json.dumps(learned)),
        meaning="empty: each step learns from this data" if refit else "what the steps learned before",
        functions="\n\n".join(source_of(function) for function in _functions(steps)),
        sources=", ".join(n.id for n in sources),
        steps="\n".join(_call(step) for step in steps) or "    # no steps yet",
        last=last,
        output=repr(file_name(f"{name}_wrangled", ".csv")),
    )


def file_name(name: str, ending: str) -> str:
    """A file name that every system takes, from a name that a person gave."""
    kept = re.sub(r"[^A-Za-z0-9]+", "_", name.removesuffix(ending)).strip("_").lower()[:60]
    return f"{kept or 'flow'}{ending}"


def file_of(source: Node) -> str:
    """The file that a script reads for a source."""
    return split_uri(source.uri)[1].rpartition("/")[2] if source.uri else file_name(source.name, ".csv")


def source_of(function: Callable[..., Any]) -> str:
    """A function's source without comments that only matter to this project's tools."""
    return re.sub(r"  # (noqa|type|fmt):.*", "", inspect.getsource(function))


def _libraries(steps: list[Node]) -> list[str]:
    from importlib.metadata import version

    used = {find(step.transform).library for step in steps} | {"pandas"}
    return [f"{name} {version(name)}" for name in sorted(used)]


def _functions(steps: list[Node]) -> list[Callable[..., Any]]:
    """What the script must define, each function once, helpers first."""
    found: list[Callable[..., Any]] = [tidy, read_table]
    for step in steps:
        entry = find(step.transform)
        for function in (*entry.needs, *([entry.fit] if entry.fit else []), entry.run):
            if function not in found:
                found.append(function)
    return found


def _call(step: Node) -> str:
    entry = find(step.transform)
    parameters = entry.read(step.parameters)
    words = [f"{name}={value!r}" for name, value in arguments(entry.run, parameters).items()]
    lines = [f"    # {step.label}"]
    inputs = list(step.inputs)
    if entry.fit:
        fitted = arguments(entry.fit, parameters)
        known = [f"{name}={value!r}" for name, value in fitted.items()]
        lines.append(
            f"    learned = fit({', '.join([repr(step.id), entry.fit.__name__, inputs[0], *known])})"
        )
        inputs.append("learned")
    lines.append(f"    {step.id} = {entry.run.__name__}({', '.join([*inputs, *words])})")
    return "\n".join(lines)


def _plain(name: str) -> str:
    return " ".join(re.sub(r'[\\"{}]', " ", name).split())[:80] or "flow"
