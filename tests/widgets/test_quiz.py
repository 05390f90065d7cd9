"""The quiz through its traits, with no browser."""

import pytest
from traitlets import TraitError

from sagelab.errors import SagelabError
from sagelab.questions import Choice, Question
from sagelab.quiz import payload
from sagelab_widgets import Quiz

ABOUT = {"level": "recall", "source": "a page", "checked": "2026-11-22"}
BILL = Question(
    id="bill",
    kind="one",
    ask="What costs?",
    choices=(Choice("a", "no"), Choice("b", "yes", right=True)),
    **ABOUT,
)
ORDER = Question(id="steps", kind="order", ask="Sort.", order=("x", "y", "z"), why="so", **ABOUT)


def make(**options):
    key = options.get("mode", "practice") == "practice"
    return Quiz([payload(question, 7, key=key) for question in (BILL, ORDER)], **options)


def test_each_new_answer_is_kept_once_with_whether_it_was_checked():
    kept = []
    quiz = make(on_answer=lambda *answer: kept.append(answer))

    quiz.answers = {"bill": {"answer": ["a"], "checked": False}}
    quiz.answers = {**quiz.answers, "steps": {"answer": ["x"], "checked": True}}

    assert kept == [("bill", ["a"], False), ("steps", ["x"], True)]


def test_what_was_kept_is_told_to_the_browser():
    quiz = make(on_answer=lambda *_: None)

    quiz.answers = {"bill": {"answer": ["a"], "checked": False}}

    assert quiz.saved == {"bill": ["a"]}
    assert quiz.file == "answers.json"


def test_an_answer_that_could_not_be_kept_is_not_called_saved_and_the_learner_is_told():
    def full(*_):
        raise SagelabError("The disk is full; make room, then answer again.")

    quiz = make(on_answer=full)
    quiz.answers = {"bill": {"answer": ["a"], "checked": False}}

    assert quiz.saved == {}
    assert quiz.note == "The disk is full; make room, then answer again."


def test_a_fault_is_forgotten_once_an_answer_is_kept_but_the_first_note_stays():
    faults = [SagelabError("The disk is full.")]

    def once_full(*_):
        if faults:
            raise faults.pop()

    quiz = make(on_answer=once_full, note="answers.json was damaged.")
    quiz.answers = {"bill": {"answer": ["a"], "checked": False}}
    assert quiz.note == "The disk is full."
    quiz.answers = {"bill": {"answer": ["b"], "checked": False}}

    assert quiz.note == "answers.json was damaged."


def test_without_somebody_to_keep_answers_nothing_is_called_saved():
    quiz = make()
    quiz.answers = {"bill": {"answer": ["a"], "checked": False}}

    assert (quiz.saved, quiz.file) == ({}, "")


def test_answers_of_an_earlier_visit_come_back_and_count_as_saved():
    quiz = make(answers={"bill": {"answer": ["a"], "checked": True}}, on_answer=lambda *_: None)

    assert quiz.answers == {"bill": {"answer": ["a"], "checked": True}}
    assert quiz.saved == {"bill": ["a"]}


@pytest.mark.parametrize(
    "entry",
    [
        {"answer": "a", "checked": True},
        {"answer": ["a", 1], "checked": True},
        {"answer": ["a"]},
        {"answer": {"a": "b"}, "checked": True},
        "a",
    ],
)
def test_an_answer_of_another_form_is_left_out_when_read_and_refused_from_the_browser(entry):
    assert make(answers={"bill": entry}).answers == {}
    with pytest.raises(TraitError, match="is not an answer"):
        make().answers = {"bill": entry}


def test_an_answer_to_an_unknown_question_is_left_out_when_read_and_refused_from_the_browser():
    entry = {"answer": ["a"], "checked": True}

    assert make(answers={"gone": entry}).answers == {}
    with pytest.raises(TraitError, match="'gone' is not an answer"):
        make().answers = {"gone": entry}


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("one", ["a"]),
        ("several", ["a", "b"]),
        ("order", ["a", "b"]),
        ("match", {"a": "b"}),
        ("number", "0.5"),
    ],
)
def test_the_answer_forms_of_every_kind_are_taken(kind, answer):
    question = {"id": "q", "kind": kind, "ask": "?"}

    assert Quiz([question], answers={"q": {"answer": answer, "checked": False}}).saved == {}
    assert Quiz([question], answers={"q": {"answer": answer, "checked": False}}).answers


def test_a_graded_quiz_has_no_key_in_any_trait():
    state = str(make(mode="graded").get_state())

    assert not any(word in state for word in ("'digest'", "'salt'", "'solution'", "'why'"))


def test_a_graded_quiz_refuses_questions_that_carry_their_key():
    with pytest.raises(SagelabError, match="'bill' carries its key"):
        Quiz([payload(BILL, 7, key=True)], mode="graded")


def test_a_quiz_has_two_modes():
    with pytest.raises(TraitError):
        make(mode="exam")


def test_a_notebook_without_the_widget_still_reads_what_it_was():
    assert repr(make(title="Quiz: Clarify")) == "Quiz: Clarify: 2 questions, 0 answered (practice mode)"
    assert make()._repr_mimebundle_()[0]["text/plain"] == repr(make())
