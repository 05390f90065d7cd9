"""HTTP paths that are answered beside the operations with a target header: the runtime, the clock."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from .model import service_model

Answer = Callable[[Any], Any]


class Routes:
    """Path patterns and who answers them; the first that matches the whole path wins."""

    def __init__(self) -> None:
        self._table: list[tuple[re.Pattern[str], Answer]] = []

    def add(self, pattern: str, answer: Answer) -> None:
        """Let `answer(request)` return the response for paths that match the pattern whole."""
        self._table.append((re.compile(pattern), answer))

    def find(self, path: str) -> Answer | None:
        """Who answers a path."""
        return next((answer for pattern, answer in self._table if pattern.fullmatch(path)), None)

    def runtime_operations(self) -> dict[str, str]:
        """Each operation of the runtime with the module that answers its path, empty where none does."""
        found = {}
        for name, path in _runtime_paths().items():
            answer = self.find(path)
            found[name] = answer.__module__ if answer else ""
        return found


@cache
def _runtime_paths() -> dict[str, str]:
    service = service_model("sagemaker-runtime")
    uris = {name: service.operation_model(name).http["requestUri"] for name in service.operation_names}
    return {name: re.sub(r"{\w+}", "name", uri) for name, uri in uris.items()}
