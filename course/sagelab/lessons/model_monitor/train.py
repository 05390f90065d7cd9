"""Train the lender's model: an ordinary SageMaker script-mode training script.

Reads the channels `train` and `validation`, writes the model and, beside it, both tables with the model's score
as their first column: they are the baselines that the monitors compare with.
"""

import argparse
import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

LABEL = "default"


def read_channel(name):
    folder = Path(os.environ[f"SM_CHANNEL_{name.upper()}"])
    return pd.concat(pd.read_csv(file) for file in sorted(folder.glob("*.csv")))


def inputs(table):
    return table.drop(columns=LABEL).to_numpy(float)


def with_score(model, table):
    scored = table.copy()
    scored.insert(0, "score", model.predict_proba(inputs(table))[:, 1].round(6))
    return scored


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--trees", type=int, default=60)
    trees = parser.parse_args().trees

    train, validation = read_channel("train"), read_channel("validation")
    model = HistGradientBoostingClassifier(max_iter=trees, random_state=0)
    model.fit(inputs(train), train[LABEL])
    joblib.dump(model, Path(os.environ["SM_MODEL_DIR"]) / "model.joblib")

    scored = {"train": with_score(model, train), "validation": with_score(model, validation)}
    for name, table in scored.items():
        print(f"{name} auc={roc_auc_score(table[LABEL], table['score']):.4f};")
        table.to_csv(Path(os.environ["SM_OUTPUT_DATA_DIR"]) / f"{name}.csv", index=False)
