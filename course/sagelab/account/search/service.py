"""Search and GetSearchSuggestions: one page of the records that fit."""

from typing import Any

from ..control import ControlPlane, Record
from ..listing import PAGE, page_start
from .expression import Expression
from .properties import kind_of, names_of, values_of
from .views import Views

DEFAULT_SORT = "LastModifiedTime"
MOST_SUGGESTIONS = 10


class Search:
    """The search of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._views = Views(plane)

    def search(self, params: Record) -> Record:
        """Search."""
        resource = params["Resource"]
        shape, member = self._views.shape(resource), self._views.member(resource)
        expression = Expression(shape, params["SearchExpression"]) if "SearchExpression" in params else None
        by = params.get("SortBy", DEFAULT_SORT)
        if "SortBy" in params:
            kind_of(shape, by)
        visible = params.get("VisibilityConditions", [])
        views = [
            view
            for view in self._views.all(resource)
            if (expression is None or expression.fits(view)) and is_visible(view, visible)
        ]
        found = ordered(views, by, descending=params.get("SortOrder", "Descending") == "Descending")
        start, size = page_start(params), params.get("MaxResults", PAGE)
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {
            "Results": [{member: view} for view in found[start : start + size]],
            "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
            **more,
        }

    def suggest(self, params: Record) -> Record:
        """GetSearchSuggestions: names of properties that begin like the hint."""
        resource, query = params["Resource"], params.get("SuggestionQuery", {})
        hint = query.get("PropertyNameQuery", {}).get("PropertyNameHint", "").lower()
        names = dict.fromkeys(name for view in self._views.all(resource) for name in names_of(view))
        found = sorted(name for name in names if name.lower().startswith(hint))
        return {"PropertyNameSuggestions": [{"PropertyName": name} for name in found[:MOST_SUGGESTIONS]]}


def ordered(views: list[Record], by: str, *, descending: bool) -> list[Record]:
    """Records by the first value of a property; those without it come last."""
    keyed: list[tuple[Any, Record]] = []
    rest = []
    for view in views:
        values = values_of(view, by) or (values_of(view, "CreationTime") if by == DEFAULT_SORT else [])
        if values:
            keyed.append((sort_key(values[0]), view))
        else:
            rest.append(view)
    keyed.sort(key=lambda pair: pair[0], reverse=descending)
    return [view for _, view in keyed] + rest


def sort_key(value: Any) -> tuple[int, float, str]:
    """Numbers before texts, and texts that are numbers among the numbers."""
    try:
        return 0, float(value), ""
    except (TypeError, ValueError):
        return 1, 0.0, str(value).lower()


def is_visible(view: Record, conditions: list[Record]) -> bool:
    """Has a record no key of the conditions, or one with the value that they name?"""
    for condition in conditions:
        values = values_of(view, condition["Key"])
        if values and condition["Value"] not in values:
            return False
    return True
