"""Softmax over the wrong dimension, and probabilities where logits were meant."""

from typing import Any

import numpy as np

from micrograd.guard.caught import SoftmaxError
from micrograd.guard.trace import Trace, dims_in, remember, trace_of, with_layout
from micrograd.tensors import Tensor


def of_softmax(op: str, x: Tensor, options: dict[str, Any], result: Tensor) -> None:
    """Note softmax and log_softmax. Raises SoftmaxError where x is a softmax over the same dimension already."""
    trace, dim = trace_of(x), (dims_in(options, x.ndim) or (0,))[0]
    if trace.made_by == "softmax" and trace.softmax == dim:
        raise _twice(op, x)
    remember(result, Trace(layout=with_layout(x).layout, made_by=op, softmax=dim))


def check_cross_entropy(x: Tensor) -> None:
    """Raises SoftmaxError where cross_entropy gets probabilities in place of logits."""
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


def check_nll_loss(x: Tensor, target: Any) -> None:
    """Raises SoftmaxError where nll_loss gets anything but log probabilities, or such as were taken over the batch."""
    trace, targets = trace_of(x), target._array if isinstance(target, Tensor) else target
    classes = min(1, x.ndim - 1)
    meant = f"Probably meant: F.nll_loss(F.log_softmax(logits, dim={classes}), y), or F.cross_entropy(logits, y)"
    if trace.softmax not in (None, classes) and not (x.ndim == 2 and _each_in_turn(targets, len(targets))):
        raise _wrong_dim("nll_loss", x, trace.softmax, classes)
    positive = x._array.size and x._array.max() > 1e-3
    if trace.made_by == "softmax" or positive:
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


def check_index(x: Tensor, index: Any) -> None:
    """Raises SoftmaxError for probs[range(n), y] where softmax was taken over the dimension of the range."""
    dim = trace_of(x).softmax
    if dim is None or x._array.ndim != 2 or not isinstance(index, tuple) or len(index) != 2:
        return
    if all(isinstance(item, np.ndarray) and item.ndim == 1 and item.dtype.kind in "iu" for item in index):
        along, other = index[dim], index[1 - dim]
        if _each_in_turn(along, x._array.shape[dim]) and not _each_in_turn(other, len(along)):
            raise _wrong_dim("probs[arange(n), y]" if dim == 0 else "probs[y, arange(n)]", x, dim, 1 - dim)


def check_gather(x: Tensor, options: dict[str, Any]) -> None:
    """Raises SoftmaxError for a gather of one class each where softmax was taken over the other dimension."""
    dim, along, shape = trace_of(x).softmax, options["dim"], options["index"].shape
    if dim not in (None, along) and shape[along] == 1 and shape[dim] == x._array.shape[dim]:
        raise _wrong_dim(f"gather along dim {along}", x, dim, along)


def check_multinomial(x: Tensor) -> None:
    """Raises SoftmaxError for multinomial of a softmax that did not run over the categories, the last dimension."""
    trace = trace_of(x)
    if trace.softmax not in (None, x.ndim - 1):
        ran, shape = trace.ran or (trace.softmax, x._array.shape)
        raise SoftmaxError(
            f"multinomial of a softmax over dim {ran} of {list(shape)}: it draws along the last dimension, over which "
            "the probabilities do not add up to 1. Probably meant: softmax(logits, dim=-1)"
        )


def check_matmul(x: Tensor) -> None:
    """Raises SoftmaxError for attention whose weights add up to 1 over the queries, dim -2 of (..., T, T)."""
    dim, shape = trace_of(x).softmax, x._array.shape
    if len(shape) > 2 and dim == len(shape) - 2 and shape[-1] == shape[-2] > 1:
        raise SoftmaxError(
            f"a product with a softmax over dim {dim} of {list(shape)}: what is averaged over is its last dimension, "
            "and over that it does not add up to 1. Probably meant: softmax(scores, dim=-1)"
        )


def _each_in_turn(index: Any, n: int) -> bool:
    """Whether an index names 0, 1, ... n - 1, each once and in order."""
    return len(index) == n and np.array_equal(index, np.arange(n))


def _wrong_dim(what: str, x: Tensor, dim: int, classes: int) -> SoftmaxError:
    ran, shape = trace_of(x).ran or (dim, x._array.shape)
    return SoftmaxError(
        f"{what} picks one class for each example, and softmax ran over dim {ran} of {list(shape)}, the examples: "
        "what adds up to 1 is one class of all of them, not the classes of an example. "
        f"Probably meant: softmax(logits, dim={-1 if trace_of(x).ran else classes})"
    )
