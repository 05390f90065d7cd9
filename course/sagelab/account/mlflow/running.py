"""The processes behind tracking servers and apps."""

import http.client
import shutil
import signal
import socket
import subprocess
import sys
import threading
from functools import cache
from importlib import metadata
from pathlib import Path

from .. import s3
from ..control import ApiError, ControlPlane, Record
from ..execute import child_environment, signal_group
from ..spawn import spawn

FOLDER = "mlflow"  # below the account's home: one database a server
LONGEST_START = 120.0
NEEDS_A_RESTART = {"ArtifactStoreUri", "AutomaticModelRegistration", "ModelRegistrationMode"}  # to change
PACKAGES = ("mlflow", "mlflow-skinny")


class NotStarted(Exception):
    """The server did not come up; the text says so."""


@cache
def version() -> str:
    """The MLflow that runs here, empty where there is none."""
    for package in PACKAGES:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return ""


class Processes:
    """The running servers of an account, by ARN."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        plane.on_stop(self._close)

    def check(self, params: Record) -> None:
        """Refuse a server that could not run: no MLflow, another one than ours, no bucket."""
        here = version()
        if not here:
            raise ApiError("MLflow is not installed; run `pip install mlflow-skinny` and try again.")
        wanted = params.get("MlflowVersion", here)
        if wanted.split(".")[0] != here.split(".")[0]:
            raise ApiError(f"The local account runs MLflow {here}; it has no MlflowVersion {wanted}.")
        self.check_store(params)

    def check_store(self, params: Record) -> None:
        """Refuse an artifact store whose bucket is not there."""
        uri = params.get("ArtifactStoreUri")
        if uri is None:
            return
        if not s3.S3_URI.fullmatch(uri):
            raise ApiError(f"ArtifactStoreUri must be an S3 URI like s3://bucket/folder, but it is {uri}.")
        names = {bucket["Name"] for bucket in self._plane.client("s3").list_buckets()["Buckets"]}
        if s3.split(uri).bucket not in names:
            raise ApiError(f"The bucket of ArtifactStoreUri {uri} does not exist.")

    def start(self, server: Record, register: bool) -> int:
        """Start a server and wait until it answers; its port. NotStarted where it does not."""
        arn = server["_arn"]
        folder = self.folder(arn)
        folder.mkdir(parents=True, exist_ok=True)
        self.stop(arn)  # it gives its port back
        with listen(server.get("_port", 0)) as listener:
            port: int = listener.getsockname()[1]
            words = [str(listener.fileno()), str(folder / "mlflow.db"), server["ArtifactStoreUri"]]
            command = [sys.executable, "-P", "-m", f"{__package__}.serve", *words]
            with (folder / "server.log").open("wb") as log, self._lock:
                self._running[arn] = spawn(
                    command + ["register"] * register,
                    folder,
                    child_environment(self._plane, environment()),
                    pass_fds=(listener.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        if not healthy(port):
            self.stop(arn)
            raise NotStarted(f"MLflow did not start; its log is {folder / 'server.log'}.")
        return port

    def stop(self, arn: str) -> None:
        """End a server; its database stays."""
        with self._lock:
            self._end(arn)

    def forget(self, arn: str) -> None:
        """End a server and delete its database."""
        self.stop(arn)
        shutil.rmtree(self.folder(arn), ignore_errors=True)

    def folder(self, arn: str) -> Path:
        """Where a server keeps its database."""
        return self._plane.home / FOLDER / arn.rpartition(":")[2].replace("/", "-")

    def _end(self, arn: str) -> None:
        process = self._running.pop(arn, None)
        if process is not None:
            signal_group(process, signal.SIGKILL)  # SQLite keeps what was answered
            process.wait()

    def _close(self) -> None:
        with self._lock:
            for arn in list(self._running):
                self._end(arn)


def url(server: Record) -> str:
    """Where a server answers."""
    return f"http://127.0.0.1:{server['_port']}"


def listen(port: int) -> socket.socket:
    """A socket on the port that a server had before, or on a new one."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError:
        return socket.create_server(("127.0.0.1", 0), backlog=128)


def environment() -> dict[str, str]:
    """What MLflow's process finds, beside the way to the account."""
    return {
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
    }


def healthy(port: int) -> bool:
    """Wait for a server's first answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_START)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
