"""AutoML jobs (Autopilot): from a table and the name of a column to ranked models that can be deployed."""

from ..control import ControlPlane
from ..following import Following
from ..jobs import Jobs
from .candidates import Candidates
from .checks import check_v1, check_v2
from .job import AutoMLRun


def register(plane: ControlPlane) -> None:
    """Run AutoML jobs in this account."""
    following = Following(plane, "ProcessingJob", "TrainingJob", "HyperParameterTuningJob", "Endpoint")
    candidates = Candidates(plane)
    plane.checks("CreateAutoMLJob", check_v1)
    plane.checks("CreateAutoMLJobV2", check_v2)
    plane.answers("ListCandidatesForAutoMLJob", candidates.list)
    Jobs(plane, "AutoMLJob", lambda plane, job: AutoMLRun(plane, job, following, candidates))
