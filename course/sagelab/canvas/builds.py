"""Quick build and Standard build: the AutoML job that each asks for, and how far a job has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sagelab.canvas.columns import Column, typed
from sagelab.canvas.problems import Problem
from sagelab.errors import SagelabError

__all__ = [
    "BUILDS",
    "Build",
    "Candidate",
    "Progress",
    "candidates",
    "job_request",
    "progress",
    "training_table",
]

SEED = 0
MINIMIZE = "Minimize"
STAGES = {  # secondary status: what happens; AWS names them all, an ensembling job passes through these
    "Starting": "Start",
    "AnalyzingData": "Analyze the data",
    "FeatureEngineering": "Make features",
    "TrainingModels": "Train candidates",
    "GeneratingExplainabilityReport": "Explain the best one",
    "GeneratingModelInsightsReport": "Measure the best one",
}
SAME_AS = {"PreTraining": "FeatureEngineering", "ModelTuning": "TrainingModels"}
LAST_OF = "DeployingModel"


@dataclass(frozen=True)
class Build:
    """A kind of build: how many candidates may be trained, and on how many rows at most (None: on all)."""

    key: str
    title: str
    candidates: int
    rows: int | None


BUILDS = {
    build.key: build
    for build in (Build("quick", "Quick build", 3, 3000), Build("standard", "Standard build", 10, None))
}


@dataclass(frozen=True)
class Candidate:
    """One candidate of the leaderboard; `score` is its objective on the held-out rows, None where it has none."""

    name: str
    status: str
    score: float | None
    metric: str
    model: str = ""  # the algorithm and the feature pipeline, where the training job tells
    metrics: tuple[tuple[str, float], ...] = ()  # of the held-out rows

    def payload(self) -> dict[str, Any]:
        """The candidate as plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Progress:
    """A job's way: its status, the stages (done, now, waiting), the seconds that it took once it has ended."""

    job: str
    status: str
    secondary: str
    stages: tuple[tuple[str, str], ...]
    seconds: float | None = None
    failure: str = ""

    @property
    def moving(self) -> bool:
        """Something is still going on."""
        return self.status in ("InProgress", "Stopping")

    def payload(self) -> dict[str, Any]:
        """The progress as plain JSON."""
        return {**asdict(self), "moving": self.moving}


def training_table(table: Any, columns: Sequence[Column], target: str, left_out: Sequence[str]) -> Any:
    """The rows and columns that a build learns from: chosen columns, mismatched cells empty, target known."""
    kept = [c for c in columns if c.name == target or not (c.reason or c.name in left_out)]
    rows = table[table[target].notna()]
    return rows.assign(**{column.name: typed(rows[column.name], column.kind) for column in kept})[
        [column.name for column in kept]
    ]


def sample(table: Any, build: Build) -> Any:
    """At most as many rows as the build takes, drawn once and for all."""
    if build.rows is None or len(table) <= build.rows:
        return table
    return table.sample(build.rows, random_state=SEED).sort_index()


def job_request(
    name: str, problem: Problem, build: Build, *, data: str, output: str, role: str, target: str
) -> dict[str, Any]:
    """The request of CreateAutoMLJobV2 for a build of the table at the S3 URI `data`."""
    return {
        "AutoMLJobName": name,
        "AutoMLJobInputDataConfig": [
            {
                "ChannelType": "training",
                "ContentType": "text/csv;header=present",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": output},
        "RoleArn": role,
        "AutoMLProblemTypeConfig": {
            "TabularJobConfig": {
                "TargetAttributeName": target,
                "ProblemType": problem.key,
                "Mode": "ENSEMBLING",
                "CompletionCriteria": {"MaxCandidates": build.candidates},
            }
        },
        "AutoMLJobObjective": {"MetricName": problem.objective},
    }


def opened(sagemaker: Any, job: str) -> tuple[str, str]:
    """The target and the ProblemType of an AutoML job; "" where it has not recognized one yet."""
    found = sagemaker.describe_auto_ml_job_v2(AutoMLJobName=job)
    tabular = found["AutoMLProblemTypeConfig"].get("TabularJobConfig")
    if not tabular:
        raise SagelabError(f"AutoML job {job} does not learn from a table.")
    resolved = found.get("ResolvedAttributes", {}).get("AutoMLProblemTypeResolvedAttributes", {})
    recognized = resolved.get("TabularResolvedAttributes", {}).get("ProblemType", "")
    return str(tabular["TargetAttributeName"]), str(tabular.get("ProblemType", recognized))


def progress(sagemaker: Any, job: str) -> Progress:
    """How far a job has come, by DescribeAutoMLJobV2."""
    found = sagemaker.describe_auto_ml_job_v2(AutoMLJobName=job)
    status, secondary = found["AutoMLJobStatus"], found["AutoMLJobSecondaryStatus"]
    end = found.get("EndTime")
    partial = [each["PartialFailureMessage"] for each in found.get("PartialFailureReasons", [])]
    return Progress(
        job=job,
        status=status,
        secondary=secondary,
        stages=stages(status, secondary),
        seconds=(end - found["CreationTime"]).total_seconds() if end else None,
        failure=found.get("FailureReason") or " ".join(partial),
    )


def stages(status: str, secondary: str) -> tuple[tuple[str, str], ...]:
    """Each stage with done, now, waiting or unknown (the job has ended, and does not tell where)."""
    if status == "Completed":
        return tuple((title, "done") for title in STAGES.values())
    names, now = list(STAGES), SAME_AS.get(secondary, secondary)
    if now == LAST_OF:
        return tuple((title, "done") for title in STAGES.values())
    if now not in names:
        return tuple((title, "unknown") for title in STAGES.values())
    at = names.index(now)
    return tuple(
        (STAGES[name], "done" if i < at else "now" if i == at else "waiting") for i, name in enumerate(names)
    )


def candidates(sagemaker: Any, job: str) -> list[Candidate]:
    """The leaderboard by ListCandidatesForAutoMLJob: the best first, then those without a score."""
    pages = sagemaker.get_paginator("list_candidates_for_auto_ml_job").paginate(AutoMLJobName=job)
    found = [each for page in pages for each in page["Candidates"]]
    scored = [each for each in found if "FinalAutoMLJobObjectiveMetric" in each]
    scored.sort(key=_cost)
    others = [each for each in found if "FinalAutoMLJobObjectiveMetric" not in each]
    return [_candidate(sagemaker, each) for each in [*scored, *others]]


def _cost(found: dict[str, Any]) -> float:
    metric = found["FinalAutoMLJobObjectiveMetric"]
    return float(metric["Value"]) * (1 if metric.get("Type") == MINIMIZE else -1)


def _candidate(sagemaker: Any, found: dict[str, Any]) -> Candidate:
    final = found.get("FinalAutoMLJobObjectiveMetric", {})
    measured = found.get("CandidateProperties", {}).get("CandidateMetrics", [])
    return Candidate(
        name=found["CandidateName"],
        status=found["CandidateStatus"],
        score=final.get("Value"),
        metric=final.get("MetricName", ""),
        model=_model(sagemaker, found),
        metrics=tuple(
            (each["StandardMetricName"], each["Value"]) for each in measured if each["Set"] == "Validation"
        ),
    )


def _model(sagemaker: Any, found: dict[str, Any]) -> str:
    """The algorithm and feature pipeline of a candidate's training job; its number of base models, if it has some."""
    steps = [
        s["CandidateStepName"] for s in found["CandidateSteps"] if "TrainingJob" in s["CandidateStepType"]
    ]
    if not steps:
        return ""
    job = sagemaker.describe_training_job(TrainingJobName=steps[-1])
    told = job.get("HyperParameters", {})
    if "algorithm" in told:
        return f"{told['algorithm']} on {told.get('processor', 'its features')}"
    bases = [each for each in job["InputDataConfig"] if each["ChannelName"].startswith("base")]
    return f"ensemble of {len(bases)} candidates" if bases else ""
