"""The built-in linear learner: csv with the label first; its log lines are those that AWS's metrics read."""

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from .algorithm import CustomerError, Job, run
from .confusion import Confusion, counts
from .linear_model import RATES, Array, Linear, epochs, loss_and_slope, sigmoid, softmax
from .linear_parameters import validate

OBJECTIVES = {
    "logistic": "binary_classification_cross_entropy_objective",
    "hinge_loss": "hinge_loss_objective",
    "softmax_loss": "multiclass_cross_entropy_objective",
    "squared_loss": "mse_objective",
    "absolute_loss": "absolute_loss_objective",
    "huber_loss": "huber_loss_objective",
}
CHANNELS = ("train", "validation", "test")


def train(job: Job) -> None:
    """Train, choose the best model, tell its quality on every channel, write `model_algo-1`."""
    values = validate(job.hyperparameters)
    if "train" not in job.channels:
        raise CustomerError("Missing required channel: train")
    data = {name: read(job, name, values) for name in CHANNELS if name in job.channels}
    if len(data["train"][1]) < values["mini_batch_size"]:
        raise CustomerError(
            "No training data processed. Either the training channel is empty or the mini-batch size is too high. "
            "Verify that training data contains non-empty files and the mini-batch size is less than the number of "
            "records per training host."
        )
    model = best(values, data)
    threshold = decide(values, model, *data.get("validation", data["train"]))
    for channel, (seen, true) in data.items():
        for name, value in quality(values, model, threshold, seen, true):
            say(f"#quality_metric: host=algo-1, {channel} {name}={value}")
    write(job, values, model, threshold)


def best(values: dict[str, Any], data: dict[str, tuple[Array, Array]]) -> Linear:
    """Train one model for each learning rate side by side and keep the one that the objective likes best."""
    rates = [values["learning_rate"]] if values.get("learning_rate") else list(RATES)
    if values.get("num_models"):
        rates = rates[: values["num_models"]]
    judged = data.get("validation", data["train"])
    runs = [epochs(values, *data["train"], rate) for rate in rates]
    chosen: Linear | None = None
    lowest, worse, started = float("inf"), 0, time.monotonic()
    for epoch in range(values["epochs"]):
        models = [next(steps) for steps in runs]
        losses = [objective(values, model, *judged) for model, _ in models]
        at = int(np.argmin(losses))
        tell_epoch(values, epoch, models[at][1], losses[at] if "validation" in data else None)
        improved = losses[at] < lowest * (1 - values["early_stopping_tolerance"])
        worse = 0 if improved else worse + 1
        if losses[at] < lowest:
            lowest, chosen = losses[at], Linear(**vars(models[at][0]))
        if worse >= values["early_stopping_patience"]:
            say("Early stop condition met. Stopping training.")
            break
    seen = len(data["train"][0]) * (epoch + 1)
    rate = seen / max(time.monotonic() - started, 1e-9)
    say(f"#throughput_metric: host=algo-1, train throughput={rate} records/second")
    if chosen is None:
        raise CustomerError("The loss is no finite number: try a smaller learning_rate, or normalize_data.")
    return chosen


def tell_epoch(values: dict[str, Any], epoch: int, loss: float, validation: float | None) -> None:
    """The lines of one epoch."""
    name = OBJECTIVES[values["loss"]]
    say(f"#quality_metric: host=algo-1, epoch={epoch}, train {name} <loss>={loss}")
    if validation is not None:
        say(f"#quality_metric: host=algo-1, epoch={epoch}, validation {name} <loss>={validation}")
    done = 100 * (epoch + 1) // values["epochs"]
    say(f"#progress_metric: host=algo-1, completed {done} % of epochs")


def objective(values: dict[str, Any], model: Linear, rows: Array, labels: Array) -> float:
    """The mean loss on some rows."""
    return loss_and_slope(values, model.scores(rows), labels)[0]


def decide(values: dict[str, Any], model: Linear, rows: Array, labels: Array) -> float:
    """The score from which a binary classifier says 1: the best one by the criterion that was asked for."""
    if values["predictor_type"] != "binary_classifier":
        return 0.5
    scores = probabilities(model, rows)
    criterion = values["binary_classifier_model_selection_criteria"]
    if criterion in ("cross_entropy_loss", "loss_function"):
        return 0.5
    cuts = np.unique(np.append(np.quantile(scores, np.linspace(0, 1, 201)), 0.5))
    worth = [judge(criterion, values, counts(scores >= cut, labels > 0)) for cut in cuts]
    top = max(worth)
    return float(
        min((cut for cut, w in zip(cuts, worth, strict=True) if w == top), key=lambda c: abs(c - 0.5))
    )


def judge(criterion: str, values: dict[str, Any], found: Confusion) -> float:
    """What a threshold is worth by a criterion."""
    if criterion == "accuracy":
        return found.accuracy
    if criterion == "precision_at_target_recall":
        return found.precision if found.recall >= values["target_recall"] else found.recall - 1
    if criterion == "recall_at_target_precision":
        return found.recall if found.precision >= values["target_precision"] else found.precision - 1
    return found.f_score(1.0 if criterion == "f1" else values["f_beta"])


def quality(
    values: dict[str, Any], model: Linear, threshold: float, rows: Array, labels: Array
) -> Iterator[tuple[str, float]]:
    """The final figures on one channel, named as AWS's log names them."""
    yield f"{OBJECTIVES[values['loss']]} <loss>", objective(values, model, rows, labels)
    if values["predictor_type"] == "regressor":
        rest = model.scores(rows)[:, 0] - labels
        yield "mse <loss>", float((rest**2).mean())
        yield "absolute_loss <loss>", float(np.abs(rest).mean())
    elif values["predictor_type"] == "binary_classifier":
        found, beta = counts(probabilities(model, rows) >= threshold, labels > 0), values["f_beta"]
        yield "binary_classification_accuracy <score>", found.accuracy
        yield f"binary_f_{beta:.3f} <score>", found.f_score(beta)
        yield "precision <score>", found.precision
        yield "recall <score>", found.recall
    else:
        yield from class_quality(values, softmax(model.scores(rows)), labels)


def class_quality(values: dict[str, Any], chances: Array, labels: Array) -> Iterator[tuple[str, float]]:
    """The figures of a classifier of many classes."""
    said, top, beta = chances.argmax(axis=1), values["accuracy_top_k"], values["f_beta"]
    within = (np.argsort(-chances, axis=1)[:, :top] == labels[:, None]).any(axis=1)
    tables = [counts(said == label, labels == label) for label in np.unique(labels)]
    yield "multiclass_accuracy <score>", float((said == labels).mean())
    yield f"multiclass_top_k_accuracy_{top} <score>", float(within.mean())
    yield "macro_recall <score>", float(np.mean([found.recall for found in tables]))
    yield "macro_precision <score>", float(np.mean([found.precision for found in tables]))
    yield f"macro_f_{beta:.3f} <score>", float(np.mean([found.f_score(beta) for found in tables]))


def probabilities(model: Linear, rows: Array) -> Array:
    """The scores of a binary classifier between 0 and 1."""
    return sigmoid(model.scores(rows)[:, 0])


def read(job: Job, channel: str, values: dict[str, Any]) -> tuple[Array, Array]:
    """Rows and labels of a channel, the label in the first column and no header."""
    kind, files = job.content_type(channel) or "application/x-recordio-protobuf", job.files(channel)
    if kind != "text/csv":
        raise CustomerError(
            f"Unable to read data channel '{channel}'. Requested content-type is '{kind}'. Please verify the data "
            "matches the requested content-type. (The local account reads text/csv.)"
        )
    try:
        table = pd.concat([pd.read_csv(path, header=None) for path in files]).to_numpy(dtype=float)
    except (ValueError, TypeError) as error:
        raise CustomerError(
            f"Unable to read data channel '{channel}'. Requested content-type is 'text/csv'. Please verify the data "
            f"matches the requested content-type. (caused by {type(error).__name__}: {error})"
        ) from None
    rows, labels = table[:, 1:], table[:, 0]
    if values.get("feature_dim") and rows.shape[1] != values["feature_dim"]:
        raise CustomerError(
            f"The data in channel '{channel}' has {rows.shape[1]} features, but feature_dim is {values['feature_dim']}."
        )
    check_labels(values, labels)
    return rows, labels


def check_labels(values: dict[str, Any], labels: Array) -> None:
    """Classes count from 0."""
    classes = {"binary_classifier": 2, "multiclass_classifier": values.get("num_classes", 0)}
    count = classes.get(values["predictor_type"])
    if count and not np.isin(labels, np.arange(count)).all():
        raise CustomerError(
            f"Labels of a {values['predictor_type']} must be whole numbers from 0 to {count - 1}."
        )


def write(job: Job, values: dict[str, Any], model: Linear, threshold: float) -> None:
    """The model as plain numbers, under the name that AWS gives to its own."""
    kept = {name: np.asarray(value).tolist() for name, value in vars(model).items()}
    kept |= {"predictor_type": values["predictor_type"], "threshold": threshold}
    (job.model / "model_algo-1").write_text(json.dumps(kept))


def say(line: str) -> None:
    """A line of the log, as AWS's algorithm writes it."""
    print(f"[{time.strftime('%m/%d/%Y %H:%M:%S')} INFO] {line}")


if __name__ == "__main__":
    run(train, lambda error: f"ClientError: {error}", 2)
