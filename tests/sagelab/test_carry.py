"""Progress travels between folders in one file: merged, checked, all or nothing."""

import errno
import gzip
import io
import itertools
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from sagelab import answers as answers_module
from sagelab import carried as carried_module
from sagelab import carry
from sagelab.answers import Answers
from sagelab.carried import Carried, dump, load
from sagelab.carry import Summary, export_bytes, export_file, import_bytes, import_file
from sagelab.database import TABLES
from sagelab.errors import SagelabError
from sagelab.files import MOST_BYTES
from sagelab.flashcards import Flashcards, Rating
from sagelab.progress import Progress
from sagelab.quiz import Choice, Question

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEED = "0123456789abcdef" * 2
QUESTIONS = {
    "clarify": (
        Question(
            "q1", "one", "Why?", "recall", "a page", "2026-11-22",
            (Choice("yes", "It is so.", right=True), Choice("no", "It is not.")),
        ),
    )
}  # fmt: skip


def moment(minutes):
    return (START + timedelta(minutes=minutes)).isoformat(timespec="microseconds")


def entry(answer, minutes, checked=True):
    return {"answer": answer, "checked": checked, "at": moment(minutes)}


def file_of(seed=None, exercises=(), reviews=(), answers=None, *, lessons=(), sittings=()):
    rest = tuple(lessons), tuple(sittings)
    return dump(Carried(seed, tuple(exercises), tuple(reviews), answers or {}, *rest))


FULL = file_of(
    SEED,
    [("clarify", "spd", 3, 1, 1), ("model_monitor", "psi", 2, 0, 0)],
    [("clarify/q1", moment(0), 3), ("clarify/q1", moment(10), 1)],
    {"clarify": {"q1": entry(["ab"], 1), "q2": entry({"l": "r"}, 2, False), "q3": entry("0.25", 3)}},
    lessons=[("clarify", moment(3), 2), ("model_monitor", moment(0), 0)],
)


@pytest.fixture
def folder(tmp_path):
    """A folder where a little was done."""
    here = tmp_path / "here"
    here.mkdir()
    Progress(here).checked("clarify", "spd", passed=True)
    Answers(here / "answers.json").record("clarify", "q1", ["mine"], True)
    return here


@pytest.fixture
def empty(tmp_path):
    """A new folder, as a new session has it."""
    folder = tmp_path / "new"
    folder.mkdir()
    return folder


def held(folder):
    """Everything that a folder holds, byte by byte."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_is_what_the_old_one_was(tmp_path, empty):
    old = tmp_path / "old"
    old.mkdir()
    progress, cards = Progress(old), Flashcards(old, QUESTIONS)
    progress.checked("clarify", "spd", passed=False)
    progress.checked("clarify", "spd", passed=True)
    progress.next_hint("clarify", "spd")
    due = cards.review("clarify/q1", Rating.Good, START)
    Answers(old / "answers.json").record("clarify", "q1", ["ab"], True)

    data = export_bytes(old)
    assert import_bytes(empty, data) == Summary(exercises=1, answers=1, reviews=1)

    new = Progress(empty)
    assert (new.tries("clarify", "spd"), new.next_hint("clarify", "spd")) == (2, 1)
    assert new.seed() == progress.seed()
    assert Flashcards(empty, QUESTIONS).counts(due).due == 1
    assert Answers(empty / "answers.json").all("clarify") == {"q1": {"answer": ["ab"], "checked": True}}


def test_what_is_exported_again_is_the_same_file(empty):
    import_bytes(empty, FULL)
    assert export_bytes(empty) == FULL


def test_the_export_is_compact(empty):
    import_bytes(empty, FULL)
    assert len(export_bytes(empty)) < 700


def test_every_table_of_the_database_is_carried():
    """Who adds a table decides here how it travels."""
    assert set(TABLES) == {"exercise", "learner", "lesson", "review", "sitting"}
    source = carry.EXERCISES + carry.REVIEWS + carry.LESSONS + carry.SITTINGS
    tables = ("exercise", "lesson", "review", "sitting")
    assert all(column in source for table in tables for column in TABLES[table])


# The laws of merging


def some_progress(seed):
    """A file by chance, whose parts overlap with those of others."""
    chance = random.Random(seed)
    names = [(lesson, name) for lesson in ("a", "b") for name in ("x", "y", "z")]
    exercises = [
        (*name, chance.randrange(5), chance.randrange(3), chance.randrange(2))
        for name in names
        if chance.random() < 0.7
    ]
    moments = chance.sample(range(6), 4)
    reviews = [("a/x", moment(at), chance.randint(1, 4)) for at in moments]
    lessons = [
        (lesson, moment(chance.randrange(4)), chance.randrange(4)) for lesson in "ab" if chance.random() < 0.7
    ]
    sittings = [
        (name, moment(chance.randrange(3)), chance.choice(["", moment(9)]), chance.choice(["{}", "[]"]))
        for name in "st"
        if chance.random() < 0.7
    ]
    answers: dict[str, dict[str, object]] = {}
    for lesson, name in names:
        if chance.random() < 0.7:
            given = entry([chance.choice("pq")], chance.randrange(3), chance.random() < 0.5)
            if chance.random() < 0.2:
                del given["at"]
            answers.setdefault(lesson, {})[name] = given
    return file_of(None, exercises, reviews, answers, lessons=lessons, sittings=sittings)


def merged(tmp_path_factory, *files):
    folder = tmp_path_factory.mktemp("merge")
    for data in files:
        import_bytes(folder, data)
    return export_bytes(folder)


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_imports_does_not_matter(tmp_path_factory, seed):
    files = [some_progress(f"{seed}:{n}") for n in range(3)]
    results = {merged(tmp_path_factory, *order) for order in itertools.permutations(files)}
    assert len(results) == 1


@pytest.mark.parametrize("seed", range(6))
def test_two_merged_folders_merge_like_their_parts(tmp_path_factory, seed):
    a, b, c = (some_progress(f"{seed}:{n}") for n in range(3))
    right_first = merged(tmp_path_factory, a, merged(tmp_path_factory, b, c))
    left_first = merged(tmp_path_factory, merged(tmp_path_factory, a, b), c)
    assert right_first == left_first


def test_importing_twice_changes_nothing(empty):
    import_bytes(empty, FULL)
    before = export_bytes(empty)
    answers_before = (empty / "answers.json").read_bytes()

    assert import_bytes(empty, FULL) == Summary(0, 0, 0)
    assert export_bytes(empty) == before
    assert (empty / "answers.json").read_bytes() == answers_before


def test_the_later_answer_wins_on_both_sides(empty):
    import_bytes(empty, file_of(answers={"clarify": {"q1": entry(["mid"], 5)}}))
    assert import_bytes(empty, file_of(answers={"clarify": {"q1": entry(["old"], 4)}})).answers == 0
    assert Answers(empty / "answers.json").all("clarify")["q1"]["answer"] == ["mid"]
    assert import_bytes(empty, file_of(answers={"clarify": {"q1": entry(["new"], 6, False)}})).answers == 1
    assert Answers(empty / "answers.json").all("clarify")["q1"] == {"answer": ["new"], "checked": False}


def test_an_answer_from_before_answers_had_a_moment_is_the_oldest(empty):
    (empty / "answers.json").write_text(
        '{"version": 1, "lessons": {"clarify": {"q1": {"answer": ["old"], "checked": true}}}}'
    )
    import_bytes(empty, file_of(answers={"clarify": {"q1": entry(["new"], 0)}}))
    assert Answers(empty / "answers.json").all("clarify")["q1"]["answer"] == ["new"]


def test_passed_stays_passed_and_counts_never_shrink(empty):
    import_bytes(empty, file_of(exercises=[("clarify", "spd", 5, 1, 1)]))
    assert import_bytes(empty, file_of(exercises=[("clarify", "spd", 2, 2, 0)])).exercises == 1
    assert load(export_bytes(empty)).exercises == (("clarify", "spd", 5, 2, 1),)


def test_a_lesson_keeps_its_later_moment_and_its_better_score(empty):
    import_bytes(empty, file_of(lessons=[("clarify", moment(5), 3)]))
    import_bytes(empty, file_of(lessons=[("clarify", moment(4), 9)]))
    import_bytes(empty, file_of(lessons=[("clarify", moment(6), 1)]))
    assert load(export_bytes(empty)).lessons == (("clarify", moment(6), 9),)


def test_a_file_from_before_lessons_were_carried_is_read(empty):
    first = json.loads(FULL)
    del first["lessons"]
    assert import_bytes(empty, json.dumps(first).encode()) == Summary(2, 3, 2)
    assert load(export_bytes(empty)).lessons == ()


def test_a_sitting_keeps_its_later_state_and_once_handed_in_stays_so(empty):
    def take(minutes, ended, body):
        import_bytes(empty, file_of(sittings=[("s", moment(minutes), ended, body)]))
        return load(export_bytes(empty)).sittings[0][3]

    assert take(5, "", "five") == "five"
    assert take(4, "", "four") == "five"
    assert take(6, "", "six") == "six"
    assert take(3, moment(3), "handed in") == "handed in"
    assert take(7, "", "seven") == "handed in"


def test_a_folder_with_nothing_but_a_sitting_can_be_saved(empty):
    summary = import_bytes(empty, file_of(sittings=[("s", AT, "", "{}")]))

    assert summary == Summary(0, 0, 0, sittings=1)
    assert summary.words.endswith("0 card reviews, 1 exam sitting")
    assert load(export_bytes(empty)).sittings == (("s", AT, "", "{}"),)


def test_other_lessons_and_questions_of_the_folder_stay(folder):
    Answers(folder / "answers.json").record("model_monitor", "m1", "7", True)
    import_bytes(folder, FULL)
    answers = Answers(folder / "answers.json")
    assert set(answers.all("clarify")) == {"q1", "q2", "q3"}
    assert answers.all("model_monitor") == {"m1": {"answer": "7", "checked": True}}


def test_the_order_of_choices_comes_along_until_the_learner_has_begun(empty, folder):
    for here in (empty, folder):
        Progress(here).seed()
        import_bytes(here, FULL)
    assert Progress(empty).seed() == SEED
    assert Progress(folder).seed() != SEED


# What an import refuses, changing nothing


def changed(**parts):
    return json.dumps({**json.loads(FULL), **parts}).encode()


def zipped():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../answers.json", b"0" * 50_000_000)
    return packed.getvalue()


NO_PROGRESS, CHANGED = "is no saved progress", "was changed or damaged"
AT = moment(0)
HOSTILE = {
    "nothing": (b"", NO_PROGRESS),
    "half": (FULL[: len(FULL) // 2], NO_PROGRESS),
    "all but the end": (FULL[:-1], NO_PROGRESS),
    "twice": (FULL * 2, NO_PROGRESS),
    "zeros": (b"\0" * 1000, NO_PROGRESS),
    "no text": (b"\xff\xfe\x00", NO_PROGRESS),
    "zip bomb": (zipped(), NO_PROGRESS),
    "gzip": (gzip.compress(FULL), NO_PROGRESS),
    "a database": (b"SQLite format 3\0" + b"\0" * 100, NO_PROGRESS),
    "deep": (b"[" * 200_000, NO_PROGRESS),
    "deep in parts": (FULL.replace(b'"0.25"', b"[" * 100_000 + b"]" * 100_000), NO_PROGRESS + "|" + CHANGED),
    "long number": (FULL.replace(b'"version":1', b'"version":' + b"1" * 10_000), NO_PROGRESS),
    "not a number": (FULL.replace(b'"0.25"', b"NaN"), NO_PROGRESS),
    "list": (b"[]", NO_PROGRESS),
    "null": (b"null", NO_PROGRESS),
    "another file": (b'{"version": 1, "lessons": {}}', NO_PROGRESS),
    "another kind": (changed(kind="a recipe"), NO_PROGRESS),
    "kind as list": (changed(kind=[]), NO_PROGRESS),
    "later version": (changed(version=2), "of a version that this sagelab does not know"),
    "version as text": (changed(version="1"), "of a version that this sagelab does not know"),
    "version as truth": (changed(version=True), "of a version that this sagelab does not know"),
    "huge": (b" " * (MOST_BYTES + 1), "is larger than 5 MB"),
    "part more": (changed(paths=["/etc/passwd"]), CHANGED),
    "part less": (
        json.dumps({k: v for k, v in json.loads(FULL).items() if k != "reviews"}).encode(),
        CHANGED,
    ),
    "seed of another form": (changed(seed="'; DROP TABLE learner; --"), CHANGED),
    "seed too short": (changed(seed=SEED[:-1]), CHANGED),
    "seed too long": (changed(seed=SEED + "0"), CHANGED),
    "seed as number": (changed(seed=7), CHANGED),
    "exercises as object": (changed(exercises={}), CHANGED),
    "exercise too short": (changed(exercises=[["a", "x", 1, 1]]), CHANGED),
    "exercise as text": (changed(exercises=["abcde"]), CHANGED),
    "tries below zero": (changed(exercises=[["a", "x", -1, 0, 0]]), CHANGED),
    "tries beyond a database": (changed(exercises=[["a", "x", 2**70, 0, 0]]), CHANGED),
    "tries as fraction": (changed(exercises=[["a", "x", 1.5, 0, 0]]), CHANGED),
    "tries as truth": (changed(exercises=[["a", "x", True, 0, 0]]), CHANGED),
    "passed twice": (changed(exercises=[["a", "x", 1, 0, 2]]), CHANGED),
    "name empty": (changed(exercises=[["", "x", 1, 0, 1]]), CHANGED),
    "name not for a database": (changed(exercises=[["\ud800", "x", 1, 0, 1]]), CHANGED),
    "name with a zero": (changed(exercises=[["a\0b", "x", 1, 0, 1]]), CHANGED),
    "name too long": (changed(exercises=[["a" * 201, "x", 1, 0, 1]]), CHANGED),
    "the last exercise": (changed(exercises=[["a", "x", 1, 0, 1], ["b", "x", 1, 0, None]]), CHANGED),
    "review too long": (changed(reviews=[["a/x", AT, 3, 1]]), CHANGED),
    "review without card": (changed(reviews=[[None, AT, 3]]), CHANGED),
    "rating zero": (changed(reviews=[["a/x", AT, 0]]), CHANGED),
    "rating as truth": (changed(reviews=[["a/x", AT, True]]), CHANGED),
    "rating five": (changed(reviews=[["a/x", AT, 5]]), CHANGED),
    "rating as text": (changed(reviews=[["a/x", AT, "3"]]), CHANGED),
    "review never": (changed(reviews=[["a/x", AT.replace("-11-", "-13-"), 3]]), CHANGED),
    "review in another form": (changed(reviews=[["a/x", AT.replace("+00:00", "Z"), 3]]), CHANGED),
    "review in another zone": (changed(reviews=[["a/x", AT.replace("+00", "+09"), 3]]), CHANGED),
    "review in another age": (changed(reviews=[["a/x", AT.replace("2026", "9999"), 3]]), CHANGED),
    "sittings as object": (changed(sittings={}), CHANGED),
    "sitting too short": (changed(sittings=[["s", AT, ""]]), CHANGED),
    "sitting without id": (changed(sittings=[["", AT, "", "{}"]]), CHANGED),
    "sitting never": (changed(sittings=[["s", "", "", "{}"]]), CHANGED),
    "sitting that ends never": (changed(sittings=[["s", AT, "tomorrow", "{}"]]), CHANGED),
    "sitting as object": (changed(sittings=[["s", AT, "", {}]]), CHANGED),
    "sitting too long": (changed(sittings=[["s", AT, "", "x" * 200_001]]), CHANGED),
    "sitting not for a database": (changed(sittings=[["s", AT, "", "\0"]]), CHANGED),
    "lessons as object": (changed(lessons={}), CHANGED),
    "lesson too short": (changed(lessons=[["a", AT]]), CHANGED),
    "lesson without name": (changed(lessons=[["", AT, 1]]), CHANGED),
    "lesson never": (changed(lessons=[["a", AT.replace("-11-", "-13-"), 1]]), CHANGED),
    "score below zero": (changed(lessons=[["a", AT, -1]]), CHANGED),
    "score as truth": (changed(lessons=[["a", AT, True]]), CHANGED),
    "score beyond a database": (changed(lessons=[["a", AT, 2**70]]), CHANGED),
    "answers as list": (changed(answers=[]), CHANGED),
    "lesson as list": (changed(answers={"a": []}), CHANGED),
    "answer missing": (changed(answers={"a": {"q": {"checked": True}}}), CHANGED),
    "answer with more": (changed(answers={"a": {"q": {**entry("1", 0), "run": "rm"}}}), CHANGED),
    "answer as number": (changed(answers={"a": {"q": entry(7, 0)}}), CHANGED),
    "answer nested": (changed(answers={"a": {"q": entry([["x"]], 0)}}), CHANGED),
    "answer too long": (changed(answers={"a": {"q": entry("1" * 201, 0)}}), CHANGED),
    "answer of too many": (changed(answers={"a": {"q": entry(["x"] * 101, 0)}}), CHANGED),
    "answer of too many pairs": (
        changed(answers={"a": {"q": entry({str(n): "x" for n in range(101)}, 0)}}),
        CHANGED,
    ),
    "answer at no time": (changed(answers={"a": {"q": {**entry("1", 0), "at": "tomorrow"}}}), CHANGED),
    "checked as number": (changed(answers={"a": {"q": entry("1", 0, 1)}}), CHANGED),
    "question empty": (changed(answers={"a": {"": entry("1", 0)}}), CHANGED),
}


@pytest.mark.parametrize(("data", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_one_sentence_and_changes_nothing(folder, data, said):
    before = held(folder)
    with pytest.raises(SagelabError, match=said) as raised:
        import_bytes(folder, data)
    assert held(folder) == before
    assert re.fullmatch(r"[^\n]{20,140}\.", str(raised.value))


@pytest.mark.parametrize("cut", range(0, len(FULL), 7))
def test_a_file_cut_anywhere_is_refused(cut):
    with pytest.raises(SagelabError):
        load(FULL[:cut])


def test_bytes_changed_by_chance_are_refused_or_a_sound_file():
    chance = random.Random(7)
    for _ in range(500):
        data = bytearray(FULL)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            carried = load(bytes(data))
        except SagelabError:
            continue
        assert load(dump(carried)).answers == carried.answers


def test_names_that_look_like_paths_stay_names(empty, tmp_path):
    data = file_of(
        None, [("../../up", "/etc/x", 1, 0, 1)], [("../x", AT, 3)], {"../../up": {"../q": entry("1", 0)}}
    )
    import_bytes(empty, data)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert {path.name for path in empty.iterdir()} == {".sagelab", "answers.json"}
    assert export_bytes(empty) == data


def test_a_file_that_an_editor_saved_with_a_mark_is_read(empty):
    assert import_bytes(empty, b"\xef\xbb\xbf" + FULL).answers == 3


def test_two_files_that_are_too_large_together_change_nothing(empty, monkeypatch):
    monkeypatch.setattr(answers_module, "MOST_BYTES", 500)
    import_bytes(empty, file_of(answers={"a": {"q": entry("1" * 150, 0)}}))
    more = file_of(None, [("a", "x", 1, 0, 1)], (), {"a": {"r": entry("1" * 150, 0)}})
    with pytest.raises(SagelabError, match="would grow beyond"):
        import_bytes(empty, more)
    assert set(Answers(empty / "answers.json").all("a")) == {"q"}
    assert load(export_bytes(empty)).exercises == ()


# All or nothing


def test_a_full_disk_is_one_sentence_and_changes_nothing(folder, monkeypatch):
    before = export_bytes(folder)

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SagelabError, match=r"Nothing was imported .*No space left on device.*make room"):
        import_bytes(folder, FULL)
    monkeypatch.undo()
    assert export_bytes(folder) == before
    assert sorted(path.name for path in folder.iterdir()) == [".sagelab", "answers.json"]


def test_a_database_that_fails_midway_takes_the_answers_back(folder, monkeypatch):
    before = export_bytes(folder)
    monkeypatch.setattr(carry, "MERGE_REVIEW", "INSERT INTO gone VALUES (?, ?, ?)")
    with pytest.raises(SagelabError, match=r"progress\.db cannot be used"):
        import_bytes(folder, FULL)
    assert export_bytes(folder) == before


def test_a_database_in_use_is_one_sentence_and_changes_nothing(folder, monkeypatch):
    before = export_bytes(folder)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: connect(path, timeout=0))
    other = connect(folder / ".sagelab" / "progress.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SagelabError, match="is in use by another program"):
        import_bytes(folder, FULL)
    other.close()
    assert export_bytes(folder) == before


def test_what_is_damaged_here_is_set_aside_and_the_file_brings_it_back(folder):
    (folder / ".sagelab" / "progress.db").write_bytes(b"damage" * 100)
    (folder / "answers.json").write_text("{")

    summary = import_bytes(folder, FULL)

    assert (summary.exercises, summary.answers, summary.reviews) == (2, 3, 2)
    assert "it is now progress.damaged-1.db" in summary.note
    assert "it is now answers.damaged-1.json" in summary.note
    assert export_bytes(folder) == FULL


def test_a_damaged_part_is_said_before_a_file_without_it_is_written(folder):
    (folder / ".sagelab" / "progress.db").write_bytes(b"damage" * 100)
    with pytest.raises(
        SagelabError, match=r"now progress\.damaged-1\.db .* Save again for a file with the rest"
    ):
        export_bytes(folder)
    assert load(export_bytes(folder)).answers["clarify"]["q1"]["answer"] == ["mine"]


def test_a_database_of_another_form_is_set_aside(folder):
    path = folder / ".sagelab" / "progress.db"
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE exercise (what TEXT)")
    db.close()
    assert "its table exercise has another form" in import_bytes(folder, FULL).note


def test_what_cannot_be_carried_does_not_keep_the_rest_from_being_saved(folder):
    Answers(folder / "answers.json").record("clarify", "q9", "9" * 5000, True)
    with Progress(folder).database.open() as db:
        db.execute("INSERT INTO review VALUES ('a/x', 'yesterday', 3)")
    carried = load(export_bytes(folder))
    assert (set(carried.answers["clarify"]), carried.reviews) == ({"q1"}, ())


def test_progress_that_no_import_would_take_is_not_written(folder, monkeypatch):
    monkeypatch.setattr(carried_module, "MOST_BYTES", 50)
    with pytest.raises(SagelabError, match=r"larger than .* MB and cannot be carried"):
        export_bytes(folder)


def test_exporting_leaves_the_folder_as_it_was(folder):
    before = held(folder)
    export_bytes(folder)
    assert held(folder) == before


def test_a_folder_without_progress_has_nothing_to_save(empty):
    with pytest.raises(SagelabError, match=r"There is no progress in .* yet"):
        export_bytes(empty)
    assert list(empty.iterdir()) == []


# Files and the command


def test_only_an_earlier_export_is_replaced(folder, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text("my essay")
    with pytest.raises(SagelabError, match=r"mine\.json exists and is no saved progress"):
        export_file(folder, path)
    assert path.read_text() == "my essay"

    path.write_bytes(FULL)
    assert export_file(folder, path) == Summary(1, 1, 0)
    assert path.read_bytes() == export_bytes(folder)


def test_a_file_that_cannot_be_written_leaves_the_earlier_one(folder, tmp_path, monkeypatch):
    path = tmp_path / "mine.json"
    path.write_bytes(FULL)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        export_file(folder, path)
    assert path.read_bytes() == FULL
    assert sorted(child.name for child in tmp_path.iterdir()) == ["here", "mine.json"]


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "endless"])
def test_what_is_no_file_is_one_sentence(folder, tmp_path, kind):
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    with pytest.raises(SagelabError, match="There is no file" if kind == "missing" else "is no file"):
        import_file(folder, path)


def test_a_file_too_large_is_not_read_whole(folder, tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.truncate(10**12)  # a sparse file: a terabyte that takes no room
    with pytest.raises(SagelabError, match="is larger than 5 MB"):
        import_file(folder, path)


def test_a_folder_that_is_not_there_is_one_sentence(folder, tmp_path):
    with pytest.raises(SagelabError, match=r"There is no folder .*gone; make it"):
        import_bytes(tmp_path / "gone", FULL)
    with pytest.raises(SagelabError, match=r"There is no folder .*gone; make it"):
        export_file(folder, tmp_path / "gone" / "mine.json")


def sagelab(*words, cwd):
    done = subprocess.run(
        [sys.executable, "-m", "sagelab", "progress", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_the_command_carries_progress_from_one_folder_to_another(folder, empty):
    assert sagelab("export", "../mine.json", cwd=folder) == (
        0,
        "Saved in ../mine.json: 1 exercise, 1 quiz answer, 0 card reviews.",
        "",
    )
    code, said, _ = sagelab("import", "../mine.json", cwd=empty)
    assert (code, said) == (0, f"New in {empty}: 1 exercise, 1 quiz answer, 0 card reviews.")
    assert export_bytes(empty) == export_bytes(folder)

    (empty / "bad.json").write_bytes(FULL[:50])
    code, said, fault = sagelab("import", "bad.json", "--folder", str(folder), cwd=empty)
    assert (code, said) == (1, "")
    assert fault == "The file is no saved progress, or only a part of one; save it again."
