"""A quiz: what a learner is shown, and the one rule that says whether an answer is right."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sagelab.questions import Choice, Kind, Number, Question, QuizError, item_id, load_quiz, read_quiz

__all__ = [
    "Choice",
    "Kind",
    "Number",
    "Question",
    "QuizError",
    "Score",
    "canonical",
    "digest",
    "explained",
    "is_right",
    "item_id",
    "load_quiz",
    "payload",
    "read_quiz",
    "score",
    "solution",
]

TYPED_NUMBER = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?")
ROUNDING = 1e-9
"""What a tolerance forgives on top, for numbers that binary fractions cannot hold."""


@dataclass(frozen=True)
class Score:
    """How many answers are right, of how many, and the ids of the questions that were missed."""

    right: int
    total: int
    missed: tuple[str, ...]


def is_right(question: Question, answer: object) -> bool:
    """Say whether an answer is right; one of the wrong form is wrong."""
    try:
        given = canonical(question.kind, answer)
    except ValueError:
        return False
    if question.number is not None:
        return abs(float(given) - question.number.value) <= question.number.tolerance + ROUNDING
    return given == canonical(question.kind, solution(question))


def score(questions: Iterable[Question], answers: Mapping[str, Any]) -> Score:
    """Score the entries that `Answers.all` returns; a question without one is missed."""
    asked = tuple(questions)
    missed = tuple(
        question.id for question in asked if not is_right(question, _given(answers.get(question.id)))
    )
    return Score(len(asked) - len(missed), len(asked), missed)


def _given(entry: object) -> object:
    return entry["answer"] if isinstance(entry, Mapping) and "answer" in entry else entry


def canonical(kind: Kind, answer: object) -> str:
    """Write an answer in the one form that is compared and hashed; raises ValueError for a wrong form."""
    if kind in {"one", "several"}:
        return ",".join(sorted(_ids(answer)))
    if kind == "order":
        return ",".join(_ids(answer))
    if kind == "match" and isinstance(answer, Mapping):
        pairs = _ids(list(answer)), _ids(list(answer.values()))
        return ",".join(sorted(f"{left}={right}" for left, right in zip(*pairs, strict=True)))
    if kind == "number" and isinstance(answer, str) and TYPED_NUMBER.fullmatch(answer.strip()):
        return answer.strip()
    raise ValueError(f"this is no answer to a question of the kind {kind}")


def _ids(answer: object) -> list[str]:
    if not isinstance(answer, list) or not all(isinstance(item, str) for item in answer):
        raise ValueError("an answer is a list of ids")
    return answer


def digest(salt: str, canonical_answer: str) -> str:
    """Hash a canonical answer, so that a practice quiz can be checked in the browser."""
    return hashlib.sha256(f"{salt}:{canonical_answer}".encode("utf-8", "surrogatepass")).hexdigest()


def solution(question: Question) -> list[str] | dict[str, str] | str:
    """Return the right answer in the form of an answer."""
    if question.number is not None:
        return f"{question.number.value:.12g}"
    if question.kind == "order":
        return [item_id(step) for step in question.order]
    if question.kind == "match":
        return {item_id(left): item_id(right) for left, right in question.match}
    return [choice.id for choice in question.choices if choice.right]


def explained(question: Question, answer: object, number: int) -> str:
    """Return in plain words whether an answer is right, and why each choice is or is not: for after grading."""
    given = answer if isinstance(answer, list | dict) else []
    verdict = "✓ Right" if is_right(question, answer) else "✗ Not right" if answer else "✗ Not answered"
    lines = [f"{number}. {question.ask}", f"   {verdict}"]
    for choice in question.choices:
        chosen = "your choice" if choice.id in given else ""
        marks = ", ".join(filter(None, ["right" if choice.right else "wrong", chosen]))
        lines.append(f"   - {choice.say} ({marks}): {choice.why}")
    if question.number is not None:
        lines.append(f"   Answer: {solution(question)}")
    lines += [f"   {place}. {step}" for place, step in enumerate(question.order, 1)]
    lines += [f"   - {left} → {right}" for left, right in question.match]
    return "\n".join(
        [*lines, *([f"   {question.why}"] if question.why else []), f"   Source: {question.source}"]
    )


def payload(question: Question, seed: int | str, key: bool) -> dict[str, Any]:
    """Return what the widget shows; without `key` nothing in it tells the right answer."""
    shown = _shown(question, f"{seed}:{question.id}")
    return shown | _key(question, f"{seed}:{question.id}", shown) if key else shown


def _shown(question: Question, seed: str) -> dict[str, Any]:
    names = ("id", "kind", "ask", "case", "level", "source")
    shown: dict[str, Any] = {name: getattr(question, name) for name in names}
    if question.kind in {"one", "several"}:
        shown["choose"] = sum(choice.right for choice in question.choices)
        shown["choices"] = _shuffled([choice.say for choice in question.choices], seed)
    elif question.kind == "order":
        steps = _shuffled(list(question.order), seed)
        if [step["say"] for step in steps] == list(question.order):
            steps = steps[1:] + steps[:1]
        shown["choices"] = steps
    elif question.kind == "match":
        shown["left"] = [_item(left) for left, _ in question.match]
        shown["right"] = _shuffled(list(dict.fromkeys(right for _, right in question.match)), seed)
    return shown


def _key(question: Question, seed: str, shown: dict[str, Any]) -> dict[str, Any]:
    answer = solution(question)
    key: dict[str, Any] = {"why": question.why, "solution": answer}
    if question.number is not None:
        return key | {"number": {"value": question.number.value, "tolerance": question.number.tolerance}}
    whys = {choice.id: {"why": choice.why} for choice in question.choices}
    if whys:
        key["choices"] = [choice | whys[choice["id"]] for choice in shown["choices"]]
    salt = _hash(f"salt:{seed}")[:16]
    return key | {"salt": salt, "digest": digest(salt, canonical(question.kind, answer))}


def _item(text: str) -> dict[str, str]:
    return {"id": item_id(text), "say": text}


def _shuffled(texts: list[str], seed: str) -> list[dict[str, str]]:
    return [_item(text) for text in sorted(texts, key=lambda text: _hash(f"{seed}:{text}"))]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
