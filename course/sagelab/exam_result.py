"""What a learner is told after an exam: the marks by module, and why each missed question was missed."""

from collections.abc import Iterable, Mapping
from typing import Any

from sagelab import catalogue
from sagelab.exam import Item, tally
from sagelab.quiz import is_right, item_id, payload, solution
from sagelab.sitting import Answer, Sitting

__all__ = ["explain", "outcome", "summary"]


def summary(sitting: Sitting) -> dict[str, Any]:
    """A sitting in a line of the list: what was asked, and how much of what counts was right."""
    asked = [name for name in sitting.items if name in sitting.results or not sitting.ended]
    counted = [name for name in asked if name not in sitting.trial]
    return {
        "id": sitting.id,
        "wish": sitting.plan.wish,
        "modules": list(sitting.plan.modules),
        "began": sitting.began,
        "ended": sitting.ended,
        "questions": len(asked),
        "answered": len(sitting.answers),
        "counted": len(counted),
        "right": sum(sitting.results.get(name, False) for name in counted),
        "used": sitting.used,
        "limit": sitting.limit if sitting.timed else 0,
    }


def outcome(sitting: Sitting, items: Iterable[Item]) -> dict[str, Any]:
    """The result of a sitting handed in: its summary, each module the weakest first, and what was on trial."""
    asked = [item for item in items if item.id in sitting.results]
    counted = tally((item for item in asked if item.id not in sitting.trial), sitting.results)
    trial = [item for item in asked if item.id in sitting.trial]
    return summary(sitting) | {
        "unanswered": sum(name not in sitting.answers for name in sitting.results),
        "marks": [
            {
                "module": marks.module,
                "right": marks.right,
                "total": marks.total,
                "questions": _explained(sitting, [i for i in asked if _counts(i, marks.module, sitting)]),
            }
            for marks in counted.modules
        ],
        "trial": {
            "right": sum(sitting.results[item.id] for item in trial),
            "total": len(trial),
            "questions": _explained(sitting, trial),
        },
    }


def explain(item: Item, answer: Answer | None, seed: str) -> dict[str, Any]:
    """One question with its answer: what was given, what is right, and why, choice by choice where there are any."""
    question, shown = item.question, payload(item.question, seed, key=True)
    says = {item_id(side): side for pair in question.match for side in pair}
    says |= {choice["id"]: choice["say"] for choice in shown.get("choices", ())}
    told = {name: shown[name] for name in ("id", "kind", "ask", "case", "source", "why")}
    told |= {"lessons": _lessons(item), "answered": bool(answer), "right": is_right(question, answer)}
    if question.choices:
        chosen, right = answer or [], solution(question)
        marks = [
            {"say": c["say"], "why": c["why"], "chosen": c["id"] in chosen, "right": c["id"] in right}
            for c in shown["choices"]
        ]
        return told | {"choices": marks}
    return told | {"given": _lines(answer, says, item), "solution": _lines(solution(question), says, item)}


def _counts(item: Item, module: str, sitting: Sitting) -> bool:
    return item.module == module and item.id not in sitting.trial


def _explained(sitting: Sitting, items: Iterable[Item]) -> list[dict[str, Any]]:
    """The questions to look at again: those that were missed, then those that were flagged though right."""
    again = [item for item in items if not sitting.results[item.id] or item.id in sitting.flags]
    again.sort(key=lambda item: sitting.results[item.id])
    return [
        explain(item, sitting.answers.get(item.id), sitting.id)
        | {"right": sitting.results[item.id], "flagged": item.id in sitting.flags}
        for item in again
    ]


def _lines(answer: object, says: Mapping[str, str], item: Item) -> list[str]:
    """An answer in words: a step a line, a pair a line."""
    if isinstance(answer, Mapping):
        pairs = [(left, says.get(str(answer.get(item_id(left))), "?")) for left, _ in item.question.match]
        return [f"{left} → {right}" for left, right in pairs if item_id(left) in answer]
    if isinstance(answer, list):
        return [says[step] for step in answer if step in says]
    return [str(answer)] if answer else []


def _lessons(item: Item) -> list[dict[str, str]]:
    """The lessons that teach what an item is about, its home first."""
    known = {entry.slug: entry for entry in catalogue.entries()}
    return [
        {"title": known[topic].title, "notebook": known[topic].notebook}
        for topic in item.topics
        if topic in known
    ]
