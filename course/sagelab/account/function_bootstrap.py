"""The process of one invocation of a Lambda function: imports the handler, calls it, leaves what it returned.

The account starts this file by its path; it needs nothing but Python. The one argument is a folder with `event.json`
and the function's code in `task`; `answer.json` or `error.json` is what comes out.
"""

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any


class Context:
    """What a handler gets as its second argument."""

    def __init__(self) -> None:
        told = os.environ
        self.function_name = told["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = told["AWS_LAMBDA_FUNCTION_VERSION"]
        self.invoked_function_arn = told.pop("SAGELAB_FUNCTION_ARN")
        self.memory_limit_in_mb = told["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.aws_request_id = told.pop("SAGELAB_REQUEST_ID")
        self.log_group_name = told["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = told["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = self.client_context = None
        self._deadline = time.monotonic() + float(told.pop("SAGELAB_TIMEOUT"))

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class Refused(Exception):
    """The function cannot be called; `kind` is Lambda's name for why."""

    def __init__(self, kind: str, said: str) -> None:
        super().__init__(said)
        self.kind = kind


def main(room: Path) -> None:
    """Call the handler and leave its answer or its error."""
    context = Context()
    sys.path.insert(0, str(room / "task"))
    try:
        handler = load(os.environ["_HANDLER"])
        answer = handler(json.loads((room / "event.json").read_bytes()), context)
        text = marshal(answer)
    except Refused as refused:
        leave(room, refused.kind, str(refused), [], context)
    except Exception as error:
        lines = [line for line in traceback.format_tb(error.__traceback__) if __file__ not in line]
        leave(room, type(error).__name__, str(error), lines, context)
    else:
        (room / "answer.json").write_text(text)


def load(name: str) -> Any:
    """The function that `module.function` names."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Refused(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{name}': not enough values to unpack",
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Refused(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from error
    except SyntaxError as error:
        raise Refused(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"
        ) from error
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Refused(
            "Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'"
        ) from None


def marshal(answer: Any) -> str:
    """The answer as JSON."""
    try:
        return json.dumps(answer)
    except (TypeError, ValueError) as error:
        raise Refused("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def leave(room: Path, kind: str, said: str, lines: list[str], context: Context) -> None:
    """Write the error down, and print it as Lambda logs it."""
    sys.stdout.flush()
    sys.stderr.write(f"[ERROR] {kind}: {said}\n")
    if lines:
        sys.stderr.write("Traceback (most recent call last):\n" + "".join(lines))
    told = {"errorMessage": said, "errorType": kind, "requestId": context.aws_request_id, "stackTrace": lines}
    (room / "error.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
