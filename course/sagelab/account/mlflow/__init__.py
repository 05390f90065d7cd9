"""MLflow tracking servers and apps: each one a real MLflow server in a process of its own.

servers    CreateMlflowTrackingServer and its like: sized, started and stopped
apps       CreateMlflowApp and its like: always on
presigned  links that open a server's page
running    the processes
serve      what such a process runs
"""

from ..control import ControlPlane
from . import apps, presigned, running, servers


def register(plane: ControlPlane) -> None:
    """Answer for MLflow in this account."""
    processes = running.Processes(plane)
    links = presigned.Links(plane, processes)
    servers.Servers(plane, processes, links)
    apps.Apps(plane, processes, links)
