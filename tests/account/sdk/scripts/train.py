"""Fits a plane and serves it."""

import json
import os
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LinearRegression


def model_fn(model_dir):
    return joblib.load(Path(model_dir, "model.joblib"))


def output_fn(prediction, accept):
    return json.dumps(prediction.tolist()), "application/json"


if __name__ == "__main__":
    rows = np.loadtxt(Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv"), delimiter=",")
    model = LinearRegression().fit(rows[:, :2], rows[:, 2])
    joblib.dump(model, Path(os.environ["SM_MODEL_DIR"], "model.joblib"))
