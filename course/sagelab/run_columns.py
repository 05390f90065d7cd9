"""The columns of a table of runs, a cell of each, and a strict little language that filters by them.

    auc > 0.77 depth <= 4 status = Completed tree

Each comparison must hold and each other word must stand somewhere in the run; `and` may stand between them. Nothing is
evaluated: a comparison is a column, one of = != < <= > >=, and a number or a text ("in quotes" where it has spaces).
"""

import difflib
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sagelab.errors import SagelabError
from sagelab.runs import Run, Value, as_number

__all__ = ["BASE", "Column", "columns_of", "filtered", "shown", "sort_runs"]

LONGEST = 500
TOKEN = re.compile(
    r"""\s*(?:(?P<operator><=|>=|!=|==|=|<|>)|"(?P<double>[^"]*)"|'(?P<single>[^']*)'|`(?P<column>[^`]*)`"""
    r"""|(?P<word>[^\s<>=!"'`]+))"""
)
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2})?)?)?")
PLURALS = {"parameter": "params", "metric": "metrics", "tag": "tags"}


@dataclass(frozen=True)
class Column:
    """A column: `group` is run, parameter, metric or tag."""

    group: str
    name: str

    @property
    def key(self) -> str:
        """A name that no other column has."""
        return self.name if self.group == "run" else f"{PLURALS[self.group]}.{self.name}"

    def value(self, run: Run) -> Value | None:
        """A run's cell: a number, a text, or None for none."""
        if self.group == "run":
            return _base(run, self.name)
        found: Mapping[str, Value] = {"parameter": run.parameters, "metric": run.metrics, "tag": run.tags}[
            self.group
        ]
        return found.get(self.name)


BASE = tuple(Column("run", name) for name in ("run", "status", "started", "seconds", "experiment", "source"))


def _base(run: Run, name: str) -> Value | None:
    if name == "run":
        return run.name
    if name == "started":
        return _stamp(run.started) if run.started else None
    if name == "seconds":
        return run.seconds
    return str(getattr(run, name)) or None


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def columns_of(runs: Sequence[Run]) -> list[Column]:
    """Every column that some run fills: those of all runs, then parameters, metrics and tags by name."""
    found = [column for column in BASE if any(column.value(run) is not None for run in runs)]
    for group, field in (("parameter", "parameters"), ("metric", "metrics"), ("tag", "tags")):
        names = sorted({name for run in runs for name in getattr(run, field)}, key=str.casefold)
        found += [Column(group, name) for name in names]
    return found


def shown(value: Value | None) -> str:
    """A cell as text: numbers with up to six digits, whole ones whole."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.6g}"


def sort_runs(runs: Sequence[Run], column: Column, *, descending: bool = False) -> list[Run]:
    """Runs in the order of a column: numbers before texts, those without a value always last."""
    full = [run for run in runs if column.value(run) is not None]
    empty = [run for run in runs if column.value(run) is None]

    def order(run: Run) -> tuple[bool, float, str]:
        value = column.value(run)
        number = as_number(value)
        return (number is None, number or 0.0, "" if number is not None else str(value).casefold())

    return [*sorted(full, key=order, reverse=descending), *empty]


# -- the filter ------------------------------------------------------------------------------------------------
Test = Callable[[Run], bool]


def filtered(runs: Sequence[Run], text: str) -> list[Run]:
    """The runs for which the whole filter holds; raises SagelabError, with a sentence, for what is no filter."""
    if len(text) > LONGEST:
        raise SagelabError(f"The filter is longer than {LONGEST} characters.")
    tests = _tests(_tokens(text), columns_of(runs))
    return [run for run in runs if all(test(run) for test in tests)]


Token = tuple[str, str]


def _tokens(text: str) -> list[Token]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if not match:
            raise SagelabError(f"The filter cannot be read from here: {text[at:].strip()[:30]}")
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        at = match.end()
    return found


def _tests(tokens: list[Token], columns: Sequence[Column]) -> list[Test]:
    tests: list[Test] = []
    at = 0
    while at < len(tokens):
        kind, text = tokens[at]
        if at + 1 < len(tokens) and tokens[at + 1][0] == "operator":
            if kind == "operator" or at + 2 >= len(tokens) or tokens[at + 2][0] in ("operator", "column"):
                raise SagelabError(f"A comparison is a column, a sign and a value, as in {text[:30]} > 0.5")
            tests.append(_comparison(_find(text, columns), tokens[at + 1][1], tokens[at + 2][1]))
            at += 3
        elif kind == "operator":
            raise SagelabError(f"Which column is meant before {text}?")
        else:
            if not (kind == "word" and text.casefold() == "and"):
                tests.append(_word(text, columns))
            at += 1
    return tests


def _find(name: str, columns: Sequence[Column]) -> Column:
    """The column that a name means: its key, or its name where only one has it."""
    for exact in (lambda one: one, str.casefold):
        keyed = [column for column in columns if exact(column.key) == exact(name)]
        named = [column for column in columns if exact(column.name) == exact(name)]
        found = keyed if len(keyed) == 1 else named
        if len(found) > 1:
            keys = " or ".join(column.key for column in found)
            raise SagelabError(f"More than one column is named {name}; write {keys}.")
        if found:
            return found[0]
    near = difflib.get_close_matches(name, [column.name for column in columns], 1)
    hint = f"; did you mean {near[0]}?" if near else "."
    raise SagelabError(f"There is no column {name[:60]}{hint}")


def _comparison(column: Column, sign: str, text: str) -> Test:
    compare, number = OPERATORS[sign], as_number(text)
    ordered = sign in ("<", "<=", ">", ">=")
    if column.key == "started" and DATE.fullmatch(text):
        return lambda run: (
            (value := column.value(run)) is not None
            and compare(str(value)[: len(text)], text.replace("T", " "))
        )
    if ordered and number is None:
        raise SagelabError(f"{sign} compares numbers, and {text[:30]} is none.")

    def holds(run: Run) -> bool:
        value = column.value(run)
        if value is None:
            return False
        own = as_number(value)
        if number is not None and own is not None:
            return compare(own, number)
        return not ordered and compare(str(value).casefold(), text.casefold())

    return holds


def _word(text: str, columns: Sequence[Column]) -> Test:
    wanted = text.casefold()
    return lambda run: any(wanted in shown(column.value(run)).casefold() for column in columns)
