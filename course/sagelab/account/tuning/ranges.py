"""Hyperparameter ranges: each maps a number between 0 and 1 to a value, by its scale, and back.

Developer guide, "Define Hyperparameter Ranges": Linear, Logarithmic (values above 0), ReverseLogarithmic (continuous
values from 0 to below 1), and Auto, which here takes Logarithmic where the range spans two powers of ten or more.
"""

import math
from dataclasses import dataclass
from typing import Any

from ..errors import ApiError

AUTO_LOGARITHMIC = 100.0  # high / low from which Auto takes the logarithmic scale
Unit = float  # from 0 to 1; the number of a value for a choice


@dataclass(frozen=True)
class Numeric:
    """An integer or continuous range."""

    name: str
    low: float
    high: float
    integer: bool
    scaling: str

    def at(self, unit: Unit) -> str:
        """The value at a place, as a hyperparameter's text."""
        low, high = (self._scaled(end) for end in self._ends)
        value = self._unscaled(low + min(max(unit, 0.0), 1.0) * (high - low))
        value = min(max(value, self.low), self.high) if not self.integer else value
        return str(int(min(max(round(value), self.low), self.high))) if self.integer else repr(value)

    def place(self, text: str) -> Unit:
        """Where a value lies, kept within the range."""
        low, high = (self._scaled(end) for end in self._ends)
        value = self._scaled(min(max(float(text), self.low), self.high))
        return (value - low) / (high - low) if high > low else 0.0

    @property
    def values(self) -> int | None:
        """How many values there are; None for a continuum."""
        return int(self.high - self.low) + 1 if self.integer else None

    @property
    def _ends(self) -> tuple[float, float]:
        """The range, widened by a half on each side where values are rounded, so that the ends count in full."""
        if not self.integer:
            return self.low, self.high
        return (
            self.low if self.scaling == "Logarithmic" and self.low < 1 else self.low - 0.4999
        ), self.high + 0.4999

    def _scaled(self, value: float) -> float:
        if self.scaling == "Logarithmic":
            return math.log(value)
        return -math.log(1 - value) if self.scaling == "ReverseLogarithmic" else value

    def _unscaled(self, value: float) -> float:
        if self.scaling == "Logarithmic":
            return math.exp(value)
        return 1 - math.exp(-value) if self.scaling == "ReverseLogarithmic" else value


@dataclass(frozen=True)
class Choice:
    """A categorical range."""

    name: str
    choices: tuple[str, ...]

    def at(self, unit: Unit) -> str:
        """The value of that number."""
        return self.choices[int(unit)]

    def place(self, text: str) -> Unit:
        """The number of a value; ValueError for another."""
        return self.choices.index(text)

    @property
    def values(self) -> int | None:
        """How many values there are."""
        return len(self.choices)


Range = Numeric | Choice


def read_ranges(given: dict[str, Any]) -> list[Range]:
    """The ranges of a request; ApiError for one that is none."""
    ranges: list[Range] = [numeric(each, True) for each in given.get("IntegerParameterRanges", [])]
    ranges += [numeric(each, False) for each in given.get("ContinuousParameterRanges", [])]
    ranges += [
        Choice(each["Name"], tuple(each["Values"])) for each in given.get("CategoricalParameterRanges", [])
    ]
    names = [each.name for each in ranges]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ApiError(f"Hyperparameter {twice[0]} has more than one range.")
    if not ranges:
        raise ApiError("A tuning job needs at least one hyperparameter range.")
    return ranges


def numeric(given: dict[str, str], integer: bool) -> Numeric:
    """A range of numbers, with its scale resolved."""
    name, kind = given["Name"], "integer" if integer else "continuous"
    try:
        low, high = (float(int(given[end]) if integer else given[end]) for end in ("MinValue", "MaxValue"))
    except ValueError:
        raise ApiError(
            f"The {kind} range of hyperparameter {name} goes from {given['MinValue']!r} to {given['MaxValue']!r}; "
            "give numbers."
        ) from None
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ApiError(f"MinValue of hyperparameter {name} must not be above its MaxValue.")
    scaling = given.get("ScalingType", "Auto")
    if scaling == "Auto":
        scaling = "Logarithmic" if low > 0 and high / low >= AUTO_LOGARITHMIC else "Linear"
    if scaling == "Logarithmic" and low <= 0:
        raise ApiError(
            f"Logarithmic scaling works only for ranges above 0; hyperparameter {name} begins at {low:g}."
        )
    if scaling == "ReverseLogarithmic" and (integer or low < 0 or high >= 1):
        raise ApiError(
            "ReverseLogarithmic scaling works only for continuous ranges within 0 <= x < 1.0; "
            f"the {kind} range of hyperparameter {name} goes from {low:g} to {high:g}."
        )
    return Numeric(name, low, high, integer, scaling)


def combinations(ranges: list[Range]) -> int | None:
    """How many configurations there are; None where they are a continuum."""
    total = 1
    for each in ranges:
        if each.values is None:
            return None
        total *= each.values
    return total
