"""Fits the model that the hub offers ready-made, on data that comes with scikit-learn: `pretrain.py TASK FILE`."""

import sys

import joblib
from sklearn.datasets import load_diabetes, load_digits
from transfer_learning import fit

DATA = {"classification": load_digits, "regression": load_diabetes}


def main(task: str, path: str) -> None:
    rows, target = DATA[task](return_X_y=True)
    joblib.dump(fit(rows, target, task, regularization=1.0), path)


if __name__ == "__main__":
    main(*sys.argv[1:])
