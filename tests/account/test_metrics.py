"""Metric regexes read what AWS's would."""

import pytest

from sagelab.account.errors import ApiError
from sagelab.account.metrics import LogMetrics, compile_definitions


def read(regex, *lines):
    metrics = LogMetrics(compile_definitions([{"Name": "m", "Regex": regex}]))
    for number, line in enumerate(lines):
        metrics.read(line, float(number))
    return [(item["Value"], item["Timestamp"]) for item in metrics.final()]


def test_the_last_match_is_final():
    assert read(r"loss=([0-9.]+);", "loss=0.9;", "x", "loss=0.5; loss=0.4;") == [(0.4, 2.0)]


def test_a_number_may_have_an_exponent_or_a_sign():
    assert read(r"loss=(\S+)", "loss=-1.5e-3") == [(-0.0015, 0.0)]


@pytest.mark.parametrize("line", ["loss=nan", "loss=inf", "loss=abc", "nothing"])
def test_what_is_no_finite_number_is_no_value(line):
    assert read(r"loss=(\S+)", line) == []


def test_a_pattern_without_a_group_takes_the_whole_match():
    assert read(r"[0-9]+", "12 and 13") == [(13.0, 0.0)]


def test_a_broken_regex_is_refused_with_its_name():
    with pytest.raises(ApiError, match="for metric auc: "):
        compile_definitions([{"Name": "auc", "Regex": "auc=("}])


def test_points_are_sent_under_the_jobs_name_a_thousand_at_a_time():
    calls = []

    class CloudWatch:
        def put_metric_data(self, **request):
            calls.append(request)

    metrics = LogMetrics(compile_definitions([{"Name": "m", "Regex": r"m=(\d+)"}]))
    for number in range(2500):
        metrics.read(f"m={number}", 0.0)
    metrics.send(CloudWatch(), "job-1")

    assert [len(call["MetricData"]) for call in calls] == [1000, 1000, 500]
    assert calls[0]["MetricData"][0]["Dimensions"] == [{"Name": "TrainingJobName", "Value": "job-1"}]
