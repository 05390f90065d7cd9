"""DataProcessing: what of a record goes to the model, what of record and answer is kept.

API reference, DataProcessing; developer guide, "Associate Prediction Results with Input Records". A CSV row is taken as
a JSON array, and the answer is appended to it; a JSON object gets the answer as its SageMakerOutput; any other JSON
becomes an object with SageMakerInput and SageMakerOutput.
"""

import csv
import io
import json
import uuid
from dataclasses import dataclass
from typing import Any

from .jsonpath import JsonPath, JsonPathError

INPUT, OUTPUT = "SageMakerInput", "SageMakerOutput"
INFERENCE_ID, INFERENCE_TIME = "SageMakerInferenceId", "SageMakerInferenceTime"


class AssociationError(Exception):
    """A record or an answer that the filters cannot read, or as many answers as there are not records."""


class Csv:
    """Records as CSV rows."""

    def read(self, body: bytes, count: int | None) -> list[Any]:
        """The rows of a body."""
        del count
        return [row for row in csv.reader(io.StringIO(body.decode(), newline="")) if row]

    def write(self, records: list[Any]) -> bytes:
        """Rows as a body that ends in a newline."""
        buffer = io.StringIO(newline="")
        csv.writer(buffer, lineterminator="\n").writerows(records)
        return buffer.getvalue().encode()

    def select(self, path: JsonPath, record: Any) -> Any:
        """The selected columns."""
        return path.select_row(record)

    def join(self, record: Any, answer: Any) -> Any:
        """The answer's columns behind the record's."""
        return [*record, *answer]

    def stamp(self, record: Any, inference_id: str, moment: str) -> Any:
        """Two more columns."""
        return [*record, inference_id, moment]


class Json:
    """Records as JSON values, one to a line where there are several."""

    def read(self, body: bytes, count: int | None) -> list[Any]:
        """The values of a body; `count` tells how many are expected where the body may be one value on many lines."""
        if count == 1:
            return [json.loads(body)]
        lines = [line for line in body.splitlines() if line.strip()]
        return [json.loads(line) for line in lines]

    def write(self, records: list[Any]) -> bytes:
        """One value to a line."""
        return b"".join(json.dumps(record).encode() + b"\n" for record in records)

    def select(self, path: JsonPath, record: Any) -> Any:
        """The selected part."""
        return path.select(record)

    def join(self, record: Any, answer: Any) -> Any:
        """The answer as one more member of the record."""
        if isinstance(record, dict):
            return {**record, OUTPUT: answer}
        return {INPUT: record, OUTPUT: answer}

    def stamp(self, record: Any, inference_id: str, moment: str) -> Any:
        """Two more members."""
        whole = record if isinstance(record, dict) else {OUTPUT: record}
        return {**whole, INFERENCE_ID: inference_id, INFERENCE_TIME: moment}


CSV, JSON = Csv(), Json()
FORMATS: dict[str, Csv | Json] = {"text/csv": CSV, "application/json": JSON, "application/jsonlines": JSON}


@dataclass(frozen=True)
class Association:
    """What is done to records and answers on their way; bodies pass unread where nothing is asked for."""

    content_type: str
    input_filter: JsonPath
    output_filter: JsonPath
    joined: bool
    stamped: str  # the moment that marks each answer, with an inference id; empty for none
    between: bytes = b"\n"  # what stands between the records of one payload

    @classmethod
    def of(cls, job: dict[str, Any], moment: str) -> "Association":
        """The association that a transform job asks for; `moment` is when it started."""
        processing = job.get("DataProcessing", {})
        return cls(
            content_type=media_type(job["TransformInput"].get("ContentType", "")),
            input_filter=JsonPath(processing.get("InputFilter", "$")),
            output_filter=JsonPath(processing.get("OutputFilter", "$")),
            joined=processing.get("JoinSource", "None") == "Input",
            stamped=moment if job.get("DataCaptureConfig", {}).get("GenerateInferenceId") else "",
            between=b"\n" if job["TransformInput"].get("SplitType", "None") == "Line" else b"",
        )

    def question(self, records: list[bytes]) -> bytes:
        """What the model is asked about a mini-batch."""
        body = self.between.join(records)
        if self.input_filter.everything:
            return body
        with associating("input"):
            found = [self._format.select(self.input_filter, r) for r in self._read(body, len(records))]
            return self._format.write(found).removesuffix(b"\n")

    def result(self, records: list[bytes], answer: bytes) -> bytes:
        """What is kept of a mini-batch and the model's answer to it."""
        if not self.joined and self.output_filter.everything and not self.stamped:
            return answer
        with associating("output"):
            asked = self._read(self.between.join(records), len(records))
            answers = self._read(answer, len(asked))
            if len(answers) != len(asked):
                raise AssociationError(f"the model gave {len(answers)} answers to {len(asked)} records")
            if self.joined:
                answers = [self._format.join(*pair) for pair in zip(asked, answers, strict=True)]
            answers = [self._format.select(self.output_filter, each) for each in answers]
            if self.stamped:
                answers = [self._format.stamp(each, str(uuid.uuid4()), self.stamped) for each in answers]
            return self._format.write(answers)

    @property
    def _format(self) -> Csv | Json:
        return FORMATS[self.content_type]

    def _read(self, body: bytes, count: int) -> list[Any]:
        return self._format.read(body, count)


class associating:  # noqa: N801  # reads as a word in a with statement
    """Turn what can go wrong with a learner's data into AssociationError."""

    def __init__(self, side: str) -> None:
        self._side = side

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, (JsonPathError, ValueError, csv.Error)):
            raise AssociationError(f"Unable to parse or filter the {self._side}: {error}") from None


def media_type(content_type: str) -> str:
    """`text/csv` of `text/csv; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()
