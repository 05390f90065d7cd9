"""Model cards: content that fits AWS's schema, immutable versions, and documents made of them.

schema.py   what the content of a card must look like (schema.json)
cards.py    CreateModelCard ... DeleteModelCard, and the versions
exports.py  CreateModelCardExportJob: the document, made by a process of its own
"""

from ..control import ControlPlane
from .cards import Cards
from .exports import Exports


def register(plane: ControlPlane) -> None:
    """Keep and export model cards in this account."""
    Exports(plane, Cards(plane))
