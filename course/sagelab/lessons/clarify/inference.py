"""Serve the lender's model: CSV rows of features in, one probability of paying a line out."""

import io
from pathlib import Path
from typing import Any

import joblib
import numpy as np


def model_fn(model_dir: str) -> Any:
    """Load what train.py saved."""
    return joblib.load(Path(model_dir) / "model.joblib")


def input_fn(body: str | bytes, content_type: str) -> np.ndarray:
    """Read CSV rows without a header."""
    if not content_type.startswith("text/csv"):
        raise ValueError(f"This model reads text/csv, not {content_type}.")
    text = body.decode() if isinstance(body, bytes) else body
    return np.loadtxt(io.StringIO(text), delimiter=",", ndmin=2)


def predict_fn(rows: np.ndarray, model: Any) -> np.ndarray:
    """Return the probability of paying for each row."""
    return model.predict_proba(rows)[:, 1]


def output_fn(scores: np.ndarray, accept: str) -> str:  # noqa: ARG001 - CSV is all that this model writes
    """Write one probability a line, with all its digits: explanations are differences of these numbers."""
    return "\n".join(map(repr, scores.tolist())) + "\n"
