"""The practice exam through its traits, with no browser."""

import json

import pytest

from sagelab.exam import Item, load_bank
from sagelab.invigilator import KEEP_EVERY, MOST_GAP, Invigilator
from sagelab.questions import Choice, Question, item_id
from sagelab.quiz import solution
from sagelab.sitting import Plan
from sagelab.sittings import Sittings
from sagelab_widgets import Exam

ABOUT = {"level": "decide", "source": "https://example.org/source-page", "checked": "2026-11-22"}
YES, NO = item_id("yes"), item_id("no")


def item(number, module="A"):
    choices = (Choice("yes", "It is so.", True), Choice("no", "It is not."))
    return Item(
        Question(f"q{number}", "one", "Is it?", choices=choices, **ABOUT), "clarify", module, ("clarify",)
    )


BANK = [item(n, "AB"[n % 2]) for n in range(4)]


class Clock:
    """A clock that goes when it is told to."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def exam(tmp_path, clock):
    made = Exam(tmp_path, BANK, seconds=clock)
    yield made
    made.close()


def ask(exam, **message):
    exam._hear(None, message, None)


def begin(exam, **plan):
    ask(exam, do="start", plan={"wish": "full", **plan})
    return [question["id"] for question in exam.questions]


def test_the_start_page_offers_what_the_bank_holds(exam):
    assert exam.stage == "start"
    assert exam.offer["modules"] == [{"title": "A", "questions": 2}, {"title": "B", "questions": 2}]
    assert (exam.offer["full"], exam.offer["trial"], exam.offer["seconds"]) == (4, 0, 120)
    assert (exam.offer["known"], exam.offer["running"], exam.offer["past"]) == (0, {}, [])


def test_the_whole_bank_asks_sixty_five_questions_of_which_fifteen_are_on_trial(tmp_path):
    exam = Exam(tmp_path)

    assert (exam.offer["full"], exam.offer["trial"]) == (65, 15)
    exam.close()


def test_a_sitting_from_start_to_result(exam):
    asked = begin(exam)
    ask(exam, do="answer", id=asked[0], answer=[YES])
    ask(exam, do="answer", id=asked[1], answer=[NO])
    ask(exam, do="flag", id=asked[0], on=True)
    ask(exam, do="go", at=2)
    assert (exam.stage, exam.at, exam.flags) == ("sitting", 2, [asked[0]])
    assert exam.answers == {asked[0]: [YES], asked[1]: [NO]}

    ask(exam, do="review")
    assert exam.stage == "review"
    ask(exam, do="go", at=3)
    assert exam.stage == "sitting"
    ask(exam, do="hand_in")

    assert (exam.stage, exam.result["right"], exam.result["counted"], exam.result["unanswered"]) == (
        "result",
        1,
        4,
        2,
    )
    assert exam.questions == []
    ask(exam, do="home")
    (past,) = exam.offer["past"]
    assert (exam.stage, past["right"], exam.offer["known"], exam.offer["missed"]) == ("start", 1, 4, 3)
    ask(exam, do="result", id=past["id"])
    assert (exam.stage, exam.result["id"]) == ("result", past["id"])


def test_no_trait_holds_a_key_before_the_exam_is_handed_in(tmp_path):
    exam = Exam(tmp_path, load_bank())
    begin(exam)
    state = exam.get_state()
    told = json.dumps(
        {name: state[name] for name in state if name not in ("_esm", "_css", "words")}, default=str
    )

    questions = [one.question for one in exam.sittings.bank.values()]
    shown = "".join(text for q in questions for text in (q.ask, q.case, *(c.say for c in q.choices)))
    for question in questions:
        for text in (question.source, question.why, *(choice.why for choice in question.choices)):
            assert not text or text in shown or json.dumps(text)[1:-1] not in told
    for name in ('"solution"', '"digest"', '"salt"', '"why"', '"level"', '"source"', '"results"'):
        assert name not in told
    exam.close()


def test_a_new_kernel_goes_on_where_the_old_one_ended(exam, tmp_path, clock):
    asked = begin(exam)
    ask(exam, do="answer", id=asked[0], answer=[YES])
    ask(exam, do="flag", id=asked[1], on=True)
    clock.now += 12
    ask(exam, do="refresh")
    ask(exam, do="go", at=1)

    other = Exam(tmp_path, BANK, seconds=clock, place="other")
    assert (other.stage, other.offer["running"]["answered"]) == ("start", 1)
    ask(other, do="resume")

    assert (other.stage, other.at, other.answers, other.flags) == (
        "sitting",
        1,
        {asked[0]: [YES]},
        [asked[1]],
    )
    assert (other.clock["used"], [q["id"] for q in other.questions]) == (12, asked)
    other.close()


def test_stopping_for_now_stops_the_clock(exam, clock):
    begin(exam)
    clock.now += 5
    ask(exam, do="leave")
    clock.now += 1000

    assert (exam.stage, exam.offer["running"]["used"]) == ("start", 5)
    ask(exam, do="resume")
    assert exam.clock["used"] == 5


def test_one_exam_waits_at_a_time_and_can_be_thrown_away(exam):
    begin(exam)
    ask(exam, do="leave")
    begin(exam)
    assert (exam.stage, exam.note) == (
        "start",
        "An exam is not handed in yet; go on with it, or throw it away.",
    )

    ask(exam, do="discard")

    assert (exam.offer["running"], exam.note) == ({}, "")


def test_the_time_is_up(exam, clock):
    asked = begin(exam)
    for _ in range(24):
        clock.now += 20
        ask(exam, do="refresh")
    assert (exam.stage, exam.clock) == ("review", {"used": 480, "limit": 480, "on": True, "over": True})
    ask(exam, do="answer", id=asked[0], answer=[YES])
    assert (exam.answers, exam.note) == ({}, "The time is up; hand in, or go on without the clock.")
    ask(exam, do="refresh")
    assert exam.note, "the clock's going on takes no words away"

    ask(exam, do="clock", on=False)
    ask(exam, do="answer", id=asked[0], answer=[YES])

    assert (exam.answers, exam.note, exam.clock["over"]) == ({asked[0]: [YES]}, "", False)


def test_an_exam_whose_time_was_up_comes_back_to_the_review(exam, clock):
    begin(exam)
    for _ in range(24):
        clock.now += 20
        ask(exam, do="refresh")
    ask(exam, do="leave")
    ask(exam, do="resume")

    assert exam.stage == "review"


def test_the_time_left_is_said_at_its_marks_only(exam, clock):
    begin(exam)
    said = []
    exam.observe(lambda change: said.append(change["new"]), "reminder")
    for _ in range(479):
        clock.now += 1
        ask(exam, do="refresh")

    assert said == [240, 60]


@pytest.mark.parametrize(
    "message",
    [
        None,
        "start",
        {},
        {"do": None},
        {"do": ["start"]},
        {"do": "start"},
        {"do": "start", "plan": "full"},
        {"do": "start", "plan": {"wish": "modules", "modules": ["Nope"]}},
        {"do": "result", "id": 7},
        {"do": "result", "id": "gone"},
        {"do": "answer", "id": "clarify/q0", "answer": [YES]},
        {"do": "refresh"},
        {"do": "hand_in"},
        {"do": "review"},
        {"do": "resume"},
    ],
    ids=str,
)
def test_what_a_browser_sends_outside_of_a_sitting_changes_nothing(exam, message):
    exam._hear(None, message, None)

    assert (exam.stage, exam.questions, exam.sittings.all()) == ("start", [], ())


@pytest.mark.parametrize(
    "message",
    [
        {"do": "answer"},
        {"do": "answer", "id": "clarify/q0"},
        {"do": "answer", "id": "clarify/gone", "answer": [YES]},
        {"do": "answer", "id": "clarify/q0", "answer": {"x": "y"}},
        {"do": "answer", "id": ["clarify/q0"], "answer": [YES]},
        {"do": "answer", "id": "x" * 10_000, "answer": [YES]},
        {"do": "flag", "id": "clarify/gone", "on": True},
        {"do": "flag", "id": "clarify/q0", "on": "yes"},
        {"do": "go"},
        {"do": "go", "at": -1},
        {"do": "go", "at": 4},
        {"do": "go", "at": True},
        {"do": "go", "at": "1"},
        {"do": "start", "plan": {"wish": "full"}},
    ],
    ids=lambda message: str(message)[:60],
)
def test_what_a_browser_sends_amiss_in_a_sitting_changes_nothing(exam, message):
    begin(exam)
    exam._hear(None, message, None)

    assert (exam.stage, exam.answers, exam.flags, exam.at) == ("sitting", {}, [], 0)
    assert len(exam.sittings.all()) == 1


def test_a_record_that_cannot_be_written_is_one_sentence_and_the_exam_stays(exam, tmp_path):
    asked = begin(exam)
    record = tmp_path / ".sagelab" / "progress.db"
    record.unlink()

    ask(exam, do="answer", id=asked[0], answer=[YES])

    assert exam.note == "This exam is no longer kept here; start another one."
    assert exam.stage == "sitting"


def test_two_exams_of_one_folder_take_turns_at_its_place(exam, tmp_path):
    place = exam.place
    other = Exam(tmp_path, BANK)

    assert (other.place, other.model_id, exam.comm) == (place, place, None)
    other.close()


def test_a_notebook_without_the_widget_reads_what_it_was(exam):
    assert repr(exam) == "Practice exam: 4 questions, 0 handed in"


# The invigilator


@pytest.fixture
def invigilator(tmp_path, clock):
    made = Invigilator(Sittings(tmp_path, BANK), clock)
    made.start(Plan())
    return made


def test_no_more_than_a_gap_counts_of_a_closed_laptop(invigilator, clock):
    clock.now += 3600
    invigilator.tick()

    assert invigilator.sitting.used == MOST_GAP


def test_a_clock_that_went_back_takes_no_time_away(invigilator, clock):
    clock.now += 8
    invigilator.tick()
    clock.now -= 5
    invigilator.tick()

    assert invigilator.sitting.used == 8


def test_the_clock_is_kept_now_and_then_and_with_each_step(invigilator, clock):
    kept = lambda: invigilator.sittings.open().used  # noqa: E731 - read in place
    clock.now += KEEP_EVERY - 1
    invigilator.tick()
    assert kept() == 0
    clock.now += 1
    invigilator.tick()
    assert kept() == KEEP_EVERY
    clock.now += 2
    invigilator.step(lambda sitting: sitting)
    assert kept() == KEEP_EVERY + 2


def test_a_right_answer_is_right(invigilator):
    for name, one in invigilator.sittings.bank.items():
        invigilator.answer(name, solution(one.question))

    assert set(invigilator.hand_in().results.values()) == {True}
    assert invigilator.sitting is None


def test_the_moment_when_the_time_is_up_is_kept(invigilator, clock):
    clock.now += 3
    invigilator.step(lambda sitting: sitting)
    for _ in range(477):
        clock.now += 1
        invigilator.tick()

    assert invigilator.sittings.open().over
