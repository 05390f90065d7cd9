"""The offline store: every event, in Parquet, where AWS puts it; nothing acknowledged is lost."""

import re
import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import boto3
import psutil
import pytest
from athenalab import Bench
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from featurelab import FeatureLab, definitions, record, until

from sagelab.account import process
from sagelab.account.features.records import Records

FILE = r"year=2026/month=01/day=01/hour=12/20260101T125959Z_[0-9A-Za-z]{16}\.parquet"
COLUMNS = ["client", "at", "bill", "note", "write_time", "api_invocation_time", "is_deleted"]
QUARTER = timedelta(minutes=15)


@pytest.fixture(scope="module")
def lab(account):
    return FeatureLab(account.session.client, account.unique)


def test_records_of_one_hour_are_one_file_named_by_the_latest_event(lab, account):
    group = lab.group()
    lab.put(group, client=1, at="2026-01-01T12:59:59Z")
    lab.put(group, client=2, at="2026-01-01T12:00:00Z")
    lab.put(group, client=2, at="2025-12-31T23:00:00Z")

    account.clock.step(QUARTER)

    late, early = sorted(lab.files(group), reverse=True)
    assert re.fullmatch(FILE, late)
    assert early.startswith("year=2025/month=12/day=31/hour=23/20251231T230000Z_")


def test_a_row_has_the_features_in_their_types_and_the_three_columns_of_feature_store(lab, account, tmp_path):
    group = lab.group()
    invoked = account.clock.now()
    lab.put(group, client=9007199254740993, at="2026-01-01T12:00:00Z", bill="1e-3")
    account.clock.step(QUARTER)

    (row,) = lab.history(group, tmp_path)

    assert list(row) == COLUMNS
    assert {name: row[name] for name in COLUMNS[:4]} == {
        "client": 9007199254740993,
        "at": "2026-01-01T12:00:00Z",
        "bill": 0.001,
        "note": None,
    }
    assert row["is_deleted"] is False
    about = timedelta(seconds=30)
    assert abs(row["api_invocation_time"].replace(tzinfo=UTC) - invoked) < about
    assert abs(row["write_time"].replace(tzinfo=UTC) - invoked - QUARTER) < about


def test_the_offline_store_keeps_what_the_online_store_does_not(lab, account, tmp_path):
    """Late events, earlier values and deletions are history; the online store has none of it."""
    group = lab.group()
    lab.put(group, client=1, at="2026-01-01T12:00:00Z", bill=1)
    lab.put(group, client=1, at="2026-01-01T12:00:00Z", bill=2)
    lab.put(group, client=1, at="2026-01-01T11:00:00Z", bill=0)
    lab.delete(group, 1, "2026-01-01T13:00:00Z")
    account.clock.step(QUARTER)

    rows = sorted(
        (row["at"][11:13], row["bill"], row["is_deleted"])
        for row in lab.history(group, tmp_path)
        if row["bill"]
    )
    deleted = [row for row in lab.history(group, tmp_path) if row["is_deleted"]]

    assert rows == [("12", 1.0, False), ("12", 2.0, False)]
    assert [(row["client"], row["at"], row["bill"]) for row in deleted] == [(1, "2026-01-01T13:00:00Z", None)]
    assert len(lab.history(group, tmp_path)) == 4


def test_a_soft_delete_that_came_too_late_is_history_and_a_hard_one_is_not(lab, account, tmp_path):
    group = lab.group()
    lab.put(group, client=1, at="2026-01-01T12:00:00Z")
    lab.delete(group, 1, "2026-01-01T11:00:00Z")
    with pytest.raises(lab.runtime.exceptions.ValidationError):
        lab.delete(group, 1, "2026-01-01T10:00:00Z", DeletionMode="HardDelete")
    account.clock.step(QUARTER)

    assert sorted(row["at"][11:13] for row in lab.history(group, tmp_path) if row["is_deleted"]) == ["11"]


def test_a_record_goes_to_the_stores_that_the_request_names(lab, account, tmp_path):
    group = lab.group()
    lab.put(group, {"TargetStores": ["OnlineStore"]}, client=1, at="2026-01-01T12:00:00Z")
    lab.put(group, {"TargetStores": ["OfflineStore"]}, client=2, at="2026-01-01T12:00:00Z")
    account.clock.step(QUARTER)

    assert [row["client"] for row in lab.history(group, tmp_path)] == [2]
    assert lab.get(group, 1) is not None
    assert lab.get(group, 2) is None


def test_fractional_event_times_and_collections_are_columns_too(lab, account, tmp_path):
    features = [
        *definitions({"client": "String", "at": "Fractional"}),
        {"FeatureName": "last", "FeatureType": "Integral", "CollectionType": "List"},
    ]
    group = lab.group(
        FeatureDefinitions=features, OnlineStoreConfig={"EnableOnlineStore": True, "StorageType": "InMemory"}
    )
    seconds = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp() + 0.5
    lab.put(group, client='ünicode "quoted"', at=seconds, last=["3", "1"])
    account.clock.step(QUARTER)

    (name,) = lab.files(group)
    (row,) = lab.history(group, tmp_path)

    assert name.startswith("year=2026/month=01/day=01/hour=12/20260101T120000Z_")
    assert (row["client"], row["at"], row["last"]) == ('ünicode "quoted"', seconds, [3, 1])


def test_records_are_written_after_some_idle_seconds_without_any_clock(lab):
    group = lab.group()
    lab.put(group, client=1, at="2026-01-01T12:00:00Z")

    until(lambda: lab.files(group), lambda found: len(found) == 1)


def test_a_thousand_records_are_written_though_more_are_coming(lab, account, tmp_path):
    group, ended = lab.group(), threading.Event()

    def keep_coming():
        number = 0
        while not ended.is_set():
            entries = [
                {"FeatureGroupName": group, "Record": record(client=number + n, at="2026-01-01T12:00:00Z")}
                for n in range(25)
            ]
            lab.runtime.batch_write_record(Entries=entries)
            number += 25

    writer = threading.Thread(target=keep_coming)
    writer.start()
    try:
        until(lambda: lab.files(group), bool)
    finally:
        ended.set()
        writer.join()

    account.clock.step(QUARTER)
    clients = [row["client"] for row in lab.history(group, tmp_path)]
    assert sorted(clients) == list(range(len(clients)))


def test_a_feature_that_was_added_later_is_a_column_from_then_on(lab, account, tmp_path):
    group = lab.group()
    lab.put(group, client=1, at="2026-01-01T12:00:00Z")
    account.clock.step(QUARTER)
    lab.sm.update_feature_group(
        FeatureGroupName=group, FeatureAdditions=[{"FeatureName": "age", "FeatureType": "Integral"}]
    )
    lab.put(group, client=2, at="2026-01-01T12:00:00Z", age=30)
    account.clock.step(QUARTER)

    ages = {row["client"]: row.get("age", "no column") for row in lab.history(group, tmp_path)}

    assert ages == {1: "no column", 2: 30}


def test_an_offline_store_that_cannot_be_reached_is_blocked_and_loses_nothing(account, tmp_path):
    lab = FeatureLab(account.session.client, account.unique)
    group = lab.group()
    lab.put(group, client=1, at="2026-01-01T12:00:00Z")
    lab.s3.delete_bucket(Bucket=lab.bucket)

    account.clock.step(QUARTER)
    blocked = lab.sm.describe_feature_group(FeatureGroupName=group)["OfflineStoreStatus"]
    lab.s3.create_bucket(Bucket=lab.bucket)
    account.clock.step(QUARTER)

    assert blocked["Status"] == "Blocked"
    assert "NoSuchBucket" in blocked["BlockedReason"]
    assert lab.sm.describe_feature_group(FeatureGroupName=group)["OfflineStoreStatus"] == {"Status": "Active"}
    assert [row["client"] for row in lab.history(group, tmp_path)] == [1]


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path / "inside")
    yield made
    made.app.close()


def test_a_batch_that_was_interrupted_is_written_again_as_the_same_file(bench, tmp_path, monkeypatch):
    """The account dies between the upload and the note that it is done."""
    group = bench.group()
    bench.put(group, client=1, at="2026-01-01T12:00:00Z")
    with monkeypatch.context() as patched:
        patched.setattr(Records, "written", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            bench.app.clock.step(900)
    first = set(bench.files(group))
    bench.put(group, client=2, at="2026-01-01T12:00:00Z")

    bench.app.clock.step(900)

    assert len(first) == 1
    assert first < set(bench.files(group))
    assert sorted(row["client"] for row in bench.history(group, tmp_path)) == [1, 2]


def test_nothing_of_a_deleted_group_stays_in_the_online_store(bench, tmp_path):
    group = bench.group()
    bench.put(group, client=1, at="2026-01-01T12:00:00Z")
    bench.sm.delete_feature_group(FeatureGroupName=group)
    until(lambda: bench.sm.list_feature_groups()["FeatureGroupSummaries"], lambda left: not left)

    (path,) = (tmp_path / "inside").rglob("features.db")
    with sqlite3.connect(path) as db:
        assert db.execute(
            "SELECT (SELECT count(*) FROM online), (SELECT count(*) FROM waiting)"
        ).fetchall() == [(0, 0)]


class Server:
    """An account's process of its own, that can be killed."""

    def __init__(self, home):
        self.home, self.url = home, process.start(home)

    def client(self, service):
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return boto3.Session(**keys).client(service, endpoint_url=self.url, config=config)

    def kill(self):
        server = psutil.Process(process.ask(self.url, "status")["pid"])
        server.kill()
        server.wait(10)
        self.url = process.start(self.home)


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path / "home")
    yield running
    process.stop(running.home)


def write_until(server, group, numbers, acknowledged, enough):
    """Write batches of 25 until so many are acknowledged, or the server is gone."""
    runtime = server.client("sagemaker-featurestore-runtime")
    while len(acknowledged) < enough:
        batch = [next(numbers) for _ in range(25)]
        entries = [
            {"FeatureGroupName": group, "Record": record(client=n, at=f"2026-01-01T{n % 3:02d}:00:00Z")}
            for n in batch
        ]
        try:
            runtime.batch_write_record(Entries=entries)
        except BotoCoreError:
            return
        acknowledged += batch


@pytest.mark.slow
def test_what_was_acknowledged_is_written_exactly_once_through_kills(server, tmp_path):
    """SIGKILL while records come and files are written; each acknowledged record ends in both stores, once."""
    lab = FeatureLab(server.client, lambda prefix: f"{prefix}-1")
    group, acknowledged, numbers = lab.group(), [], iter(range(10**9))
    for kill in range(8):  # some meet an empty store, some a flush of a thousand
        enough = len(acknowledged) + 200 + 175 * kill
        writer = threading.Thread(target=write_until, args=(server, group, numbers, acknowledged, 10**9))
        writer.start()
        until(lambda: len(acknowledged), lambda found, enough=enough: found >= enough)
        server.kill()
        writer.join()

    lab = FeatureLab(server.client, lambda prefix: f"{prefix}-2")
    lab.bucket = "lake-1"
    process.ask(server.url, "clock", {"step": 900})

    rows = [row["client"] for row in lab.history(group, tmp_path)]
    assert len(rows) == len(set(rows))
    assert set(acknowledged) <= set(rows)
    assert [client for client in acknowledged[::37] if lab.get(group, client) is None] == []
