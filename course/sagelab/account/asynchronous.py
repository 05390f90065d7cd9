"""Asynchronous endpoints: InvokeEndpointAsync queues a request, its answer goes to S3, a topic may hear of it.

The queue is kept with the account's records, so that what was accepted is answered also after a restart.
"""

import base64
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from werkzeug.wrappers import Request, Response

from . import s3
from .control import ApiError, ControlPlane, Record
from .endpoints import Endpoints, Leased, LiveEndpoint, Variant
from .gauges import Gauge
from .invocations import NAMESPACE, Exchange, Took
from .shadow import Observe
from .worker import Answer, ModelError

NOUN = "AsyncInvocation"
PER_INSTANCE = 4  # invocations at a time where the configuration does not say; AWS chooses too
TIMEOUT, TTL = 900, 21_600  # seconds, as on AWS
LARGEST_INLINE, LARGEST_NOTICE = 128_000, 128 * 1024
PREFIX = "X-Amzn-SageMaker-"


class Queues:
    """The queues of all asynchronous endpoints of an account."""

    def __init__(self, plane: ControlPlane, endpoints: Endpoints, observe: Observe) -> None:
        self._plane, self._endpoints, self._observe = plane, endpoints, observe
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[Record]] = {}
        self._running: dict[str, int] = {}
        for record in plane.records(NOUN):  # what the last run of the account had accepted
            self._queue(record["endpoint"]).append(record)
        plane.route("/endpoints/[^/]+/async-invocations", self.invoke)

    # -- accepting ---------------------------------------------------------------------------------------------
    def invoke(self, request: Request) -> Response:
        """InvokeEndpointAsync."""
        name, body = unquote(request.path.split("/")[2]), request.get_data(cache=False)
        live = self._endpoints.get(name) or self._endpoints.wait(name, 60)
        if live is None:
            raise invalid(f"Endpoint {name} of account {self._plane.account} not found.")
        if not live.asynchronous:
            raise invalid(f"Endpoint {name} is not an asynchronous endpoint: call InvokeEndpoint.")
        record = self._record(live, request.headers, body)
        self._plane.store.add(NOUN, record)
        with self._lock:
            self._queue(live.key).append(record)
        self.pump(live.key)
        places = {f"{PREFIX}OutputLocation": record["output"], f"{PREFIX}FailureLocation": record["failure"]}
        content = json.dumps({"InferenceId": record["id"]})
        told = {header: uri for header, uri in places.items() if uri}
        return Response(content, 202, told, content_type="application/json")

    def _record(self, live: LiveEndpoint, headers: Any, body: bytes) -> Record:
        source = headers.get(f"{PREFIX}InputLocation", "")
        if bool(source) == bool(body):
            raise invalid("Give InputLocation, the S3 URI of the payload, or a Body.")
        if source and not s3.S3_URI.fullmatch(source):
            raise invalid(f"InputLocation {source} is not an S3 URI.")
        if len(body) > LARGEST_INLINE:
            raise invalid(
                f"Body is longer than {LARGEST_INLINE} bytes: put it into S3 and give InputLocation."
            )
        now, number = self._plane.clock.time(), str(uuid.uuid4())
        config = (live.asynchronous or {})["OutputConfig"]
        folder = s3.join(config["S3OutputPath"], headers.get(f"{PREFIX}S3OutputPathExtension", "")).rstrip(
            "/"
        )
        failures = config.get("S3FailurePath")
        return {
            "_arn": f"{live.key}/{number}",
            "endpoint": live.key,
            "id": headers.get(f"{PREFIX}Inference-Id", number),
            "source": source,
            "body": base64.b64encode(body).decode(),
            "type": headers.get(f"{PREFIX}Content-Type", "application/octet-stream"),
            "accept": headers.get(f"{PREFIX}Accept", "*/*"),
            "attributes": headers.get(f"{PREFIX}Custom-Attributes", ""),
            "output": s3.join(folder, headers.get(f"{PREFIX}Filename", f"{number}.out")),
            "failure": s3.join(failures, f"{number}-error.out") if failures else "",
            "received": now,
            "expires": now + bounded(headers, "RequestTTLSeconds", TTL, 60, TTL),
            "timeout": bounded(headers, "InvocationTimeoutSeconds", TIMEOUT, 1, 3600),
        }

    # -- answering ---------------------------------------------------------------------------------------------
    def pump(self, key: str) -> None:
        """Take as many requests from the queue as the instances that are up can answer now."""
        live = self._endpoints.get(key)
        if live is None or not live.asynchronous:
            return
        variant = next(iter(live.variants.values()))
        each = live.asynchronous.get("ClientConfig", {}).get(
            "MaxConcurrentInvocationsPerInstance", PER_INSTANCE
        )
        now = self._plane.clock.time()
        with self._lock:
            queue, running = self._queue(live.key), self._running.get(live.key, 0)
            taken = [record for record in queue if record["expires"] < now]
            for record in taken:
                queue.remove(record)
            free = variant.fleet.size * each - running
            taken += [queue.popleft() for _ in range(min(free, len(queue)))]
            self._running[live.key] = running + len(taken)
        for record in taken:
            self._plane.background(self._answer, live, record)

    def pump_all(self) -> None:
        """Look at all queues: instances may have come up."""
        for key in list(self._waiting):
            self.pump(key)

    def forget(self, name: str) -> None:
        """The endpoint is deleted, and what waits with it."""
        with self._lock:
            gone = self._waiting.pop(name.lower(), deque())
        for record in gone:
            self._plane.store.delete(NOUN, record["_arn"])

    def _answer(self, live: LiveEndpoint, record: Record) -> None:
        try:
            if self._plane.clock.time() > record["expires"]:
                self._fail(
                    live, record, "RequestExpired: The request was not processed within RequestTTLSeconds."
                )
            else:
                with self._endpoints.lease(live.name, None) as leased:
                    if leased is None:
                        self._put_back(live.key, record)
                        return
                    self._ask(leased, record)
            self._plane.store.delete(NOUN, record["_arn"])
        finally:
            with self._lock:
                self._running[live.key] -= 1
        self.pump(live.key)

    def _ask(self, leased: Leased, record: Record) -> None:
        headers = {
            "Content-Type": record["type"],
            "Accept": record["accept"],
            f"{PREFIX}Inference-Id": record["id"],
        }
        if record["attributes"]:
            headers[f"{PREFIX}Custom-Attributes"] = record["attributes"]
        began = time.perf_counter()
        try:
            body = self._payload(record)
        except ClientError as error:
            why = error.response["Error"]["Message"]
            self._fail(leased.live, record, f"ClientError: Failed to download {record['source']}: {why}")
            return
        asked = time.perf_counter()
        answer, failure = None, None
        try:
            answer = leased.instance.invoke(body, headers, float(record["timeout"]))
        except ModelError as error:
            failure = error
        took = Took((time.perf_counter() - asked) * 1e6, (asked - began) * 1e6)
        self._observe(leased, Exchange(body, headers, answer, failure), took)
        if answer:
            self._succeed(leased.live, record, answer)
        elif failure:
            kind = "ClientError" if 400 <= failure.status < 500 else "InternalServerError"
            text = f'Received error ({failure.status}) from {failure.container} with message "{failure}"'
            self._fail(leased.live, record, f"{kind}: {text}")

    def _payload(self, record: Record) -> bytes:
        if not record["source"]:
            return base64.b64decode(record["body"])
        where = s3.split(record["source"])
        body: bytes = self._plane.client("s3").get_object(Bucket=where.bucket, Key=where.key)["Body"].read()
        return body

    def _succeed(self, live: LiveEndpoint, record: Record, answer: Answer) -> None:
        where = s3.split(record["output"])
        self._plane.client("s3").put_object(
            Bucket=where.bucket, Key=where.key, Body=answer.body, ContentType=answer.content_type
        )
        told = {"contentType": answer.content_type, "outputLocation": record["output"]}
        self._notify(
            live,
            record,
            "Success",
            {"invocationStatus": "Completed", "responseParameters": told},
            answer.body,
        )

    def _fail(self, live: LiveEndpoint, record: Record, why: str) -> None:
        if record["failure"]:
            where = s3.split(record["failure"])
            self._plane.client("s3").put_object(Bucket=where.bucket, Key=where.key, Body=why.encode())
        self._notify(
            live, record, "Error", {"invocationStatus": "Failed", "failureReason": why}, why.encode()
        )

    def _notify(self, live: LiveEndpoint, record: Record, kind: str, told: Record, body: bytes) -> None:
        config = (live.asynchronous or {})["OutputConfig"].get("NotificationConfig", {})
        if not (topic := config.get(f"{kind}Topic")):
            return
        asked = {"accept": record["accept"], "contentType": record["type"], "endpointName": live.name}
        asked |= {"inputLocation": record["source"], "customAttributes": record["attributes"]}
        message = {
            "awsRegion": self._plane.region,
            "eventTime": stamp(self._plane.clock.time()),
            "receivedTime": stamp(record["received"]),
            "requestParameters": {name: value for name, value in asked.items() if value},
            **told,
            "inferenceId": record["id"],
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }
        included = f"{kind.upper()}_NOTIFICATION_TOPIC" in config.get("IncludeInferenceResponseIn", [])
        if included and len(body) <= LARGEST_NOTICE:
            message["responseBody"] = {"content": base64.b64encode(body).decode(), "encoding": "BASE64"}
        self._plane.client("sns").publish(TopicArn=topic, Message=json.dumps(message))

    # -- the queue ---------------------------------------------------------------------------------------------
    def gauges(self) -> Iterable[Gauge]:
        """How much waits, as AWS publishes it."""
        for live in self._endpoints.all():
            if live.asynchronous:
                variant = next(iter(live.variants.values()))
                yield from backlog(
                    live, variant, list(self._waiting.get(live.key, ())), self._plane.clock.time()
                )

    def _queue(self, key: str) -> deque[Record]:
        return self._waiting.setdefault(key, deque())

    def _put_back(self, key: str, record: Record) -> None:
        with self._lock:
            self._queue(key).appendleft(record)


def backlog(live: LiveEndpoint, variant: Variant, waiting: list[Record], now: float) -> Iterable[Gauge]:
    """The gauges of one queue."""
    where = [{"Name": "EndpointName", "Value": live.name}]
    size = float(len(waiting))
    values = {
        ("ApproximateBacklogSize", "Count"): size,
        ("ApproximateBacklogSizePerInstance", "Count"): size / max(1, variant.fleet.size),
        ("HasBacklogWithoutCapacity", "Count"): float(bool(waiting) and not variant.fleet.size),
        ("ApproximateAgeOfOldestRequest", "Seconds"): now - waiting[0]["received"] if waiting else 0.0,
    }
    since = waiting[-1]["received"] if waiting else 0.0
    for (name, unit), value in values.items():
        yield Gauge(NAMESPACE, name, unit, where, value, since)


def bounded(headers: Any, member: str, default: int, least: int, most: int) -> int:
    """A number of seconds from a header."""
    value = int(headers.get(PREFIX + member, default))
    if not least <= value <= most:
        raise invalid(f"{member} must be from {least} to {most}.")
    return value


def check_asynchronous(params: Record) -> None:
    """Refuse what AWS refuses of asynchronous endpoints."""
    config = params.get("AsyncInferenceConfig")
    if not config:
        return
    if len(params["ProductionVariants"]) > 1:
        raise ApiError("Asynchronous endpoints support one production variant.")
    if not str(config["OutputConfig"].get("S3OutputPath", "")).startswith("s3://"):
        raise ApiError("AsyncInferenceConfig needs OutputConfig.S3OutputPath, an S3 URI.")


def invalid(text: str) -> ApiError:
    """A refusal by the runtime."""
    return ApiError(text, "ValidationError")


def stamp(moment: float) -> str:
    """A moment as the notices have it."""
    when = datetime.fromtimestamp(moment, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}Z"
