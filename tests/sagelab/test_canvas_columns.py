"""Canvas's Build page as rules: types, counts, distributions, associations; against pandas, scipy and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway
from scipy.stats.contingency import association as scipy_association

from sagelab.canvas import columns as rules
from sagelab.errors import SagelabError

RANDOM = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "row": range(1, 201),
        "customer": [f"c-{i}" for i in range(200)],
        "amount": RANDOM.normal(100, 20, 200),
        "plan": RANDOM.choice(["basic", "plus", "pro"], 200),
        "region": RANDOM.choice(["east", "west"], 200),
        "joined": pd.date_range("2025-01-01", periods=200, freq="D"),
        "comment": [f"this is remark number {i} of many" for i in range(200)],
        "country": "NL",
        "nothing": [None] * 200,
    }
)


def described(table, target):
    imported = rules.as_imported(table)
    return {column.name: column for column in rules.describe(imported, target)}


@pytest.fixture(scope="module")
def known():
    return described(TABLE, "region")


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("row", "Numeric", "it counts the rows"),
        ("customer", "Categorical", "different in every row, like an identifier"),
        ("amount", "Numeric", ""),
        ("plan", "Categorical", ""),
        ("joined", "Datetime", ""),
        ("comment", "Text", ""),
        ("country", "Categorical", "the same value everywhere"),
        ("nothing", "Categorical", "no value at all"),
    ],
)
def test_each_column_has_its_type_and_the_reason_to_leave_it_out(known, name, kind, reason):
    assert (known[name].kind, known[name].reason) == (kind, reason)


def test_missing_mismatched_and_unique_are_counted_apart():
    cells = [*map(str, range(100, 197)), "unknown", None, None]
    column = described(pd.DataFrame({"age": cells, "y": ["a", "b"] * 50}), "y")["age"]

    assert (column.kind, column.missing, column.mismatched, column.unique) == ("Numeric", 2, 1, 98)
    assert column.center == "148"


def test_too_many_texts_among_numbers_make_categories():
    cells = [*map(str, range(50)), *["unknown"] * 10]
    column = described(pd.DataFrame({"age": cells, "y": ["a", "b"] * 30}), "y")["age"]

    assert (column.kind, column.mismatched, column.center) == ("Categorical", 0, "unknown")


def test_bars_hold_every_value_once(known):
    assert sum(count for _, count in known["amount"].bars) == 200
    assert len(known["amount"].bars) == 12
    assert dict(known["plan"].bars) == TABLE["plan"].value_counts().to_dict()
    assert known["comment"].bars == ()


def test_rare_categories_share_a_bar():
    cells = [letter for i, letter in enumerate("abcdefgh") for _ in range(i + 1)]
    bars = described(pd.DataFrame({"x": cells, "y": range(36)}), "y")["x"].bars

    assert bars[0] == ("h", 8)
    assert bars[-1] == ("2 others", 3)


def test_few_numbers_are_bars_in_the_order_of_numbers():
    bars = described(pd.DataFrame({"x": [10, 9, -2, 10] * 9, "y": range(36)}), "y")["x"].bars

    assert bars == (("-2", 9), ("9", 9), ("10", 18))


def test_numbers_with_numbers_correlate_as_numpy_says():
    other = TABLE["amount"] * -2 + RANDOM.normal(0, 20, 200)
    column = described(pd.DataFrame({"x": other, "y": TABLE["amount"]}), "y")["x"]

    assert column.measure == "Pearson's r"
    assert column.correlation == pytest.approx(np.corrcoef(other, TABLE["amount"])[0, 1], abs=1e-6)
    assert column.correlation < -0.8


@pytest.mark.parametrize(("feature", "target"), [("amount", "plan"), ("plan", "amount")])
def test_numbers_with_categories_have_the_correlation_ratio_of_an_analysis_of_variance(feature, target):
    column = described(TABLE, target)[feature]
    groups = [group["amount"] for _, group in TABLE.groupby("plan")]
    f = f_oneway(*groups).statistic
    between, within = 2, 197

    assert column.measure == "correlation ratio"
    assert column.correlation == pytest.approx((f * between / (f * between + within)) ** 0.5, abs=1e-6)


def test_categories_with_categories_have_the_cramers_v_of_scipy(known):
    wanted = scipy_association(pd.crosstab(TABLE["plan"], TABLE["region"]).to_numpy(), method="cramer")

    assert known["plan"].measure == "Cramér's V"
    assert known["plan"].correlation == pytest.approx(wanted, abs=1e-6)


def test_nothing_is_said_where_no_measure_fits(known):
    assert known["region"].correlation is None  # the target with itself
    assert known["comment"].correlation is None
    assert known["joined"].correlation is None
    assert known["country"].correlation is None
    many = pd.DataFrame({"x": [f"v{i % 60}" for i in range(200)], "y": ["a", "b"] * 100})
    assert described(many, "y")["x"].correlation is None


def test_mismatched_cells_are_taken_out_by_type():
    values = pd.Series(["1", "two", "inf", "1e3", None])

    assert rules.typed(values, "Numeric").tolist()[:1] + rules.typed(values, "Numeric").tolist()[3:4] == [
        "1",
        "1e3",
    ]
    assert rules.typed(values, "Numeric").isna().tolist() == [False, True, True, False, True]
    assert rules.typed(pd.Series(["2025-01-02", "soon"]), "Datetime").isna().tolist() == [False, True]
    assert rules.typed(values, "Categorical").isna().sum() == 1


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ([1, 2], "DataFrame"),
        (pd.DataFrame({"a": [1]}), "two columns"),
        (pd.DataFrame({"a": [], "b": []}), "rows"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "Column a occurs twice"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "Column 1 occurs twice"),
        (pd.DataFrame([[1, 2]], columns=["a", " "]), "no name"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(table, says):
    with pytest.raises(SagelabError, match=says):
        rules.as_imported(table)


def test_a_table_of_any_types_is_read_as_its_csv():
    table = pd.DataFrame({"flag": [True, False], "kind": pd.Categorical(["x,y", 'a "b"']), "n": [1.0, None]})
    found = rules.as_imported(table)

    assert found["flag"].tolist() == ["True", "False"]
    assert found["kind"].tolist() == ["x,y", 'a "b"']
    assert found["n"].isna().tolist() == [False, True]
