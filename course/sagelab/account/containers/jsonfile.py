"""JSON files as AWS writes them: objects on many lines, a list of plain values on one."""

import json
from pathlib import Path
from typing import Any

INDENT = "  "


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path`, making the folder where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(pretty(value) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """The value of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def pretty(value: Any, indent: str = "") -> str:
    """The text of a JSON value, indented, with short lists and the numbers of a sketch on one line."""
    deeper = indent + INDENT
    if isinstance(value, dict) and value:
        lines = [f"{deeper}{json.dumps(str(key))}: {pretty(inner, deeper)}" for key, inner in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        return "[\n" + ",\n".join(deeper + pretty(inner, deeper) for inner in value) + f"\n{indent}]"
    return json.dumps(value)
