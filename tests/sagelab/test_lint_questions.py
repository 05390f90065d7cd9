"""What the lint says about a lesson's questions."""

from dataclasses import replace

import pytest

from sagelab.lint.questions import check
from sagelab.questions import Choice, Question


def one(number, place=0, long_right=False, **changes):
    says = [f"choice {number}.{n}" for n in range(4)]
    says[place] += " that is the longest" if long_right else ""
    choices = tuple(Choice(say, "because", n == place) for n, say in enumerate(says))
    question = Question(f"q{number}", "one", "?", "decide", "A guide", "2026-11-22", choices, line=number)
    return replace(question, **changes)


def quiz():
    """A sound quiz of 22 questions, every kind among them."""
    singles = [one(number, place=number % 4, long_right=number % 2 == 0) for number in range(18)]
    several = one(
        18, kind="several", choices=(Choice("a", "b", True), Choice("c", "d", True), Choice("e", "f"))
    )
    order = one(19, kind="order", choices=(), order=("a", "b", "c"))
    match = one(20, kind="match", choices=(), match=(("a", "b"), ("c", "d")))
    return [*singles, several, order, match, one(21, place=1, case="A scenario")]


def said(questions, slug="clarify"):
    return [str(finding) for finding in check(questions, slug, "clarify/quiz.yaml")]


def test_a_sound_quiz_has_no_finding():
    assert said(quiz()) == []


@pytest.mark.parametrize(
    ("slug", "fewest"), [("clarify", 22), ("model_monitor", 22), ("studio", 16), ("canvas", 16)]
)
def test_a_lesson_has_enough_questions(slug, fewest):
    questions = quiz()[22 - fewest :]

    assert not any("questions; write at least" in text for text in said(questions, slug))
    assert f"clarify/quiz.yaml:1: {fewest - 1} questions; write at least {fewest}" in said(
        questions[1:], slug
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"level": "hard"}, "question q3: level 'hard' is none of ours; write one of recall, apply, decide"),
        ({"checked": "22 Nov 2026"}, "question q3: checked '22 Nov 2026' is no day; write \"2026-11-22\""),
        ({"checked": "2026-13-01"}, "question q3: checked '2026-13-01' is no day"),
        ({"checked": "20261122"}, "question q3: checked '20261122' is no day"),
        ({"source": "facts/13_model_monitor.md"}, "question q3: its source is a note of ours; write a page"),
        ({"source": "../shared/outline"}, "question q3: its source is a note of ours"),
        (
            {"kind": "several", "choices": (Choice("a", "b", True), Choice("c", "d", True))},
            "question q3: every choice is right; write at least one that is wrong",
        ),
    ],
)
def test_a_fault_of_one_question_stands_at_its_line(changes, text):
    questions = quiz()
    questions[3] = replace(questions[3], **changes)

    (told,) = said(questions)

    assert told.startswith(f"clarify/quiz.yaml:3: {text}")


def test_a_third_of_the_questions_ask_for_a_decision():
    questions = [replace(q, level="decide" if n < 8 else "recall") for n, q in enumerate(quiz())]
    assert said(questions) == []

    questions[0] = replace(questions[0], level="apply")
    assert said(questions) == [
        "clarify/quiz.yaml:1: 7 of 22 questions are at level decide; write at least a third"
    ]


@pytest.mark.parametrize("kind", ["several", "order", "match"])
def test_every_kind_is_used(kind):
    questions = [one(n, place=n % 4) if q.kind == kind else q for n, q in enumerate(quiz())]

    assert said(questions) == [f"clarify/quiz.yaml:1: no question of the kind {kind}; write one"]


def test_a_case_is_used():
    questions = [replace(question, case="") for question in quiz()]

    assert said(questions) == ["clarify/quiz.yaml:1: no case; write a scenario with several questions"]


def test_the_right_choice_is_not_always_in_one_place():
    questions = [
        one(n, place=2 if n < 9 else n % 2) if q.kind == "one" and not q.case else q
        for n, q in enumerate(quiz())
    ]

    assert said(questions) == [
        "clarify/quiz.yaml:1: choice 3 is the right one in 9 of 19 questions; spread the right ones"
    ]


def test_the_right_choice_is_not_always_the_longest():
    questions = [
        one(n, place=n % 4, long_right=n < 10) if q.kind == "one" else q for n, q in enumerate(quiz())
    ]

    assert said(questions)[-1].startswith(
        "clarify/quiz.yaml:1: the right choice is the longest in 10 of 19 questions; write longer wrong ones"
    )


def test_a_few_questions_may_fall_in_one_place_by_chance():
    assert not any("spread" in text for text in said([one(n, place=2) for n in range(9)]))
