"""Serves a linear scikit-learn model: rows of text/csv in, JSON out.

A classifier answers {"probabilities": [...]}, and with Accept application/json;verbose the labels too; a regression
answers {"prediction": [...]}.
"""

import json
from io import StringIO
from pathlib import Path

import joblib
import numpy as np


class BadRequest(ValueError):
    status_code = 400


def model_fn(model_dir: str) -> object:
    return joblib.load(Path(model_dir) / "model.joblib")


def transform_fn(model: object, body: str | bytes, content_type: str, accept: str) -> tuple[str, str]:
    if content_type.partition(";")[0].strip() != "text/csv":
        raise BadRequest(f"Send text/csv, not {content_type}.")
    try:
        rows = np.loadtxt(StringIO(body if isinstance(body, str) else body.decode()), delimiter=",", ndmin=2)
    except ValueError as error:
        raise BadRequest(f"The body is no CSV of numbers: {error}") from None
    if rows.shape[1] != model.n_features_in_:
        raise BadRequest(f"A row has {model.n_features_in_} values, this request has {rows.shape[1]}.")
    if not hasattr(model, "predict_proba"):
        return json.dumps({"prediction": model.predict(rows).tolist()}), "application/json"
    answer = {"probabilities": model.predict_proba(rows).tolist()}
    if accept.endswith("verbose"):
        answer |= {"labels": model.classes_.tolist(), "predicted_label": model.predict(rows).tolist()}
    return json.dumps(answer), "application/json"
