"""The built-in XGBoost algorithm: csv or libsvm with the label first, trained by xgboost itself.

Content types, checks, log lines, checkpoints and the artifact `xgboost-model` are those of AWS's XGBoost container.
"""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn import metrics as scores
from sklearn.datasets import load_svmlight_file

from .algorithm import CustomerError, Job, run
from .xgboost_parameters import validate

CSV, LIBSVM = ("csv", "text/csv"), ("", "libsvm", "text/libsvm", "text/x-libsvm")
CHECKPOINT = "xgboost-checkpoint"
KEPT_CHECKPOINTS = 5
OURS: dict[str, Callable[[Any, Any], float]] = {  # metrics that AWS's container adds to xgboost's own
    "accuracy": scores.accuracy_score,
    "balanced_accuracy": scores.balanced_accuracy_score,
    "f1": lambda true, found: scores.f1_score(true, found, average="macro"),
    "f1_binary": lambda true, found: scores.f1_score(true, found, average="binary"),
    "f1_macro": lambda true, found: scores.f1_score(true, found, average="macro"),
    "mse": scores.mean_squared_error,
    "r2": scores.r2_score,
    "precision": scores.precision_score,
    "precision_macro": lambda true, found: scores.precision_score(true, found, average="macro"),
    "precision_micro": lambda true, found: scores.precision_score(true, found, average="micro"),
    "recall": scores.recall_score,
    "recall_macro": lambda true, found: scores.recall_score(true, found, average="macro"),
    "recall_micro": lambda true, found: scores.recall_score(true, found, average="micro"),
}
OF_NUMBERS = ("mse", "r2")


def train(job: Job) -> None:
    """Train on the channel `train`, judge on `validation` where it is given, and write the model."""
    values = validate(job.hyperparameters)
    if "train" not in job.channels:
        raise CustomerError("Missing required channel: train")
    data = {name: matrix(job, name, values) for name in ("train", "validation") if name in job.channels}
    for name, rows in data.items():
        print(f"{name.capitalize()} matrix has {rows.num_row()} rows and {rows.num_col()} columns")
    for rows in data.values():
        check_labels(values, rows.get_label())
    rounds, stopping = values.pop("num_round"), values.pop("early_stopping_rounds", None)
    saving = values.pop("save_model_on_termination", "false") == "true"
    values.pop("csv_weights", None)
    own = own_metrics(values)
    start, done = latest(job.checkpoints)
    if start:
        print(f"Checkpoint loaded from {start}\nResuming from iteration {done}")
    watcher = Watcher(job, done, saving)
    try:
        booster = xgb.train(
            values,
            data["train"],
            num_boost_round=max(0, rounds - done),
            evals=[(rows, name) for name, rows in data.items()],
            custom_metric=measured(own, values) if own else None,
            early_stopping_rounds=stopping,
            callbacks=[watcher],
            xgb_model=start,
            verbose_eval=False,
        )
    except xgb.core.XGBoostError as error:
        raise CustomerError(f"XGB train call failed with exception:\n {first_line(str(error))}") from None
    save(booster, job.model)


def matrix(job: Job, channel: str, values: dict[str, Any]) -> xgb.DMatrix:
    """The data of a channel."""
    kind, files = job.content_type("train"), job.files(channel)
    if kind not in CSV + LIBSVM:
        raise CustomerError(f"{kind} is not an accepted ContentType here: {', '.join(CSV + LIBSVM[1:])}.")
    if not files:
        raise CustomerError(
            f"No data in {'training' if channel == 'train' else channel} channel path {channel}"
        )
    return read_csv(files, values.get("csv_weights", 0)) if kind in CSV else read_libsvm(files)


def read_csv(files: list[Path], weights: int) -> xgb.DMatrix:
    """Rows without a header, the label in the first column, a weight in the second where asked."""
    try:
        table = pd.concat([pd.read_csv(path, header=None) for path in files]).to_numpy(dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise CustomerError(f"Failed to load csv data with exception:\n{error}") from None
    own = {"weight": table[:, 1]} if weights else {}
    return xgb.DMatrix(table[:, 1 + weights :], label=table[:, 0], **own)


def read_libsvm(files: list[Path]) -> xgb.DMatrix:
    """`label index:value ...` in each line."""
    for path in files:
        with path.open(errors="ignore") as file:
            line = file.readline().strip()
        if not all(":" in word for word in line.split(" ")[1:]) or "," in line:
            raise CustomerError(
                f"First line '{line[:50]}...' of file '{path.name}' is not 'LIBSVM' format. "
                "Please ensure the file is in 'LIBSVM' format."
            )
    parts = [load_svmlight_file(str(path), zero_based=True) for path in files]
    if len(parts) > 1:
        from scipy.sparse import vstack

        width = max(rows.shape[1] for rows, _ in parts)
        for rows, _ in parts:
            rows.resize(rows.shape[0], width)
        return xgb.DMatrix(vstack([rows for rows, _ in parts]), label=np.concatenate([y for _, y in parts]))
    return xgb.DMatrix(parts[0][0], label=parts[0][1])


def check_labels(values: dict[str, Any], labels: Any) -> None:
    """Classes count from 0, and a logistic label lies between 0 and 1."""
    objective = values.get("objective", "")
    if objective in ("binary:logistic", "binary:logitraw", "binary:hinge", "reg:logistic"):
        if ((labels < 0) | (labels > 1)).any():
            raise CustomerError("label must be in [0,1] for logistic regression")
    elif objective.startswith("multi:") and ((labels < 0) | (labels >= values["num_class"])).any():
        raise CustomerError("label must be in [0, num_class)")


def own_metrics(values: dict[str, Any]) -> list[str]:
    """Take the metrics that xgboost does not know out of its parameters; they are measured here."""
    wanted = list(values.pop("eval_metric", []))
    if objective := values.pop("_tuning_objective_metric", ""):
        name = objective.removeprefix("validation:")
        wanted += [name] if name not in wanted else []
    if theirs := [name for name in wanted if name not in OURS]:
        values["eval_metric"] = theirs
    elif wanted:
        values["disable_default_eval_metric"] = 1
    return [name for name in wanted if name in OURS]


def measured(names: list[str], values: dict[str, Any]) -> Callable[[Any, Any], list[tuple[str, float]]]:
    """What xgboost calls after each round for metrics of ours."""

    def metric(found: Any, rows: xgb.DMatrix) -> list[tuple[str, float]]:
        true = rows.get_label()
        labels = found.argmax(axis=1) if found.ndim > 1 else found
        if found.ndim == 1 and values.get("objective", "").startswith("binary:"):
            labels = (found > (0 if values["objective"] == "binary:logitraw" else 0.5)).astype(int)
        return [(name, float(OURS[name](true, found if name in OF_NUMBERS else labels))) for name in names]

    return metric


class Watcher(xgb.callback.TrainingCallback):
    """After each round: a line in the log, a checkpoint; on SIGTERM an end in order."""

    def __init__(self, job: Job, done: int, saving: bool) -> None:
        self._job, self._done, self._saving = job, done, saving
        self._model: Any = None
        signal.signal(signal.SIGTERM, self._end)

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """One round is over; never asks to stop."""
        shown = [
            f"{of}-{name}:{seen[-1]:.5f}" for of, all_ in evals_log.items() for name, seen in all_.items()
        ]
        number = epoch + self._done
        print("#011".join([f"[{number}]", *shown]))
        self._model = model
        if self._job.checkpoints:
            folder = self._job.checkpoints
            folder.mkdir(parents=True, exist_ok=True)
            write(model, folder / f"{CHECKPOINT}.{number}")
            (folder / f"{CHECKPOINT}.{number - KEPT_CHECKPOINTS}").unlink(missing_ok=True)
        return False

    def _end(self, *_: object) -> None:
        if self._saving and self._model is not None:
            save(self._model, self._job.model)
        sys.exit(0)


def latest(checkpoints: Path | None) -> tuple[str | None, int]:
    """The newest checkpoint and how many rounds it holds."""
    found = list(checkpoints.glob(f"{CHECKPOINT}.*")) if checkpoints else []
    numbers = {int(path.suffix[1:]): path for path in found if path.suffix[1:].isdigit()}
    return (str(numbers[max(numbers)]), max(numbers) + 1) if numbers else (None, 0)


def save(booster: Any, folder: Path) -> None:
    """Write the model under the name that AWS gives it."""
    write(booster, folder / "xgboost-model")


def write(booster: Any, path: Path) -> None:
    """Write a model in xgboost's own binary form, whole or not at all."""
    unfinished = path.with_name("." + path.name)
    unfinished.write_bytes(booster.save_raw("ubj"))
    unfinished.rename(path)


def first_line(text: str) -> str:
    """What went wrong, without the stack of the library."""
    return text.partition("\nStack trace")[0].strip()


if __name__ == "__main__":
    run(
        train,
        lambda error: f"framework error: \nsagemaker_algorithm_toolkit.exceptions.UserError: {error}",
        1,
    )
