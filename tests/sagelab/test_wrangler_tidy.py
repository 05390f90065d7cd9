"""Nasty tables: what a flow makes of them, and that a file gives them back."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from sagelab.errors import SagelabError
from sagelab.wrangler import Flow
from sagelab.wrangler.quality import quality_report
from sagelab.wrangler.sources import fields_of, read_table, tidy, write_table

NASTY = {
    "no rows": pd.DataFrame({"a": []}),
    "one column": pd.DataFrame({"a": [1.5, None, 3]}),
    "one text column with a gap": pd.DataFrame({"a": ["x", None, "y", None]}),
    "names that are equal, empty or numbers": pd.DataFrame([[1, 2, 3, 4]], columns=["a", "a", "", 7]),
    "mixed": pd.DataFrame({"a": [1, "x", None, 2.5, True], "b": [[1], {"k": 2}, None, "t", ""]}),
    "only missing": pd.DataFrame({"a": [None] * 3, "b": [np.nan] * 3}),
    "words that look like missing": pd.DataFrame({"a": ["NA", "null", "None", "nan", " x ", 'say "hi", you\nthere']}),
    "codes with zeros": pd.DataFrame({"zip": ["00100", "10", "1e5"], "big": [2**62, 1, 2]}),
    "dates": pd.DataFrame({
        "naive": pd.to_datetime(["2026-01-02 03:04:05.678901", None]),
        "zone": pd.to_datetime(["2026-01-02", "2026-07-02"]).tz_localize("Asia/Taipei"),
        "day": [datetime.date(2026, 1, 2), None],
        "never": pd.to_datetime([None, None]),
        "wait": pd.to_timedelta([1, 90], unit="m"),
    }),
    "types": pd.DataFrame({
        "category": pd.Categorical(["a", "b", None]),
        "numbers": pd.Categorical([1, 2, 1]),
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "small": np.array([1, 2, 3], dtype="int8"),
        "single": np.array([0.1, 0.2, 0.3], dtype="float32"),
        "flag": [True, False, True],
        "maybe": [True, None, False],
        "decimal": [decimal.Decimal("1.5"), decimal.Decimal("2"), None],
        "infinite": [np.inf, -np.inf, 0.1 + 0.2],
        "huge": [2**70, 1, 2],
    }),
    "levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])),
    "an index": pd.DataFrame({"a": [1, 2]}, index=[7, 7]),
}  # fmt: skip
KINDS = {"int64", "float64", "bool", "str", "datetime64[us]"}


@pytest.mark.parametrize("name", NASTY)
def test_a_tidy_table_has_one_type_a_column_and_a_file_gives_it_back(name, tmp_path):
    table = tidy(NASTY[name])

    assert {str(dtype) for dtype in table.dtypes} <= KINDS
    assert table.columns.is_unique
    assert len(table) == len(NASTY[name])
    pd.testing.assert_frame_equal(tidy(table), table)
    write_table(table, tmp_path / "t.csv")
    pd.testing.assert_frame_equal(
        read_table(str(tmp_path / "t.csv"), fields_of(table)), table, check_exact=True
    )


@pytest.mark.parametrize("name", NASTY)
def test_any_table_can_be_looked_at_and_reported_on(name):
    flow = Flow(NASTY[name]).add("Drop duplicates")

    assert flow.preview().rows == len(flow.table())
    report = quality_report(NASTY[name], flow.preview().columns[0][0])
    assert report.rows == len(NASTY[name])


def test_what_tidy_makes_of_values():
    table = tidy(NASTY["mixed"])
    assert table["a"].fillna("-").tolist() == ["1", "x", "-", "2.5", "True"]
    assert table["b"].fillna("-").tolist() == ["[1]", '{"k": 2}', "-", "t", "-"]
    assert list(tidy(NASTY["names that are equal, empty or numbers"])) == ["a", "a_1", "column_3", "7"]
    dates = tidy(NASTY["dates"])
    assert dates["zone"][0] == pd.Timestamp("2026-01-01 16:00")  # in UTC
    assert dates["wait"].tolist() == [60, 5400]
    assert tidy(NASTY["types"])["maybe"].fillna(9).tolist() == [1, 9, 0]


def test_a_table_without_columns_is_refused():
    with pytest.raises(SagelabError, match="has no columns"):
        Flow(pd.DataFrame())
    with pytest.raises(SagelabError, match="has no columns"):
        quality_report(pd.DataFrame(index=[1, 2]))


def test_parquet_is_read_with_or_without_pyarrow(tmp_path):
    import duckdb

    path = str(tmp_path / "t.parquet")
    duckdb.sql(f"COPY (SELECT 1 AS a, 'x' AS b, DATE '2026-01-02' AS c) TO '{path}' (FORMAT parquet)")

    table = read_table(path)
    assert [str(dtype) for dtype in table.dtypes] == ["int64", "str", "datetime64[us]"]
