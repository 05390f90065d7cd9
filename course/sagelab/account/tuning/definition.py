"""One TrainingJobDefinition of a tuning job: its ranges, its objective, and the training jobs made from it."""

from dataclasses import dataclass
from typing import Any

from .ranges import Range, read_ranges

Configuration = dict[str, str]
PASSED_ON = (
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)


@dataclass(frozen=True)
class Definition:
    """What one kind of training job in a tuning job looks like."""

    given: dict[str, Any]
    ranges: list[Range]
    metric: str
    minimize: bool

    @property
    def name(self) -> str:
        """The definition's name, empty where the only one has none."""
        return str(self.given.get("DefinitionName", ""))

    @property
    def type(self) -> str:
        """Minimize or Maximize."""
        return "Minimize" if self.minimize else "Maximize"

    def better(self, one: float, other: float) -> bool:
        """Is the first value of the objective better than the second?"""
        return one < other if self.minimize else one > other

    def request(self, name: str, configuration: Configuration) -> dict[str, Any]:
        """The CreateTrainingJob request for a configuration."""
        kept = {member: self.given[member] for member in PASSED_ON if member in self.given}
        static = self.given.get("StaticHyperParameters", {})
        parameters = {**static, **configuration, "_tuning_objective_metric": self.metric}
        return {
            "ResourceConfig": resources(self.given),
            **kept,
            "TrainingJobName": name,
            "HyperParameters": parameters,
        }


def definitions(params: dict[str, Any]) -> list[Definition]:
    """The definitions of a tuning job; ApiError where a range is none, KeyError where a part is missing."""
    config = params["HyperParameterTuningJobConfig"]
    if "TrainingJobDefinitions" in params:
        return [
            definition(each, each["TuningObjective"], each.get("HyperParameterRanges", {}))
            for each in params["TrainingJobDefinitions"]
        ]
    ranges = config.get("ParameterRanges", {})
    return [definition(params["TrainingJobDefinition"], config["HyperParameterTuningJobObjective"], ranges)]


def definition(given: dict[str, Any], objective: dict[str, str], ranges: dict[str, Any]) -> Definition:
    """One definition with its objective and ranges."""
    return Definition(given, read_ranges(ranges), objective["MetricName"], objective["Type"] == "Minimize")


def resources(given: dict[str, Any]) -> dict[str, Any]:
    """The instances of a definition that names them in HyperParameterTuningResourceConfig; the first of several."""
    config = given.get("HyperParameterTuningResourceConfig", {})
    first = {**config, **next(iter(config.get("InstanceConfigs", [])), {})}
    return {
        "InstanceType": first.get("InstanceType", "ml.m5.large"),
        "InstanceCount": first.get("InstanceCount", 1),
        "VolumeSizeInGB": first.get("VolumeSizeInGB", 1),
    }
