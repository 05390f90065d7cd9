"""Flashcards come back when FSRS says, whatever order and folder their reviews were kept in."""

import itertools
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sagelab.errors import SagelabError
from sagelab.exam import load_bank
from sagelab.flashcards import NEW_A_DAY, Counts, Flashcards, Rating, bank, deck, schedule
from sagelab.progress import Progress
from sagelab.quiz import Choice, Number, Question

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
AGAIN, HARD, GOOD, EASY = Rating.Again, Rating.Hard, Rating.Good, Rating.Easy


def question(name, **changes):
    choices = (Choice("yes", "It is so.", right=True), Choice("no", "It is not."))
    about = {"kind": "one", "ask": f"{name}?", "level": "recall", "source": "a page", "checked": "2026-11-22"}
    return Question(**{"id": name, "choices": choices, **about, **changes})


def questions(number):
    return {"clarify": tuple(question(f"q{n:02}") for n in range(number))}


@pytest.fixture
def cards(tmp_path):
    return Flashcards(tmp_path, questions(3))


def rated_when_due(ratings):
    """The state after each rating of a card that is always answered the moment it is due."""
    reviews, at = [], datetime(2022, 11, 29, 12, 30, tzinfo=UTC)
    for rating in ratings:
        reviews.append((at, rating))
        state = schedule(reviews)
        yield state
        at = state.due


def test_the_intervals_are_those_that_fsrs_publishes():
    """Expected values: tests/test_basic.py of py-fsrs 6.3, and FSRS-6.test.ts of ts-fsrs, which agree."""
    states = rated_when_due([GOOD] * 6 + [AGAIN] * 2 + [GOOD] * 5)
    days = [(state.due - state.last_review).days for state in states]
    assert days == [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21]


def test_stability_and_difficulty_are_those_that_fsrs_publishes():
    """Expected values: inference.rs of fsrs-rs, by which py-fsrs and ts-fsrs are tested too."""
    days = itertools.accumulate([0, 0, 1, 3, 8, 21])
    moments = [NOON + timedelta(days=day) for day in days]
    state = schedule(zip(moments, [AGAIN, *[GOOD] * 5], strict=True))
    assert state.stability == pytest.approx(53.62691, abs=1e-4)
    assert state.difficulty == pytest.approx(6.3574867, abs=1e-4)


@pytest.mark.parametrize(
    ("rating", "interval"),
    [
        (AGAIN, timedelta(minutes=1)),
        (HARD, timedelta(minutes=5.5)),
        (GOOD, timedelta(minutes=10)),
        (EASY, timedelta(days=8)),
    ],
)
def test_a_new_card_comes_back_after_the_first_step_of_its_rating(cards, rating, interval):
    """The learning steps are 1 and 10 minutes; easy waits for the fourth FSRS-6 weight, 8.2956 days."""
    assert cards.review("clarify/q00", rating, NOON) == NOON + interval


def test_the_order_in_which_reviews_were_kept_does_not_matter():
    reviews = [(NOON, GOOD), (NOON + timedelta(minutes=10), AGAIN), (NOON + timedelta(days=3), EASY)]
    states = {schedule(order).to_json() for order in itertools.permutations(reviews)}
    assert len(states) == 1


def test_a_card_without_a_review_has_no_state():
    with pytest.raises(ValueError, match="no state"):
        schedule([])


def test_a_card_waits_from_the_moment_it_is_due(cards, tmp_path):
    due = cards.review("clarify/q00", GOOD, NOON)
    just_before = due - timedelta(microseconds=1)

    assert cards.counts(just_before) == Counts(due=0, new=2, seen=1, total=3)
    assert cards.counts(due) == Counts(due=1, new=2, seen=1, total=3)
    assert [card.id for card in cards.due(due)] == ["clarify/q00", "clarify/q01", "clarify/q02"]
    assert Flashcards(tmp_path, questions(3)).counts(due) == cards.counts(due)


def test_the_longest_overdue_comes_first(cards):
    cards.review("clarify/q00", GOOD, NOON)
    cards.review("clarify/q02", AGAIN, NOON + timedelta(minutes=2))
    cards.review("clarify/q01", AGAIN, NOON)
    later = NOON + timedelta(hours=1)
    assert [card.id[-3:] for card in cards.due(later)] == ["q01", "q02", "q00"]


def test_cards_due_at_the_same_moment_keep_the_learner_s_own_order(tmp_path):
    def order(seed):
        folder = tmp_path / seed[:4]
        with Progress(folder).database.open() as db:
            db.execute("DELETE FROM learner")
            db.execute("INSERT INTO learner VALUES (?)", (seed,))
        cards = Flashcards(folder, questions(12))
        for card in cards.cards:
            cards.review(card, AGAIN, NOON)
        return [card.id for card in cards.due(NOON + timedelta(hours=1))]

    assert order("aaaa" * 8) == order("aaaa" * 8)
    assert order("aaaa" * 8) != order("bbbb" * 8)


def test_a_day_brings_twenty_new_cards_in_the_order_of_the_course(tmp_path):
    cards = Flashcards(tmp_path, questions(30))
    assert [card.id[-3:] for card in cards.due(NOON)] == [f"q{n:02}" for n in range(NEW_A_DAY)]
    for card in cards.due(NOON)[:15]:
        cards.review(card.id, EASY, NOON)
    assert cards.counts(NOON).new == 5
    for card in cards.due(NOON):
        cards.review(card.id, EASY, NOON)
    assert cards.due(NOON) == ()
    assert cards.counts(NOON + timedelta(days=1)) == Counts(due=0, new=10, seen=20, total=30)


def test_the_day_is_that_of_the_learner_s_time_zone(tmp_path):
    cards, tokyo = Flashcards(tmp_path, questions(30)), timezone(timedelta(hours=9))
    late = datetime(2026, 11, 23, 23, 30, tzinfo=tokyo)
    for card in cards.due(late):
        cards.review(card.id, EASY, late)
    assert cards.counts(late + timedelta(minutes=20)).new == 0
    assert cards.counts(late + timedelta(hours=1)).new == 10


def test_a_review_is_kept_in_utc(cards):
    in_tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    assert cards.review("clarify/q00", GOOD, in_tokyo) == NOON + timedelta(minutes=10)
    assert rows(cards) == [("clarify/q00", "2026-11-23T12:00:00.000000+00:00", 3)]


@pytest.mark.parametrize("ask", ["due", "counts"])
def test_a_moment_without_a_time_zone_is_refused(cards, ask):
    with pytest.raises(ValueError, match="time zone"):
        getattr(cards, ask)(NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="time zone"):
        cards.review("clarify/q00", GOOD, NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("card", "rating", "now", "said"),
    [
        ("clarify/gone", GOOD, NOON, "There is no flashcard 'clarify/gone'"),
        ("clarify/q00", GOOD, NOON.replace(year=1970), "The clock says 1970"),
        ("clarify/q00", 5, NOON, "5 is not a valid Rating"),
    ],
)
def test_what_cannot_be_a_review_is_not_kept(cards, card, rating, now, said):
    with pytest.raises((SagelabError, ValueError), match=said):
        cards.review(card, rating, now)
    assert rows(cards) == []


def rows(cards):
    with cards._progress.database.open() as db:
        return db.execute("SELECT card, at, rating FROM review").fetchall()


def test_reviews_of_a_question_that_left_the_course_stay_and_do_not_count(cards, tmp_path):
    cards.review("clarify/q02", AGAIN, NOON)
    fewer = Flashcards(tmp_path, questions(2))
    assert fewer.counts(NOON + timedelta(hours=1)) == Counts(due=0, new=2, seen=0, total=2)
    assert (len(rows(fewer)), fewer.note) == (1, "")


@pytest.mark.parametrize(
    "row",
    [
        ("clarify/q00", "yesterday", 3),
        ("clarify/q00", "2026-11-23T12:00:00.000000", 3),
        ("clarify/q00", "2026-13-23T12:00:00.000000+00:00", 3),
        ("clarify/q00", "2026-11-23T12:00:00.000000+00:00", 9),
        ("clarify/q00", "2026-11-23T12:00:00.000000+00:00", "good"),
        ("clarify/q00", None, 3),
        (b"\xff", "2026-11-23T12:00:00.000000+00:00", 3),
    ],
    ids=repr,
)
def test_a_review_that_cannot_be_read_stays_where_it_is_and_is_said(cards, row):
    cards.review("clarify/q00", GOOD, NOON + timedelta(seconds=1))
    with cards._progress.database.open() as db:
        db.execute("INSERT INTO review VALUES (?, ?, ?)", row)

    assert cards.counts(NOON).seen == 1
    assert cards.note == "1 flashcard reviews in progress.db cannot be read and do not count."
    assert len(rows(cards)) == 2


@pytest.mark.parametrize("content", [b"", b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_record_is_set_aside_and_said(tmp_path, content):
    path = tmp_path / ".sagelab" / "progress.db"
    path.parent.mkdir()
    path.write_bytes(content)
    cards = Flashcards(tmp_path, questions(3))
    cards.review("clarify/q00", GOOD, NOON)

    assert cards.counts(NOON).seen == 1
    assert Flashcards(tmp_path, questions(3)).counts(NOON).seen == 1
    if content:
        assert cards.note.endswith("it is now progress.damaged-1.db and you start anew.")
        assert (path.parent / "progress.damaged-1.db").read_bytes() == content


def test_a_card_says_the_question_in_front_and_the_answer_on_the_back():
    asked = {
        "lab": (
            question("one"),
            question("case", case="A bank."),
            question("order", kind="order", choices=(), order=("a", "b", "c"), why="So."),
            question("match", kind="match", choices=(), match=(("x", "1"), ("y", "2")), why="So."),
            question("number", kind="number", choices=(), number=Number(0.25, 0.01), why="So."),
        )
    }
    one, case, order, match, number = deck(asked, "seed")

    assert (one.id, one.ask, one.answer, one.why) == ("lab/one", "one?", ("yes",), ("It is so.",))
    assert sorted(one.choices) == ["no", "yes"]
    assert case.case == "A bank."
    assert order.answer == ("a", "b", "c")
    assert (sorted(order.choices), order.choices != order.answer) == (["a", "b", "c"], True)
    assert (match.choices, match.answer) == (("x", "y"), ("x → 1", "y → 2"))
    assert (number.choices, number.answer, number.why) == ((), ("0.25",), ("So.",))


def test_every_question_of_the_exam_s_bank_is_a_card_with_a_back():
    cards = deck(bank(), "seed")
    assert [card.id for card in cards] == [item.id for item in load_bank()]
    assert all(card.answer and card.why and card.ask for card in cards)


def test_torch_is_never_loaded():
    code = "import sagelab.flashcards, sys; print({'torch', 'pandas', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_just_after_midnight_the_new_cards_of_the_new_day_are_counted(tmp_path):
    cards, tokyo = Flashcards(tmp_path, questions(30)), timezone(timedelta(hours=9))
    night = datetime(2026, 11, 24, 1, tzinfo=tokyo)  # in UTC still the day before
    for card in cards.due(night):
        cards.review(card.id, EASY, night)
    assert cards.counts(night).new == 0


def test_a_card_seen_on_an_earlier_day_is_not_new_today(tmp_path):
    cards = Flashcards(tmp_path, questions(30))
    cards.review("clarify/q00", AGAIN, NOON - timedelta(days=1))
    cards.review("clarify/q00", GOOD, NOON)
    assert cards.counts(NOON).new == NEW_A_DAY


def test_more_new_cards_than_a_day_brings_leave_none(tmp_path):
    cards = Flashcards(tmp_path, questions(30))
    for card in list(cards.cards)[:22]:
        cards.review(card, EASY, NOON)
    assert cards.counts(NOON).new == 0


def test_the_last_review_is_taken_back_and_the_card_is_as_it_was(cards, tmp_path):
    before = cards.review("clarify/q00", GOOD, NOON)
    cards.review("clarify/q01", EASY, NOON)
    cards.review("clarify/q00", AGAIN, before)

    assert cards.undo().id == "clarify/q00"
    assert cards.due(before)[0].id == "clarify/q00"
    assert (cards.undo().id, cards.undo().id) == ("clarify/q01", "clarify/q00")
    assert (rows(cards), cards.can_undo) == ([], False)
    with pytest.raises(SagelabError, match="There is no answer to take back"):
        cards.undo()


def test_only_what_this_visit_has_kept_can_be_taken_back(cards, tmp_path):
    cards.review("clarify/q00", GOOD, NOON)

    assert cards.can_undo
    assert not Flashcards(tmp_path, questions(3)).can_undo


def test_the_intervals_that_are_offered_are_those_that_come(tmp_path):
    for number, rating in enumerate(Rating):
        cards = Flashcards(tmp_path / str(number), questions(3))
        due = cards.review("clarify/q00", GOOD, NOON).astimezone(timezone(timedelta(hours=-5)))
        offered = cards.intervals("clarify/q00", due)
        assert cards.review("clarify/q00", rating, due) - due == offered[rating]
        assert len(rows(cards)) == 2, "to look is not to answer"
        assert list(offered) == [AGAIN, HARD, GOOD, EASY]


def test_a_card_that_is_not_there_has_no_intervals(cards):
    with pytest.raises(SagelabError, match="There is no flashcard 'gone'"):
        cards.intervals("gone", NOON)


def test_the_day_s_reviews_are_counted_in_the_learner_s_time_zone(cards):
    tokyo = timezone(timedelta(hours=9))
    night = datetime(2026, 11, 24, 1, tzinfo=tokyo)
    cards.review("clarify/q00", GOOD, night)
    cards.review("clarify/q00", GOOD, night + timedelta(minutes=10))
    cards.review("clarify/q01", GOOD, night - timedelta(hours=2))

    assert cards.reviewed(night) == 2
    assert cards.reviewed(night - timedelta(hours=2)) == 1


def test_the_next_card_is_the_first_that_is_not_due_yet(cards):
    assert cards.next_due(NOON) is None
    cards.review("clarify/q00", GOOD, NOON)
    cards.review("clarify/q01", AGAIN, NOON)

    assert cards.next_due(NOON) == NOON + timedelta(minutes=1)
    assert cards.next_due(NOON + timedelta(minutes=1)) == NOON + timedelta(minutes=10)


def test_the_back_says_of_each_choice_why_and_a_match_shows_its_partners():
    asked = {
        "lab": (
            question("one"),
            question(
                "match", kind="match", choices=(), match=(("x", "1"), ("y", "2"), ("z", "2")), why="So."
            ),
        )
    }
    one, match = deck(asked, "seed")

    assert dict(zip(one.choices, one.reasons, strict=True)) == {
        "yes": ("It is so.", True),
        "no": ("It is not.", False),
    }
    assert (one.partners, match.reasons) == ((), ())
    assert sorted(match.partners) == ["1", "2"]
