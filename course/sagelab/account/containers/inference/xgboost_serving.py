"""How AWS's XGBoost container serves the artifact of its own algorithm: csv or libsvm in, csv out."""

import os
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

CSV, LIBSVM = "text/csv", ("text/libsvm", "text/x-libsvm")


class PayloadError(Exception):
    """The request cannot be evaluated; the status is HTTP's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status_code = status


def model_fn(model_dir: str) -> xgb.Booster:
    """The booster in the one file of the archive."""
    booster = xgb.Booster()
    file = next(path for path in sorted(Path(model_dir).iterdir()) if path.is_file())
    booster.load_model(bytearray(file.read_bytes()))
    return booster


def transform_fn(model: xgb.Booster, body: Any, content_type: str, accept: str) -> tuple[str, str]:
    """Predictions with commas between them, in a batch transform one a line, whatever the request accepts."""
    del accept  # AWS's container answers csv unless an inference output is selected
    rows = matrix(body, content_type, model.num_features())
    try:
        found = model.predict(rows, validate_features=False).tolist()
    except Exception as error:
        raise PayloadError(f"Unable to evaluate payload provided: {error}", 400) from None
    if os.environ.get("SAGEMAKER_BATCH"):
        return "\n".join(map(str, found)) + "\n", CSV
    return ",".join(map(str, found)), CSV


def matrix(body: Any, content_type: str, width: int) -> xgb.DMatrix:
    """The rows of a request."""
    kind = content_type.partition(";")[0].strip().lower() or CSV
    text = body if isinstance(body, str) else bytes(body).decode()
    if kind == CSV:
        try:
            table = np.loadtxt(
                StringIO(text.strip()), delimiter=",", ndmin=2, dtype=np.float32, converters=number
            )
        except ValueError as error:
            raise PayloadError(
                "Loading csv data failed with Exception, please ensure data is in csv format:\n "
                f"{type(error)}\n {error}",
                415,
            ) from None
        if table.shape[1] != width:
            raise PayloadError(
                f"Unable to evaluate payload provided: Feature size of csv inference data {table.shape[1]} is not "
                f"consistent with feature size of trained model {width}.",
                400,
            )
        return xgb.DMatrix(table)
    if kind in LIBSVM:
        table = np.full((len(lines := text.strip().splitlines()), width), np.nan, dtype=np.float32)
        for row, line in enumerate(lines):
            for index, _, value in (word.partition(":") for word in line.split() if ":" in word):
                table[row, int(index)] = float(value)
        return xgb.DMatrix(table)
    raise PayloadError(
        f"Content-type {kind} not supported. Supported content-type is text/csv, text/libsvm", 415
    )


def number(text: str) -> float:
    """A number; an empty field is a missing value."""
    return float(text) if text.strip() else float("nan")
