"""Softmax over the wrong dimension, and probabilities where logits were meant.

Each check is called as the observer is, with the name of the op for the op.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.guard.caught import SoftmaxError
from micrograd.guard.trace import Options, Softmax, Trace, dims_in, of_rearranged, remember, trace_of, with_layout
from micrograd.tensors import Tensor


def of_softmax(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Note softmax and log_softmax. Raises SoftmaxError where x is a softmax over the same dimension already."""
    x = inputs[0]
    trace, dim = trace_of(x), (dims_in(options, x.ndim) or (0,))[0]
    if trace.made_by == "softmax" and trace.softmax is not None and trace.softmax.runs_over(dim):
        raise _twice(op, x)
    softmax = Softmax.of(dim, x._array.shape) if x.ndim else None
    remember(result, Trace(layout=with_layout(x).layout, made_by=op, softmax=softmax))


def check_cross_entropy(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Raises SoftmaxError where cross_entropy gets probabilities in place of logits."""
    x = inputs[0]
    made_by = trace_of(x).made_by
    if made_by == "softmax":
        raise _twice("cross_entropy", x)
    if made_by == "sigmoid":
        raise SoftmaxError(
            f"cross_entropy of a sigmoid, of shape {list(x.shape)}: it takes logits, of any size, for the softmax "
            "inside, and these are all between 0 and 1: no class can become likely. Probably meant: "
            "F.cross_entropy(logits, y), without sigmoid"
        )


def _twice(op: str, x: Tensor) -> SoftmaxError:
    meant = "F.cross_entropy(logits, y)" if op == "cross_entropy" else f"F.{op}(logits, dim=...), once"
    return SoftmaxError(
        f"{op} of a softmax, of shape {list(x.shape)}: {op} takes logits and has a softmax inside, so this is a "
        f"softmax of a softmax, which hardly learns. Probably meant: {meant}"
    )


def check_nll_loss(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Raises SoftmaxError where nll_loss gets anything but log probabilities, or such as were taken over the batch."""
    x, target = inputs[:2]
    trace, targets = trace_of(x), target._array if isinstance(target, Tensor) else target
    classes = min(1, x.ndim - 1)
    meant = f"Probably meant: F.nll_loss(F.log_softmax(logits, dim={classes}), y), or F.cross_entropy(logits, y)"
    if not (x.ndim == 2 and _each_in_turn(targets, len(targets))):
        _check_classes("nll_loss", trace.softmax, classes)
    if trace.made_by == "softmax" or (x._array.size and x._array.max() > 1e-3):
        what = "a softmax" if trace.made_by == "softmax" else f"numbers as large as {x._array.max():g}"
        raise SoftmaxError(
            f"nll_loss of {what}, of shape {list(x.shape)}: it takes the logarithms of probabilities, which are never "
            f"above 0. {meant}"
        )
    sums = np.exp(x._array.astype(np.float64)).sum(classes)
    if x._array.size and not (abs(sums - 1) < 0.1).any():  # so much may smoothing and a mask change
        raise SoftmaxError(
            f"nll_loss of numbers of shape {list(x.shape)} that are no logarithms of probabilities: exp of them does "
            f"not add up to 1 over dim {classes} in any row. {meant}"
        )


def check_index(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Raises SoftmaxError for probs[range(n), y] where softmax was not taken over the dimension of y."""
    x, index = inputs[0], options["index"]
    pair = x._array.ndim == 2 and isinstance(index, tuple) and len(index) == 2
    if pair and all(isinstance(item, np.ndarray) and item.ndim == 1 and item.dtype.kind in "iu" for item in index):
        for dim, what in enumerate(("probs[arange(n), y]", "probs[y, arange(n)]")):
            other = index[1 - dim]
            if _each_in_turn(index[dim], x._array.shape[dim]) and not _each_in_turn(other, len(other)):
                _check_classes(what, trace_of(x).softmax, 1 - dim)
    of_rearranged(op, inputs, options, result)


def check_gather(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Raises SoftmaxError for a gather of one class each where softmax was taken over another dimension."""
    along, shape = options["dim"], options["index"].shape
    if shape == tuple([1 if i == along else n for i, n in enumerate(inputs[0]._array.shape)]):
        _check_classes(f"gather along dim {along}", trace_of(inputs[0]).softmax, along)


def _check_classes(what: str, softmax: Softmax | None, classes: int) -> None:
    """Raises SoftmaxError where softmax did not run over the dimension of the classes, of which `what` picks one."""
    if softmax is not None and not softmax.runs_over(classes):
        raise SoftmaxError(
            f"{what} picks one class for each example, and softmax ran over dim {softmax.dim} of "
            f"{list(softmax.shape)}, the examples: what adds up to 1 is one class of all of them, not the classes of "
            f"an example. Probably meant: softmax(logits, dim={-1 if softmax.moved else classes})"
        )


def check_multinomial(x: Tensor) -> None:
    """Raises SoftmaxError for multinomial of a softmax that did not run over the categories, the last dimension."""
    softmax = trace_of(x).softmax
    if softmax is not None and not softmax.runs_over(-1):
        raise SoftmaxError(
            f"multinomial of a softmax over dim {softmax.dim} of {list(softmax.shape)}: it draws along the last "
            "dimension, over which the probabilities do not add up to 1. Probably meant: softmax(logits, dim=-1)"
        )


def check_matmul(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Raises SoftmaxError for attention whose weights add up to 1 over the queries, dim -2 of (..., T, T)."""
    softmax, shape = trace_of(inputs[0]).softmax, inputs[0]._array.shape
    square = len(shape) > 2 and shape[-1] == shape[-2]
    if softmax is not None and square and softmax.runs_over(-2) and not softmax.runs_over(-1):
        raise SoftmaxError(
            f"a product with a softmax over dim {len(shape) - 2} of {list(shape)}: what is averaged over is its last "
            "dimension, and over that it does not add up to 1. Probably meant: softmax(scores, dim=-1)"
        )


def _each_in_turn(index: Any, n: int) -> bool:
    """Whether an index names 0, 1, ... n - 1, each once and in order."""
    return len(index) == n and np.array_equal(index, np.arange(n))
