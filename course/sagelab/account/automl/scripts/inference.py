"""Serves a candidate: CSV rows without a header, or JSON, in; what SAGEMAKER_INFERENCE_OUTPUT names out.

Keys: predicted_label, probability (of the predicted label; of the second label where there are two and no predicted
label is asked for), probabilities, labels. Developer guide, "Inference container definitions" of Autopilot.
"""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from automl_model import Array, Model
from metric_names import REGRESSION

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"


class BadRequestError(ValueError):
    """The request cannot be read; told to the caller as 400."""

    status_code = 400


def model_fn(model_dir: str) -> Any:
    """The trained model."""
    return joblib.load(Path(model_dir, "model.joblib"))


def transform_fn(model: Model, body: Any, content_type: str, accept: str) -> tuple[str, str]:
    """Answer each row."""
    rows = read(model, body if isinstance(body, str) else body.decode(), content_type)
    answers = answer(model, model.scores(rows))
    kind = accept.partition(";")[0].strip()
    if kind == JSON:
        return json.dumps({"predictions": answers}), JSON
    if kind == JSON_LINES:
        return "".join(json.dumps(each) + "\n" for each in answers), JSON_LINES
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(
        [[cell(value) for value in each.values()] for each in answers]
    )
    return buffer.getvalue(), CSV


def read(model: Model, body: str, content_type: str) -> pd.DataFrame:
    """The request's rows as columns of text."""
    kind = content_type.partition(";")[0].strip()
    if kind == CSV:
        rows: list[list[Any]] = [row for row in csv.reader(io.StringIO(body)) if row]
    elif kind in (JSON, JSON_LINES):
        given = (
            json.loads(body)
            if kind == JSON
            else [json.loads(line) for line in body.splitlines() if line.strip()]
        )
        given = given["instances"] if isinstance(given, dict) and "instances" in given else given
        given = given if isinstance(given, list) else [given]
        rows = [row_of(model, each) for each in given]
    else:
        raise BadRequestError(
            f"Content type {content_type} is not supported; send {CSV}, {JSON} or {JSON_LINES}."
        )
    wrong = next((row for row in rows if len(row) != len(model.names)), None)
    if wrong is not None:
        raise BadRequestError(
            f"A row has {len(wrong)} columns, but the model was trained on {len(model.names)}: "
            f"{', '.join(model.names)}."
        )
    frame = pd.DataFrame(rows, columns=model.names, dtype=object)
    return frame.map(lambda value: None if value in ("", None) else str(value))


def row_of(model: Model, given: Any) -> list[Any]:
    """A JSON record as a row: an object by column name, an object with features, or a list."""
    if isinstance(given, dict):
        inside = given.get("features")
        return list(inside) if isinstance(inside, list) else [given.get(name) for name in model.names]
    return list(given)


def answer(model: Model, scores: Array) -> list[dict[str, Any]]:
    """The asked-for keys of each row."""
    predicted = model.predictions(scores)
    if model.problem == REGRESSION:
        return [{"predicted_label": float(value)} for value in predicted]
    asked = os.environ.get("SAGEMAKER_INFERENCE_OUTPUT", "predicted_label").split(",")
    asked = [key.strip() for key in asked]
    of_second = "predicted_label" not in asked and len(model.labels) == 2
    found = []
    for label, row in zip(predicted, scores.tolist(), strict=True):
        everything = {
            "predicted_label": label,
            "probability": row[1] if of_second else max(row),
            "probabilities": row,
            "labels": model.labels,
        }
        found.append({key: everything[key] for key in asked})
    return found


def cell(value: Any) -> str:
    """A value in a CSV row; lists as JSON."""
    return json.dumps(value) if isinstance(value, list) else str(value)
