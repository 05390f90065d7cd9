"""What an AutoML job was asked for, in whichever of its two forms the request came."""

from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]

DEFAULT_FRACTION = 0.2
ENSEMBLING, TUNING = "ENSEMBLING", "HYPERPARAMETER_TUNING"
ALGORITHMS = {  # those that have a counterpart here, in the order in which they are tried
    ENSEMBLING: ("xgboost", "randomforest", "linear-learner", "extra-trees"),
    TUNING: ("xgboost", "linear-learner", "mlp"),
}
DEFAULT_CANDIDATES = {ENSEMBLING: 10, TUNING: 100}


@dataclass(frozen=True)
class Request:
    """A tabular AutoML job."""

    name: str
    role: str
    output: str
    channels: dict[str, str]  # S3 URI by channel type
    target: str
    problem_type: str | None
    objective: str | None
    asked_mode: str
    criteria: dict[str, int]
    fraction: float
    algorithms: list[str] | None
    feature_specification: str | None
    definitions_only: bool
    deploy: dict[str, Any] | None
    security: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, job: Record) -> "Request":
        """Read either form."""
        return from_v2(job) if "AutoMLProblemTypeConfig" in job else from_v1(job)

    @property
    def mode(self) -> str:
        """AUTO means ENSEMBLING: data here is below the 100 MB from which AWS tunes."""
        return ENSEMBLING if self.asked_mode == "AUTO" else self.asked_mode

    @property
    def most_candidates(self) -> int:
        """How many candidates may be trained."""
        return self.criteria.get("MaxCandidates", DEFAULT_CANDIDATES[self.mode])

    @property
    def chosen(self) -> list[str]:
        """The algorithms of the search."""
        wanted = self.algorithms or ALGORITHMS[self.mode]
        return [name for name in ALGORITHMS[self.mode] if name in wanted]


def from_v2(job: Record) -> Request:
    """CreateAutoMLJobV2."""
    tabular = job["AutoMLProblemTypeConfig"]["TabularJobConfig"]
    return Request(
        channels=channels(job["AutoMLJobInputDataConfig"]),
        target=tabular["TargetAttributeName"],
        problem_type=tabular.get("ProblemType"),
        asked_mode=tabular.get("Mode", "AUTO"),
        criteria=tabular.get("CompletionCriteria", {}),
        fraction=job.get("DataSplitConfig", {}).get("ValidationFraction", DEFAULT_FRACTION),
        algorithms=algorithms(tabular),
        feature_specification=tabular.get("FeatureSpecificationS3Uri"),
        definitions_only=tabular.get("GenerateCandidateDefinitionsOnly", False),
        security=job.get("SecurityConfig", {}),
        **common(job),
    )


def from_v1(job: Record) -> Request:
    """CreateAutoMLJob."""
    config = job.get("AutoMLJobConfig", {})
    generation = config.get("CandidateGenerationConfig", {})
    return Request(
        channels=channels(job["InputDataConfig"]),
        target=job["InputDataConfig"][0]["TargetAttributeName"],
        problem_type=job.get("ProblemType"),
        asked_mode=config.get("Mode", "AUTO"),
        criteria=config.get("CompletionCriteria", {}),
        fraction=config.get("DataSplitConfig", {}).get("ValidationFraction", DEFAULT_FRACTION),
        algorithms=algorithms(config),
        feature_specification=generation.get("FeatureSpecificationS3Uri"),
        definitions_only=job.get("GenerateCandidateDefinitionsOnly", False),
        security=config.get("SecurityConfig", {}),
        **common(job),
    )


def common(job: Record) -> Record:
    """What both forms say alike."""
    return {
        "name": job["AutoMLJobName"],
        "role": job["RoleArn"],
        "output": job["OutputDataConfig"]["S3OutputPath"],
        "objective": job.get("AutoMLJobObjective", {}).get("MetricName"),
        "deploy": job.get("ModelDeployConfig"),
    }


def channels(given: list[Record]) -> dict[str, str]:
    """Where each channel's data is."""
    return {
        channel.get("ChannelType", "training"): channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in given
    }


def algorithms(given: Record) -> list[str] | None:
    """The algorithms that were asked for, if any were."""
    configs = given.get("CandidateGenerationConfig", {}).get("AlgorithmsConfig", [])
    return [name for config in configs for name in config["AutoMLAlgorithms"]] or None


def other_form(request: Request, job: Record) -> Record:
    """The members by which the other form's Describe shows the job."""
    shared = {"CompletionCriteria": request.criteria, "Mode": request.asked_mode}
    if "AutoMLProblemTypeConfig" in job:
        sources = [
            {**each, "TargetAttributeName": request.target} for each in job["AutoMLJobInputDataConfig"]
        ]
        config = {**shared, "DataSplitConfig": job.get("DataSplitConfig", {})}
        shown = {"InputDataConfig": sources, "AutoMLJobConfig": config, "ProblemType": request.problem_type}
        return {**shown, "AutoMLProblemTypeConfigName": "Tabular"}
    tabular = {**shared, "TargetAttributeName": request.target}
    if request.problem_type:
        tabular["ProblemType"] = request.problem_type
    sources = [
        {k: v for k, v in each.items() if k != "TargetAttributeName"} for each in job["InputDataConfig"]
    ]
    return {
        "AutoMLJobInputDataConfig": sources,
        "AutoMLProblemTypeConfig": {"TabularJobConfig": tabular},
        "AutoMLProblemTypeConfigName": "Tabular",
    }
