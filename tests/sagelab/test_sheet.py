"""A quiz's dealings with answers.json: two windows, a damaged file, a file that somebody has deleted."""

import json

import pytest

from sagelab.answers import Answers
from sagelab.errors import SagelabError
from sagelab.sheet import Sheet


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.json"


def sheet(path):
    return Sheet(Answers(path), "clarify")


def given(path):
    return {name: entry["answer"] for name, entry in Answers(path).all("clarify").items()}


def test_an_answer_is_saved_and_nothing_needs_to_be_said(path):
    kept = sheet(path).keep("q1", ["a"], True)

    assert given(path) == {"q1": ["a"]}
    assert kept.note == ""
    assert kept.entries["q1"]["answer"] == ["a"]


def test_two_windows_that_answer_different_questions_see_both(path):
    one, two = sheet(path), sheet(path)
    one.keep("q1", ["a"], True)

    kept = two.keep("q2", ["b"], False)

    assert {name: entry["answer"] for name, entry in kept.entries.items()} == {"q1": ["a"], "q2": ["b"]}
    assert kept.note == ""


def test_a_window_that_answers_a_question_that_another_has_answered_otherwise_is_told(path):
    one, two = sheet(path), sheet(path)
    one.keep("q1", ["a"], True)

    kept = two.keep("q1", ["b"], False)

    assert given(path) == {"q1": ["b"]}
    assert kept.note == "Another window had answered this question otherwise; your answer counts now."


@pytest.mark.parametrize("answer", [["b"], []])
def test_the_same_answer_or_one_taken_back_needs_no_words(path, answer):
    one, two = sheet(path), sheet(path)
    one.keep("q1", answer, False)

    assert two.keep("q1", ["b"], False).note == ""


def test_one_s_own_answer_may_be_changed_without_words(path):
    one = sheet(path)
    one.keep("q1", ["a"], False)

    assert one.keep("q1", ["b"], True).note == ""


def test_a_window_whose_answer_was_replaced_hears_of_it_and_shows_the_one_that_counts(path):
    one, two = sheet(path), sheet(path)
    one.keep("q1", ["a"], True)
    two.keep("q1", ["b"], True)

    kept = one.keep("q2", ["c"], True)

    assert kept.entries["q1"]["answer"] == ["b"]
    assert (
        kept.note == "Another window has changed answers of this quiz; you see the ones that were saved last."
    )
    assert one.keep("q3", ["d"], True).note == "", "said once"


@pytest.mark.parametrize("damage", [b"{", None], ids=["damaged", "deleted"])
def test_what_the_file_has_lost_while_the_notebook_was_open_is_put_back(path, damage):
    one = sheet(path)
    one.keep("q1", ["a"], True)
    one.keep("q2", {"l": "r"}, False)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)

    kept = one.keep("q3", "0.5", True)

    assert given(path) == {"q1": ["a"], "q2": {"l": "r"}, "q3": "0.5"}
    assert Answers(path).all("clarify")["q1"]["checked"] is True
    assert kept.note.endswith("answers.json had lost answers of this quiz; they are in it again.")
    assert ("answers.damaged-1.json" in kept.note) == (damage is not None)


def test_a_file_that_was_damaged_before_is_said_on_every_answer(path):
    path.write_text("{")
    one = sheet(path)

    assert "answers.damaged-1.json" in one.note
    assert one.keep("q1", ["a"], True).note == one.note


def test_answers_of_other_lessons_stay(path):
    Answers(path).record("monitor", "q1", ["a"], True)
    sheet(path).keep("q1", ["b"], True)

    assert set(json.loads(path.read_text())["lessons"]) == {"monitor", "clarify"}


def test_where_nothing_can_be_saved_the_fault_is_told_and_the_sheet_knows_no_more(tmp_path):
    one = sheet(tmp_path / "gone" / "answers.json")

    with pytest.raises(SagelabError, match="was not saved"):
        one.keep("q1", ["a"], True)
    assert one.entries == {}
