"""The requests by which an AutoML job starts its processing, training and tuning jobs."""

from dataclasses import dataclass
from typing import Any

from .. import images, s3
from .metric_names import METRICS, SMALLER_IS_BETTER
from .request import Request

Record = dict[str, Any]

INSTANCE = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 50}
PROCESSING = "/opt/ml/processing"
NUMBER = r"([-+0-9.einfa]+)"
ONE_DAY = 86_400
BASES: tuple[tuple[str, str, dict[str, str]], ...] = (  # ensembling: name, feature pipeline, settings
    ("xgboost", "dpp0", {}),
    ("randomforest", "dpp0", {}),
    ("linear-learner", "dpp1", {}),
    ("extra-trees", "dpp0", {}),
    ("xgboost", "dpp1", {"max_depth": "7", "eta": "0.05"}),
    ("linear-learner", "dpp0", {"wd": "0.1"}),
    ("randomforest", "dpp1", {"min_samples_leaf": "10"}),
    ("extra-trees", "dpp1", {"min_samples_leaf": "10"}),
    ("xgboost", "dpp0", {"max_depth": "2", "num_round": "150"}),
)
TUNED: dict[str, dict[str, list[tuple[str, str, str, str]]]] = {  # tuning: ranges of each algorithm
    "xgboost": {
        "IntegerParameterRanges": [("max_depth", "2", "8", "Linear"), ("num_round", "20", "150", "Linear")],
        "ContinuousParameterRanges": [
            ("eta", "0.02", "0.5", "Logarithmic"),
            ("subsample", "0.5", "1.0", "Linear"),
        ],
    },
    "linear-learner": {"ContinuousParameterRanges": [("wd", "0.0001", "1.0", "Logarithmic")]},
    "mlp": {
        "IntegerParameterRanges": [("units", "8", "64", "Linear")],
        "ContinuousParameterRanges": [
            ("learning_rate", "0.0005", "0.05", "Logarithmic"),
            ("weight_decay", "0.00001", "0.1", "Logarithmic"),
        ],
    },
}


@dataclass(frozen=True)
class Plans:
    """Requests for one AutoML job; `places` are its folders in S3, `code` the archive of its scripts."""

    request: Request
    places: dict[str, str]

    @property
    def code(self) -> str:
        """The archive of the scripts."""
        return s3.join(self.places["code"], "sourcedir.tar.gz")

    def preparation(self, name: str) -> Record:
        """CreateProcessingJob of the first step."""
        inputs = {
            "code": self.places["code"],
            "config": s3.join(self.places["code"], "config", "config.json"),
        }
        inputs |= self.request.channels
        local = {"code": f"{PROCESSING}/code"}
        return {
            "ProcessingJobName": name,
            "RoleArn": self.request.role,
            "AppSpecification": {
                "ImageUri": images.uri("scikit-learn"),
                "ContainerEntrypoint": ["python3", f"{PROCESSING}/code/prepare.py"],
            },
            "ProcessingInputs": [
                processing_input(key, uri, local.get(key, f"{PROCESSING}/input/{key}"))
                for key, uri in inputs.items()
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    processing_output(key, f"{PROCESSING}/output/{key}", self.places[key])
                    for key in ("data", "notebooks")
                ]
            },
            "ProcessingResources": {"ClusterConfig": INSTANCE},
            "StoppingCondition": {"MaxRuntimeInSeconds": ONE_DAY},
        }

    def base(self, name: str, analysis: Record, number: int) -> Record:
        """CreateTrainingJob of a base model in ensembling mode."""
        chosen = [base for base in BASES if base[0] in self.request.chosen]
        algorithm, processor, settings = chosen[number]
        told = {
            "sagemaker_program": "candidate.py",
            "algorithm": algorithm,
            "processor": processor,
            **settings,
        }
        return self._training(name, analysis, told, {})

    def bases(self) -> int:
        """How many base models fit into the number of candidates, next to the ensemble of them."""
        chosen = sum(base[0] in self.request.chosen for base in BASES)
        return min(chosen, max(1, self.request.most_candidates - 1))

    def ensemble(self, name: str, analysis: Record, outputs: list[str]) -> Record:
        """CreateTrainingJob of the ensemble; `outputs` are the folders of the base models."""
        channels = {f"base{number:02}": uri for number, uri in enumerate(outputs)}
        return self._training(name, analysis, {"sagemaker_program": "ensemble.py"}, channels)

    def tuning(self, name: str, analysis: Record, parallel: int) -> Record:
        """CreateHyperParameterTuningJob: one definition an algorithm."""
        limits = {
            "MaxNumberOfTrainingJobs": self.request.most_candidates,
            "MaxParallelTrainingJobs": parallel,
        }
        return {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobConfig": {
                "Strategy": "Bayesian",
                "ResourceLimits": limits,
                "RandomSeed": 0,
            },
            "TrainingJobDefinitions": [
                self._definition(algorithm, analysis) for algorithm in self.request.chosen
            ],
        }

    def _definition(self, algorithm: str, analysis: Record) -> Record:
        told = {"sagemaker_program": "candidate.py", "algorithm": algorithm}
        training = self._training("", analysis, told, {})
        static = training.pop("HyperParameters")
        del training["TrainingJobName"]
        ranges: Record = {
            kind: [
                {"Name": n, "MinValue": low, "MaxValue": high, "ScalingType": scale}
                for n, low, high, scale in members
            ]
            for kind, members in TUNED[algorithm].items()
        }
        ranges["CategoricalParameterRanges"] = [{"Name": "processor", "Values": ["dpp0", "dpp1"]}]
        objective = analysis["objective"]
        kind = "Minimize" if objective in SMALLER_IS_BETTER else "Maximize"
        return {
            **training,
            "DefinitionName": algorithm,
            "TuningObjective": {"Type": kind, "MetricName": f"validation:{objective}"},
            "HyperParameterRanges": ranges,
            "StaticHyperParameters": static,
        }

    def _training(
        self, name: str, analysis: Record, told: dict[str, str], channels: dict[str, str]
    ) -> Record:
        sources = {
            part: s3.join(self.places["data"], part) + "/" for part in ("train", "validation", "config")
        }
        limit = self.request.criteria.get("MaxRuntimePerTrainingJobInSeconds", ONE_DAY)
        metrics = [
            {"Name": f"{part}:{metric}", "Regex": f"{part}:{metric}={NUMBER};"}
            for part in ("train", "validation")
            for metric in METRICS[analysis["problem_type"]]
        ]
        return {
            "TrainingJobName": name,
            "RoleArn": self.request.role,
            "AlgorithmSpecification": {
                "TrainingImage": images.uri("scikit-learn"),
                "TrainingInputMode": "File",
                "MetricDefinitions": metrics,
            },
            "HyperParameters": {
                "sagemaker_submit_directory": self.code,
                "objective": analysis["objective"],
                **told,
            },
            "InputDataConfig": [channel(part, uri) for part, uri in {**sources, **channels}.items()],
            "OutputDataConfig": {"S3OutputPath": self.places["training"]},
            "ResourceConfig": INSTANCE,
            "StoppingCondition": {"MaxRuntimeInSeconds": limit},
            **(
                {"VpcConfig": self.request.security["VpcConfig"]}
                if "VpcConfig" in self.request.security
                else {}
            ),
        }


def channel(name: str, uri: str) -> Record:
    """A training channel of every object under a prefix."""
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def processing_input(name: str, uri: str, local: str) -> Record:
    """A processing input of every object under a prefix."""
    where = {"S3Uri": uri, "LocalPath": local, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": where}


def processing_output(name: str, local: str, uri: str) -> Record:
    """A processing output that is uploaded at the end."""
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": local, "S3UploadMode": "EndOfJob"}}
