"""moto as one function: a whole request in, a whole answer out, at a given time and with a given seed."""

import os
import traceback
from functools import cache
from typing import Any

from .clock import Clock
from .environment import REGION
from .refusal import refuse
from .wsgi import Incoming, Outgoing, environment, run


class MotoServer:
    """moto's services, loaded one by one when they are first asked; not for two threads at once."""

    def __init__(self, clock: Clock) -> None:
        os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")  # no browser asks here
        from moto.core.base_backend import BackendDict
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        from .motoec2 import stay_lean
        from .steady import SteadyMoto

        stay_lean(REGION)
        BackendDict.reset()  # moto's memory belongs to the process; this account begins with its journal alone
        steady = self._steady = SteadyMoto(clock)

        def create(service: Any) -> Any:
            backend = create_backend_app(service)
            steady.load(service)
            return backend

        server: Any = DomainDispatcherApplication(create)
        server.get_backend_for_host = cache(server.get_backend_for_host)  # it looks at 180 folders each time
        self._application = server

    def ask(self, request: Incoming, moment: float, seed: int) -> Outgoing:
        """moto's answer; what it cannot do is refused in a sentence."""
        try:
            with self._steady.at(moment, seed):
                answered = run(self._application, environment(request))
        except Exception as error:
            traceback.print_exc()
            return _failed(request, error)
        if answered.code == 500:
            return refuse(request, answered.body.decode("utf-8", "replace")[:500], "InternalFailure")
        return answered


def _failed(request: Incoming, error: Exception) -> Outgoing:
    what = request.operation or f"{request.method} {request.path}"
    if isinstance(
        error, NotImplementedError | ImportError | KeyError
    ):  # how moto says that it has no such thing
        return refuse(request, f"The local account cannot do {what}", "NotImplemented")
    return refuse(request, f"The local account failed at {what}: {error!r}", "InternalFailure")
