"""The lab object gives a lesson its account, its data and its three verbs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sagelab
from sagelab.errors import SagelabError
from sagelab.workbench import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("learner"))
        lab = sagelab.lab("model_monitor")
        yield lab
        lab.account.stop()


def test_what_is_put_in_the_bucket_comes_back(lab: Lab) -> None:
    uri = lab.put("notes/hello.txt", "hello")
    assert lab.get(uri) == b"hello"
    assert uri in lab.list(f"s3://{lab.bucket}/notes/")
    table = lab.put("table.csv", pd.DataFrame({"a": [1]}), header=False)
    assert lab.get(table) == b"1\n"
    assert lab.get_json(lab.put("a.json", '{"a": 1}')) == {"a": 1}


def test_the_role_is_a_real_role_of_the_account(lab: Lab) -> None:
    assert lab.role == "arn:aws:iam::123456789012:role/SageMakerRole"
    assert lab.client("iam").get_role(RoleName="SageMakerRole")["Role"]["Arn"] == lab.role


def test_unique_names_are_never_given_twice(lab: Lab) -> None:
    names = [lab.unique("train") for _ in range(3)]
    assert len(set(names)) == 3
    assert all(name.startswith("train-") for name in names)


def test_a_reset_leaves_an_empty_account_that_works(lab: Lab) -> None:
    lab.put("gone.txt", "x")
    lab.reset()
    assert lab.client("s3").list_buckets()["Buckets"] == []
    assert lab.get(lab.put("new.txt", "y")) == b"y"


def test_the_clock_steps(lab: Lab) -> None:
    before = lab.clock.now()
    lab.clock.step(hours=5)
    assert 5 * 3600 <= (lab.clock.now() - before).total_seconds() < 5 * 3600 + 60


def test_hints_come_one_by_one_and_the_solution_after_a_try(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    name = lab.entry.exercises[0]
    lab.hint(name)
    lab.hint(name)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Hint 1 of ")
    assert any(line.startswith("Hint 2 of ") for line in said)
    with pytest.raises(SagelabError, match="once first"):
        lab.solution(name)
    lab._checked(name, passed=False)
    capsys.readouterr()
    lab.solution(name)
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda lab: lab.hint("nope"), "There is no exercise named 'nope'; there are "),
        (lambda lab: lab.table("nope"), "There is no table named 'nope'; there is credit_clients"),
        (lambda lab: lab.script("nope.py"), "has no script named 'nope.py'; it has "),
        (lambda lab: sagelab.lab("nope"), "There is no lesson named 'nope'; there are "),
    ],
)
def test_a_wrong_name_lists_the_right_ones(lab: Lab, call: object, said: str) -> None:
    with pytest.raises(SagelabError, match=said):
        call(lab)  # type: ignore[operator]


def test_a_graded_quiz_ships_no_key(lab: Lab) -> None:
    quiz = lab.quiz(graded=True)
    assert quiz.mode == "graded"
    keys = {key for question in quiz.questions for part in parts(question) for key in part}
    assert not keys & {"digest", "salt", "why", "solution", "number"}
    assert keys & {"say"}


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside a payload."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def test_quiz_points_are_the_share_of_right_answers(lab: Lab) -> None:
    assert lab.quiz_points(10) == 0
    practice = lab.quiz()
    half = practice.questions[: len(practice.questions) // 2]
    from sagelab.answers import Answers

    for question in half:
        Answers(Path("answers.json")).record("model_monitor", question["id"], question["solution"], True)
    assert lab.quiz_points(10) == pytest.approx(10 * len(half) / len(practice.questions), abs=0.01)
