"""What a lesson says about its graded exercises: hints, wrong answers, and the sentence for a right one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sagelab.findings import Finding
from sagelab.strict_yaml import Spot, StrictYamlError, read_yaml

__all__ = ["Guide", "Wrong", "read_exercises"]


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that somebody would really give, and the mistake behind it."""

    why: str
    code: str
    line: int


@dataclass(frozen=True)
class Guide:
    """How an exercise speaks to the learner, and the wrong answers that its check must catch."""

    right: str
    hints: tuple[str, ...]
    wrong: tuple[Wrong, ...]
    line: int


def read_exercises(path: Path) -> tuple[Mapping[str, Guide], tuple[Finding, ...]]:
    """Read exercises.yaml as far as it goes: each exercise's guide by its id, and each fault."""
    guides: dict[str, Guide] = {}
    findings: list[Finding] = []
    try:
        entries = read_yaml(path).pairs("exercises.yaml")
    except StrictYamlError as fault:
        return {}, (fault.finding,)
    for name, entry in entries.items():
        try:
            guides[name] = _guide(entry, name)
        except StrictYamlError as fault:
            findings.append(fault.finding)
    return guides, tuple(findings)


def _guide(entry: Spot, name: str) -> Guide:
    fields = entry.fields(name, ["right", "hints", "wrong"])
    hints = tuple(hint.text("a hint") for hint in fields["hints"].items("hints"))
    if not hints:
        raise fields["hints"].problem("there is no hint; write at least two")
    return Guide(
        right=fields["right"].text("right"),
        hints=hints,
        wrong=tuple(_wrong(wrong) for wrong in fields["wrong"].items("wrong")),
        line=entry.line - 1,
    )


def _wrong(entry: Spot) -> Wrong:
    fields = entry.fields("a wrong answer", ["why", "code"])
    return Wrong(fields["why"].text("why"), fields["code"].text("code").rstrip("\n"), entry.line)
