"""The data catalog: which tables there are, where their files lie, what their columns are.

Feature groups with an offline store enter a table here, Athena reads it. On AWS this is the Glue Data Catalog. A
table outlives the feature group that made it, as there.
"""

from collections.abc import Sequence
from typing import Any

from .store import Store

NOUN = "CatalogTable"
CATALOG = "AwsDataCatalog"
FEATURE_STORE = "sagemaker_featurestore"  # the database of offline stores that name none

Table = dict[str, Any]
Columns = Sequence[tuple[str, str]]  # name and type, as Hive writes them


class TableExists(Exception):
    """There is a table of that name already."""


class Catalog:
    """The tables of one account; names are kept in lower case."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, database: str, name: str, **entry: Any) -> None:
        """Enter a table; raises TableExists."""
        table = {"_arn": key(database, name), "Database": database.lower(), "Name": name.lower(), **entry}
        if not self._store.add(NOUN, table):
            raise TableExists(f"Table {name.lower()} already exists in database {database.lower()}")

    def get(self, database: str, name: str) -> Table | None:
        """The entry of a table."""
        return self._store.get(NOUN, key(database, name))

    def update(self, database: str, name: str, **changes: Any) -> None:
        """Change an entry; nothing happens where there is none."""
        self._store.update(NOUN, key(database, name), changes)

    def drop(self, database: str, name: str) -> None:
        """Take a table out; its files stay."""
        self._store.delete(NOUN, key(database, name))

    def tables(self) -> list[Table]:
        """Every table, oldest first."""
        return self._store.all(NOUN)


def key(database: str, name: str) -> str:
    """What identifies a table."""
    return f"{CATALOG}/{database}/{name}".lower()
