"""Trains one candidate of an AutoML job: cross-validation on the training rows, then a model for the held-out rows."""

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from automl_model import Array, Model, measure, raw_scores
from metric_names import BINARY, REGRESSION
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold

FOLDS = 3


def main() -> None:
    """Train, measure, save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--algorithm")
    parser.add_argument("--processor", default="dpp0")
    parser.add_argument("--objective")
    known, others = parser.parse_known_args()
    settings = {name.lstrip("-"): float(value) for name, value in zip(others[::2], others[1::2], strict=True)}
    analysis, train, validation = read_data()
    model = Model(analysis["problem_type"], analysis["columns"], analysis["labels"])
    pipeline = model.pipeline(known.processor, known.algorithm, settings)
    target = model.encode(train[analysis["target"]])
    print(f"{known.algorithm} on {known.processor}: {len(train)} rows, settings {settings}")
    held_out = cross_validate(model, pipeline, train, target)
    pipeline.fit(train[model.names], target)
    model.members = [(pipeline, 1.0)]
    report(model, target, held_out, "train")
    finish(model, analysis["target"], validation)
    np.save(Path(os.environ["SM_OUTPUT_DATA_DIR"], "cross_validation.npy"), held_out)


def read_data() -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """The analysis, and the two parts of the data as text."""
    analysis = json.loads(Path(os.environ["SM_CHANNEL_CONFIG"], "analysis.json").read_text())
    train, validation = (
        pd.read_csv(Path(os.environ[f"SM_CHANNEL_{name.upper()}"], f"{name}.csv"), dtype=str)
        for name in ("train", "validation")
    )
    return analysis, train, validation


def cross_validate(model: Model, pipeline: Any, train: pd.DataFrame, target: Array) -> Array:
    """Scores of each training row by a pipeline that has not seen it."""
    regression = model.problem == REGRESSION
    splitter = (KFold if regression else StratifiedKFold)(FOLDS, shuffle=True, random_state=0)
    rows = train[model.names]
    found = np.zeros((len(train), 1 if regression else len(model.labels)))
    for seen, unseen in splitter.split(rows, target):
        fold = clone(pipeline).fit(rows.iloc[seen], target[seen])
        found[unseen] = raw_scores(fold, rows.iloc[unseen])
    return found


def report(model: Model, truth: Array, scores: Array, part: str) -> None:
    """Print every metric in the form that the training job's regular expressions read."""
    for name, value in measure(model.problem, truth, scores).items():
        print(f"{part}:{name}={value:.9f};")


def finish(model: Model, target: str, validation: pd.DataFrame) -> None:
    """Judge the model on the held-out rows, and save it with its code and its predictions."""
    truth = model.encode(validation[target])
    scores = model.scores(validation[model.names])
    report(model, truth, scores, "validation")
    folder = Path(os.environ["SM_MODEL_DIR"])
    joblib.dump(model, folder / "model.joblib", compress=1)
    (folder / "code").mkdir()
    for name in ("inference.py", "automl_model.py", "metric_names.py"):
        shutil.copy(Path(__file__).with_name(name), folder / "code" / name)
    predictions(model, truth, scores).to_csv(
        Path(os.environ["SM_OUTPUT_DATA_DIR"], "predictions.csv"), index=False
    )


def predictions(model: Model, truth: Array, scores: Array) -> pd.DataFrame:
    """What a model quality report needs; the labels of a binary problem are 0 and 1."""
    if model.problem == REGRESSION:
        return pd.DataFrame({"label": truth, "prediction": scores[:, 0]})
    if model.problem == BINARY:
        found = {"label": truth, "prediction": scores.argmax(axis=1), "probability": scores[:, 1]}
        return pd.DataFrame(found)
    labels = np.array(model.labels)
    return pd.DataFrame({"label": labels[truth], "prediction": labels[scores.argmax(axis=1)]})


if __name__ == "__main__":
    main()
