"""Softmax over the wrong dimension, and probabilities where logits were meant."""

import sys
from typing import Any

import numpy as np

from micrograd.guard.caught import SoftmaxError
from micrograd.guard.trace import Trace, remember, trace_of, with_layout
from micrograd.tensors import Tensor


def of_softmax(op: str, x: Tensor, options: dict[str, Any], result: Tensor) -> None:
    """Note softmax and log_softmax. Raises SoftmaxError where x is a softmax over the same dimension already."""
    if not isinstance(x, Tensor):
        return
    trace = trace_of(x)
    if trace.made_by == "softmax" and trace.softmax == options["dim"]:
        raise _twice(op, x)
    made_by = "softmax" if op == "softmax" else ""
    remember(result, Trace(layout=with_layout(x).layout, made_by=made_by, softmax=options["dim"]))


def check_cross_entropy(x: Tensor) -> None:
    """Raises SoftmaxError where cross_entropy gets probabilities."""
    if trace_of(x).made_by == "softmax":
        raise _twice("cross_entropy", x)


def _twice(op: str, x: Tensor) -> SoftmaxError:
    meant = "F.cross_entropy(logits, y)" if op == "cross_entropy" else f"F.{op}(logits, dim=...), once"
    return SoftmaxError(
        f"{op} of a softmax, of shape {list(x.shape)}: {op} takes logits and has a softmax inside, so this is a "
        f"softmax of a softmax, which hardly learns. Probably meant: {meant}"
    )


def check_nll_loss(x: Tensor, targets: Any) -> None:
    """Raises SoftmaxError where nll_loss gets probabilities, or logarithms of them over the batch."""
    trace = trace_of(x)
    if trace.made_by == "softmax":
        raise SoftmaxError(
            f"nll_loss of a softmax, of shape {list(x.shape)}: it takes the logarithms of probabilities, and these are "
            "the probabilities. Probably meant: F.nll_loss(F.log_softmax(logits, dim=1), y), or "
            "F.cross_entropy(logits, y)"
        )
    if trace.softmax == 0 and not _each_in_turn(targets, len(targets)):
        raise _wrong_dim("nll_loss", x, 0)


def check_index(x: Tensor, index: Any) -> None:
    """Raises SoftmaxError for probs[range(n), y] where softmax was taken over the dimension of the range."""
    dim = trace_of(x).softmax
    if dim is None or x._array.ndim != 2 or not isinstance(index, tuple) or len(index) != 2:
        return
    if all(isinstance(item, np.ndarray) and item.ndim == 1 and item.dtype.kind in "iu" for item in index):
        along, other = index[dim], index[1 - dim]
        if _each_in_turn(along, x._array.shape[dim]) and not _each_in_turn(other, len(along)):
            raise _wrong_dim("probs[arange(n), y]" if dim == 0 else "probs[y, arange(n)]", x, dim)


def check_gather(x: Tensor, options: dict[str, Any]) -> None:
    """Raises SoftmaxError for a gather of one class each where softmax was taken over the other dimension."""
    dim, shape = trace_of(x).softmax, options["index"].shape
    if dim is None or x._array.ndim != 2 or dim == options["dim"]:
        return
    if shape[options["dim"]] == 1 and shape[dim] == x._array.shape[dim] and not _called_by_topk():
        raise _wrong_dim(f"gather along dim {options['dim']}", x, dim)


def _each_in_turn(index: Any, n: int) -> bool:
    """Whether an index names 0, 1, ... n - 1, each once and in order."""
    return len(index) == n and np.array_equal(index, np.arange(n))


def _called_by_topk() -> bool:
    """Whether it is topk or sort that gathers: they may look along any dimension."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name in ("topk", "sort") and frame.f_globals.get("__package__") == "micrograd":
            return True
        frame = frame.f_back
    return False


def _wrong_dim(what: str, x: Tensor, dim: int) -> SoftmaxError:
    return SoftmaxError(
        f"{what} picks one class for each example, and softmax ran over dim {dim} of {list(x.shape)}, the examples: "
        f"what adds up to 1 is each {'column' if dim == 0 else 'row'}, not the classes of an example. "
        f"Probably meant: softmax(logits, dim={1 - dim})"
    )
