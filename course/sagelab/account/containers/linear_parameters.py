"""The hyperparameters of the built-in linear learner, checked in the words of AWS's algorithm."""

from collections.abc import Mapping
from typing import Any

from .algorithm import CustomerError, Interval, Parameter, parse

PREDICTORS = ("binary_classifier", "multiclass_classifier", "regressor")
LOSSES = ("auto", "logistic", "squared_loss", "absolute_loss", "hinge_loss", "huber_loss", "softmax_loss")
CRITERIA = (
    "accuracy",
    "f1",
    "f_beta",
    "precision_at_target_recall",
    "recall_at_target_precision",
    "cross_entropy_loss",
    "loss_function",
)
LOSS_OF = {
    "binary_classifier": "logistic",
    "multiclass_classifier": "softmax_loss",
    "regressor": "squared_loss",
}
POSSIBLE = {
    "binary_classifier": ("logistic", "hinge_loss"),
    "multiclass_classifier": ("softmax_loss",),
    "regressor": ("squared_loss", "absolute_loss", "huber_loss"),
}
POSITIVE, ABOVE, UNIT = Interval(0), Interval(0, open_low=True), Interval(0, 1)


def number(text: str) -> float | None:
    """A number; None for `auto`."""
    return None if text == "auto" else float(text)


def whole(text: str) -> int | None:
    """A whole number; None for `auto`."""
    return None if text == "auto" else int(text)


def switch(text: str) -> bool | None:
    """`true`, `false`, or None for `auto`."""
    if text not in ("true", "false", "auto"):
        raise ValueError(text)
    return None if text == "auto" else text == "true"


KNOWN: Mapping[str, Parameter] = {
    "predictor_type": Parameter(str, PREDICTORS),
    "num_classes": Parameter(int, Interval(3)),
    "feature_dim": Parameter(whole, Interval(1)),
    "mini_batch_size": Parameter(int, Interval(1)),
    "epochs": Parameter(int, Interval(1)),
    "learning_rate": Parameter(number, ABOVE),
    "wd": Parameter(number, POSITIVE),
    "l1": Parameter(number, POSITIVE),
    "loss": Parameter(str, LOSSES),
    "huber_delta": Parameter(float, ABOVE),
    "optimizer": Parameter(str, ("auto", "adam", "sgd", "rmsprop")),
    "beta_1": Parameter(number, UNIT),
    "beta_2": Parameter(number, UNIT),
    "use_bias": Parameter(switch),
    "normalize_data": Parameter(switch),
    "normalize_label": Parameter(switch),
    "num_models": Parameter(whole, Interval(1)),
    "positive_example_weight_mult": Parameter(float, ABOVE),
    "binary_classifier_model_selection_criteria": Parameter(str, CRITERIA),
    "f_beta": Parameter(float, ABOVE),
    "target_recall": Parameter(float, UNIT),
    "target_precision": Parameter(float, UNIT),
    "accuracy_top_k": Parameter(int, Interval(1)),
    "early_stopping_patience": Parameter(int, Interval(1)),
    "early_stopping_tolerance": Parameter(float, ABOVE),
    "_tuning_objective_metric": Parameter(str),
}
DEFAULTS: dict[str, Any] = {
    "mini_batch_size": 1000,
    "epochs": 15,
    "huber_delta": 1.0,
    "binary_classifier_model_selection_criteria": "accuracy",
    "f_beta": 1.0,
    "target_recall": 0.8,
    "target_precision": 0.8,
    "accuracy_top_k": 3,
    "positive_example_weight_mult": 1.0,
    "early_stopping_patience": 3,
    "early_stopping_tolerance": 0.001,
}


def validate(given: Mapping[str, str]) -> dict[str, Any]:
    """The hyperparameters as values, defaults included; CustomerError in AWS's words."""
    unknown = [name for name in given if name not in KNOWN]
    if unknown:
        shown = f"{', '.join(map(repr, unknown))} {'was' if len(unknown) == 1 else 'were'} unexpected"
        raise CustomerError(
            f"Additional hyperparameters are not allowed ({shown}) (caused by ValidationError)"
        )
    if "predictor_type" not in given:
        raise CustomerError("'predictor_type' is a required property (caused by ValidationError)")
    values = dict(DEFAULTS)
    for name, value, fits in parse(KNOWN, given):
        if value is not None and not fits:
            allowed = KNOWN[name].allowed
            why = f"one of {list(allowed)}" if isinstance(allowed, tuple) else f"in {allowed}"
            raise CustomerError(f"{name}: {value!r} is not {why} (caused by ValidationError)")
        values[name] = value
    kind = values["predictor_type"]
    if kind == "multiclass_classifier" and "num_classes" not in values:
        raise CustomerError("num_classes is required when predictor_type is multiclass_classifier")
    loss = values.get("loss", "auto")
    values["loss"] = LOSS_OF[kind] if loss == "auto" else loss
    if values["loss"] not in POSSIBLE[kind]:
        raise CustomerError(
            f"loss {loss} does not go with predictor_type {kind}: use {', '.join(POSSIBLE[kind])}"
        )
    if values.get("optimizer", "auto") not in ("auto", "adam"):
        raise CustomerError("The local account's linear learner has the optimizer adam only")
    return values
