"""CreateModelCardExportJob: a document of one version of a card, in S3.

AWS exports a PDF. Here the card becomes an HTML page, and beside it a PDF where weasyprint is installed
(`pip install sagelab[pdf]`); ExportArtifacts names the PDF, without weasyprint the page.
"""

import json
import shutil
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, TimeoutExpired
from typing import Any

from botocore.exceptions import ClientError

from .. import s3
from ..control import ApiError, ControlPlane, Record
from ..execute import child_environment
from ..failures import LONGEST, Tail
from ..spawn import spawn
from ..wording import taken
from .cards import CARD, Cards

JOB = "ModelCardExportJob"
PROGRAM = "sagelab.account.containers.card_document"
SECONDS = 120.0
INTERRUPTED = "InternalServerError: The local account was stopped while the export ran."


class ExportError(Exception):
    """An export cannot go on; the text is its FailureReason."""


class Exports:
    """The export jobs of one account."""

    def __init__(self, plane: ControlPlane, cards: Cards) -> None:
        self._plane, self._cards = plane, cards
        self._folder = plane.home / "exports"
        shutil.rmtree(self._folder, ignore_errors=True)  # what a killed account left
        plane.answers("CreateModelCardExportJob", self.create)
        plane.checks("ListModelCardExportJobs", self._check_card)
        plane.checks("DeleteModelCard", self._refuse_busy)
        plane.executes("DeleteModelCard", self._forget)
        plane.on_start(self._fail_interrupted)

    def create(self, params: Record) -> Record:
        """CreateModelCardExportJob: keep the job and begin it."""
        version = self._cards.version(params["ModelCardName"], params.get("ModelCardVersion"))
        path = params["OutputConfig"]["S3OutputPath"]
        if not s3.S3_URI.fullmatch(path):
            raise ApiError(f'Invalid S3OutputPath "{path}": write s3://bucket/prefix.')
        now = self._plane.clock.time()
        arn = f"{version['ModelCardArn']}/export-job/{params['ModelCardExportJobName']}"
        job: Record = {
            "_arn": arn,
            "ModelCardExportJobName": params["ModelCardExportJobName"],
            "ModelCardExportJobArn": arn,
            "ModelCardName": version["ModelCardName"],
            "ModelCardVersion": version["ModelCardVersion"],
            "OutputConfig": params["OutputConfig"],
            "Status": "InProgress",
            "CreationTime": now,
            **dict.fromkeys(("CreatedAt", "LastModifiedAt", "LastModifiedTime"), now),
        }
        if not self._plane.store.add(JOB, job):
            noun = self._plane.model.noun(JOB)
            raise taken(self._plane.model, "CreateModelCardExportJob", noun, arn)
        self._plane.background(self._run, job, version)
        return {"ModelCardExportJobArn": arn}

    # -- the work ----------------------------------------------------------------------------------------------
    def _run(self, job: Record, version: Record) -> None:
        folder = self._folder / f"{job['ModelCardName']}-{job['ModelCardExportJobName']}"
        try:
            ended: dict[str, Any] = {
                "Status": "Completed",
                "ExportArtifacts": {"S3ExportArtifacts": self._export(job, version, folder)},
            }
        except ExportError as failure:
            ended = {"Status": "Failed", "FailureReason": str(failure)[:LONGEST]}
        except Exception as error:  # a fault of ours
            ended = {"Status": "Failed", "FailureReason": f"InternalServerError: {error!r}"[:LONGEST]}
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        now = self._plane.clock.time()
        times = {"LastModifiedAt": now, "LastModifiedTime": now}
        self._plane.store.update(JOB, job["_arn"], {**ended, **times})

    def _export(self, job: Record, version: Record, folder: Path) -> str:
        """Make the documents and upload them; the URI of the one to read."""
        folder.mkdir(parents=True)
        name = f"{job['ModelCardName']}-{job['ModelCardVersion']}-{job['ModelCardExportJobName']}"
        (folder / "card.json").write_text(json.dumps(version))
        self._draw(folder, name)
        made = [path for kind in ("html", "pdf") if (path := folder / f"{name}.{kind}").exists()]
        uris = [s3.join(job["OutputConfig"]["S3OutputPath"], path.name) for path in made]
        try:
            for path, uri in zip(made, uris, strict=True):
                s3.send(self._plane.client("s3"), path, uri)
        except (ClientError, ValueError) as error:
            raise ExportError(f"ClientError: Failed to upload the model card. {error}") from None
        return uris[-1]

    def _draw(self, folder: Path, name: str) -> None:
        command = [sys.executable, "-P", "-m", PROGRAM, str(folder / "card.json"), str(folder / name)]
        environment = child_environment(self._plane, {"PYTHONPATH": str(Path(__file__).parents[3])})
        child = spawn(command, folder, environment, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
        try:
            said, _ = child.communicate(timeout=SECONDS)
        except TimeoutExpired:
            child.kill()
            raise ExportError(f"The document was not ready after {SECONDS:.0f} seconds.") from None
        if child.returncode:
            tail = Tail()
            for line in said.decode("utf-8", "replace").splitlines():
                tail.add(line)
            raise ExportError(f"InternalServerError: The document could not be made. {tail.error}")

    # -- checks and endings ------------------------------------------------------------------------------------
    def _named(self, params: Record) -> Record:
        return self._plane.find(CARD, params["ModelCardName"])

    def _check_card(self, params: Record) -> None:
        self._named(params)

    def _jobs_of(self, card: str) -> list[Record]:
        return [job for job in self._plane.records(JOB) if job["ModelCardName"] == card]

    def _refuse_busy(self, params: Record) -> None:
        name = self._named(params)["ModelCardName"]
        if any(job["Status"] == "InProgress" for job in self._jobs_of(name)):
            raise ApiError(f"Model card {name} has an export job in progress.", "ConflictException")

    def _forget(self, card: Record) -> None:
        for job in self._jobs_of(card["ModelCardName"]):
            self._plane.store.delete(JOB, job["_arn"])

    def _fail_interrupted(self) -> None:
        now = self._plane.clock.time()
        for job in self._plane.records(JOB):
            if job["Status"] == "InProgress":
                failed = {"Status": "Failed", "FailureReason": INTERRUPTED, "LastModifiedAt": now}
                self._plane.store.update(JOB, job["_arn"], failed)
