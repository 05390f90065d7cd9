"""moto as one function: what it cannot do, and how it can fail, is a refusal in a sentence."""

import json
from typing import Any

import pytest

from sagelab.account.clock import Clock
from sagelab.account.motoserver import MotoServer
from sagelab.account.store import Store
from sagelab.account.wsgi import Incoming

REQUEST = Incoming("POST", "/", {"host": "127.0.0.1", "x-amz-target": "Logs_20140328.DoThis"}, b"{}")


@pytest.fixture
def moto(store: Store) -> MotoServer:
    return MotoServer(Clock(store))


def answering(moto: MotoServer, answer: Any) -> dict[str, Any]:
    """What the account says where moto answers or fails like that."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if isinstance(answer, Exception):
            raise answer
        start_response(*answer[:1], [])
        return [answer[1]]

    moto._application = application
    answered = moto.ask(REQUEST, 0.0, 1)
    assert answered.code == 400
    return dict(json.loads(answered.body))


@pytest.mark.parametrize("error", [NotImplementedError("x"), ImportError("x"), KeyError("x")])
def test_what_moto_does_not_have_cannot_be_done(moto: MotoServer, error: Exception) -> None:
    assert answering(moto, error) == {
        "__type": "NotImplemented",
        "message": "The local account cannot do DoThis",
    }


def test_what_moto_fails_at_is_told_and_logged(moto: MotoServer, capsys: pytest.CaptureFixture[str]) -> None:
    told = answering(moto, ValueError("odd"))

    assert told["__type"] == "InternalFailure"
    assert told["message"] == "The local account failed at DoThis: ValueError('odd')"
    assert "Traceback" in capsys.readouterr().err


def test_motos_own_internal_error_is_not_passed_on_as_one(moto: MotoServer) -> None:
    """boto3 would try again five times, with pauses."""
    told = answering(moto, ("500 INTERNAL SERVER ERROR", b"<html>" + b"x" * 5000))

    assert told["__type"] == "InternalFailure"
    assert len(told["message"]) == 500


@pytest.mark.parametrize("status", ["200 OK", "404 NOT FOUND", "501 NOT IMPLEMENTED"])
def test_every_other_answer_is_passed_on(moto: MotoServer, status: str) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, [("A", "b")])
        return [b"body"]

    moto._application = application
    answered = moto.ask(REQUEST, 0.0, 1)

    assert (answered.status, answered.headers, answered.body) == (status, [("A", "b")], b"body")


def test_the_same_seed_and_moment_make_the_same_ids_and_dates(moto: MotoServer) -> None:
    from moto.core.utils import utcnow
    from moto.moto_api._internal import mock_random

    seen: list[Any] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append((mock_random.uuid4(), mock_random.get_random_hex(8), utcnow()))
        start_response("200 OK", [])
        return []

    moto._application = application
    for moment, seed in ((5.0, 1), (5.0, 1), (6.0, 2)):
        moto.ask(REQUEST, moment, seed)

    assert seen[0] == seen[1]
    assert seen[0][0] != seen[2][0]
    assert [at.second for _, _, at in seen] == [5, 5, 6]


def test_ec2_knows_the_instance_types_of_its_own_region_and_reads_no_others(moto: MotoServer) -> None:
    from moto.utilities.utils import load_resource

    folder = "ec2/resources/instance_type_offerings/region"

    assert len(load_resource(f"{folder}/us-east-1.json")) > 100
    assert load_resource(f"{folder}/eu-west-1.json") == []
