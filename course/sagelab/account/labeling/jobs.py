"""Labeling jobs: the manifest is read, tasks wait for annotators, answers become labels in S3."""

import threading
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from ..control import ApiError, ControlPlane, Record
from ..jobs import INTERNAL
from ..logs import LogStream
from ..wakeup import Wakeup
from . import custom, manifest
from .consolidate import Consolidation, ConsolidationError
from .kinds import CUSTOM, find_kind
from .listing import list_for_team
from .output import Output
from .rules import NOUN, check, counters, workers_of
from .tasks import Tasks

LOG_GROUP = "/aws/sagemaker/LabelingJobs"
TEN_DAYS = 864_000  # seconds that a private team's tasks wait
EXPIRED = "ClientError: The tasks for this object expired before a worker answered one."


class LabelingJobs:
    """The labeling jobs of one account."""

    def __init__(self, plane: ControlPlane, tasks: Tasks) -> None:
        self._plane, self._tasks = plane, tasks
        self._lock = threading.RLock()
        self._ending: set[str] = set()
        self._wakeup = Wakeup(self.scan)
        plane.checks("CreateLabelingJob", partial(check, plane))
        plane.executes("CreateLabelingJob", self._create)
        plane.answers("StopLabelingJob", self._stop)
        plane.answers("ListLabelingJobsForWorkteam", self._list_for_team)
        plane.clock.on_tick(self.scan)
        plane.on_start(self._resume)

    # -- the operations ----------------------------------------------------------------------------------------
    def _create(self, record: Record) -> None:
        """CreateLabelingJob: Initializing until the manifest is read."""
        self._plane.background(self._open, record["_arn"])

    def _stop(self, params: Record) -> Record:
        """StopLabelingJob: what is labeled by now is written."""
        with self._lock:
            job = self._plane.find(NOUN, params["LabelingJobName"])
            status = job["LabelingJobStatus"]
            if status not in ("Initializing", "InProgress"):
                raise ApiError(f"The request was rejected because the labeling job is in status {status}.")
            self._change(job, LabelingJobStatus="Stopping")
        self._end_soon(job["_arn"], "Stopped")
        return {}

    def _list_for_team(self, params: Record) -> Record:
        """ListLabelingJobsForWorkteam."""
        return list_for_team(self._plane, params)

    # -- what annotators see (the portal asks) -----------------------------------------------------------------
    def open(self, job: Record) -> bool:
        """Can a job's tasks be accepted and answered?"""
        return job["LabelingJobStatus"] == "InProgress" and job["_arn"] not in self._ending

    def in_progress(self, name: str) -> Record:
        """A job whose tasks can be accepted and answered; ApiError for any other."""
        job = self._plane.find(NOUN, name)
        if not self.open(job):
            raise ApiError(f"Labeling job [{name}] has no tasks: it is in status {job['LabelingJobStatus']}.")
        return job

    def answered(self, name: str) -> None:
        """Somebody answered: count, and end the job where that was the last answer it wanted."""
        with self._lock:
            job = self._plane.find(NOUN, name)
            done = self._count(job) if self.open(job) else None
            if done is not None:
                self._end_soon(job["_arn"], done)

    def scan(self) -> None:
        """End the jobs whose tasks have waited for too long."""
        now, waits = self._plane.clock.time(), []
        for job in self._plane.records(NOUN):
            if job["LabelingJobStatus"] == "InProgress":
                wait = job["TasksExpire"] - now
                if wait <= 0:
                    self._end_soon(job["_arn"], "Completed")
                else:
                    waits.append(wait)
        self._wakeup.after(min(waits) if waits else None)

    # -- from the manifest to the tasks ------------------------------------------------------------------------
    def _open(self, arn: str) -> None:
        job = self._plane.find(NOUN, arn)
        try:
            self._read(job)
        except manifest.CannotReadError as error:
            self._fail(job, str(error))
        except Exception as error:
            self._fail(job, internal(error))
            raise
        self.scan()
        self.answered(job["LabelingJobName"])  # a job whose objects nobody needs to see is done

    def _read(self, job: Record) -> None:
        """Read the manifest and what belongs to it, and let the tasks wait."""
        arn = job["_arn"]
        lines = manifest.read_manifest(
            self._plane, job["InputConfig"]["DataSource"]["S3DataSource"]["ManifestS3Uri"]
        )
        categories = manifest.read_categories(self._plane, job.get("LabelCategoryConfigS3Uri"))
        template = job["HumanTaskConfig"]["UiConfig"].get("UiTemplateS3Uri")
        if template:
            manifest.read(self._plane, template, "worker task template")
        is_custom = find_kind(job["HumanTaskConfig"]) is CUSTOM
        tasks = custom.make_tasks(self._plane, job, lines) if is_custom else lines
        waiting = job["HumanTaskConfig"].get("TaskAvailabilityLifetimeInSeconds", TEN_DAYS)
        with self._lock:
            if self._plane.find(NOUN, arn)["LabelingJobStatus"] != "Initializing":  # stopped by now
                return
            self._tasks.open(arn, lines, tasks)
            self._change(
                job,
                LabelingJobStatus="InProgress",
                LabelCounters=counters(len(self._tasks.wanted(arn)), 0, 0),
                Categories=categories.entries,
                Instructions=categories.instructions,
                TasksExpire=self._plane.clock.time() + waiting,
            )

    def _count(self, job: Record) -> str | None:
        """Bring the counters up to date; the status in which the job should end now, if it should."""
        progress = self._tasks.progress(job["_arn"], workers_of(job))
        self._change(job, LabelCounters=counters(progress.objects, progress.complete, 0))
        if progress.complete == progress.objects:
            return "Completed"
        limits = job.get("StoppingConditions", {})
        most = limits.get("MaxHumanLabeledObjectCount", progress.objects)
        share = limits.get("MaxPercentageOfInputDatasetLabeled", 100)
        enough = progress.complete >= most or 100 * progress.complete >= share * progress.objects
        return "Stopped" if enough else None

    # -- from the answers to the labels ------------------------------------------------------------------------
    def _end_soon(self, arn: str, status: str) -> None:
        with self._lock:
            if arn in self._ending:
                return
            self._ending.add(arn)
        self._plane.background(self._end, arn, status)

    def _end(self, arn: str, status: str) -> None:
        job = self._plane.find(NOUN, arn)
        log = LogStream(self._plane.client("logs"), self._plane.clock, LOG_GROUP, job["LabelingJobName"])
        try:
            changes = self._label(job, status, log)
        except (ClientError, ValueError) as error:
            changes = failed(f"ClientError: Cannot write the output: {error}")
        except (ConsolidationError, custom.FunctionFailedError) as error:
            changes = failed(str(error))
        except Exception as error:
            changes = failed(internal(error))
            raise
        finally:
            log.close()
            with self._lock:
                self._change(job, **changes)
                self._ending.discard(arn)

    def _label(self, job: Record, status: str, log: LogStream) -> Record:
        """Consolidate what there is, write it, and count it."""
        kind, entries = find_kind(job["HumanTaskConfig"]), job.get("Categories", [])
        lines = self._tasks.lines(job["_arn"])
        answers = self._tasks.answers(job["_arn"])
        expired = status == "Completed"
        if not expired:  # a job that is stopped labels what has all its answers
            answers = {n: given for n, given in answers.items() if len(given) >= workers_of(job)}
        objects = self._tasks.wanted(job["_arn"])
        failures = {n: EXPIRED for n in objects if expired and n not in answers}
        output = Output(self._plane, job, kind, entries)
        request = output.write_answers(answers, lines, self._issuer(job))
        labels: dict[int, Any]
        if kind is CUSTOM:
            found = custom.consolidate(self._plane, job, request) if answers else {}
            labels = dict.fromkeys(answers)
            if found is not None:
                labels = {n: found[n] for n in answers if n in found}
            failures |= dict.fromkeys(answers.keys() - labels.keys(), custom.NO_LABEL)
        else:
            names = [entry["label"] for entry in entries]
            labels = Consolidation(self._plane, job, kind, names).run(answers, lines, log)
        output.write_labels(lines, labels, failures)
        return {
            "LabelingJobStatus": status,
            "LabelCounters": counters(len(objects), len(labels), len(failures)),
            "LabelingJobOutput": {"OutputDatasetS3Uri": output.manifest},
        }

    def _issuer(self, job: Record) -> Record:
        """Who vouches for the workers of a job, as their responses show it."""
        team = self._plane.find("Workteam", job["HumanTaskConfig"]["WorkteamArn"])
        workforce = self._plane.find("Workforce", team["WorkforceArn"])
        if "OidcConfig" in workforce:
            return {"identityProviderType": "Oidc", "issuer": workforce["OidcConfig"]["Issuer"]}
        pool = workforce["CognitoConfig"]["UserPool"]
        host = f"https://cognito-idp.{self._plane.region}.amazonaws.com"
        return {"identityProviderType": "Cognito", "issuer": f"{host}/{pool}"}

    # -- helpers -----------------------------------------------------------------------------------------------
    def _fail(self, job: Record, reason: str) -> None:
        log = LogStream(self._plane.client("logs"), self._plane.clock, LOG_GROUP, job["LabelingJobName"])
        log.add(reason)
        log.close()
        with self._lock:
            if self._plane.find(NOUN, job["_arn"])["LabelingJobStatus"] == "Initializing":
                self._change(job, **failed(reason))

    def _change(self, job: Record, **changes: Any) -> Record:
        return self._plane.update(NOUN, job["_arn"], **changes, LastModifiedTime=self._plane.clock.time())

    def _resume(self) -> None:
        """After a restart: go on where the job was; its tasks and answers are on disk."""
        for job in self._plane.records(NOUN):
            status, arn = job["LabelingJobStatus"], job["_arn"]
            if status == "Initializing":
                self._plane.background(self._open, arn)
            elif status == "Stopping":
                self._end_soon(arn, "Stopped")
            elif status == "InProgress":
                self._plane.background(self.answered, job["LabelingJobName"])
        self._plane.background(self.scan)


def internal(error: Exception) -> str:
    """The FailureReason for a fault of ours."""
    return f"{INTERNAL} The local account says: {error!r}"


def failed(reason: str) -> Record:
    """The changes that end a job without its labels."""
    return {"LabelingJobStatus": "Failed", "FailureReason": reason[:1024]}
