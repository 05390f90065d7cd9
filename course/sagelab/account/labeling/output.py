"""The output of a labeling job in AWS's layout, from its answers and what the consolidation made of them.

<S3OutputPath>/<job>/annotations/worker-response/iteration-1/<object>/<time>.json
                    /annotations/consolidated-annotation/consolidation-request/iteration-1/<time>.json
                    /annotations/consolidated-annotation/consolidation-response/iteration-1/<time>.json
                    /annotations/intermediate/1/annotations.manifest
                    /manifests/output/output.manifest
"""

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from .. import s3
from ..control import ControlPlane, Record
from .kinds import CUSTOM, Kind
from .tasks import Answer


class Output:
    """Writes what one job leaves in S3."""

    def __init__(self, plane: ControlPlane, job: Record, kind: Kind, entries: list[Record]) -> None:
        self._plane, self._job, self._kind = plane, job, kind
        self._entries = entries
        self._labels = [entry["label"] for entry in entries]
        self._metadata_name = f"{job['LabelAttributeName']}-metadata"
        self._feedback: dict[int, Record] = {}  # what workers remarked, by object
        self._now = plane.clock.now()
        self._stamp = f"{self._now:%Y-%m-%d_%H:%M:%S}.json"
        self._root = s3.join(job["OutputConfig"]["S3OutputPath"], job["LabelingJobName"])
        self.manifest = s3.join(self._root, "manifests/output/output.manifest")

    # -- the files ---------------------------------------------------------------------------------------------
    def write_answers(self, answers: dict[int, list[Answer]], lines: list[str], issuer: Record) -> str:
        """The workers' responses, one file an object, and all of them together; the URI of the latter."""
        requests = []
        for number, given in answers.items():
            comments = [{"comment": a.content["comment"]} for a in given if "comment" in a.content]
            if comments and self._kind is not CUSTOM:
                self._feedback[number] = {"worker-feedback": comments}
            responses = [self._response(answer, issuer) for answer in given]
            self._put(self._response_file(number), {"answers": responses})
            requests.append(
                {
                    "datasetObjectId": str(number),
                    "dataObject": data_object(json.loads(lines[number])),
                    "annotations": [
                        {
                            "workerId": response["workerId"],
                            "annotationData": {"content": json.dumps(response["answerContent"])},
                        }
                        for response in responses
                    ],
                }
            )
        return self._put(f"{CONSOLIDATION}-request/iteration-1/{self._stamp}", requests)

    def write_labels(self, lines: list[str], labels: dict[int, Any], failures: dict[int, str]) -> None:
        """The consolidated labels, and the output manifest: one line for each labeled or failed object."""
        consolidated = {number: self._label(number, value) for number, value in labels.items()}
        for number, content in consolidated.items():
            content[self._metadata_name].update(self._feedback.get(number, {}))
        response = [
            {"datasetObjectId": str(number), "consolidatedAnnotation": {"content": content}}
            for number, content in consolidated.items()
        ]
        self._put(f"{CONSOLIDATION}-response/iteration-1/{self._stamp}", response)
        failed = {number: self._failure(reason) for number, reason in failures.items()}
        rows = {**consolidated, **failed}
        text = "".join(json.dumps({**json.loads(lines[n]), **rows[n]}) + "\n" for n in sorted(rows))
        self._put("annotations/intermediate/1/annotations.manifest", text)
        self._put("manifests/output/output.manifest", text)

    def _response_file(self, number: int) -> str:
        return f"annotations/worker-response/iteration-1/{number}/{self._stamp}"

    def _put(self, name: str, body: Any) -> str:
        where = s3.split(s3.join(self._root, name))
        text = body if isinstance(body, str) else json.dumps(body)
        self._plane.client("s3").put_object(Bucket=where.bucket, Key=where.key, Body=text.encode())
        return where.uri

    # -- their parts -------------------------------------------------------------------------------------------
    def _response(self, answer: Answer, issuer: Record) -> Record:
        sub = uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer['issuer']}/{answer.worker}")
        return {
            "acceptanceTime": moment(answer.accepted),
            "answerContent": answer.content if self._kind is CUSTOM else {self._kind.element: answer.content},
            "submissionTime": moment(answer.submitted),
            "timeSpentInSeconds": round(answer.spent, 3),
            "workerId": worker_id(self._plane.region, answer.worker),
            "workerMetadata": {"identityData": {**issuer, "sub": str(sub)}},
        }

    def _label(self, number: int, value: Any) -> Record:
        """What one object gets: its label, and the label's metadata."""
        name = self._job["LabelAttributeName"]
        if self._kind is CUSTOM:
            return self._custom(number, value)
        if self._kind.answer == "label":
            label, metadata = self._one(*value)
        elif self._kind.answer == "labels":
            label, metadata = self._several(value)
        elif self._kind.answer == "entities":
            label, metadata = self._spans(value)
        else:
            label, metadata = self._boxes(value)
        return {name: label, self._metadata_name: {**metadata, **self._metadata(), "human-annotated": "yes"}}

    def _one(self, label: int, confidence: float) -> tuple[Any, Record]:
        return label, {"class-name": self._labels[label], "confidence": confidence}

    def _several(self, chosen: list[list[Any]]) -> tuple[Any, Record]:
        return [label for label, _ in chosen], {
            "class-map": {str(label): self._labels[label] for label, _ in chosen},
            "confidence-map": {str(label): confidence for label, confidence in chosen},
        }

    def _boxes(self, found: Record) -> tuple[Any, Record]:
        marks = [
            {"class_id": self._labels.index(box["label"]), **{side: box[side] for side in SIDES}}
            for box in found["boxes"]
        ]
        used = sorted({mark["class_id"] for mark in marks})
        return {"image_size": found["image_size"], "annotations": marks}, {
            "objects": [{"confidence": box["confidence"]} for box in found["boxes"]],
            "class-map": {str(number): self._labels[number] for number in used},
        }

    def _spans(self, found: list[Record]) -> tuple[Any, Record]:
        spans = [{name: span[name] for name in ("label", "startOffset", "endOffset")} for span in found]
        return {"annotations": {"labels": self._entries, "entities": spans}}, {
            "entities": [{"confidence": span["confidence"]} for span in found]
        }

    def _custom(self, number: int, content: Record | None) -> Record:
        """What the job's function made of the answers; without a function, where the answers are."""
        name = self._job["LabelAttributeName"]
        metadata = {**self._metadata(), "human-annotated": "yes"}
        if content is None:
            content = {name: {}}
            metadata["worker-response-ref"] = s3.join(self._root, self._response_file(number))
        return {**content, self._metadata_name: {**metadata, **content.get(self._metadata_name, {})}}

    def _failure(self, reason: str) -> Record:
        metadata = {"failure-reason": reason, **self._metadata(), "human-annotated": "yes"}
        return {self._metadata_name: metadata}

    def _metadata(self) -> Record:
        return {
            "type": self._kind.type,
            "job-name": f"labeling-job/{self._job['LabelingJobName'].lower()}",
            "creation-date": self._now.replace(tzinfo=None).isoformat(timespec="microseconds"),
        }


CONSOLIDATION = "annotations/consolidated-annotation/consolidation"
SIDES = ("left", "top", "width", "height")


def data_object(item: Record) -> Record:
    """A manifest line's object as a consolidation request shows it."""
    return {"s3Uri": item["source-ref"]} if "source-ref" in item else {"content": item["source"]}


def worker_id(region: str, worker: str) -> str:
    """The id by which a private worker's answers are known."""
    return f"private.{region}.{hashlib.sha256(worker.encode()).hexdigest()[:16]}"


def moment(seconds: float) -> str:
    """A time as worker responses show it."""
    shown = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return shown.isoformat(timespec="milliseconds") + "Z"
