"""Ground Truth: work teams, labeling jobs whose tasks wait for people, consolidated labels in S3.

workforce.py  the private workforce, its work teams, worker task templates, flow definitions
kinds.py      the built-in task types: their Lambda functions, their answers
manifest.py   the input manifest and the label categories, as they lie in S3
custom.py     tasks and labels by your own Lambda functions
rules.py      what a job may ask for
jobs.py       labeling jobs: from the manifest through the tasks to the output manifest
listing.py    the jobs of a work team
tasks.py      the tasks and answers of all jobs, one SQLite file
portal.py     where annotators get their tasks and leave their answers
output.py     the output in AWS's layout; sagelab.account.consolidation makes one label of several answers
templates.py  RenderUiTemplate

A job's tasks wait for annotators as long as AWS lets them wait (TaskAvailabilityLifetimeInSeconds, ten days). People
answer in the labeling widget, simulated annotators through `sagelab.labeling.annotate`; both use the portal.
The account has no Cognito: a work team's members are recorded, and whoever gives a name works in the team.
"""

from ..control import ControlPlane
from .jobs import LabelingJobs
from .portal import Portal
from .tasks import Tasks
from .templates import Templates
from .workforce import Workforce


def register(plane: ControlPlane) -> None:
    """Let data be labeled in this account."""
    tasks = Tasks(plane.home / "labeling.db")
    Workforce(plane)
    Templates(plane)
    jobs = LabelingJobs(plane, tasks)
    Portal(plane, tasks, jobs)
    plane.on_stop(tasks.close)
