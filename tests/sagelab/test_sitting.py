"""A sitting keeps what was answered, flagged and timed, refuses what cannot be, and is read back as it was."""

import json
from dataclasses import replace

import pytest

from sagelab.errors import SagelabError
from sagelab.exam import FULL_LENGTH, Item
from sagelab.questions import Choice, Question, item_id
from sagelab.sitting import ON_TRIAL, Plan, Sitting, on_trial, reminder

ABOUT = {"level": "decide", "source": "A page", "checked": "2026-11-22"}
YES, NO, MAYBE = (item_id(say) for say in ("yes", "no", "maybe"))
CHOICES = (Choice("yes", "so", True), Choice("no", "not so"), Choice("maybe", "half so"))
ONE = Question("one", "one", "Which?", choices=CHOICES, **ABOUT)
SEVERAL = Question("several", "several", "Which two?", choices=CHOICES, **ABOUT)
ORDER = Question("order", "order", "In order?", order=("x", "y", "z"), why="so", **ABOUT)
MATCH = Question("match", "match", "Which to which?", match=(("a", "1"), ("b", "2")), why="so", **ABOUT)
STEPS = [item_id(step) for step in "xyz"]
PAIRS = {item_id("a"): item_id("1"), item_id("b"): item_id("2")}
MOMENT = "2026-11-23T12:00:00.000000+00:00"


@pytest.fixture
def sitting():
    return Sitting("s", Plan(), MOMENT, ("exam/one", "exam/several", "exam/order", "exam/match"))


# The plan


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        "full",
        {},
        {"wish": "everything"},
        {"wish": ["full"]},
        {"wish": "full", "length": 0},
        {"wish": "full", "length": 66},
        {"wish": "full", "length": True},
        {"wish": "full", "length": "10"},
        {"wish": "modules", "modules": "A"},
        {"wish": "modules", "modules": [1]},
        {"wish": "full", "timed": 1},
        {"wish": "full", "sorting": None},
    ],
    ids=repr,
)
def test_a_plan_of_another_form_is_refused(found):
    with pytest.raises(SagelabError, match="This is no exam to draw"):
        Plan.read(found)


def test_modules_without_a_module_are_one_sentence():
    with pytest.raises(SagelabError, match="No module is chosen"):
        Plan.read({"wish": "modules", "modules": []})


def test_a_plan_draws_what_was_wished():
    past = {"exam/one": False}
    weak = Plan.read({"wish": "weak", "length": 20, "sorting": False}).mix(past)
    modules = Plan.read({"wish": "modules", "modules": ["A"], "length": 10}).mix(past)
    full = Plan.read({"wish": "full", "length": 10}).mix(past)

    assert (weak.length, weak.modules, weak.past, weak.kinds) == (20, (), past, ("one", "several"))
    assert (modules.length, modules.modules, modules.past) == (10, ("A",), None)
    assert (full.length, full.past, full.kinds) == (65, None, ("one", "several", "order", "match"))


# What does not count


def items(number):
    return [Item(replace(ONE, id=f"q{n}"), "exam", "A", ("t",)) for n in range(number)]


def test_fifteen_of_a_full_exam_are_on_trial_and_none_of_a_shorter_one():
    full = items(FULL_LENGTH)

    assert len(on_trial(full, "a")) == ON_TRIAL == 15
    assert on_trial(full, "a") == on_trial(full[::-1], "a") != on_trial(full, "b")
    assert on_trial(full[1:], "a") == frozenset()


# Answers and flags


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (ONE, [YES]),
        (SEVERAL, [NO]),
        (SEVERAL, [YES, NO]),
        (ORDER, STEPS[::-1]),
        (MATCH, PAIRS),
        (MATCH, {item_id("a"): item_id("2")}),
    ],
)
def test_an_answer_is_kept_also_half_of_one(sitting, question, answer):
    name = f"exam/{question.id}"

    assert sitting.answered(question, name, answer).answers == {name: answer}


@pytest.mark.parametrize(("question", "blank"), [(ONE, []), (ORDER, []), (MATCH, {})])
def test_an_answer_that_says_nothing_takes_the_earlier_one_back(sitting, question, blank):
    name = f"exam/{question.id}"
    answered = sitting.answered(SEVERAL, "exam/several", [YES])

    assert answered.answered(question, name, blank).answers == {"exam/several": [YES]}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (ONE, [YES, NO]),
        (ONE, ["gone"]),
        (ONE, YES),
        (ONE, {YES: NO}),
        (ONE, [[YES]]),
        (ONE, None),
        (SEVERAL, [YES, YES]),
        (ORDER, STEPS[:2]),
        (ORDER, [*STEPS[:2], STEPS[0]]),
        (MATCH, [item_id("a")]),
        (MATCH, {"gone": item_id("1")}),
        (MATCH, {item_id("a"): "gone"}),
        (MATCH, {item_id("a"): [item_id("1")]}),
    ],
)
def test_what_the_question_does_not_offer_is_refused(sitting, question, answer):
    with pytest.raises(SagelabError, match="This is no answer to the question"):
        sitting.answered(question, f"exam/{question.id}", answer)


def test_a_flag_comes_and_goes(sitting):
    flagged = sitting.flagged("exam/one", True).flagged("exam/order", True)

    assert flagged.flags == {"exam/one", "exam/order"}
    assert flagged.flagged("exam/one", False).flags == {"exam/order"}


@pytest.mark.parametrize("at", [-1, 4])
def test_a_question_that_is_not_there_cannot_be_turned_to(sitting, at):
    with pytest.raises(SagelabError, match="there are 4"):
        sitting.turned_to(at)
    assert sitting.turned_to(3).at == 3


def test_another_question_is_neither_answered_nor_flagged(sitting):
    for step in (
        lambda: sitting.answered(ONE, "exam/gone", [YES]),
        lambda: sitting.flagged("exam/gone", True),
    ):
        with pytest.raises(SagelabError, match="does not ask 'exam/gone'"):
            step()


def test_what_is_handed_in_stays_as_it_is(sitting):
    over = sitting.handed_in({"exam/one": True}, MOMENT)
    steps = [
        lambda: over.answered(ONE, "exam/one", [YES]),
        lambda: over.flagged("exam/one", True),
        lambda: over.turned_to(1),
        lambda: over.clocked(False),
        lambda: over.spent(1),
        lambda: over.handed_in({}, MOMENT),
    ]
    for step in steps:
        with pytest.raises(SagelabError, match="was handed in"):
            step()


# The clock


def test_each_question_has_two_minutes(sitting):
    assert sitting.limit == 4 * 120


def test_the_clock_stops_at_its_end_and_goes_on_where_it_is_off(sitting):
    late = sitting.spent(470).spent(-9).spent(3600)

    assert (late.used, late.over) == (480, True)
    assert late.spent(9).used == 480
    off = late.clocked(False).spent(20)
    assert (off.used, off.over) == (500, False)
    assert (off.clocked(True).spent(9).used, off.clocked(True).over) == (500, True)


def test_after_the_time_nothing_is_answered_unless_the_clock_is_off(sitting):
    late = replace(sitting, used=480.0)

    with pytest.raises(SagelabError, match="The time is up"):
        late.answered(ONE, "exam/one", [YES])
    assert replace(sitting, used=479.9).answered(ONE, "exam/one", [YES]).answers
    assert late.clocked(False).answered(ONE, "exam/one", [YES]).answers


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        (0, 3899, 0),
        (3899, 3900, 3900),
        (3900, 3901, 0),
        (7190, 7200, 600),
        (7495, 7505, 300),
        (7739, 7741, 60),
        (7100, 7741, 60),
        (7741, 7799, 0),
        (7799, 7800, 0),
    ],
)
def test_the_time_left_is_said_at_half_and_at_ten_five_and_one_minute(before, after, left):
    """7,800 seconds are 130 minutes."""
    assert reminder(before, after, 7800) == left


def test_a_short_exam_has_no_reminder_before_its_half():
    assert reminder(0, 60, 1200) == 0
    assert reminder(599, 601, 1200) == 600
    assert [reminder(at, at + 1, 240) for at in (119, 179)] == [120, 60]


# Kept and read


def test_a_sitting_is_read_as_it_was_written(sitting):
    full = replace(
        sitting.answered(MATCH, "exam/match", PAIRS).flagged("exam/one", True).spent(7.5).turned_to(2),
        trial=frozenset({"exam/order"}),
        plan=Plan("modules", ("A", "B"), 10, False, False),
    ).handed_in({"exam/one": True, "exam/order": False}, MOMENT)

    assert Sitting.read("s", full.text()) == full
    assert full.text().isascii()
    assert full.text().isprintable()


def changed(**parts):
    sound = json.loads(Sitting("s", Plan(), MOMENT, ("exam/one",)).text())
    return json.dumps({**sound, **parts})


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "null",
        "[]",
        "7",
        '"full"',
        "{}",
        "[" * 100_000,
        "x" * 200_001,
        changed(more=1),
        changed(plan={"wish": "nothing"}),
        changed(plan=None),
        changed(items=[]),
        changed(items="exam/one"),
        changed(items=[1]),
        changed(trial=["exam/gone"]),
        changed(trial=7),
        changed(flags=[["exam/one"]]),
        changed(answers=7),
        changed(answers=[]),
        changed(answers={"exam/gone": ["x"]}),
        changed(answers={"exam/one": "x"}),
        changed(answers={"exam/one": [1]}),
        changed(answers={"exam/one": {"x": 1}}),
        changed(results={"exam/one": 1}),
        changed(results=["exam/one"]),
        changed(timed=1),
        changed(used=-1),
        changed(used=float("nan")),
        changed(used=1e300),
        changed(used="1"),
        changed(used=True),
        changed(at=1),
        changed(at=-1),
        changed(at=0.0),
        changed(began=7),
        changed(ended=None),
    ],
    ids=lambda text: str(text)[-40:],
)
def test_a_text_of_another_form_is_no_sitting(text):
    with pytest.raises(ValueError, match=r".+"):
        Sitting.read("s", text)
