"""The bias report through its traits, with no browser."""

import json
import math

import pandas as pd
import pytest
from traitlets import TraitError

from sagelab.errors import SagelabError
from sagelab_widgets import BiasReport


def section(facets):
    return {
        "label": "paid",
        "label_value_or_threshold": "1",
        "facets": {
            facet: [
                {
                    "value_or_threshold": value,
                    "metrics": [
                        {"name": name, "description": name, "value": number} for name, number in values
                    ],
                }
            ]
            for (facet, value), values in facets.items()
        },
    }


ANALYSIS = {
    "pre_training_bias_metrics": section({("SEX", "0"): [("CI", 1 / 3), ("DPL", 0.1)]}),
    "post_training_bias_metrics": section(
        {("SEX", "0"): [("DI", 0.7), ("TE", "Infinity")], ("AGE", "(45.0, 81.0]"): [("DPPL", -0.02)]}
    ),
}
PEOPLE = pd.DataFrame({"SEX": [1] * 100 + [0] * 50, "paid": [1] * 60 + [0] * 40 + [1] * 25 + [0] * 25})
LABELS_ONLY = {"pre_training_bias_metrics": ANALYSIS["pre_training_bias_metrics"]}


class Storage:
    """S3 as the widget asks for it."""

    def __init__(self, **objects):
        self.objects = objects

    def client(self, service):
        return self

    def get_object(self, Bucket, Key):  # noqa: N803 - boto3's names
        body = self.objects[f"{Bucket}/{Key}"]
        import io

        return {"ContentLength": len(body), "Body": io.BytesIO(body)}


def metric(report, name, group=0):
    return next(one for one in report.report["groups"][group]["metrics"] if one["name"] == name)


def test_it_opens_on_the_first_group_and_its_first_metric():
    report = BiasReport(ANALYSIS)

    assert [group["name"] for group in report.report["groups"]] == ["SEX = 0", "AGE in (45.0, 81.0]"]
    assert (report.group, report.metric, report.stage, report.tolerance) == ("SEX = 0", "CI", "all", 0.1)


def test_each_metric_carries_its_meaning_and_what_its_value_says():
    found = metric(BiasReport(ANALYSIS), "DI")

    assert found["formula"] == "(nd'(1)/nd) / (na'(1)/na)"
    assert found["results"][0]["says"] == "The model gives group d the good outcome less often."
    assert found["results"][0]["lean"] == pytest.approx(0.3)


def test_the_payload_is_plain_json_also_with_infinite_values():
    report = BiasReport(ANALYSIS)

    assert json.loads(json.dumps(report.report, allow_nan=False)) == report.report
    assert metric(report, "TE")["results"][0]["value"] == "Infinity"
    assert metric(report, "TE")["results"][0]["distance"] == 1e6


def test_a_second_report_is_compared_group_by_group():
    after = {
        "post_training_bias_metrics": section({("SEX", "0"): [("DI", 0.9)], ("CITY", "x"): [("RD", 0.3)]})
    }
    report = BiasReport(ANALYSIS, after=after, names=["as built", "reweighed"])

    assert report.report["names"] == ["as built", "reweighed"]
    assert metric(report, "DI")["moved"] == "closer"
    assert metric(report, "CI")["results"][1] is None
    assert [group["name"] for group in report.report["groups"]] == [
        "SEX = 0",
        "AGE in (45.0, 81.0]",
        "CITY = x",
    ]
    assert metric(report, "RD", 2)["results"][0] is None


def test_with_the_table_the_counts_are_shown():
    report = BiasReport(LABELS_ONLY, table=PEOPLE)

    counts = {"na": 100, "nd": 50, "na(1)": 60, "na(0)": 40, "nd(1)": 25, "nd(0)": 25}
    assert report.report["groups"][0]["counts"] == counts
    assert metric(report, "DPL")["worked"] == "60/100 - 25/50"
    assert BiasReport(ANALYSIS).report["groups"][0]["counts"] == {}


def test_it_reads_the_result_of_a_job_from_s3():
    lab = Storage(**{"bucket/clarify-1/result/analysis.json": json.dumps(ANALYSIS).encode()})

    assert BiasReport("s3://bucket/clarify-1/result", lab).report["label"] == "paid"
    assert BiasReport("s3://bucket/clarify-1/result/analysis.json", lab=lab).report["good"] == "1"
    too_large = Storage(**{"bucket/analysis.json": b" " * 5_000_001})
    with pytest.raises(SagelabError, match="larger than 5 MB"):
        BiasReport("s3://bucket", too_large)


def test_a_cell_may_move_it_but_only_to_what_there_is():
    report = BiasReport(ANALYSIS)

    report.group, report.metric, report.stage = "AGE in (45.0, 81.0]", "DPPL", "post"

    with pytest.raises(TraitError, match="'CITY' is not one of SEX = 0"):
        report.group = "CITY"
    with pytest.raises(TraitError, match="'XX' is not one of"):
        report.metric = "XX"
    for wrong in (1.0, -0.1, math.nan, "0.1"):
        with pytest.raises(TraitError):
            report.tolerance = wrong


def test_two_reports_need_two_names():
    with pytest.raises(SagelabError, match="two names"):
        BiasReport(ANALYSIS, after=ANALYSIS, names=["one"])


def test_without_the_widget_what_is_outside_stands_in_the_text():
    assert repr(BiasReport(ANALYSIS)).splitlines() == [
        "Bias report",
        "SEX = 0: outside a tolerance of 0.1: CI, DI, TE",
        "AGE in (45.0, 81.0]: outside a tolerance of 0.1: none",
    ]
