"""Step caching: an earlier run of the step with the same key attributes stands in for a new one.

AWS's guide lists the attributes by step type, "Default cache key attributes by pipeline step type"; data and code
behind an unchanged S3 URI are not looked at, there as here.
"""

import hashlib
import json
from typing import Any

from ..control import ControlPlane
from .definition import Step
from .kinds import CHECKS, TUNING_PARTS, kind_of
from .policies import duration
from .records import STEP

Record = dict[str, Any]
CHECK_KEY = (
    "CheckType",
    "ModelPackageGroupName",
    "SkipCheck",
    "RegisterNewBaseline",
    "SuppliedBaselineConstraints",
    "SuppliedBaselineStatistics",
)


def key(step: Step, arguments: Record, body: Record) -> str:
    """What two runs of a step must have in common; empty where caching is off."""
    if not (step.body.get("CacheConfig") or {}).get("Enabled"):
        return ""
    parts: Record = {"Type": step.type, "Name": step.name}
    if step.type == "Callback":
        parts |= {"Arguments": arguments, "SqsQueueUrl": body.get("SqsQueueUrl")}
    elif step.type == "Lambda":
        parts |= {"Arguments": arguments, "FunctionArn": body.get("FunctionArn")}
    else:
        kept = kind_of(step.type, arguments).cached
        parts["Arguments"] = {name: arguments[name] for name in kept if name in arguments}
    if step.type in CHECKS:
        parts |= {name: body.get(name) for name in CHECK_KEY}
    if step.type == "Tuning" and "TrainingJobDefinition" in parts["Arguments"]:
        training = parts["Arguments"]["TrainingJobDefinition"]
        parts["Arguments"]["TrainingJobDefinition"] = {n: training[n] for n in TUNING_PARTS if n in training}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def find(plane: ControlPlane, pipeline: str, step: Step, wanted: str) -> Record | None:
    """The latest successful run of the step with that key that has not expired."""
    seconds = duration(str(step.body["CacheConfig"].get("ExpireAfter"))) or 0.0
    earliest = plane.clock.time() - seconds
    for record in reversed(plane.store.all(STEP)):
        if (
            record["PipelineArn"] == pipeline
            and record.get("_key") == wanted
            and record["StepStatus"] == "Succeeded"
            and "CacheHitResult" not in record
            and record["StartTime"] >= earliest
        ):
            return record
    return None
