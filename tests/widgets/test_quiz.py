"""The quiz through its traits, with no browser."""

from types import SimpleNamespace

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


def keeper(store):
    """Keep answers in a mapping, and tell all of it, as answers.json does."""

    def keep(name, answer, checked):
        store[name] = {"answer": answer, "checked": checked, "at": "2026-11-23T05:00:00.000000+00:00"}
        return SimpleNamespace(entries=dict(store), note="")

    return keep


def test_a_tab_that_knows_less_takes_nothing_away():
    store = {}
    quiz = make(on_answer=keeper(store))
    quiz.answers = {"bill": {"answer": ["a"], "checked": True, "at": "2026-11-23T05:00:01.000Z"}}

    quiz.answers = {"steps": {"answer": ["x"], "checked": False, "at": "2026-11-23T05:00:02.000Z"}}

    assert {name: entry["answer"] for name, entry in quiz.answers.items()} == {"bill": ["a"], "steps": ["x"]}
    assert {name: entry["answer"] for name, entry in store.items()} == {"bill": ["a"], "steps": ["x"]}


def test_a_tab_with_an_older_answer_does_not_bring_it_back():
    store = {}
    quiz = make(on_answer=keeper(store))
    old = {"answer": ["a"], "checked": True, "at": "2026-11-23T05:00:01.000Z"}
    quiz.answers = {"bill": old}
    quiz.answers = {"bill": {"answer": ["b"], "checked": True, "at": "2026-11-23T05:00:02.000Z"}}

    quiz.answers = {
        "bill": old,
        "steps": {"answer": ["x"], "checked": False, "at": "2026-11-23T05:00:03.000Z"},
    }

    assert quiz.answers["bill"]["answer"] == ["b"]
    assert store["bill"]["answer"] == ["b"]


def test_two_clicks_at_once_are_both_kept_and_the_second_stays():
    """The file's clock is later than the browser's second click; that must not bring the first one back."""
    store = {}
    quiz = make(on_answer=keeper(store))
    quiz.answers = {"bill": {"answer": ["a"], "checked": False, "at": "2026-11-23T04:59:59.000Z"}}
    quiz.answers = {"bill": {"answer": ["a"], "checked": True, "at": "2026-11-23T04:59:59.001Z"}}

    assert quiz.answers["bill"]["checked"] is True
    assert store["bill"]["checked"] is True


def test_what_another_window_has_saved_is_shown_and_not_saved_again():
    store, saved = {}, []
    keep = keeper(store)
    quiz = make(on_answer=lambda *answer: saved.append(answer) or keep(*answer))
    store["steps"] = {"answer": ["y"], "checked": True, "at": "2026-11-23T04:00:00.000000+00:00"}

    quiz.answers = {"bill": {"answer": ["a"], "checked": False}}

    assert quiz.answers["steps"]["answer"] == ["y"]
    assert quiz.saved == {"bill": ["a"], "steps": ["y"]}
    assert saved == [("bill", ["a"], False)]


def test_an_answer_that_waits_to_be_saved_is_not_given_up_for_another_window_s():
    store = {"steps": {"answer": ["y"], "checked": True, "at": "2026-11-23T04:00:00.000000+00:00"}}
    quiz = make(on_answer=keeper(store))

    quiz.answers = {
        "bill": {"answer": ["a"], "checked": False},
        "steps": {"answer": ["x"], "checked": False},
    }

    assert store["steps"]["answer"] == ["x"]
    assert quiz.answers["steps"]["answer"] == ["x"]


def test_an_answer_that_a_fault_left_unsaved_is_saved_with_the_next_one():
    store, faults = {}, [SagelabError("The disk is full.")]
    keep = keeper(store)

    def once_full(*answer):
        if faults:
            raise faults.pop()
        return keep(*answer)

    quiz = make(on_answer=once_full)
    quiz.answers = {"bill": {"answer": ["a"], "checked": False}}
    assert store == {}
    quiz.answers = {**quiz.answers, "steps": {"answer": ["x"], "checked": False}}

    assert set(store) == {"bill", "steps"}
    assert quiz.saved == {"bill": ["a"], "steps": ["x"]}
    assert quiz.note == ""


@pytest.mark.parametrize("at", [5, None, "x" * 50, "<b>", "yesterday"])
def test_a_moment_of_another_form_is_refused(at):
    with pytest.raises(TraitError, match="is not an answer"):
        make().answers = {"bill": {"answer": ["a"], "checked": True, "at": at}}


def test_a_place_gives_the_quiz_a_name_that_stays():
    names = []
    for place in ("seed:clarify", "seed:clarify", "other:clarify"):
        quiz = make(place=place)
        names.append(quiz.model_id)
        quiz.close()

    assert names[0] == names[1] != names[2]
