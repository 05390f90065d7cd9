"""Every transform that a flow can use, by name and by group."""

from __future__ import annotations

from functools import cache

from sagelab.errors import SagelabError
from sagelab.wrangler.declare import Transform, one_of

__all__ = ["catalogue", "find", "groups"]


@cache
def catalogue() -> dict[str, Transform]:
    """All transforms by name."""
    from sagelab.wrangler import combine, custom, encode, missing, numeric, tables, texts

    modules = (missing, encode, numeric, texts, tables, combine, custom)
    entries = [entry for module in modules for entry in module.TRANSFORMS]
    return {entry.name: entry for entry in entries}


def groups() -> dict[str, list[Transform]]:
    """The transforms of each group, groups and transforms by name."""
    found: dict[str, list[Transform]] = {}
    for entry in sorted(catalogue().values(), key=lambda entry: (entry.group, entry.name)):
        found.setdefault(entry.group, []).append(entry)
    return found


def find(name: str) -> Transform:
    """The transform with a name; SagelabError lists what there is."""
    if name in catalogue():
        return catalogue()[name]
    if name in groups():
        raise SagelabError(f"'{name}' is a group; choose one of {one_of(e.name for e in groups()[name])}.")
    raise SagelabError(f"There is no transform '{name:.80}'; the groups are {one_of(groups(), 40)}.")
