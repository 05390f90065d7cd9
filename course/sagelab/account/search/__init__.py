"""Search over the account's records.

service.py      Search and GetSearchSuggestions
expression.py   SearchExpression: filters, nested filters, And and Or
properties.py   what a property's name means, of which kind it is, and its values in a record
views.py        records as a search finds and shows them; the rows of the model dashboard
"""

from ..control import ControlPlane
from .service import Search


def register(plane: ControlPlane) -> None:
    """Answer Search and GetSearchSuggestions."""
    search = Search(plane)
    plane.answers("Search", search.search)
    plane.answers("GetSearchSuggestions", search.suggest)
