"""How a transform is declared: a name, a group, parameters, and the function of a table that does it.

The function is plain pandas, scikit-learn or skrub and stands on its own: an exported script carries its source.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sagelab.errors import SagelabError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Learned", "Parameter", "Transform", "arguments", "column_kind", "one_of"]

Kind = Literal["column", "columns", "choice", "number", "integer", "text", "code", "boolean"]
Learned = dict[str, Any]
LONGEST = 20_000  # characters of a text or a piece of code
KINDS = {"number": "numbers", "text": "text", "date": "dates"}


@dataclass(frozen=True)
class Parameter:
    """One field of a transform's form; `of` says what a column must hold: number, text, date or any."""

    name: str
    kind: Kind
    default: Any = None
    choices: tuple[str, ...] = ()
    of: str = "any"
    low: float | None = None
    high: float | None = None
    optional: bool = False

    def read(self, value: Any) -> Any:
        """Turn what came from a form or a file into the parameter's own type; SagelabError says what is wrong."""
        if value is None:
            value = self.default
        if value is None or value in ("", []):
            if self.kind in ("text", "code") and self.default == "":
                return ""
            if self.optional:
                return [] if self.kind == "columns" else None
            raise SagelabError(f"'{self.name}' is empty.")
        return READERS[self.kind](self, value)

    def check_columns(self, value: Any, table: pd.DataFrame) -> None:
        """Refuse columns that the table lacks or that hold something else; SagelabError names them."""
        names = value if self.kind == "columns" else [value]
        for name in names or []:
            if name is None:
                continue
            if name not in table.columns:
                raise SagelabError(f"There is no column '{name}'; the table has {one_of(table.columns)}.")
            if self.of != "any" and (found := column_kind(table[name])) != self.of:
                raise SagelabError(
                    f"'{self.name}' needs {KINDS[self.of]}, but '{name}' holds {KINDS.get(found, found)}; "
                    "change its type with 'Parse column as type' first."
                )


@dataclass(frozen=True)
class Transform:
    """One entry of the catalogue.

    `run(table, ..., **parameters)` makes the new table. With `fit`, what it returns (plain JSON values) reaches
    `run` as `learned`. `tables` is how many tables it takes, `needs` are helpers that its source calls.
    `aws` is the operator that Data Wrangler's own files name, `at` where its parameters stand in there,
    `constants` what stands beside them; an entry without `aws` is this course's own.
    """

    name: str
    group: str
    run: Callable[..., pd.DataFrame]
    parameters: tuple[Parameter, ...] = ()
    fit: Callable[..., Learned] | None = None
    needs: tuple[Callable[..., Any], ...] = ()
    tables: int = 1
    library: str = "pandas"
    aws: str = ""
    at: str | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """What it does, in one sentence."""
        return (self.run.__doc__ or "").partition("\n")[0]

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters from what was given; SagelabError for one that is unknown, missing or wrong."""
        known = {parameter.name for parameter in self.parameters}
        if unknown := [str(name) for name in given if name not in known]:
            raise SagelabError(
                f"'{self.name}' has no parameter '{unknown[0]}'; it has {one_of(known) or 'none'}."
            )
        return {parameter.name: parameter.read(given.get(parameter.name)) for parameter in self.parameters}


def arguments(function: Callable[..., Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that a function takes."""
    names = inspect.signature(function).parameters
    return {name: value for name, value in parameters.items() if name in names}


def column_kind(column: pd.Series[Any]) -> str:
    """What a column holds: number, boolean, date or text."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(column.dtype):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(column.dtype) else "text"


def one_of(names: Any, most: int = 12) -> str:
    """Names as a list that a sentence can hold."""
    found = [str(name) for name in names]
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")


def _column(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise SagelabError(f"'{parameter.name}' is the name of a column, not {value!r:.80}.")
    return value


def _columns(parameter: Parameter, value: Any) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise SagelabError(f"'{parameter.name}' is a list of columns, not {value!r:.80}.")
    return list(dict.fromkeys(names))


def _choice(parameter: Parameter, value: Any) -> str:
    if value not in parameter.choices:
        raise SagelabError(f"'{parameter.name}' is one of {', '.join(parameter.choices)}, not {value!r:.80}.")
    return str(value)


def _number(parameter: Parameter, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise SagelabError(f"'{parameter.name}' is a number, not {value!r:.80}.")
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    if not low <= number <= high:
        limits = [f"at least {low:g}" * (low > -math.inf), f"at most {high:g}" * (high < math.inf)]
        raise SagelabError(f"'{parameter.name}' is {' and '.join(filter(None, limits))}, not {number:g}.")
    return number


def _integer(parameter: Parameter, value: Any) -> int:
    number = _number(parameter, value)
    if number != int(number):
        raise SagelabError(f"'{parameter.name}' is a whole number, not {value!r:.80}.")
    return int(number)


def _text(parameter: Parameter, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SagelabError(f"'{parameter.name}' is text, not {value!r:.80}.")
    if len(str(value)) > LONGEST:
        raise SagelabError(f"'{parameter.name}' is longer than {LONGEST:,} characters.")
    return str(value)


def _boolean(parameter: Parameter, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SagelabError(f"'{parameter.name}' is true or false, not {value!r:.80}.")
    return value


READERS: dict[str, Callable[[Parameter, Any], Any]] = {
    "column": _column,
    "columns": _columns,
    "choice": _choice,
    "number": _number,
    "integer": _integer,
    "text": _text,
    "code": _text,
    "boolean": _boolean,
}
