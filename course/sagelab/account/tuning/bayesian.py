"""The Bayesian search, in a process of its own: `python bayesian.py`, a question and an answer a line, in JSON.

It stands alone, so that optuna is loaded here and not in the account. A question holds all that is known:
{"dimensions": [0, 3], "history": [[[0.2, 1], 5.1], ...], "pending": [[0.4, 0], ...], "seed": 7, "startup": 4}, where a
dimension is 0 for a number between 0 and 1, else how many choices there are, and smaller values are better. The answer
is the next point, such as [0.31, 2]. Equal questions get equal answers.
"""

import json
import sys
import warnings
from typing import Any

import optuna


def suggest(question: dict[str, Any]) -> list[float]:
    """The next point: by chance at first, then by the tree-structured Parzen estimator."""
    sampler = optuna.samplers.TPESampler(
        seed=question["seed"], n_startup_trials=question["startup"], multivariate=True, constant_liar=True
    )
    study = optuna.create_study(sampler=sampler)
    space = {str(number): distribution(size) for number, size in enumerate(question["dimensions"])}
    for point, value in question["history"]:
        study.add_trial(optuna.trial.create_trial(params=named(point), distributions=space, value=value))
    for point in question["pending"]:
        running = optuna.trial.TrialState.RUNNING
        study.add_trial(optuna.trial.create_trial(params=named(point), distributions=space, state=running))
    found = study.ask(space).params
    return [found[name] for name in space]


def distribution(size: int) -> optuna.distributions.BaseDistribution:
    """A number between 0 and 1, or one of `size` choices."""
    if size == 0:
        return optuna.distributions.FloatDistribution(0.0, 1.0)
    return optuna.distributions.CategoricalDistribution(list(range(size)))


def named(point: list[float]) -> dict[str, float]:
    """A point by the names of its dimensions."""
    return {str(number): value for number, value in enumerate(point)}


def main() -> None:
    """Answer questions until there are no more."""
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(suggest(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
