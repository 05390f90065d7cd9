"""How AWS's linear learner serves its model: csv or JSON in, JSON or JSON Lines out."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"


class PayloadError(Exception):
    """The request cannot be evaluated; the status is HTTP's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status_code = status


def model_fn(model_dir: str) -> dict[str, Any]:
    """The model's numbers."""
    kept = json.loads(Path(model_dir, "model_algo-1").read_text())
    return {name: np.array(value) if isinstance(value, list) else value for name, value in kept.items()}


def transform_fn(model: dict[str, Any], body: Any, content_type: str, accept: str) -> tuple[str, str]:
    """A score for each row, and the label where the model is a classifier."""
    found = [prediction(model, scores) for scores in score(model, rows(model, body, content_type))]
    if LINES in accept:
        return "".join(json.dumps(one) + "\n" for one in found), LINES
    return json.dumps({"predictions": found}), JSON


def score(model: dict[str, Any], table: Any) -> Any:
    """The linear part."""
    scores = ((table - model["mean"]) / model["scale"]) @ model["weights"] + model["bias"]
    return scores * model["label_scale"] + model["label_mean"]


def prediction(model: dict[str, Any], scores: Any) -> dict[str, Any]:
    """One row's answer."""
    if model["predictor_type"] == "regressor":
        return {"score": float(scores[0])}
    if model["predictor_type"] == "binary_classifier":
        chance = 1.0 / (1.0 + float(np.exp(-np.clip(scores[0], -500, 500))))
        return {"score": chance, "predicted_label": int(chance >= model["threshold"])}
    chances = np.exp(scores - scores.max())
    chances = chances / chances.sum()
    return {"score": chances.tolist(), "predicted_label": int(chances.argmax())}


def rows(model: dict[str, Any], body: Any, content_type: str) -> Any:
    """The rows of a request."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == CSV:
            table = np.loadtxt(StringIO(body.strip()), delimiter=",", ndmin=2)
        elif kind == JSON:
            instances = json.loads(body)["instances"]
            table = np.array([instance["features"] for instance in instances], dtype=float)
        else:
            raise PayloadError(f"content-type {kind} is not supported; use {CSV} or {JSON}", 415)
    except (KeyError, TypeError, ValueError) as error:
        raise PayloadError(f"unable to evaluate payload provided: {error}", 400) from None
    if table.shape[1] != len(model["mean"]):
        raise PayloadError(
            f"unable to evaluate payload provided: it has {table.shape[1]} features, the model {len(model['mean'])}",
            400,
        )
    return table
