"""Train the lender's model: an ordinary SageMaker script-mode training script.

Reads the channels `train` and `validation`, writes the model and, beside it, the model's scores of the
validation clients: they are the baseline that model quality is measured against.
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--trees", type=int, default=60)
    trees = parser.parse_args().trees

    train, validation = read_channel("train"), read_channel("validation")
    model = HistGradientBoostingClassifier(max_iter=trees, random_state=0)
    model.fit(train.drop(columns=LABEL).to_numpy(float), train[LABEL])

    score = model.predict_proba(validation.drop(columns=LABEL).to_numpy(float))[:, 1]
    print(f"validation auc={roc_auc_score(validation[LABEL], score):.4f};")

    joblib.dump(model, Path(os.environ["SM_MODEL_DIR"]) / "model.joblib")
    scored = pd.DataFrame({"score": score.round(6), LABEL: validation[LABEL]})
    scored.to_csv(Path(os.environ["SM_OUTPUT_DATA_DIR"]) / "validation.csv", index=False)
