"""statistics.json, constraints.json and constraint_violations.json of the data quality monitor."""

import json

import numpy as np
import pytest
from scipy import stats

from sagelab.account.containers import constraints, distances, sketch, statistics, violations
from sagelab.account.containers.jsonfile import pretty
from sagelab.account.containers.statistics import Column, count_column
from sagelab.errors import SagelabError


def column(name: str, values) -> Column:
    return count_column(name, [str(value) for value in values])


def baseline(*columns: Column) -> tuple[dict, dict]:
    rows = columns[0].present + columns[0].missing
    return constraints.constraints(columns), statistics.statistics(columns, rows)


def broken(columns, rules, stats_, **config) -> list[tuple[str, str]]:
    rules = {**rules, "monitoring_config": {**rules["monitoring_config"], **config}}
    found, _ = violations.check_dataset(columns, rules, stats_)
    return [(entry["feature_name"], entry["constraint_check_type"]) for entry in found]


# -- statistics ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-2", "+3"], "Integral"),
        (["1", "2.5"], "Fractional"),
        (["1.0", "2.0"], "Fractional"),
        (["1e-05", "2"], "Fractional"),
        (["1", "two"], "String"),
        (["True", "False"], "String"),
        (["", "nan"], "Unknown"),
    ],
)
def test_a_column_has_the_narrowest_type_that_holds_all_its_values(values, expected):
    assert count_column("x", values).inferred_type == expected


def test_numeric_statistics_are_those_of_numpy():
    values = [3, 1, 4, 1, 5, 9, 2, 6]

    entry = statistics.feature_statistics(count_column("x", [*map(str, values), ""]))

    numbers = entry["numerical_statistics"]
    assert entry["inferred_type"] == "Integral"
    assert numbers["common"] == {"num_present": 8, "num_missing": 1}
    assert numbers["mean"] == np.mean(values)
    assert numbers["sum"] == sum(values)
    assert numbers["std_dev"] == pytest.approx(np.std(values))
    assert (numbers["min"], numbers["max"]) == (1, 9)


def test_the_distribution_has_ten_buckets_that_count_every_value():
    values = np.random.default_rng(1).normal(size=500)

    buckets = statistics.numerical(column("x", values))["distribution"]["kll"]["buckets"]

    counts, edges = np.histogram(values, bins=10)
    assert [bucket["count"] for bucket in buckets] == list(counts)
    assert [buckets[0]["lower_bound"], buckets[-1]["upper_bound"]] == [edges[0], edges[-1]]


def test_a_constant_column_has_one_bucket():
    buckets = statistics.numerical(column("x", [7] * 5))["distribution"]["kll"]["buckets"]

    assert buckets == [{"lower_bound": 7.0, "upper_bound": 7.0, "count": 5.0}]


def test_a_text_column_lists_its_values_most_frequent_first():
    entry = statistics.feature_statistics(count_column("plan", ["basic", "pro", "basic", ""]))

    assert entry["string_statistics"] == {
        "common": {"num_present": 3, "num_missing": 1},
        "distinct_count": 2.0,
        "distribution": {
            "categorical": {"buckets": [{"value": "basic", "count": 2}, {"value": "pro", "count": 1}]}
        },
    }


def test_an_empty_dataset_has_statistics_too():
    document = statistics.statistics([count_column("x", [])], 0)

    assert document["dataset"] == {"item_count": 0}
    assert document["features"][0]["inferred_type"] == "Unknown"


@pytest.mark.parametrize("rows", [1, 2048, 2049, 30_000])
def test_the_sketch_keeps_the_distribution_and_every_row(rows):
    """Exact up to 2,048 rows; above it a cumulative share is off by about half a kept value's weight."""
    values = np.sort(np.random.default_rng(rows).normal(size=rows))

    packed = sketch.pack(*np.unique(values, return_counts=True))
    kept, weights = sketch.unpack(packed)

    assert weights.sum() == rows
    off = distances.linf_simple((values, np.ones(rows)), (kept, weights))
    assert off == 0 if rows <= 2048 else off <= 0.6 * weights.max() / rows


def test_a_list_of_numbers_stands_on_one_line_of_the_file():
    text = pretty({"data": [[1.0, 2.0], [3.0]], "features": [{"name": "a"}]})

    assert '"data": [[1.0, 2.0], [3.0]]' in text.splitlines()[1]
    assert json.loads(text) == {"data": [[1.0, 2.0], [3.0]], "features": [{"name": "a"}]}


# -- distances -----------------------------------------------------------------------------------------------------
def test_the_simple_distance_is_the_two_sample_ks_statistic():
    random = np.random.default_rng(3)
    before, now = random.normal(size=400), random.normal(0.3, 1.2, size=90)

    mine = distances.linf_simple((np.sort(before), np.ones(400)), (np.sort(now), np.ones(90)))

    assert mine == pytest.approx(stats.ks_2samp(before, now).statistic)


def test_the_robust_distance_is_silent_where_chance_explains_the_difference():
    random = np.random.default_rng(5)
    for size, shift, heard in [(20, 0.2, False), (2000, 0.2, True)]:
        before = np.sort(random.normal(size=5000))
        now = np.sort(random.normal(shift, size=size))
        weighted = (before, np.ones(5000)), (now, np.ones(size))

        robust = distances.numeric_distance(*weighted, "Robust")

        assert robust == (distances.linf_simple(*weighted) if heard else 0)


def test_the_robust_gate_is_the_asymptotic_ks_critical_value():
    critical = distances.KS_CRITICAL * np.sqrt((1000 + 50) / (1000 * 50))

    assert stats.kstwobign.sf(distances.KS_CRITICAL) == pytest.approx(0.05, abs=1e-4)
    assert distances.robust(critical + 1e-9, 1000, 50) > 0
    assert distances.robust(critical - 1e-9, 1000, 50) == 0


@pytest.mark.parametrize(("drift_method", "expected"), [("LInfinity", 0.3), ("ChiSquared", 0.0989010989)])
def test_categories_are_compared_by_their_shares(drift_method, expected):
    before, now = {"a": 500, "b": 500}, {"a": 800, "b": 200}

    assert distances.categorical_distance(before, now, drift_method, "Simple") == pytest.approx(expected)


def test_categories_without_any_overlap_are_at_distance_one():
    for method in ("LInfinity", "ChiSquared"):
        assert distances.categorical_distance({"a": 10}, {"b": 10}, method, "Simple") == 1


# -- constraints ---------------------------------------------------------------------------------------------------
def test_the_baseline_suggests_type_completeness_sign_and_domain():
    rules, _ = baseline(
        column("age", [25, 40, 31, 18]),
        column("balance", [1.5, -2.0, 0.0, 4.0]),
        count_column("plan", ["basic", "pro", "basic", ""]),
    )

    assert rules["features"] == [
        {
            "name": "age",
            "inferred_type": "Integral",
            "completeness": 1.0,
            "num_constraints": {"is_non_negative": True},
        },
        {
            "name": "balance",
            "inferred_type": "Fractional",
            "completeness": 1.0,
            "num_constraints": {"is_non_negative": False},
        },
        {"name": "plan", "inferred_type": "String", "completeness": 0.75},
    ]
    assert rules["monitoring_config"] == {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 0.1,
        "domain_content_threshold": 0.1,
        "distribution_constraints": {
            "perform_comparison": "Enabled",
            "comparison_threshold": 0.1,
            "comparison_method": "Robust",
            "categorical_comparison_threshold": 0.1,
            "categorical_drift_method": "LInfinity",
        },
    }


def test_only_a_text_column_with_few_repeated_values_gets_a_domain():
    few = count_column("plan", ["basic", "pro"] * 5)
    names = column("name", [f"n{i}" for i in range(50)])
    many = column("code", [f"c{i % 121}" for i in range(1000)])

    rules, _ = baseline(few, names, many)

    assert [feature.get("string_constraints") for feature in rules["features"]] == [
        {"domains": ["basic", "pro"]},
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            {"threshold": 1},
            "monitoring_config has the unknown key 'threshold'; it may hold evaluate_constraints",
        ),
        ({"evaluate_constraints": "On"}, "evaluate_constraints is 'On'; it must be Enabled or Disabled"),
        ({"datatype_check_threshold": "high"}, "datatype_check_threshold is 'high'; it must be a number"),
        (
            {"distribution_constraints": {"comparison_method": "KS"}},
            "comparison_method is 'KS'; it must be Simple or Robust",
        ),
        (
            {"distribution_constraints": {"treshold": 1}},
            "distribution_constraints has the unknown key 'treshold'",
        ),
        ({"distribution_constraints": 3}, "distribution_constraints must be an object"),
    ],
)
def test_a_wrong_monitoring_config_is_named(config, sentence):
    with pytest.raises(SagelabError, match=sentence.replace(".", r"\.")):
        constraints.monitoring_config(config)


def test_constraints_of_another_monitor_are_recognized():
    with pytest.raises(SagelabError, match="was it written by another monitor"):
        violations.check_dataset([], {"binary_classification_constraints": {}}, None)


def test_an_unknown_key_of_a_feature_is_named():
    with pytest.raises(SagelabError, match="a feature has the unknown key 'completness'"):
        violations.check_dataset([], {"features": [{"name": "a", "completness": 1}]}, None)


# -- violations ----------------------------------------------------------------------------------------------------
def test_the_baseline_does_not_break_its_own_constraints():
    random = np.random.default_rng(2)
    columns = [column("x", random.normal(size=300)), column("plan", random.choice(["a", "b"], 300))]

    assert broken(columns, *baseline(*columns)) == []


def test_a_shifted_column_drifts():
    random = np.random.default_rng(2)
    rules, stats_ = baseline(column("x", random.normal(size=3000)))
    live = column("x", random.normal(0.5, size=300))

    found, distance = violations.check_dataset([live], rules, stats_)

    assert found == [
        {
            "feature_name": "x",
            "constraint_check_type": "baseline_drift_check",
            "description": f"Baseline drift distance: {distance['x']} exceeds threshold: 0.1",
        }
    ]


def test_a_threshold_silences_drift_below_it():
    random = np.random.default_rng(2)
    rules, stats_ = baseline(column("x", random.normal(size=3000)))
    rules["monitoring_config"]["distribution_constraints"]["comparison_threshold"] = 0.5

    assert broken([column("x", random.normal(0.5, size=300))], rules, stats_) == []


def test_a_distance_at_the_threshold_is_no_violation():
    rules, stats_ = baseline(column("plan", ["a", "b"] * 500))
    live = column("plan", ["a"] * 750 + ["b"] * 250)
    comparison = rules["monitoring_config"]["distribution_constraints"]

    found = []
    for threshold in (0.25, 0.2499):
        comparison["categorical_comparison_threshold"] = threshold
        found.append(broken([live], rules, stats_))

    assert found == [[], [("plan", "baseline_drift_check")]]


def test_a_feature_may_override_the_monitoring_config():
    random = np.random.default_rng(2)
    rules, stats_ = baseline(column("x", random.normal(size=3000)), column("y", random.normal(size=3000)))
    rules["features"][0]["monitoringConfigOverrides"] = {
        "distribution_constraints": {"comparison_threshold": 0.9}
    }
    live = [column(name, random.normal(0.5, size=300)) for name in ("x", "y")]

    assert broken(live, rules, stats_) == [("y", "baseline_drift_check")]


def test_categories_have_a_threshold_of_their_own():
    rules, stats_ = baseline(column("plan", ["a", "b"] * 500))
    live = column("plan", ["a"] * 650 + ["b"] * 350)
    assert broken([live], rules, stats_) == [("plan", "baseline_drift_check")]

    rules["monitoring_config"]["distribution_constraints"]["categorical_comparison_threshold"] = 0.2
    assert broken([live], rules, stats_) == []


@pytest.mark.parametrize("switch", [{"evaluate_constraints": "Disabled"}])
def test_switched_off_nothing_is_checked(switch):
    rules, stats_ = baseline(column("x", range(100)))

    assert broken([column("x", ["text"] * 100)], rules, stats_, **switch) == []


def test_without_comparison_only_the_other_checks_run():
    rules, stats_ = baseline(column("x", range(100)))
    rules["monitoring_config"]["distribution_constraints"]["perform_comparison"] = "Disabled"

    assert broken([column("x", [5] * 90 + [""] * 10)], rules, stats_) == [("x", "completeness_check")]


def test_missing_values_break_completeness():
    rules, stats_ = baseline(column("x", range(100)))

    found, _ = violations.check_dataset([column("x", [*range(99), ""])], rules, stats_)

    assert found[0]["constraint_check_type"] == "completeness_check"
    assert found[0]["description"].startswith("Value: 0.99 does not meet the constraint requirement!")


def test_decimals_break_a_whole_number_column_past_the_tolerance():
    """The default tolerance is a tenth of the values; the sentence is AWS's."""
    rules, stats_ = baseline(column("age", range(100)))
    tenth = column("age", [*range(90), *(f"{i}.5" for i in range(10))])
    fifth = column("age", [*range(80), *(f"{i}.5" for i in range(20))])

    assert broken([tenth], rules, stats_) == []
    found, _ = violations.check_dataset([fifth], rules, None)
    assert found == [
        {
            "feature_name": "age",
            "constraint_check_type": "data_type_check",
            "description": "Data type match requirement is not met. Expected data type: Integral, "
            "Expected match: 90.0%. Observed: Only 80.0% of data is Integral.",
        }
    ]


def test_whole_numbers_are_good_fractional_values():
    rules, stats_ = baseline(column("x", np.arange(100) / 2))

    assert broken([column("x", range(50))], rules, stats_) == []


def test_unknown_categories_break_the_domain():
    rules, stats_ = baseline(column("plan", ["a", "b"] * 50))

    assert ("plan", "categorical_values_check") in broken([column("plan", ["a", "z"] * 50)], rules, stats_)
    assert broken([column("plan", ["a"] * 5 + ["b"] * 5 + ["z"])], rules, stats_) == []


def test_a_renamed_column_is_missing_and_extra():
    rules, stats_ = baseline(column("x", range(9)), column("y", range(9)))

    assert broken([column("x", range(9)), column("why", range(9))], rules, stats_) == [
        ("Missing columns", "missing_column_check"),
        ("Extra columns", "extra_column_check"),
    ]


def test_captured_columns_without_names_are_only_counted():
    rules, stats_ = baseline(column("x", range(9)), column("y", range(9)))

    found, _ = violations.check_dataset([column("_c0", range(9))], rules, stats_)

    counts = "Number of columns in current dataset: 1, Number of columns in baseline constraints: 2"
    assert [(entry["constraint_check_type"], entry["description"]) for entry in found] == [
        ("missing_column_check", f"There are missing columns in current dataset. {counts}")
    ]


def test_a_window_without_values_is_incomplete_but_does_not_drift():
    rules, stats_ = baseline(column("x", range(9)))

    assert broken([count_column("x", ["", ""])], rules, stats_) == [("x", "completeness_check")]
