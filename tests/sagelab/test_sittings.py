"""Sittings survive everything but being thrown away, are marked once, and tell what was right in the past."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from sagelab.answers import Answers
from sagelab.carry import export_bytes, import_bytes
from sagelab.errors import SagelabError
from sagelab.exam import Item, load_bank
from sagelab.exam_result import explain, outcome, summary
from sagelab.progress import Progress
from sagelab.questions import Choice, Question, item_id
from sagelab.quiz import solution
from sagelab.sitting import Plan
from sagelab.sittings import Sittings

ABOUT = {"level": "decide", "source": "A page", "checked": "2026-11-22"}
YES, NO = item_id("yes"), item_id("no")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEN = Plan("modules", ("A", "B"), 10)


def item(name, module="A", lesson="clarify", **changes):
    choices = (Choice("yes", "It is so.", True), Choice("no", "It is not."))
    question = Question(
        **{"id": name, "kind": "one", "ask": f"{name}?", "choices": choices, **ABOUT, **changes}
    )
    return Item(question, lesson, module, (lesson,))


BANK = [*(item(f"a{n}") for n in range(6)), *(item(f"b{n}", "B", "model_monitor") for n in range(6))]
FULL = Plan()


@pytest.fixture
def sittings(tmp_path):
    return Sittings(tmp_path, BANK)


def test_a_sitting_is_there_again_after_a_restart(sittings, tmp_path):
    begun = sittings.begin(TEN, NOON)
    first = begun.items[0]
    sittings.answer(begun.id, first, [YES], NOON)
    sittings.change(begun.id, lambda one: one.flagged(first, True).spent(12).turned_to(3), NOON)

    found = Sittings(tmp_path, BANK).open()

    assert (found.id, found.items, found.plan) == (begun.id, begun.items, TEN)
    assert (found.answers, found.flags, found.used, found.at) == ({first: [YES]}, {first}, 12, 3)


def test_two_notebooks_that_answer_at_once_both_count(tmp_path):
    one, other = Sittings(tmp_path, BANK), Sittings(tmp_path, BANK)
    begun = one.begin(TEN, NOON)

    one.answer(begun.id, begun.items[0], [YES], NOON)
    other.answer(begun.id, begun.items[1], [NO], NOON)

    assert one.open().answers == {begun.items[0]: [YES], begun.items[1]: [NO]}


def test_it_is_handed_in_once_and_its_marks_are_those_of_a_count_by_hand(sittings):
    begun = sittings.begin(TEN, NOON)
    for name in begun.items[:7]:
        sittings.answer(begun.id, name, [YES if name != begun.items[0] else NO], NOON)

    ended = sittings.hand_in(begun.id, NOON + timedelta(hours=1))

    assert ended.results == {name: name in begun.items[1:7] for name in begun.items}
    assert ended.ended == "2026-11-23T13:00:00.000000+00:00"
    assert sittings.open() is None
    assert (summary(ended)["right"], summary(ended)["counted"], summary(ended)["answered"]) == (6, 10, 7)
    with pytest.raises(SagelabError, match="was handed in"):
        sittings.hand_in(begun.id, NOON)
    with pytest.raises(SagelabError, match="was handed in"):
        sittings.answer(begun.id, begun.items[0], [YES], NOON)


def test_what_was_thrown_away_is_gone_but_not_what_was_handed_in(sittings):
    ended = sittings.begin(TEN, NOON)
    sittings.hand_in(ended.id, NOON)
    begun = sittings.begin(TEN, NOON)

    sittings.discard(begun.id)
    sittings.discard(ended.id)

    assert [one.id for one in sittings.all()] == [ended.id]
    with pytest.raises(SagelabError, match="no longer kept"):
        sittings.change(begun.id, lambda one: one, NOON)


def test_the_newest_sitting_comes_first(sittings):
    begun = [sittings.begin(TEN, NOON + timedelta(minutes=n)).id for n in (0, 2, 1)]

    assert [one.id for one in sittings.all()] == [begun[1], begun[2], begun[0]]


def test_a_full_exam_counts_fifty_of_its_questions(tmp_path):
    sittings = Sittings(tmp_path)
    begun = sittings.begin(FULL, NOON)
    for name in begun.items:
        if name in begun.trial:
            sittings.answer(begun.id, name, solution(sittings.bank[name].question), NOON)

    ended = sittings.hand_in(begun.id, NOON)
    told = outcome(ended, sittings.items(ended))

    assert (len(begun.items), len(begun.trial)) == (65, 15)
    assert (told["right"], told["counted"]) == (0, 50)
    assert (told["trial"]["right"], told["trial"]["total"], told["trial"]["questions"]) == (15, 15, [])
    assert sum(module["total"] for module in told["marks"]) == 50
    assert sum(len(module["questions"]) for module in told["marks"]) == 50


def test_a_question_that_left_the_course_is_left_out(sittings, tmp_path):
    begun = sittings.begin(TEN, NOON)
    left = Sittings(tmp_path, [one for one in BANK if one.id != begun.items[0]])

    assert [one.id for one in left.items(left.open())] == list(begun.items[1:])
    ended = left.hand_in(begun.id, NOON)
    assert set(ended.results) == set(begun.items[1:])
    assert summary(ended)["questions"] == 9
    assert Sittings(tmp_path, BANK[:0]).open() is None


def test_nothing_that_fits_is_one_sentence(sittings):
    bank = [item("n", kind="number")]
    with pytest.raises(SagelabError, match="No question fits"):
        Sittings(sittings.folder, bank).begin(Plan("modules", ("A",)), NOON)


def test_a_sitting_that_cannot_be_read_is_said_and_does_not_count(sittings, tmp_path):
    sittings.begin(TEN, NOON)
    with Progress(tmp_path).database.open() as db:
        db.execute("INSERT INTO sitting VALUES ('bad', 'x', '', '{')")
        db.execute("INSERT INTO sitting VALUES ('worse', NULL, NULL, NULL)")

    assert len(sittings.all()) == 1
    assert sittings.note == "2 exam sittings in progress.db cannot be read and do not count."
    with pytest.raises(SagelabError, match="no longer kept"):
        sittings.answer("bad", BANK[0].id, [YES], NOON)


def test_a_damaged_record_is_set_aside_and_said(tmp_path):
    (tmp_path / ".sagelab").mkdir()
    (tmp_path / ".sagelab" / "progress.db").write_bytes(b"damage" * 100)
    sittings = Sittings(tmp_path, BANK)

    assert sittings.all() == ()
    assert "it is now progress.damaged-1.db" in sittings.note


def test_a_sitting_travels_with_the_progress(sittings, tmp_path):
    begun = sittings.begin(TEN, NOON)
    sittings.answer(begun.id, begun.items[0], [YES], NOON)
    new = tmp_path / "new"
    new.mkdir()

    import_bytes(new, export_bytes(tmp_path))

    assert Sittings(new, BANK).open() == sittings.open()


def test_a_moment_without_a_time_zone_is_refused(sittings):
    with pytest.raises(ValueError, match="time zone"):
        sittings.begin(TEN, NOON.replace(tzinfo=None))


# The past


def test_the_past_is_what_was_checked_in_quizzes_and_handed_in(sittings, tmp_path):
    answers = Answers(tmp_path / "answers.json")
    answers.record("clarify", "a0", [YES], True)
    answers.record("clarify", "a1", [NO], True)
    answers.record("clarify", "a2", [YES], False)
    answers.record("clarify", "gone", [YES], True)
    begun = sittings.begin(TEN, NOON)
    assert sittings.past() == {"clarify/a0": True, "clarify/a1": False}

    sittings.hand_in(begun.id, datetime.now(UTC) + timedelta(days=1))

    assert sittings.past() == {"clarify/a0": True, "clarify/a1": False} | dict.fromkeys(begun.items, False)


@pytest.mark.parametrize("later", ["quiz", "exam"])
def test_the_later_of_a_quiz_and_an_exam_counts(sittings, tmp_path, later):
    begun = sittings.begin(TEN, NOON)
    name = next(name for name in begun.items if name.startswith("clarify/"))
    Answers(tmp_path / "answers.json").record("clarify", name.partition("/")[2], [YES], True)
    day = timedelta(days=1 if later == "exam" else -1)

    sittings.hand_in(begun.id, datetime.now(UTC) + day)

    assert sittings.past()[name] is (later == "quiz")


def test_the_later_of_two_sittings_counts(sittings):
    for order in itertools.permutations([1, 2]):
        first, second = (sittings.begin(TEN, NOON + timedelta(minutes=n)) for n in order)
        both = next(iter(set(first.items) & set(second.items)))
        sittings.answer(second.id, both, [YES], NOON)
        sittings.hand_in(first.id, NOON + timedelta(hours=1))
        sittings.hand_in(second.id, NOON + timedelta(hours=2))
        assert sittings.past()[both] is True
        for one in (first, second):
            with sittings._progress.database.open() as db:
                db.execute("DELETE FROM sitting WHERE id = ?", (one.id,))


# What the learner is told


def test_the_result_has_the_weakest_module_first_and_its_missed_questions(sittings):
    begun = sittings.begin(TEN, NOON)
    a = [name for name in begun.items if name.startswith("clarify/")]
    for name in begun.items:
        sittings.answer(begun.id, name, [YES if name in a and name != a[0] else NO], NOON)
    sittings.change(begun.id, lambda one: one.flagged(a[1], True).flagged(a[0], True), NOON)

    ended = sittings.hand_in(begun.id, NOON)
    told = outcome(ended, sittings.items(ended))

    assert [(m["module"], m["right"], m["total"]) for m in told["marks"]] == [("B", 0, 5), ("A", 4, 5)]
    assert told["trial"] == {"right": 0, "total": 0, "questions": []}
    again = told["marks"][1]["questions"]
    assert [(q["ask"], q["right"], q["flagged"]) for q in again] == [
        (f"{a[0].partition('/')[2]}?", False, True),
        (f"{a[1].partition('/')[2]}?", True, True),
    ]


def test_an_explained_choice_says_why_for_each():
    told = explain(item("a0"), [NO], "seed")

    assert sorted(told["choices"], key=lambda choice: choice["say"]) == [
        {"say": "no", "why": "It is not.", "chosen": True, "right": False},
        {"say": "yes", "why": "It is so.", "chosen": False, "right": True},
    ]
    assert (told["right"], told["answered"]) == (False, True)
    assert told["lessons"][0]["notebook"] == "10_clarify.ipynb"


def test_an_explained_order_and_match_show_both_answers_in_words():
    order = item("o", kind="order", choices=(), order=("x", "y", "z"), why="so")
    match = item("m", kind="match", choices=(), match=(("a", "1"), ("b", "2")), why="so")
    steps = [item_id(step) for step in "zyx"]

    told = explain(order, steps, "seed")
    assert (told["given"], told["solution"], told["why"]) == (["z", "y", "x"], ["x", "y", "z"], "so")
    half = explain(match, {item_id("b"): item_id("1")}, "seed")
    assert (half["given"], half["solution"]) == (["b → 1"], ["a → 1", "b → 2"])
    assert (explain(match, None, "seed")["given"], explain(match, None, "seed")["answered"]) == ([], False)


def test_every_question_of_the_bank_can_be_explained_right_and_wrong():
    for one in load_bank():
        right, nothing = explain(one, solution(one.question), "seed"), explain(one, None, "seed")
        assert (right["right"], nothing["right"]) == (True, False)
        assert right["choices"] if "choices" in right else right["given"] == right["solution"]


def test_a_scenario_links_to_each_lesson_that_teaches_it():
    taught = Item(item("s").question, "exam", "A", ("mlflow", "model_monitor", "clarify"))

    told = explain(taught, None, "seed")

    assert [lesson["notebook"] for lesson in told["lessons"]] == [
        "11_model_monitor.ipynb",
        "10_clarify.ipynb",
    ]
