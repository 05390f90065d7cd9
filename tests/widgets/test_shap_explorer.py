"""The SHAP explorer through its traits, with no browser."""

import json

import numpy as np
import pandas as pd
import pytest
from traitlets import TraitError

from sagelab.errors import SagelabError
from sagelab_widgets import ShapExplorer

CLIENTS = pd.DataFrame({"age": [30, None, 50], "job": ["cook", "nurse", None]}, index=[7, 8, 9])
VALUES = np.array([[0.1, -0.3], [0.2, 0.3], [-0.1, 0.3]])


def make(**options):
    return ShapExplorer(CLIENTS, VALUES, 0.25, "probability of default", **options)


def test_it_opens_on_the_first_client_and_the_most_important_feature():
    assert (make().client, make().feature) == ("7", "job")


def test_the_payload_is_what_the_rules_computed_as_plain_json():
    explorer = make()

    assert json.loads(json.dumps(explorer.attribution, allow_nan=False)) == json.loads(
        json.dumps(explorer.result.payload())
    )
    assert explorer.attribution["outputs"] == pytest.approx((0.05, 0.75, 0.45))


def test_a_cell_may_move_it_but_only_to_what_there_is():
    explorer = make()

    explorer.client, explorer.feature = "9", "age"

    with pytest.raises(TraitError, match="There is no client '10' here"):
        explorer.client = "10"
    with pytest.raises(TraitError, match="There is no feature 'sex' here"):
        explorer.feature = "sex"
    assert (explorer.client, explorer.feature) == ("9", "age")


def test_a_table_and_values_that_do_not_fit_are_refused():
    with pytest.raises(SagelabError, match="3 x 2 but the SHAP values are 2 x 2"):
        ShapExplorer(CLIENTS, VALUES[:2], 0.0)


def test_without_the_widget_the_importance_stands_in_the_text():
    assert repr(make()).splitlines() == [
        "SHAP values of 3 clients; mean effect on the probability of default:",
        "  job  0.3000",
        "  age  0.1333",
    ]
    assert make()._repr_mimebundle_()[0]["text/plain"] == repr(make())
