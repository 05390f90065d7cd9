"""Classes from several workers' votes, by Dawid and Skene (1979): how often is each worker wrong, and in which way?

Expectation: how likely is each class of an object, given the votes and the workers' confusion matrices?
Maximisation: the confusion matrices and the classes' shares, given these likelihoods. Both in turn until nothing
moves. Ours: each worker starts as somebody who is right in 7 of 10 cases, which weighs as much as four votes.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

TRUST, WEIGHT = 0.7, 4.0
ROUNDS, SMALL = 1000, 1e-8

Array = Any


@dataclass(frozen=True)
class Consensus:
    """What the votes say: per object the classes' probabilities, per worker a confusion matrix (true, said)."""

    probabilities: Array  # objects x classes
    confusion: Array  # workers x classes x classes
    shares: Array  # classes


class Votes(NamedTuple):
    """Votes as three columns, and how many objects, workers and classes there are."""

    object: Array
    worker: Array
    said: Array
    objects: int
    workers: int
    classes: int


def dawid_skene(votes: list[tuple[int, int, int]], objects: int, workers: int, classes: int) -> Consensus:
    """The consensus of votes (object, worker, class), each counted from 0; every object needs a vote."""
    obj, who, said = np.array(votes, dtype=int).reshape(-1, 3).T
    given = Votes(obj, who, said, objects, workers, classes)
    probabilities = np.zeros((objects, classes))
    np.add.at(probabilities, (given.object, given.said), 1.0)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    for _ in range(ROUNDS):
        confusion, shares = maximise(probabilities, given)
        before, probabilities = probabilities, expect(confusion, shares, given)
        if np.abs(probabilities - before).max() < SMALL:
            break
    return Consensus(probabilities, confusion, shares)


def prior(classes: int) -> Array:
    """What is believed of a worker before the first vote, in votes."""
    if classes == 1:
        return np.full((1, 1), WEIGHT)
    others = (1 - TRUST) / (classes - 1)
    return WEIGHT * (np.eye(classes) * (TRUST - others) + others)


def maximise(probabilities: Array, given: Votes) -> tuple[Array, Array]:
    """The workers' confusion matrices and the classes' shares, given the objects' probabilities."""
    counts = np.zeros((given.workers, given.classes, given.classes))
    for true in range(given.classes):
        np.add.at(counts, (given.worker, true, given.said), probabilities[given.object, true])
    counts += prior(given.classes)
    shares = (probabilities.sum(axis=0) + 1) / (given.objects + given.classes)
    return counts / counts.sum(axis=2, keepdims=True), shares


def expect(confusion: Array, shares: Array, given: Votes) -> Array:
    """The objects' probabilities, given what is known of the workers."""
    logs = np.tile(np.log(shares), (given.objects, 1))
    np.add.at(logs, given.object, np.log(confusion[given.worker, :, given.said]))
    logs -= logs.max(axis=1, keepdims=True)
    likelihood = np.exp(logs)
    return likelihood / likelihood.sum(axis=1, keepdims=True)


def one_class(answers: list[dict[str, int]], classes: int) -> tuple[list[tuple[int, float]], dict[str, Any]]:
    """Per object ({worker: class}) its class and confidence; and each worker's confusion matrix."""
    workers = sorted({worker for answer in answers for worker in answer})
    votes = [(n, workers.index(w), said) for n, answer in enumerate(answers) for w, said in answer.items()]
    found = dawid_skene(votes, len(answers), len(workers), classes)
    single = all(len(answer) == 1 for answer in answers)
    labels = []
    for number, answer in enumerate(answers):
        best = next(iter(answer.values())) if single else int(found.probabilities[number].argmax())
        confidence = 0.0 if single else round(float(found.probabilities[number, best]), 2)
        labels.append((best, confidence))
    return labels, {worker: found.confusion[n].round(4).tolist() for n, worker in enumerate(workers)}


def several_classes(answers: list[dict[str, list[int]]], classes: int) -> list[list[tuple[int, float]]]:
    """Per object ({worker: classes}) every class that somebody chose, with its confidence, the surest first.

    Each class is a question of its own: chosen or not?
    """
    chosen: list[list[tuple[int, float]]] = [[] for _ in answers]
    single = all(len(answer) == 1 for answer in answers)
    workers = sorted({worker for answer in answers for worker in answer})
    for label in range(classes):
        votes = [
            (n, workers.index(worker), int(label in said))
            for n, answer in enumerate(answers)
            for worker, said in answer.items()
        ]
        found = dawid_skene(votes, len(answers), len(workers), 2)
        for number, answer in enumerate(answers):
            if any(label in said for said in answer.values()):
                confidence = 0.0 if single else round(float(found.probabilities[number, 1]), 2)
                chosen[number].append((label, confidence))
    return [sorted(labels, key=lambda pair: (-pair[1], pair[0])) for labels in chosen]
