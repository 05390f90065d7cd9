"""CloudTrail: who called which operation, when, and with what answer.

events.py  a call in CloudTrail's form; log.py  where they are kept, off the caller's path; lookup.py  LookupEvents
"""

from ..calls import Call, Record
from ..control import ControlPlane
from ..errors import ApiError
from ..iam.callers import Callers
from .events import Events
from .log import TrailLog
from .lookup import Lookup


def register(plane: ControlPlane) -> None:
    """Keep and show the calls to this account."""
    log = TrailLog(plane.home / "trail.db")
    events = Events(plane, Callers(plane))

    def keep(call: Call, answered: Record | None, error: ApiError | None) -> None:
        log.add(events.witness(call, answered, error))

    plane.desk.witness(keep)
    plane.on_stop(log.close)
    Lookup(plane, log)
