"""Fine-tunes: a logistic regression on the encoder's vectors of your own labelled sentences.

Channel `training` holds data.csv without a header: label, text. Channel `model` holds the encoder's archive.
"""

import argparse
import json
import os
import shutil
import sys
import tarfile
from pathlib import Path

import pandas as pd
from encoder import Encoder
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split


def read(folder: Path) -> pd.DataFrame:
    if not (folder / "data.csv").exists():
        sys.exit("The channel training must hold data.csv: label, text, no header.")
    data = pd.read_csv(folder / "data.csv", header=None, names=["label", "text"], dtype=str).dropna()
    if data["label"].nunique() < 2:
        sys.exit("data.csv must hold at least two different labels in its first column.")
    return data


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--regularization", type=float, default=1.0)
    parser.add_argument("--max_iter", type=int, default=1000)
    parser.add_argument("--validation_split_ratio", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    data = read(Path(os.environ["SM_CHANNEL_TRAINING"]))
    out = Path(os.environ["SM_MODEL_DIR"])
    (archive,) = Path(os.environ["SM_CHANNEL_MODEL"]).glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(out, filter="data")

    vectors = Encoder(out).embed(data["text"].tolist())
    learn, check, learned, truth = train_test_split(
        vectors,
        data["label"].to_numpy(),
        test_size=options.validation_split_ratio,
        random_state=options.seed,
        stratify=data["label"],
    )
    head = LogisticRegression(C=1 / options.regularization, max_iter=options.max_iter).fit(learn, learned)
    print(f"train_accuracy: {head.score(learn, learned):.4f}")
    print(f"val_accuracy: {head.score(check, truth):.4f}")

    kept = {
        "labels": head.classes_.tolist(),
        "weights": head.coef_.tolist(),
        "bias": head.intercept_.tolist(),
    }
    (out / "head.json").write_text(json.dumps(kept))
    for name in ("encoder.py", "inference.py"):
        shutil.copy(Path(__file__).with_name(name), out / "code" / name)


if __name__ == "__main__":
    main()
