"""The strategies: which configuration to try next."""

import itertools
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from ..spawn import spawn
from .definition import Configuration, Definition
from .ranges import Choice, Range, Unit

BAYESIAN = str(Path(__file__).with_name("bayesian.py"))
TRIES = 100  # draws for a configuration that was not tried before
STARTUP = 4  # configurations by chance before the Bayesian search has something to learn from

Tried = list[tuple[Configuration, float | None]]  # the value is None while it is not known; smaller is better


class Search(Protocol):
    """A strategy for one definition."""

    def next(self, tried: Tried) -> Configuration | None:
        """The next configuration; None where there are no more."""

    def close(self) -> None:
        """Nothing more will be asked."""


class RandomSearch:
    """Configurations by chance; the same seed draws the same ones."""

    def __init__(self, ranges: list[Range], seed: int) -> None:
        self._ranges = ranges
        self._random = random.Random(seed)

    def next(self, tried: Tried) -> Configuration | None:
        """A configuration that was not tried before, as far as there is one."""
        before = [configuration for configuration, _ in tried]
        for _ in range(TRIES):
            found = {each.name: each.at(self._draw(each)) for each in self._ranges}
            if found not in before:
                return found
        return found

    def close(self) -> None:
        """Nothing is open."""

    def _draw(self, each: Range) -> Unit:
        return (
            self._random.randrange(len(each.choices)) if isinstance(each, Choice) else self._random.random()
        )


class GridSearch:
    """Every combination of the categories, once."""

    def __init__(self, ranges: list[Range]) -> None:
        names = [each.name for each in ranges]
        values = [each.choices for each in ranges if isinstance(each, Choice)]
        self._all: Iterator[Configuration] = (
            dict(zip(names, combination, strict=True)) for combination in itertools.product(*values)
        )

    def next(self, tried: Tried) -> Configuration | None:
        """The next combination."""
        del tried
        return next(self._all, None)

    def close(self) -> None:
        """Nothing is open."""


class BayesianSearch:
    """Asks bayesian.py, which learns from what was tried."""

    def __init__(self, ranges: list[Range], seed: int, environment: Mapping[str, str]) -> None:
        self._ranges, self._seed, self._asked = ranges, seed, 0
        self._chance = RandomSearch(ranges, seed)
        self._process: subprocess.Popen[str] = spawn(
            [sys.executable, "-P", BAYESIAN],
            None,
            environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def next(self, tried: Tried) -> Configuration | None:
        """The most promising configuration; one by chance where that one was tried."""
        self._asked += 1
        question = {
            "dimensions": [len(each.choices) if isinstance(each, Choice) else 0 for each in self._ranges],
            "history": [[self._place(found), value] for found, value in tried if value is not None],
            "pending": [self._place(found) for found, value in tried if value is None],
            "seed": self._seed + self._asked,
            "startup": STARTUP,
        }
        point = self._ask(json.dumps(question))
        found = {each.name: each.at(unit) for each, unit in zip(self._ranges, point, strict=True)}
        return found if found not in [before for before, _ in tried] else self._chance.next(tried)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _place(self, configuration: Configuration) -> list[Unit]:
        return [each.place(configuration[each.name]) for each in self._ranges]

    def _ask(self, question: str) -> list[Unit]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the search process has no pipes")
        stdin.write(question + "\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise RuntimeError("the search process ended; is optuna installed?")
        point: list[Unit] = json.loads(answer)
        return point


def make_search(strategy: str, found: Definition, seed: int, environment: Mapping[str, str]) -> Search:
    """The strategy of that name."""
    if strategy == "Grid":
        return GridSearch(found.ranges)
    if strategy == "Random":
        return RandomSearch(found.ranges, seed)
    return BayesianSearch(found.ranges, seed, environment)
