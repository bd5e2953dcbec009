"""The losses."""

import functools

import numpy as np

from micrograd.rules.dtypes import promote
from micrograd.ops.reductions import sum_of_columns
from micrograd.ops.registry import op


@op("NllLossBackward0")
def nll_loss(log_probs, targets, reduction):
    """log_probs (n, classes), targets (n,) of class indices; the mean or sum of -log_probs[i, targets[i]], or all n."""
    shape, rows = log_probs.shape, np.arange(len(targets))
    losses = -log_probs[rows, targets]

    def to_log_probs(g):
        result = np.zeros(shape, g.dtype)
        result[rows, targets] = -(g / shape[0] if reduction == "mean" else g)
        return result

    return _reduced(losses, reduction), to_log_probs


@op("NllLossBackward0")
def cross_entropy(logits, targets, reduction):
    """nll_loss(log_softmax(logits)) in one node: its gradient is softmax(logits) less the one-hot targets."""
    n, classes = logits.shape
    places = _starts(n, classes) + targets  # where the targets are in all the logits one behind the other
    shifted = np.subtract(logits, np.maximum.reduce(logits, axis=1, keepdims=True), order="C")
    losses = -shifted.take(places)
    exps = np.exp(shifted, out=shifted)
    totals = sum_of_columns(exps)
    losses += np.log(totals)

    def to_logits(g):
        result = exps / totals[:, None]
        result.reshape(-1)[places] -= 1
        result *= g / n if reduction == "mean" else g if reduction == "sum" else g[:, None]
        return result

    return _reduced(losses, reduction), to_logits


@functools.lru_cache(maxsize=16)
def _starts(n, classes):
    return np.arange(n) * classes


@op("NllLossBackward0")
def weighted(inputs, targets, weights, reduction, loss):
    """`loss`, one of the two above, with a weight (n,) for each row; one of nan does not count at all."""
    shape, rows = inputs.shape, np.flatnonzero(~np.isnan(weights))
    weights = weights[rows]
    losses, to_rows = loss(inputs[rows], targets[rows], "none")
    losses *= weights
    total = np.add.reduce(weights)
    if reduction == "none":
        result = np.zeros(shape[0], losses.dtype)
        result[rows] = losses
    else:
        result = np.add.reduce(losses) / (total if reduction == "mean" else 1)

    def to_inputs(g):
        result = np.zeros(shape, g.dtype)
        result[rows] = to_rows(weights * (g / total if reduction == "mean" else g if reduction == "sum" else g[rows]))
        return result

    return result, to_inputs


@op("MseLossBackward0")
def mse_loss(x, y, reduction):
    """The mean or sum of (x - y)**2, or all of them."""
    x, y = promote(x, y)
    difference = np.asarray(x - y)
    squares = np.asarray(difference * difference)
    factor = 2 / difference.size if reduction == "mean" and difference.size else 2
    if reduction != "none":
        squares = np.add.reduce(squares, axis=None)
        squares = squares / squares.dtype.type(difference.size) if reduction == "mean" else squares
    return squares, lambda g: difference * (factor * g), lambda g: difference * (-factor * g)


def _reduced(losses, reduction):
    if reduction == "none":
        return losses
    total = np.add.reduce(losses)
    return total / losses.dtype.type(len(losses)) if reduction == "mean" else total
