"""One container of a model: a process that runs serve.py, spoken to over connections that stay open."""

import http.client
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import ClientError

from . import images, s3
from .control import ControlPlane, Record
from .execute import child_environment, localize, read_lines, signal_group
from .isolation import IsolationError, Network, OpenNetwork, isolate
from .logs import LogStream

SERVE = str(Path(__file__).with_name("serve.py"))
LONGEST_ANSWER = 60  # seconds that a model may take, as on AWS
OK, PIECE = 200, 1 << 20
LONGEST_START = 480  # seconds until /ping must answer, as on AWS


class StartError(Exception):
    """The container does not come up; the text is the endpoint's FailureReason."""


class ModelError(Exception):
    """The container answered with an error, or not at all (status 0)."""

    def __init__(self, status: int, message: str, container: str = "primary") -> None:
        super().__init__(message)
        self.status, self.container = status, container


@dataclass(frozen=True)
class Answer:
    """What a model answered."""

    body: bytes
    content_type: str
    custom_attributes: str | None
    metrics: dict[tuple[str, str], float] = field(default_factory=dict)  # more than each invocation has


class StreamError(Exception):
    """The container broke off in the middle of its answer."""


@dataclass(frozen=True)
class Stream:
    """An answer that comes in pieces."""

    pieces: Iterator[bytes]
    content_type: str
    custom_attributes: str | None


class Worker:
    """A container in a process of its own; safe to invoke from many threads."""

    def __init__(
        self,
        plane: ControlPlane,
        folder: Path,
        variant: str,
        model: Record,
        log: LogStream,
        *,
        memory: int | None = None,
    ):
        self._plane, self._folder, self._variant, self._log = plane, folder, variant, log
        self._container: Record = model.get("PrimaryContainer") or model["Containers"][0]
        self.name: str = self._container.get("ContainerHostname", "primary")
        self._isolated, self._memory = bool(model.get("EnableNetworkIsolation")), memory
        self._network: Network = OpenNetwork()
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._closing = False
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread
        self._port = 0

    # -- coming up ---------------------------------------------------------------------------------------------
    def prepare(self) -> None:
        """Fetch the model and its code; StartError where the model is not there, or `close` came first."""
        try:
            self._fetch()
        except OSError:
            if not self._closing:
                raise
            raise StartError(f"The {self.name} container was closed while it came up.") from None

    def _fetch(self) -> None:
        client, container = self._plane.client("s3"), self._container
        (self._folder / "model").mkdir(parents=True)
        if url := container.get("ModelDataUrl"):
            try:
                s3.unpack(client, url, self._folder / "model")
            except ClientError:
                raise StartError(
                    f'Failed to download model data for container "container_1" from URL: "{url}". Please ensure that '
                    "there is an object located at the URL and that the role passed to CreateModel has permissions to "
                    "download the object."
                ) from None
            except (s3.BadArchiveError, ValueError) as error:
                raise StartError(f'Failed to extract model data at "{url}": {error}') from None
        source = container.get("Environment", {}).get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        if source.startswith("s3://"):
            try:
                s3.unpack(client, source, self._folder / "code")
            except (ClientError, s3.BadArchiveError, ValueError) as error:
                self._log.add(f"The code at {source} cannot be used: {error}")

    def start(self) -> None:
        """Start the process; it is ready when `wait` returns."""
        with self._lock:
            if self._closing:
                return
            if self._isolated:
                try:
                    self._network = isolate(self._log.add)
                except IsolationError as error:
                    raise StartError(str(error)) from None
            self._spawn()

    def _spawn(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
            self._port = listener.getsockname()[1]
            command = [sys.executable, "-P", SERVE, str(self._folder / "model"), str(listener.fileno())]
            process = self._process = self._network.start(
                command,
                self._folder,
                self._environment(),
                pass_fds=(listener.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        limit_memory(process.pid, self._memory)
        self._reader = threading.Thread(target=read_lines, args=(process, self._log.add), daemon=True)
        self._reader.start()

    def wait(self, seconds: float = LONGEST_START) -> None:
        """Wait until /ping answers 200; StartError in AWS's words where it does not."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=seconds)
        try:
            connection.request("GET", "/ping")
            response = connection.getresponse()
            response.read()
            healthy = response.status == 200
        except (OSError, http.client.HTTPException):
            healthy = False
        if not healthy:
            connection.close()
            self._kill()
            raise StartError(
                f"The {self.name} container for production variant {self._variant} did not pass the ping health check. "
                "Please check CloudWatch logs for this endpoint."
            )
        self._idle.append(connection)

    def _environment(self) -> dict[str, str]:
        ml = self._folder
        asked = {name: localize(text, ml) for name, text in self._container.get("Environment", {}).items()}
        asked |= images.inference_environment(self._container.get("Image", ""), asked)
        source = asked.get("SAGEMAKER_SUBMIT_DIRECTORY", str(ml / "model" / "code")).removeprefix("file://")
        asked["SAGEMAKER_SUBMIT_DIRECTORY"] = str(ml / "code") if source.startswith("s3://") else source
        return child_environment(self._plane, {"SAGEMAKER_REGION": self._plane.region, **asked})

    # -- answering ---------------------------------------------------------------------------------------------
    def invoke(self, body: bytes, headers: dict[str, str], seconds: float = LONGEST_ANSWER) -> Answer:
        """Ask the model; ModelError where it fails, or takes longer than `seconds`."""
        stream = self.stream(body, headers, seconds)
        try:
            content = b"".join(stream.pieces)
        except StreamError:
            raise ModelError(500, self._revive(), self.name) from None
        return Answer(content, stream.content_type, stream.custom_attributes)

    def stream(self, body: bytes, headers: dict[str, str], seconds: float = LONGEST_ANSWER) -> Stream:
        """Ask the model, and hand on its answer as it comes; ModelError where it does not begin to answer."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=seconds)
        if connection.sock:
            connection.sock.settimeout(seconds)
        try:
            connection.request("POST", "/invocations", body, headers)
            response = connection.getresponse()
            content = b"" if response.status == OK else response.read()
        except TimeoutError:
            connection.close()
            raise self._too_late() from None
        except (OSError, http.client.HTTPException):
            connection.close()
            raise ModelError(500, self._revive(), self.name) from None
        if response.status != OK:
            self._give_back(connection)
            raise ModelError(response.status, content.decode("utf-8", "replace"), self.name)
        attributes = response.getheader("X-Amzn-SageMaker-Custom-Attributes")
        content_type = response.getheader("Content-Type", "application/octet-stream")
        return Stream(self._pieces(connection, response), content_type, attributes)

    def _pieces(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> Iterator[bytes]:
        try:
            if not response.chunked:
                yield response.read()
            while piece := response.read1(PIECE):
                yield piece
        except TimeoutError:
            connection.close()
            raise self._too_late() from None
        except (OSError, http.client.HTTPException):
            connection.close()
            raise StreamError(f"The container {self.name} broke off in the middle of its answer.") from None
        self._give_back(connection)

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._idle.append(connection)

    def _too_late(self) -> ModelError:
        return ModelError(
            0,
            f"Your invocation timed out while waiting for a response from container {self.name}. Review the latency "
            "metrics for each container in Amazon CloudWatch, resolve the issue, and try again.",
            self.name,
        )

    def _revive(self) -> str:
        """Start a dead process again, once for all who noticed; what to tell them."""
        with self._lock:
            process = self._process
            if process is None or self._closing:
                return "The container is gone."
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
            if process.poll() is not None:
                self._idle.clear()
                self._spawn()
        return f"The container ended while it answered (exit code {process.poll()}); it is started again."

    # -- going down --------------------------------------------------------------------------------------------
    def pids(self) -> list[int]:
        """The process, where there is one."""
        return [self._process.pid] if self._process else []

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._closing = True
        self._kill()

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            signal_group(process, signal.SIGKILL)
            process.wait()
            self._reader.join(timeout=5)
        while self._idle:
            self._idle.pop().close()
        self._network.close()
        self._network = OpenNetwork()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._log.close()


def limit_memory(pid: int, megabytes: int | None) -> None:
    """Let a process have no more memory than that; Linux alone can limit one that has started."""
    if megabytes is not None and sys.platform == "linux":
        import resource

        size = megabytes << 20
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (size, size))
