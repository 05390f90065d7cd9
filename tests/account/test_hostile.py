"""Whatever arrives at the port, the answer is a refusal: never a 500, never a traceback."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from sagelab.account import Account
from sagelab.account.model import ApiModel

JSON = "application/x-amz-json-1.1"


@pytest.fixture
def ask(account: Account) -> Any:
    """Send a raw request; its status and its text."""
    where = urlsplit(account.url)

    def send(method: str, path: str, body: Any = b"", **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answered = connection.getresponse()
        text = answered.read().decode("utf-8", "replace")
        connection.close()
        assert answered.status != 500, text
        assert "Traceback" not in text
        return answered.status, text

    return send


def control(ask: Any, operation: str, body: Any) -> tuple[int, dict[str, Any]]:
    status, text = ask("POST", "/", body, X_Amz_Target=f"SageMaker.{operation}", Content_Type=JSON)
    return status, json.loads(text)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "SerializationException"),
        (b"\xff\xfe", "SerializationException"),
        (b"[]", "SerializationException"),
        (b"null", "SerializationException"),
        (b"5", "SerializationException"),
        (b'"text"', "SerializationException"),
        (b"[" * 200_000, "SerializationException"),
        (b'{"ExperimentName": NaN}', "SerializationException"),
        (b'{"ExperimentName": {"a": 1}}', "SerializationException"),
        (b'{"ExperimentName": "\\ud800"}', "SerializationException"),
        (b'{"ExperimentName": "' + b"x" * 2_000_000 + b'"}', "ValidationException"),
        (b'{"ExperimentName": "-a"}', "ValidationException"),
        (b'{"ExperimentName": "a\\u0000"}', "ValidationException"),
        (b"{}", "ValidationException"),
        (b"", "ValidationException"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(ask: Any, body: bytes, code: str) -> None:
    status, answered = control(ask, "CreateExperiment", body)

    assert status == 400
    assert answered["__type"] == code
    assert 0 < len(answered["message"]) < 5000


@pytest.mark.parametrize(
    "operation", ["", "Nothing", "createexperiment", "../CreateModel", "__init__", "List" * 500]
)
def test_an_operation_that_does_not_exist_is_refused(ask: Any, operation: str) -> None:
    assert control(ask, operation, b"{}")[1]["__type"] == "UnknownOperationException"


VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "x",
    "a" * 300,
    "arn:aws:x",
    "\u0000",
    [],
    [None],
    {},
    {"x": {}},
    [[[]]],
]


@pytest.mark.parametrize("operation", sorted(ApiModel().operations))
def test_no_operation_falls_over_a_request_of_the_wrong_kind(ask: Any, operation: str) -> None:
    """Each member of each operation's request gets a value of the wrong kind or size, in turn."""
    shape = ApiModel().operation(operation).input_shape
    members = list(shape.members) if shape else []

    for step, value in enumerate(VALUES[:: 1 if len(members) < 3 else 3]):
        status, answered = control(
            ask,
            operation,
            json.dumps({name: VALUES[(step + i) % len(VALUES)] for i, name in enumerate(members)}),
        )
        assert status in (200, 400)
        assert answered.get("__type") != "InternalFailure", answered
        status, answered = control(ask, operation, json.dumps(dict.fromkeys(members, value)))
        assert answered.get("__type") != "InternalFailure", answered


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("PUT", "/"),
        ("POST", "/"),
        ("DELETE", "/"),
        ("PATCH", "/bucket/key"),
        ("OPTIONS", "/bucket"),
        ("HEAD", "/nowhere"),
        ("GET", "/nowhere/../../etc/passwd"),
        ("GET", "/%ff%fe/%00"),
        ("PUT", "/UPPER_case!"),
        ("GET", "/nowhere?versions&max-keys=many"),
        ("GET", "/nowhere/key?partNumber=x&uploadId=y"),
        ("POST", "/nowhere?delete"),
        ("GET", "/moto-api/data.json"),
        ("GET", "/_sagelab/"),
        ("GET", "/_sagelab/nothing"),
        ("POST", "/_sagelab/clock"),
        ("POST", "/_sagelab/clients"),
        ("POST", "/_sagelab/unique"),
        ("GET", "/_sagelab/unique"),
        ("GET", "/_sagelab/stop"),
        ("GET", "/endpoints/none/invocations"),
        ("POST", "/endpoints/%20/invocations"),
        ("GET", "/service/GraniteServiceVersion20100801/operation/PutMetricData"),
        ("GET", "/" + "a" * 5000),
    ],
)
def test_any_path_is_answered(ask: Any, method: str, path: str) -> None:
    assert ask(method, path)[0] < 502
    assert ask(method, path, b"\x00garbage\xff", Content_Type="application/x-www-form-urlencoded")[0] < 502


@pytest.mark.parametrize(
    "target",
    [
        "AmazonSQS.SendMessage",
        "AmazonSQS.ReceiveMessage",
        "Logs_20140328.PutLogEvents",
        "Logs_20140328.Nothing",
        "AWSEvents.PutRule",
        "AnyScaleFrontendService.RegisterScalableTarget",
        "Nothing.AtAll",
        "no dot",
        ".",
        "DynamoDB_20120810.ListTables",
    ],
)
@pytest.mark.parametrize("body", [b"{}", b"{", b"[]", b'{"QueueUrl": 5, "logGroupName": [], "Name": {}}'])
@pytest.mark.parametrize("signed", [True, False])
def test_other_services_refuse_what_makes_no_sense(ask: Any, target: str, body: bytes, signed: bool) -> None:
    service = {"AmazonSQS": "sqs", "Logs_20140328": "logs", "AWSEvents": "events"}.get(
        target.partition(".")[0], "none"
    )
    scope = f"AWS4-HMAC-SHA256 Credential=local/20261122/us-east-1/{service}/aws4_request, Signature=x"
    headers = {"Authorization": scope} if signed else {}

    status, _ = ask("POST", "/", body, X_Amz_Target=target, Content_Type=JSON, **headers)

    assert status < 502


@pytest.mark.parametrize(
    "body", [b"Action=CreateRole", b"Action=Nothing", b"Action=", b"%%%", b"Action=ListUsers&Version=1"]
)
@pytest.mark.parametrize("service", ["iam", "sts", "sqs"])
def test_forms_that_make_no_sense_are_refused(ask: Any, body: bytes, service: str) -> None:
    scope = f"AWS4-HMAC-SHA256 Credential=local/20261122/us-east-1/{service}/aws4_request, Signature=x"
    kind = "application/x-www-form-urlencoded"

    assert ask("POST", "/", body, Authorization=scope, Content_Type=kind)[0] < 502


def test_the_account_still_works_afterwards(account: Account) -> None:
    name = account.unique("after")

    account.session.client("sagemaker").create_experiment(ExperimentName=name)

    assert (
        account.session.client("sagemaker").describe_experiment(ExperimentName=name)["ExperimentName"] == name
    )
