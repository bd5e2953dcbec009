"""Shapes that broadcast although that was not meant."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.guard.caught import BroadcastError, place_text, user_line
from micrograd.guard.trace import Options, dims_in, of_reduction, remember, trace_of
from micrograd.ops import OPS
from micrograd.tensors import Tensor


def check_operands(op: str, x: Tensor, y: Tensor, result: Tensor) -> None:
    """Look at two tensors of different shapes that were broadcast. Raises BroadcastError as `_check_reduced` does."""
    for whole, part in ((x, y), (y, x)):
        if part._array.ndim < whole._array.ndim:
            _check_reduced(op, whole, part)
            _mark_outer(whole, part, result)


def _check_reduced(op: str, whole: Tensor, part: Tensor) -> None:
    """Raises BroadcastError where `part` was reduced from `whole` and lies along other dimensions than it came from."""
    reduced = trace_of(part).reduced
    if reduced is None or reduced.keepdim or part._array.size == 1:
        return
    shape = whole._array.shape
    if reduced.layout != trace_of(whole).layout or shape != reduced.shape:
        return
    belongs = [d for d in range(len(shape)) if d not in reduced.dims]
    lies = list(range(len(shape) - len(belongs), len(shape)))
    if part._array.ndim != len(belongs) or belongs == lies or _symmetric(whole) or _symmetric(reduced.source()):
        return
    name, symbol = reduced.op, OPS[op].sign or op
    along, own = (" and ".join(map(str, dims)) for dims in (lies, belongs))
    dim = reduced.dims[0] if len(reduced.dims) == 1 else reduced.dims
    values = ".values" if name in ("max", "min", "median") else ""
    raise BroadcastError(
        f"x {symbol} x.{name}({dim}), x of shape {list(shape)}: without keepdim the {name} is {list(part.shape)}, and "
        f"broadcasting lays it along dim {along} of x, while it belongs to dim {own}: the numbers meet the wrong "
        f"{'rows' if belongs == [0] else 'elements'}. Probably meant: x {symbol} x.{name}({dim}, keepdim=True){values}"
    )


def _symmetric(x: Tensor | None) -> bool:
    """Whether x is a symmetric matrix: its sums over rows are those over columns, and either may be meant."""
    return x is not None and x._array.ndim == 2 and np.array_equal(x._array, x._array.T)


def _mark_outer(column: Tensor, vector: Tensor, result: Tensor) -> None:
    """Note an (n, 1) and an (n,) that made an (n, n): a prediction beside a target, if just one requires grad.

    A column by unsqueeze or [:, None] was put upright on purpose, to compare each with each.
    """
    n = vector._array.size
    if n < 2 or column._array.shape != (n, 1) or vector._array.shape != (n,):
        return
    if column._requires_grad != vector._requires_grad and trace_of(column).made_by != "unsqueeze":
        remember(result, trace_of(result)._replace(outer=user_line()))


def check_loss(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Raises BroadcastError where all of an (n, n) that a column and a vector were broadcast to becomes one number."""
    place = trace_of(inputs[0]).outer
    if place is not None and dims_in(options, inputs[0].ndim) is None:
        n = inputs[0].shape[-1]
        raise BroadcastError(_outer_message(f"{op} over {[n, n]}", n, place_text(place)))
    of_reduction(op, inputs, options, result)


def check_mse_loss(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Raises BroadcastError for an input (n, 1) and a target (n,), or the other way round."""
    x, y = inputs[:2]
    if isinstance(x, Tensor) and isinstance(y, Tensor) and x._array.ndim + y._array.ndim == 3:
        n = x._array.size
        if n > 1 and y._array.size == n and 1 in (*x._array.shape[1:], *y._array.shape[1:]):
            raise BroadcastError(_outer_message("mse_loss", n, ""))


def _outer_message(what: str, n: int, place: str) -> str:
    return (
        f"{what}: a tensor of shape {[n, 1]} and one of shape {[n]} were broadcast to {[n, n]}{place}: every "
        f"prediction was compared with every target, not with its own. Probably meant: pred.squeeze(1) with y, or "
        f"pred with y.view(-1, 1), so that both have one shape"
    )
