"""A killed account loses nothing that it has acknowledged, and leaves nobody behind."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sagelab.account import Account, connect, process
from sagelab.errors import SagelabError

ONE_TRY = Config(retries={"total_max_attempts": 1})  # what is not acknowledged is not tried again by itself
KILLS = 4


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    connected = connect(tmp_path / "home")
    yield connected
    connected.stop()


class Writers:
    """Threads that write without end and note what was acknowledged."""

    def __init__(self, account: Account) -> None:
        make = account.session.client
        s3, sagemaker, sqs, iam, logs = (
            make(s, config=ONE_TRY) for s in ("s3", "sagemaker", "sqs", "iam", "logs")
        )
        s3.create_bucket(Bucket="bucket")
        queue = sqs.create_queue(QueueName="q")["QueueUrl"]
        self.acknowledged: dict[str, list[str]] = {
            "s3": [],
            "sagemaker": [],
            "sqs": [],
            "iam": [],
            "logs": [],
        }
        self._stop = threading.Event()
        calls: dict[str, Callable[[str], Any]] = {
            "s3": lambda name: s3.put_object(Bucket="bucket", Key=name, Body=name.encode() * 100),
            "sagemaker": lambda name: sagemaker.create_experiment(ExperimentName=name),
            "sqs": lambda name: sqs.send_message(QueueUrl=queue, MessageBody=name),
            "iam": lambda name: iam.create_user(UserName=name),
            "logs": lambda name: logs.create_log_group(logGroupName=name),
        }
        self._threads = [threading.Thread(target=self._write, args=item) for item in calls.items()]
        for thread in self._threads:
            thread.start()

    def count(self) -> int:
        return sum(len(names) for names in self.acknowledged.values())

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, service: str, call: Callable[[str], Any]) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            name = f"{service}-{number}"
            try:
                call(name)
            except (BotoCoreError, ClientError, SagelabError):
                continue
            self.acknowledged[service].append(name)


def kept(account: Account) -> dict[str, set[str]]:
    """Everything that the account holds now."""
    make = account.session.client

    def every(service: str, operation: str, field: str, name: str, **params: Any) -> set[str]:
        pages = make(service).get_paginator(operation).paginate(**params)
        return {item[name] for page in pages for item in page.get(field, [])}

    sqs = make("sqs")
    queue = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    messages: set[str] = set()
    while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        messages |= {message["Body"] for message in found}
    return {
        "s3": every("s3", "list_objects_v2", "Contents", "Key", Bucket="bucket"),
        "sagemaker": every("sagemaker", "list_experiments", "ExperimentSummaries", "ExperimentName"),
        "iam": every("iam", "list_users", "Users", "UserName"),
        "logs": every("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "sqs": messages,
    }


def test_a_killed_account_has_everything_that_it_acknowledged(account: Account) -> None:
    chance = random.Random(7)
    writers = Writers(account)
    killed = []
    for _ in range(KILLS):
        goal, end = writers.count() + 25 + chance.randrange(25), time.monotonic() + 120
        while writers.count() < goal and time.monotonic() < end:
            threading.Event().wait(0.001)
        killed.append(int(account.ask("status")["pid"]))
        os.kill(killed[-1], signal.SIGKILL)
    writers.stop()

    found = kept(account)

    assert writers.count() > 100
    assert len(set(killed)) == KILLS
    for service, names in writers.acknowledged.items():
        assert set(names) - found[service] == set(), f"{service} lost acknowledged writes"
        body = account.session.client("s3").get_object(Bucket="bucket", Key=writers.acknowledged["s3"][0])[
            "Body"
        ]
        assert body.read() == writers.acknowledged["s3"][0].encode() * 100


def test_a_killed_account_leaves_no_process_behind(account: Account) -> None:
    account.session.client("s3").create_bucket(Bucket="bucket")
    home, pid = str(account.home), int(account.ask("status")["pid"])

    os.kill(pid, signal.SIGKILL)
    account.session.client("s3").list_buckets()
    account.stop()

    end = time.monotonic() + 20
    while (left := of_home(home)) and time.monotonic() < end:
        threading.Event().wait(0.05)
    assert left == []
    assert process.running(account.home) is None


def of_home(home: str) -> list[int]:
    """The processes that were started for a home, without those that have ended."""
    return [
        p.pid
        for p in psutil.process_iter(["cmdline", "status"])
        if home in " ".join(p.info["cmdline"] or []) and p.info["status"] != psutil.STATUS_ZOMBIE
    ]
