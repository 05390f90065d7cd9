"""One AutoML job: analyze, engineer features, train candidates, report on the best, deploy it where asked."""

import json
import secrets
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from .. import s3
from ..control import ApiError, ControlPlane, Record
from ..failures import LONGEST
from ..following import Following
from ..jobs import JobError
from . import metric_names, notebooks
from .candidates import FINAL, Candidates, places
from .children import Children
from .deploying import deploy
from .plans import Plans
from .reports import Reports
from .request import TUNING, Request, other_form

NOUN = "AutoMLJob"
SCRIPTS = Path(__file__).with_name("scripts")
PARALLEL = 2


class StoppedError(Exception):
    """The job was asked to stop."""


class LateError(Exception):
    """MaxAutoMLJobRuntimeInSeconds is over, and there is no candidate yet."""


class AutoMLRun:
    """One AutoML job from its start to its end."""

    def __init__(
        self, plane: ControlPlane, job: Record, following: Following, candidates: Candidates
    ) -> None:
        self._plane, self._job, self._following, self._candidates = plane, job, following, candidates
        self._s3 = plane.client("s3")
        self._request = Request.of(job)
        self._name = self._request.name
        self._tag = secrets.token_hex(4)
        self._places = places(self._request.output, self._name)
        self._plans = Plans(self._request, self._places)
        self._children = Children(plane, following, job["_arn"])
        self._stopped = False  # by StopAutoMLJob
        self._late = False  # MaxAutoMLJobRuntimeInSeconds is over
        self._partial: list[str] = []

    # -- the three calls of Jobs -------------------------------------------------------------------------------
    def begin(self) -> None:
        """The job is InProgress, Starting; both Describe operations can show it."""
        criteria = {
            "CompletionCriteria": {"MaxCandidates": self._request.most_candidates, **self._request.criteria}
        }
        self._note(**other_form(self._request, self._job), ResolvedAttributes=criteria)
        self._enter("Starting")

    def stop(self) -> None:
        """StopAutoMLJob: whatever runs now is stopped."""
        self._stopped = True
        self._plane.update(NOUN, self._job["_arn"], AutoMLJobSecondaryStatus="Stopping")
        self._children.stop()

    def run(self) -> Record:
        """Do the job; its final status and all that comes with it."""
        timer = self._timer()
        try:
            return self._work()
        except StoppedError:
            return self._end("Stopped", "Stopped")
        except LateError:
            return self._end("Stopped", "MaxAutoMLJobRuntimeReached")
        except (JobError, ApiError) as failure:
            if self._stopped:
                return self._end("Stopped", "Stopped")
            return self._end("Failed", "Failed", FailureReason=str(failure)[:LONGEST])
        finally:
            if timer:
                timer.cancel()
            self._children.stop()

    # -- the work ----------------------------------------------------------------------------------------------
    def _work(self) -> Record:
        self._upload_code()
        analysis = self._analyze()
        self._enter("FeatureEngineering")
        self._define(analysis)
        if self._request.definitions_only:
            return self._end("Completed", "CandidateDefinitionsGenerated")
        self._enter("ModelTuning" if self._request.mode == TUNING else "TrainingModels")
        (self._tune if self._request.mode == TUNING else self._ensemble)(analysis)
        self._insist()
        best = self._candidates.best(self._record())
        if best is None and self._late:
            raise LateError
        if best is None:
            raise JobError(self._no_candidate())
        self._note(BestCandidate=best)
        if self._late:
            return self._end("Completed", "MaxAutoMLJobRuntimeReached")
        self._report(analysis, best)
        self._note(BestCandidate=self._candidates.best(self._record()))
        return self._deploy(best)

    def _upload_code(self) -> None:
        """The scripts, to be read and changed by the job's owner, and as the archive that training jobs take."""
        config = {
            "job_name": self._name,
            "target": self._request.target,
            "problem_type": self._request.problem_type,
            "objective": self._request.objective,
            "validation_fraction": self._request.fraction,
            "features": self._feature_specification(),
            "data_uri": self._places["data"],
        }
        with tempfile.TemporaryDirectory(dir=self._plane.home) as scratch:
            code = Path(scratch, "sourcedir")
            code.mkdir()
            for script in (*SCRIPTS.glob("*.py"), *map(Path, (notebooks.__file__, metric_names.__file__))):
                shutil.copy(script, code / script.name)
            s3.upload(self._s3, code, self._places["code"])
            s3.upload_tar(self._s3, code, self._plans.code)
        self._put(s3.join(self._places["code"], "config", "config.json"), json.dumps(config))

    def _feature_specification(self) -> Record:
        uri = self._request.feature_specification
        if not uri:
            return {}
        try:
            found = json.loads(self._get(uri))
        except Exception as error:  # whatever is wrong with the learner's file or its place
            raise JobError(f"ClientError: The feature specification {uri} cannot be read: {error}") from None
        return found if isinstance(found, dict) else {}

    def _analyze(self) -> Record:
        """The first processing job; what it found out."""
        self._enter("AnalyzingData")
        name = f"{self._name[:20]}-pr-1-{self._tag}"
        job = self._child("ProcessingJob", self._plans.preparation(name))
        self._note(_preparation=job["_arn"])
        if job["ProcessingJobStatus"] == "Failed":
            raise JobError(job.get("ExitMessage") or job.get("FailureReason", "The analysis failed."))
        self._insist()
        if job["ProcessingJobStatus"] == "Stopped":
            if self._late:
                raise LateError
            raise JobError("The analysis was stopped.")
        analysis: Record = json.loads(self._get(s3.join(self._places["data"], "config", "analysis.json")))
        resolved = self._record()["ResolvedAttributes"]
        problem = analysis["problem_type"]
        notebook = "SageMakerAutopilotDataExplorationNotebook.ipynb"
        self._note(
            _problem=problem,
            _objective=analysis["objective"],
            AutoMLJobArtifacts={
                "DataExplorationNotebookLocation": s3.join(self._places["notebooks"], notebook)
            },
            ResolvedAttributes={
                **resolved,
                "AutoMLJobObjective": {"MetricName": analysis["objective"]},
                "ProblemType": problem,
                "AutoMLProblemTypeResolvedAttributes": {
                    "TabularResolvedAttributes": {"ProblemType": problem}
                },
            },
        )
        return analysis

    def _define(self, analysis: Record) -> None:
        """The candidate definition notebook, which only tuning has."""
        if self._request.mode != TUNING:
            return
        config = {
            "job_name": self._name,
            "code_uri": self._places["code"],
            "tuning_request": self._plans.tuning(self._tuning_name, analysis, PARALLEL),
        }
        uri = s3.join(self._places["notebooks"], "SageMakerAutopilotCandidateDefinitionNotebook.ipynb")
        self._put(uri, json.dumps(notebooks.candidate_definition(analysis, config)))
        artifacts = self._record()["AutoMLJobArtifacts"]
        self._note(AutoMLJobArtifacts={**artifacts, "CandidateDefinitionNotebookLocation": uri})

    @property
    def _tuning_name(self) -> str:
        return f"{self._name[:16].rstrip('-')}-tun-{self._tag}"

    def _tune(self, analysis: Record) -> None:
        """Hyperparameter tuning over the algorithms and feature pipelines."""
        self._note(_tuning=self._plane.arn("HyperParameterTuningJob", self._tuning_name))
        self._child("HyperParameterTuningJob", self._plans.tuning(self._tuning_name, analysis, PARALLEL))

    def _ensemble(self, analysis: Record) -> None:
        """Base models, then an ensemble of those that succeeded."""
        waiting = list(range(self._plans.bases()))
        running: list[str] = []
        trained: list[Record] = []
        while waiting or running:
            while waiting and len(running) < PARALLEL:
                number = waiting.pop(0)
                request = self._plans.base(self._candidate_name(number), analysis, number)
                running.append(self._children.start("TrainingJob", request))
            for job in self._children.ended("TrainingJob", running):
                running.remove(job["_arn"])
                if job["TrainingJobStatus"] == "Completed":
                    trained.append(job)
            if self._ended:
                waiting = []
        if len(trained) > 1 and self._request.most_candidates > 1 and not self._ended:
            outputs = [job["ModelArtifacts"]["S3ModelArtifacts"].rpartition("/")[0] + "/" for job in trained]
            request = self._plans.ensemble(self._candidate_name(None), analysis, outputs)
            self._child("TrainingJob", request)

    def _candidate_name(self, number: int | None) -> str:
        """A new candidate's name, remembered as one of the job's."""
        kind = "WeightedEnsembleL2" if number is None else f"t{number + 1}"
        name = f"{self._name}-{kind}-{self._tag}"
        self._note(_candidates=[*self._record().get("_candidates", []), name])
        return name

    def _no_candidate(self) -> str:
        found = self._candidates.of(self._record())
        reason = next((each["FailureReason"] for each in found if "FailureReason" in each), "")
        return f"No candidate could be trained. {reason}".strip()

    def _report(self, analysis: Record, best: Record) -> None:
        """What explains the best candidate; where a report fails, the job has partly failed."""
        if FINAL not in best:
            return
        reports = Reports(self._plane, self._request, self._places, self._child)
        for status, make, what in (
            ("GeneratingExplainabilityReport", reports.explain, "Explainability"),
            ("GeneratingModelInsightsReport", reports.insights, "ModelInsights"),
        ):
            self._enter(status)
            try:
                uri = make(analysis, best)
            except (JobError, ApiError) as error:
                self._insist()
                self._partial.append(f"{what} report: {error}"[:LONGEST])
                self._note(PartialFailureReasons=[{"PartialFailureMessage": text} for text in self._partial])
                continue
            self._insist()
            known = self._record().get("_reports", {}).get("locations", {})
            self._note(_reports={"candidate": best["CandidateName"], "locations": {**known, what: uri}})

    def _deploy(self, best: Record) -> Record:
        secondary = "Completed"
        if self._partial:
            secondary = (
                "ExplainabilityError" if self._partial[0].startswith("Explain") else "ModelInsightsError"
            )
        if self._request.deploy is None:
            return self._end("Completed", secondary)
        self._enter("DeployingModel")
        try:
            name = deploy(self._plane, self._following, self._request, best)
        except (JobError, ApiError) as error:
            self._partial.append(f"Model deployment: {error}"[:LONGEST])
            self._note(PartialFailureReasons=[{"PartialFailureMessage": text} for text in self._partial])
            return self._end("Completed", "ModelDeploymentError")
        return self._end("Completed", secondary, ModelDeployResult={"EndpointName": name})

    # -- stopping ----------------------------------------------------------------------------------------------
    @property
    def _ended(self) -> bool:
        return self._stopped or self._late

    def _insist(self) -> None:
        """StoppedError where the job was asked to stop."""
        if self._stopped:
            raise StoppedError

    def _child(self, noun: str, request: Record) -> Record:
        """Start a job and wait for its end, unless the job was asked to stop."""
        self._insist()
        return self._children.run(noun, request)

    def _timer(self) -> threading.Timer | None:
        seconds = self._request.criteria.get("MaxAutoMLJobRuntimeInSeconds")
        if seconds is None:
            return None
        timer = threading.Timer(seconds, self._run_out)
        timer.daemon = True
        timer.start()
        return timer

    def _run_out(self) -> None:
        self._late = True
        self._children.stop()

    # -- the record --------------------------------------------------------------------------------------------
    def _record(self) -> Record:
        return self._plane.find(NOUN, self._job["_arn"])

    def _note(self, **changes: Any) -> None:
        self._plane.update(NOUN, self._job["_arn"], LastModifiedTime=self._plane.clock.time(), **changes)

    def _enter(self, secondary: str) -> None:
        self._insist()
        self._note(AutoMLJobSecondaryStatus=secondary)

    def _end(self, status: str, secondary: str, **more: Any) -> Record:
        now = self._plane.clock.time()
        return {
            "AutoMLJobStatus": status,
            "AutoMLJobSecondaryStatus": secondary,
            "EndTime": now,
            "LastModifiedTime": now,
            **more,
        }

    # -- S3 ----------------------------------------------------------------------------------------------------
    def _get(self, uri: str) -> bytes:
        where = s3.split(uri)
        body: bytes = self._s3.get_object(Bucket=where.bucket, Key=where.key)["Body"].read()
        return body

    def _put(self, uri: str, text: str) -> None:
        where = s3.split(uri)
        self._s3.put_object(Bucket=where.bucket, Key=where.key, Body=text.encode())
