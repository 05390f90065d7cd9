"""The hyperparameters of the built-in XGBoost algorithm, with the ranges and the words of AWS's container."""

from collections.abc import Mapping
from typing import Any

from .algorithm import CustomerError, Interval, Parameter, parse, words

MAXIMIZE = [
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "map",
    "ndcg",
    "precision",
    "r2",
    "recall",
    "precision_macro",
    "precision_micro",
    "recall_macro",
    "recall_micro",
]
MINIMIZE = [
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
]
METRICS = (*MAXIMIZE, *MINIMIZE)
WITH_THRESHOLD = ("error", "ndcg", "map")
OBJECTIVES = [
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
    "reg:absoluteerror",
]
POSITIVE, UNIT, SHARE = Interval(0), Interval(0, 1), Interval(0, 1, open_low=True)
SWITCH = Interval(0, 1)


def choice(*values: str) -> Parameter:
    """A hyperparameter that is one of these words."""
    return Parameter(str, values)


KNOWN: Mapping[str, Parameter] = {
    "num_round": Parameter(int, Interval(1)),
    "csv_weights": Parameter(int, SWITCH),
    "early_stopping_rounds": Parameter(int, Interval(1)),
    "booster": choice("gbtree", "gblinear", "dart"),
    "verbosity": Parameter(int, Interval(0, 3)),
    "nthread": Parameter(int, Interval(1)),
    "eta": Parameter(float, UNIT),
    "gamma": Parameter(float, POSITIVE),
    "max_depth": Parameter(int, POSITIVE),
    "min_child_weight": Parameter(float, POSITIVE),
    "max_delta_step": Parameter(float, POSITIVE),
    "subsample": Parameter(float, SHARE),
    "colsample_bytree": Parameter(float, SHARE),
    "colsample_bylevel": Parameter(float, SHARE),
    "colsample_bynode": Parameter(float, SHARE),
    "lambda": Parameter(float, POSITIVE),
    "alpha": Parameter(float, POSITIVE),
    "tree_method": choice("auto", "exact", "approx", "hist"),
    "scale_pos_weight": Parameter(float, Interval(0, open_low=True)),
    "grow_policy": choice("depthwise", "lossguide"),
    "max_leaves": Parameter(int, POSITIVE),
    "max_bin": Parameter(int, POSITIVE),
    "sample_type": choice("uniform", "weighted"),
    "normalize_type": choice("tree", "forest"),
    "rate_drop": Parameter(float, UNIT),
    "one_drop": Parameter(int, SWITCH),
    "skip_drop": Parameter(float, UNIT),
    "tweedie_variance_power": Parameter(float, Interval(1, 2, open_low=True, open_high=True)),
    "objective": choice(*OBJECTIVES),
    "num_class": Parameter(int, Interval(2)),
    "base_score": Parameter(float, POSITIVE),
    "eval_metric": Parameter(words),
    "seed": Parameter(int),
    "num_parallel_tree": Parameter(int, Interval(1)),
    "save_model_on_termination": choice("true", "false"),
    "aft_loss_distribution": choice("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": Parameter(float, POSITIVE),
    "huber_slope": Parameter(float, POSITIVE),
    "_tuning_objective_metric": choice(*(f"validation:{metric}" for metric in METRICS)),
}


def validate(given: Mapping[str, str]) -> dict[str, Any]:
    """The hyperparameters as values; CustomerError in the container's words."""
    if "num_round" not in given:
        raise CustomerError("Missing required hyperparameter: num_round")
    values = {}
    for name, value, fits in parse(KNOWN, given):
        if not fits:
            allowed = KNOWN[name].allowed
            shown = list(allowed) if isinstance(allowed, tuple) else allowed
            raise CustomerError(f"Hyperparameter {name}: {value} is not in {shown}")
        values[name] = value
    check_objective(values)
    return values


def check_objective(values: Mapping[str, Any]) -> None:
    """Objective, classes and metrics must go together."""
    objective = values.get("objective", "reg:squarederror")
    if objective.startswith("multi:") and "num_class" not in values:
        raise CustomerError("Require input for parameter 'num_class' for multi-classification")
    for metric in values.get("eval_metric", []):
        name, _, threshold = metric.partition("@")
        if name not in METRICS or (threshold and name not in WITH_THRESHOLD):
            shown = list(WITH_THRESHOLD if threshold else METRICS)
            raise CustomerError(f"Hyperparameter eval_metric: value ['{metric}'] not in range {shown}")
        if name == "auc" and not objective.startswith(("binary:", "rank:")):
            raise CustomerError("Metric 'auc' can only be applied for classification and ranking problems.")
