"""The step types: which operation of SageMaker a step calls, and what its end looks like."""

from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A step type that makes a resource of SageMaker."""

    noun: str
    metadata: str  # the member of the step's Metadata
    done: tuple[str, ...] = ()  # statuses of a resource that is ready; empty: it is ready at once
    failed: tuple[str, ...] = ("Failed",)
    stopped: tuple[str, ...] = ("Stopped",)
    name: str = ""  # the member that takes a name of the pipeline's making
    longest: int = 63  # characters of that name
    cached: tuple[str, ...] = ()  # the arguments that decide whether an earlier run will do
    experiment: bool = False  # takes an ExperimentConfig

    @property
    def operation(self) -> str:
        """The operation that makes it."""
        return f"Create{self.noun}"

    @property
    def immediate(self) -> bool:
        """Is it there as soon as the operation answers?"""
        return not self.done


PROCESSING_KEY = ("AppSpecification", "Environment", "ProcessingInputs")
TRAINING_KEY = (
    "AlgorithmSpecification",
    "CheckpointConfig",
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "Environment",
    "HyperParameters",
    "InputDataConfig",
)
KINDS = {
    "Processing": Kind(
        "ProcessingJob",
        "ProcessingJob",
        ("Completed",),
        name="ProcessingJobName",
        cached=PROCESSING_KEY,
        experiment=True,
    ),
    "Training": Kind(
        "TrainingJob",
        "TrainingJob",
        ("Completed",),
        name="TrainingJobName",
        cached=TRAINING_KEY,
        experiment=True,
    ),
    "Tuning": Kind(
        "HyperParameterTuningJob",
        "TuningJob",
        ("Completed",),
        name="HyperParameterTuningJobName",
        longest=32,
        cached=("HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"),
    ),
    "Transform": Kind(
        "TransformJob",
        "TransformJob",
        ("Completed",),
        name="TransformJobName",
        cached=("DataProcessing", "Environment", "ModelName", "TransformInput"),
        experiment=True,
    ),
    "AutoML": Kind(
        "AutoMLJob",
        "AutoMLJob",
        ("Completed",),
        name="AutoMLJobName",
        longest=32,
        cached=("AutoMLJobConfig", "AutoMLJobObjective", "InputDataConfig", "ProblemType"),
    ),
    "Endpoint": Kind("Endpoint", "Endpoint", ("InService",), ("Failed", "OutOfService"), (), "EndpointName"),
    "EndpointConfig": Kind("EndpointConfig", "EndpointConfig", name="EndpointConfigName"),
    "Model": Kind("Model", "Model", name="ModelName"),
    "RegisterModel": Kind("ModelPackage", "RegisterModel"),
}
CHECKS = {
    "QualityCheck": ("DATA_QUALITY", "MODEL_QUALITY"),
    "ClarifyCheck": ("DATA_BIAS", "MODEL_BIAS", "MODEL_EXPLAINABILITY"),
}
TUNING_PARTS = (
    "AlgorithmSpecification",
    "HyperParameterRanges",
    "InputDataConfig",
    "StaticHyperParameters",
    "TuningObjective",
)  # of TrainingJobDefinition
OTHER = ("Condition", "Callback", "Lambda", "Fail")
TYPES = (*KINDS, *CHECKS, *OTHER)
REFUSED = {
    "EMR": "there is no EMR cluster here; run the work as a Processing step",
    "EMRServerless": "there is no EMR application here; run the work as a Processing step",
}
RETRYABLE = ("Processing", "Training", "Tuning", "AutoML", "Model", "RegisterModel", "Transform")
CACHEABLE = (*(name for name, kind in KINDS.items() if kind.cached), *CHECKS, "Callback", "Lambda")
CHECK_OUTPUTS = {
    "QualityCheck": (
        "CalculatedBaselineConstraints",
        "CalculatedBaselineStatistics",
        "BaselineUsedForDriftCheckConstraints",
        "BaselineUsedForDriftCheckStatistics",
    ),
    "ClarifyCheck": ("CalculatedBaselineConstraints", "BaselineUsedForDriftCheckConstraints"),
}


def kind_of(step_type: str, arguments: Record) -> Kind:
    """The kind of a step; an AutoML step is of version 2 where its arguments are."""
    if step_type == "AutoML" and "AutoMLJobInputDataConfig" in arguments:
        return Kind(
            "AutoMLJobV2",
            "AutoMLJob",
            ("Completed",),
            name="AutoMLJobName",
            longest=32,
            cached=(
                "AutoMLJobInputDataConfig",
                "AutoMLProblemTypeConfig",
                "AutoMLJobObjective",
                "DataSplitConfig",
            ),
        )
    return KINDS["Processing" if step_type in CHECKS else step_type]
