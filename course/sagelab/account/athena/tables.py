"""What a query can see: the tables of the data catalog, with local copies of the files that it needs."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

from .. import s3
from ..catalog import Catalog, Table
from ..control import ControlPlane


class Scope(NamedTuple):
    """The tables of a query as the engine takes them, and the bytes of their files."""

    tables: list[dict[str, Any]]
    scanned: int


class Tables:
    """Copies the files of tables out of S3; a file that was copied once is not copied again."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane, self._catalog = plane, Catalog(plane.store)
        self.folder = plane.home / "athena"
        shutil.rmtree(self.folder, ignore_errors=True)

    def scope(self, sql: str) -> Scope:
        """Every table, those that the query names with their files."""
        tables, scanned = [], 0
        for table in self._catalog.tables():
            files: list[str] = []
            if table["Name"] in sql.lower():
                files, size = self._copy(table)
                scanned += size
            tables.append(
                {
                    "database": table["Database"],
                    "name": table["Name"],
                    "columns": table["Columns"],
                    "partitions": table["PartitionKeys"],
                    "format": table["Format"],
                    "layout": table.get("Layout", {}),
                    "files": files,
                }
            )
        return Scope(tables, scanned)

    def _copy(self, table: Table) -> tuple[list[str], int]:
        where, client = s3.split(table["Location"]), self._plane.client("s3")
        files, size = [], 0
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=where.bucket, Prefix=where.key)
        for found in (found for page in pages for found in page.get("Contents", [])):
            if found["Size"] == 0 or Path(found["Key"]).name.startswith(("_", ".")):
                continue
            copy = s3.inside(self.folder / found["ETag"].strip('"') / where.bucket, found["Key"])
            if not copy.exists():
                partial = copy.with_name(copy.name + ".part")
                s3.fetch(client, s3.Location(where.bucket, found["Key"]).uri, partial).replace(copy)
            files.append(str(copy))
            size += found["Size"]
        return files, size
