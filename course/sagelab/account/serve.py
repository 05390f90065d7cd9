"""The serving half of a framework container: `python serve.py MODEL_DIR LISTENING_FD`.

Loads SAGEMAKER_PROGRAM from SAGEMAKER_SUBMIT_DIRECTORY and answers GET /ping and POST /invocations through
model_fn(model_dir), input_fn(body, content_type), predict_fn(data, model) and output_fn(prediction, accept), or
transform_fn(model, body, content_type, accept). The rules for what a script leaves out, for content types and for a
last `context` parameter are those of AWS's sagemaker-inference toolkit 1.10.1.
It stands alone, so that a worker imports nothing that the script does not.
"""

import importlib
import inspect
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO, StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
Result = Any  # what the script's functions hand to one another


class UnsupportedFormatError(Exception):
    """Neither the script nor the container reads or writes this content type."""

    status_code = 415

    def __init__(self, content_type: str) -> None:
        super().__init__(
            f"Content type {content_type} is not supported by this framework. Please implement input_fn to "
            "deserialize the request data or an output_fn to serialize the response."
        )


class Context:
    """The request's headers, for functions of the script that take a last `context` parameter."""

    def __init__(self, headers: Any) -> None:
        self._headers = headers
        self.response_headers: dict[str, str] = {}

    def get_request_header(self, index: int, name: str) -> str | None:
        """A header of the request; `index` is always 0."""
        del index
        value: str | None = self._headers.get(name)
        return value

    def set_response_header(self, index: int, name: str, value: str) -> None:
        """Send a header with the answer; `index` is always 0."""
        del index
        self.response_headers[name] = value


class Model:
    """The script's functions around the loaded model."""

    def __init__(self, script: ModuleType, model_dir: str) -> None:
        own = [name for name in ("input_fn", "predict_fn", "output_fn") if hasattr(script, name)]
        transform = getattr(script, "transform_fn", None)
        if transform and own:
            raise ValueError(f"transform_fn cannot be used together with {', '.join(own)}")
        if not hasattr(script, "model_fn"):
            raise NotImplementedError("Please provide a model_fn implementation.")
        self._input = with_context(getattr(script, "input_fn", default_input), 2)
        self._predict = with_context(getattr(script, "predict_fn", default_predict), 2)
        self._output = with_context(getattr(script, "output_fn", default_output), 2)
        self._transform = with_context(transform, 4) if transform else None
        self._model = with_context(script.model_fn, 1)(model_dir, Context({}))

    def answer(
        self, body: bytes, content_type: str, accept: str, context: Context
    ) -> tuple[bytes | Iterator[bytes], str]:
        """The response body, in pieces where the script yields them, and its content type."""
        text: str | bytes = body.decode() if base(content_type) in (JSON, CSV) else body
        if self._transform:
            result = self._transform(self._model, text, content_type, accept, context)
        else:
            data = self._input(text, content_type, context)
            result = self._output(self._predict(data, self._model, context), accept, context)
        answer, answer_type = result if isinstance(result, tuple) else (result, accept)
        if isinstance(answer, Iterator):
            return map(as_bytes, answer), answer_type
        return as_bytes(answer), answer_type


def as_bytes(answer: Any) -> bytes:
    """Text in UTF-8, and bytes as they are."""
    return answer.encode() if isinstance(answer, str) else bytes(answer)


def with_context(function: Callable[..., Result], arguments: int) -> Callable[..., Result]:
    """The function as one whose last parameter is the context, whether or not the script's has it."""
    if len(inspect.signature(function).parameters) == arguments + 1:
        return function
    return lambda *values: function(*values[:-1])


def default_input(body: Any, content_type: str) -> Result:
    """An array from JSON, CSV or NPY; as on AWS, a single CSV row is an array of one dimension."""
    import numpy as np

    kind = base(content_type)
    if kind == JSON:
        return np.array(json.loads(body), dtype=np.float32)
    if kind == CSV:
        return np.genfromtxt(StringIO(body), delimiter=",", dtype=np.float32)
    if kind == NPY:
        return np.load(BytesIO(body), allow_pickle=False)
    raise UnsupportedFormatError(content_type)


def default_predict(data: Any, model: Any) -> Result:
    """What the model predicts."""
    return model.predict(data)


def default_output(prediction: Any, accept: str) -> tuple[str | bytes, str]:
    """The prediction as JSON, CSV or NPY, whichever `accept` asks for first."""
    import numpy as np

    for kind in (base(part) for part in accept.split(",")):
        if kind == JSON:
            return json.dumps(np.asarray(prediction).tolist()), JSON
        if kind == CSV:
            stream = StringIO()
            np.savetxt(stream, prediction, delimiter=",", fmt="%s")
            return stream.getvalue(), CSV
        if kind == NPY:
            buffer = BytesIO()
            np.save(buffer, prediction)
            return buffer.getvalue(), NPY
    raise UnsupportedFormatError(accept)


def base(content_type: str) -> str:
    """`text/csv` of `text/csv; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()


def accepted(header: str | None) -> str:
    """The content type to answer in; any type means the container's default, JSON."""
    default = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
    return default if header in (None, "", "*/*") else str(header)


def handler(model: Model) -> type[BaseHTTPRequestHandler]:
    """The HTTP side of a model."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections stay open between requests
        wbufsize = -1  # one packet an answer
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.reply(200, b"", "text/plain", {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            content_type = self.headers.get("Content-Type") or JSON
            context = Context(self.headers)
            try:
                answer, answer_type = model.answer(
                    body, content_type, accepted(self.headers["Accept"]), context
                )
                self.reply(200, answer, answer_type, context.response_headers)
            except Exception as error:
                traceback.print_exc()
                status = getattr(error, "status_code", 500)
                status = status if isinstance(status, int) and 400 <= status <= 599 else 500
                self.reply(status, (str(error) or repr(error)).encode(), "text/plain", {})

        def reply(
            self, status: int, body: bytes | Iterator[bytes], content_type: str, headers: dict[str, str]
        ) -> None:
            self.send_response_only(status)
            for name, value in {"Content-Type": content_type, **headers}.items():
                self.send_header(name, value)
            if isinstance(body, bytes):
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            else:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.send_pieces(body)

        def send_pieces(self, pieces: Iterator[bytes]) -> None:
            try:
                for piece in filter(None, pieces):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")
            except Exception:  # it is too late for a status: the caller sees that the end is missing
                traceback.print_exc()
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is http.server's
            pass

    return Handler


class Server(ThreadingHTTPServer):
    """A server on a socket that the parent has opened."""

    daemon_threads = True

    def __init__(self, descriptor: int, handle: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handle, bind_and_activate=False)
        self.socket.close()
        self.socket = socket.socket(fileno=descriptor)


def load_script() -> ModuleType:
    """The script that SAGEMAKER_PROGRAM names."""
    program = os.environ.get("SAGEMAKER_PROGRAM", "")
    if not program:
        raise ValueError("SAGEMAKER_PROGRAM is not set: name the inference script in the model's Environment")
    folder = Path(os.environ["SAGEMAKER_SUBMIT_DIRECTORY"])
    sys.path.insert(0, str(folder))
    return importlib.import_module(program.removesuffix(".py").replace("/", "."))


def main(model_dir: str, descriptor: str) -> None:
    """Load the model and serve it."""
    model = Model(load_script(), model_dir)
    Server(int(descriptor), handler(model)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
