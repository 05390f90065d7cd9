"""Trains a linear model on your own table.

Channel `training` holds data.csv without a header; the first column is the target. SM_HP_TASK or --task says which
model: classification or regression.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SCORES = {"classification": "accuracy", "regression": "r2"}


def read(folder: Path) -> pd.DataFrame:
    if not (folder / "data.csv").exists():
        sys.exit("The channel training must hold data.csv: the target first, numbers only, no header.")
    try:
        return pd.read_csv(folder / "data.csv", header=None).astype(float)
    except ValueError as error:
        sys.exit(f"data.csv must hold numbers only, without a header: {error}")


def fit(rows: object, target: object, task: str, regularization: float) -> object:
    linear = (
        LogisticRegression(C=1 / regularization, max_iter=1000)
        if task == "classification"
        else Ridge(alpha=regularization)
    )
    return make_pipeline(StandardScaler(), linear).fit(rows, target)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", choices=sorted(SCORES), default="classification")
    parser.add_argument("--regularization", type=float, default=1.0)
    parser.add_argument("--validation_split_ratio", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    data = read(Path(os.environ["SM_CHANNEL_TRAINING"])).to_numpy()
    learn, check = train_test_split(data, test_size=options.validation_split_ratio, random_state=options.seed)
    model = fit(learn[:, 1:], learn[:, 0], options.task, options.regularization)
    name = SCORES[options.task]
    print(f"train_{name}: {model.score(learn[:, 1:], learn[:, 0]):.4f}")
    print(f"val_{name}: {model.score(check[:, 1:], check[:, 0]):.4f}")

    out = Path(os.environ["SM_MODEL_DIR"])
    joblib.dump(model, out / "model.joblib")
    (out / "code").mkdir()
    shutil.copy(Path(__file__).with_name("inference.py"), out / "code")


if __name__ == "__main__":
    main()
