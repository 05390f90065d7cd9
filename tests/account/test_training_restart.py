"""When the account ends, in order or not, nothing of its training jobs is left behind."""

import json
import os
import signal
from pathlib import Path

import psutil
import pytest
from joblab import Lab, until

from sagelab.account import connect
from sagelab.account.files import NOTE

WARM = {
    "InstanceType": "ml.m5.large",
    "InstanceCount": 1,
    "VolumeSizeInGB": 5,
    "KeepAlivePeriodInSeconds": 3600,
}
PAUSE = 'import os, pathlib, signal; pathlib.Path("{mark}").write_text(str(os.getpid())); signal.pause()'


def waiting(home: Path) -> list[psutil.Process]:
    """The processes that work in a folder of this account."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(home)) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def server(home: Path) -> int:
    return int(json.loads((home / NOTE).read_text())["pid"])


def end_in_order(account, home):
    account.stop()


def kill(account, home):
    os.kill(server(home), signal.SIGKILL)


@pytest.mark.parametrize("end", [end_in_order, kill])
def test_warm_and_isolated_processes_end_with_the_account(tmp_path, end):
    home = (tmp_path / "home").resolve()
    account = connect(home)
    lab = Lab(account)
    kept = lab.train("print(1)", ResourceConfig=WARM)
    lab.trained(kept)
    mark = tmp_path / "pid.txt"
    machines = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}
    running = lab.train(PAUSE.format(mark=mark), EnableNetworkIsolation=True, ResourceConfig=machines)
    until(lambda: len(waiting(home / "state" / "jobs")), lambda count: count == 3)

    end(account, home)

    until(lambda: waiting(home / "state" / "jobs"), lambda left: not left, seconds=30)
    again = connect(home)
    client = again.session.client("sagemaker")
    told = {name: client.describe_training_job(TrainingJobName=name) for name in (kept, running)}
    again.stop()
    assert told[kept]["WarmPoolStatus"]["Status"] == "Terminated"
    assert told[running]["TrainingJobStatus"] == "Failed"
    assert "stopped while the job ran" in told[running]["FailureReason"]
