"""InvokeEndpoint: from the request to the variant's worker and back; all else happens off this path."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from .capture import Capture, Event, Payload
from .control import ApiError, ControlPlane
from .endpoints import Endpoints, Leased, Variant
from .instance import TARGET_CONTAINER, Instance, containers_of
from .invocations import Exchange, Invocation, InvocationMetrics, Took
from .multimodel import TARGET_MODEL
from .serverless import ThrottledError
from .shadow import Mirror
from .worker import Answer, ModelError, StartError

LARGEST_BODY = 6_291_456  # bytes, BodyBlob in the API's model
REVIVAL = 60  # seconds that a request waits for an endpoint that comes back after a restart of the account
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
PASSED = (CUSTOM_ATTRIBUTES, INFERENCE_ID, TARGET_MODEL, TARGET_CONTAINER)
SETUP = ("ModelSetupTime", "Microseconds")  # of a serverless worker that had to be started
UNSUPPORTED = {
    "X-Amzn-SageMaker-Inference-Component": "InferenceComponentName",
    "X-Amzn-SageMaker-Enable-Explanations": "EnableExplanations",
    "X-Amzn-SageMaker-Session-Id": "SessionId",
}


class Runtime:
    """The runtime API of one account."""

    def __init__(
        self, plane: ControlPlane, endpoints: Endpoints, capture: Capture, metrics: InvocationMetrics
    ) -> None:
        self.plane, self._endpoints, self._capture, self._metrics = plane, endpoints, capture, metrics
        self._mirror = Mirror(self.observe)
        plane.route("/endpoints/[^/]+/invocations", self.invoke)
        plane.on_stop(self._mirror.close)

    def invoke(self, request: Request) -> Response:
        """InvokeEndpoint."""
        started = time.perf_counter()
        name, body = unquote(request.path.split("/")[2]), body_of(request)

        def respond() -> Response:
            with self.leased(name, request.headers, body) as leased:
                return self._ask(leased, body, request.headers, started)

        return self.guarded(name, respond)

    def guarded(self, name: str, respond: Callable[[], Response]) -> Response:
        """The response, or that of an endpoint that is too busy or whose serverless worker does not come up."""
        try:
            return respond()
        except ThrottledError:
            return self._throttled(name)
        except StartError as error:
            return self.model_error(name, ModelError(500, str(error)))

    @contextmanager
    def leased(self, name: str, headers: Any, body: bytes) -> Iterator[Leased]:
        """What answers a request, while it does; its shadow gets a copy. ApiError where nothing can."""
        self._check(name, headers)
        target = headers.get("X-Amzn-SageMaker-Target-Variant")
        with self._endpoints.lease(name, target) as leased:
            if leased is None:
                raise self._absent(name, target)
            check_target(leased.variant, headers)
            self._mirror.reflect(leased.live, body, passed_on(headers))
            yield leased

    def _ask(self, leased: Leased, body: bytes, headers: Any, started: float) -> Response:
        variant, passed = leased.variant, passed_on(headers)
        asked = time.perf_counter()
        answer, error = ask(leased.instance, body, passed)
        took = Took((time.perf_counter() - asked) * 1e6, (asked - started) * 1e6)
        self.observe(leased, Exchange(body, passed, answer, error), took)
        return success(answer, variant) if answer else self.model_error(variant.endpoint, error)

    def observe(self, leased: Leased, exchange: Exchange, took: Took) -> None:
        """Capture an invocation, where it is in the sample, and meter it."""
        variant, answer, error = leased.variant, exchange.answer, exchange.error
        now = self.plane.clock.now()
        if answer and variant.capture and variant.capture.takes():
            sent = Payload(exchange.body, exchange.headers["Content-Type"])
            got = Payload(answer.body, answer.content_type)
            self._capture.add(variant.capture, Event(sent, got, now, exchange.headers.get(INFERENCE_ID, "")))
        setup, leased.instance.setup = leased.instance.setup, 0.0
        more = {**(answer.metrics if answer else {}), **({SETUP: setup * 1e6} if setup else {})}
        self._metrics.add(
            Invocation(
                endpoint=variant.endpoint,
                variant=variant.name,
                time=now,
                status=error.status if error else 200,
                model_latency=took.model,
                overhead_latency=took.overhead,
                instances=0 if variant.serverless else variant.fleet.size,
                config=leased.live.config_name if leased.live.shifting else "",
                more=more,
            )
        )

    def _check(self, name: str, headers: Any) -> None:
        for header, member in UNSUPPORTED.items():
            if header in headers:
                raise ApiError(f"The local account does not support {member}.", "ValidationError")
        live = self._endpoints.get(name) or self._endpoints.wait(name, REVIVAL)
        if live is None:
            raise self._absent(name, None)
        if live.asynchronous:
            raise ApiError(
                f"Endpoint {name} of account {self.plane.account} is an asynchronous endpoint: call "
                "InvokeEndpointAsync.",
                "ValidationError",
            )

    def _absent(self, name: str, target: str | None) -> ApiError:
        live = self._endpoints.get(name)
        if live is None:
            text = f"Endpoint {name} of account {self.plane.account} not found."
        elif target and target not in live.variants:
            text = f"Variant {target} not found for endpoint {name}."
        else:
            text = f"Endpoint {name} of account {self.plane.account} has no instance that could answer."
        return ApiError(text, "ValidationError")

    def _throttled(self, name: str) -> Response:
        """429: as many requests as the serverless variant allows are on their way."""
        variant = next(iter(self._endpoints.get(name).variants.values()))  # type: ignore[union-attr]
        self._metrics.add(Invocation(name, variant.name, self.plane.clock.now(), 429, 0.0, 0.0))
        content = json.dumps({"message": "Rate exceeded"})
        kind = {"x-amzn-ErrorType": "ThrottlingException"}
        return Response(content, 429, kind, content_type="application/json")

    def model_error(self, name: str, error: ModelError | None) -> Response:
        """424, with the model's own status and message, in AWS's words."""
        status, said = (error.status, str(error)) if error else (0, "")
        who = error.container if error else "primary"
        kind = "client" if 400 <= status < 500 else "server"
        group = f"/aws/sagemaker/Endpoints/{name}"
        region, account = self.plane.region, self.plane.account
        text = (
            f'Received {kind} error ({status}) from {who} with message "{said}". See '
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


def passed_on(headers: Any) -> dict[str, str]:
    """The headers that reach the container."""
    passed = {
        "Content-Type": headers.get("Content-Type", "application/octet-stream"),
        "Accept": headers.get("Accept", "*/*"),
    }
    return passed | {name: headers[name] for name in PASSED if name in headers}


def check_target(variant: Variant, headers: Any) -> None:
    """TargetModel is for multi-model endpoints."""
    if TARGET_MODEL in headers and containers_of(variant.model)[0].get("Mode") != "MultiModel":
        raise ApiError(
            f"Endpoint {variant.endpoint} hosts no multi-model container: leave TargetModel out.",
            "ValidationError",
        )


def ask(instance: Instance, body: bytes, headers: dict[str, str]) -> tuple[Answer | None, ModelError | None]:
    """The instance's answer, or its error."""
    try:
        return instance.invoke(body, headers), None
    except ModelError as error:
        return None, error


def success(answer: Answer, variant: Variant) -> Response:
    """The answer as InvokeEndpoint gives it."""
    headers = {"x-Amzn-Invoked-Production-Variant": variant.name}
    if answer.custom_attributes is not None:
        headers[CUSTOM_ATTRIBUTES] = answer.custom_attributes
    return Response(answer.body, 200, headers, content_type=answer.content_type)
