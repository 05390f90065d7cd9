"""Where tables come from and go to: a DataFrame, a file, an object in S3; CSV and Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from sagelab.errors import SagelabError

__all__ = ["fetch", "fields_of", "read_table", "split_uri", "tidy", "write_table"]

READ = (".csv", ".csv.gz", ".tsv", ".parquet", ".pq")
LARGEST = 500 * 1024 * 1024  # bytes of an object in S3 that a notebook reads at once


def tidy(df: pd.DataFrame) -> pd.DataFrame:
    """One type and one name for each column, as a file can hold them; mixed values become text.

    Whole and fractional numbers, text, true and false, and dates (in UTC) stay; an empty text is a missing one.
    """
    import json

    names: list[str] = []
    for place, given in enumerate(df.columns):
        name = first = str(given).strip() or f"column_{place + 1}"
        count = 0
        while name in names:
            count += 1
            name = f"{first}_{count}"
        names.append(name)
    columns = {}
    for place, name in enumerate(names):
        column = df.iloc[:, place].reset_index(drop=True)
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(column.cat.categories.dtype)
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if pd.api.types.is_datetime64_any_dtype(column.dtype) or kind in ("datetime", "datetime64", "date"):
            dates = pd.to_datetime(column, errors="coerce", utc=True)
            column = dates.dt.tz_localize(None).astype("datetime64[us]")
        elif kind in ("integer", "floating", "mixed-integer-float", "decimal") or column.isna().all():
            if column.dtype == "str" or kind == "string":
                column = column.astype("str")
            else:
                column = pd.to_numeric(column, errors="coerce")
                whole = pd.api.types.is_integer_dtype(column.dtype) and len(column) and column.notna().all()
                small = whole and column.min() >= -(2**63) and column.max() < 2**63
                column = column.astype("int64" if small else "float64")
        elif kind == "boolean":
            column = column.astype("float64" if column.isna().any() else "bool")
        elif kind in ("timedelta", "timedelta64"):
            column = pd.to_timedelta(column).dt.total_seconds()
        elif kind != "string" or column.dtype != "str":
            column = column.map(
                lambda value: (
                    json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)
                ),
                na_action="ignore",
            ).astype("str")
        if column.dtype == "str":
            column = column.mask(column == "")
        columns[name] = column
    return pd.DataFrame(columns, index=pd.RangeIndex(len(df)))


def read_table(path: str, fields: dict[str, str] | None = None) -> pd.DataFrame:
    """Read a CSV or Parquet file; `fields` says which columns are text and dates where a CSV leaves it open."""
    if str(path).endswith((".parquet", ".pq")):
        try:
            return tidy(pd.read_parquet(path))
        except ImportError:  # pandas needs pyarrow; duckdb reads the same files
            import duckdb

            with duckdb.connect() as connection:
                return tidy(connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).df())
    separator = "\t" if str(path).endswith(".tsv") else ","
    if fields is None:
        return tidy(pd.read_csv(path, sep=separator))
    df = pd.read_csv(
        path,
        sep=separator,
        dtype={name: "str" for name, kind in fields.items() if kind in ("text", "date")},
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,
    )
    dates = {
        name: pd.to_datetime(df[name], format="ISO8601") for name, kind in fields.items() if kind == "date"
    }
    return tidy(df.assign(**dates))


def fields_of(df: pd.DataFrame) -> dict[str, str]:
    """The columns of a tidy table whose type a CSV file leaves open, as `read_table` wants them."""
    from sagelab.wrangler.declare import column_kind

    kinds = {name: column_kind(df[name]) for name in df.columns}
    return {name: kind for name, kind in kinds.items() if kind in ("text", "date")}


def write_table(df: pd.DataFrame, path: Path) -> Path:
    """Write a tidy table as CSV, so that `read_table` with `fields_of` gives the very same table back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    df.to_csv(path, index=False)
    back = read_table(str(path), fields_of(df))
    for name in df.columns:
        if name not in back.columns or not back[name].equals(df[name].astype(back[name].dtype)):
            path.unlink()
            raise SagelabError(f"A CSV file cannot hold the column '{name}' as it is; change its type first.")
    return path


def split_uri(uri: str) -> tuple[str, str]:
    """The bucket and the key of an s3:// URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or not key or key.endswith("/"):
        raise SagelabError(
            f"'{uri:.200}' is not the URI of a file in S3, such as s3://bucket/folder/table.csv."
        )
    return bucket, key


def fetch(uri: str, client: Any, folder: Path) -> Path:
    """Bring a CSV or Parquet object from S3 into a folder; SagelabError says what stands in the way."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = split_uri(uri)
    if not key.endswith(READ):
        raise SagelabError(f"'{key:.200}' is none of the files that can be read: {', '.join(READ)}.")
    try:
        size = client.head_object(Bucket=bucket, Key=key)["ContentLength"]
        if size > LARGEST:
            raise SagelabError(f"{uri} has {size:,} bytes; a notebook reads up to {LARGEST:,}.")
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (ClientError, BotoCoreError) as fault:
        raise SagelabError(f"{uri} cannot be read: {fault}") from None
    path = folder / Path(key).name
    path.write_bytes(body)
    return path
