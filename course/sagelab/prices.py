"""Prices that the learner types, kept beside the notebook, and the sums that they give. None of them is ours."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sagelab.bills import HOUR, Line
from sagelab.errors import SagelabError
from sagelab.files import read_bytes, replace_bytes

__all__ = ["MONTH_HOURS", "Prices", "Sum", "add_up", "money", "read_price"]

MONTH_HOURS = 730  # hours in a month as AWS's price calculator counts them
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?|\.[0-9]{1,9}")
MOST_PRICES, LONGEST_KEY = 500, 200


@dataclass(frozen=True)
class Sum:
    """Money an hour, and what has no price and is left out."""

    hourly: Decimal
    unpriced: tuple[str, ...]

    @property
    def monthly(self) -> Decimal:
        """Money a month of 730 hours, if all stays as it is."""
        return self.hourly * MONTH_HOURS


def read_price(text: str) -> Decimal | None:
    """A price from what was typed; None for nothing. Raises SagelabError for anything but a plain number."""
    plain = text.strip()
    if not plain:
        return None
    if not NUMBER.fullmatch(plain):
        raise SagelabError(f"'{plain[:40]}' is no price; write a number such as 0.115, with a point.")
    return Decimal(plain)


def add_up(lines: Iterable[Line], prices: Mapping[str, Decimal]) -> Sum:
    """What the lines cost an hour; a GB-month costs its price divided by 730 hours."""
    hourly, unpriced = Decimal(0), dict[str, None]()
    for line in lines:
        if not line.count:
            continue
        if line.key in prices:
            cost = line.count * prices[line.key]
            hourly += cost if line.unit == HOUR else cost / MONTH_HOURS
        else:
            unpriced[line.key] = None
    return Sum(hourly, tuple(unpriced))


def money(amount: Decimal) -> str:
    """An amount with two decimals, and below 1 with as many as show three digits that are not zero."""
    if not amount:
        return "0"
    places = 2 if amount >= 1 else min(2 - amount.adjusted(), 12)
    whole, _, decimals = f"{amount:,.{places}f}".partition(".")
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


class Prices:
    """The learner's prices in a JSON file: names of what is billed, and prices as text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.note = ""
        self.typed = self._read()

    @property
    def values(self) -> dict[str, Decimal]:
        """The prices as numbers."""
        return {key: Decimal(text) for key, text in self.typed.items()}

    def set(self, key: str, text: str) -> None:
        """Keep a price, or forget it where nothing was typed; raises SagelabError for what is no price."""
        value = read_price(text)
        if value is None:
            kept = {name: price for name, price in self.typed.items() if name != key}
        else:
            kept = {**self.typed, key: str(value)}
        if len(kept) > MOST_PRICES or len(key) > LONGEST_KEY:
            raise SagelabError(f"At most {MOST_PRICES} prices are kept.")
        if kept != self.typed:
            try:
                replace_bytes(self.path, json.dumps(kept, indent=1, sort_keys=True).encode())
            except OSError as fault:
                raise SagelabError(f"{self.path.name} cannot be written ({fault.strerror}).") from fault
        self.typed, self.note = kept, ""

    def _read(self) -> dict[str, str]:
        """What the file holds; a file that is damaged is set aside, never overwritten unseen."""
        if not self.path.exists():
            return {}
        try:
            found = json.loads(read_bytes(self.path))
            fits = isinstance(found, dict) and all(
                isinstance(text, str) and NUMBER.fullmatch(text) for text in found.values()
            )
            if fits:
                return found if len(found) <= MOST_PRICES else {}
        except (ValueError, RecursionError):
            pass
        aside = self.path.with_name(f"{self.path.name}.damaged")
        self.path.replace(aside)
        self.note = f"{self.path.name} holds no prices; it was set aside as {aside.name}."
        return {}
