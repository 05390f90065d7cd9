"""SageMaker Pipelines: definitions are checked when they are created, and executions really run their steps.

definition.py    what a definition may say         run.py      one execution: what is ready begins
registry.py      pipelines and versions            jobs.py, checks.py, simple.py   what steps do
executions.py    start, stop, retry                cache.py, policies.py   when a step is reused or tried again
"""

from ..control import ControlPlane
from .checks import Checks
from .executions import Executions
from .jobs import Jobs
from .kinds import CHECKS, KINDS
from .registry import Registry
from .simple import Callbacks, Conditions, Fails, Lambdas
from .task import Worker
from .views import Views


def register(plane: ControlPlane) -> None:
    """Run pipelines in this account."""
    jobs = Jobs(plane)
    checks = Checks(plane, jobs)
    workers: dict[str, Worker] = {
        **dict.fromkeys(KINDS, jobs),
        **dict.fromkeys(CHECKS, checks),
        "Condition": Conditions(),
        "Fail": Fails(),
        "Lambda": Lambdas(),
        "Callback": Callbacks(),
    }
    Executions(plane, Registry(plane), jobs, workers)
    Views(plane)
