"""Experiments: what was tried, with which parameters, and what came of it.

entities.py  Experiment, Trial and TrialComponent, and which component belongs to which trial
tracking.py  each job becomes a trial component; ExperimentConfig says where it belongs
points.py    the metric values of components, in one SQLite file
runtime.py   the API sagemaker-metrics: BatchPutMetrics and BatchGetMetrics
"""

from ..batches import Batches
from ..control import ControlPlane
from .entities import TRIALS, Experiments
from .points import Point, Points
from .runtime import MetricsRuntime
from .tracking import Tracking, component_arn

__all__ = ["TRIALS", "component_arn", "register"]


def register(plane: ControlPlane) -> None:
    """Let experiments happen in this account."""
    points = Points(plane.home / "experiments.db")
    heard: Batches[Point] = Batches(points.add, full=1000)
    Experiments(plane, points, heard.flush)
    Tracking(plane, heard.add)
    MetricsRuntime(plane, points, heard.flush)
    plane.flushers.append(heard.flush)
    plane.on_stop(heard.close)
    plane.on_stop(points.close)
