"""What CreateHyperParameterTuningJob refuses: what AWS refuses, and what this account cannot do."""

from typing import Any

from .. import images
from ..control import ApiError, ControlPlane, Record
from .definition import Definition, definitions
from .ranges import Choice, combinations

RUNNING = ("InProgress", "Stopping")


class Checks:
    """The checks of one account's tuning jobs."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def __call__(self, params: Record) -> None:
        """Raise ApiError for a request that must be refused."""
        check_parts(params)
        found = definitions(params)
        config = params["HyperParameterTuningJobConfig"]
        for each in found:
            check_definition(each)
            check_space(each, config, len(found))
        self._check_parents(params, found)

    def _check_parents(self, params: Record, found: list[Definition]) -> None:
        """Parents are there, at their end, and of the same algorithm where that is claimed."""
        warm = params.get("WarmStartConfig", {})
        image = found[0].given["AlgorithmSpecification"].get("TrainingImage")
        for parent in warm.get("ParentHyperParameterTuningJobs", []):
            job = self._plane.find("HyperParameterTuningJob", parent.get("HyperParameterTuningJobName", ""))
            name, status = job["HyperParameterTuningJobName"], job["HyperParameterTuningJobStatus"]
            if status in RUNNING:
                raise ApiError(
                    f"Parent hyperparameter tuning job {name} must be in a terminal state; it is {status}."
                )
            before = definitions(job)[0].given["AlgorithmSpecification"].get("TrainingImage")
            if warm["WarmStartType"] == "IdenticalDataAndAlgorithm" and before != image:
                raise ApiError(
                    "For WarmStartType IdenticalDataAndAlgorithm the training image must be that of the parent "
                    f"{name}, {before}."
                )


def check_parts(params: Record) -> None:
    """One form of definition, with its objective, and nothing that this account does not do."""
    config = params["HyperParameterTuningJobConfig"]
    if ("TrainingJobDefinition" in params) == bool(params.get("TrainingJobDefinitions")):
        raise ApiError("Give either TrainingJobDefinition or TrainingJobDefinitions.")
    if "TrainingJobDefinition" in params and "HyperParameterTuningJobObjective" not in config:
        raise ApiError("HyperParameterTuningJobObjective is required with TrainingJobDefinition.")
    for each in params.get("TrainingJobDefinitions", []):
        if not {"DefinitionName", "TuningObjective", "HyperParameterRanges"} <= set(each):
            raise ApiError(
                "Each of TrainingJobDefinitions needs a DefinitionName, TuningObjective and HyperParameterRanges."
            )
    if config["Strategy"] == "Hyperband":
        raise ApiError(
            "The local account does not pause and resume training jobs as Hyperband does: use Strategy Bayesian with "
            "TrainingJobEarlyStoppingType Auto, or Random."
        )
    criteria = config.get("TuningJobCompletionCriteria", {})
    if criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled":
        raise ApiError("The local account does not detect convergence: use BestObjectiveNotImproving.")
    auto = [
        config.get("ParameterRanges", {}),
        *(d["HyperParameterRanges"] for d in params.get("TrainingJobDefinitions", [])),
    ]
    if "Autotune" in params or any(ranges.get("AutoParameters") for ranges in auto):
        raise ApiError(
            "The local account does not guess ranges: leave Autotune and AutoParameters out and give them."
        )
    limits = config["ResourceLimits"]
    if config["Strategy"] != "Grid" and not {"MaxNumberOfTrainingJobs", "MaxRuntimeInSeconds"} & set(limits):
        raise ApiError("ResourceLimits needs MaxNumberOfTrainingJobs, or MaxRuntimeInSeconds.")


def check_definition(found: Definition) -> None:
    """The image works, and the objective is among the metrics that the log is searched for."""
    algorithm = found.given["AlgorithmSpecification"]
    if "TrainingImage" not in algorithm:
        raise ApiError("The local account runs container images: give AlgorithmSpecification.TrainingImage.")
    images.find_image(algorithm["TrainingImage"], "training")
    names = [metric["Name"] for metric in algorithm.get("MetricDefinitions", [])]
    static = found.given.get("StaticHyperParameters", {})
    if found.metric not in names and (names or "sagemaker_program" in static):
        raise ApiError(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric "
            f"definitions: {found.metric} is not among them."
        )
    if both := sorted(set(static) & {each.name for each in found.ranges}):
        raise ApiError(f"Hyperparameter {both[0]} is both static and tuned.")


def check_space(found: Definition, config: dict[str, Any], definitions_count: int) -> None:
    """There are as many configurations as training jobs; a grid is made of categories."""
    if config["Strategy"] == "Grid":
        if not all(isinstance(each, Choice) for each in found.ranges):
            raise ApiError("Only categorical parameters are supported when using the Grid search strategy.")
        return
    total, wanted = combinations(found.ranges), config["ResourceLimits"].get("MaxNumberOfTrainingJobs", 1)
    if total is not None and definitions_count == 1 and total < wanted:
        raise ApiError(
            "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter "
            f"combinations for the provided ranges [{float(total)}] must be equal or greater than the value of "
            f"MaxNumberOfJobs, [{wanted}]. Provide additional ranges."
        )
