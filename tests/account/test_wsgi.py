"""Requests and answers at the door."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from werkzeug.serving import make_server

from sagelab.account.polling import without_waiting
from sagelab.account.refusal import refuse
from sagelab.account.wsgi import Handler, Incoming, environment, read, run


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


# -- connections that stay open --------------------------------------------------------------------------------
@pytest.fixture
def door() -> Iterator[Callable[[bytes], bytes]]:
    """A server that tells what it was sent; send it bytes over one connection, get all that it answers."""

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        body = environ["wsgi.input"].read()
        told = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {len(body)}".encode()
        sized = [] if environ["PATH_INFO"] == "/stream" else [("Content-Length", str(len(told)))]
        start_response("200 OK", sized)
        return [told] if sized else iter([told[:3], b"", told[3:]])

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def talk(sent: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    yield talk
    server.shutdown()
    server.server_close()


def test_two_requests_share_a_connection_whatever_the_first_body_holds(
    door: Callable[[bytes], bytes],
) -> None:
    answered = door(b"PUT /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nGET /c HTGET /b HTTP/1.1\r\n\r\n")

    assert answered.count(b"HTTP/1.1 200") == 2
    assert b"PUT /a 9" in answered
    assert answered.endswith(b"GET /b 0")


def test_a_chunked_body_leaves_the_connection_clean(door: Callable[[bytes], bytes]) -> None:
    answered = door(
        b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n"
    )

    assert b"PUT /a 3" in answered
    assert answered.endswith(b"GET /b 0")


def test_an_answer_of_unknown_length_goes_in_chunks_and_to_an_old_client_until_the_end(
    door: Callable[[bytes], bytes],
) -> None:
    assert door(b"GET /stream HTTP/1.1\r\n\r\n").endswith(b"\r\n\r\n3\r\nGET\r\na\r\n /stream 0\r\n0\r\n\r\n")
    assert door(b"GET /stream HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\nGET /stream 0")


def test_a_head_has_no_body_and_a_client_that_waits_is_told_to_go_on(door: Callable[[bytes], bytes]) -> None:
    assert door(b"HEAD /a HTTP/1.1\r\n\r\n").endswith(b"\r\n\r\n")
    waited = door(b"PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok")
    assert waited.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


@pytest.mark.parametrize("length", [b"-1", b"many"])
def test_a_length_that_is_none_is_refused_and_ends_the_connection(
    door: Callable[[bytes], bytes], length: bytes
) -> None:
    answered = door(b"PUT /a HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\nGET /b HTTP/1.1\r\n\r\n")

    assert answered.startswith(b"HTTP/1.1 400")
    assert answered.count(b"HTTP/1.1") == 1
