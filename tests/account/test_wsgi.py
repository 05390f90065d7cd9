"""Requests and answers at the door."""

import json
from io import BytesIO
from typing import Any

import pytest

from sagelab.account.polling import without_waiting
from sagelab.account.refusal import refuse
from sagelab.account.wsgi import Incoming, environment, read, run


def incoming(method: str = "POST", url: str = "/", body: bytes = b"", **headers: str) -> Incoming:
    return Incoming(method, url, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    "request_",
    [
        incoming("PUT", "/bucket/a%20b%2F?x-id=PutObject&versionId", b"body", host="b.s3.amazonaws.com"),
        incoming("GET", "/", host="127.0.0.1:9"),
        Incoming(
            "PUT",
            "/b/k",
            {"x-amz-meta-Under_Score": "1", "x-amz-meta-plain": "2", "content-type": "a/b"},
            b"",
        ),
    ],
)
def test_a_request_survives_the_way_to_wsgi_and_back(request_: Incoming) -> None:
    assert read(environment(request_)) == request_


def test_a_chunked_body_is_read_to_its_end_and_handed_on_with_its_length() -> None:
    environ = {
        "REQUEST_METHOD": "PUT",
        "RAW_URI": "/b/k",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_EXPECT": "100-continue",
        "wsgi.input": BytesIO(b"whole"),
        "wsgi.input_terminated": True,
    }

    got = read(environ)
    again = environment(got)

    assert got.body == b"whole"
    assert again["CONTENT_LENGTH"] == "5"
    assert not {"HTTP_TRANSFER_ENCODING", "HTTP_EXPECT"} & set(again)


def test_a_body_is_read_no_further_than_its_length() -> None:
    environ = {
        "REQUEST_METHOD": "PUT",
        "CONTENT_LENGTH": "3",
        "wsgi.input": BytesIO(b"abcdef"),
        "PATH_INFO": "/",
    }

    assert read(environ).body == b"abc"


def test_a_request_without_a_length_has_no_body() -> None:
    environ = {"REQUEST_METHOD": "GET", "wsgi.input": BytesIO(b"the next request"), "PATH_INFO": "/"}

    assert read(environ).body == b""


def test_running_an_application_collects_its_answer_and_closes_it() -> None:
    closed: list[bool] = []

    class Chunks(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def application(environ: dict[str, Any], start_response: Any) -> Chunks:
        start_response("201 CREATED", [("A", "1"), ("A", "2")])
        return Chunks([b"a", b"b"])

    answered = run(application, {})

    assert (answered.code, answered.headers, answered.body) == (201, [("A", "1"), ("A", "2")], b"ab")
    assert closed == [True]


@pytest.mark.parametrize(
    ("request_", "operation"),
    [
        (incoming(x_amz_target="AmazonSQS.SendMessage"), "SendMessage"),
        (incoming(url="/service/GraniteServiceVersion20100801/operation/PutMetricData"), "PutMetricData"),
        (
            incoming(
                body=b"Version=1&Action=CreateRole&X=1", content_type="application/x-www-form-urlencoded"
            ),
            "CreateRole",
        ),
        (incoming("GET", "/?Action=GetCallerIdentity&Version=1"), "GetCallerIdentity"),
        (incoming("PUT", "/bucket/Action=x", b"Action=no"), ""),
        (incoming("GET", "/bucket?list-type=2"), ""),
        (incoming("PUT", "/b/k", b"Action=GetX", content_type="application/x-www-form-urlencoded"), ""),
        (incoming("PUT", "/b/k", b"", x_amz_target="A.GetX"), ""),
        (incoming("PUT", "/b/k?Action=GetX"), ""),
    ],
)
def test_an_operation_is_named_as_its_protocol_names_it(request_: Incoming, operation: str) -> None:
    assert request_.operation == operation


def test_a_refusal_speaks_the_protocol_of_its_request() -> None:
    as_json = refuse(incoming(x_amz_target="Logs.X"), "no <way>", "NotImplemented")
    as_form = refuse(
        incoming(body=b"Action=X", content_type="application/x-www-form-urlencoded"), "no <way>", "N"
    )
    as_s3 = refuse(incoming("PUT", "/b"), "no <way>", "N")
    as_cbor = refuse(incoming(smithy_protocol="rpc-v2-cbor"), "no", "N")

    assert json.loads(as_json.body) == {"__type": "NotImplemented", "message": "no <way>"}
    assert b"<ErrorResponse><Error><Code>N</Code><Message>no &lt;way&gt;</Message></Error>" in as_form.body
    assert b"?><Error><Code>N</Code><Message>no &lt;way&gt;</Message></Error>" in as_s3.body
    assert as_cbor.body == b"\xa2\x79\x00\x06__type\x79\x00\x01N\x79\x00\x07message\x79\x00\x02no"
    assert {answered.code for answered in (as_json, as_form, as_s3, as_cbor)} == {400}


@pytest.mark.parametrize(
    ("body", "seconds", "asked"),
    [
        ({"QueueUrl": "q", "WaitTimeSeconds": 20}, 20.0, 0),
        ({"QueueUrl": "q"}, 0.0, 0),
        ({"WaitTimeSeconds": 21}, 0.0, 21),
        ({"WaitTimeSeconds": "long"}, 0.0, "long"),
    ],
)
def test_a_wait_is_taken_out_of_the_request(body: dict[str, Any], seconds: float, asked: Any) -> None:
    request = incoming(body=json.dumps(body).encode(), x_amz_target="AmazonSQS.ReceiveMessage")

    now, wait = without_waiting(request)

    assert wait == seconds
    assert json.loads(now.body)["WaitTimeSeconds"] == asked


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_that_cannot_be_read_is_left_to_moto(body: bytes) -> None:
    request = incoming(body=body, x_amz_target="AmazonSQS.ReceiveMessage")

    assert without_waiting(request) == (request, 0.0)


def test_a_wait_in_a_form_is_taken_out_too() -> None:
    kind = "application/x-www-form-urlencoded"

    now, wait = without_waiting(
        incoming(body=b"Action=ReceiveMessage&WaitTimeSeconds=5&A=1", content_type=kind)
    )
    long, never = without_waiting(
        incoming(body=b"Action=ReceiveMessage&WaitTimeSeconds=99", content_type=kind)
    )
    other, none = without_waiting(incoming(body=b"Action=SendMessage&WaitTimeSeconds=5", content_type=kind))

    assert (now.body, wait) == (b"Action=ReceiveMessage&A=1&WaitTimeSeconds=0", 5.0)
    assert (long.body, never) == (b"Action=ReceiveMessage&WaitTimeSeconds=99", 0.0)
    assert (other.body, none) == (b"Action=SendMessage&WaitTimeSeconds=5", 0.0)
