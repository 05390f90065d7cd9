"""Answers that come piece by piece."""

import os

import pytest
from botocore.exceptions import ClientError, EventStreamError
from hostlab import metric
from joblab import Lab, until

SCRIPT = """
import os
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model):
    for word in data.split():
        if word == "wait": open(os.environ["WAIT_FOR"]).read()
        if word == "break": raise ValueError("broken off")
        yield word + " "
def output_fn(prediction, accept): return prediction, "text/plain"
"""


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def endpoint(lab):
    return lab.serve(SCRIPT)


def stream(lab, endpoint, text):
    return lab.runtime.invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=text, ContentType="text/csv"
    )


def test_what_a_script_yields_comes_in_pieces(lab, endpoint):
    answer = stream(lab, endpoint, "one two three")

    assert answer["ContentType"] == "text/plain"
    assert [part["PayloadPart"]["Bytes"] for part in answer["Body"]] == [b"one ", b"two ", b"three "]
    until(lambda: metric(lab, endpoint, "Invocations"), lambda count: count >= 1)


def test_the_first_piece_comes_before_the_last_is_made(lab, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    waiting = lab.serve(SCRIPT.replace('os.environ["WAIT_FOR"]', repr(str(gate))))
    parts = iter(stream(lab, waiting, "first wait last")["Body"])

    assert next(parts)["PayloadPart"]["Bytes"] == b"first "
    gate.write_text("go on")
    assert b"".join(part["PayloadPart"]["Bytes"] for part in parts) == b"wait last "


def test_a_plain_answer_is_one_piece_and_a_stream_can_be_had_whole(lab, endpoint):
    plain = lab.serve(
        "def model_fn(model_dir): return None\n"
        "def transform_fn(model, body, content_type, accept): return body, 'text/plain'\n"
    )

    assert [part["PayloadPart"]["Bytes"] for part in stream(lab, plain, "a b")["Body"]] == [b"a b"]
    assert lab.ask(endpoint, "one two") == "one two "


def test_a_script_that_breaks_off_is_an_error_in_the_stream(lab, endpoint):
    parts = iter(stream(lab, endpoint, "one break two")["Body"])

    assert next(parts)["PayloadPart"]["Bytes"] == b"one "
    with pytest.raises(EventStreamError, match="broke off in the middle"):
        next(parts)
    assert lab.ask(endpoint, "still up") == "still up "


def test_an_endpoint_that_is_not_there_does_not_stream(lab):
    with pytest.raises(ClientError, match="not found"):
        stream(lab, "no-such", "x")
