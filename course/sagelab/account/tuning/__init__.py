"""Automatic model tuning: a tuning job chooses hyperparameters, runs training jobs with them, and keeps the best."""

from ..control import ControlPlane
from ..jobs import Jobs
from .checks import Checks
from .job import TuningRun
from .service import Tuning


def register(plane: ControlPlane) -> None:
    """Run hyperparameter tuning jobs in this account."""
    tuning = Tuning(plane)
    plane.checks("CreateHyperParameterTuningJob", Checks(plane))
    plane.answers("ListTrainingJobsForHyperParameterTuningJob", tuning.list_trials)
    Jobs(plane, "HyperParameterTuningJob", lambda plane, job: TuningRun(plane, job, tuning))
