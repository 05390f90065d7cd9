"""Train the lender's model: the probability that a client pays the next bill."""

import argparse
import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

LABEL = "paid"


def read(channel: str) -> pd.DataFrame:
    """Return the table of a channel, the folder that SageMaker filled from S3."""
    return pd.read_csv(Path(os.environ[f"SM_CHANNEL_{channel.upper()}"]) / f"{channel}.csv")


def reweigh(table: pd.DataFrame, facet: str) -> pd.Series:
    """Weigh each row so that group and label look independent (Kamiran and Calders, 2012).

    The weight is the share that group and label would have together by chance, over the share that they have.
    """
    count = table.groupby([facet, LABEL])[LABEL].transform("size")
    group = table.groupby(facet)[LABEL].transform("size")
    label = table.groupby(LABEL)[LABEL].transform("size")
    return group * label / len(table) / count


def main() -> None:
    """Fit on the train channel, print the AUC of the validation channel, save model.joblib."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reweigh", default="", help="a facet column, or nothing for equal weights")
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    wish = parser.parse_args()

    train, validation = read("train"), read("validation")
    features = [column for column in train if column != LABEL]
    model = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, early_stopping=False, random_state=0
    )
    weights = reweigh(train, wish.reweigh) if wish.reweigh else None
    model.fit(train[features].to_numpy(float), train[LABEL], sample_weight=weights)

    scores = model.predict_proba(validation[features].to_numpy(float))[:, 1]
    print(f"features={','.join(features)};")
    print(f"validation-auc={roc_auc_score(validation[LABEL], scores):.4f};")
    joblib.dump(model, wish.model_dir / "model.joblib")


if __name__ == "__main__":
    main()
