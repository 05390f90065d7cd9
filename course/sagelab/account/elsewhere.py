"""All services but SageMaker, answered by moto."""

import threading
from pathlib import Path
from typing import Any

from .clock import Clock


class Elsewhere:
    """moto behind one lock: it was not written for threads."""

    def __init__(self, journal: Path, clock: Clock) -> None:
        self._lock = threading.RLock()
        self._moto: Any = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        with self._lock:
            if self._moto is None:
                from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

                self._moto = DomainDispatcherApplication(create_backend_app)
            return self._moto(environ, start_response)

    def close(self) -> None:
        """End in order."""
