"""Athena: SQL over the tables of the data catalog, answered by duckdb in a process of its own.

queries.py     StartQueryExecution ... GetQueryResults; executions.py is what happens behind them
tables.py   which tables a query can see, and their files; ddl.py makes tables over files that are in S3 already
metadata.py    ListDatabases, ListTableMetadata, GetTableMetadata
results.py     the result file, as GetQueryResults shows it
service.py     from an HTTP request to one of these operations and back
"""

from ..control import ControlPlane
from .metadata import Metadata
from .queries import Queries
from .service import AthenaService


def register(plane: ControlPlane) -> None:
    """Let queries run in this account; Athena's other operations stay with moto."""
    AthenaService(plane, {**Queries(plane).operations, **Metadata(plane).operations})
