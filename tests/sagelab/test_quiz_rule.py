"""The one rule that says whether an answer is right, and what a learner is shown."""

import hashlib
import json
import subprocess
import sys

import pytest

from sagelab.quiz import (
    Question,
    Score,
    canonical,
    digest,
    is_right,
    item_id,
    load_quiz,
    payload,
    score,
    solution,
)


@pytest.fixture
def quiz(small):
    """The small lesson's questions by their ids."""
    return {question.id: question for question in load_quiz(small.path("quiz.yaml"))}


def ids(*texts):
    return [item_id(text) for text in texts]


def test_an_id_is_the_first_eight_hex_digits_of_the_text_s_sha256():
    assert item_id("abc") == "ba7816bf"  # FIPS 180-2, example B.1


def test_one_answer_is_right_only_alone(quiz):
    assert is_right(quiz["middle"], ids("The median"))
    assert not is_right(quiz["middle"], ids("The mean"))
    assert not is_right(quiz["middle"], ids("The median", "The mean"))
    assert not is_right(quiz["middle"], [])


def test_several_answers_are_right_in_any_order_and_only_all_of_them(quiz):
    assert is_right(quiz["robust"], ids("The smallest bill", "The median"))
    assert not is_right(quiz["robust"], ids("The median"))
    assert not is_right(quiz["robust"], ids("The median", "The smallest bill", "The mean"))
    assert not is_right(quiz["robust"], ids("The median", "The median"))


def test_an_order_is_right_in_its_order_only(quiz):
    steps = ids("Take the values", "Sort them", "Take the middle one")

    assert is_right(quiz["steps"], steps)
    assert not is_right(quiz["steps"], steps[::-1])


def test_a_match_is_right_whatever_pair_came_first(quiz):
    pairs = {item_id("What do all clients owe?"): item_id("Sum")}
    pairs |= {item_id("What does a usual client owe?"): item_id("Median")}

    assert is_right(quiz["pairs"], pairs)
    assert not is_right(quiz["pairs"], dict(zip(pairs, reversed(pairs.values()), strict=True)))


@pytest.mark.parametrize("typed", ["12", " 12 ", "12.0", "+12", "1.2e1", "12."])
def test_a_number_may_be_typed_in_many_ways(quiz, typed):
    assert is_right(quiz["lender.report"], typed)


@pytest.mark.parametrize(
    "typed", ["12,0", "12.1", "", "twelve", "nan", "inf", "1_2", "0xC", "१२", "9" * 5000, "1e999"]
)
def test_what_is_not_that_number_is_wrong(quiz, typed):
    assert not is_right(quiz["lender.report"], typed)


def test_a_tolerance_counts_its_edge(small):
    small.edit("quiz.yaml", "{value: 12, tolerance: 0}", "{value: 0.3, tolerance: 0.1}")
    question = {q.id: q for q in load_quiz(small.path("quiz.yaml"))}["lender.report"]

    assert is_right(question, "0.4")  # although 0.4 - 0.3 is more than 0.1 in binary fractions
    assert is_right(question, "0.2")
    assert not is_right(question, "0.4001")


HOSTILE = [
    None,
    True,
    0,
    1.5,
    "",
    "median",
    [],
    [None],
    [[]],
    [{}],
    {},
    {"a": 1},
    {"a": []},
    [1],
    "x" * 10**6,
    ["x"] * 10**5,
]


@pytest.mark.parametrize("answer", HOSTILE, ids=lambda answer: str(answer)[:20])
@pytest.mark.parametrize("name", ["middle", "robust", "steps", "pairs", "lender.report"])
def test_an_answer_of_any_other_form_is_wrong_and_no_error(quiz, name, answer):
    assert not is_right(quiz[name], answer)


def test_a_score_counts_right_answers_and_names_the_missed(quiz):
    answers = {name: {"answer": solution(question), "checked": True} for name, question in quiz.items()}
    answers["middle"]["answer"] = ids("The mean")
    del answers["steps"]

    assert score(quiz.values(), answers) == Score(right=4, total=6, missed=("middle", "steps"))


def test_a_score_reads_bare_answers_too(quiz):
    answers = {name: solution(question) for name, question in quiz.items()}

    assert score(quiz.values(), answers).right == 6


@pytest.mark.parametrize("entry", [None, 3, {"answer": None}, {"checked": True}, [], "x"])
def test_a_damaged_entry_scores_nothing(quiz, entry):
    assert score(quiz.values(), dict.fromkeys(quiz, entry)).right == 0


def test_canonical_forms_are_those_of_the_contract_with_the_browser():
    assert canonical("one", ["b"]) == "b"
    assert canonical("several", ["b", "a"]) == "a,b"
    assert canonical("order", ["b", "a"]) == "b,a"
    assert canonical("match", {"l2": "r1", "l1": "r2"}) == "l1=r2,l2=r1"
    assert canonical("number", " 1.50 ") == "1.50"
    with pytest.raises(ValueError, match="no answer"):
        canonical("match", ["a"])


def test_the_digest_is_a_salted_sha256():
    assert digest("salt", "a,b") == hashlib.sha256(b"salt:a,b").hexdigest()


SECRET = {"why", "right_choice", "solution", "salt", "digest", "number", "value", "tolerance"}


def keys_of(value):
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys_of(inner)}
    return {key for inner in value for key in keys_of(inner)} if isinstance(value, list) else set()


def test_without_the_key_nothing_tells_the_right_answer(quiz):
    for question in quiz.values():
        shown = payload(question, 1, key=False)
        assert not keys_of(shown) & SECRET
        text = json.dumps(shown)
        for told in [choice.why for choice in question.choices] + [question.why]:
            assert not told or told not in text


def test_without_the_key_two_questions_differ_only_where_their_choices_differ(quiz):
    """Turning right into wrong changes nothing that is shown."""
    import dataclasses

    question = quiz["middle"]
    turned = dataclasses.replace(
        question, choices=tuple(dataclasses.replace(c, right=c.say == "The mean") for c in question.choices)
    )

    assert payload(question, 1, key=False) == payload(turned, 1, key=False)


def test_with_the_key_the_browser_can_check_and_explain(quiz):
    for question in quiz.values():
        shown = payload(question, 1, key=True)
        if question.kind == "number":
            assert shown["number"] == {"value": 12.0, "tolerance": 0.0}
            assert shown["solution"] == "12"
            continue
        assert shown["digest"] == digest(shown["salt"], canonical(question.kind, shown["solution"]))
        assert is_right(question, shown["solution"])
    assert all(choice["why"] for choice in payload(quiz["middle"], 1, key=True)["choices"])


def test_a_payload_is_plain_json(quiz):
    for question in quiz.values():
        shown = payload(question, 1, key=True)
        assert json.loads(json.dumps(shown)) == shown


def test_several_say_how_many_to_choose(quiz):
    assert payload(quiz["robust"], 1, key=False)["choose"] == 2
    assert payload(quiz["middle"], 1, key=False)["choose"] == 1


def test_a_scenario_is_shown_with_each_of_its_questions(quiz):
    assert payload(quiz["lender.act"], 1, key=False)["case"].startswith("A lender")
    assert payload(quiz["middle"], 1, key=False)["case"] == ""


def test_every_seed_shuffles_and_the_same_seed_shuffles_alike(quiz):
    orders = {
        tuple(c["say"] for c in payload(quiz["middle"], seed, key=False)["choices"]) for seed in range(50)
    }

    assert len(orders) == 6
    assert payload(quiz["middle"], 3, key=False) == payload(quiz["middle"], 3, key=False)


def test_steps_are_never_shown_in_their_right_order(quiz):
    shown = [[c["say"] for c in payload(quiz["steps"], seed, key=False)["choices"]] for seed in range(50)]

    assert list(quiz["steps"].order) not in shown
    assert all(sorted(steps) == sorted(quiz["steps"].order) for steps in shown)


def test_a_right_side_that_two_pairs_share_is_shown_once():
    question = Question(
        "q", "match", "?", "apply", "x", "2026-11-22", match=(("a", "M"), ("b", "M"), ("c", "N"))
    )

    assert sorted(item["say"] for item in payload(question, 1, key=False)["right"]) == ["M", "N"]
    assert is_right(question, solution(question))


def test_asking_a_quiz_loads_no_heavy_library():
    heavy = "{'nbgrader', 'jupytext', 'nbformat', 'pandas', 'numpy', 'IPython', 'boto3', 'jsonschema'}"
    code = f"import sys, sagelab.quiz, sagelab.answers, sagelab.source; print(sorted({heavy} & set(sys.modules)))"

    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
