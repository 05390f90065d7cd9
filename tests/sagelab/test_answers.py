"""answers.json keeps what a learner answered, whatever happens to the file."""

import errno
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from sagelab import answers as module
from sagelab.answers import Answers
from sagelab.errors import SagelabError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.json"


def test_a_recorded_answer_is_there_after_a_restart(path):
    Answers(path).record("clarify", "q1", ["ab"], True)

    assert Answers(path).all("clarify") == {"q1": {"answer": ["ab"], "checked": True}}
    assert json.loads(path.read_text())["version"] == 1


def test_reading_writes_nothing(path):
    assert Answers(path).all("clarify") == {}
    assert list(path.parent.iterdir()) == []


def test_a_later_answer_replaces_an_earlier_one(path):
    answers = Answers(path)
    answers.record("clarify", "q1", ["ab"], False)
    answers.record("clarify", "q1", ["cd"], True)

    assert answers.all("clarify") == {"q1": {"answer": ["cd"], "checked": True}}


def test_two_notebooks_keep_each_other_s_answers(path):
    clarify, monitor = Answers(path), Answers(path)
    clarify.record("clarify", "q1", ["ab"], True)
    monitor.record("model_monitor", "q1", {"l": "r"}, False)
    clarify.record("clarify", "q2", "0.25", True)

    assert set(monitor.all("clarify")) == {"q1", "q2"}
    assert set(clarify.all("model_monitor")) == {"q1"}


def test_writers_at_the_same_moment_all_count(path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: Answers(path).record("clarify", f"q{n}", [str(n)], True), range(40)))

    assert len(Answers(path).all("clarify")) == 40


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\x00\x00",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"3",
        b'{"version": 1}',
        b'{"version": 2, "lessons": {}}',
        b'{"version": 1, "lessons": []}',
        b'{"version": 1, "lessons": {"a": []}}',
        b'{"version": 1, "lessons": {"a": {"q": 1}}}',
        b'{"version": 1, "lessons": {"a": {"q": {"answer": []}}}}',
        b'{"version": 1, "lessons": {"a": {"q": {"checked": true}}}}',
        b"[" * 200_000,
        b'{"version": ' + b"1" * 10_000 + b"}",
        b" " * (module.MOST_BYTES + 1),
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_damaged_file_is_set_aside_and_said(path, content):
    path.write_bytes(content)
    answers = Answers(path)

    assert answers.all("clarify") == {}
    assert "answers.json was damaged" in answers.note
    assert "answers.damaged-1.json" in answers.note
    assert (path.parent / "answers.damaged-1.json").read_bytes() == content

    answers.record("clarify", "q1", ["ab"], True)
    assert set(answers.all("clarify")) == {"q1"}


def test_a_second_damaged_file_does_not_replace_the_first(path):
    for number in (1, 2):
        path.write_text(f"damage {number}")
        Answers(path).record("clarify", "q1", ["ab"], True)

    assert [(path.parent / f"answers.damaged-{n}.json").read_text() for n in (1, 2)] == [
        "damage 1",
        "damage 2",
    ]


def test_a_folder_or_a_pipe_in_its_place_is_set_aside(path):
    os.mkfifo(path)
    assert Answers(path).all("clarify") == {}

    path.mkdir()
    Answers(path).record("clarify", "q1", ["ab"], True)
    assert path.is_file()


def test_damage_that_cannot_be_set_aside_is_said_and_never_overwritten(path, monkeypatch):
    path.write_text("{")
    monkeypatch.setattr(
        type(path), "rename", lambda *_: (_ for _ in ()).throw(PermissionError(errno.EACCES, "No"))
    )
    answers = Answers(path)

    assert answers.all("clarify") == {}
    with pytest.raises(SagelabError, match=r"damaged \(it is not JSON\) and cannot be moved aside"):
        answers.record("clarify", "q1", ["ab"], True)
    assert path.read_text() == "{"


def test_a_full_disk_is_one_sentence_and_the_old_answers_stay(path, monkeypatch):
    answers = Answers(path)
    answers.record("clarify", "q1", ["ab"], True)
    monkeypatch.setattr(
        os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device"))
    )

    with pytest.raises(SagelabError, match=r"was not saved in .* \(No space left on device\); make room"):
        answers.record("clarify", "q2", ["cd"], True)

    assert set(answers.all("clarify")) == {"q1"}
    assert [p.name for p in path.parent.iterdir()] == ["answers.json"]


def test_a_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(SagelabError, match="was not saved"):
        Answers(tmp_path / "gone" / "answers.json").record("clarify", "q1", ["ab"], True)


def test_a_file_system_without_locks_still_saves(path, monkeypatch):
    monkeypatch.setattr(
        module.fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOLCK, "No locks"))
    )
    Answers(path).record("clarify", "q1", ["ab"], True)
    monkeypatch.setattr(module, "fcntl", None)
    Answers(path).record("clarify", "q2", ["ab"], True)

    assert set(Answers(path).all("clarify")) == {"q1", "q2"}


def test_others_may_read_the_file_as_they_may_read_a_notebook(path):
    before = os.umask(0o022)
    try:
        Answers(path).record("clarify", "q1", ["ab"], True)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_any_text_survives(path):
    typed = "\ud800\x00\u2028'\"\\"
    Answers(path).record("clarify", "q1", typed, False)

    assert Answers(path).all("clarify")["q1"]["answer"] == typed
