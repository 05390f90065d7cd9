"""Lambda: moto keeps the functions, Invoke really runs their Python handler in a process of its own.

invoke            POST /2015-03-31/functions/<name>/invocations, and for the account's own modules
"""

import base64
import io
import json
import shutil
import sys
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from werkzeug.wrappers import Request, Response

from .control import ApiError, ControlPlane
from .execute import Execution, child_environment
from .logs import LogStream

PATH = "/2015-03-31/functions/[^/]+/invocations/?"
BOOTSTRAP = Path(__file__).with_name("function_bootstrap.py")
LARGEST = 6_291_556  # bytes of an answer
LARGEST_REQUEST = 6_291_456
TAIL = 4096  # bytes of the log that LogType Tail shows
GRACE = 0.2  # seconds between SIGTERM and SIGKILL: Lambda gives a handler none
UNHANDLED = "Unhandled"
STATUS = {
    "ResourceNotFoundException": 404,
    "RequestTooLargeException": 413,
    "InvalidRequestContentException": 400,
}


@dataclass(frozen=True)
class Function:
    """What an invocation needs to know of a function."""

    name: str
    arn: str
    version: str
    handler: str
    timeout: float
    memory: int
    runtime: str
    environment: dict[str, str]
    code: bytes


@dataclass(frozen=True)
class Result:
    """How an invocation ended."""

    body: bytes
    error: str
    log: str
    version: str


def register(plane: ControlPlane) -> None:
    """Answer Invoke."""
    shutil.rmtree(_folder(plane), ignore_errors=True)  # what a killed account left

    def respond(request: Request) -> Response:
        try:
            return _respond(plane, request)
        except ApiError as error:
            body = {"Type": "User", "message": str(error), "Message": str(error)}
            headers = {"x-amzn-ErrorType": error.code}
            status = STATUS.get(error.code, 400)
            return Response(json.dumps(body), status, headers, content_type="application/json")

    plane.route(PATH, respond)


def invoke(plane: ControlPlane, function: str, payload: bytes) -> tuple[bytes, str]:
    """Call a function by name or ARN; its answer and "" or, where it failed, the kind of FunctionError."""
    result = run(plane, find(plane, function), payload)
    return result.body, result.error


def find(plane: ControlPlane, name: str, qualifier: str = "") -> Function:
    """The function of that name or ARN; ApiError ResourceNotFoundException where there is none."""
    asked = {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}
    try:
        plane.client("lambda").get_function(**asked)
    except ClientError as error:
        raise ApiError(error.response["Error"]["Message"], error.response["Error"]["Code"]) from None
    from moto.awslambda.models import lambda_backends

    kept: Any = lambda_backends[plane.account][plane.region].get_function(name, qualifier or None)
    runtime = str(kept.run_time or "")
    if kept.package_type != "Zip" or not runtime.startswith("python"):
        raise ApiError(
            f"The local account runs functions of Python packed as a zip file; {kept.function_name} is "
            f"{runtime or 'a container image'}.",
            "InvalidRuntimeException",
        )
    return Function(
        name=kept.function_name,
        arn=kept.function_arn,
        version=str(kept.version),
        handler=str(kept.handler or ""),
        timeout=float(kept.timeout),
        memory=int(kept.memory_size),
        runtime=runtime,
        environment=dict(kept.environment_vars),
        code=bytes(kept.code_bytes),
    )


def run(plane: ControlPlane, function: Function, payload: bytes) -> Result:
    """Run the handler on an event and log what it says, as Lambda logs it."""
    request_id = str(uuid.uuid4())
    room = _folder(plane) / request_id
    try:
        return _Invocation(plane, function, room, request_id).run(payload)
    finally:
        shutil.rmtree(room, ignore_errors=True)


class _Invocation:
    """One call of a function."""

    def __init__(self, plane: ControlPlane, function: Function, room: Path, request_id: str) -> None:
        self._plane, self._function, self._room, self._id = plane, function, room, request_id
        self._lines: list[str] = []
        day = f"{plane.clock.now():%Y/%m/%d}"
        stream = f"{day}/[{function.version}]{uuid.uuid4().hex}"
        group = f"/aws/lambda/{function.name}"
        self._log = LogStream(plane.client("logs"), plane.clock, group, stream)

    def run(self, payload: bytes) -> Result:
        """Unpack, run, log, answer."""
        self._say(f"START RequestId: {self._id} Version: {self._function.version}")
        started = time.monotonic()
        try:
            body, error = self._work(payload)
        finally:
            spent = (time.monotonic() - started) * 1000
            self._say(f"END RequestId: {self._id}")
            self._say(
                f"REPORT RequestId: {self._id}\tDuration: {spent:.2f} ms\tBilled Duration: {int(spent) + 1} ms\t"
                f"Memory Size: {self._function.memory} MB"
            )
            self._log.close()
        log = "".join(f"{line}\n" for line in self._lines)
        return Result(body, error, log, self._function.version)

    def _work(self, payload: bytes) -> tuple[bytes, str]:
        task = self._room / "task"
        try:
            with zipfile.ZipFile(io.BytesIO(self._function.code)) as code:
                code.extractall(task)
        except (zipfile.BadZipFile, OSError) as error:
            return self._failed("Runtime.InvalidZipFile", f"The function's code is no zip file: {error}")
        (self._room / "event.json").write_bytes(payload or b"{}")
        execution = Execution(self._function.timeout, grace=GRACE)
        command = [sys.executable, "-P", str(BOOTSTRAP), str(self._room)]
        outcome = execution.run(command, task, self._environment(task), self._say)
        if outcome.ending == "timed out":
            seconds = self._function.timeout
            self._say(
                f"{self._plane.clock.now():%Y-%m-%dT%H:%M:%SZ} {self._id} Task timed out after {seconds:.2f} s"
            )
            return self._failed("Sandbox.Timedout", f"Error: Task timed out after {seconds:.2f} seconds")
        return self._answer(outcome.exit_code)

    def _answer(self, exit_code: int) -> tuple[bytes, str]:
        for name, error in (("answer.json", ""), ("error.json", UNHANDLED)):
            file = self._room / name
            if exit_code == 0 and file.is_file():
                body = file.read_bytes()
                if len(body) > LARGEST:
                    said = f"Response payload size exceeded maximum allowed payload size ({LARGEST} bytes)."
                    return _fault("Function.ResponseSizeTooLarge", said), UNHANDLED
                return body, error
        return self._failed("Runtime.ExitError", f"Error: Runtime exited with error: exit status {exit_code}")

    def _failed(self, kind: str, said: str) -> tuple[bytes, str]:
        return _fault(kind, f"RequestId: {self._id} {said}"), UNHANDLED

    def _environment(self, task: Path) -> dict[str, str]:
        function = self._function
        told = {
            "_HANDLER": function.handler,
            "LAMBDA_TASK_ROOT": str(task),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": self._log.group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self._log.stream,
            "SAGELAB_FUNCTION_ARN": function.arn,
            "SAGELAB_REQUEST_ID": self._id,
            "SAGELAB_TIMEOUT": str(function.timeout),
        }
        return child_environment(self._plane, {**function.environment, **told})

    def _say(self, line: str) -> None:
        self._lines.append(line)
        self._log.add(line)


def _respond(plane: ControlPlane, request: Request) -> Response:
    name = unquote(request.path.rstrip("/").split("/")[-2])
    function = find(plane, name, request.args.get("Qualifier", ""))
    payload = request.get_data()
    _check_payload(payload)
    kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
    answer: Callable[[], Response] | None = {
        "RequestResponse": lambda: _answered(run(plane, function, payload), request),
        "Event": lambda: _accepted(plane, function, payload),
        "DryRun": lambda: Response(b"", 204),
    }.get(kind)
    if answer is None:
        raise ApiError(
            f"1 validation error detected: Value '{kind}' at 'invocationType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Event, RequestResponse, DryRun]",
            "InvalidParameterValueException",
        )
    return answer()


def _check_payload(payload: bytes) -> None:
    if len(payload) > LARGEST_REQUEST:
        raise ApiError(
            f"{len(payload)} byte payload is too large for the RequestResponse invocation type "
            f"(limit {LARGEST_REQUEST} bytes)",
            "RequestTooLargeException",
        )
    try:
        json.loads(payload or b"{}")
    except (ValueError, RecursionError) as error:
        raise ApiError(
            f"Could not parse request body into json: {error}", "InvalidRequestContentException"
        ) from None


def _answered(result: Result, request: Request) -> Response:
    headers = {"X-Amz-Executed-Version": result.version}
    if result.error:
        headers["X-Amz-Function-Error"] = result.error
    if request.headers.get("X-Amz-Log-Type") == "Tail":
        headers["X-Amz-Log-Result"] = base64.b64encode(result.log.encode()[-TAIL:]).decode()
    return Response(result.body, 200, headers, content_type="application/json")


def _accepted(plane: ControlPlane, function: Function, payload: bytes) -> Response:
    """An asynchronous call; it runs once, its answer is dropped, its log stays."""

    def work() -> None:
        run(plane, function, payload)

    plane.background(work)
    return Response(b"", 202)


def _fault(kind: str, said: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": said}).encode()


def _folder(plane: ControlPlane) -> Path:
    return plane.home / "functions"
