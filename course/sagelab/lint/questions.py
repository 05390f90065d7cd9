"""What a lesson's questions must be, beyond what quiz.yaml's reader insists on."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from sagelab.findings import Finding
from sagelab.questions import Question

__all__ = ["check"]

LEVELS = ("recall", "apply", "decide")
KINDS = ("one", "several", "order", "match")
FEW = frozenset({"studio", "canvas", "role_manager", "model_cards", "model_dashboard", "edge_manager"})
ENOUGH = 10
"""From this many questions on, chance no longer explains that the right answer is always in one place."""
OUR_NOTES = re.compile(r"facts/|\.\./|\bshared/|\.md\b")


def check(questions: Sequence[Question], slug: str, file: str) -> list[Finding]:
    """Return what is wrong with a lesson's questions."""
    single = [finding for question in questions for finding in _check_one(question, file)]
    return [*single, *(Finding(file, 1, text) for text in _check_together(questions, slug))]


def _check_one(question: Question, file: str) -> Iterator[Finding]:
    def find(text: str) -> Finding:
        return Finding(file, question.line, f"question {question.id}: {text}")

    if question.level not in LEVELS:
        yield find(f"level {question.level!r} is none of ours; write one of {', '.join(LEVELS)}")
    if not _is_day(question.checked):
        yield find(f'checked {question.checked!r} is no day; write "2026-11-22"')
    if OUR_NOTES.search(question.source):
        yield find("its source is a note of ours; write a page that a learner can open")
    if question.kind == "several" and all(choice.right for choice in question.choices):
        yield find("every choice is right; write at least one that is wrong")


def _check_together(questions: Sequence[Question], slug: str) -> Iterator[str]:
    fewest = 16 if slug in FEW else 22
    if len(questions) < fewest:
        yield f"{len(questions)} questions; write at least {fewest}"
    decide = sum(question.level == "decide" for question in questions)
    if decide * 3 < len(questions):
        yield f"{decide} of {len(questions)} questions are at level decide; write at least a third"
    for kind in KINDS:
        if not any(question.kind == kind for question in questions):
            yield f"no question of the kind {kind}; write one"
    if not any(question.case for question in questions):
        yield "no case; write a scenario with several questions"
    yield from _check_places([question for question in questions if question.kind == "one"])


def _check_places(questions: Sequence[Question]) -> Iterator[str]:
    """Find what lets a learner guess: the right choice always in one place, or always the longest."""
    if len(questions) < ENOUGH:
        return
    right = [next(n for n, choice in enumerate(q.choices, 1) if choice.right) for q in questions]
    place, count = Counter(right).most_common(1)[0]
    if count > 0.4 * len(questions):
        yield f"choice {place} is the right one in {count} of {len(questions)} questions; spread the right ones"
    longest = sum(_right_is_longest(question) for question in questions)
    if longest > 0.5 * len(questions):
        yield (
            f"the right choice is the longest in {longest} of {len(questions)} questions; "
            "write longer wrong ones or shorter right ones"
        )


def _right_is_longest(question: Question) -> bool:
    right = max(len(choice.say) for choice in question.choices if choice.right)
    return all(len(choice.say) < right for choice in question.choices if not choice.right)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
