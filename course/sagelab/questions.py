"""Questions as data: what quiz.yaml holds, read into frozen dataclasses."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from sagelab.strict_yaml import Spot, StrictYamlError, read_yaml

__all__ = ["Choice", "Kind", "Number", "Question", "QuizError", "item_id", "load_quiz", "read_quiz"]

Kind = Literal["one", "several", "order", "match", "number"]
ABOUT = ("level", "source", "checked")
KINDS = ("choices", "order", "match", "number")


class QuizError(StrictYamlError):
    """A fault in quiz.yaml, with the file, the line and what to write instead."""


def item_id(text: str) -> str:
    """Return the id by which a choice, a step or one side of a pair is answered."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Choice:
    """One choice of a question: what it says, why a person may think so, whether it is right."""

    say: str
    why: str
    right: bool = False

    @property
    def id(self) -> str:
        """The id by which this choice is answered."""
        return item_id(self.say)


@dataclass(frozen=True)
class Number:
    """A right number and how far off an answer may be."""

    value: float
    tolerance: float


@dataclass(frozen=True)
class Question:
    """One question; `case` is the scenario that it shares with others, or empty."""

    id: str
    kind: Kind
    ask: str
    level: str
    source: str
    checked: str
    choices: tuple[Choice, ...] = ()
    order: tuple[str, ...] = ()
    match: tuple[tuple[str, str], ...] = ()
    number: Number | None = None
    why: str = ""
    case: str = ""
    line: int = 0

    def __post_init__(self) -> None:
        for name in ("id", "kind", "ask", *ABOUT, "why", "case"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} of a question must be a text, not {getattr(self, name)!r}")
        if self.kind not in get_args(Kind):
            raise ValueError(
                f"{self.kind!r} is no kind of question; write one of {', '.join(get_args(Kind))}"
            )


def load_quiz(path: Path) -> tuple[Question, ...]:
    """Read quiz.yaml; raises QuizError with the first fault."""
    questions, faults = read_quiz(path)
    if faults:
        raise faults[0]
    return questions


def read_quiz(path: Path) -> tuple[tuple[Question, ...], tuple[QuizError, ...]]:
    """Read quiz.yaml as far as it goes: its sound questions, and each fault."""
    questions: list[Question] = []
    faults: list[QuizError] = []

    def attempt(read: Callable[[], None]) -> None:
        try:
            read()
        except StrictYamlError as fault:
            faults.append(QuizError(fault.finding))

    def read_file() -> None:
        for entry in read_yaml(Path(path)).items("quiz.yaml"):
            attempt(lambda entry=entry: read_entry(entry))  # type: ignore[misc]

    def read_entry(entry: Spot) -> None:
        if "case" not in entry.pairs("a question"):
            return keep(_question(entry), entry)
        name, scenario, about, inner = _case(entry)
        for spot in inner:
            attempt(lambda spot=spot: keep(_asked_in(spot, name, scenario, about), spot))  # type: ignore[misc]
        return None

    def keep(question: Question, entry: Spot) -> None:
        if any(question.id == other.id for other in questions):
            raise entry.problem(f"the id {question.id!r} is taken by another question; write a new one")
        questions.append(question)

    attempt(read_file)
    return tuple(questions), tuple(faults)


def questions_in(entry: Spot) -> list[Question]:
    """The questions of one entry: itself, or those of its case. Raises QuizError at the first fault."""
    if "case" not in entry.pairs("a question"):
        return [_question(entry)]
    name, scenario, about, inner = _case(entry)
    return [_asked_in(spot, name, scenario, about) for spot in inner]


def _case(entry: Spot) -> tuple[str, str, dict[str, Spot], list[Spot]]:
    fields = entry.fields("a case", ["id", "case", "questions"], ABOUT)
    inner = fields["questions"].items("questions of a case")
    if len(inner) < 2:
        raise fields["questions"].problem("a case asks one question; write at least two, or no case")
    about = {name: fields[name] for name in ABOUT if name in fields}
    return _name(fields["id"]), fields["case"].text("case"), about, inner


def _asked_in(entry: Spot, case: str, scenario: str, about: dict[str, Spot]) -> Question:
    question = _question(entry, about)
    return replace(question, id=f"{case}.{question.id}", case=scenario)


def _question(entry: Spot, about: dict[str, Spot] | None = None) -> Question:
    about = about or {}
    needed = [name for name in ABOUT if name not in about]
    fields = about | entry.fields("a question", ["id", "ask", *needed], [*KINDS, "why", *about])
    given = [kind for kind in KINDS if kind in fields]
    if len(given) != 1:
        raise entry.problem(f"a question has one kind of answer; write one of {', '.join(KINDS)}")
    if "why" not in fields and given != ["choices"]:
        raise entry.problem("a question has no 'why'; write why its answer is right")
    question = Question(
        id=_name(fields["id"]),
        kind="one",
        ask=fields["ask"].text("ask"),
        level=fields["level"].text("level"),
        source=fields["source"].text("source"),
        checked=fields["checked"].text("checked"),
        why=fields["why"].text("why") if "why" in fields else "",
        line=entry.line,
    )
    return _READERS[given[0]](question, fields[given[0]])


def _name(spot: Spot) -> str:
    name = spot.text("id")
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise spot.problem(f"the id {name!r} holds other signs; write letters, digits and hyphens only")
    return name


def _with_choices(question: Question, spot: Spot) -> Question:
    spots = spot.items("choices")
    if len(spots) < 2:
        raise spot.problem("a question has at least two choices; write another one")
    choices = tuple(_choice(choice) for choice in spots)
    _insist_on_distinct([choice.say for choice in choices], spots, "choice")
    right = sum(choice.right for choice in choices)
    if not right:
        raise spot.problem("no choice is right; write 'right: true' into the right one")
    return replace(question, kind="one" if right == 1 else "several", choices=choices)


def _choice(spot: Spot) -> Choice:
    fields = spot.fields("a choice", ["say", "why"], ["right"])
    right = fields["right"].flag("right") if "right" in fields else False
    return Choice(fields["say"].text("say"), fields["why"].text("why"), right)


def _with_order(question: Question, spot: Spot) -> Question:
    spots = spot.items("order")
    if len(spots) < 3:
        raise spot.problem("an order needs at least three steps; write another one")
    steps = [step.text("a step") for step in spots]
    _insist_on_distinct(steps, spots, "step")
    return replace(question, kind="order", order=tuple(steps))


def _with_match(question: Question, spot: Spot) -> Question:
    pairs = spot.pairs("match")
    sides = [(left, right.text(f"the match of {left!r}")) for left, right in pairs.items()]
    if len({right for _, right in sides}) < 2:
        raise spot.problem("every pair has the same right side; write at least two different ones")
    _insist_on_distinct(list(pairs), list(pairs.values()), "left side")
    return replace(question, kind="match", match=tuple(sides))


def _with_number(question: Question, spot: Spot) -> Question:
    fields = spot.fields("number", ["value", "tolerance"])
    value, tolerance = fields["value"].number("value"), fields["tolerance"].number("tolerance")
    if tolerance < 0:
        raise fields["tolerance"].problem("tolerance is below zero; write 0 or more")
    return replace(question, kind="number", number=Number(value, tolerance))


def _insist_on_distinct(texts: list[str], spots: list[Spot], what: str) -> None:
    ids = [item_id(" ".join(text.split())) for text in texts]
    for place, spot in enumerate(spots):
        if ids[place] in ids[:place]:
            raise spot.problem(f"the {what} {texts[place]!r} stands twice; write another one")


_READERS: dict[str, Callable[[Question, Spot], Question]] = {
    "choices": _with_choices,
    "order": _with_order,
    "match": _with_match,
    "number": _with_number,
}
