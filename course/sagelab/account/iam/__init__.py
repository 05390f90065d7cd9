"""IAM: what policies would allow, answered for real; users, roles and policies themselves stay with moto.

simulation.py  SimulatePrincipalPolicy, SimulateCustomPolicy
documents.py, matching.py, conditions.py, decision.py  the rules of evaluation, without an account
principals.py  the policies of a user, group or role; door.py  from a form to an operation and back
"""

from ..control import ControlPlane
from .door import QueryService
from .principals import Principals
from .simulation import Simulation


def register(plane: ControlPlane) -> None:
    """Answer simulations in this account."""
    QueryService(plane, "iam", Simulation(plane, Principals(plane)).operations)
