"""The last candidate in ensembling mode: the base models, weighted by what helps on rows that they had not seen.

Weights are found by greedy selection with replacement (Caruana and others, "Ensemble selection from libraries of
models", 2004): again and again the model is added whose vote improves the objective most.
"""

import argparse
import os
import tarfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from automl_model import Array, Model, score
from candidate import finish, read_data, report
from metric_names import SMALLER_IS_BETTER

ROUNDS = 12


def main() -> None:
    """Weight the base models, judge the ensemble, save it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--objective")
    objective = parser.parse_args().objective
    analysis, train, validation = read_data()
    model = Model(analysis["problem_type"], analysis["columns"], analysis["labels"])
    target = model.encode(train[analysis["target"]])
    bases = [
        unpack(Path(path)) for name, path in sorted(os.environ.items()) if name.startswith("SM_CHANNEL_BASE")
    ]
    weights = select(model.problem, objective, target, [held_out for _, held_out in bases])
    print("weights of the base models:", weights)
    model.members = [
        (pipeline, weight * share)
        for (base, _), weight in zip(bases, weights, strict=True)
        if weight
        for pipeline, share in base.members
    ]
    report(model, target, blend([held_out for _, held_out in bases], weights), "train")
    finish(model, analysis["target"], validation)


def unpack(folder: Path) -> tuple[Any, Array]:
    """A base model, and its scores of the rows that it had not seen."""
    for name in ("model", "output"):
        with tarfile.open(folder / f"{name}.tar.gz") as archive:
            archive.extractall(folder / name, filter="data")
    return joblib.load(folder / "model" / "model.joblib"), np.load(folder / "output" / "cross_validation.npy")


def select(problem: str, objective: str, truth: Array, scores: list[Array]) -> list[float]:
    """The share of each base model in the vote."""
    sign = -1 if objective in SMALLER_IS_BETTER else 1
    votes = [0] * len(scores)
    best, best_votes = -np.inf, votes
    for _ in range(ROUNDS):
        tried = []
        for number in range(len(scores)):
            more = [*votes[:number], votes[number] + 1, *votes[number + 1 :]]
            shares = [vote / sum(more) for vote in more]
            tried.append((sign * score(problem, objective, truth, blend(scores, shares)), more))
        value, votes = max(tried, key=lambda pair: pair[0])
        if value > best:
            best, best_votes = value, votes
    return [vote / sum(best_votes) for vote in best_votes]


def blend(scores: list[Array], weights: list[float]) -> Array:
    """The weighted mean of scores."""
    total: Array = sum(weight * part for part, weight in zip(scores, weights, strict=True))
    return total


if __name__ == "__main__":
    main()
