"""The four counts of a yes-or-no answer, and the scores made of them."""

from typing import Any, NamedTuple


class Confusion(NamedTuple):
    """True positives, false positives, misses and true negatives."""

    hits: float
    alarms: float
    misses: float
    rest: float

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return share(self.hits + self.rest, sum(self))

    @property
    def precision(self) -> float:
        """The share of those called positive that are."""
        return share(self.hits, self.hits + self.alarms)

    @property
    def recall(self) -> float:
        """The share of the positive that are called so."""
        return share(self.hits, self.hits + self.misses)

    def f_score(self, beta: float) -> float:
        """The weighted harmonic mean of precision and recall."""
        return share((1 + beta**2) * self.precision * self.recall, beta**2 * self.precision + self.recall)


def counts(said: Any, true: Any) -> Confusion:
    """The counts of two boolean arrays."""
    pairs = (said & true, said & ~true, ~said & true, ~said & ~true)
    return Confusion(*(float(found.sum()) for found in pairs))


def share(part: float, whole: float) -> float:
    """A part of a whole; 0 of nothing."""
    return part / whole if whole else 0.0
