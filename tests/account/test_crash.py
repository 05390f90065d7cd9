"""A killed account loses nothing that it has acknowledged, and leaves nobody behind."""

import contextlib
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
from botocore.parsers import ResponseParserError
from support.jobs import archive, training_job

from sagelab.account import Account, connect, process
from sagelab.errors import SagelabError

ONE_TRY = Config(retries={"total_max_attempts": 1})  # what is not acknowledged is not tried again by itself
KILLS = int(os.environ.get("SAGELAB_KILLS", "8"))  # each costs seconds; make test-crash asks for 50
NOT_ACKNOWLEDGED = (BotoCoreError, ClientError, ResponseParserError, SagelabError)
TRAIN = """
import os, pathlib
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text("a model")
"""


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
        s3.put_object(Bucket="bucket", Key="source.tar.gz", Body=archive("train.py", TRAIN))
        queue = sqs.create_queue(QueueName="q")["QueueUrl"]
        sagemaker.create_model_package_group(ModelPackageGroupName="group")
        self._stop = threading.Event()
        calls: dict[str, Callable[[str], Any]] = {
            "jobs": lambda name: run_job(sagemaker, name),
            "versions": lambda name: sagemaker.create_model_package(
                ModelPackageGroupName="group", ModelPackageDescription=name
            ),
            "s3": lambda name: s3.put_object(Bucket="bucket", Key=name, Body=name.encode() * 100),
            "sagemaker": lambda name: sagemaker.create_experiment(ExperimentName=name),
            "sqs": lambda name: sqs.send_message(QueueUrl=queue, MessageBody=name),
            "iam": lambda name: iam.create_user(UserName=name),
            "logs": lambda name: logs.create_log_group(logGroupName=name),
        }
        self.acknowledged: dict[str, list[str]] = {service: [] for service in calls}
        self._threads = [threading.Thread(target=self._write, args=item) for item in calls.items()]
        for thread in self._threads:
            thread.start()

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
            except NOT_ACKNOWLEDGED:
                continue
            self.acknowledged[service].append(name)


def run_job(sagemaker: Any, name: str) -> None:
    """Create a job, then wait for its end, or for the account's."""
    sagemaker.create_training_job(**training_job(name, "bucket"))
    with contextlib.suppress(*NOT_ACKNOWLEDGED):
        while sagemaker.describe_training_job(TrainingJobName=name).get("TrainingJobStatus") == "InProgress":
            threading.Event().wait(0.02)


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
    sagemaker = make("sagemaker")
    packages = every(
        "sagemaker",
        "list_model_packages",
        "ModelPackageSummaryList",
        "ModelPackageArn",
        ModelPackageGroupName="group",
    )
    return {
        "jobs": every("sagemaker", "list_training_jobs", "TrainingJobSummaries", "TrainingJobName"),
        "versions": {
            sagemaker.describe_model_package(ModelPackageName=arn)["ModelPackageDescription"]
            for arn in packages
        },
        "s3": every("s3", "list_objects_v2", "Contents", "Key", Bucket="bucket"),
        "sagemaker": every("sagemaker", "list_experiments", "ExperimentSummaries", "ExperimentName"),
        "iam": every("iam", "list_users", "Users", "UserName"),
        "logs": every("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "sqs": messages,
    }


def test_a_killed_account_has_everything_that_it_acknowledged(account: Account) -> None:
    """Records, objects, messages, versions and jobs; no job runs for ever, and nobody is left behind."""
    chance = random.Random(7)
    writers = Writers(account)
    killed = []
    for _ in range(KILLS):
        noted = writers.acknowledged[chance.choice(list(writers.acknowledged))]
        goal, end = len(noted) + chance.randrange(5), time.monotonic() + 120
        while len(noted) < goal and time.monotonic() < end:
            threading.Event().wait(0.001)
        killed.append(int(account.ask("status")["pid"]))
        os.kill(killed[-1], signal.SIGKILL)
    writers.stop()

    found = kept(account)

    assert len(set(killed)) == KILLS
    for service, names in writers.acknowledged.items():
        assert len(names) > KILLS / 4, f"{service} was hardly written to"
        assert set(names) - found[service] == set(), f"{service} lost acknowledged writes"
    s3 = account.session.client("s3")
    for key in chance.sample(writers.acknowledged["s3"], 20):
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == key.encode() * 100
    assert ended(account) == {"Completed", "Failed"}
    server = int(account.ask("status")["pid"])
    account.stop()
    assert nobody_left(str(account.home)), f"processes of {account.home} outlived {server}"


def ended(account: Account) -> set[str]:
    """The statuses of all training jobs, once none is busy any more."""
    sagemaker = account.session.client("sagemaker")
    end = time.monotonic() + 60
    while True:
        pages = sagemaker.get_paginator("list_training_jobs").paginate()
        found = {job["TrainingJobStatus"] for page in pages for job in page["TrainingJobSummaries"]}
        if not found & {"InProgress", "Stopping"} or time.monotonic() > end:
            return found
        threading.Event().wait(0.05)


def test_a_killed_account_leaves_no_process_behind(account: Account) -> None:
    account.session.client("s3").create_bucket(Bucket="bucket")
    home, pid = str(account.home), int(account.ask("status")["pid"])

    os.kill(pid, signal.SIGKILL)
    account.session.client("s3").list_buckets()
    account.stop()

    assert nobody_left(home)
    assert process.running(account.home) is None


def nobody_left(home: str) -> bool:
    """Do all processes of a home end?"""
    end = time.monotonic() + 20
    while (left := of_home(home)) and time.monotonic() < end:
        threading.Event().wait(0.05)
    return left == []


def of_home(home: str) -> list[int]:
    """The processes that were started for a home, without those that have ended."""
    return [
        p.pid
        for p in psutil.process_iter(["cmdline", "status"])
        if home in " ".join(p.info["cmdline"] or []) and p.info["status"] != psutil.STATUS_ZOMBIE
    ]
