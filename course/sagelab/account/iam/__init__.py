"""IAM: what policies would allow, answered for real; users, roles and policies themselves stay with moto.

simulation.py   SimulatePrincipalPolicy, SimulateCustomPolicy
enforcement.py  refuses SageMaker calls of assumed roles, where it is switched on
documents.py, matching.py, conditions.py, decision.py  the rules of evaluation, without an account
principals.py   the policies of a user, group or role; callers.py  who signed a request; requests.py  what it is about
door.py         from a form to an operation and back
"""

from ..control import ControlPlane
from .callers import Callers
from .door import QueryService
from .enforcement import Enforcement
from .principals import Principals
from .simulation import Simulation


def register(plane: ControlPlane) -> None:
    """Answer simulations in this account, and guard its desk."""
    principals = Principals(plane)
    QueryService(plane, "iam", Simulation(plane, principals).operations)
    Enforcement(plane, principals, Callers(plane))
