"""Read a course's YAML so that each fault names its file, its line and what to write instead."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sagelab.errors import SagelabError
from sagelab.findings import Finding

__all__ = ["Spot", "StrictYamlError", "file_name", "parse_yaml", "read_text", "read_yaml"]

MOST_BYTES = 1_000_000
MOST_NESTING = 12
NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
TEXT = "tag:yaml.org,2002:str"
READ_AS = {
    "tag:yaml.org,2002:bool": "a truth value",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:null": "nothing",
}


class StrictYamlError(SagelabError):
    """A fault in a YAML file, with the place and what to write instead."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@dataclass(frozen=True)
class Spot:
    """A value in a YAML file that knows where it stands."""

    file: str
    node: Any

    @property
    def line(self) -> int:
        """The line in the file, counted from one."""
        return int(self.node.start_mark.line) + 1

    def problem(self, text: str) -> StrictYamlError:
        """Return the fault, ready to raise."""
        return _error(self.file, self.line, text)

    def text(self, what: str) -> str:
        """Return the text that stands here; numbers, dates and truth values are refused."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.problem(f"{what} must be one text; write it in quotes on one line")
        value = str(self.node.value)
        if self.node.tag != TEXT and value:
            read_as = READ_AS.get(self.node.tag, "something else than text")
            raise self.problem(f'{what}: {value} without quotes is read as {read_as}; write "{value}"')
        if not value.strip():
            raise self.problem(f"{what} is empty; write a text in quotes")
        if INVISIBLE.search(value):
            raise self.problem(f"{what} holds an invisible control character; write it without")
        return value

    def number(self, what: str) -> float:
        """Return the number that stands here, written plainly: 12, 0.25 or 1.5e-3."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or node.style or not NUMBER.fullmatch(str(node.value)):
            raise self.problem(f"{what} must be a number; write it without quotes, as 12 or 0.25")
        value = float(node.value)
        if abs(value) == float("inf"):
            raise self.problem(f"{what} is too large for a number; write a smaller one")
        return value

    def flag(self, what: str) -> bool:
        """Return the truth value that stands here."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or node.style or node.value not in {"true", "false"}:
            raise self.problem(f"{what} must be a truth value; write true or false without quotes")
        return bool(node.value == "true")

    def items(self, what: str) -> list["Spot"]:
        """Return the values of the list that stands here."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.problem(f"{what} must be a list; write one '- ' for each entry")
        return [Spot(self.file, item) for item in self.node.value]

    def pairs(self, what: str) -> dict[str, "Spot"]:
        """Return the values of the mapping that stands here by their names; each name is a text."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.problem(f"{what} must be a mapping; write 'name: value' for each entry")
        found: dict[str, Spot] = {}
        for key, value in self.node.value:
            spot = Spot(self.file, key)
            name = spot.text(f"a name in {what}")
            if name in found:
                raise spot.problem(f"{name!r} stands twice in {what}; write it once")
            found[name] = Spot(self.file, value)
        return found

    def fields(self, what: str, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, "Spot"]:
        """Return the named fields that stand here; an unknown or missing one is a fault."""
        required, allowed = list(required), [*required, *optional]
        found = self.pairs(what)
        for name, spot in found.items():
            if name not in allowed:
                raise spot.problem(f"{what} has no field {name!r}; write one of {', '.join(allowed)}")
        for name in required:
            if name not in found:
                raise self.problem(f"{what} has no {name!r}; write '{name}: ...'")
        return found


class _Loader(yaml.SafeLoader):
    """SafeLoader's composer, which also refuses references and deep nesting."""

    nesting = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused(event, "references (& and *) are not allowed; write the text out")
        if self.nesting == MOST_NESTING:
            raise _refused(event, f"nested more than {MOST_NESTING} deep; write it flatter")
        self.nesting += 1
        node = super().compose_node(parent, index)
        self.nesting -= 1
        return node


def _compose(text: str) -> Any:
    """Compose with libyaml where it is there, ten times as quick; the reader above has the last word on a fault."""
    if hasattr(yaml, "CSafeLoader") and _is_sound(text):
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    return yaml.compose(text, Loader=_Loader)


def _is_sound(text: str) -> bool:
    """Say whether libyaml reads the text as one document without references, and not nested too deep."""
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.NodeEvent) and (event.anchor or depth == MOST_NESTING):
                return False
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
    except (yaml.YAMLError, ValueError, OverflowError):
        return False
    return documents == 1


def _refused(event: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def _error(file: str, line: int, text: str) -> StrictYamlError:
    return StrictYamlError(Finding(file, line, text))


def read_yaml(path: Path) -> Spot:
    """Read a YAML file into spots; raises StrictYamlError where it cannot be read."""
    return parse_yaml(read_text(path), file_name(path))


def parse_yaml(text: str, file: str) -> Spot:
    """Parse a YAML text, which stands in `file`, into spots."""
    try:
        node = _compose(text)
    except yaml.reader.ReaderError as fault:
        line = text.count("\n", 0, fault.position) + 1
        raise _error(file, line, "a character that YAML does not know; write visible ones only") from None
    except yaml.MarkedYAMLError as fault:
        raise _error(file, *_explain(fault)) from None
    except (ValueError, OverflowError):
        raise _error(file, 1, "an escape stands for no character; write the character itself") from None
    if node is None:
        raise _error(file, 1, "there is nothing here; write the first entry")
    return Spot(file, node)


def file_name(path: Path) -> str:
    """Name a lesson's file as authors do: model_monitor/quiz.yaml."""
    return f"{path.parent.name}/{path.name}"


def read_text(path: Path) -> str:
    """Read a text that an author wrote, with plain line ends; raises StrictYamlError."""
    file = file_name(path)
    try:
        if not path.is_file():
            raise _error(file, 1, "there is no such file; write it")
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise _error(
                file, 1, f"the file is larger than {MOST_BYTES // 1_000_000} MB; write a shorter one"
            )
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise _error(file, line, "this is not UTF-8 text; save the file as UTF-8") from None
    except OSError as fault:
        raise _error(file, 1, f"the file cannot be read ({fault.strerror}); write it anew") from None


def _explain(fault: yaml.MarkedYAMLError) -> tuple[int, str]:
    mark = fault.problem_mark or fault.context_mark
    problem = str(fault.problem or fault.context)
    if "\\t" in problem:
        advice = "a tab; write spaces"
    elif "; write" in problem:
        advice = problem
    elif "mapping values" in problem:
        advice = "a text that holds ': '; write it in quotes"
    else:
        advice = f"this is not YAML ({problem}); write texts in quotes and indent with spaces"
    return (mark.line + 1 if mark else 1), advice
