"""Bias metrics against smclarify 0.5; the golden values are made by tests/account/golden/make_bias_golden.py."""

import csv
import gzip
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from sagelab.account.containers import bias, bias_analysis, facets
from sagelab.account.containers.table import Table
from sagelab.errors import SagelabError

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bias_smclarify.json").read_text())
CREDIT = GOLDEN["credit"]


def vector() -> Table:
    """The 100 rows of facts/11: d has 10 positives of 40, a 36 of 60."""
    return Table(
        {
            "facet": ["d"] * 40 + ["a"] * 60,
            "label": list("1" * 10 + "0" * 30 + "1" * 36 + "0" * 24),
            "predicted": list("1" * 8 + "0" * 32 + "1" * 40 + "0" * 20),
            "stratum": ["x", "y"] * 50,
        }
    )


@pytest.fixture(scope="module")
def credit() -> Table:
    """Every tenth client, with the answers of the stored model."""
    path = files("sagelab.data") / "credit_clients.csv.gz"
    with path.open("rb") as packed, gzip.open(packed, "rt", newline="") as text:
        rows = list(csv.reader(text))
    table = Table(dict(zip(rows[0], zip(*rows[1::10], strict=True), strict=True)))
    recipe = CREDIT["recipe"]
    features = np.column_stack([table.numbers(name) for name in recipe["features"]])
    scaled = (features - recipe["mean"]) / recipe["scale"]
    probability = 1 / (1 + np.exp(-(scaled @ recipe["coefficients"] + recipe["intercept"])))
    columns = {name: table[name] for name in recipe["features"]}
    columns["label"] = table["default"]
    columns["AGE_YEARS"] = [f"{age}.0" for age in table["AGE"]]
    columns["predicted"] = [str(int(p > recipe["probability_threshold"])) for p in probability]
    return Table(columns)


def config(case: dict, values: list | None = None) -> bias_analysis.BiasConfig:
    facets = [(case["facet"], case["values"] or [])]
    return bias_analysis.BiasConfig("label", values or [1], facets, case["group_variable"], "predicted")


def stages(table: Table, case: dict) -> dict[str, bias_analysis.Stage]:
    before = Table({name: table[name] for name in table.names if name != "predicted"})
    pre = [metric.name for metric in bias.PRE_TRAINING]
    post = [*(metric.name for metric in bias.POST_TRAINING), "FT"]
    settings = config(case)
    without = bias_analysis.BiasConfig("label", [1], settings.facets, settings.group_variable)
    return {
        "pre_training": bias_analysis.pre_training(before, without, pre),
        "post_training": bias_analysis.post_training(table, settings, post),
    }


def assert_equal_to_smclarify(table: Table, case: dict) -> None:
    for name, stage in stages(table, case).items():
        got = [
            {
                "group": result.group,
                "metrics": {m["name"]: m["value"] for m in (x.as_json() for x in result.metrics)},
            }
            for result in stage.results
        ]
        assert [row["group"] for row in got] == [row["group"] for row in case[name]]
        for mine, golden in zip(got, case[name], strict=True):
            assert list(mine["metrics"]) == list(golden["metrics"])
            for key, expected in golden["metrics"].items():
                value = mine["metrics"][key]
                values = case["values"] or [mine["group"]]
                slack = share_of_ties(table, case["facet"], values) if key == "FT" and expected else 0
                close = value == expected or abs(value - expected) < 5e-5 + slack
                assert close, f"{case['facet']} {name} {key}: {value} instead of {expected}"


def share_of_ties(table: Table, facet: str, values: list) -> float:
    """Rows of facet d whose fifth and sixth neighbors are equally far: there scikit-learn, too, takes either."""
    rows = facets.group(table, facet, values).rows
    names = [name for name in table.names if name not in (facet, "label", "predicted")]
    points = np.column_stack([table.numbers(name) for name in names])
    there = points[~rows]
    tied = 0
    for here in points[rows]:
        nearest = np.sort(((there - here) ** 2).sum(axis=1))[:6]
        tied += nearest[4] == nearest[5]
    return tied / rows.sum()


def test_every_metric_of_the_published_vector_equals_smclarify():
    assert_equal_to_smclarify(vector(), GOLDEN["vector"])


@pytest.mark.parametrize("case", CREDIT["cases"], ids=lambda case: f"{case['facet']}={case['values']}")
def test_every_metric_on_the_credit_table_equals_smclarify(credit, case):
    assert credit["predicted"].count("1") == CREDIT["predicted_positive"]
    assert_equal_to_smclarify(credit, case)


def test_in_a_small_table_a_whole_number_is_a_threshold(credit):
    """Under 5 % distinct values AGE is a category, above it is continuous: smclarify's rule."""
    assert_equal_to_smclarify(credit.head(300), CREDIT["first_300"])


def test_an_infinite_metric_is_text_in_the_file():
    stage = stages(vector(), GOLDEN["vector"])["post_training"].as_json()

    metrics = {entry["name"]: entry for entry in stage["facets"]["facet"][0]["metrics"]}
    assert metrics["TE"] == {"name": "TE", "description": "Treatment Equality (TE)", "value": "Infinity"}


def test_a_metric_that_fails_has_no_value_and_says_why():
    case = {**GOLDEN["vector"], "group_variable": None}

    stage = stages(vector(), case)["pre_training"].as_json()

    metrics = {entry["name"]: entry for entry in stage["facets"]["facet"][0]["metrics"]}
    assert metrics["CDDL"]["value"] is None
    assert metrics["CDDL"]["error"] == "Group variable is empty or not provided"
    assert metrics["CI"]["value"] == pytest.approx(0.2)


def test_a_facet_that_nobody_belongs_to_fails_metric_by_metric():
    stage = stages(vector(), {**GOLDEN["vector"], "values": ["nobody"]})["pre_training"]

    assert {metric.error for metric in stage.results[0].metrics} == {"Facet set is empty"}


def test_total_separation_of_labels_is_reported_and_not_hidden():
    table = Table({"facet": ["d"] * 50 + ["a"] * 50, "label": ["0"] * 50 + ["1"] * 50})
    settings = bias_analysis.BiasConfig("label", [1], [("facet", ["d"])], None)

    stage = bias_analysis.pre_training(table, settings, ["KL", "DPL"])

    values = {metric.name: (metric.value, metric.error) for metric in stage.results[0].metrics}
    assert values["DPL"] == (1.0, None)
    assert values["KL"] == (None, "No instance of common facet found, dataset may be too small")


def test_a_numeric_facet_without_threshold_is_one_sentence(credit):
    settings = config({"facet": "LIMIT_BAL", "values": None, "group_variable": None})

    with pytest.raises(SagelabError, match="Facet LIMIT_BAL is numeric: give a threshold"):
        bias_analysis.post_training(credit, settings, ["DI"])


def test_a_threshold_above_every_value_is_one_sentence(credit):
    settings = config({"facet": "LIMIT_BAL", "values": [1e9], "group_variable": None})

    with pytest.raises(SagelabError, match="No value of LIMIT_BAL is above the threshold"):
        bias_analysis.post_training(credit, settings, ["DI"])


def test_predictions_that_are_never_positive_are_one_sentence():
    table = vector().with_column("predicted", ["0"] * 100)

    with pytest.raises(SagelabError, match="No predicted label is positive"):
        bias_analysis.post_training(table, config(GOLDEN["vector"]), ["DI"])


def test_a_continuous_label_is_positive_above_its_threshold():
    spend = [f"{value}.5" for value in range(100)]
    table = Table({"facet": ["d", "a"] * 50, "spend": spend, "predicted": spend})
    settings = bias_analysis.BiasConfig("spend", [49], [("facet", ["d"])], None, "predicted")

    stage = bias_analysis.post_training(table, settings, ["DPPL", "AD"])

    assert stage.label_group == "(49.0, 99.5]"
    assert [metric.value for metric in stage.results[0].metrics] == [0.0, pytest.approx(0.02)]


def test_the_bootstrap_knows_how_much_a_share_varies():
    """The standard error of DPL is that of the difference of two proportions."""
    stage = stages(vector(), GOLDEN["vector"])["pre_training"]

    error = next(metric.standard_error for metric in stage.results[0].metrics if metric.name == "DPL")

    assert error == pytest.approx((0.25 * 0.75 / 40 + 0.6 * 0.4 / 60) ** 0.5, rel=0.1)
