"""What is said about Clarify's metrics, held against numbers counted by hand, by scikit-learn and by fairlearn."""

import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fair
from sklearn import metrics as sk

from sagelab.account.containers import bias as job
from sagelab.bias import MEANINGS
from sagelab.bias_counts import count, members, worked
from sagelab.bias_reading import distance, lean, load, moved, read, says
from sagelab.errors import SagelabError


def rows(group, right_good, missed, lucky, right_bad):
    """People of one group by the cell of the confusion matrix that they are in: label, prediction."""
    cells = [(1, 1, right_good), (1, 0, missed), (0, 1, lucky), (0, 0, right_bad)]
    return [{"sex": group, "paid": y, "said": hat} for y, hat, people in cells for _ in range(people)]


# Men are group d. By hand: 100 women (60 good, 50 + 10 accepted), 50 men (25 good, 15 + 5 accepted).
PEOPLE = pd.DataFrame(rows(1, 50, 10, 10, 30) + rows(0, 15, 10, 5, 20))


def measured(table):
    """What a Clarify job computes for men, by metric."""
    is_d, good, hat = ((table[c] == v).to_numpy() for c, v in (("sex", 0), ("paid", 1), ("said", 1)))
    counts = job.count(is_d, good, hat, np.zeros(len(table), dtype=np.int64))
    return {m.name: float(m.measure(counts)) for m in job.PRE_TRAINING + job.POST_TRAINING}


def section(values, facet="sex", value="0"):
    metrics = [{"name": name, "description": name, "value": number} for name, number in values.items()]
    return {
        "label": "paid",
        "label_value_or_threshold": "1",
        "facets": {facet: [{"value_or_threshold": value, "metrics": metrics}]},
    }


def analysis(values, **place):
    stages = {"pre": {}, "post": {}}
    for name, value in values.items():
        stages[MEANINGS[name].stage][name] = value
    keys = {"pre": "pre_training_bias_metrics", "post": "post_training_bias_metrics"}
    return {"version": "1.0", **{keys[s]: section(found, **place) for s, found in stages.items() if found}}


REPORT = read(analysis(measured(PEOPLE)))


# -- the table ---------------------------------------------------------------------------------------------------
def test_every_metric_of_a_clarify_job_has_its_meaning_and_no_other():
    stages = {"pre": {m.name for m in job.PRE_TRAINING}, "post": {m.name for m in job.POST_TRAINING} | {"FT"}}

    assert len(MEANINGS) == 21
    assert {name: {m.name for m in MEANINGS.values() if m.stage == name} for name in stages} == stages


@pytest.mark.parametrize("meaning", MEANINGS.values(), ids=MEANINGS)
def test_a_meaning_is_complete(meaning):
    assert meaning.asks.endswith("?")
    assert meaning.above.endswith(".")
    assert bool(meaning.below) == bool(meaning.against)  # without a direction there is no other side
    assert meaning.source.startswith("https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-")
    assert meaning.fair == (1 if meaning.name == "DI" else 0)


# -- the formulas, counted -----------------------------------------------------------------------------------------
def compute(text):
    """The number of a worked formula, by Python's own arithmetic."""
    assert re.fullmatch(r"[\d,+\-*/() |]+", text)
    return eval(re.sub(r"\|(.*)\|", r"abs(\1)", text.replace(",", "")))


@pytest.mark.parametrize("meaning", [m for m in MEANINGS.values() if m.worked], ids=lambda m: m.name)
def test_a_worked_formula_gives_the_value_that_the_job_reports(meaning):
    (group,) = REPORT.groups
    text = worked(meaning, count(PEOPLE, REPORT, group, "said"))

    assert compute(text) == pytest.approx(measured(PEOPLE)[meaning.name])


def test_the_formulas_are_those_of_scikit_learn_and_fairlearn():
    label, said, men = PEOPLE["paid"], PEOPLE["said"], PEOPLE["sex"] == 0

    def gap(function):
        """Of women less of men."""
        return function(label[~men], said[~men]) - function(label[men], said[men])

    def specificity(y, hat):
        return sk.recall_score(y, hat, pos_label=0)

    def rejection(y, hat):
        return sk.precision_score(y, hat, pos_label=0)

    oracle = {
        "RD": gap(sk.recall_score),
        "DAR": gap(sk.precision_score),
        "AD": gap(sk.accuracy_score),
        "SD": -gap(specificity),
        "DRR": -gap(rejection),
        "DPPL": fair.demographic_parity_difference(label, said, sensitive_features=men),
        "DI": fair.demographic_parity_ratio(label, said, sensitive_features=men),
    }
    counts = count(PEOPLE, REPORT, REPORT.groups[0], "said")

    assert oracle == pytest.approx({name: compute(worked(MEANINGS[name], counts)) for name in oracle})


def test_counts_by_hand():
    numbers = count(PEOPLE, REPORT, REPORT.groups[0], "said").numbers()

    assert (numbers["na"], numbers["a1"], numbers["pa"], numbers["ra"]) == (100, 60, 60, 40)
    assert (numbers["nd"], numbers["d1"], numbers["pd"], numbers["rd"]) == (50, 25, 20, 30)
    assert (numbers["fnd"], numbers["fpd"], numbers["tnd"], numbers["tpd"]) == (10, 5, 20, 15)


def test_counts_are_named_as_the_formulas_name_them():
    named = count(PEOPLE, REPORT, REPORT.groups[0], "said").named()

    assert (named["na(1)"], named["na'(1)"], named["nd'(0)"], named["FNd"]) == (60, 60, 30, 10)
    for meaning in MEANINGS.values():
        if meaning.worked and "|" not in meaning.formula:
            names = re.findall(r"n[ad]'?\([01]\)|n[ad]|[TF][PN][ad]", meaning.formula)
            assert set(names) <= set(named), meaning.name


def test_without_predictions_only_the_labels_are_counted():
    report = read({"pre_training_bias_metrics": section({"DPL": 0.1})})
    counts = count(PEOPLE, report, report.groups[0])

    assert worked(MEANINGS["DPL"], counts) == "60/100 - 25/50"
    assert worked(MEANINGS["DPPL"], counts) == ""


def test_a_table_that_is_not_the_jobs_is_refused():
    with pytest.raises(SagelabError, match=r"gives CI = .* the report says"):
        count(PEOPLE.head(120), REPORT, REPORT.groups[0], "said")
    with pytest.raises(SagelabError, match="has no column 'guess'"):
        count(PEOPLE, REPORT, REPORT.groups[0], "guess")


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ([20.0, 45.0, 46.0], "(45.0, 81.0]", [False, False, True]),
        ([0, 1, 2], "0", [True, False, False]),
        ([0.0, 1.0, 2.0], "0,2", [True, False, True]),
        (["f", "m", "x"], "f,x", [True, False, True]),
        (["a,b", "a", "c"], "a,b", [True, True, False]),
        ([True, False], "1", [True, False]),
    ],
)
def test_a_group_is_found_by_its_name_in_the_report(column, value, expected):
    assert members(pd.Series(column), value).tolist() == expected


# -- whom a value disadvantages ------------------------------------------------------------------------------------
# In each case one group is plainly worse off by the metric's own question: (women, men) by TP, FN, FP, TN.
WORSE_OFF = {
    "DPL": ((60, 0, 0, 40), (10, 0, 0, 90), "d"),
    "DPPL": ((40, 20, 20, 20), (10, 50, 5, 35), "d"),
    "DI": ((40, 20, 20, 20), (10, 50, 5, 35), "d"),
    "DCA": ((60, 0, 20, 20), (30, 30, 0, 40), "d"),  # men: 60 deserve it, 30 get it; women: 60 and 80
    "DCR": ((60, 0, 20, 20), (30, 30, 0, 40), "d"),  # men: 40 to be rejected, 70 are; women: 40 and 20
    "SD": ((50, 10, 30, 10), (50, 10, 5, 35), "d"),  # women get nearly all the undeserved acceptances
    "RD": ((55, 5, 10, 30), (30, 30, 10, 30), "d"),
    "DAR": ((50, 10, 0, 40), (50, 10, 30, 10), "d"),
    "DRR": ((50, 0, 10, 40), (20, 30, 10, 40), "d"),  # half of the rejected men deserved better
    "AD": ((60, 0, 0, 40), (30, 30, 20, 20), "d"),
    "TE": ((50, 5, 20, 25), (50, 20, 5, 25), "d"),
    "CDDL": ((60, 0, 0, 40), (10, 0, 0, 90), "d"),
    "CDDPL": ((40, 20, 20, 20), (10, 50, 5, 35), "d"),
}


@pytest.mark.parametrize("name", WORSE_OFF)
def test_the_side_of_a_value_is_the_group_that_is_worse_off(name):
    women, men, _ = WORSE_OFF[name]
    forward = measured(pd.DataFrame(rows(1, *women) + rows(0, *men)))[name]
    turned = measured(pd.DataFrame(rows(1, *men) + rows(0, *women)))[name]

    assert lean(MEANINGS[name], forward) > 0
    assert lean(MEANINGS[name], turned) < 0
    assert "group d" in says(MEANINGS[name], forward).casefold()
    assert says(MEANINGS[name], forward) != says(MEANINGS[name], turned)


def test_the_flip_test_is_against_d_where_ds_neighbors_in_a_fare_better():
    """As the library counts: a member of d who is refused although its neighbors are accepted gives -1."""
    from sagelab.account.containers import flip_test

    features = np.array([[0.0], [0.1], [0.2], [0.3], [0.4], [0.5]])
    men, accepted = np.array([0, 0, 0, 1, 1, 1], dtype=bool), np.array([1, 1, 1, 0, 0, 0], dtype=bool)
    value = float(flip_test.flips(features, men, accepted).mean())

    assert value == -1
    assert lean(MEANINGS["FT"], value) > 0
    assert "worse off" in says(MEANINGS["FT"], value)


@pytest.mark.parametrize(
    ("name", "value", "far", "side"),
    [
        ("DPL", 0.0, 0, 0), ("DPL", -0.25, 0.25, -0.25), ("DI", 1.0, 0, 0), ("DI", 0.8, 0.2, 0.2),
        ("DI", 1.25, 0.2, -0.2), ("DI", 0.0, 1, 1), ("DI", math.inf, 1, -1), ("KL", 0.3, 0.3, 0.3),
        ("TE", math.inf, math.inf, math.inf), ("TE", -math.inf, math.inf, -math.inf), ("DCA", 0.5, 0.5, -0.5),
    ],
)  # fmt: skip
def test_all_metrics_stand_on_one_scale(name, value, far, side):
    assert distance(MEANINGS[name], value) == pytest.approx(far)
    assert lean(MEANINGS[name], value) == pytest.approx(side)


def test_a_fair_value_says_so():
    assert says(MEANINGS["DI"], 1.0) == "The groups are alike by this metric."
    assert says(MEANINGS["GE"], 0.0) == "Everybody benefits alike."


@pytest.mark.parametrize(
    ("name", "before", "after", "way"),
    [
        ("DPPL", 0.08, 0.03, "closer"), ("DPPL", 0.03, -0.08, "farther"), ("DPPL", 0.1, -0.1, "same"),
        ("DI", 0.88, 0.94, "closer"), ("DI", 0.8, 1.25, "same"), ("TE", math.inf, 2.0, "closer"),
        ("DPL", None, 0.1, ""), ("DPL", 0.1, None, ""),
    ],
)  # fmt: skip
def test_two_reports_are_compared_by_their_distance_from_fair(name, before, after, way):
    assert moved(MEANINGS[name], before, after) == way


# -- reading -------------------------------------------------------------------------------------------------------
def test_both_stages_of_a_group_come_together():
    (group,) = REPORT.groups

    assert (REPORT.label, REPORT.good, group.name) == ("paid", "1", "sex = 0")
    assert {one.meaning.stage for one in group.metrics} == {"pre", "post"}
    assert (
        read(analysis({"DPL": 0.1}, facet="AGE", value="(45.0, 81.0]")).groups[0].name
        == "AGE in (45.0, 81.0]"
    )


def test_infinity_and_missing_values_are_read_as_the_job_writes_them():
    post = section({"TE": "Infinity", "DCA": "-Infinity", "RD": None})
    post["facets"]["sex"][0]["metrics"][2]["error"] = "Facet set is empty"
    te, dca, rd = read({"post_training_bias_metrics": post}).groups[0].metrics

    assert (te.value, dca.value, rd.value, rd.error) == (math.inf, -math.inf, None, "Facet set is empty")


def test_a_metric_of_the_wrong_stage_or_unknown_is_left_out():
    given = {"pre_training_bias_metrics": section({"DPPL": 0.1, "NEW": 1, "DPL": 0.2})}

    assert [one.meaning.name for one in read(given).groups[0].metrics] == ["DPL"]


@pytest.mark.parametrize(
    "given",
    [
        None, [], {}, {"explanations": {}}, {"pre_training_bias_metrics": []},
        {"pre_training_bias_metrics": {"facets": []}}, {"pre_training_bias_metrics": {"facets": {"x": {}}}},
        {"pre_training_bias_metrics": {"facets": {"x": [1]}}}, {"pre_training_bias_metrics": {"facets": {"x": [{}]}}},
        {"pre_training_bias_metrics": {"facets": {"x": [{"metrics": [3]}]}}},
        {"pre_training_bias_metrics": section({"DPL": "much"})}, {"pre_training_bias_metrics": section({"DPL": True})},
        {"pre_training_bias_metrics": section({"DPL": math.nan})}, {"pre_training_bias_metrics": section({"DPL": [1]})},
    ],
)  # fmt: skip
def test_what_is_no_analysis_is_refused_in_a_sentence(given):
    with pytest.raises(SagelabError, match=r"analysis|number"):
        read(given)


def test_an_analysis_comes_from_a_file(tmp_path):
    file = tmp_path / "analysis.json"
    file.write_text(json.dumps(analysis({"DPL": 0.1})))

    assert load(file) == load(str(file)) == analysis({"DPL": 0.1})
    file.write_text("[" * 100_000)
    with pytest.raises(SagelabError, match="is not JSON"):
        load(file)
    with pytest.raises(SagelabError, match="There is no file"):
        load(tmp_path / "none.json")
    with pytest.raises(SagelabError, match="give the lab"):
        load("s3://bucket/result")
    with pytest.raises(SagelabError, match="a dictionary, a path"):
        load(3)


def test_what_the_accounts_clarify_job_writes_is_read_whole_and_counted():
    """The 100 rows that AWS's library smclarify 0.5 was run on: d has 10 good labels of 40, a 36 of 60."""
    from sagelab.account.containers import bias_analysis
    from sagelab.account.containers.table import Table

    columns = {
        "facet": ["d"] * 40 + ["a"] * 60,
        "label": list("1" * 10 + "0" * 30 + "1" * 36 + "0" * 24),
        "predicted": list("1" * 8 + "0" * 32 + "1" * 40 + "0" * 20),
    }
    config = bias_analysis.BiasConfig("label", [1], [("facet", ["d"])], None, "predicted")
    pre = bias_analysis.pre_training(Table(columns), config, [m.name for m in job.PRE_TRAINING])
    post = bias_analysis.post_training(Table(columns), config, [m.name for m in job.POST_TRAINING])
    written = {"pre_training_bias_metrics": pre.as_json(), "post_training_bias_metrics": post.as_json()}
    report = read(json.loads(json.dumps(written)))
    (group,) = report.groups
    values = {one.meaning.name: one.value for one in group.metrics}
    counts = count(pd.DataFrame(columns), report, group, "predicted")

    assert len(values) == 20
    assert (values["DI"], values["TE"], values["DCA"]) == (pytest.approx(0.3), math.inf, pytest.approx(-0.35))
    assert values["CDDL"] is None  # no group variable was given
    assert worked(MEANINGS["DPL"], counts) == "36/60 - 10/40"
    assert worked(MEANINGS["DI"], counts) == "(8/40) / (40/60)"
