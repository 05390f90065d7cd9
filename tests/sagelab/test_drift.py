"""What the drift rules promise; scipy's own tests and hand-computed values are the oracles."""

import json
import math
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sagelab.bins import MISSING, OTHER
from sagelab.drift import chi_squared, compare, ks, psi, psi_terms
from sagelab.errors import SagelabError


@pytest.fixture(scope="module")
def credit_clients():
    return pd.read_csv(files("sagelab") / "data" / "credit_clients.csv.gz")


def one(baseline, live, **options):
    """Compare one column; the first feature's drift and its only month."""
    tables = [pd.DataFrame({"x": pd.Series(values)}) for values in (baseline, live)]
    drift = compare(tables[0], {"June": tables[1]}, **options).of("x")
    return drift, drift.shifts[0]


def test_psi_of_two_bins_equals_the_sum_worked_out_by_hand():
    by_hand = (0.8 - 0.5) * math.log(0.8 / 0.5) + (0.2 - 0.5) * math.log(0.2 / 0.5)

    assert psi([0.5, 0.5], [0.8, 0.2]) == pytest.approx(by_hand, abs=1e-12)
    assert by_hand == pytest.approx(0.4159, abs=1e-4)


def test_psi_is_zero_for_equal_shares_and_the_same_in_both_directions():
    assert psi([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]) == 0.0
    assert psi([0.1, 0.9], [0.4, 0.6]) == pytest.approx(psi([0.4, 0.6], [0.1, 0.9]))


def test_an_empty_bin_counts_as_the_floor_and_stays_finite():
    """A category that the baseline never saw: (0.1 - 0.0001) ln(0.1 / 0.0001)."""
    terms = psi_terms([1.0, 0.0], [0.9, 0.1])

    assert terms[1] == pytest.approx(0.0999 * math.log(1000), abs=1e-9)


@pytest.mark.parametrize(("shift", "seed"), [(0.0, 1), (0.05, 2), (0.3, 3)])
def test_ks_equals_scipys_asymptotic_test(shift, seed):
    generator = np.random.default_rng(seed)
    before, after = generator.normal(size=3000), generator.normal(shift, 1, size=2500)

    ours, oracle = ks(before, after), stats.ks_2samp(before, after, method="asymp")

    assert ours.value == pytest.approx(oracle.statistic, abs=1e-12)
    assert ours.p_value == pytest.approx(oracle.pvalue, abs=2e-3)


def test_ks_with_heavy_ties_and_missing_values_equals_scipy_on_the_known_ones():
    before = np.array([0.0] * 700 + [1.0] * 200 + [5.0] * 100)
    after = np.array([0.0] * 500 + [1.0] * 400 + [9.0] * 100)

    ours = ks(np.append(before, [np.nan] * 50), after)

    assert ours.value == pytest.approx(stats.ks_2samp(before, after).statistic, abs=1e-12)


def test_ks_of_two_values_against_two_is_worked_out_by_hand():
    """After 1 the first distribution stands at 1, the second at 0.5."""
    assert ks([0, 1], [1, 2]).value == pytest.approx(0.5)


def test_ks_without_a_single_known_value_says_so():
    with pytest.raises(SagelabError, match="at least one value"):
        ks([np.nan], [1.0])


@pytest.mark.parametrize(
    "counts", [([50, 50], [80, 20]), ([10, 0, 90], [12, 3, 85]), ([1, 2, 3, 4], [40, 30, 20, 10])]
)
def test_chi_squared_and_its_effect_equal_scipys(counts):
    table = np.array(counts)

    ours, oracle = chi_squared(*counts), stats.chi2_contingency(table, correction=False)

    assert ours.value == pytest.approx(oracle.statistic, rel=1e-12)
    assert ours.p_value == pytest.approx(oracle.pvalue, rel=1e-9)
    assert ours.effect == pytest.approx(stats.contingency.association(table, method="cramer"), rel=1e-12)


def test_a_category_that_nobody_has_does_not_change_chi_squared():
    assert chi_squared([5, 0, 5], [2, 0, 8]) == chi_squared([5, 5], [2, 8])


def test_one_category_alone_is_no_drift():
    assert chi_squared([7], [9]).value == 0.0
    assert chi_squared([7], [9]).p_value == 1.0


def test_numbers_are_cut_at_the_deciles_of_the_baseline():
    drift, shift = one(np.arange(1, 101) / 10, np.arange(1, 101) / 10)

    assert drift.kind == "numeric"
    assert drift.bins[0] == "up to 1"
    assert drift.bins[-1] == "above 9"
    assert drift.shares == pytest.approx([0.1] * 10)
    assert shift.psi == 0.0


def test_a_value_that_fills_several_deciles_is_one_bin():
    """40 % zeros: three deciles fall on 0, so seven bins are left, and all shares add up to 1."""
    values = [0.5 * max(0, i - 40) for i in range(100)]

    drift, _ = one(values, values)

    assert drift.bins[0] == "0"
    assert drift.shares[0] == pytest.approx(0.41)
    assert sum(drift.shares) == pytest.approx(1.0)
    assert len(drift.bins) == len(set(drift.bins)) == 7


def test_a_value_below_a_tied_minimum_is_news():
    drift, shift = one([0.0] * 60 + [1.5] * 40, [-3.5] * 60 + [1.5] * 40)

    assert drift.bins[0] == "below 0"
    assert shift.shares[0] == pytest.approx(0.6)
    assert shift.psi > 1


def test_a_constant_baseline_notices_any_other_value():
    drift, shift = one([5.5] * 10, [3.25] * 10)

    assert drift.bins == ("below 5.5", "5.5")
    assert shift.psi > 10
    assert shift.ks.value == 1.0


def test_missing_values_are_a_bin_of_their_own():
    drift, shift = one([0.5, 1.5, 2.5, 3.5], [0.5, np.nan, 2.5, np.nan])

    assert drift.bins[-1] == MISSING
    assert drift.shares[-1] == 0.0
    assert shift.shares[-1] == pytest.approx(0.5)


def test_a_month_in_which_every_value_is_missing_has_no_ks_but_a_psi():
    _, shift = one([0.5, 1.5], [np.nan, np.nan])

    assert shift.ks is None
    assert shift.psi > 1


def test_bins_are_right_closed():
    drift, _ = one([0.5] * 5 + [1.5] * 5, [0.5] * 5 + [1.5] * 5)

    assert dict(zip(drift.bins, drift.shares, strict=True)) == {"0.5": 0.5, "0.5 to 1.5": 0.5}


def test_codes_are_categories_and_one_unseen_in_the_baseline_is_shown():
    drift, shift = one([0, 0, 2, -1], [0.0, 1.0, 1.0, -1.0])

    assert drift.kind == "categorical"
    assert drift.bins == ("-1", "0", "1", "2")
    assert drift.shares == (0.25, 0.5, 0.0, 0.25)
    assert shift.shares == (0.25, 0.25, 0.5, 0.0)
    assert shift.ks is None


def test_text_categories_run_from_the_most_frequent_to_the_least():
    drift, _ = one(["car", "bus", "car", None], ["tram", "bus", "car", "car"])

    assert drift.bins == ("car", "bus", "tram", MISSING)


def test_rare_categories_beyond_the_first_two_dozen_are_counted_together():
    names = [f"town {i:02}" for i in range(40)]

    drift, _ = one(names + names[:5], names)

    assert len(drift.bins) == 25
    assert drift.bins[-1] == OTHER
    assert sum(drift.shares) == pytest.approx(1.0)


def test_a_category_counts_by_its_share_not_by_the_rows_of_a_long_month():
    """Twenty-four towns of a short month outweigh a rare one of a month with many more rows."""
    short = [f"town {i:02}" for i in range(24)]

    drift, _ = one(short, ["hamlet"] * 5 + ["town 00"] * 995)

    assert "hamlet" not in drift.bins


def test_true_and_false_are_categories():
    assert one([True, False], [True, True])[0].bins == ("False", "True")


def test_each_side_says_how_many_rows_it_has():
    drift, shift = one([0.5, 1.5, np.nan], [0.5, 1.5])

    assert (drift.rows, shift.rows) == (3, 2)


def test_only_the_features_asked_for_are_compared_in_that_order():
    table = pd.DataFrame({"x": [1.5], "y": [2.5], "z": [3.5]})

    drifts = compare(table, {"June": table}, ["z", "x"]).features

    assert [drift.feature for drift in drifts] == ["z", "x"]


def test_categorical_decides_what_counts_as_a_category():
    assert one([1, 2, 3], [1, 2, 3], categorical=[])[0].kind == "numeric"
    assert one([0.5, 1.5], [0.5, 1.5], categorical=["x"])[0].bins == ("0.5", "1.5")


def test_september_of_the_lender_stands_out_for_the_code_that_april_does_not_have(credit_clients):
    """The repayment code 1 is new in September: PSI 0.93 against April, all but 0.05 of it from that code."""
    april, september = (credit_clients[[name]].set_axis(["repayment"], axis=1) for name in ("PAY_6", "PAY_0"))

    drift = compare(april, {"September": september}, baseline_name="April").of("repayment")
    shift = drift.shifts[0]
    place = drift.bins.index("1")

    assert drift.shares[place] == 0.0
    assert shift.shares[place] == pytest.approx(0.1229, abs=1e-4)
    assert shift.psi == pytest.approx(0.926, abs=1e-3)
    assert shift.psi - shift.terms[place] < 0.06


def test_the_payload_is_plain_json_without_missing_numbers():
    table = pd.DataFrame({"x": [0.5, np.nan, np.inf], "y": ["a", None, "b"], "z": [True, False, True]})

    comparison = compare(table, {"June": table})

    assert json.loads(json.dumps(comparison.payload(), allow_nan=False))["months"] == ["June"]


def test_the_tables_that_are_compared_stay_as_they_were():
    table = pd.DataFrame({"x": [1.5, None, 3.5], "y": ["a", "b", None]})
    before = table.copy()

    compare(table, {"June": table})

    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    ("baseline", "live", "sentence"),
    [
        ({"x": [1.5]}, {"y": [1.5]}, "'June' has no column 'x'"),
        ({"x": [1.5]}, {"x": []}, "'June' has no rows"),
        ({"x": [1.5, 2.5]}, {"x": ["a", "b"]}, "'x' is not a number in every row of 'June'"),
        ({"x": [None, None]}, {"x": [1.0, 2.0]}, "The baseline holds no value of 'x'"),
    ],
)
def test_tables_that_cannot_be_compared_are_refused_in_one_sentence(baseline, live, sentence):
    tables = pd.DataFrame(baseline), pd.DataFrame(live)
    with pytest.raises(SagelabError, match=sentence):
        compare(tables[0], {"June": tables[1]}, ["x"], categorical=[])


def test_nothing_to_compare_with_is_refused():
    table = pd.DataFrame({"x": [1.5]})
    with pytest.raises(SagelabError, match="at least one month"):
        compare(table, {})
    with pytest.raises(SagelabError, match="may not have the baseline's name"):
        compare(table, {"baseline": table})
    with pytest.raises(SagelabError, match="several columns named 'x'"):
        compare(table, {"June": pd.concat([table, table], axis=1)})
    with pytest.raises(SagelabError, match="'age' was not compared"):
        compare(table, {"June": table}).of("age")
