"""ModelDeployConfig: the best candidate behind an endpoint."""

import uuid

from ..control import ControlPlane, Record
from ..following import Following
from ..jobs import JobError
from .request import Request


def deploy(plane: ControlPlane, following: Following, request: Request, best: Record) -> str:
    """Create model, endpoint configuration and endpoint; its name, once it is in service."""
    given = request.deploy or {}
    name = given.get("EndpointName") or f"{request.name}-{uuid.uuid4().hex[:8]}"
    container = best["InferenceContainers"][0]
    plane.call(
        "CreateModel", {"ModelName": name, "ExecutionRoleArn": request.role, "PrimaryContainer": container}
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
    }
    plane.call("CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": [variant]})
    plane.call("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": name})
    (endpoint,) = following.wait("Endpoint", [plane.arn("Endpoint", name)])
    if endpoint["EndpointStatus"] != "InService":
        raise JobError(endpoint.get("FailureReason") or "The endpoint did not come up.")
    return name
