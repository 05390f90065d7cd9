"""Wildcards and policy variables: does a pattern of a policy fit a value of a request?"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Context = Mapping[str, Sequence[str]]  # condition keys in lower case, each with its values

VARIABLE = re.compile(r"\$\{([^}]*)\}")
WITH_DEFAULT = re.compile(r"\s*([^,]+?)\s*,\s*'([^']*)'\s*")
LITERALS = {"*": "*", "?": "?", "$": "$"}


class MissingVariableError(Exception):
    """A pattern has a variable that the request has no value for."""


def like(pattern: str, value: str, context: Context | None = None, *, ignore_case: bool = False) -> bool:
    """Does a pattern with * and ? fit the whole value? Variables are filled in where a context is given.

    What a variable stands for is plain text: a star in it is no wildcard. Raises MissingVariableError.
    """
    compiled = _compiled(pattern, ignore_case) if context is None else _filled(pattern, context, ignore_case)
    return compiled.fullmatch(value) is not None


def filled(text: str, context: Context | None) -> str:
    """The text with its variables filled in; MissingVariableError where one has no value."""
    if context is None:
        return text
    return VARIABLE.sub(lambda found: _value(found[1], context), text)


def variables(text: str) -> list[str]:
    """The condition keys that a text needs as variables."""
    names = (found[1] for found in VARIABLE.finditer(text))
    return [name.partition(",")[0].strip() for name in names if name not in LITERALS]


def _value(inside: str, context: Context) -> str:
    if inside in LITERALS:
        return LITERALS[inside]
    given = WITH_DEFAULT.fullmatch(inside)
    name, default = (given[1], given[2]) if given else (inside.strip(), None)
    values = context.get(name.lower(), ())
    if len(values) == 1:
        return values[0]
    if default is None:
        raise MissingVariableError(name)
    return default


def _filled(pattern: str, context: Context, ignore_case: bool) -> re.Pattern[str]:
    if "${" not in pattern:
        return _compiled(pattern, ignore_case)
    pieces, last = [""], 0
    for found in VARIABLE.finditer(pattern):
        _extend(pieces, _pieces(pattern[last : found.start()]))
        pieces[-1] += re.escape(_value(found[1], context))
        last = found.end()
    _extend(pieces, _pieces(pattern[last:]))
    return re.compile(_expression(pieces), _flags(ignore_case))


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(_expression(_pieces(pattern)), _flags(ignore_case))


def _pieces(pattern: str) -> list[str]:
    """What stands between the stars of a pattern, each as a regular expression."""
    return [".".join(map(re.escape, piece.split("?"))) for piece in re.split(r"\*+", pattern)]


def _extend(pieces: list[str], more: list[str]) -> None:
    pieces[-1] += more[0]
    pieces += more[1:]


def _expression(pieces: list[str]) -> str:
    """The pieces with anything in between; each takes its first place, so that no pattern runs for ever."""
    first, *rest = pieces
    if not rest:
        return first
    *middle, last = rest
    return "".join([first, *(f"(?>.*?{piece})" for piece in middle), ".*", last])


def _flags(ignore_case: bool) -> re.RegexFlag:
    return re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG)
