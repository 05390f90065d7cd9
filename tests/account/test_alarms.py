"""Alarms are really evaluated: AWS's documented tables, then the whole way from a metric to a message."""

import json
from datetime import timedelta

import pytest
from joblab import Lab, until

from sagelab.account import connect
from sagelab.account.alarm_data import Sample, evaluation_times, statistic
from sagelab.account.alarm_rules import ALARM, INSUFFICIENT, OK, Rule, reason

RETAIN = None
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
MINUTE = 60


def state(points, to_alarm, missing):
    """The state for points as AWS's tables draw them: 0 fine, X breaching, - missing; the newest stands last."""
    values = [{"0": 0.0, "X": 9.0, "-": None}[point] for point in points.split()]
    return Rule("GreaterThanThreshold", 5.0, periods=3, to_alarm=to_alarm, missing=missing).state(values)


# -- the rules, by AWS's tables ("Configuring how CloudWatch alarms treat missing data") --------------------------
@pytest.mark.parametrize(
    ("to_alarm", "points", "states"),
    [
        (3, "0 - X - X", (OK, OK, OK, OK)),
        (3, "0 - - - -", (OK, OK, OK, OK)),
        (3, "- - - - -", (INSUFFICIENT, RETAIN, ALARM, OK)),
        (3, "0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
        (3, "- - X - -", (ALARM, RETAIN, ALARM, OK)),
        (2, "0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
        (2, "0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
        (2, "X X 0 0 X", (OK, OK, OK, OK)),  # of ours: what lies further back does not count
        (2, "0 - X - -", (OK, OK, ALARM, OK)),
        (2, "- - - - 0", (OK, OK, ALARM, OK)),
        (2, "- - - X -", (ALARM, RETAIN, ALARM, OK)),
    ],
)
def test_m_of_n_and_missing_data_are_as_in_awss_tables(to_alarm, points, states):
    assert tuple(state(points, to_alarm, missing) for missing in TREATMENTS) == states


@pytest.mark.parametrize("points", ["- - - - X", "- - - X -", "- - - X 0", "- - X - 0"])
def test_one_late_breach_is_no_alarm_before_its_time(points):
    assert state(points, 3, "missing") == OK


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", (6.0,)),
        ("GreaterThanOrEqualToThreshold", (5.0, 6.0)),
        ("LessThanThreshold", (4.0,)),
        ("LessThanOrEqualToThreshold", (4.0, 5.0)),
    ],
)
def test_four_comparisons(comparison, breaching):
    rule = Rule(comparison, 5.0, 1, 1)

    assert tuple(value for value in (4.0, 5.0, 6.0) if rule.breaches(value)) == breaching


# -- statistics ----------------------------------------------------------------------------------------------------
def one(value, time=0.0):
    return Sample(time, value, value, value, 1.0, None)


def test_statistics_of_values_and_of_sets():
    samples = [one(1.0), Sample(0.0, 2.0, 8.0, 10.0, 2.0, None)]

    shown = {
        name: statistic(name, samples) for name in ("Sum", "SampleCount", "Average", "Minimum", "Maximum")
    }

    assert shown == {"Sum": 11.0, "SampleCount": 3.0, "Average": 11 / 3, "Minimum": 1.0, "Maximum": 8.0}
    assert statistic("Average", []) is None


def test_percentiles_leave_out_sets_whose_values_nobody_knows():
    samples = [one(float(value)) for value in range(1, 101)] + [Sample(0.0, 1.0, 999.0, 1000.0, 2.0, None)]

    assert [statistic(name, samples) for name in ("p50", "p99", "p99.9", "p100")] == [
        50.0,
        99.0,
        100.0,
        100.0,
    ]
    assert statistic("p99", samples[-1:]) is None


def test_between_two_evaluation_times_no_datapoint_changes():
    samples = [one(1.0, 30.0), one(1.0, 610.0)]
    times = evaluation_times(samples, period=120, periods=3, after=0.0, until=1200.0)

    def shape(end):
        return [[s.time for s in samples if end - 120 * n <= s.time < end - 120 * (n - 1)] for n in (3, 2, 1)]

    for minute in range(60, 1200, 60):
        last = max((moment for moment in times if moment <= minute), default=None)
        assert last is None or shape(minute) == shape(last)


# -- the sentences -------------------------------------------------------------------------------------------------
def test_reasons_are_in_awss_words():
    from datetime import UTC, datetime

    start = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    points = [(start + timedelta(minutes=n), value) for n, value in enumerate((None, None, 99.0))]

    assert reason(Rule("GreaterThanThreshold", 50.0, 1, 1), ALARM, OK, points) == (
        "Threshold Crossed: 1 datapoint [99.0 (23/11/26 10:02:00)] was greater than the threshold (50.0)."
    )
    assert reason(Rule("LessThanThreshold", 5.0, 1, 1), OK, ALARM, points) == (
        "Threshold Crossed: 1 datapoint [99.0 (23/11/26 10:02:00)] was not less than the threshold (5.0)."
    )
    none = [(moment, None) for moment, _ in points]
    assert reason(Rule("LessThanThreshold", 5.0, 1, 1), INSUFFICIENT, OK, none) == (
        "Insufficient Data: 1 datapoint was unknown."
    )
    assert reason(Rule("LessThanThreshold", 5.0, 2, 2, "breaching"), ALARM, OK, none) == (
        "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
        "[Breaching]."
    )


# -- the whole way -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


class Bench:
    """One alarm on one metric of its own, and a queue that hears of it."""

    def __init__(self, lab, **alarm):
        self.lab, self.cloudwatch = lab, lab.cloudwatch
        self.name = lab.unique("alarm")
        self.metric = {"Namespace": "Lab", "MetricName": self.name}
        sns, self.sqs = (lab.account.session.client(service) for service in ("sns", "sqs"))
        topic = sns.create_topic(Name=self.name)["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{self.name}"
        )
        rule = {"Statistic": "Sum"} if "ExtendedStatistic" not in alarm else {}
        rule |= {"Period": 60, "EvaluationPeriods": 1, "Threshold": 5.0}
        rule |= {"ComparisonOperator": "GreaterThanThreshold"}
        self.asked = {"AlarmName": self.name, "AlarmActions": [topic], "OKActions": [topic]}
        self.asked |= {**self.metric, **rule, **alarm}
        self.cloudwatch.put_metric_alarm(**self.asked)

    def put(self, *values, ago=0, **datum):
        when = self.lab.account.clock.now() - timedelta(seconds=ago)
        data = [{"MetricName": self.name, "Value": v, "Timestamp": when, **datum} for v in values]
        self.cloudwatch.put_metric_data(Namespace="Lab", MetricData=data)

    def alarm(self):
        return self.cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"][0]

    def state(self):
        return self.alarm()["StateValue"]

    def step(self, **much):
        self.lab.account.clock.step(**much)

    def messages(self):
        """The alarm's messages so far."""
        got = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(json.loads(message["Body"])["Message"]) for message in got]


def test_a_new_alarm_has_insufficient_data(lab):
    bench = Bench(lab)

    assert (bench.state(), bench.alarm()["StateReason"]) == (
        INSUFFICIENT,
        "Unchecked: Initial alarm creation",
    )


def test_an_alarm_goes_off_once_the_minute_is_over_and_recovers(lab):
    bench = Bench(lab)
    bench.put(4.0, 3.0)

    bench.step(minutes=1)
    assert bench.state() == ALARM
    bench.put(1.0)
    bench.step(minutes=1)

    assert bench.state() == OK
    assert "was not greater than the threshold (5.0)." in bench.alarm()["StateReason"]


def test_a_late_datapoint_is_seen_as_soon_as_it_comes(lab):
    bench = Bench(lab)

    bench.put(9.0, ago=90)

    assert bench.state() == ALARM


def test_a_topic_hears_of_each_transition_in_order(lab):
    bench = Bench(lab)
    bench.put(9.0)
    bench.step(minutes=1)
    bench.put(1.0)
    bench.step(minutes=1)

    told = [(m["OldStateValue"], m["NewStateValue"], m["Trigger"]["Statistic"]) for m in bench.messages()]

    assert told == [(INSUFFICIENT, ALARM, "SUM"), (ALARM, OK, "SUM")]


def test_no_transition_is_lost_in_a_long_step(lab):
    bench = Bench(lab)
    bench.put(9.0)

    bench.step(hours=6)

    assert bench.state() == INSUFFICIENT
    assert [message["NewStateValue"] for message in bench.messages()] == [ALARM]


def test_only_the_metric_with_just_these_dimensions_counts(lab):
    dimensions = [{"Name": "EndpointName", "Value": "a"}]
    bench = Bench(lab, Dimensions=dimensions)

    bench.put(9.0, ago=90)
    bench.put(9.0, ago=90, Dimensions=[*dimensions, {"Name": "VariantName", "Value": "v"}])
    assert bench.state() == INSUFFICIENT

    bench.put(9.0, ago=90, Dimensions=dimensions)
    assert bench.state() == ALARM


def test_a_percentile_alarm(lab):
    bench = Bench(lab, ExtendedStatistic="p90")

    bench.put(*[1.0] * 9, 100.0, ago=90)
    assert bench.state() == OK
    bench.put(100.0, ago=90)

    assert bench.state() == ALARM


def test_two_of_three_datapoints(lab):
    bench = Bench(lab, EvaluationPeriods=3, DatapointsToAlarm=2)
    for ago, value in ((240, 9.0), (180, 1.0)):
        bench.put(value, ago=ago)
    assert bench.state() == OK

    bench.put(9.0, ago=120)

    assert bench.state() == ALARM
    assert bench.alarm()["StateReason"].endswith("(minimum 2 datapoints for OK -> ALARM transition).")


def test_silence_may_be_an_alarm(lab):
    bench = Bench(lab, TreatMissingData="breaching", ComparisonOperator="LessThanThreshold")
    bench.put(7.0, ago=90)
    assert bench.state() == OK

    bench.step(minutes=10)

    assert bench.state() == ALARM
    assert "no datapoints were received for 1 period" in bench.alarm()["StateReason"]


def test_an_alarm_written_anew_keeps_its_state_until_it_is_evaluated(lab):
    bench = Bench(lab)
    bench.put(9.0, ago=90)
    assert bench.state() == ALARM

    bench.cloudwatch.put_metric_alarm(**{**bench.asked, "Threshold": 50.0})

    assert bench.state() == OK
    assert [message["NewStateValue"] for message in bench.messages()] == [ALARM, OK]


def test_a_state_set_by_hand_acts_and_lasts_until_the_next_evaluation(lab):
    bench = Bench(lab)
    bench.put(1.0, ago=90)
    bench.cloudwatch.set_alarm_state(AlarmName=bench.name, StateValue=ALARM, StateReason="a drill")

    assert [message["NewStateReason"] for message in bench.messages()][-1] == "a drill"
    bench.put(1.0, ago=90)
    assert bench.state() == OK


def test_disabled_actions_stay_silent(lab):
    bench = Bench(lab)
    bench.cloudwatch.disable_alarm_actions(AlarmNames=[bench.name])

    bench.put(9.0, ago=90)

    assert (bench.state(), bench.messages()) == (ALARM, [])


def test_eventbridge_hears_of_a_transition(lab):
    bench = Bench(lab)
    events = lab.account.session.client("events")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [bench.name]}}
    events.put_rule(Name=bench.name, EventPattern=json.dumps(pattern))
    target = f"arn:aws:sqs:us-east-1:123456789012:{bench.name}"
    events.put_targets(Rule=bench.name, Targets=[{"Id": "1", "Arn": target}])
    bench.cloudwatch.disable_alarm_actions(AlarmNames=[bench.name])

    bench.put(9.0, ago=90)

    got = until(
        lambda: bench.sqs.receive_message(QueueUrl=bench.queue, WaitTimeSeconds=5).get("Messages"), bool
    )
    event = json.loads(got[0]["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert (event["detail"]["state"]["value"], event["detail"]["previousState"]["value"]) == (
        ALARM,
        INSUFFICIENT,
    )


def test_the_history_tells_each_change_of_state_the_newest_first(lab):
    bench = Bench(lab)
    bench.put(9.0, ago=90)
    bench.put(-9.0, ago=90)

    items = lab.cloudwatch.describe_alarm_history(AlarmName=bench.name)["AlarmHistoryItems"]

    assert [item["HistorySummary"] for item in items] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
    ]
    assert json.loads(items[1]["HistoryData"])["newState"]["stateReason"].startswith(
        "Threshold Crossed: 1 datapoint"
    )


@pytest.mark.parametrize(
    "incomplete",
    [
        {"Metrics": [{"Id": "e", "Expression": "1 + 1", "ReturnData": True}], "Threshold": 1},
        {"Namespace": "Lab", "MetricName": "m", "Period": 60, "Threshold": 1},
        {"Namespace": "Lab", "MetricName": "m", "Period": 60, "Threshold": 1, "ExtendedStatistic": "pq"},
        {"Namespace": "Lab", "MetricName": "m", "Period": 60, "Statistic": "Sum"},
    ],
    ids=["metric math", "no statistic", "no percentile", "no threshold"],
)
def test_an_alarm_on_no_single_metric_is_kept_and_not_evaluated(lab, incomplete):
    name = lab.unique("math")
    lab.cloudwatch.put_metric_alarm(
        AlarmName=name, EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold", **incomplete
    )

    lab.cloudwatch.put_metric_data(Namespace="Lab", MetricData=[{"MetricName": "m", "Value": 9}])
    lab.account.clock.step(minutes=5)

    assert lab.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"] == INSUFFICIENT


def test_after_a_restart_an_alarm_goes_on_from_its_state(tmp_path):
    def bench_at():
        return connect(tmp_path / "home")

    account = bench_at()
    bench = Bench(Lab(account))
    bench.put(9.0, ago=90)
    assert bench.state() == ALARM
    account.stop()

    account = bench_at()
    cloudwatch = account.session.client("cloudwatch")

    def state():
        return cloudwatch.describe_alarms(AlarmNames=[bench.name])["MetricAlarms"][0]["StateValue"]

    assert state() == ALARM
    account.clock.step(hours=1)
    assert state() == INSUFFICIENT
    account.stop()
