"""One server process a home: found, started once, stopped, emptied, and gone when nobody needs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from sagelab.account import Account, connect, process
from sagelab.account.locks import try_lock
from sagelab.errors import SagelabError


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "a home, ünïcode"
    yield folder
    process.stop(folder)


def pid_of(account: Account) -> int:
    return int(account.ask("status")["pid"])


def until(is_so: Callable[[], bool], seconds: float = 30) -> bool:
    """Look until something is so; the looks are short because waiting has no event to wait for."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.05)
    return True


def ended(home: Path) -> bool:
    lock = try_lock(home / "server.lock")
    if lock is not None:
        lock.close()
    return lock is not None


def kill(account: Account) -> None:
    os.kill(pid_of(account), signal.SIGKILL)
    assert until(lambda: ended(account.home))


def test_connecting_again_finds_the_same_process(home: Path) -> None:
    first, second = connect(home), connect(home)

    assert first.url == second.url
    assert pid_of(first) == pid_of(second)
    assert process.running(home) == first.url


def test_a_home_by_another_name_is_the_same_home(home: Path) -> None:
    url = connect(home).url
    (home.parent / "link").symlink_to(home)

    assert connect(home.parent / "link").url == url
    assert connect(home / ".." / home.name).url == url


def test_a_session_stays_with_its_account_while_another_is_attached(home: Path, tmp_path: Path) -> None:
    import boto3

    first = connect(home)
    second = connect(tmp_path / "second")
    first.session.client("s3").create_bucket(Bucket="first")
    boto3.client("s3").create_bucket(Bucket="second")

    names = [[b["Name"] for b in a.session.client("s3").list_buckets()["Buckets"]] for a in (first, second)]
    resources = [bucket.name for bucket in first.session.resource("s3").buckets.all()]
    second.stop()

    assert names == [["first"], ["second"]]
    assert resources == ["first"]


def test_several_that_start_at_once_start_one(home: Path) -> None:
    code = "import sys; from sagelab.account import connect; print(connect(sys.argv[1]).ask('status')['pid'])"
    starters = [
        subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    pids = {starter.communicate(timeout=120)[0].strip() for starter in starters}

    assert len(pids) == 1
    serving = [p for p in psutil.process_iter(["cmdline"]) if str(home) in (p.info["cmdline"] or [])]
    assert [str(server.pid) for server in serving] == list(pids)


def test_state_survives_an_orderly_stop_and_a_kill(home: Path) -> None:
    account = connect(home)
    account.session.client("sagemaker").create_experiment(ExperimentName="e")
    account.session.client("s3").create_bucket(Bucket="bucket")
    account.stop()

    account = connect(home)
    account.session.client("s3").put_object(Bucket="bucket", Key="k", Body=b"1")
    kill(account)
    account = connect(home)

    assert (
        account.session.client("sagemaker").describe_experiment(ExperimentName="e")["ExperimentName"] == "e"
    )
    assert account.session.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == b"1"


def test_a_call_to_a_killed_account_starts_it_again(home: Path) -> None:
    account = connect(home)
    s3 = account.session.client("s3")
    s3.create_bucket(Bucket="bucket")
    kill(account)

    s3.put_object(Bucket="bucket", Key="k", Body=b"after")

    assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b"after"
    kill(account)
    assert account.unique("train") == "train-1"


def test_a_restarted_account_takes_its_old_port(home: Path) -> None:
    """So that other kernels, and programs that only know the URL, go on working."""
    account = connect(home)
    url = account.url
    account.stop()

    assert connect(home).url == url


def test_an_account_whose_port_was_taken_meanwhile_is_not_taken_for_that_program(home: Path) -> None:
    account = connect(home)
    s3 = account.session.client("s3")
    s3.create_bucket(Bucket="mine")
    port = int(account.url.rpartition(":")[2])
    kill(account)

    class Somebody(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_POST = do_PUT = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Somebody) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        assert process.running(home) is None
        names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
        other.shutdown()

    assert names == ["mine"]
    assert account.url != f"http://127.0.0.1:{port}"


def test_a_note_of_a_server_that_is_long_gone_does_no_harm(home: Path) -> None:
    home.mkdir()
    (home / "server.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": os.getpid()}))
    (home / "port").write_text("not a port")

    assert pid_of(connect(home)) != os.getpid()


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"url": 5, "pid": null}', "\x00"])
def test_a_damaged_note_is_no_running_server(tmp_path: Path, note: str) -> None:
    (tmp_path / "server.json").write_text(note)

    assert process.running(tmp_path) is None
    assert process.stop(tmp_path) is False


def test_after_stop_calls_are_refused_in_a_sentence_until_connected_again(home: Path) -> None:
    account = connect(home)
    s3 = account.session.client("s3")

    account.stop()

    assert ended(home)
    for call in (s3.list_buckets, account.clock.now, account.reset):
        with pytest.raises(
            SagelabError, match=r"^The local account of .* was stopped; connect to it again\.$"
        ):
            call()
    assert connect(home).session.client("s3").list_buckets()["Buckets"] == []


def test_stopping_what_does_not_run_says_so(home: Path) -> None:
    assert process.stop(home) is False
    connect(home)
    assert process.stop(home) is True
    assert process.stop(home) is False


def test_a_server_that_does_not_answer_any_more_is_stopped_all_the_same(home: Path) -> None:
    account = connect(home)
    pid = pid_of(account)
    os.kill(pid, signal.SIGSTOP)
    (home / "server.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": pid}))

    assert process.stop(home) is True
    assert ended(home)


def test_reset_empties_everything_and_goes_on(home: Path) -> None:
    account = connect(home)
    s3, sagemaker = account.session.client("s3"), account.session.client("sagemaker")
    s3.create_bucket(Bucket="bucket")
    sagemaker.create_experiment(ExperimentName="e")
    account.unique("train")
    account.clock.step(days=30)
    mine = home / "state" / "jobs" / "left"
    mine.mkdir(parents=True)

    account.reset()

    assert s3.list_buckets()["Buckets"] == []
    assert sagemaker.list_experiments()["ExperimentSummaries"] == []
    assert account.unique("train") == "train-1"
    assert abs(account.clock.now().timestamp() - time.time()) < 60
    assert not mine.exists()


def test_reset_touches_nothing_beside_the_state(home: Path) -> None:
    home.mkdir()
    (home / "notes.txt").write_text("mine")

    connect(home).reset()

    assert (home / "notes.txt").read_text() == "mine"


def test_the_clock_is_stepped_and_set_through_the_handle(home: Path) -> None:
    from datetime import UTC, datetime, timedelta

    account = connect(home)
    before = account.clock.now()

    stepped = account.clock.step(timedelta(days=1), hours=2)
    moved = account.clock.set(datetime(2030, 1, 1))

    assert timedelta(hours=26) <= stepped - before < timedelta(hours=26, minutes=1)
    assert (moved.year, moved.tzinfo) == (2030, UTC)
    assert account.clock.now() >= moved


@pytest.mark.parametrize(
    "moment",
    [{"set": "tomorrow"}, {"set": 5}, {"step": "far"}, {"step": 1e300}, {"set": "0001-01-01"}, {}, []],
)
def test_a_move_of_the_clock_that_makes_no_sense_is_refused_in_a_sentence(
    account: Account, moment: object
) -> None:
    before = account.clock.now()

    with pytest.raises(SagelabError, match=r"^/_sagelab/clock does not understand this: "):
        account.ask("clock", moment)

    assert abs((account.clock.now() - before).total_seconds()) < 60


def test_names_are_unique_also_between_processes(home: Path) -> None:
    account = connect(home)
    code = "import sys; from sagelab.account import connect; print(connect(sys.argv[1]).unique('train'))"

    other = subprocess.check_output([sys.executable, "-c", code, str(home)], text=True).strip()

    assert [account.unique("train"), other, account.unique("test")] == ["train-2", "train-1", "test-1"]


def test_an_account_ends_when_its_last_client_has(home: Path) -> None:
    client = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    url = process.start(home, idle=2.0)
    joined = process.ask(url, "clients", {"pid": client.pid})

    stays = not until(lambda: ended(home), seconds=5)
    client.kill()
    client.wait()

    assert joined == {"clients": [client.pid]}
    assert stays
    assert until(lambda: ended(home))
    assert not (home / "server.json").exists()


def test_connecting_joins_and_so_does_a_forked_child(home: Path) -> None:
    account = connect(home)
    s3 = account.session.client("s3")
    code = os.fork()
    if code == 0:
        s3.list_buckets()
        os._exit(0 if os.getpid() in account.ask("clients")["clients"] else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(code, 0)[1]) == 0
    assert account.ask("clients")["clients"] == [os.getpid()]


def test_a_user_joins_again_where_somebody_else_has_restarted_the_account(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = connect(home)
    s3 = account.session.client("s3")
    kill(account)
    process.start(home)
    s3.list_buckets()
    before = account.ask("clients")["clients"]

    monkeypatch.setattr("sagelab.account.redirect.REJOIN", 0.0)
    s3.list_buckets()

    assert before == []
    assert account.ask("clients")["clients"] == [os.getpid()]


def test_an_account_that_was_told_to_stay_stays(home: Path) -> None:
    process.start(home, idle=0.2, keep=True)

    assert not until(lambda: ended(home), seconds=3)


def test_an_account_whose_home_was_taken_away_ends(home: Path) -> None:
    import shutil

    pid = pid_of(connect(home))

    shutil.rmtree(home)

    assert until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize("place", ["file/home", "file"])
def test_a_home_that_cannot_be_a_folder_is_refused_in_a_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("occupied")

    with pytest.raises(SagelabError) as caught:
        connect(tmp_path / place)

    sentence = str(caught.value)
    assert sentence.startswith(f"The local account cannot keep its files in {tmp_path / place} (")
    assert sentence.endswith("); free some space or use another folder.")
    assert "\n" not in sentence


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the size of files")
def test_a_disk_without_room_is_refused_in_a_sentence(home: Path) -> None:
    """A file may hold no byte here, which is how a full disk looks from inside."""
    code = """
import resource, sys
from sagelab.account import connect
from sagelab.errors import SagelabError
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    connect(sys.argv[1])
except SagelabError as error:
    print(error)
"""
    told = subprocess.check_output([sys.executable, "-c", code, str(home)], text=True, timeout=120)

    assert told.startswith(f"The local account cannot keep its files in {home} (")
    assert told.count("\n") == 1
    assert ended(home)


def test_a_server_that_cannot_even_begin_is_told_with_its_last_line(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = home.parent / "broken"
    broken.mkdir()
    (broken / "werkzeug.py").write_text("raise ImportError('half an installation')")
    monkeypatch.setenv("PYTHONPATH", str(broken))

    with pytest.raises(SagelabError) as caught:
        connect(home)

    assert str(caught.value) == (
        "The local account did not start: ImportError: half an installation "
        f"(its log is {home / 'server.log'})."
    )


def test_a_learners_files_do_not_stand_in_for_the_servers_modules(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("random", "logging", "boto3", "moto"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not yours')")
    monkeypatch.chdir(tmp_path)

    assert connect(home).session.client("s3").list_buckets()["Buckets"] == []


def test_metadata_keeps_its_underscores_over_the_wire(account: Account) -> None:
    bucket, s3 = account.unique("bucket"), account.session.client("s3")
    s3.create_bucket(Bucket=bucket)

    s3.put_object(Bucket=bucket, Key="k", Body=b"1", Metadata={"under_score": "a", "plain": "b"})

    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"under_score": "a", "plain": "b"}


@pytest.mark.parametrize("size", [0, 1, 5_000_000, 20_000_000])
def test_bodies_of_every_size_arrive_whole(account: Account, size: int) -> None:
    import io

    bucket, s3, body = account.unique("bucket"), account.session.client("s3"), os.urandom(size)
    s3.create_bucket(Bucket=bucket)

    s3.put_object(Bucket=bucket, Key="at once", Body=body)
    s3.upload_fileobj(io.BytesIO(body), bucket, "in parts")

    for key in ("at once", "in parts"):
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body


def test_the_port_is_open_to_this_machine_only(home: Path) -> None:
    connect(home)
    pid = json.loads((home / "server.json").read_text())["pid"]

    listening = [c.laddr.ip for c in psutil.Process(pid).net_connections() if c.status == psutil.CONN_LISTEN]

    assert listening == ["127.0.0.1"]
    assert socket.gethostbyname("localhost") == "127.0.0.1"
