"""EventBridge: events of clients and of SageMaker reach the targets of the rules that they fit."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joblab import ROLE, Lab, until, variant
from pipelab import PipeLab, fail_step, get, parameter

from sagelab.account import Account, images
from sagelab.account.events.inputs import input_of

SOURCE = "lab.orders"
HANDLER = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=str(event["detail"]["n"]))
"""


class Bench:
    """Queues that rules fill."""

    def __init__(self, account: Account) -> None:
        client = account.session.client
        self.events, self.sqs, self.sns, self.logs = (
            client("events"),
            client("sqs"),
            client("sns"),
            client("logs"),
        )
        self.unique = account.unique

    def queue(self) -> tuple[str, str]:
        url = self.sqs.create_queue(QueueName=self.unique("queue"))["QueueUrl"]
        shown = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, shown["Attributes"]["QueueArn"]

    def rule(self, pattern: dict[str, Any], *targets: dict[str, Any], bus: str = "default") -> str:
        name = self.unique("rule")
        self.events.put_rule(Name=name, EventPattern=json.dumps(pattern), EventBusName=bus)
        given = [{"Id": f"t{n}", **target} for n, target in enumerate(targets)]
        self.events.put_targets(Rule=name, EventBusName=bus, Targets=given)
        return name

    def listen(self, pattern: dict[str, Any], **target: Any) -> str:
        """A queue that gets what fits the pattern; its URL."""
        url, arn = self.queue()
        self.rule(pattern, {"Arn": arn, **target})
        return url

    def put(self, detail: dict[str, Any], kind: str = "Order Placed", **more: Any) -> dict[str, Any]:
        entry = {"Source": SOURCE, "DetailType": kind, "Detail": json.dumps(detail), **more}
        return self.events.put_events(Entries=[entry])

    def bodies(self, url: str) -> list[str]:
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]

    def received(self, url: str) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies(url)]

    def waited(self, url: str, enough: Callable[[list[Any]], bool] = bool) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        return until(lambda: seen.extend(self.received(url)) or seen, enough)


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def bench(account: Account) -> Bench:
    return Bench(account)


@pytest.fixture(scope="module")
def lab(account: Account) -> Lab:
    return Lab(account)


@pytest.fixture
def kind(bench: Bench) -> str:
    """A detail-type of a test's own, so that rules of other tests stay silent."""
    return bench.unique("kind")


def test_an_event_reaches_the_queue_of_a_rule_that_it_fits(bench: Bench, kind: str, account: Account) -> None:
    url = bench.listen({"source": [SOURCE], "detail-type": [kind]})

    answered = bench.put({"amount": 7}, kind, Resources=["arn:aws:s3:::orders"])

    (event,) = bench.received(url)
    assert answered["FailedEntryCount"] == 0
    assert event["id"] == answered["Entries"][0]["EventId"]
    assert event["time"].startswith(f"{account.clock.now():%Y-%m-%dT%H}")
    assert {name: event[name] for name in event if name not in ("id", "time")} == {
        "version": "0",
        "detail-type": kind,
        "source": SOURCE,
        "account": "123456789012",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::orders"],
        "detail": {"amount": 7},
    }


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ({"status": ["Approved", "Rejected"]}, {"status": "Rejected"}, {"status": "Pending"}),
        ({"name": [{"prefix": "churn-"}]}, {"name": "churn-1"}, {"name": "my-churn-"}),
        ({"name": [{"suffix": ".csv"}]}, {"name": "a.csv"}, {"name": "a.csv.gz"}),
        ({"status": [{"anything-but": ["Failed"]}]}, {"status": "Completed"}, {"status": "Failed"}),
        ({"value": [{"numeric": [">", 0.5, "<=", 1]}]}, {"value": 1}, {"value": 0.5}),
        ({"reason": [{"exists": True}]}, {"reason": "x"}, {"status": "x"}),
        ({"reason": [{"exists": False}]}, {"status": "x"}, {"reason": "x"}),
        ({"tags": {"team": ["risk"]}}, {"tags": {"team": "risk"}}, {"tags": {"team": "sales"}}),
        ({"steps": ["b"]}, {"steps": ["a", "b"]}, {"steps": ["a"]}),
        ({"a": ["1"], "b": ["2"]}, {"a": "1", "b": "2"}, {"a": "1"}),
    ],
)
def test_patterns_choose(
    bench: Bench, kind: str, pattern: dict[str, Any], fitting: dict[str, Any], other: dict[str, Any]
) -> None:
    url = bench.listen({"detail-type": [kind], "detail": pattern})

    bench.put(fitting, kind)
    bench.put(other, kind)

    assert [event["detail"] for event in bench.received(url)] == [fitting]


def test_a_pattern_can_be_tried_without_an_event(bench: Bench) -> None:
    event = json.dumps({"source": SOURCE, "detail": {"n": 3}})

    yes = bench.events.test_event_pattern(
        EventPattern='{"detail": {"n": [{"numeric": [">", 2]}]}}', Event=event
    )
    no = bench.events.test_event_pattern(EventPattern='{"detail": {"n": [2]}}', Event=event)
    assert (yes["Result"], no["Result"]) == (True, False)


@pytest.mark.parametrize(
    "pattern",
    [
        '{"detail": 3}',
        "[1]",
        "{",
        '{"detail": {"n": []}}',
        '{"detail": {"n": [{}]}}',
        '{"detail": {"n": [{"numeric": ["!", 2]}]}}',
    ],
)
def test_a_pattern_that_is_none_is_refused(bench: Bench, pattern: str) -> None:
    with pytest.raises(bench.events.exceptions.InvalidEventPatternException):
        bench.events.test_event_pattern(EventPattern=pattern, Event='{"detail": {"n": 3}}')


def test_a_rule_that_cannot_be_read_does_not_keep_others_from_their_events(bench: Bench, kind: str) -> None:
    broken = {"detail-type": [kind], "detail": {"n": [{"numeric": ["!", 2]}]}}
    silent, url = bench.listen(broken), bench.listen({"detail-type": [kind]})

    answered = bench.put({"n": 3}, kind)

    assert answered["FailedEntryCount"] == 0
    assert (bench.received(silent), len(bench.received(url))) == ([], 1)


def test_a_disabled_rule_is_silent(bench: Bench, kind: str) -> None:
    url, arn = bench.queue()
    name = bench.rule({"detail-type": [kind]}, {"Arn": arn})

    bench.events.disable_rule(Name=name)
    bench.put({"n": 1}, kind)
    bench.events.enable_rule(Name=name)
    bench.put({"n": 2}, kind)

    assert [event["detail"] for event in bench.received(url)] == [{"n": 2}]


def test_a_target_gets_a_constant_a_part_or_a_template(bench: Bench, kind: str) -> None:
    pattern = {"detail-type": [kind]}
    template = (
        '{"what": <kind>, "said": "got <n> of <list>", "gone": <none>, "rule": "<aws.events.rule-name>"}'
    )
    paths = {"kind": "$.detail-type", "n": "$.detail.n", "list": "$.detail.list[1]", "none": "$.detail.no"}
    constant = bench.listen(pattern, Input='{"go": true}')
    part = bench.listen(pattern, InputPath="$.detail.list")
    filled = bench.listen(pattern, InputTransformer={"InputPathsMap": paths, "InputTemplate": template})

    bench.put({"n": 3, "list": ["a", "b"]}, kind)

    assert bench.received(constant) == [{"go": True}]
    assert bench.received(part) == [["a", "b"]]
    (made,) = bench.received(filled)
    assert made.pop("rule").startswith("rule-")
    assert made == {"what": kind, "said": "got 3 of b", "gone": None}


def test_quotes_in_a_value_do_not_break_a_template() -> None:
    event = {"time": "now", "detail": {"text": 'a "b"\n'}}
    transformer = {"InputPathsMap": {"t": "$.detail.text"}, "InputTemplate": '{"x": "<t>", "y": <t>}'}

    made = json.loads(input_of({"InputTransformer": transformer}, event, "r", "arn"))

    assert made == {"x": 'a "b"\n', "y": 'a "b"\n'}


def test_an_event_reaches_a_topic_a_log_group_and_another_bus(bench: Bench, kind: str) -> None:
    url, arn = bench.queue()
    topic = bench.sns.create_topic(Name=bench.unique("topic"))["TopicArn"]
    bench.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    group = f"/aws/events/{bench.unique('group')}"
    bench.logs.create_log_group(logGroupName=group)
    bus = bench.unique("bus")
    bus_arn = bench.events.create_event_bus(Name=bus)["EventBusArn"]
    other, other_arn = bench.queue()
    bench.rule({"detail-type": [kind]}, {"Arn": other_arn}, bus=bus)
    group_arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
    bench.rule({"detail-type": [kind]}, {"Arn": topic}, {"Arn": group_arn}, {"Arn": bus_arn})

    bench.put({"n": 1}, kind)

    (notice,) = bench.received(url)
    assert json.loads(notice["Message"])["detail"] == {"n": 1}
    (stream,) = bench.logs.describe_log_streams(logGroupName=group)["logStreams"]
    (line,) = bench.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    assert json.loads(line["message"])["detail"] == {"n": 1}
    assert [event["detail"] for event in bench.received(other)] == [{"n": 1}]


def test_an_event_calls_a_function(bench: Bench, account: Account, kind: str) -> None:
    url, _ = bench.queue()
    name, role = (
        bench.unique("function"),
        account.session.client("iam").create_role(
            RoleName=bench.unique("role"), AssumeRolePolicyDocument="{}"
        ),
    )
    arn = account.session.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="index.handler",
        Code={"ZipFile": zipped("index.py", HANDLER)},
        Environment={"Variables": {"QUEUE": url}},
        Timeout=20,
    )["FunctionArn"]
    bench.rule({"detail-type": [kind]}, {"Arn": arn})

    bench.put({"n": 42}, kind)

    assert bench.waited(url) == [42]


def test_a_queue_that_is_gone_leaves_the_event_in_the_dead_letter_queue(bench: Bench, kind: str) -> None:
    letters, letters_arn = bench.queue()
    url, arn = bench.queue()
    gone = arn + "-gone"
    bench.rule({"detail-type": [kind]}, {"Arn": gone, "DeadLetterConfig": {"Arn": letters_arn}}, {"Arn": arn})

    bench.put({"n": 1}, kind)

    asked = {"QueueUrl": letters, "MessageAttributeNames": ["All"]}
    (letter,) = bench.sqs.receive_message(**asked)["Messages"]
    assert letter["MessageAttributes"]["TARGET_ARN"]["StringValue"] == gone
    assert len(bench.received(url)) == 1


def test_events_that_are_no_events_are_told_one_by_one(bench: Bench, kind: str) -> None:
    good = {"Source": SOURCE, "DetailType": kind, "Detail": "{}"}

    answered = bench.events.put_events(
        Entries=[
            good,
            {**good, "Detail": "{"},
            {"Source": SOURCE, "Detail": "{}"},
            {**good, "Source": "aws.s3"},
        ]
    )

    assert answered["FailedEntryCount"] == 3
    assert [entry.get("ErrorCode") for entry in answered["Entries"]] == [
        None,
        "MalformedDetail",
        "InvalidArgument",
        "NotAuthorizedForSourceException",
    ]


def tagged(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """A tag of a test's own: as a request gives it, and as a pattern finds it."""
    value = bench.unique("tag")
    return {"Tags": [{"Key": "team", "Value": value}]}, {"Tags": {"team": [value]}}


def test_a_training_job_tells_its_states_in_order(bench: Bench, lab: Lab) -> None:
    tags, mine = tagged(bench)
    url = bench.listen({"detail-type": ["SageMaker Training Job State Change"], "detail": mine})

    job = lab.trained(lab.train("print('done')", **tags))
    events = bench.waited(
        url, lambda seen: seen[-1:] and seen[-1]["detail"]["SecondaryStatus"] == "Completed"
    )

    steps = [event["detail"]["SecondaryStatus"] for event in events]
    assert [step for n, step in enumerate(steps) if step not in steps[:n]] == [
        transition["Status"] for transition in job["SecondaryStatusTransitions"]
    ]
    last = events[-1]
    assert last["source"] == "aws.sagemaker"
    assert last["resources"] == [job["TrainingJobArn"]]
    assert last["detail"]["TrainingJobStatus"] == "Completed"
    assert [last["detail"]["Tags"]["team"]] == mine["Tags"]["team"]
    assert last["detail"]["TrainingEndTime"] == pytest.approx(
        job["TrainingEndTime"].timestamp() * 1000, abs=1
    )


def test_a_failed_processing_job_tells_why(bench: Bench, lab: Lab) -> None:
    tags, mine = tagged(bench)
    failed = {"ProcessingJobStatus": ["Failed"], **mine}
    url = bench.listen({"detail-type": ["SageMaker Processing Job State Change"], "detail": failed})

    name = lab.process("raise SystemExit(3)", **tags)
    (event,) = bench.waited(url)

    assert event["detail"]["ProcessingJobName"] == name
    assert event["detail"]["FailureReason"] == lab.processed(name)["FailureReason"]


def test_an_endpoint_tells_its_states_in_capitals(bench: Bench, lab: Lab) -> None:
    model = lab.model("def model_fn(d):\n    return 0\ndef predict_fn(x, m):\n    return x\n")
    config = lab.config(variant("v", model))
    detail = {"EndpointConfigName": [config]}
    url = bench.listen({"detail-type": ["SageMaker Endpoint State Change"], "detail": detail})

    lab.endpoint(config)

    events = bench.waited(url, lambda seen: len(seen) == 2)
    assert [event["detail"]["EndpointStatus"] for event in events] == ["CREATING", "IN_SERVICE"]


def test_a_deployment_tells_each_shift_of_traffic(bench: Bench, lab: Lab, account: Account) -> None:
    model = lab.model("def model_fn(d):\n    return 0\ndef predict_fn(x, m):\n    return x\n")
    first, second = (lab.config(variant("v", model)) for _ in "ab")
    endpoint = lab.endpoint(first)
    detail = {"EndpointName": [endpoint]}
    url = bench.listen({"detail-type": ["SageMaker Endpoint Deployment State Change"], "detail": detail})
    canary = {"Type": "CAPACITY_PERCENT", "Value": 10}
    routing = {"Type": "CANARY", "WaitIntervalInSeconds": 300, "CanarySize": canary}
    blue_green = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 0}

    lab.sm.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=second,
        DeploymentConfig={"BlueGreenUpdatePolicy": blue_green},
    )
    (begun,) = [event["detail"] for event in bench.waited(url)]
    account.clock.step(timedelta(seconds=301))
    (shifted,) = [event["detail"] for event in bench.waited(url)]
    account.clock.step(timedelta(seconds=301))
    lab.settled(endpoint)

    weights = [
        d["PendingDeploymentSummary"]["ProductionVariants"][0]["CurrentWeight"] for d in (begun, shifted)
    ]
    assert weights == [pytest.approx(0.1), 1.0]
    assert {d["EndpointStatus"] for d in (begun, shifted)} == {"UPDATING"}
    assert begun["PendingDeploymentSummary"]["EndpointConfigName"] == second


def test_a_model_is_told_when_it_is_created(bench: Bench, lab: Lab) -> None:
    name = lab.unique("model")
    detail = {"ModelName": [name]}
    url = bench.listen({"detail-type": ["SageMaker Model State Change"], "detail": detail})

    container = {"Image": images.uri("scikit-learn"), "ModelDataUrl": lab.archive(model_txt="1")}
    arn = lab.sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)["ModelArn"]

    (event,) = bench.waited(url)
    assert event["resources"] == [arn]


def test_an_event_starts_a_pipeline_which_tells_how_it_goes(
    bench: Bench, account: Account, kind: str
) -> None:
    lab = PipeLab(account)
    name = lab.create(fail_step("Stop", get("Parameters.Why")), parameters=[parameter("Why", "String", "no")])
    arn = lab.sm.describe_pipeline(PipelineName=name)["PipelineArn"]
    executions, steps = (
        bench.listen(
            {
                "detail-type": [f"SageMaker Model Building Pipeline Execution {what}Status Change"],
                "detail": {"pipelineArn": [arn]},
            }
        )
        for what in ("", "Step ")
    )
    given = {"PipelineParameterList": [{"Name": "Why", "Value": "$.detail.why"}]}
    bench.rule({"detail-type": [kind]}, {"Arn": arn, "SageMakerPipelineParameters": given})

    bench.put({"why": "data drifted"}, kind)

    told = bench.waited(executions, lambda seen: len(seen) >= 2)
    (ended,) = [e["detail"] for e in told if e["detail"]["currentPipelineExecutionStatus"] == "Failed"]
    assert ended["previousPipelineExecutionStatus"] == "Executing"
    shown = lab.steps(ended["pipelineExecutionArn"])["Stop"]
    assert shown["FailureReason"] == "data drifted"
    failed = [e["detail"] for e in bench.waited(steps) if e["detail"]["currentStepStatus"] == "Failed"]
    assert [(d["stepName"], d["stepType"], d["failureReason"]) for d in failed] == [
        ("Stop", "Fail", "data drifted")
    ]


def test_a_model_card_tells_each_version_without_its_content(bench: Bench, lab: Lab) -> None:
    name = bench.unique("card")
    detail_type = "SageMaker Model Card State Change"
    url = bench.listen({"detail-type": [detail_type], "detail": {"ModelCardName": [name]}})
    content = json.dumps({"model_overview": {"model_id": "churn"}})

    lab.sm.create_model_card(ModelCardName=name, Content=content, ModelCardStatus="Draft")
    lab.sm.update_model_card(ModelCardName=name, ModelCardStatus="PendingReview")

    events = [event["detail"] for event in bench.waited(url, lambda seen: len(seen) == 2)]
    assert [(d["ModelCardStatus"], d["ModelCardVersion"]) for d in events] == [
        ("Draft", 1),
        ("PendingReview", 1),
    ]
    assert (events[0]["ModelId"], events[0]["AccountId"]) == ("churn", "123456789012")
    assert "Content" not in events[0]


def test_a_feature_group_tells_when_it_is_there(bench: Bench, lab: Lab) -> None:
    name = bench.unique("features")
    detail = {"FeatureGroupName": [name], "FeatureGroupStatus": ["Created"]}
    url = bench.listen({"detail-type": ["SageMaker Feature Group State Change"], "detail": detail})
    features = [{"FeatureName": n, "FeatureType": "String"} for n in ("id", "at")]

    lab.sm.create_feature_group(
        FeatureGroupName=name,
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="at",
        FeatureDefinitions=features,
        OnlineStoreConfig={"EnableOnlineStore": True},
    )

    event = bench.waited(url)[0]
    assert event["detail"]["FeatureDefinitions"] == features
    assert event["detail"]["RecordIdentifierFeatureName"] == "id"
