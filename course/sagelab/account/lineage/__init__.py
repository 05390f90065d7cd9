"""Lineage: from an endpoint back to the data that its model has seen, and from data to every endpoint.

entities.py      Artifact, Action and Context; the lineage group
graph.py         associations between entities, and the operations on them
query.py         QueryLineage: a walk along the associations
recorder.py      what jobs, models, packages and endpoints write into the graph by themselves
"""

from ..control import ControlPlane
from .entities import Entities
from .graph import Graph
from .query import Queries
from .recorder import Recorder


def register(plane: ControlPlane) -> None:
    """Let lineage be written and read in this account."""
    graph = Graph(plane)
    entities = Entities(plane, graph)
    Queries(plane, graph)
    Recorder(plane, entities, graph)
