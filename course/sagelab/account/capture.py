"""Data capture: what an endpoint was asked and answered, as JSON lines in S3.

The line is AWS's ("Capture data", SageMaker developer guide): captureData, eventMetadata, eventVersion "0". The key is
<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/MM-SS-mmm-<uuid>.jsonl, by the account's clock. Content types that the
config names neither as CSV nor as JSON are captured in base64, as the API reference says.
"""

import base64
import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from . import s3
from .batches import Batches

FULL = 200  # records that make a file at once


@dataclass(frozen=True)
class Payload:
    """A body and the content type it came with."""

    body: bytes
    content_type: str


@dataclass(frozen=True)
class Event:
    """One invocation to be captured."""

    sent: Payload
    answered: Payload
    time: datetime
    inference_id: str = ""


class CaptureConfig:
    """What one variant of an endpoint captures, from its DataCaptureConfig.

    The sample is drawn by a generator that is seeded with the names, so the same traffic gives the same sample.
    """

    def __init__(self, config: dict[str, Any], endpoint: str, variant: str) -> None:
        self.folder = s3.join(config["DestinationS3Uri"], endpoint, variant)
        self._enabled = bool(config.get("EnableCapture", True))
        self._share = float(config["InitialSamplingPercentage"]) / 100
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        self._input = bool(modes & {"Input", "InputAndOutput"})
        self._output = bool(modes & {"Output", "InputAndOutput"})
        headers = config.get("CaptureContentTypeHeader", {})
        self._encodings = dict.fromkeys(map(media_type, headers.get("CsvContentTypes", [])), "CSV")
        self._encodings |= dict.fromkeys(map(media_type, headers.get("JsonContentTypes", [])), "JSON")
        self._random = random.Random(f"{endpoint}/{variant}")

    def takes(self) -> bool:
        """Is the next invocation in the sample?"""
        return self._enabled and self._random.random() < self._share

    def line(self, event: Event) -> str:
        """The event as one line of JSON."""
        data = {}
        if self._input:
            data["endpointInput"] = self._side(event.sent, "INPUT")
        if self._output:
            data["endpointOutput"] = self._side(event.answered, "OUTPUT")
        inference_id = {"inferenceId": event.inference_id} if event.inference_id else {}
        metadata = {
            "eventId": str(uuid.uuid4()),
            **inference_id,
            "inferenceTime": event.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        record = {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}
        return json.dumps(record, separators=(",", ":"))

    def _side(self, payload: Payload, mode: str) -> dict[str, str]:
        text, encoding = encode(payload.body, self._encodings.get(media_type(payload.content_type), "BASE64"))
        return {
            "observedContentType": payload.content_type,
            "mode": mode,
            "data": text,
            "encoding": encoding,
        }


class Capture:
    """Writes the captured events of all endpoints of an account, many to a file, off the request's path."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client
        self._batches: Batches[tuple[str, datetime, str]] = Batches(self._write, full=FULL)

    def add(self, config: CaptureConfig, event: Event) -> None:
        """Take an event that is in the sample."""
        self._batches.add((hour_folder(config.folder, event.time), event.time, config.line(event)))

    def flush(self) -> None:
        """Write what waits; afterwards all that was captured before is in S3."""
        self._batches.flush()

    def _write(self, items: list[tuple[str, datetime, str]]) -> None:
        for folder, group in groupby(sorted(items, key=lambda item: item[0]), key=lambda item: item[0]):
            lines = list(group)
            name = f"{lines[0][1]:%M-%S}-{lines[0][1].microsecond // 1000:03}-{uuid.uuid4()}.jsonl"
            where = s3.split(s3.join(folder, name))
            body = "".join(f"{line}\n" for _, _, line in lines).encode()
            self._client().put_object(Bucket=where.bucket, Key=where.key, Body=body)


def hour_folder(folder: str, moment: datetime) -> str:
    """The folder of the hour."""
    return s3.join(folder, f"{moment:%Y/%m/%d/%H}")


def media_type(content_type: str) -> str:
    """`text/csv` of `text/csv; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()


def encode(body: bytes, encoding: str) -> tuple[str, str]:
    """A body as the text of that encoding; base64 where it is no text."""
    if encoding != "BASE64":
        try:
            return body.decode(), encoding
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), "BASE64"
