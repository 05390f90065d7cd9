"""Transforms that the learner writes: a formula, a filter, pandas code, JSON taken apart.

A formula may name columns and numbers, compare and calculate; `check_formula` refuses everything else, so that
a formula from a file can do no harm. Pandas code can do anything: from a file it runs only once it is trusted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sagelab.wrangler.declare import Parameter, Transform
from sagelab.wrangler.sources import tidy

__all__ = ["CODE", "TRANSFORMS"]

CODE = "Custom transform (pandas)"


def check_formula(formula: str) -> None:
    """Refuse what is not arithmetic on columns."""
    import ast
    import re

    plain = re.sub(r"`[^`]*`", "_column", formula)
    names = {"abs", "sqrt", "exp", "log", "log1p", "log10", "sin", "cos", "floor", "ceil"}
    allowed = (
        ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Name, ast.Load, ast.Constant,
        ast.Call, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.List, ast.Tuple,
    )  # fmt: skip
    try:
        tree = ast.parse(plain.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError("The formula cannot be read; write for example 0.3 * a + `my column`.") from None
    for node in ast.walk(tree):
        right = (
            node.right if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) else ast.Constant(1)
        )
        power = right.operand if isinstance(right, ast.UnaryOp) else right
        if (
            not isinstance(node, allowed)
            or isinstance(node, ast.MatMult)
            or (isinstance(node, ast.Call) and getattr(node.func, "id", "") not in names)
            or (isinstance(node, ast.Name) and node.id.startswith("__"))
            or not (isinstance(power, ast.Constant) and power.value in range(65))
        ):
            raise ValueError("A formula holds columns, numbers, comparisons and simple functions only.")


def custom_formula(df: pd.DataFrame, formula: str, output_column: str) -> pd.DataFrame:
    """Add a column that a formula of other columns gives, such as 0.3 * a + `my column`."""
    check_formula(formula)
    result: Any = df.eval(formula, engine="python")
    return df.assign(**{output_column: result})


def filter_rows(df: pd.DataFrame, condition: str) -> pd.DataFrame:
    """Keep the rows for which a condition holds, such as age >= 18 and city == "Taipei"."""
    check_formula(condition)
    kept = df.eval(condition, engine="python")
    if not isinstance(kept, pd.Series) or kept.dtype != bool:
        raise ValueError("The condition does not say yes or no for each row.")
    return df[kept].reset_index(drop=True)


def custom_pandas(df: pd.DataFrame, code: str) -> pd.DataFrame:
    """Run pandas code of your own; the table is the variable df."""
    space: dict[str, Any] = {"df": df.copy(), "pd": pd, "np": np}
    exec(code, space)  # the learner's own code, in the learner's own kernel
    if not isinstance(space.get("df"), pd.DataFrame):
        raise TypeError("The code leaves no table in the variable df.")
    result: pd.DataFrame = space["df"]
    return tidy(result)


def flatten_json(df: pd.DataFrame, input_column: str) -> pd.DataFrame:
    """Turn a column of JSON objects into one column for each of their keys."""
    import json

    rows = [json.loads(text) if isinstance(text, str) else {} for text in df[input_column]]
    flat = pd.json_normalize([row if isinstance(row, dict) else {} for row in rows])
    flat = flat.add_prefix(f"{input_column}_").set_axis(df.index)
    return tidy(df.drop(columns=input_column).join(flat))


def explode(df: pd.DataFrame, input_column: str, delimiter: str) -> pd.DataFrame:
    """Turn a text that is a list into one row for each of its parts."""
    parts = df.assign(**{input_column: df[input_column].str.split(delimiter, regex=False)})
    long = parts.explode(input_column, ignore_index=True)
    return long.assign(**{input_column: long[input_column].astype("str").str.strip()})


FORMULA = Parameter("formula", "text")
TEXT = Parameter("input_column", "column", of="text")
STRUCTURED = "Handle structured column"

TRANSFORMS = (
    Transform(
        "Custom formula", "Custom formula", custom_formula, (FORMULA, Parameter("output_column", "text")),
        needs=(check_formula,), aws="custom_formula_0.1", at="", constants={"operator": None},
    ),
    Transform(
        "Filter rows", "Manage rows", filter_rows, (Parameter("condition", "text"),), needs=(check_formula,)
    ),
    Transform(
        CODE, "Custom transform", custom_pandas, (Parameter("code", "code", "df = df"),), needs=(tidy,),
        aws="custom_pandas_0.1", at="", constants={"operator": None},
    ),
    Transform("Flatten structured", STRUCTURED, flatten_json, (TEXT,), needs=(tidy,)),
    Transform("Explode array", STRUCTURED, explode, (TEXT, Parameter("delimiter", "text", ","))),
)  # fmt: skip
