"""What a target asks for, what a build refuses, and what the preview estimates."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from sagelab.canvas import problems
from sagelab.canvas.columns import as_imported, describe
from sagelab.canvas.estimate import estimate
from sagelab.errors import SagelabError

TWO, SEVERAL, NUMERIC = problems.TWO, problems.SEVERAL, problems.NUMERIC


def target(values):
    return pd.Series(values, dtype=object, name="y").map(lambda v: None if v is None else str(v))


@pytest.mark.parametrize(
    ("values", "fitting"),
    [
        (["yes", "no"] * 5, [TWO]),
        ([0, 1, None] * 5, [TWO, NUMERIC]),
        (list("abc") * 5, [SEVERAL]),
        ([1, 2, 3] * 5, [SEVERAL, NUMERIC]),
        (list(range(20)), [SEVERAL, NUMERIC]),
        (list(range(21)), [NUMERIC, SEVERAL]),
        (list(range(101)), [NUMERIC]),
        ([f"c{i}" for i in range(100)], [SEVERAL]),
    ],
)
def test_the_model_types_that_fit_with_the_recognized_one_first(values, fitting):
    assert list(problems.possible(target(values))) == fitting
    assert problems.recognize(target(values)) is fitting[0]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["a"] * 9, "fewer than 2 values"),
        ([None, None], "fewer than 2 values"),
        ([f"c{i}" for i in range(101)], "101 different texts; a category prediction has at most 100"),
    ],
)
def test_a_target_that_teaches_nothing_is_refused(values, says):
    with pytest.raises(SagelabError, match=says):
        problems.recognize(target(values))


def test_a_build_needs_500_rows_and_five_of_each_category():
    problems.check(target(["a", "b"] * 250), TWO)
    problems.check(target([*["a"] * 495, *["b"] * 5]), TWO)
    problems.check(target(range(500)), NUMERIC)
    with pytest.raises(SagelabError, match="at least 500 rows with a value in y; there are 499"):
        problems.check(target([*["a", "b"] * 249, "a", None]), TWO)
    with pytest.raises(SagelabError, match="The value b of y stands in 4 rows"):
        problems.check(target([*["a"] * 500, *["b"] * 4]), TWO)
    with pytest.raises(SagelabError, match="does not fit Numeric prediction"):
        problems.check(target(["a", "b"] * 250), NUMERIC)


def test_labels_stand_in_the_order_of_texts():
    assert problems.labels(target([10, 9, None, 10])) == ["10", "9"]


def table(rows, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    return as_imported(
        pd.DataFrame(
            {
                "x": x,
                "noise": random.normal(size=rows),
                "color": random.choice(["red", "blue"], rows),
                "two": np.where(x > 0, "up", "down"),
                "number": 10 * x + random.normal(size=rows),
            }
        )
    )


def previewed(rows, name, problem, leave=()):
    data = table(rows)
    used = [column for column in describe(data, name) if column.name not in leave]
    return estimate(data, used, name, problem)


def test_a_preview_beats_the_simplest_answer_where_there_is_something_to_learn():
    two, number = previewed(300, "two", TWO), previewed(300, "number", NUMERIC)

    assert (two.metric, two.rows) == ("Accuracy", 300)
    assert two.value > 0.95 > two.simplest > 0.4
    assert number.metric == "RMSE"
    assert number.simplest == pytest.approx(float(np.std(table(300)["number"].astype(float))))
    assert number.value < 0.4 * number.simplest


def test_a_preview_without_the_telling_columns_knows_nothing():
    found = previewed(300, "two", TWO, leave=("x", "number"))

    assert abs(found.value - 0.5) < 0.12
    most = table(300)["two"].value_counts().index[0]
    assert found.simplest == pytest.approx(accuracy_score(table(300)["two"], [most] * 300))


def test_a_preview_takes_at_most_a_thousand_rows():
    assert previewed(1500, "two", TWO).rows == 1000


def test_a_preview_with_too_little_is_refused():
    with pytest.raises(SagelabError, match="at least 30 rows"):
        previewed(20, "two", TWO)
    with pytest.raises(SagelabError, match="a column of numbers or categories"):
        previewed(300, "two", TWO, leave=("x", "noise", "color", "number"))
