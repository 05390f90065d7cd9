"""What the local account costs, measured beside what it replaces, in one run.

make bench-account
"""

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
from rich.console import Console
from rich.table import Table
from support.jobs import ROLE, archive, training_job

from sagelab.account import connect, images, process

REGION = "us-east-1"
IMAGE = images.uri("scikit-learn")
CALLS, JOBS, STARTS, INVOCATIONS = 200, 5, 5, 200
KEYS = {"region_name": REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
TRAIN = "import os, pathlib\npathlib.Path(os.environ.get('SM_MODEL_DIR', '.'), 'model.txt').write_text('a model')\n"
SERVE = """
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model): return data
def output_fn(prediction, accept): return prediction
"""


def milliseconds(call: Callable[[], Any]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def side_by_side(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """The median of each call in milliseconds, measured in turn so that a slow minute hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()  # not counted: connections open, caches fill
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(milliseconds(call))
    return {name: statistics.median(taken) for name, taken in times.items()}


@contextlib.contextmanager
def moto_server() -> Iterator[str]:
    """A moto server of its own, as its documentation starts one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def wait_for_port(port: int) -> None:
    """Return when somebody answers there."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)


def control_plane(account_url: str, moto_url: str) -> dict[str, dict[str, float]]:
    """Median milliseconds of the same calls, by operation and by server."""
    clients = {
        "sagelab": boto3.client("sagemaker", endpoint_url=account_url, **KEYS),
        "moto": boto3.client("sagemaker", endpoint_url=moto_url, **KEYS),
    }
    numbers = iter(range(10**9))

    def create(client: Any) -> None:
        client.create_model(
            ModelName=f"m-{next(numbers)}",
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": IMAGE},
        )

    for client in clients.values():
        client.create_model(ModelName="known", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    operations: dict[str, Callable[[Any], Any]] = {
        "CreateModel": create,
        "DescribeModel": lambda client: client.describe_model(ModelName="known"),
        "ListModels": lambda client: client.list_models(MaxResults=10),
    }
    return {
        name: side_by_side({side: lambda c=c, o=o: o(c) for side, c in clients.items()}, CALLS)
        for name, o in operations.items()
    }


def training(account: Any) -> tuple[float, float]:
    """Median seconds from CreateTrainingJob to Completed, and of the script alone."""
    sagemaker, s3 = account.session.client("sagemaker"), account.session.client("s3")
    s3.put_object(Bucket="bench", Key="source.tar.gz", Body=archive("train.py", TRAIN))

    def job() -> None:
        name = account.unique("bench")
        sagemaker.create_training_job(**training_job(name, "bench"))
        while (
            status := sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]
        ) != "Completed":
            if status in ("Failed", "Stopped"):
                sys.exit(f"the job is {status}")
            time.sleep(0.01)

    with tempfile.TemporaryDirectory() as scratch:
        script = Path(scratch) / "train.py"
        script.write_text(TRAIN)
        alone = [sys.executable, str(script)]
        medians = side_by_side(
            {"job": job, "script": lambda: subprocess.run(alone, cwd=scratch, check=True)}, JOBS
        )
    return medians["job"] / 1000, medians["script"] / 1000


def invocation(account: Any) -> tuple[float, float]:
    """Median milliseconds of InvokeEndpoint, and of the same request to the model's own process."""
    sagemaker, s3 = account.session.client("sagemaker"), account.session.client("s3")
    s3.put_object(Bucket="bench", Key="code.tar.gz", Body=archive("inference.py", SERVE))
    s3.put_object(Bucket="bench", Key="model.tar.gz", Body=archive("model.txt", "a model"))
    container = {
        "Image": images.uri("scikit-learn"),
        "ModelDataUrl": "s3://bench/model.tar.gz",
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "s3://bench/code.tar.gz",
        },
    }
    sagemaker.create_model(ModelName="bench", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {
        "VariantName": "one",
        "ModelName": "bench",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="bench", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="bench", EndpointConfigName="bench")
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName="bench", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    runtime = account.session.client("sagemaker-runtime")
    row = b"1,2,3,4,5"
    direct = http.client.HTTPConnection("127.0.0.1", port_of_the_worker(account), timeout=10)

    def at_the_worker() -> None:
        direct.request("POST", "/invocations", row, {"Content-Type": "text/csv", "Accept": "text/csv"})
        direct.getresponse().read()

    def at_the_endpoint() -> None:
        answer = runtime.invoke_endpoint(EndpointName="bench", ContentType="text/csv", Body=row)
        answer["Body"].read()

    medians = side_by_side({"endpoint": at_the_endpoint, "worker": at_the_worker}, INVOCATIONS)
    return medians["endpoint"], medians["worker"]


def port_of_the_worker(account: Any) -> int:
    """Where the one model of the account listens."""
    server = psutil.Process(int(account.ask("status")["pid"]))
    return next(
        int(connection.laddr.port)
        for child in server.children(recursive=True)
        for connection in child.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    )


def first_answer() -> float:
    """Median seconds from nothing to the first answered call, in homes that were never used."""
    code = (
        "import sys, time; started = time.perf_counter(); from sagelab.account import process;"
        "from pathlib import Path; url = process.find_or_start(Path(sys.argv[1]));"
        "import urllib.request; urllib.request.urlopen(url + '/_sagelab/status').read();"
        "print(time.perf_counter() - started)"
    )
    taken = []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as scratch:
            home = Path(scratch) / "home"
            done = subprocess.run(
                [sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True
            )
            taken.append(float(done.stdout))
            process.stop(home)
    return statistics.median(taken)


def megabytes(account: Any) -> float:
    """The resident memory of the account's process, without its jobs."""
    return float(psutil.Process(int(account.ask("status")["pid"])).memory_info().rss) / 2**20


def main() -> None:
    """Print the table."""
    table = Table("what", "the account", "beside it", "ratio or difference", "bound")
    cold = first_answer()
    with tempfile.TemporaryDirectory() as scratch, moto_server() as moto_url:
        home = Path(scratch) / "home"
        # before this process is attached: afterwards its clients know no server but the account
        for operation, medians in control_plane(process.find_or_start(home), moto_url).items():
            ours, theirs = medians["sagelab"], medians["moto"]
            table.add_row(
                f"{operation}, median of {CALLS}",
                f"{ours:.1f} ms",
                f"{theirs:.1f} ms, moto server",
                f"{ours / theirs:.2f} times",
                "1.5 times",
            )
        account = connect(home)
        account.session.client("s3").create_bucket(Bucket="bench")
        try:
            job, script = training(account)
            table.add_row(
                f"training job, median of {JOBS}",
                f"{job:.2f} s",
                f"{script:.2f} s, the script alone",
                f"{job - script:.2f} s more",
                "1.0 s more",
            )
            endpoint, worker = invocation(account)
            table.add_row(
                f"invocation, median of {INVOCATIONS}",
                f"{endpoint:.1f} ms",
                f"{worker:.1f} ms, the worker itself",
                f"{endpoint - worker:.1f} ms more",
                "10 ms more",
            )
            table.add_row("memory after all this", f"{megabytes(account):.0f} MB", "", "", "150 MB")
        finally:
            account.stop()
    table.add_row(f"first answer of a cold start, median of {STARTS}", f"{cold:.2f} s", "", "", "1.5 s")
    Console(width=120).print(table)


if __name__ == "__main__":
    os.environ.setdefault("SAGELAB_ACCOUNT_IDLE", "5")
    main()
