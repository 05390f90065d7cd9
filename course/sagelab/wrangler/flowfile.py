"""A flow as a `.flow` file, in the shape that Data Wrangler's own files have in AWS's example repositories.

Alike: `metadata`, `nodes` with `node_id`, `type`, `operator`, `parameters`, `trained_parameters`, `inputs` and
`outputs`; the S3 source, the operators that `Transform.aws` names, and their parameters.
Different: what a step has learned is plain JSON here and a packed Spark model there; transforms that AWS's public
files do not show carry `sagelab.` operators, which Data Wrangler refuses; a source that was a DataFrame has no URI.
No schema is published, so nothing promises that Data Wrangler opens a file of ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from sagelab.errors import SagelabError
from sagelab.wrangler.catalogue import catalogue, find
from sagelab.wrangler.declare import Transform
from sagelab.wrangler.flow import MOST_STEPS, Flow
from sagelab.wrangler.steps import CODE, Node

__all__ = ["from_flow_file", "to_flow_file"]

LARGEST = 20_000_000  # characters of a file
SOURCE, OURS, AWS = "sagemaker.s3_source_0.1", "sagelab.", "sagemaker.spark."
SKIPPED = ("VISUALIZATION", "DESTINATION", "DATASET")
NO_STEP = f"{AWS}infer_and_cast_type_0.1"  # what reading a table does here
RENAMED = {f"{AWS}custom_code_0.1"}
Reader = Callable[[str, str], pd.DataFrame]


def to_flow_file(flow: Flow) -> str:
    """The text of the file; it keeps what the steps have learned."""
    nodes = [_source(node, flow.sample) if not node.transform else _step(node, flow) for node in flow.nodes]
    return json.dumps({"metadata": {"version": 1, "disable_limits": False}, "nodes": nodes}, indent=2)


def from_flow_file(text: str, read: Reader) -> tuple[Flow, list[str]]:
    """The flow in a file, and notes on what was left out; `read(uri, name)` gives a source's table.

    Custom code arrives untrusted and does not run. Raises SagelabError with one sentence for any other file.
    """
    nodes = _nodes(text)
    flow, notes, known = Flow(), [], dict[str, str]()
    learned = {}
    for place, node in enumerate(nodes, 1):
        name, kind, operator = (_text(node, key, place) for key in ("node_id", "type", "operator"))
        if name in known:
            raise SagelabError(f"Two nodes of the file are called '{name:.80}'.")
        inputs = [_input(item, known, place) for item in _list(node, "inputs", place)]
        if kind == "SOURCE":
            title, uri = _where(node, place)
            known[name] = flow.add_source(read(uri, title), title, uri=uri)
        elif kind in SKIPPED or operator == NO_STEP:
            if len(inputs) != 1:
                raise SagelabError(f"Node {place} of the file has no input.")
            known[name] = inputs[0]
            if operator != NO_STEP:
                notes.append(f"{kind.capitalize()} node {place} was left out.")
        elif kind == "TRANSFORM":
            entry, parameters = _read_step(operator, node, place)
            step = Node(
                flow.free_id("step"), entry.name, parameters, tuple(inputs), trusted=entry.name != CODE
            )
            flow.place(step)
            known[name] = step.id
            trained = node.get("trained_parameters")
            if entry.fit and isinstance(trained, dict) and isinstance(trained.get("learned"), dict):
                learned[step.id] = trained["learned"]
            if entry.name == CODE:
                notes.append(f"{step.label} holds code from the file; it runs once you trust it.")
        else:
            raise SagelabError(f"Node {place} of the file is of the type '{kind:.40}', which no flow has.")
    flow.keep_learned(learned)
    flow.forget_history()
    return flow, notes


def _source(node: Node, sample: int) -> dict[str, Any]:
    ending = "parquet" if node.uri.endswith((".parquet", ".pq")) else "csv"
    context = {
        "s3Uri": node.uri,
        "s3ContentType": ending,
        "s3HasHeader": True,
        "s3FieldDelimiter": "\t" if node.uri.endswith(".tsv") else ",",
        "s3DirIncludesNested": False,
        "s3AddsFilenameColumn": False,
    }
    definition = {
        "datasetSourceType": "S3",
        "name": node.name,
        "description": None,
        "s3ExecutionContext": context,
    }
    return {
        "node_id": node.id,
        "type": "SOURCE",
        "operator": SOURCE,
        "parameters": {"dataset_definition": definition},
        "inputs": [],
        "outputs": [
            {"name": "default", "sampling": {"sampling_method": "sample_by_limit", "limit_rows": sample}}
        ],
    }


def _step(node: Node, flow: Flow) -> dict[str, Any]:
    entry = find(node.transform)
    parameters: dict[str, Any] = {}
    for path, value in _constants(entry).items():
        if value is not None:
            _put(parameters, path, value)
    _put(parameters, _at(entry), dict(node.parameters))
    known = flow.learned.get(node.id)
    return {
        "node_id": node.id,
        "type": "TRANSFORM",
        "operator": AWS + entry.aws if entry.aws else f"{OURS}{_short(entry.group)}_0.1",
        "parameters": parameters,
        "trained_parameters": {} if known is None else {"learned": known},
        "inputs": [{"name": "df", "node_id": name, "output_name": "default"} for name in node.inputs],
        "outputs": [{"name": "default"}],
    }


def _read_step(operator: str, node: dict[str, Any], place: int) -> tuple[Transform, dict[str, Any]]:
    """The catalogue's entry whose operator and constants a node has, with the parameters checked."""
    parameters = node.get("parameters")
    if not isinstance(parameters, dict):
        raise SagelabError(f"Node {place} of the file has no parameters.")
    if operator == f"{AWS}custom_code_0.1" and isinstance(parameters.get("pandas_parameters"), dict):
        operator, parameters = f"{AWS}custom_pandas_0.1", parameters["pandas_parameters"]
    for entry in catalogue().values():
        name = AWS + entry.aws if entry.aws else f"{OURS}{_short(entry.group)}_0.1"
        if name == operator and all(_get(parameters, path) == v for path, v in _constants(entry).items()):
            given = _get(parameters, _at(entry)) if _at(entry) else parameters
            given = given if isinstance(given, dict) else {}
            names = [parameter.name for parameter in entry.parameters]
            return entry, entry.read({n: given[n] for n in names if n in given})
    named = parameters.get("operator")
    words = f"'{operator:.80}'" + (f" ({named:.80})" if isinstance(named, str) else "")
    raise SagelabError(f"Node {place} of the file is a step that this course does not have: {words}.")


def _at(entry: Transform) -> str:
    return f"{_short(entry.name)}_parameters" if entry.at is None else entry.at


def _constants(entry: Transform) -> dict[str, Any]:
    """What stands beside the parameters and tells the entry; None for what must not stand there."""
    named = (
        {}
        if (entry.at == "" and entry.tables == 2) or entry.aws.startswith("cast")
        else {"operator": entry.name}
    )
    return {**named, **entry.constants}


def _short(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name.lower())


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        tree = tree.setdefault(folder, {})
    if name:
        tree[name] = {**tree.get(name, {}), **value} if isinstance(value, dict) else value
    else:
        tree |= value


def _get(tree: Any, path: str) -> Any:
    for name in path.split("."):
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def _nodes(text: str) -> list[dict[str, Any]]:
    if len(text) > LARGEST:
        raise SagelabError(f"The file is longer than {LARGEST:,} characters.")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        raise SagelabError("The file is not JSON, so it is no .flow file.") from None
    nodes = whole.get("nodes") if isinstance(whole, dict) else None
    if not isinstance(nodes, list) or not nodes or not all(isinstance(node, dict) for node in nodes):
        raise SagelabError("The file has no nodes, so it is no .flow file.")
    if len(nodes) > 2 * MOST_STEPS:
        raise SagelabError(f"The file has {len(nodes):,} nodes; a flow has at most {MOST_STEPS} steps.")
    return _sorted(nodes)


def _sorted(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each node after those that it needs."""
    ids = {node.get("node_id") for node in nodes if isinstance(node.get("node_id"), str)}
    done: list[dict[str, Any]] = []
    placed: set[Any] = set()
    waiting = nodes
    while waiting:
        ready = [node for node in waiting if not (_inputs_of(node) & ids) - placed]
        if not ready:
            raise SagelabError("The nodes of the file go round in a circle.")
        done += ready
        placed |= {node.get("node_id") for node in ready if isinstance(node.get("node_id"), str)}
        waiting = [node for node in waiting if node not in ready]
    return done


def _inputs_of(node: dict[str, Any]) -> set[str]:
    inputs = node.get("inputs")
    found = [i.get("node_id") for i in inputs if isinstance(i, dict)] if isinstance(inputs, list) else []
    return {name for name in found if isinstance(name, str)}


def _text(node: Mapping[str, Any], key: str, place: int) -> str:
    value = node.get(key)
    if not isinstance(value, str) or not value:
        raise SagelabError(f"Node {place} of the file has no {key}.")
    return value


def _list(node: Mapping[str, Any], key: str, place: int) -> list[Any]:
    value = node.get(key, [])
    if not isinstance(value, list) or len(value) > 2:
        raise SagelabError(f"Node {place} of the file has {key} that cannot be read.")
    return value


def _input(item: Any, known: Mapping[str, str], place: int) -> str:
    name = item.get("node_id") if isinstance(item, dict) else None
    if not isinstance(name, str) or name not in known:
        raise SagelabError(f"Node {place} of the file takes its table from a node that is not there.")
    return known[name]


def _where(node: Mapping[str, Any], place: int) -> tuple[str, str]:
    """The name and the URI of a source."""
    definition = _get(node, "parameters.dataset_definition")
    name, uri = _get(definition, "name"), _get(definition, "s3ExecutionContext.s3Uri")
    if not isinstance(name, str) or not isinstance(uri, str):
        raise SagelabError(f"Source node {place} of the file does not say where its table is in S3.")
    return name[:200], uri
