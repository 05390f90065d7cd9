"""HTTP paths that are answered beside the operations with a target header: the runtimes, the clock."""

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

    def operations(self, service: str) -> dict[str, str]:
        """Each operation of a service that is called by paths, with the module that answers; empty where none does."""
        found = {}
        for name, path in _paths(service).items():
            answer = self.find(path)
            found[name] = answer.__module__ if answer else ""
        return found


@cache
def _paths(service: str) -> dict[str, str]:
    model = service_model(service)
    uris = {name: model.operation_model(name).http["requestUri"] for name in model.operation_names}
    return {name: re.sub(r"{\w+}", "name", uri) for name, uri in uris.items()}
