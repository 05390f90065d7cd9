"""EventBridge: SageMaker's state changes and the events of clients, matched against rules and delivered to targets.

bus.py      one event to the targets of every rule that matches it; PutEvents and TestEventPattern
targets.py  delivery to a queue, a topic, a function, a pipeline, a log group, another bus
inputs.py   what a target gets: Input, InputPath, InputTransformer
changes.py  which change of which record is which event of SageMaker

Rules, targets and buses themselves stay with moto.
"""

from ..control import ControlPlane, Record
from .bus import bus_of
from .changes import Changes

__all__ = ["emit", "register"]


def register(plane: ControlPlane) -> None:
    """Answer PutEvents, and tell of what happens to SageMaker's resources."""
    bus = bus_of(plane)
    bus.serve()
    Changes(plane, bus)


def emit(
    plane: ControlPlane, detail_type: str, detail: Record, resources: list[str], source: str = "aws.sagemaker"
) -> None:
    """Put an event of an AWS service on the default bus; returns at once, events are delivered in order."""
    bus_of(plane).emit(detail_type, detail, resources, source)
