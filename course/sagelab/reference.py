"""The quick reference: every component of SageMaker AI with its purpose, key words, neighbors and status today."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from sagelab import catalogue
from sagelab.catalogue import Entry
from sagelab.strict_yaml import Spot, read_yaml

__all__ = ["REFERENCE", "Component", "Neighbor", "Standing", "load_reference", "table"]

REFERENCE = Path(__file__).with_name("reference.yaml")
Word = Literal["live", "moved", "closed", "ended"]
SOURCE = re.compile(r"https://docs\.aws\.amazon\.com/[\w./-]+")


@dataclass(frozen=True)
class Neighbor:
    """A component that is easily taken for this one, and what tells them apart."""

    to: str
    tell: str


@dataclass(frozen=True)
class Standing:
    """How a component stands on AWS: in a word, in a sentence, from AWS's own page, on the day it was checked."""

    word: Word
    say: str
    source: str
    checked: str


@dataclass(frozen=True)
class Component:
    """One line of the reference; `part_of` is empty, or the id of the component that it belongs to."""

    id: str
    name: str
    purpose: str
    words: tuple[str, ...]
    near: tuple[Neighbor, ...]
    status: Standing
    older: str = ""
    part_of: str = ""


def load_reference(path: Path = REFERENCE) -> tuple[Component, ...]:
    """Read the reference; raises StrictYamlError with the first fault, its line, and what to write instead."""
    spots = read_yaml(path).items("reference.yaml")
    found: dict[str, Component] = {}
    for spot in spots:
        component = _component(spot)
        if component.id in found:
            raise spot.problem(f"the id {component.id!r} is taken by another entry; write a new one")
        if component.part_of and component.part_of not in found:
            raise spot.problem(
                f"part_of {component.part_of!r} stands nowhere above; write the id of an entry"
            )
        found[component.id] = component
    for spot, component in zip(spots, found.values(), strict=True):
        for neighbor in component.near:
            if neighbor.to not in found or neighbor.to == component.id:
                raise spot.problem(f"there is no neighbor {neighbor.to!r}; write the id of another entry")
    return tuple(found.values())


def table(folder: Path, lessons: Path = catalogue.LESSONS) -> list[dict[str, Any]]:
    """Return the reference as the widget shows it; a lesson is linked where its notebook is in `folder`."""
    components = load_reference()
    names = {component.id: component.name for component in components}
    entries = catalogue.entries(lessons)
    rows = []
    for one in components:
        lesson = _lesson(one, entries)
        there = lesson is not None and (folder / lesson.notebook).is_file()
        rows.append(
            {
                "id": one.id,
                "name": one.name,
                "part_of": names.get(one.part_of, ""),
                "purpose": one.purpose,
                "words": list(one.words),
                "near": [{"name": names[neighbor.to], "tell": neighbor.tell} for neighbor in one.near],
                "older": one.older,
                "status": vars(one.status),
                "notebook": lesson.notebook if lesson and there else "",
                "lesson": lesson.title if lesson else "",
            }
        )
    return rows


def _lesson(component: Component, entries: Iterable[Entry]) -> Entry | None:
    """Find the lesson that teaches a component: its own, or the one of what it is a part of."""
    for name in filter(None, (component.id, component.part_of)):
        for entry in entries:
            if name == entry.slug or name.startswith(f"{entry.slug}_"):
                return entry
    return None


def _component(spot: Spot) -> Component:
    fields = spot.fields(
        "an entry", ["id", "name", "purpose", "words", "near", "status"], ["older", "part_of"]
    )
    name = fields["id"].text("id")
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name):
        raise fields["id"].problem(f"the id {name!r} holds other signs; write small letters and underscores")
    words = [word.text("a key word") for word in fields["words"].items("words")]
    near = [_neighbor(one) for one in fields["near"].items("near")]
    if not words or not near:
        raise spot.problem("an entry has at least one key word and one neighbor; write another one")
    return Component(
        id=name,
        name=fields["name"].text("name"),
        purpose=fields["purpose"].text("purpose"),
        words=tuple(words),
        near=tuple(near),
        status=_standing(fields["status"]),
        older=fields["older"].text("older") if "older" in fields else "",
        part_of=fields["part_of"].text("part_of") if "part_of" in fields else "",
    )


def _neighbor(spot: Spot) -> Neighbor:
    fields = spot.fields("a neighbor", ["to", "tell"])
    return Neighbor(fields["to"].text("to"), fields["tell"].text("tell"))


def _standing(spot: Spot) -> Standing:
    fields = spot.fields("status", ["word", "say", "source", "checked"])
    told = {name: field.text(name) for name, field in fields.items()}
    if told["word"] not in get_args(Word):
        raise fields["word"].problem(
            f"{told['word']!r} is no status; write one of {', '.join(get_args(Word))}"
        )
    if not SOURCE.fullmatch(told["source"]):
        raise fields["source"].problem("source is no page of docs.aws.amazon.com; write its address")
    try:
        if date.fromisoformat(told["checked"]).isoformat() != told["checked"]:
            raise ValueError
    except ValueError:
        raise fields["checked"].problem("checked is no day; write it as 2026-11-22") from None
    return Standing(**told)  # type: ignore[arg-type]
