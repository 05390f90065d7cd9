"""quiz.yaml becomes frozen questions, or a fault with file, line and remedy."""

import dataclasses

import pytest

from sagelab.questions import Question, QuizError, load_quiz, read_quiz

ONE = """\
- id: idle
  ask: "What do you pay for?"
  choices:
    - {say: "Nothing", why: "No."}
    - {say: "Each hour", why: "Yes.", right: true}
  level: apply
  source: "Developer guide"
  checked: "2026-11-22"
"""


@pytest.fixture
def load(tmp_path):
    def load(text):
        (tmp_path / "quiz.yaml").write_text(text)
        return load_quiz(tmp_path / "quiz.yaml")

    return load


def test_the_small_lesson_holds_every_kind(small):
    questions = load_quiz(small.path("quiz.yaml"))

    assert [question.kind for question in questions] == ["one", "several", "order", "match", "number", "one"]


def test_a_case_becomes_questions_that_share_its_scenario_source_and_date(small):
    report, act = load_quiz(small.path("quiz.yaml"))[-2:]

    assert (report.id, act.id) == ("lender.report", "lender.act")
    assert report.case == act.case == "A lender sees bills of 10, 12, 11, 13 and 900."
    assert report.source == act.source == "Python documentation, statistics"
    assert (report.level, act.level) == ("apply", "decide")


def test_a_question_in_a_case_may_have_a_source_of_its_own(small):
    small.edit(
        "quiz.yaml", 'ask: "What is the median?"', 'ask: "What is the median?"\n      source: "Its own"'
    )

    assert [q.source for q in load_quiz(small.path("quiz.yaml"))][-2:] == [
        "Its own",
        "Python documentation, statistics",
    ]


def test_a_question_is_frozen_and_insists_on_text(load):
    (question,) = load(ONE)

    with pytest.raises(dataclasses.FrozenInstanceError):
        question.ask = "?"
    with pytest.raises(TypeError, match="checked of a question must be a text"):
        dataclasses.replace(question, checked=20261122)
    with pytest.raises(ValueError, match="'essay' is no kind of question"):
        dataclasses.replace(question, kind="essay")


def test_a_choice_has_the_same_id_wherever_it_stands(load):
    (question,) = load(ONE)
    (turned,) = load(
        ONE.replace('    - {say: "Nothing", why: "No."}\n', "").replace(
            "  level", '    - {say: "Nothing", why: "x"}\n  level'
        )
    )

    assert {choice.id for choice in question.choices} == {choice.id for choice in turned.choices}
    assert all(len(choice.id) == 8 for choice in question.choices)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"2026-11-22"',
            "2026-11-22",
            ':8: checked: 2026-11-22 without quotes is read as a date; write "2026-11-22"',
        ),
        ('"Nothing"', "No", ':4: say: No without quotes is read as a truth value; write "No"'),
        (", right: true", "", ":4: no choice is right; write 'right: true' into the right one"),
        ("right: true", 'right: "true"', ":5: right must be a truth value; write true or false"),
        (', why: "No."', "", ":4: a choice has no 'why'; write 'why: ...'"),
        ('"Nothing"', '"Each  hour"', ":5: the choice 'Each hour' stands twice; write another one"),
        ("  level: apply\n", "", ":1: a question has no 'level'; write 'level: ...'"),
        (
            "id: idle",
            "id: idle hour",
            ":1: the id 'idle hour' holds other signs; write letters, digits and hyphens",
        ),
        ("id: idle", "id: 7", ':1: id: 7 without quotes is read as a number; write "7"'),
        (
            "level: apply",
            "level: apply\n  order: [a, b, c]",
            ":1: a question has one kind of answer; write one of",
        ),
        ("  choices:\n", "  chioces:\n", ":4: a question has no field 'chioces'; write one of id, ask"),
        (
            '    - {say: "Nothing", why: "No."}\n',
            "",
            ":4: a question has at least two choices; write another one",
        ),
        (ONE, ONE + ONE, ":9: the id 'idle' is taken by another question; write a new one"),
        (ONE, "just a text", ":1: quiz.yaml must be a list; write one '- ' for each entry"),
        (ONE, "- 1\n- 2\n", ":1: a question must be a mapping; write 'name: value' for each entry"),
    ],
)
def test_a_fault_names_its_line_and_what_to_write(load, old, new, said):
    assert old in ONE
    with pytest.raises(QuizError) as caught:
        load(ONE.replace(old, new))

    assert f"quiz.yaml{said}" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("order: [a, b]", "an order needs at least three steps; write another one"),
        ("order: [a, b, a]", "the step 'a' stands twice; write another one"),
        ("order: {a: b}", "order must be a list"),
        ("match: {a: b, c: b}", "every pair has the same right side; write at least two different ones"),
        ("match: {a: b, a: c}", "'a' stands twice in match; write it once"),
        ("match: {a: 1, c: b}", "the match of 'a': 1 without quotes is read as a number"),
        ("match: {No: a, c: b}", "a name in match: No without quotes is read as a truth value"),
        ('number: {value: "1", tolerance: 0}', "value must be a number; write it without quotes"),
        ("number: {value: 1}", "number has no 'tolerance'; write 'tolerance: ...'"),
        ("number: {value: 1, tolerance: -1}", "tolerance is below zero; write 0 or more"),
        ("number: 3", "number must be a mapping"),
        ("number: {value: .nan, tolerance: 0}", "value must be a number"),
    ],
)
def test_each_kind_of_answer_has_its_form(load, answer, said):
    head = '- id: q\n  ask: "?"\n  level: apply\n  source: x\n  checked: "2026-11-22"\n  why: "so"\n'

    with pytest.raises(QuizError) as caught:
        load(f"{head}  {answer}\n")

    assert f"quiz.yaml:7: {said}" in str(caught.value)


def test_an_order_without_a_reason_is_refused(load):
    with pytest.raises(QuizError, match=":1: a question has no 'why'; write why its answer is right"):
        load('- {id: q, ask: "?", level: a, source: x, checked: "2026-11-22", order: [a, b, c]}\n')


def test_a_case_with_one_question_is_no_case(load):
    with pytest.raises(QuizError, match="a case asks one question; write at least two, or no case"):
        load('- {id: c, case: "x", questions: [{id: q}]}\n')


def test_reading_goes_on_after_a_fault(tmp_path):
    path = tmp_path / "quiz.yaml"
    path.write_text(
        ONE.replace("level: apply", "level: 1") + ONE + ONE.replace("idle", "busy").replace("ask", "aks")
    )

    questions, faults = read_quiz(path)

    assert [question.id for question in questions] == ["idle"]
    assert [fault.finding.line for fault in faults] == [6, 18]


def test_a_question_knows_its_line_for_the_lint(small):
    assert [question.line for question in load_quiz(small.path("quiz.yaml"))] == [1, 10, 19, 26, 38, 43]


def test_every_question_is_a_question(small):
    assert all(isinstance(question, Question) for question in load_quiz(small.path("quiz.yaml")))
