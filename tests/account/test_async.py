"""Asynchronous endpoints: S3 in, S3 out, a queue in between, topics that hear of it."""

import json

import pytest
from botocore.exceptions import ClientError
from hostlab import metric
from joblab import BUCKET, Lab, until, variant

from sagelab.account import connect

UPPER = """
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model):
    if data == "bad": raise ValueError("no such row")
    if data.startswith("sleep"): import time; time.sleep(float(data.split()[1]))
    return data.upper()
def output_fn(prediction, accept): return prediction, "text/csv"
"""


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


class Bench:
    """An asynchronous endpoint and the queues that hear of it."""

    def __init__(self, lab, client=None):
        self.lab, self.sqs = lab, lab.account.session.client("sqs")
        self.prefix = lab.unique("async")
        self.queues = {}
        topics = {kind: self._topic(kind) for kind in ("SuccessTopic", "ErrorTopic")}
        output = {
            "S3OutputPath": f"s3://{BUCKET}/{self.prefix}/out",
            "S3FailurePath": f"s3://{BUCKET}/{self.prefix}/bad",
        }
        config = {"OutputConfig": {**output, "NotificationConfig": topics}}
        if client:
            config["ClientConfig"] = client
        one = variant("AllTraffic", lab.model(UPPER))
        self.endpoint = lab.endpoint(lab.config(one, AsyncInferenceConfig=config))

    def _topic(self, kind):
        name = f"{self.prefix}-{kind}"
        sns = self.lab.account.session.client("sns")
        topic = sns.create_topic(Name=name)["TopicArn"]
        self.queues[kind] = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{name}")
        return topic

    def ask(self, body, **more):
        """Ask by way of S3; the runtime's answer."""
        where = self.lab.put(f"{self.prefix}/in/{self.lab.unique('body')}", body)
        return self.lab.runtime.invoke_endpoint_async(
            EndpointName=self.endpoint, InputLocation=where, ContentType="text/csv", **more
        )

    def result(self, uri):
        """What comes to be at a place in S3."""
        key = uri.removeprefix(f"s3://{BUCKET}/")
        until(lambda: self.lab.keys(key), bool)
        return self.lab.get(uri).decode()

    def heard(self, kind):
        """The next message of a topic."""
        got = until(
            lambda: self.sqs.receive_message(QueueUrl=self.queues[kind], WaitTimeSeconds=5).get("Messages"),
            bool,
        )
        return json.loads(json.loads(got[0]["Body"])["Message"])

    def scale(self, count):
        change = [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
        self.lab.sm.update_endpoint_weights_and_capacities(
            EndpointName=self.endpoint, DesiredWeightsAndCapacities=change
        )
        self.lab.settled(self.endpoint)


@pytest.fixture(scope="module")
def bench(lab):
    return Bench(lab)


def test_the_answer_comes_to_the_place_that_was_told(bench):
    told = bench.ask("hello")

    assert told["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert told["OutputLocation"].startswith(f"s3://{BUCKET}/{bench.prefix}/out/")
    assert bench.result(told["OutputLocation"]) == "HELLO"


def test_a_body_may_come_with_the_request_and_the_output_be_named(bench):
    told = bench.lab.runtime.invoke_endpoint_async(
        EndpointName=bench.endpoint,
        Body=b"inline",
        ContentType="text/csv",
        InferenceId="mine",
        S3OutputPathExtension="today",
        Filename="answer.csv",
    )

    assert told["InferenceId"] == "mine"
    assert told["OutputLocation"] == f"s3://{BUCKET}/{bench.prefix}/out/today/answer.csv"
    assert bench.result(told["OutputLocation"]) == "INLINE"


def test_the_topics_hear_of_success_and_failure(lab):
    bench = Bench(lab)
    told = bench.ask("fine", InferenceId="a")
    assert bench.heard("SuccessTopic")["responseParameters"]["outputLocation"] == told["OutputLocation"]

    told = bench.ask("bad", InferenceId="b")
    message = bench.heard("ErrorTopic")

    assert (message["inferenceId"], message["invocationStatus"]) == ("b", "Failed")
    assert "no such row" in bench.result(told["FailureLocation"])


def test_an_input_that_is_not_there_is_a_failure(bench):
    told = bench.lab.runtime.invoke_endpoint_async(
        EndpointName=bench.endpoint, InputLocation=f"s3://{BUCKET}/no-such-key", ContentType="text/csv"
    )

    assert "Failed to download" in bench.result(told["FailureLocation"])


def test_an_invocation_that_takes_too_long_is_a_failure(bench):
    told = bench.ask("sleep 3", InvocationTimeoutSeconds=1)

    assert "invocation timed out" in bench.result(told["FailureLocation"])


def test_with_no_instance_requests_wait_and_are_answered_once_there_is_one(lab):
    bench = Bench(lab)
    bench.scale(0)
    told = [bench.ask(f"row {number}") for number in range(3)]

    lab.account.clock.step(minutes=2)
    assert metric(lab, bench.endpoint, "ApproximateBacklogSize", "Maximum", variant=None) == 3
    assert metric(lab, bench.endpoint, "HasBacklogWithoutCapacity", "Maximum", variant=None) == 1
    assert not lab.keys(f"{bench.prefix}/out/")
    bench.scale(1)

    assert [bench.result(one["OutputLocation"]) for one in told] == ["ROW 0", "ROW 1", "ROW 2"]


def test_a_request_that_waits_too_long_expires(lab):
    bench = Bench(lab)
    bench.scale(0)
    told = bench.ask("late", RequestTTLSeconds=60)

    lab.account.clock.step(minutes=5)

    assert "RequestExpired" in bench.result(told["FailureLocation"])


def test_no_more_than_the_configured_number_is_asked_at_a_time(lab):
    bench = Bench(lab, {"MaxConcurrentInvocationsPerInstance": 1})
    first, second = bench.ask("sleep 2"), bench.ask("quick")

    bench.result(second["OutputLocation"])

    assert lab.keys(first["OutputLocation"].removeprefix(f"s3://{BUCKET}/"))


def test_what_was_accepted_is_answered_after_a_restart(tmp_path):
    account = connect(tmp_path / "home")
    bench = Bench(Lab(account))
    bench.scale(0)
    told = bench.ask("kept")
    account.stop()

    account = connect(tmp_path / "home")
    bench.lab.account, bench.lab.s3 = account, account.session.client("s3")
    bench.lab.sm = account.session.client("sagemaker")
    bench.scale(1)

    assert bench.result(told["OutputLocation"]) == "KEPT"
    account.stop()


def test_each_kind_of_endpoint_takes_its_own_calls(lab, bench):
    with pytest.raises(ClientError, match="call InvokeEndpointAsync"):
        lab.ask(bench.endpoint)
    with pytest.raises(ClientError, match="call InvokeEndpoint"):
        lab.runtime.invoke_endpoint_async(
            EndpointName=lab.serve(UPPER), InputLocation="s3://b/k", ContentType="text/csv"
        )
    with pytest.raises(ClientError, match="is not an S3 URI"):
        lab.runtime.invoke_endpoint_async(
            EndpointName=bench.endpoint, InputLocation="k", ContentType="text/csv"
        )


def test_an_output_path_is_needed(lab):
    with pytest.raises(ClientError, match="S3OutputPath"):
        lab.config(variant("v", lab.model(UPPER)), AsyncInferenceConfig={"OutputConfig": {}})
