"""The program of one edge device: `python -m sagelab.account.edge.agent FLEET DEVICE FOLDER`.

It tells the account that it is there (heartbeat), asks for deployments, checks a package's checksum and signature,
tries the model and only then puts it to use; otherwise the former version goes on. An application on the device asks
for predictions at the URL in FOLDER/agent.json: POST {"model": ..., "rows": [[...]]}; each one is captured for S3. The
agent ends with the process that started it, and when its device is no longer registered.

It is small, because a machine runs many: HTTP without boto3, and ONNX Runtime is loaded with the first prediction.
"""

import argparse
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from contextlib import suppress
from datetime import datetime
from hashlib import sha1
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import signing

VERSION = "1.0.0"
TRIAL = """
import sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
given = session.get_inputs()[0]
session.run(None, {given.name: numpy.zeros((1, given.shape[-1]), numpy.float32)})
"""
S3_SCOPE = (
    "AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
)

Json = dict[str, Any]


class Refused(Exception):
    """A deployment is not taken; the text goes back to the account."""


class Account:
    """The account as a device sees it."""

    def __init__(self, url: str, fleet: str, device: str) -> None:
        self._url = url.rstrip("/")
        self._names = {"DeviceFleetName": fleet, "DeviceName": device}

    def ask(self, operation: str, **params: Any) -> Json:
        """One of the operations of sagemaker-edge."""
        body = json.dumps({**self._names, **params}).encode()
        answered: Json = json.loads(self._send("POST", f"/{operation}", body) or b"{}")
        return answered

    def now(self) -> datetime:
        """The account's time."""
        return datetime.fromisoformat(json.loads(self._send("GET", "/_sagelab/clock"))["now"])

    def get(self, uri: str) -> bytes:
        """An object in S3."""
        return self._send("GET", "/" + quote(uri.removeprefix("s3://")), s3=True)

    def put(self, uri: str, body: bytes) -> None:
        """Write an object to S3."""
        self._send("PUT", "/" + quote(uri.removeprefix("s3://")), body, s3=True)

    def _send(self, method: str, path: str, body: bytes | None = None, s3: bool = False) -> bytes:
        headers = {"Content-Type": "application/octet-stream" if s3 else "application/json"}
        headers |= {"Authorization": S3_SCOPE} if s3 else {}
        request = urllib.request.Request(self._url + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            answered: bytes = response.read()
            return answered


class Models:
    """The models on the device: a folder each for the version in use and the one before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions: dict[str, Any] = {}
        self.used: dict[str, Json] = {}

    def path(self, handle: str) -> Path:
        """Where the version in use is."""
        return self._folder / handle / "current"

    def manifests(self) -> dict[str, Json]:
        """What is in use, by handle."""
        found = sorted(self._folder.glob(f"*/current/{signing.MANIFEST}"))
        return {path.parents[1].name: json.loads(path.read_bytes()) for path in found}

    def take(self, handle: str, package: Path) -> None:
        """Put a package to use; the version before stays at hand."""
        current, previous = self.path(handle), self._folder / handle / "previous"
        current.parent.mkdir(parents=True, exist_ok=True)
        if current.exists():
            shutil.rmtree(previous, ignore_errors=True)
            current.rename(previous)
        package.rename(current)
        self._sessions.pop(handle, None)

    def drop(self, handle: str) -> None:
        """Put a model out of use."""
        shutil.rmtree(self.path(handle), ignore_errors=True)
        self._sessions.pop(handle, None)

    def predict(self, handle: str, rows: list[list[float]]) -> list[Any]:
        """What the model in use answers; KeyError where there is none."""
        import numpy as np
        import onnxruntime

        if not self.path(handle).exists():
            raise KeyError(handle)
        if handle not in self._sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self._sessions[handle] = onnxruntime.InferenceSession(
                str(self.path(handle) / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        session = self._sessions[handle]
        answered = session.run(None, {session.get_inputs()[0].name: np.array(rows, np.float32)})[0]
        predictions: list[Any] = np.asarray(answered).tolist()
        return predictions


class Agent:
    """One device at work."""

    def __init__(self, account: Account, folder: Path, fleet: str, device: str) -> None:
        self._account, self._folder, self._fleet, self._device = account, folder, fleet, device
        self.models = Models(folder / "models")
        self._lock = threading.Lock()
        self._captured: dict[str, list[Json]] = {}
        registration = json.loads(account.ask("GetDeviceRegistration")["DeviceRegistration"])
        self._key, self._output = registration["publicKey"], registration["output"].rstrip("/")

    def beat(self, result: Json | None = None) -> None:
        """Say what is on the device; deliver what was captured."""
        self._upload()
        models = [
            {"ModelName": m["name"], "ModelVersion": m["version"], **self.models.used.get(handle, {})}
            for handle, m in self.models.manifests().items()
        ]
        extra = {"DeploymentResult": result} if result else {}
        self._account.ask("SendHeartbeat", AgentVersion=VERSION, Models=models, **extra)

    def work(self) -> None:
        """Take every deployment that waits."""
        for deployment in self._account.ask("GetDeployments")["Deployments"]:
            self.beat(self.deploy(deployment))

    def deploy(self, deployment: Json) -> Json:
        """Deploy, or leave everything as it was; what to tell the account."""
        result = {"DeploymentName": deployment["DeploymentName"], "DeploymentStatus": "SUCCESS"}
        keep = deployment["FailureHandlingPolicy"] == "ROLLBACK_ON_FAILURE"
        fetched: list[tuple[str, Path]] = []
        for definition in deployment["Definitions"]:
            handle = definition["ModelHandle"]
            try:
                fetched.append((handle, self._fetch(definition)))
            except (Refused, signing.BadPackage) as refusal:
                after = "the former version goes on" if keep else "the model is out of use"
                if not keep:
                    self.models.drop(handle)
                status = {"DeploymentStatus": "FAIL", "DeploymentStatusMessage": f"{refusal} ({after})"}
                return {**result, **status}
        for handle, package in fetched:
            self.models.take(handle, package)
        return {**result, "DeploymentStatusMessage": "Deployed."}

    def _fetch(self, definition: Json) -> Path:
        """A package, unpacked, checked and tried; raises Refused or signing.BadPackage."""
        folder = self._folder / "incoming" / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            self._unpack(definition, folder)
            signing.verify(folder, self._key)
            try_out(folder / "model.onnx")
        except BaseException:
            shutil.rmtree(folder)
            raise
        return folder

    def _unpack(self, definition: Json, folder: Path) -> None:
        try:
            body = self._account.get(definition["S3Url"])
        except urllib.error.URLError as error:
            raise Refused(f"{definition['S3Url']} could not be fetched: {error}.") from None
        if sha1(body, usedforsecurity=False).hexdigest() != definition["Checksum"]["Sum"]:
            raise Refused("The checksum of the package is not that of the deployment.")
        with tarfile.open(fileobj=BytesIO(body)) as tar:
            tar.extractall(folder, filter="data")

    # -- predictions and their capture -------------------------------------------------------------------------
    def predict(self, asked: Json) -> Json:
        """A prediction for an application on the device."""
        handle, rows = str(asked["model"]), asked["rows"]
        with self._lock:
            answered = {"predictions": self.models.predict(handle, rows)}
            now = self._account.now()
            self.models.used[handle] = dict.fromkeys(("LatestInference", "LatestSampleTime"), now.timestamp())
            self._captured.setdefault(handle, []).append(captured(asked, answered, now))
        return answered

    def _upload(self) -> None:
        with self._lock:
            waiting, self._captured = self._captured, {}
        for handle, lines in waiting.items():
            now = datetime.fromisoformat(lines[0]["eventMetadata"]["inferenceTime"])
            name = f"{now:%Y/%m/%d/%H/%M-%S}-{now.microsecond // 1000:03}-{uuid.uuid4()}.jsonl"
            body = "".join(json.dumps(line) + "\n" for line in lines).encode()
            self._account.put(f"{self._output}/{self._fleet}/{self._device}/{handle}/{name}", body)


def try_out(model: Path) -> None:
    """Let a model answer a row of zeros, in a process of its own; Refused where it cannot."""
    trial = subprocess.run([sys.executable, "-c", TRIAL, str(model)], capture_output=True, check=False)
    if trial.returncode:
        last = trial.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Refused(f"The model does not run on this device: {''.join(last)[:200]}")


def captured(asked: Json, answered: Json, now: datetime) -> Json:
    """A line in the form of SageMaker's data capture."""

    def side(mode: str, value: Any) -> Json:
        kind = {"observedContentType": "application/json", "mode": mode, "encoding": "JSON"}
        return {**kind, "data": json.dumps(value)}

    data = {"endpointInput": side("INPUT", asked["rows"]), "endpointOutput": side("OUTPUT", answered)}
    meta = {"eventId": str(uuid.uuid4()), "inferenceTime": now.isoformat(timespec="milliseconds")}
    return {"captureData": data, "eventMetadata": meta, "eventVersion": "0"}


def serve(agent: Agent) -> str:
    """Answer the device's applications; the URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                status, answered = 200, agent.predict(asked)
            except KeyError as error:
                status, answered = 404, {"message": f"There is no model {error} on this device."}
            except Exception as error:
                status, answered = 400, {"message": str(error)}
            body = json.dumps(answered).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/predict"


def main() -> None:
    """Work until the device is deregistered, or the process that started this one is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("fleet")
    parser.add_argument("device")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between heartbeats")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    parent, url = os.getppid(), os.environ["AWS_ENDPOINT_URL"]
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        agent = Agent(
            Account(url, options.fleet, options.device), options.folder, options.fleet, options.device
        )
    except urllib.error.URLError as error:
        said = error.read().decode() if isinstance(error, urllib.error.HTTPError) else str(error)
        sys.exit(f"The account does not know this device: {said}")
    note = {"url": serve(agent), "pid": os.getpid(), "device": options.device}
    new = options.folder / "agent.new"
    new.write_text(json.dumps(note))
    new.rename(options.folder / "agent.json")
    while os.getppid() == parent:
        try:
            agent.beat()
            agent.work()
        except urllib.error.HTTPError as error:
            if b"is not registered" in error.read():
                return
        except urllib.error.URLError:
            pass  # the account is away; a device goes on
        time.sleep(max(0.05, options.every))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
