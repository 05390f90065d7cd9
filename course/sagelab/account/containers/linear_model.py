"""A linear model trained by mini-batch gradient descent with Adam, as AWS describes its linear learner."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # of float64
RATES = (0.005, 0.05, 0.5)  # tried side by side where learning_rate is auto


@dataclass
class Linear:
    """Weights for standardized features; one column a class for softmax, else one column."""

    weights: Array
    bias: Array
    mean: Array
    scale: Array
    label_mean: float = 0.0
    label_scale: float = 1.0

    def scores(self, rows: Array) -> Array:
        """The linear part, one column or one a class, in the label's own unit."""
        found = ((rows - self.mean) / self.scale) @ self.weights + self.bias
        return found * self.label_scale + self.label_mean


def sigmoid(scores: Array) -> Array:
    """Probabilities from scores."""
    return 1.0 / (1.0 + np.exp(-np.clip(scores, -500, 500)))


def softmax(scores: Array) -> Array:
    """Probabilities of the classes, each row's sum being 1."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def loss_and_slope(values: dict[str, Any], scores: Array, labels: Array) -> tuple[float, Array]:
    """The mean loss, and its derivative by the scores (not divided by the rows)."""
    name = values["loss"]
    if name == "softmax_loss":
        chances, index = softmax(scores), labels.astype(int)
        picked = chances[np.arange(len(index)), index]
        slope = chances.copy()
        slope[np.arange(len(index)), index] -= 1
        return float(-np.log(np.maximum(picked, 1e-15)).mean()), slope
    flat = scores[:, 0]
    if name in ("logistic", "hinge_loss"):
        weight = np.where(labels > 0, values["positive_example_weight_mult"], 1.0)
        if name == "logistic":
            each = np.logaddexp(0, flat) - labels * flat
            slope = sigmoid(flat) - labels
        else:
            sign = 2 * labels - 1
            each, slope = np.maximum(0, 1 - sign * flat), np.where(sign * flat < 1, -sign, 0.0)
        return float((weight * each).mean()), (weight * slope)[:, None]
    rest = flat - labels
    if name == "squared_loss":
        return float((rest**2).mean()), 2 * rest[:, None]
    if name == "absolute_loss":
        return float(np.abs(rest).mean()), np.sign(rest)[:, None]
    delta = values["huber_delta"]
    inside = np.abs(rest) <= delta
    each = np.where(inside, 0.5 * rest**2, delta * (np.abs(rest) - 0.5 * delta))
    return float(each.mean()), np.clip(rest, -delta, delta)[:, None]


def epochs(values: dict[str, Any], rows: Array, labels: Array, rate: float) -> Iterator[tuple[Linear, float]]:
    """Train; after each epoch the model so far and the mean loss of the epoch's batches."""
    model = start(values, rows, labels)
    ready, wanted = (rows - model.mean) / model.scale, (labels - model.label_mean) / model.label_scale
    step = adam(rate, values.get("beta_1") or 0.9, values.get("beta_2") or 0.999)
    chance = np.random.default_rng(0)
    size = values["mini_batch_size"]
    for _ in range(values["epochs"]):
        order, losses = chance.permutation(len(ready)), []
        for first in range(0, len(order) - size + 1, size):
            batch = order[first : first + size]
            loss, slope = loss_and_slope(values, ready[batch] @ model.weights + model.bias, wanted[batch])
            losses.append(loss)
            pull = ready[batch].T @ slope / len(batch)
            pull += (values.get("wd") or 0.0) * model.weights + (values.get("l1") or 0.0) * np.sign(
                model.weights
            )
            steps = step(pull, slope.mean(axis=0))
            model.weights = model.weights - steps[0]
            if values.get("use_bias") is not False:
                model.bias = model.bias - steps[1]
        yield model, float(np.mean(losses))


def start(values: dict[str, Any], rows: Array, labels: Array) -> Linear:
    """The model before training: zeros behind the standardization that the parameters ask for."""
    width = values["num_classes"] if values["loss"] == "softmax_loss" else 1
    mean, scale = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
    if values.get("normalize_data") is not False:
        mean, scale = rows.mean(axis=0), rows.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
    model = Linear(np.zeros((rows.shape[1], width)), np.zeros(width), mean, scale)
    if values["predictor_type"] == "regressor" and values.get("normalize_label") is not False:
        model.label_mean, model.label_scale = float(labels.mean()), float(labels.std()) or 1.0
    return model


def adam(rate: float, beta_1: float, beta_2: float) -> Callable[[Array, Array], tuple[Array, ...]]:
    """Kingma and Ba's rule (arXiv 1412.6980): gradients in, steps out."""
    state: list[tuple[Array, Array]] = []
    turn = 0

    def steps(*gradients: Array) -> tuple[Array, ...]:
        nonlocal turn
        turn += 1
        if not state:
            state.extend((np.zeros_like(g), np.zeros_like(g)) for g in gradients)
        for number, gradient in enumerate(gradients):
            first, second = state[number]
            state[number] = (
                beta_1 * first + (1 - beta_1) * gradient,
                beta_2 * second + (1 - beta_2) * gradient**2,
            )
        return tuple(
            rate * (m / (1 - beta_1**turn)) / (np.sqrt(v / (1 - beta_2**turn)) + 1e-8) for m, v in state
        )

    return steps
