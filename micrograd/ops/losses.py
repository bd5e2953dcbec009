"""The losses."""

import numpy as np

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
    rows = np.arange(len(targets))
    shifted = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    losses = -shifted[rows, targets]
    exps = np.exp(shifted, out=shifted)
    totals = np.add.reduce(exps, axis=1, keepdims=True)
    losses += np.log(totals[:, 0])

    def to_logits(g):
        result = exps / totals
        result[rows, targets] -= 1
        result *= g / len(rows) if reduction == "mean" else g if reduction == "sum" else g[:, None]
        return result

    return _reduced(losses, reduction), to_logits


def _reduced(losses, reduction):
    if reduction == "none":
        return losses
    total = np.add.reduce(losses)
    return total / losses.dtype.type(len(losses)) if reduction == "mean" else total
