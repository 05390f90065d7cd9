"""Training jobs: what is refused at once, the run from Starting to its end, spot capacity and warm pools.

checks    what CreateTrainingJob refuses        run       one job and its record
attempt   one job on its machines, once         instance  what happens on one machine
progress  the secondary statuses                spot      capacity that comes and goes
warm      machines that are kept for later      warmed    the process that waits for its script
"""

from ..control import ControlPlane
from ..jobs import Jobs
from .checks import Checks
from .run import TrainingRun
from .spot import SpotMarket
from .warm import WarmPools


def register(plane: ControlPlane) -> None:
    """Run training jobs in this account."""
    spot, pools = SpotMarket(plane), WarmPools(plane)
    plane.checks("CreateTrainingJob", Checks(plane))
    Jobs(plane, "TrainingJob", lambda plane, job: TrainingRun(plane, job, spot, pools))
