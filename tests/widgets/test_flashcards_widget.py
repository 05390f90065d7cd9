"""The flashcards through their traits, with no browser."""

from datetime import datetime, timedelta, timezone

import pytest

from sagelab.flashcards import NEW_A_DAY
from sagelab.progress import Progress
from sagelab.questions import Choice, Question
from sagelab_widgets import Flashcards

ABOUT = {"level": "recall", "source": "a page", "checked": "2026-11-22"}
CHOICES = (Choice("yes", "It is so.", right=True), Choice("no", "It is not."))
QUESTIONS = {"clarify": [Question(f"q{n}", "one", f"Is it {n}?", choices=CHOICES, **ABOUT) for n in range(3)]}
NOON = datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=1)))


class Clock:
    """A clock that goes when it is told to."""

    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cards(tmp_path, clock):
    made = Flashcards(tmp_path, QUESTIONS, now=clock)
    yield made
    made.close()


def ask(cards, **message):
    cards._hear(None, message, None)


def grade(cards, rating):
    ask(cards, do="grade", card=cards.card["id"], rating=rating)


def test_the_first_card_comes_with_its_back_and_its_next_days(cards):
    assert (cards.card["id"], cards.card["ask"], cards.card["answer"]) == ("clarify/q0", "Is it 0?", ("yes",))
    assert cards.card["lesson"]["notebook"] == "10_clarify.ipynb"
    reasons = dict(zip(cards.card["choices"], cards.card["reasons"], strict=True))
    assert reasons == {
        "yes": {"why": "It is so.", "right": True},
        "no": {"why": "It is not.", "right": False},
    }
    assert cards.seconds == {"1": 60, "2": 330, "3": 600, "4": 8 * 86400}
    assert cards.counts == {
        "due": 0, "new": 3, "seen": 0, "total": 3, "reviewed": 0, "new_a_day": NEW_A_DAY, "undo": False, "next": None,
    }  # fmt: skip


def test_a_grade_brings_the_next_card_and_says_when_the_last_comes_back(cards):
    grade(cards, 3)

    assert (cards.card["id"], cards.graded) == ("clarify/q1", {"rating": 3, "seconds": 600})
    assert (cards.counts["new"], cards.counts["reviewed"], cards.counts["undo"]) == (2, 1, True)


def test_the_last_grade_is_taken_back_and_its_card_is_there_again(cards):
    grade(cards, 4)
    grade(cards, 1)
    ask(cards, do="undo")
    assert (cards.card["id"], cards.counts["reviewed"], cards.graded) == ("clarify/q1", 1, {})

    ask(cards, do="undo")
    ask(cards, do="undo")

    assert (cards.card["id"], cards.counts["reviewed"]) == ("clarify/q0", 0)
    assert cards.note == "There is no answer to take back; only those since the cell was run can be."
    grade(cards, 3)
    assert cards.note == ""


def test_when_all_are_answered_it_says_when_the_next_one_comes(cards, clock):
    for rating in (1, 4, 4):
        grade(cards, rating)
    assert (cards.card, cards.seconds, cards.counts["next"]) == ({}, {}, 60)

    clock.now += timedelta(seconds=59)
    ask(cards, do="refresh")
    assert (cards.card, cards.counts["next"]) == ({}, 1)
    clock.now += timedelta(seconds=1)
    ask(cards, do="refresh")

    assert (cards.card["id"], cards.counts["due"]) == ("clarify/q0", 1)


def test_a_card_before_the_learner_stays_though_another_falls_due(cards, clock):
    grade(cards, 1)
    clock.now += timedelta(minutes=2)
    ask(cards, do="refresh")

    assert (cards.card["id"], cards.counts["due"]) == ("clarify/q1", 1)
    grade(cards, 4)
    assert cards.card["id"] == "clarify/q0", "what is due comes before what is new"


def test_a_new_kernel_goes_on_where_the_old_one_ended(cards, tmp_path, clock):
    grade(cards, 4)
    other = Flashcards(tmp_path, QUESTIONS, now=clock, place="other")

    assert (other.card["id"], other.counts["reviewed"], other.counts["undo"]) == ("clarify/q1", 1, False)
    other.close()


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {"do": "grade"},
        {"do": "grade", "card": "clarify/q0"},
        {"do": "grade", "card": "clarify/q0", "rating": 0},
        {"do": "grade", "card": "clarify/q0", "rating": 5},
        {"do": "grade", "card": "clarify/q0", "rating": True},
        {"do": "grade", "card": "clarify/q0", "rating": "3"},
        {"do": "grade", "card": "clarify/q0", "rating": [3]},
        {"do": "grade", "card": "clarify/q2", "rating": 3},
        {"do": "grade", "card": ["clarify/q0"], "rating": 3},
        {"do": "undo"},
        {"do": "delete"},
    ],
    ids=str,
)
def test_what_a_browser_sends_amiss_keeps_nothing(cards, message):
    cards._hear(None, message, None)

    assert (cards.card["id"], cards.counts["reviewed"]) == ("clarify/q0", 0)


def test_what_of_the_record_cannot_be_read_is_said(tmp_path, clock):
    with Progress(tmp_path).database.open() as db:
        db.execute("INSERT INTO review VALUES ('clarify/q0', 'yesterday', 3)")
    cards = Flashcards(tmp_path, QUESTIONS, now=clock)

    assert cards.note == "1 flashcard reviews in progress.db cannot be read and do not count."
    cards.close()


def test_a_notebook_without_the_widget_reads_what_it_was(cards):
    assert repr(cards) == "Flashcards: 0 due, 3 new, 3 in all"
