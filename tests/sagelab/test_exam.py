"""The practice exam's bank is sound, its draws keep their mix, and its marks are right."""

from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest
import yaml

from sagelab import catalogue
from sagelab.errors import SagelabError
from sagelab.exam import ACROSS, COMPONENTS, EXAM, Item, Mix, draw, load_bank, mark
from sagelab.lint.questions import check
from sagelab.questions import Choice, Question, QuizError
from sagelab.quiz import item_id, load_quiz, solution

BANK = load_bank()
SCENARIOS = [item.question for item in BANK if item.lesson == "exam"]
WRITTEN = yaml.safe_load(EXAM.read_text("utf-8"))
SOUND = """
- id: slow
  components: [inference_async, inference_batch]
  ask: "Which?"
  choices: [{say: "A", why: "a", right: true}, {say: "B", why: "b"}]
  level: "decide"
  source: "A page"
  checked: "2026-11-22"
"""


def item(number: int, module: str = "A", topics: tuple[str, ...] = ("t",), case: str = "", **changes) -> Item:
    choices = (Choice("yes", "because", True), Choice("no", "because"))
    name = f"{case}.q{number}" if case else f"q{number}"
    fields = {"kind": "one", "choices": choices} | changes
    question = Question(
        name, ask="?", level="decide", source="A page", checked="2026-11-22", case=case, **fields
    )
    return Item(question, "exam", module, topics)


def modules(items) -> Counter[str]:
    return Counter(drawn.module for drawn in items)


# The bank


def test_the_bank_holds_every_lesson_and_at_least_sixty_scenarios():
    quizzes = sum(len(load_quiz(entry.folder / "quiz.yaml")) for entry in catalogue.entries())

    assert len(WRITTEN) >= 60
    assert len(SCENARIOS) == sum(len(entry.get("questions", [entry])) for entry in WRITTEN)
    assert len(BANK) == quizzes + len(SCENARIOS)
    assert len({item.id for item in BANK}) == len(BANK)


def test_the_scenarios_pass_the_rules_of_a_lessons_quiz():
    assert check(SCENARIOS, "exam", "sagelab/exam.yaml") == []


def test_the_scenarios_have_the_kinds_of_an_exam():
    kinds = Counter(question.kind for question in SCENARIOS)

    assert kinds["one"] >= 40
    assert kinds["several"] >= 12
    assert kinds["order"] >= 4
    assert kinds["match"] + kinds["number"] >= 4
    assert sum("case" in entry for entry in WRITTEN) >= 3


def test_no_choice_of_a_scenario_is_given_away_by_its_length():
    """With four choices, chance alone makes the right one the longest, or the shortest, in a quarter."""
    single = [question for question in SCENARIOS if question.kind == "one"]
    for extreme in (min, max):
        found = [
            q for q in single if next(c for c in q.choices if c.right) == extreme(q.choices, key=_length)
        ]
        assert len(found) <= len(single) / 3


def _length(choice: Choice) -> int:
    return len(choice.say)


def test_every_component_is_weighed_and_every_source_is_a_page():
    assert {name for entry in WRITTEN for name in entry["components"]} == COMPONENTS
    for question in SCENARIOS:
        assert all(page.startswith("https://") for page in question.source.split(", ")), question.id


def test_a_scenario_asks_for_one_or_for_as_many_as_it_says():
    for question in SCENARIOS:
        if question.kind == "several":
            assert sum(choice.right for choice in question.choices) == 2, question.id
            assert " two " in question.ask, question.id


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  components: [inference_async, inference_batch]\n", "", "2: a scenario has no 'components'"),
        (
            "inference_batch",
            "elastic_inference",
            "3: there is no component 'elastic_inference'; write one of",
        ),
        (", inference_batch", "", "3: a scenario weighs components; write two or more different ones"),
        ("batch]", "async]", "3: a scenario weighs components; write two or more different ones"),
        (
            "[inf",
            "[inference_async, inf",
            "3: a scenario weighs components; write two or more different ones",
        ),
        ("ask:", "asks:", "4: a question has no field 'asks'"),
        ('level: "decide"', "level: 3", "6: level: 3 without quotes is read as a number"),
    ],
)
def test_a_fault_of_a_scenario_names_its_line(tmp_path: Path, old: str, new: str, said: str):
    (tmp_path / "exam.yaml").write_text(SOUND.replace(old, new), "utf-8")

    with pytest.raises(QuizError) as fault:
        load_bank(exam=tmp_path / "exam.yaml")
    assert f"/exam.yaml:{said}" in str(fault.value)


def test_an_id_is_taken_once(tmp_path: Path):
    (tmp_path / "exam.yaml").write_text(SOUND + SOUND, "utf-8")

    with pytest.raises(QuizError, match="the id 'slow' is taken by another question"):
        load_bank(exam=tmp_path / "exam.yaml")


def test_a_scenario_belongs_to_the_lesson_that_teaches_its_first_component(tmp_path: Path):
    lesson = tmp_path / "inference"
    lesson.mkdir()
    (lesson / "lesson.py").touch()
    (lesson / "quiz.yaml").write_text(SOUND.replace("  components: [inference_async, inference_batch]\n", ""))
    (tmp_path / "exam.yaml").write_text(SOUND + SOUND.replace("slow", "fast").replace("[inf", "[mlflow, inf"))
    (tmp_path / "catalogue.yaml").write_text(
        "modules: [{title: Deploy, lessons: [{number: 1, slug: inference}]}]"
    )

    asked, slow, fast = load_bank(tmp_path, tmp_path / "exam.yaml")

    assert (asked.id, asked.module, asked.topics) == ("inference/slow", "Deploy", ("inference",))
    assert (slow.id, slow.module, slow.topics) == ("exam/slow", "Deploy", ("inference",))
    assert (fast.id, fast.module, fast.topics) == ("exam/fast", ACROSS, ("mlflow", "inference"))


# A draw


def test_a_draw_is_the_same_for_the_same_seed_and_another_for_another():
    mix = Mix(30)

    assert draw(BANK, mix, "ada") == draw(BANK, mix, "ada")
    assert draw(BANK, mix, "ada") != draw(BANK, mix, "grace")


def test_a_draw_does_not_depend_on_the_order_of_the_bank():
    bank = [item(number, module="AB"[number % 2]) for number in range(20)]

    assert draw(bank, Mix(7), 1) == draw(bank[::-1], Mix(7), 1)


@pytest.mark.parametrize("seed", range(20))
def test_a_full_exam_has_its_length_and_no_question_twice(seed: int):
    exam = draw(BANK, Mix(), seed)

    assert len(exam) == 65
    assert len({drawn.id for drawn in exam}) == 65
    assert {drawn.question.kind for drawn in exam} <= {"one", "several", "order", "match"}


def test_a_full_exam_shares_its_length_by_the_size_of_the_modules():
    bank = [*(item(n, "A") for n in range(60)), *(item(n, "B") for n in range(100, 130))]
    bank += [item(n, "C") for n in range(200, 210)]

    assert modules(draw(bank, Mix(20), 1)) == {"A": 12, "B": 6, "C": 2}


def test_a_module_of_many_questions_does_not_push_out_small_ones():
    """Of seven seats 3.7, 1.7 and 1.6 are due: Webster's method gives 3, 2 and 2, another one 4, 2 and 1."""
    sizes = [("A", range(53)), ("B", range(100, 124)), ("C", range(200, 223))]

    exam = draw([item(n, module) for module, numbers in sizes for n in numbers], Mix(7), 1)

    assert modules(exam) == {"A": 3, "B": 2, "C": 2}


def test_named_modules_share_evenly_and_no_other_comes():
    bank = [*(item(n, "A") for n in range(60)), *(item(n, "B") for n in range(100, 130))]
    bank += [item(n, "C") for n in range(200, 210)]

    assert modules(draw(bank, Mix(12, ("A", "C")), 1)) == {"A": 6, "C": 6}
    assert modules(draw(bank, Mix(30, ("A", "C")), 1)) == {"A": 20, "C": 10}
    assert modules(draw(bank, Mix(30, ("C",)), 1)) == {"C": 10}


def test_only_the_kinds_of_the_mix_are_drawn():
    exam = draw(BANK, Mix(40, kinds=("several", "number")), 3)

    assert {drawn.question.kind for drawn in exam} == {"several", "number"}


@pytest.mark.parametrize("seed", range(20))
def test_the_questions_of_a_case_come_together_and_in_order(seed: int):
    cases = [item(n, case=f"c{n // 3}") for n in range(9)]
    bank = [*cases, *(item(n) for n in range(100, 112))]

    exam = draw(bank, Mix(8), seed)

    assert len(exam) == 8
    runs = [(case, list(run)) for case, run in groupby(exam, key=lambda drawn: drawn.question.case)]
    for case, run in runs:
        if case:
            assert run == [drawn for drawn in cases if drawn.question.case == case]


def test_a_case_that_does_not_fit_stays_out():
    bank = [*(item(n, case="c") for n in range(3)), item(9)]

    assert [drawn.id for drawn in draw(bank, Mix(2), 1)] == ["exam/q9"]


@pytest.mark.parametrize("seed", range(20))
def test_weak_topics_come_up_more_often(seed: int):
    """Eight of eight missed against none of eight: nine to one, after one of each is added."""
    weak = [item(n, topics=("weak",)) for n in range(30)]
    strong = [item(n, topics=("strong",)) for n in range(100, 130)]
    past = {drawn.id: False for drawn in weak[:8]} | {drawn.id: True for drawn in strong[:8]}

    exam = draw([*weak, *strong], Mix(10, past=past), seed)

    assert Counter(drawn.topics[0] for drawn in exam) == {"weak": 9, "strong": 1}


def test_a_topic_never_asked_comes_up_more_often_than_one_that_was_right():
    """Nothing known stands for a half, eight of eight right for a tenth."""
    known = [item(n, topics=("known",)) for n in range(30)]
    new = [item(n, topics=("new",)) for n in range(100, 130)]

    exam = draw([*known, *new], Mix(12, past=dict.fromkeys([drawn.id for drawn in known[:8]], True)), 1)

    assert Counter(drawn.topics[0] for drawn in exam) == {"new": 10, "known": 2}


@pytest.mark.parametrize("seed", range(20))
def test_what_was_missed_comes_first_and_what_was_right_comes_last(seed: int):
    bank = [item(n) for n in range(9)]
    past = {"exam/q0": False, "exam/q1": False, "exam/q2": True, "exam/q3": True, "exam/gone": False}

    assert {"exam/q0", "exam/q1"} == {drawn.id for drawn in draw(bank, Mix(2, past=past), seed)}
    assert not {"exam/q2", "exam/q3"} & {drawn.id for drawn in draw(bank, Mix(7, past=past), seed)}


def test_a_missed_scenario_is_a_weakness_in_each_of_its_topics():
    missed = item(0, topics=("x", "y"))
    bank = [
        missed,
        *(item(n, topics=("y",)) for n in range(1, 9)),
        *(item(n, topics=("z",)) for n in range(20, 28)),
    ]

    exam = draw(bank, Mix(9, past={missed.id: False}), 1)

    drawn = Counter(drawn.topics[0] for drawn in exam)
    assert drawn["y"] > drawn["z"]


def test_an_exam_that_cannot_be_drawn_is_one_sentence():
    with pytest.raises(SagelabError, match=r"There is no module 'Nope'; write one of A\."):
        draw([item(1)], Mix(5, ("Nope",)), 1)
    with pytest.raises(SagelabError, match=r"An exam of 0 questions asks nothing; write 1 or more\."):
        draw([item(1)], Mix(0), 1)


# The marks


def test_the_marks_are_those_of_a_count_by_hand():
    exam = draw(BANK, Mix(), 5)
    right = [drawn for place, drawn in enumerate(exam) if place % 3]
    answers = {drawn.id: solution(drawn.question) for drawn in right}

    marks = mark(exam, answers)

    assert (marks.right, marks.total) == (43, 65)
    assert modules(right) == {m.module: m.right for m in marks.modules}
    assert modules(exam) == {m.module: m.total for m in marks.modules}
    missed = [drawn for m in marks.modules for drawn in m.missed]
    assert sorted(drawn.id for drawn in missed) == sorted(drawn.id for drawn in exam[::3])


def test_a_wrong_choice_and_half_of_the_right_ones_are_missed():
    two = (Choice("a", "b", True), Choice("c", "d", True), Choice("e", "f"))
    exam = [item(1), item(2), item(3, kind="several", choices=two), item(4, kind="several", choices=two)]
    answers = {
        "exam/q1": [item_id("no")],
        "exam/q2": {"answer": [item_id("yes")], "checked": True},
        "exam/q3": [item_id("a")],
        "exam/q4": [item_id("c"), item_id("a")],
    }

    assert mark(exam, answers).results == {
        "exam/q1": False,
        "exam/q2": True,
        "exam/q3": False,
        "exam/q4": True,
    }


def test_the_weakest_module_comes_first():
    exam = [item(1, "A"), item(2, "B"), item(3, "B"), item(4, "C")]
    yes = [item_id("yes")]

    marks = mark(exam, {"exam/q1": yes, "exam/q2": yes})

    assert [m.module for m in marks.modules] == ["C", "B", "A"]


def test_the_marks_of_one_exam_are_the_past_of_the_next():
    first = draw(BANK, Mix(20), 1)
    past = mark(first, {}).results

    assert {drawn.id for drawn in draw(BANK, Mix(10, past=past), 2)} & set(past)
