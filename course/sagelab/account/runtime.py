"""InvokeEndpoint: from the request to the variant's worker and back; all else happens off this path."""

import json
import time
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from .capture import Capture, Event, Payload
from .control import ApiError, ControlPlane
from .endpoints import Endpoints, Variant
from .invocations import Invocation, InvocationMetrics
from .worker import Answer, ModelError

LARGEST_BODY = 6_291_456  # bytes, BodyBlob in the API's model
REVIVAL = 60  # seconds that a request waits for an endpoint that comes back after a restart of the account
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
UNSUPPORTED = {
    "X-Amzn-SageMaker-Target-Model": "TargetModel",
    "X-Amzn-SageMaker-Target-Container-Hostname": "TargetContainerHostname",
    "X-Amzn-SageMaker-Inference-Component": "InferenceComponentName",
    "X-Amzn-SageMaker-Enable-Explanations": "EnableExplanations",
    "X-Amzn-SageMaker-Session-Id": "SessionId",
}


class Runtime:
    """The runtime API of one account."""

    def __init__(
        self, plane: ControlPlane, endpoints: Endpoints, capture: Capture, metrics: InvocationMetrics
    ) -> None:
        self._plane, self._endpoints, self._capture, self._metrics = plane, endpoints, capture, metrics
        plane.route("/endpoints/[^/]+/invocations", self.invoke)

    def invoke(self, request: Request) -> Response:
        """InvokeEndpoint."""
        started = time.perf_counter()
        name = unquote(request.path.split("/")[2])
        headers = request.headers
        body = body_of(request)
        target = headers.get("X-Amzn-SageMaker-Target-Variant")
        self._check(name, headers)
        with self._endpoints.lease(name, target) as variant:
            if variant is None:
                raise self._absent(name, target)
            asked = time.perf_counter()
            answer, error = ask(variant, body, headers)
            answered = time.perf_counter()
        status = error.status if error else 200
        model_latency = (answered - asked) * 1e6
        now = self._plane.clock.now()
        if answer and variant.capture and variant.capture.takes():
            sent = Payload(body, headers.get("Content-Type", "application/octet-stream"))
            got = Payload(answer.body, answer.content_type)
            self._capture.add(variant.capture, Event(sent, got, now, headers.get(INFERENCE_ID, "")))
        overhead = (time.perf_counter() - started) * 1e6 - model_latency
        self._metrics.add(Invocation(variant.endpoint, variant.name, now, status, model_latency, overhead))
        return success(answer, variant) if answer else self._model_error(variant.endpoint, error)

    def _check(self, name: str, headers: Any) -> None:
        for header, member in UNSUPPORTED.items():
            if header in headers:
                raise ApiError(f"The local account does not support {member}.", "ValidationError")
        if self._endpoints.get(name) is None and self._endpoints.wait(name, REVIVAL) is None:
            raise self._absent(name, None)

    def _absent(self, name: str, target: str | None) -> ApiError:
        if self._endpoints.get(name) is None:
            text = f"Endpoint {name} of account {self._plane.account} not found."
        else:
            text = f"Variant {target} not found for endpoint {name}."
        return ApiError(text, "ValidationError")

    def _model_error(self, name: str, error: ModelError | None) -> Response:
        """424, with the model's own status and message, in AWS's words."""
        status, said = (error.status, str(error)) if error else (0, "")
        kind = "client" if 400 <= status < 500 else "server"
        group = f"/aws/sagemaker/Endpoints/{name}"
        region, account = self._plane.region, self._plane.account
        text = (
            f'Received {kind} error ({status}) from primary with message "{said}". See '
            f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={group} "
            f"in account {account} for more information."
        )
        arn = f"arn:aws:logs:{region}:{account}:log-group:{group}"
        members = {"OriginalStatusCode": status, "OriginalMessage": said, "LogStreamArn": arn}
        content = json.dumps({"Message": text, **members})
        return Response(content, 424, {"x-amzn-ErrorType": "ModelError"}, content_type="application/json")


def body_of(request: Request) -> bytes:
    """The request's body, read to its end also where it is refused: the connection stays in use."""
    body = request.get_data(cache=False)
    if len(body) > LARGEST_BODY:
        raise ApiError(
            "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length "
            f"less than or equal to {LARGEST_BODY}",
            "ValidationError",
        )
    return body


def ask(variant: Variant, body: bytes, headers: Any) -> tuple[Answer | None, ModelError | None]:
    """The variant's answer, or its error."""
    passed = {
        "Content-Type": headers.get("Content-Type", "application/octet-stream"),
        "Accept": headers.get("Accept", "*/*"),
    }
    for name in (CUSTOM_ATTRIBUTES, INFERENCE_ID):
        if name in headers:
            passed[name] = headers[name]
    try:
        return variant.worker.invoke(body, passed), None
    except ModelError as error:
        return None, error


def success(answer: Answer, variant: Variant) -> Response:
    """The answer as InvokeEndpoint gives it."""
    headers = {"x-Amzn-Invoked-Production-Variant": variant.name}
    if answer.custom_attributes is not None:
        headers[CUSTOM_ATTRIBUTES] = answer.custom_attributes
    return Response(answer.body, 200, headers, content_type=answer.content_type)
