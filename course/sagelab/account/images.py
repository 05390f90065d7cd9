"""The container images that the local account can stand in for, and their URIs on AWS.

Registry ids and repositories for us-east-1 are those of the SageMaker Python SDK 2.257.7, its files
`image_uri_config/sklearn.json`, `xgboost.json`, `model-monitor.json`, `clarify.json` and `huggingface.json`.
The Hugging Face images, which JumpStart uses, run ONNX models here: scripts find onnxruntime, not PyTorch.
An image is known by its repository; the registry, region and tag of a URI may differ.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .errors import ApiError

OWN_CODE = str(Path(__file__).parents[2])  # where a child process finds our own containers
INFERENCE = str(Path(__file__).with_name("containers") / "inference")
Use = Literal["training", "processing", "hosting"]
URI = re.compile(r"(\d{12})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com(?:\.cn)?/(?P<repository>[^:@]+)([:@].+)?")


@dataclass(frozen=True)
class Image:
    """One image: how a lesson names it, where AWS keeps it, and what its container does here."""

    name: str
    registry: str
    repository: str
    tag: str
    uses: tuple[Use, ...]
    training_module: str = ""  # what the framework containers put into SM_FRAMEWORK_MODULE
    program: str = ""  # the module that is this container's entry point, for processing
    algorithm: str = ""  # the module that trains where no script is given
    inference: str = ""  # the script that serves its models where none is given
    script_mode: bool = True  # whether it runs scripts
    checkpoints: bool = False  # whether its algorithm saves checkpoints

    def is_algorithm(self, hyperparameters: Mapping[str, str]) -> bool:
        """Does a training job with these hyperparameters run the built-in algorithm?"""
        return bool(self.algorithm) and not (self.script_mode and "sagemaker_program" in hyperparameters)

    @property
    def algorithm_command(self) -> list[str]:
        """The command that runs the built-in algorithm; OWN_CODE must be on its PYTHONPATH."""
        return [sys.executable, "-P", "-m", self.algorithm]

    @property
    def algorithm_source(self) -> Path:
        """The file of the built-in algorithm."""
        return Path(OWN_CODE, *self.algorithm.split(".")).with_suffix(".py")

    @property
    def uri(self) -> str:
        """The URI that works on AWS in us-east-1."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.registry}.dkr.ecr.us-east-1.amazonaws.com/{self.repository}{tag}"


IMAGES = (
    Image(
        name="scikit-learn",
        registry="683313688378",
        repository="sagemaker-scikit-learn",
        tag="1.2-1-cpu-py3",
        uses=("training", "processing", "hosting"),
        training_module="sagemaker_sklearn_container.training:main",
    ),
    Image(
        name="xgboost",
        registry="683313688378",
        repository="sagemaker-xgboost",
        tag="1.7-1",
        uses=("training", "processing", "hosting"),
        training_module="sagemaker_xgboost_container.training:main",
        algorithm="sagelab.account.containers.xgboost_algorithm",
        inference="xgboost_serving.py",
        checkpoints=True,
    ),
    Image(
        name="linear-learner",
        registry="382416733822",
        repository="linear-learner",
        tag="1",
        uses=("training", "hosting"),
        algorithm="sagelab.account.containers.linear_learner",
        inference="linear_learner_serving.py",
        script_mode=False,
    ),
    Image(
        name="model-monitor",
        registry="156813124566",
        repository="sagemaker-model-monitor-analyzer",
        tag="",
        uses=("processing",),
        program="sagelab.account.containers.model_monitor",
    ),
    Image(
        name="groundtruth-merger",
        registry="156813124566",
        repository="sagemaker-model-monitor-groundtruth-merger",
        tag="",
        uses=("processing",),
        program="sagelab.account.containers.groundtruth_merger",
    ),
    Image(
        name="clarify",
        registry="205585389593",
        repository="sagemaker-clarify-processing",
        tag="1.0",
        uses=("processing",),
        program="sagelab.account.containers.clarify",
    ),
    Image(
        name="huggingface-inference",
        registry="763104351884",
        repository="huggingface-pytorch-inference",
        tag="1.13.1-transformers4.26.0-cpu-py39-ubuntu20.04",
        uses=("hosting",),
    ),
    Image(
        name="huggingface-training",
        registry="763104351884",
        repository="huggingface-pytorch-training",
        tag="1.13.1-transformers4.26.0-gpu-py39-cu117-ubuntu20.04",
        uses=("training",),
        training_module="sagemaker_pytorch_container.training:main",
    ),
)


def uri(name: str) -> str:
    """The image URI behind a short name such as "scikit-learn"; KeyError names those that exist."""
    for image in IMAGES:
        if image.name == name:
            return image.uri
    raise KeyError(f"no image is called {name!r}; choose from {', '.join(image.name for image in IMAGES)}")


def find_image(image_uri: str, use: Use) -> Image:
    """The image behind a URI; ApiError, listing those that work, where it cannot do `use` here."""
    match = URI.fullmatch(image_uri)
    for image in IMAGES:
        if match and match["repository"] == image.repository and use in image.uses:
            return image
    working = ", ".join(image.uri for image in IMAGES if use in image.uses)
    raise ApiError(
        f'The local account cannot run the image "{image_uri}" for {use}. Images that work: {working}.'
    )


def inference_environment(image_uri: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that let serve.py serve a built-in algorithm's model; none where the model has its own script."""
    match = URI.fullmatch(image_uri)
    for image in IMAGES if match and "SAGEMAKER_PROGRAM" not in environment else ():
        if match and match["repository"] == image.repository and image.inference:
            return {"SAGEMAKER_PROGRAM": image.inference, "SAGEMAKER_SUBMIT_DIRECTORY": INFERENCE}
    return {}
