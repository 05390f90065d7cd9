"""Studio: domains, user profiles, spaces, apps, lifecycle configurations, custom images.

domains.py    domains, user profiles and spaces: their statuses, their folders, what keeps them from being deleted
settings.py   which setting holds: the domain's defaults, then the user profile's, then the space's
references.py what settings may name
apps.py       apps: start, deletion, idle shutdown on the account's clock
startup.py    the lifecycle configuration scripts that really run when an app starts
versions.py   images and their numbered versions

What an app is here: a folder and a lifecycle configuration. The folder is the space's volume (or the user's home
directory); it outlives the app and ends with the space. When an app starts, its lifecycle configuration scripts run
as child processes in that folder, their output goes to the log group /aws/sagemaker/studio, and their exit status
decides between InService and Failed. No IDE listens behind an app: a JupyterLab server takes more than 100 MB, and
the course already runs in one. So CreatePresignedDomainUrl is refused, and a user's activity, which on AWS the IDE
reports, is reported by a POST of {"AppArn": "..."} to /_studio/activity. What a script leaves in the background ends
with the script.
"""

from ..control import ControlPlane
from .apps import Apps
from .domains import Studio
from .references import References
from .versions import Images

NO_IDE = (
    "no IDE of the account listens behind such a URL. The notebook that you are in is a JupyterLab already, and the "
    "app's folder and lifecycle configuration work without one"
)


def register(plane: ControlPlane) -> None:
    """Let Studio happen in this account."""
    References(plane)
    Studio(plane)
    Apps(plane)
    Images(plane)
    plane.refused("CreatePresignedDomainUrl", NO_IDE)
