"""SageMaker Edge Manager and Neo, as they were: AWS ended Edge Manager on 26 April 2024.

AWS refuses these operations today, though botocore still describes them. The local account executes them so that a
lesson can show what fleets, signed packages and staged updates are; in their place AWS recommends ONNX Runtime with
AWS IoT Greengrass V2. ListStageDevices and the agent are no more than the API says; nothing talks to IoT.

compilation  CreateCompilationJob: a scikit-learn model becomes ONNX (Neo made machine code)
packaging    CreateEdgePackagingJob: a compiled model becomes a package, signed with Ed25519
fleets       device fleets, devices, the fleet's report
plans        deployment plans and their stages
dataplane    what devices ask: registration, deployments, heartbeat (the service sagemaker-edge)
signing      keys, manifests and signatures; also used by the agent
convert      the process that converts a model
agent        the program of a device: `python -m sagelab.account.edge.agent`
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..control import ControlPlane


def register(plane: "ControlPlane") -> None:
    """Answer for edge devices in this account."""
    from . import (
        compilation,
        dataplane,
        fleets,
        packaging,
        plans,
    )  # the agent, which is small, needs none of them

    compilation.register(plane)
    packaging.register(plane)
    fleet = fleets.Fleets(plane)
    deployments = plans.Plans(plane, fleet)
    dataplane.register(plane, fleet, deployments)
