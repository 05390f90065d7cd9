"""The quality report and the quick model against scikit-learn, skrub and numbers counted by hand."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.metrics import f1_score, mean_squared_error, roc_auc_score
from sklearn.model_selection import train_test_split

from sagelab.errors import SagelabError
from sagelab.workbench import DATA
from sagelab.wrangler.power import prediction_power, problem_of, quick_model
from sagelab.wrangler.quality import feature_kind, quality_report, robust_limits

CLIENTS = pd.read_csv(DATA / "credit_clients.csv.gz")


@pytest.fixture(scope="module")
def report():
    table = CLIENTS.drop(columns="ID").assign(collected=CLIENTS["default"] * 700 + CLIENTS["SEX"])
    return quality_report(table, "default", sample=4000)


def warned(report, title):
    return {(warning.severity, warning.column) for warning in report.warnings if warning.title == title}


def test_the_lenders_table_is_counted_right(report):
    assert (report.rows, report.columns, report.missing_share) == (30_000, 25, 0)
    assert report.duplicates == 35  # counted by DuckDB: 30,000 rows, 29,965 of them distinct
    assert report.of("PAY_0").distinct == CLIENTS["PAY_0"].nunique()
    assert (report.of("AGE").low, report.of("AGE").median, report.of("AGE").high) == (21, 34, 79)
    assert report.problem == "classification"


def test_a_planted_leak_is_found_by_a_model_that_sees_one_column(report):
    assert warned(report, "Target leakage") == {("high", "collected")}
    assert report.of("collected").power == pytest.approx(1, abs=0.001)
    assert 0.2 < report.of("PAY_0").power < 0.6
    assert report.of("SEX").power < 0.1
    assert report.of("default").power is None
    assert report.warnings[0].severity == "high"
    assert report.warnings[0].transform == "Drop column"


def test_the_power_of_a_binary_column_is_its_own_auc():
    """A tree on 0 and 1 says nothing but the column itself: 2 AUC - 1 of the raw column."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 3000)
    x = np.where(random.random(3000) < 0.8, y, 1 - y)

    power = prediction_power(pd.DataFrame({"x": x, "y": y}), "y", "classification")["x"]

    assert power == pytest.approx(2 * roc_auc_score(y, x) - 1, abs=0.01)


def test_the_power_of_a_number_is_r_squared():
    random = np.random.default_rng(0)
    x = random.normal(size=4000)
    df = pd.DataFrame(
        {"x": x, "noise": random.normal(size=4000), "y": (x > 0) * 2.0 + random.normal(0, 1, 4000)}
    )

    found = prediction_power(df, "y", "regression")

    assert found["x"] == pytest.approx(0.5, abs=0.03)  # the variance of the step is 1, that of the noise 1
    assert found["noise"] < 0.01


def test_outliers_are_five_robust_deviations_away():
    numbers = pd.Series([*range(1, 101), 100_000.0])
    clipped = np.clip(numbers, np.percentile(numbers, 5), np.percentile(numbers, 95))
    spread = 5 * np.std(clipped, ddof=1)

    assert robust_limits(numbers) == pytest.approx((51 - spread, 51 + spread))
    table = pd.DataFrame({"n": [*range(1, 61), 100_000.0]})
    report = quality_report(table)
    assert report.of("n").outliers == 1
    assert warned(report, "Outliers") == {("low", "n")}


def test_anomalous_rows_have_a_negative_score():
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(300, 3)), columns=list("abc"))
    table.iloc[17] = [30, -30, 30]

    report = quality_report(table)

    scores = IsolationForest(random_state=0).fit(table).decision_function(table)
    assert report.anomalies[0] == 17
    assert report.anomaly_count == (scores < 0).sum()


def test_each_warning_has_its_cause():
    table = pd.DataFrame(
        {
            "id": range(100),
            "gone": [None] * 60 + [1.0, 2.0, 3.0, 4.0] * 10,
            "blank": [" "] * 10 + ["x", "y"] * 45,
            "same": 1,
            "target": [1] * 97 + [0] * 2 + [None],
        }
    )
    report = quality_report(pd.concat([table, table[:30]]), "target")

    assert warned(report, "Duplicate rows") == {("high", "")}
    assert report.duplicates == 30
    assert warned(report, "Mostly missing") == {("medium", "gone")}
    assert warned(report, "Missing values") == {("low", "blank")}
    assert warned(report, "No information") == {("medium", "same")}
    assert warned(report, "Missing target") == {("high", "target")}
    assert warned(report, "Rare class") == {("medium", "target")}
    assert warned(quality_report(table), "Looks like an identifier") == {("low", "id")}
    assert json.loads(json.dumps(report.payload(), allow_nan=False))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("empty", [None, None]),
        ("constant", ["x", "x", None]),
        ("binary", ["x", "y"]),
        ("numeric", [1, 2, 3]),
        ("categorical", ["a", "b", "c"] * 9),
        ("text", [f"sentence {i}" for i in range(60)]),
        ("datetime", pd.date_range("2026-01-01", periods=3)),
    ],
)
def test_feature_types(kind, values):
    assert feature_kind(pd.Series(values)) == kind


def test_an_unknown_target_is_one_sentence():
    for call in (lambda: quality_report(CLIENTS.head(), "x"), lambda: quick_model(CLIENTS.head(), "x")):
        with pytest.raises(SagelabError, match="There is no column 'x' to predict"):
            call()


def test_the_quick_model_is_a_forest_on_rows_that_it_has_not_seen():
    """The same forest written out by hand has the same scores."""
    df = CLIENTS.drop(columns="ID").head(3000)
    found = quick_model(df, "default")

    df = df.sample(3000, random_state=0)
    x, y = df.drop(columns="default"), df["default"]
    train, test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y)
    forest = RandomForestClassifier(50, min_samples_leaf=2, max_features="sqrt", random_state=0).fit(
        train, y_train
    )
    assert found.scores["F1"] == pytest.approx(f1_score(y_test, forest.predict(test)))
    assert found.scores["AUC"] == pytest.approx(roc_auc_score(y_test, forest.predict_proba(test)[:, 1]))
    assert found.baseline["accuracy"] == pytest.approx(1 - y_test.mean())
    assert (found.rows, found.test_rows, found.importance[0][0]) == (3000, 600, "PAY_0")
    assert sum(value for _, value in found.importance) == pytest.approx(1)


def test_the_quick_model_of_numbers_has_an_error_in_their_square():
    df = CLIENTS[["LIMIT_BAL", "BILL_AMT1", "BILL_AMT2", "AGE"]].head(2000)
    found = quick_model(df, "BILL_AMT1")

    assert found.problem == "regression"
    assert found.scores["R2"] > 0.7
    _, test = train_test_split(df["BILL_AMT1"].sample(2000, random_state=0), test_size=0.2, random_state=0)
    variance = mean_squared_error(test, np.full(len(test), test.mean()))
    assert found.scores["MSE"] == pytest.approx(variance * (1 - found.scores["R2"]))


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"y": [0, 1] * 20}),
        pd.DataFrame({"y": [1] * 40, "x": range(40)}),
        pd.DataFrame({"y": [0, 1], "x": [1, 2]}),
        pd.DataFrame({"y": [f"name {i}" for i in range(40)], "x": range(40)}),
    ],
)
def test_a_quick_model_needs_something_to_learn(table):
    with pytest.raises(SagelabError, match="A quick model needs"):
        quick_model(table, "y")


def test_text_and_few_whole_numbers_are_classes():
    assert problem_of(pd.Series(["a", "b"])) == "classification"
    assert problem_of(pd.Series([True, False])) == "classification"
    assert problem_of(pd.Series([0, 1, 2])) == "classification"
    assert problem_of(pd.Series([0.5, 1])) == "regression"
    assert problem_of(pd.Series(range(21))) == "regression"
