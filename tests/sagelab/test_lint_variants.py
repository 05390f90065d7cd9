"""The two wrong answers that the lint writes itself."""

import pytest

from sagelab.lint.variants import always_equal, always_none
from sagelab.source import load_lesson


@pytest.fixture
def exercise(small):
    """The small lesson's exercise `outlier`, with another solution cell."""

    def exercise(source):
        given = "### BEGIN SOLUTION\noutlier = max(bills)\n### END SOLUTION"
        small.edit("lesson.py", given, source)
        return next(e for e in load_lesson(small.folder).exercises if e.id == "outlier")

    return exercise


def names(source, **given):
    space = dict(given)
    exec(source, space)
    return space


REGION = "### BEGIN SOLUTION\n{}\n### END SOLUTION"


def test_a_function_returns_nothing_whatever_it_is_given(exercise):
    space = names(
        always_none(exercise("def f(a):\n    ### BEGIN SOLUTION\n    return a\n    ### END SOLUTION"))
    )

    assert space["f"](1) is None
    assert space["f"](1, b=2) is None


def test_a_value_is_nothing(exercise):
    space = names(always_none(exercise(REGION.format("a = b = 1\nc, *d = [1, 2]\ne: int = 3"))))

    assert [space[name] for name in "abcde"] == [None] * 5


def test_what_the_learner_does_not_write_stays(exercise):
    source = (
        "import json\nlimit = 0.2\n" + REGION.format("answer = json.dumps(limit)") + "\nafter = limit * 2"
    )
    space = names(always_none(exercise(source)))

    assert (space["limit"], space["after"], space["answer"]) == (0.2, 0.4, None)


def test_an_import_in_the_region_stays(exercise):
    space = names(always_none(exercise(REGION.format("import json\nanswer = json.dumps(1)"))))

    assert space["json"].dumps(2) == "2"
    assert space["answer"] is None


def test_an_entry_of_a_request_is_nothing_and_the_request_stays(exercise):
    space = names(always_none(exercise('request = {"a": 1}\n' + REGION.format('request["b"] = 2'))))

    assert space["request"] == {"a": 1, "b": None}


def test_what_a_loop_changes_is_nothing(exercise):
    space = names(
        always_none(exercise("found = {}\n" + REGION.format("for n in [1]:\n    found[n] = 1\n    last = n")))
    )

    assert (space["found"], space["n"], space["last"]) == (None, None, None)


def test_a_loop_around_the_region_is_replaced_whole(exercise):
    source = "found = []\nfor n in [1]:\n    ### BEGIN SOLUTION\n    found += [n]\n    ### END SOLUTION"

    assert names(always_none(exercise(source)))["found"] is None


def test_names_inside_a_function_or_a_comprehension_are_its_own(exercise):
    source = REGION.format("if True:\n    def f():\n        bills = 3\n    a = [bills for bills in [1]]")
    space = names(always_none(exercise(source)), bills=[1])

    assert space["bills"] == [1]
    assert (space["f"], space["a"]) == (None, None)


def test_a_call_alone_is_left_out(exercise):
    assert names(always_none(exercise("found = []\n" + REGION.format("found.append(1)"))))["found"] == []


def test_a_decorated_function_and_a_class_are_functions_of_nothing(exercise):
    space = names(always_none(exercise(REGION.format("@staticmethod\ndef f(): return 1\nclass C: pass"))))

    assert (space["f"](), space["C"](1)) == (None, None)


def test_the_other_answer_equals_everything(exercise):
    space = names(
        always_equal(exercise("def f(a):\n    ### BEGIN SOLUTION\n    return a\n    ### END SOLUTION"))
    )
    answer = space["f"](1)

    assert answer == 3
    assert answer == "x"
    assert not answer != 4  # noqa: SIM202 - the operator itself is under test
    assert hash(answer) == 0
    assert answer is not None
