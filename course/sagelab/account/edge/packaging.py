"""CreateEdgePackagingJob: a compiled model, with its name and version, as a signed package in S3."""

import shutil
import threading
import uuid

from .. import s3
from ..control import ApiError, ControlPlane, Record
from . import signing
from .compilation import fetch, upload
from .work import Stopped, Work

NOUN = "EdgePackagingJob"
KEY = ("edge", "signing.key")  # below the account's home
MESSAGE = "Packaged and signed. AWS ended Edge Manager on 26 April 2024; today AWS IoT Greengrass V2 delivers models."


def register(plane: ControlPlane) -> None:
    """Run packaging jobs in this account."""

    def check(params: Record) -> None:
        job = plane.find("CompilationJob", params["CompilationJobName"])
        status = job["CompilationJobStatus"]
        if status != "COMPLETED":
            raise ApiError(f"Compilation job {params['CompilationJobName']} is {status}, not COMPLETED.")
        if "PresetDeploymentType" in params["OutputConfig"]:
            raise ApiError("The local account has no Greengrass: leave PresetDeploymentType out.")

    plane.checks(f"Create{NOUN}", check)
    Work(plane, NOUN, "EdgePackagingJobStatusMessage", lambda job, stopped: pack(plane, job, stopped))


def pack(plane: ControlPlane, job: Record, stopped: threading.Event) -> Record:
    """Fetch the compiled model, sign it, upload it."""
    compiled = plane.find("CompilationJob", job["CompilationJobName"])
    folder = plane.home / "edge" / "work" / uuid.uuid4().hex
    uri = s3.join(job["OutputConfig"]["S3OutputLocation"], f"{job['ModelName']}-{job['ModelVersion']}.tar.gz")
    try:
        fetch(plane, compiled["ModelArtifacts"]["S3ModelArtifacts"], folder / "package")
        key = signing.private_key(plane.home.joinpath(*KEY))
        facts = {"name": job["ModelName"], "version": job["ModelVersion"]}
        signature = signing.sign(folder / "package", key, **facts)
        if stopped.is_set():
            raise Stopped
        checksum = upload(plane, folder / "package", uri)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "ModelArtifact": uri,
        "ModelSignature": signature,
        "EdgePackagingJobStatusMessage": MESSAGE,
        "_checksum": checksum,
    }
