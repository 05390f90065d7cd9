"""The drift explorer through its traits, with no browser."""

import json

import pandas as pd
import pytest
from traitlets import TraitError

from sagelab_widgets import DriftExplorer

APRIL = pd.DataFrame({"bill": [10.5, 20.5, 30.5, 40.5], "code": [0, 0, 2, 2]})
SEPTEMBER = pd.DataFrame({"bill": [10.5, 20.5, 30.5, 99.5], "code": [0, 1, 2, 2]})


def make(**options):
    return DriftExplorer(APRIL, {"May": APRIL, "September": SEPTEMBER}, baseline_name="April", **options)


def test_it_opens_on_the_first_feature_and_the_last_month():
    explorer = make()

    assert (explorer.feature, explorer.month, explorer.statistic) == ("bill", "September", "psi")


def test_the_payload_is_what_the_rules_computed_as_plain_json():
    explorer = make(features=["code"])

    assert json.loads(json.dumps(explorer.comparison, allow_nan=False)) == json.loads(
        json.dumps(explorer.result.payload())
    )
    assert [feature["feature"] for feature in explorer.comparison["features"]] == ["code"]


def test_the_threshold_belongs_to_the_statistic_shown_first():
    assert make().thresholds == {"psi": 0.2, "ks": 0.1, "chi_squared": 0.1}
    assert make(threshold=0.3, statistic="ks").thresholds["ks"] == 0.3


def test_a_cell_may_move_it_but_only_to_what_there_is():
    explorer = make()

    explorer.feature, explorer.month = "code", "May"

    with pytest.raises(TraitError, match="'age' is not one of bill, code"):
        explorer.feature = "age"
    with pytest.raises(TraitError, match="'June' is not one of May, September"):
        explorer.month = "June"
    assert (explorer.feature, explorer.month) == ("code", "May")


def test_units_reach_the_browser():
    assert make(units={"bill": "NT$"}).units == {"bill": "NT$"}


def test_without_the_widget_the_numbers_stand_in_the_text():
    lines = repr(make()).splitlines()

    assert lines[0] == "Drift against April (PSI):"
    assert lines[1].split() == ["bill", "May", "0.000", "September", "3.910"]  # 2 (0.25 - 0.0001) ln 2500
    assert lines[2].split() == ["code", "May", "0.000", "September", "2.129"]
    assert make()._repr_mimebundle_()[0]["text/plain"] == repr(make())
