"""Model Monitor: job definitions, schedules on the account's clock, and executions that run processing jobs."""

from ..control import ControlPlane
from .schedules import Schedules


def register(plane: ControlPlane) -> None:
    """Monitor endpoints in this account."""
    Schedules(plane)
