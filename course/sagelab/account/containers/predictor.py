"""The model that an analysis asks: behind a shadow endpoint, made for the job and taken down with it.

AWS developer guide, "Analysis Configuration Files" (predictor): Clarify creates an endpoint named sm-clarify-... from
the model, asks it in batches, and deletes it, also when the analysis fails. `endpoint_name` asks an existing one.
"""

import csv
import io
import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import numpy as np

from sagelab.errors import SagelabError

from .analysis_config import CSV, JSON_LINES
from .table import Floats

PREFIX, VARIANT = "sm-clarify", "AllTraffic"
PAYLOAD = 1_000_000  # bytes of one request; an endpoint takes up to 6 MB
POLL, PATIENCE = 0.05, 120.0


class Predictor:
    """A model endpoint as a function from rows to outputs; use it in a `with` statement."""

    def __init__(
        self, settings: Mapping[str, Any], dataset_type: str, client: Any = None, runtime: Any = None
    ) -> None:
        self.settings = settings
        self.content_type = str(settings.get("content_type", dataset_type))
        self.accept = str(settings.get("accept_type", self.content_type))
        self._client, self._runtime = client, runtime
        self._made: list[str] = []
        self.endpoint = str(settings.get("endpoint_name", ""))
        self.requests = self.rows = 0

    def __enter__(self) -> Self:
        import boto3

        self._client = self._client or boto3.client("sagemaker")
        self._runtime = self._runtime or boto3.client("sagemaker-runtime")
        if not self.endpoint:
            try:
                self._create()
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete what was made; a second call does nothing."""
        made, self._made = self._made, []
        if not made:
            return
        with suppress(Exception):  # what was never made cannot be deleted
            self._client.delete_endpoint(EndpointName=self.endpoint)
        with suppress(Exception):
            self._client.delete_endpoint_config(EndpointConfigName=self.endpoint)
        print(
            f"Deleted shadow endpoint {self.endpoint} after {self.requests} requests with {self.rows} rows."
        )

    def _create(self) -> None:
        prefix = self.settings.get("endpoint_name_prefix", PREFIX)
        self.endpoint = f"{prefix}-{int(time.time())}-{uuid.uuid4().hex[:8]}"
        variant = {
            "VariantName": VARIANT,
            "ModelName": self.settings["model_name"],
            "InstanceType": self.settings["instance_type"],
            "InitialInstanceCount": self.settings["initial_instance_count"],
        }
        try:
            self._client.create_endpoint_config(
                EndpointConfigName=self.endpoint, ProductionVariants=[variant]
            )
            self._made.append("config")
            self._client.create_endpoint(EndpointName=self.endpoint, EndpointConfigName=self.endpoint)
        except self._client.exceptions.ClientError as error:
            told = error.response["Error"]["Message"]
            raise SagelabError(
                f"The shadow endpoint for model {self.settings['model_name']} failed: {told}"
            ) from error
        print(f"Creating shadow endpoint {self.endpoint} for model {self.settings['model_name']}.")
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            told = self._client.describe_endpoint(EndpointName=self.endpoint)
            if told["EndpointStatus"] == "InService":
                return
            if told["EndpointStatus"] == "Failed" or time.monotonic() > end:
                reason = told.get("FailureReason", "it was not in service in time")
                raise SagelabError(
                    f"The shadow endpoint for model {self.settings['model_name']} failed: {reason}"
                )
            time.sleep(POLL)

    # -- asking ----------------------------------------------------------------------------------------------------
    def scores(self, lines: Iterable[str]) -> Floats:
        """The probabilities (or scores) of CSV lines: one row a line, one column an output."""
        blocks = [self._numbers(body, count) for body, count in batches(lines)]
        if not blocks:
            return np.empty((0, 1))
        return np.concatenate(blocks)

    def labels(self, lines: Iterable[str], threshold: float) -> list[str]:
        """The predicted label of each CSV line.

        With predictor.label it is read from the output. Else a single score is 1 above the threshold and 0 below;
        of several probabilities the largest wins, named by label_headers.
        """
        if "label" in self.settings:
            place = self.settings["label"]
            return [pick(row, place) for body, count in batches(lines) for row in self._outputs(body, count)]
        scores = self.scores(lines)
        if scores.shape[1] == 1:
            return [str(int(score > threshold)) for score in scores[:, 0]]
        names = self.settings.get("label_headers") or list(range(scores.shape[1]))
        return [str(names[best]) for best in scores.argmax(axis=1)]

    def _numbers(self, body: str, count: int) -> Floats:
        place = self.settings.get("probability")
        rows = [
            expand([pick(row, place)] if place is not None else row) for row in self._outputs(body, count)
        ]
        try:
            return np.array(rows, dtype=np.float64)
        except ValueError as error:
            raise SagelabError(
                f"The model's output is not a row of numbers: {rows[0]!r}. "
                "Say in predictor.probability where the score stands."
            ) from error

    def _outputs(self, body: str, count: int) -> list[Any]:
        """The model's answer to one request, parsed: one entry a row."""
        payload = body if self.content_type == CSV else as_json_lines(body)
        try:
            answer = self._runtime.invoke_endpoint(
                EndpointName=self.endpoint,
                Body=payload.encode(),
                ContentType=self.content_type,
                Accept=self.accept,
            )
        except self._runtime.exceptions.ClientError as error:
            raise SagelabError(f"The model did not answer: {error.response['Error']['Message']}") from error
        self.requests, self.rows = self.requests + 1, self.rows + count
        text = answer["Body"].read().decode()
        found: list[Any]
        if JSON_LINES in answer.get("ContentType", "") or self.accept == JSON_LINES:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            found = [row for row in csv.reader(io.StringIO(text)) if row]
        if len(found) != count:
            raise SagelabError(
                f"The model answered {len(found)} rows to {count}; it must answer one for each."
            )
        return found


def batches(lines: Iterable[str], limit: int = PAYLOAD) -> Iterator[tuple[str, int]]:
    """Lines joined to request bodies of at most `limit` bytes, each with its number of lines."""
    waiting: list[str] = []
    size = 0
    for line in lines:
        length = len(line.encode()) + 1
        if waiting and size + length > limit:
            yield "\n".join(waiting) + "\n", len(waiting)
            waiting, size = [], 0
        waiting.append(line)
        size += length
    if waiting:
        yield "\n".join(waiting) + "\n", len(waiting)


def as_json_lines(body: str) -> str:
    """CSV lines as SageMaker's dense JSON Lines: {"features": [...]}."""
    return "".join(
        json.dumps({"features": [plain(cell) for cell in row]}) + "\n"
        for row in csv.reader(io.StringIO(body))
    )


def plain(cell: str) -> float | int | str:
    """A CSV cell as a JSON value."""
    try:
        number = float(cell)
    except ValueError:
        return cell
    return int(number) if number.is_integer() and "." not in cell and "e" not in cell.lower() else number


def pick(row: Any, place: int | str) -> str:
    """One part of an output row: a position in a CSV row, a JMESPath in a JSON line."""
    if isinstance(row, list):
        if not isinstance(place, int) or place >= len(row):
            raise SagelabError(f"The model's output {row!r} has no position {place!r}.")
        return str(row[place])
    import jmespath

    found = jmespath.search(str(place), row)
    if found is None:
        raise SagelabError(f"The model's output {row!r} holds nothing at {place!r}.")
    return found if isinstance(found, str) else json.dumps(found)


def expand(row: Any) -> list[Any]:
    """The numbers of an output row; a cell may hold a JSON list of probabilities."""
    values = list(row.values()) if isinstance(row, Mapping) else row if isinstance(row, list) else [row]
    numbers: list[Any] = []
    for value in values:
        inner = json.loads(value) if isinstance(value, str) and value.strip().startswith("[") else value
        numbers += inner if isinstance(inner, list) else [inner]
    return numbers
