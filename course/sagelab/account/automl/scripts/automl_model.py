"""What an AutoML candidate is made of: typed columns, a feature pipeline, an algorithm; and its metrics.

A trained model is a pickle of these classes, so this file travels with it.
"""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from metric_names import BINARY, METRICS, REGRESSION
from sklearn import metrics as sk
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

Column = dict[str, Any]  # "name" and "type", as analysis.json has them
Array = npt.NDArray[Any]


class TypedColumns(BaseEstimator, TransformerMixin):  # type: ignore[misc]  # scikit-learn has no types
    """Turns columns of text into numbers, categories, words and parts of dates, by the types of the analysis."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns

    def fit(self, rows: pd.DataFrame, target: Any = None) -> Self:
        """There is nothing to learn."""
        del rows, target
        return self

    def transform(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The typed columns; a text that is no number becomes a missing one."""
        found: dict[str, Any] = {}
        for column in self.columns:
            name, text = column["name"], rows[column["name"]]
            if column["type"] == "numeric":
                found[name] = pd.to_numeric(text, errors="coerce").astype(float)
            elif column["type"] == "datetime":
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    moment = pd.to_datetime(text, errors="coerce", utc=True)
                for part in ("year", "month", "day", "dayofweek", "hour"):
                    found[f"{name}.{part}"] = getattr(moment.dt, part).astype(float)
            else:
                found[name] = text.fillna("missing").astype(str).astype(object)
        return pd.DataFrame(found, index=rows.index)


def features(columns: Sequence[Column], processor: str) -> ColumnTransformer:
    """A feature pipeline: dpp0 scales numbers, dpp1 gives them a normal distribution and marks the missing ones."""
    numbers = [c["name"] for c in columns if c["type"] == "numeric"]
    numbers += [
        f"{c['name']}.{part}"
        for c in columns
        if c["type"] == "datetime"
        for part in ("year", "month", "day", "dayofweek", "hour")
    ]
    steps: list[tuple[str, Any, Any]] = []
    if numbers and processor == "dpp1":
        normal = QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=0)
        steps.append(
            ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), normal), numbers)
        )
    elif numbers:
        steps.append(("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers))
    if categories := [c["name"] for c in columns if c["type"] == "categorical"]:
        encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=30, sparse_output=False)
        steps.append(("categories", encoder, categories))
    texts = [c["name"] for c in columns if c["type"] == "text"]
    steps += [(f"words of {name}", TfidfVectorizer(max_features=200), name) for name in texts]
    return ColumnTransformer(steps, sparse_threshold=0.0)


def algorithm(name: str, problem: str, settings: dict[str, float]) -> Any:
    """An estimator of that algorithm."""
    regression = problem == REGRESSION
    if name == "xgboost":
        import xgboost

        kind = xgboost.XGBRegressor if regression else xgboost.XGBClassifier
        given = {"max_depth": int(settings.get("max_depth", 4)), "learning_rate": settings.get("eta", 0.1)}
        return kind(
            n_estimators=int(settings.get("num_round", 60)),
            subsample=settings.get("subsample", 0.9),
            n_jobs=1,
            random_state=0,
            **given,
        )
    if name == "linear-learner":
        from sklearn.linear_model import LogisticRegression, Ridge

        strength = settings.get("wd", 0.01)
        return (
            Ridge(alpha=strength * 100) if regression else LogisticRegression(C=0.01 / strength, max_iter=300)
        )
    if name == "mlp":
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        kind = MLPRegressor if regression else MLPClassifier
        return kind(
            hidden_layer_sizes=(int(settings.get("units", 32)),),
            learning_rate_init=settings.get("learning_rate", 0.005),
            alpha=settings.get("weight_decay", 0.001),
            max_iter=25,
            early_stopping=True,
            random_state=0,
        )
    from sklearn import ensemble

    kinds = {
        "randomforest": (ensemble.RandomForestClassifier, ensemble.RandomForestRegressor),
        "extra-trees": (ensemble.ExtraTreesClassifier, ensemble.ExtraTreesRegressor),
    }
    leaf = int(settings.get("min_samples_leaf", 3))
    return kinds[name][regression](n_estimators=40, min_samples_leaf=leaf, n_jobs=1, random_state=0)


class Model:
    """One or several weighted pipelines behind one answer; it reads rows of text."""

    def __init__(self, problem: str, columns: Sequence[Column], labels: Sequence[str]) -> None:
        self.problem, self.columns, self.labels = problem, list(columns), list(labels)
        self.members: list[tuple[Any, float]] = []

    @property
    def names(self) -> list[str]:
        """The columns of a row, in their order, the target left out."""
        return [column["name"] for column in self.columns]

    @property
    def used(self) -> list[Column]:
        """The columns that say something."""
        return [column for column in self.columns if column["type"] != "dropped"]

    def pipeline(self, processor: str, name: str, settings: dict[str, float]) -> Pipeline:
        """An untrained pipeline from text to prediction."""
        columns = self.used
        return Pipeline(
            [
                ("types", TypedColumns(columns)),
                ("features", features(columns, processor)),
                ("model", algorithm(name, self.problem, settings)),
            ]
        )

    def encode(self, target: "pd.Series[Any]") -> Array:
        """The target as numbers: the place of each label, or the value itself."""
        if self.problem == REGRESSION:
            return np.asarray(target, dtype=float)
        places = {label: place for place, label in enumerate(self.labels)}
        return np.array([places[str(label)] for label in target])

    def scores(self, rows: pd.DataFrame) -> Array:
        """Probabilities, a column a label; for a regression one column of predictions."""
        total: Array = sum(weight * raw_scores(pipeline, rows) for pipeline, weight in self.members)
        return total

    def predictions(self, scores: Array) -> list[str]:
        """The most likely label of each row, or the predicted value."""
        if self.problem == REGRESSION:
            return [repr(float(value)) for value in scores[:, 0]]
        return [self.labels[place] for place in scores.argmax(axis=1)]


def raw_scores(pipeline: Any, rows: pd.DataFrame) -> Array:
    """What one trained pipeline says."""
    if hasattr(pipeline, "predict_proba"):
        return np.asarray(pipeline.predict_proba(rows), dtype=float)
    return np.asarray(pipeline.predict(rows), dtype=float).reshape(-1, 1)


def measure(problem: str, truth: Array, scores: Array) -> dict[str, float]:
    """Every metric of a problem type."""
    return {name: score(problem, name, truth, scores) for name in METRICS[problem]}


def score(problem: str, name: str, truth: Array, scores: Array) -> float:
    """One metric, by scikit-learn; the positive label of a binary problem is the second in order."""
    if problem == REGRESSION:
        found = {
            "MSE": sk.mean_squared_error,
            "RMSE": sk.root_mean_squared_error,
            "MAE": sk.mean_absolute_error,
            "R2": sk.r2_score,
        }[name](truth, scores[:, 0])
        return float(found)
    labels, predicted = np.arange(scores.shape[1]), scores.argmax(axis=1)
    if name == "AUC":
        return float(sk.roc_auc_score(truth, scores[:, 1]))
    if name == "LogLoss":
        return float(sk.log_loss(truth, scores, labels=labels))
    if name in ("Accuracy", "BalancedAccuracy"):
        judge = sk.accuracy_score if name == "Accuracy" else sk.balanced_accuracy_score
        return float(judge(truth, predicted))
    average = "binary" if problem == BINARY else "macro"
    kind = {"F": sk.f1_score, "P": sk.precision_score, "R": sk.recall_score}[name[0]]
    return float(kind(truth, predicted, average=average, zero_division=0))
