"""When an account may end by itself."""

import os
import subprocess
import sys

import psutil
import pytest

from sagelab.account.lifetime import FOREVER, Lifetime


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as its last element."""
    times = [0.0]
    monkeypatch.setattr("sagelab.account.lifetime.time.monotonic", lambda: times[-1])
    return times


def test_it_lasts_for_a_while_after_the_last_question(now: list[float]) -> None:
    life = Lifetime(idle=60)
    now.append(50)
    life.asked()

    now.append(110)
    before = life.over()
    now.append(110.1)

    assert not before
    assert life.over()


def test_it_lasts_as_long_as_a_client_lives_and_a_while_longer(now: list[float]) -> None:
    life = Lifetime(idle=60)
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    life.join(child.pid)

    now.append(1000)
    alive = life.over()
    child.kill()
    child.wait()
    now.append(1059)
    just_ended = life.over()
    now.append(1061)

    assert not alive
    assert not just_ended
    assert life.over()


def test_a_process_that_got_the_number_of_a_client_is_not_that_client(
    now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Lifetime(idle=60)
    life.join(os.getpid())
    assert life.clients() == [os.getpid()]

    monkeypatch.setattr(psutil.Process, "create_time", lambda self: 1.0)

    assert life.clients() == []


def test_a_number_of_no_process_joins_nothing() -> None:
    life = Lifetime(idle=60)

    life.join(2**22 + 7)

    assert life.clients() == []


def test_one_without_end_never_ends(now: list[float]) -> None:
    life = Lifetime(FOREVER)
    now.append(1e9)

    assert not life.over()
