"""CreateCompilationJob: a scikit-learn model in a tarball becomes ONNX, the form that an edge package needs.

On AWS this is SageMaker Neo, which compiles for one device's processor; ONNX Runtime does that when it loads.
"""

import hashlib
import json
import shutil
import sys
import tarfile
import threading
import uuid
from pathlib import Path

from botocore.exceptions import ClientError

from .. import s3
from ..control import ApiError, ControlPlane, Record
from ..execute import Execution, child_environment
from ..logs import LogStream
from .work import Stopped, Work, WorkError

NOUN = "CompilationJob"
LOG_GROUP = "/aws/sagemaker/CompilationJobs"
FRAMEWORKS = ("SKLEARN", "ONNX")
A_QUARTER = 900


def register(plane: ControlPlane) -> None:
    """Run compilation jobs in this account."""
    shutil.rmtree(plane.home / "edge" / "work", ignore_errors=True)  # what a killed account left
    plane.checks(f"Create{NOUN}", check)
    plane.checks(f"Delete{NOUN}", lambda params: refuse_running(plane, params))
    plane.executes(f"Create{NOUN}", lambda job: complete(plane, job))
    Work(plane, NOUN, "FailureReason", lambda job, stopped: compile_model(plane, job, stopped))


def check(params: Record) -> None:
    """Refuse what this account cannot convert."""
    given = params.get("InputConfig")
    if given is None or given["Framework"] not in FRAMEWORKS:
        raise ApiError(
            "The local account compiles models of InputConfig.Framework SKLEARN or ONNX, from a tar.gz in S3."
        )
    try:
        shape(given)
    except ValueError as error:
        raise ApiError(str(error)) from None


def shape(given: Record) -> int:
    """How many columns DataInputConfig promises, 0 where it is not given; ValueError for what is no shape."""
    try:
        ((_, size),) = json.loads(given.get("DataInputConfig") or '{"input": [1, 0]}').items()
        return int(size[-1])
    except (ValueError, TypeError, AttributeError, IndexError):
        raise ValueError(
            'DataInputConfig must name one input and its shape, for example {"input": [1, 4]}.'
        ) from None


def refuse_running(plane: ControlPlane, params: Record) -> None:
    """A job that runs is not deleted."""
    status = plane.find(NOUN, params["CompilationJobName"])[NOUN + "Status"]
    if status in ("STARTING", "INPROGRESS", "STOPPING"):
        raise ApiError(f"The request was rejected because the compilation job is in status {status}.")


def complete(plane: ControlPlane, job: Record) -> None:
    """What a description must always show."""
    plane.update(NOUN, job["_arn"], FailureReason="", ModelArtifacts={"S3ModelArtifacts": ""})


def compile_model(plane: ControlPlane, job: Record, stopped: threading.Event) -> Record:
    """Fetch, convert, upload."""
    started = plane.clock.time()
    plane.update(NOUN, job["_arn"], CompilationStartTime=started)
    folder = plane.home / "edge" / "work" / uuid.uuid4().hex
    try:
        fetch(plane, job["InputConfig"]["S3Uri"], folder / "in")
        (folder / "out").mkdir()
        convert(plane, job, folder, stopped)
        target = job["OutputConfig"].get("TargetDevice", "edge")
        name = f"{Path(job['InputConfig']['S3Uri']).name.removesuffix('.tar.gz')}-{target}.tar.gz"
        uri = s3.join(job["OutputConfig"]["S3OutputLocation"], name)
        digest = hashlib.sha256((folder / "out" / "model.onnx").read_bytes()).hexdigest()
        upload(plane, folder / "out", uri)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "ModelArtifacts": {"S3ModelArtifacts": uri},
        "ModelDigests": {"ArtifactDigest": digest},
        "CompilationEndTime": plane.clock.time(),
    }


def convert(plane: ControlPlane, job: Record, folder: Path, stopped: threading.Event) -> None:
    """Run the converter; WorkError with its last line where it fails."""
    limit = job["StoppingCondition"].get("MaxRuntimeInSeconds", A_QUARTER)
    execution = Execution(limit, grace=1)
    lines: list[str] = []
    stream = f"{job['CompilationJobName']}/{uuid.uuid4().hex[:8]}"
    log = LogStream(plane.client("logs"), plane.clock, LOG_GROUP, stream)

    def on_line(line: str) -> None:
        log.add(line)
        lines.append(line)

    def stop() -> None:
        stopped.wait()
        execution.stop()

    threading.Thread(target=stop, daemon=True).start()
    words = [str(folder / "in"), str(folder / "out" / "model.onnx"), str(shape(job["InputConfig"]))]
    env = child_environment(plane, {"PYTHONPATH": str(Path(__file__).parents[3])})
    outcome = execution.run(
        [sys.executable, "-P", "-m", f"{__package__}.convert", *words], folder, env, on_line
    )
    was_stopped = stopped.is_set()
    stopped.set()  # lets the watcher end
    log.close()
    if was_stopped:
        raise Stopped
    if outcome.ending == "timed out":
        raise WorkError(f"ClientError: The job ran longer than MaxRuntimeInSeconds, which is {limit}.")
    if outcome.exit_code:
        raise WorkError(f"ClientError: InputConfiguration: {lines[-1] if lines else 'the converter died'}")


def fetch(plane: ControlPlane, uri: str, folder: Path) -> None:
    """Unpack a tarball; WorkError where it is none."""
    try:
        s3.unpack(plane.client("s3"), uri, folder)
    except ClientError:
        raise WorkError(f"ClientError: Could not download {uri}. Is there an object?") from None
    except (s3.BadArchiveError, ValueError) as error:
        raise WorkError(f"ClientError: {uri} is no tar.gz: {error}") from None


def upload(plane: ControlPlane, folder: Path, uri: str) -> str:
    """Upload a folder as a tar.gz; the SHA-1 of the archive, which is what devices are told."""
    archive = folder.with_suffix(".tar.gz")
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)
    try:
        s3.send(plane.client("s3"), archive, uri)
    except (ClientError, ValueError) as error:
        raise WorkError(f"ClientError: Could not write {uri}: {error}") from None
    return hashlib.sha1(archive.read_bytes(), usedforsecurity=False).hexdigest()
