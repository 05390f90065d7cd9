"""What devices ask: GetDeviceRegistration, GetDeployments and SendHeartbeat of the service sagemaker-edge."""

import json
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from ..model import service_model
from ..validation import validate
from . import signing
from .fleets import Fleets, names
from .packaging import KEY
from .plans import Plans

CACHE = "300"  # seconds that a device may keep its registration


def register(plane: ControlPlane, fleets: Fleets, plans: Plans) -> None:
    """Answer devices."""

    def registration(params: Record) -> Record:
        device = fleets.device(*names(params))
        fleet = fleets.fleet(device["DeviceFleetName"])
        key = signing.public_text(signing.private_key(plane.home.joinpath(*KEY)))
        known = {"publicKey": key, "output": fleet["OutputConfig"]["S3OutputLocation"]}
        return {"DeviceRegistration": json.dumps(known), "CacheTTL": CACHE}

    def deployments(params: Record) -> Record:
        fleet, name = names(params)
        fleets.device(fleet, name)
        return {"Deployments": [deployment(*found) for found in plans.waiting(fleet, name)]}

    def deployment(plan: Record, stage: Record) -> Record:
        packages = [
            (config["ModelHandle"], plane.find("EdgePackagingJob", config["EdgePackagingJobName"]))
            for config in plan["ModelConfigs"]
        ]
        return {
            "DeploymentName": plan["EdgeDeploymentPlanName"],
            "Type": "Model",
            "FailureHandlingPolicy": stage["DeploymentConfig"]["FailureHandlingPolicy"],
            "Definitions": [
                {
                    "ModelHandle": handle,
                    "S3Url": job["ModelArtifact"],
                    "Checksum": {"Type": "SHA1", "Sum": job["_checksum"]},
                    "State": "DEPLOY",
                }
                for handle, job in packages
            ],
        }

    def heartbeat(params: Record) -> Record:
        fleet, name = names(params)
        device = fleets.device(fleet, name)
        fleets.heard(
            device,
            LatestHeartbeat=plane.clock.time(),
            AgentVersion=params["AgentVersion"],
            Models=params.get("Models", []),
        )
        if result := params.get("DeploymentResult"):
            worked = result.get("DeploymentStatus") == "SUCCESS"
            message = result.get("DeploymentStatusMessage", "")
            plans.tell(fleet, name, result.get("DeploymentName", ""), worked, message)
        return {}

    for operation, method in (
        ("GetDeviceRegistration", registration),
        ("GetDeployments", deployments),
        ("SendHeartbeat", heartbeat),
    ):
        plane.route(f"/{operation}", door(operation, method))


def door(operation: str, method: Callable[[Record], Record]) -> Callable[[Request], Response]:
    """An HTTP answer for one operation."""
    shape = service_model("sagemaker-edge").operation_model(operation).input_shape

    def respond(request: Request) -> Response:
        params = request.get_json(force=True, silent=True)
        if not isinstance(params, dict):
            raise ApiError("The request must be a JSON object", "SerializationException")
        return Response(json.dumps(method(validate(shape, params))), content_type="application/json")

    return respond
