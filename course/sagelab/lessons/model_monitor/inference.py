"""Serve the lender's model: CSV rows in, one probability of default a row out."""

from io import StringIO
from pathlib import Path

import joblib
import numpy as np


def model_fn(model_dir):
    return joblib.load(Path(model_dir) / "model.joblib")


def input_fn(body, content_type):
    if content_type != "text/csv":
        raise ValueError(f"this model reads text/csv, not {content_type}")
    text = body.decode() if isinstance(body, bytes) else body
    return np.loadtxt(StringIO(text), delimiter=",", ndmin=2)


def predict_fn(rows, model):
    return model.predict_proba(rows)[:, 1]


def output_fn(scores, _accept):
    return "\n".join(f"{score:.6f}" for score in scores), "text/csv"
