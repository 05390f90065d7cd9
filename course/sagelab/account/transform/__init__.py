"""Batch transform: every object under a prefix goes through a model, and its answers become `<object>.out`."""

from ..control import ControlPlane
from ..jobs import Jobs
from .checks import Checks
from .job import TransformRun


def register(plane: ControlPlane) -> None:
    """Run batch transform jobs in this account."""
    plane.checks("CreateTransformJob", Checks(plane))
    Jobs(plane, "TransformJob", TransformRun)
