"""What the data catalog holds: ListDatabases, ListTableMetadata, GetTableMetadata."""

from ..catalog import FEATURE_STORE, Catalog, Table
from ..control import ApiError, ControlPlane, Record
from .service import Operation


class Metadata:
    """The data catalog, as Athena shows it."""

    def __init__(self, plane: ControlPlane) -> None:
        self._catalog = Catalog(plane.store)
        self.operations: dict[str, Operation] = {
            "ListDatabases": self.databases,
            "ListTableMetadata": self.tables,
            "GetTableMetadata": self.table,
        }

    def databases(self, _: Record) -> Record:
        """ListDatabases."""
        names = {"default", FEATURE_STORE, *(table["Database"] for table in self._catalog.tables())}
        return {"DatabaseList": [{"Name": name} for name in sorted(names)]}

    def tables(self, params: Record) -> Record:
        """ListTableMetadata, with a part of the name as filter."""
        database, part = params["DatabaseName"].lower(), params.get("Expression", "").strip("*").lower()
        tables = [t for t in self._catalog.tables() if t["Database"] == database and part in t["Name"]]
        return {"TableMetadataList": [shown(table) for table in tables]}

    def table(self, params: Record) -> Record:
        """GetTableMetadata."""
        table = self._catalog.get(params["DatabaseName"], params["TableName"])
        if table is None:
            raise ApiError(
                f"EntityNotFoundException: Table {params['TableName']} not found", "MetadataException"
            )
        return {"TableMetadata": shown(table)}


def shown(table: Table) -> Record:
    """A table, as Athena shows it."""
    return {
        "Name": table["Name"],
        "CreateTime": table["CreateTime"],
        "TableType": "EXTERNAL_TABLE",
        "Columns": [{"Name": name.lower(), "Type": kind} for name, kind in table["Columns"]],
        "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in table["PartitionKeys"]],
        "Parameters": {"EXTERNAL": "TRUE", "location": table["Location"]},
    }
