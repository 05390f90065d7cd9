"""Small models about a table: what one column alone predicts, and the quick model on all of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from sagelab.errors import SagelabError
from sagelab.wrangler.declare import column_kind
from sagelab.wrangler.sources import tidy

__all__ = ["QuickModel", "as_numbers", "prediction_power", "problem_of", "quick_model"]

CLASSES = 20
FOLDS = 3
SAMPLE = 10_000


@dataclass(frozen=True)
class QuickModel:
    """How well a random forest does on a fifth of the rows that it has not seen, and what it looks at."""

    target: str
    problem: str
    rows: int
    test_rows: int
    scores: dict[str, float]
    baseline: dict[str, float]
    importance: tuple[tuple[str, float], ...]

    def payload(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


def problem_of(target: pd.Series[Any]) -> str:
    """classification for text, true and false, and few whole numbers; else regression."""
    known = target.dropna()
    whole = column_kind(target) == "number" and bool((known % 1 == 0).all())
    few = known.nunique() <= CLASSES
    return "classification" if column_kind(target) in ("text", "boolean") or (whole and few) else "regression"


def as_numbers(df: pd.DataFrame) -> pd.DataFrame:
    """Every column as numbers: categories by their place among the sorted values, dates as days since 1970."""
    new: dict[str, Any] = {}
    for name in df.columns:
        column, kind = df[name], column_kind(df[name])
        if kind == "number":
            new[name] = column.astype("float64").replace([np.inf, -np.inf], np.nan)
        elif kind == "boolean":
            new[name] = column.astype("float64")
        elif kind == "date":
            new[name] = (column - pd.Timestamp(0)).dt.total_seconds() / 86400
        else:
            codes, _ = pd.factorize(column, sort=True)
            new[name] = pd.Series(codes, index=df.index).where(codes >= 0).astype("float64")
    return pd.DataFrame(new, index=df.index)


def prediction_power(df: pd.DataFrame, target: str, problem: str) -> dict[str, float]:
    """How well a small tree on one column alone predicts the target, from 0 (not at all) to 1 (perfectly).

    Classes: 2 AUC - 1, over all classes alike; numbers: R squared. From three folds, each predicted by the others.
    """
    from sklearn.metrics import r2_score, roc_auc_score
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    df = df[df[target].notna()]
    classes = problem == "classification"
    if classes:
        counts = df[target].value_counts()
        df = df[df[target].isin(counts[counts >= FOLDS].index)]
    if len(df) < 2 * FOLDS or df[target].nunique() < 2:
        return {}
    y = pd.factorize(df[target], sort=True)[0] if classes else df[target].to_numpy(dtype="float64")
    features = as_numbers(df.drop(columns=target))
    leaf = max(1, min(20, len(df) // 100))
    found = {}
    for name in features.columns:
        x = features[[name]].fillna(features[name].min() - 1).fillna(0.0).to_numpy()
        if classes:
            folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
            tree = DecisionTreeClassifier(max_depth=8, min_samples_leaf=leaf, random_state=0)
            shares = cross_val_predict(tree, x, y, cv=folds, method="predict_proba")
            aucs = [roc_auc_score(y == value, shares[:, value]) for value in range(shares.shape[1])]
            power = 2 * float(np.mean(aucs)) - 1
        else:
            folds = KFold(FOLDS, shuffle=True, random_state=0)
            tree = DecisionTreeRegressor(max_depth=8, min_samples_leaf=leaf, random_state=0)
            power = float(r2_score(y, cross_val_predict(tree, x, y, cv=folds)))
        found[name] = min(max(power, 0.0), 1.0)
    return found


def quick_model(
    table: pd.DataFrame, target: str, *, problem: str = "", sample: int = SAMPLE, seed: int = 0
) -> QuickModel:
    """Train a random forest on 80 % of the rows (at most `sample`) and score it on the rest.

    F1 (of the rarer class, or the mean over several), AUC and accuracy, or MSE and R squared; `baseline` is the score
    of always saying the commonest class or the mean. Raises SagelabError where there is nothing to learn from.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.model_selection import train_test_split

    df = tidy(table)
    if target not in df.columns:
        raise SagelabError(f"There is no column '{target}' to predict.")
    df = df[df[target].notna()]
    df = df.sample(min(len(df), sample), random_state=seed)
    problem = problem or problem_of(df[target])
    classes = problem == "classification"
    if classes:
        counts = df[target].value_counts()
        df = df[df[target].isin(counts[counts >= 2].index)]
    if len(df) < 10 or df[target].nunique() < 2 or len(df.columns) < 2:
        raise SagelabError(
            "A quick model needs at least ten rows, two different targets, and another column."
        )
    if classes and df[target].nunique() > 100:
        raise SagelabError(f"'{target}' has {df[target].nunique()} classes; a quick model takes up to 100.")
    if not classes and column_kind(df[target]) != "number":
        raise SagelabError(f"'{target}' holds no numbers, so it cannot be predicted as one.")
    y = pd.factorize(df[target], sort=True)[0] if classes else df[target].to_numpy(dtype="float64")
    x = as_numbers(df.drop(columns=target)).fillna(-1e9)
    stratify = y if classes and round(len(df) * 0.2) >= len(np.unique(y)) else None
    parts = train_test_split(x, y, test_size=0.2, random_state=seed, stratify=stratify)
    forest = RandomForestClassifier if classes else RandomForestRegressor
    model = forest(n_estimators=50, min_samples_leaf=2, max_features="sqrt", random_state=seed).fit(
        parts[0], parts[2]
    )
    order = np.argsort(-model.feature_importances_, kind="stable")
    importance = tuple((str(x.columns[i]), float(model.feature_importances_[i])) for i in order)
    score = _class_scores if classes else _number_scores
    scores, baseline = score(model, *parts[1:])
    return QuickModel(target, problem, len(df), len(parts[1]), scores, baseline, importance)


def _class_scores(
    model: Any, test: Any, y_train: Any, y_test: Any
) -> tuple[dict[str, float], dict[str, float]]:
    from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

    counts = np.bincount(y_train)
    common, rare = int(counts.argmax()), int(np.where(counts > 0, counts, counts.max()).argmin())
    two = len(model.classes_) == 2
    how: dict[str, Any] = {"average": "binary", "pos_label": rare} if two else {"average": "macro"}

    def all_scores(predicted: Any) -> dict[str, float]:
        f1 = float(f1_score(y_test, predicted, zero_division=0, **how))
        return {"F1": f1, "accuracy": float(accuracy_score(y_test, predicted))}

    shares = model.predict_proba(test)
    aucs = [
        roc_auc_score(y_test == value, shares[:, place])
        for place, value in list(enumerate(model.classes_))[1 if two else 0 :]
        if 0 < (y_test == value).sum() < len(y_test)
    ]
    scores = all_scores(model.predict(test))
    if aucs:
        scores["AUC"] = float(np.mean(aucs))
    return scores, all_scores(np.full(len(y_test), common)) | ({"AUC": 0.5} if aucs else {})


def _number_scores(
    model: Any, test: Any, y_train: Any, y_test: Any
) -> tuple[dict[str, float], dict[str, float]]:
    from sklearn.metrics import mean_squared_error, r2_score

    def all_scores(predicted: Any) -> dict[str, float]:
        return {
            "MSE": float(mean_squared_error(y_test, predicted)),
            "R2": float(r2_score(y_test, predicted)),
        }

    return all_scores(model.predict(test)), all_scores(np.full(len(y_test), y_train.mean()))
