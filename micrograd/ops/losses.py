"""The losses."""

import functools
import math
import warnings
from typing import Any

import numpy as np

from micrograd.ops import Op, apply, function, op, reductions, save
from micrograd.ops.layers import refuse_grad
from micrograd.ops.shapes import need_tensors
from micrograd.rules.dtypes import promote
from micrograd.rules.errors import need_floats
from micrograd.rules.indexing import out_of_range
from micrograd.rules.layout import laid_out
from micrograd.rules.rerun import rerun
from micrograd.rules.sums import largest_of_rows, sum_of_columns
from micrograd.tensors import Tensor

_INDEX_DTYPES = (np.dtype(np.int64), np.dtype(np.uint8))


# The losses of rows: input (n, classes) and targets (n,), class indices. Fused, for speed.


@op(
    "NllLossBackward0", of="", examples=["F.cross_entropy(x, targets)", "F.cross_entropy(x, targets, reduction='none')"]
)
def _cross_entropy(x, target, /, *, reduction):
    """-log(softmax(x))[i, target[i]] of each row i: nll_loss(x.log_softmax(1), target) in one node.

    The derivative is softmax(x) - one_hot(target), divided by n for the mean.
    """
    n, positions = len(x), _row_starts(*x.shape) + target  # of the targets among all logits, one row after the other
    shifted = np.subtract(x, largest_of_rows(x), order="C")
    picked = shifted.take(positions)
    exps = np.exp(shifted, out=shifted)
    totals = sum_of_columns(exps)
    losses = -(picked - np.log(totals))

    def dx(g):
        result = exps / totals[:, None]
        result.reshape(-1)[positions] -= 1
        result *= _of_each(g, n, reduction)
        return result

    return _reduced(losses, reduction), save(dx, exps, totals, positions)


@op(
    "NllLossBackward0",
    of="",
    examples=["F.nll_loss(x.log_softmax(1), targets)", "F.nll_loss(x, targets, reduction='sum')"],
)
def _nll_loss(x, target, /, *, reduction):
    """-x[i, target[i]] of each row i, for log probabilities: -x[arange(n), target].mean() in one node."""
    n, shape, positions = len(x), x.shape, _row_starts(*x.shape) + target
    losses = -x.take(positions)

    def dx(g):
        result = np.zeros(shape, g.dtype)
        result.reshape(-1)[positions] = np.ravel(-_of_each(g, n, reduction))
        return result

    return _reduced(losses, reduction), save(dx, positions)


def _reduced(losses, reduction):
    """The losses, their sum or their mean."""
    if reduction == "none":
        return losses
    total = np.add.reduce(losses)
    return total / losses.dtype.type(len(losses)) if reduction == "mean" else total


def _of_each(g, n, reduction):
    """The gradient of each loss, from that of what they were reduced to; (n, 1), or one number for all."""
    return g / n if reduction == "mean" else g if reduction == "sum" else g[:, None]


@functools.lru_cache(maxsize=16)
def _row_starts(n, classes):
    """The positions of the rows of a matrix (n, classes) in its numbers one after the other."""
    return np.arange(n) * classes


@op(
    "MseLossBackward0",
    elementwise=laid_out,
    of="",
    examples=["F.mse_loss(x, y)", "F.mse_loss(x, y, reduction='sum')", "F.mse_loss(x, y, reduction='none')"],
)
def _mse_loss(input, target, /, *, reduction):
    """The mean or sum of (input - target)**2, or all of them.

    Fused, for speed: ((input - target)**2).mean().
    """
    x, y = promote(input, target)
    difference = np.asarray(x - y)
    out = np.asarray(difference * difference)
    factor = 2 / difference.size if reduction == "mean" and difference.size else 2
    if reduction != "none":
        out = np.add.reduce(out, axis=None)
        out = out / out.dtype.type(difference.size) if reduction == "mean" else out
    return (
        out,
        save(lambda g: difference * (factor * g), difference),
        save(lambda g: difference * (-factor * g), difference),
    )


# That is what the lectures need. The functions, their checks, and what else they take: weights of classes, targets that
# do not count, and inputs of other than two dimensions.


def _loss_node(input: Tensor, *others: Any, reduction: str, **options: Any) -> str:
    if input.ndim <= 2:
        return "NllLossBackward0"
    return "ViewBackward0" if reduction == "none" and input.ndim != 4 else "NllLoss2DBackward0"


@op(
    _loss_node,
    of="",
    examples=[
        *["F.cross_entropy(batch, targets.new_zeros(2, 4))", "F.cross_entropy(row, targets[0])"],
        *["F.cross_entropy(x, targets, positive[0].detach(), ignore_index=3)"],
        *["F.nll_loss(x, targets, positive[0].detach(), ignore_index=3)", "F.nll_loss(batch, targets.new_zeros(2, 4))"],
    ],
)
def _loss_of_classes(input, target, weight, /, *, loss, ignore_index, reduction):
    """The loss over the targets not ignored, of input (n, classes, ...) or (classes,); weight: (classes,) or None.

    loss: the name of one of the two above.

    ignore_index: None where every target counts; the rows of others are left out altogether, whatever they hold.
    """
    rows, targets = input, target
    if input.ndim != 2:
        rows = np.moveaxis(input, 1, -1).reshape(-1, input.shape[1]) if input.ndim > 1 else input[None]
        targets = target.reshape(-1)
    n, classes = rows.shape
    dim, shape = min(1, input.ndim - 1), target.shape
    counted = None
    if ignore_index is not None:
        counted = (targets != ignore_index).nonzero()[0]
        targets = targets.take(counted)
        rows = rows.take(counted, 0) if input.size else np.zeros((len(counted), max(1, classes)), rows.dtype)
    losses_of = _cross_entropy.op.forward if loss == "cross_entropy" else _nll_loss.op.forward
    losses, (dlosses, *saved) = losses_of(rows, targets, reduction="none")
    weights, total, count = None, len(losses), len(losses)
    if weight is not None:
        weights = weight[targets]
        losses, total = losses * weights, np.add.reduce(weights)
    if reduction != "none":
        out = np.add.reduce(losses)
        out = out / losses.dtype.type(total) if reduction == "mean" else out
    else:
        out = losses
        if ignore_index is not None:
            out = np.zeros(n, losses.dtype)
            out[counted] = losses
        out = (out + 0 if input.ndim == 1 else out).reshape(shape)  # of a single row PyTorch has no -0

    def drows(g):
        each = g / total if reduction == "mean" else g if reduction == "sum" else g.reshape(n)
        if reduction == "none" and ignore_index is not None:
            each = each[counted]
        result = dlosses(np.broadcast_to(each if weights is None else each * weights, count))
        if ignore_index is None:
            return result
        whole = np.zeros((n, classes), result.dtype)
        whole[counted] = result
        return whole

    if input.ndim == 2:
        return out, save(drows, weights, counted, *saved)
    return out, save(lambda g: np.moveaxis(drows(g).reshape(*shape, classes), -1, dim), weights, counted, *saved)


def _apply_loss(op: Op, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str) -> Any:
    _check_reduction(reduction)
    ignored = _check_classes(op.name, input, target, weight, ignore_index)
    if weight is None and ignored is None and input._array.ndim == 2:
        return apply(op, input, target, reduction=reduction)
    options: dict[str, Any] = {"loss": op.name, "ignore_index": ignored, "reduction": reduction}
    return apply(_loss_of_classes.op, input, target, weight, **options)


@function(of="functional", examples=["F.cross_entropy(x, targets)"])
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The negative log-likelihood, in nats, of the target classes under softmax(input).

    input: logits of the shape (n, classes), (classes,) or (n, classes, d1, ...); target: class indices, int64, of the
    shape (n,), () or (n, d1, ...), or probabilities of the shape and dtype of input.
    weight: of each class, (classes,). ignore_index: a target that does not count at all; where none
    counts, the mean is nan. label_smoothing: the fraction of the target that is shared among all classes (Szegedy
    et al. 2016). reduction: 'mean' over the examples, by their weights, 'sum', or 'none' for the loss of each.
    Raises RuntimeError or ValueError where shapes or dtypes do not fit, IndexError for a class that is not there.
    """
    need_tensors("cross_entropy", input, target, optional=[weight])
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if target._array.dtype.kind == "f" and target._array.shape == input._array.shape:
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return _cross_entropy_of_probabilities(input, target, weight, reduction, label_smoothing)
    loss = _apply_loss(_cross_entropy.op, input, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return loss
    dim = min(1, input.ndim - 1)
    each, ignored = reductions.log_softmax(input, dim), target == ignore_index
    if weight is not None:
        each = each * weight.view([-1 if d == dim else 1 for d in range(input.ndim)])
    each = -each.sum(dim)
    each = each.masked_fill(ignored.view(each.shape), 0.0)
    if reduction != "none":
        each = each.sum()
    if reduction == "mean":
        counted = ~ignored if weight is None else weight[target.long().masked_fill(ignored, 0)] * ~ignored
        each = each / counted.sum()
    return loss * (1 - label_smoothing) + each * _shared(label_smoothing, input.shape[dim])


def _cross_entropy_of_probabilities(
    input: Tensor, target: Any, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    """-(log_softmax(input) * target).sum() of each example."""
    _check_reduction(reduction)
    dim = min(1, input.ndim - 1)
    classes = input.shape[dim]
    if label_smoothing:
        target = target * (1 - label_smoothing) + _shared(label_smoothing, classes)
    if weight is not None:
        _check_weight(input, weight, classes)
        target = target * weight.view([-1 if d == dim else 1 for d in range(input.ndim)])
    products = reductions.log_softmax(input, dim) * target
    loss = -(products.sum(dim) if reduction == "none" or input.ndim == 1 else products.sum())
    return loss / (products._array.size / classes if classes else 0) if reduction == "mean" else loss


def _shared(label_smoothing: float, classes: int) -> float:
    """The part of one class."""
    return label_smoothing / classes if classes else math.inf


@function(of="functional", examples=["F.nll_loss(x.log_softmax(1), targets)"])
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-input[i, target[i]], where input holds log probabilities; otherwise as cross_entropy with class indices."""
    need_tensors("nll_loss", input, target, optional=[weight])
    return _apply_loss(_nll_loss.op, input, target, weight, ignore_index, reduction)


def _check_classes(name: str, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int) -> int | None:
    """Raises where the target holds no class indices for input; ignore_index, or None where it is not among them."""
    x, indices = input._array, target._array
    if x.ndim != 2 or indices.ndim != 1 or len(indices) != len(x):
        _check_shapes(name, x.shape, indices.shape)
    need_floats(x, name, NotImplementedError)
    if indices.dtype not in _INDEX_DTYPES:
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {target.dtype} {list(target.shape)}: class indices are "
            f"whole numbers. Probably meant: F.{name}(logits, y.long())"
        )
    classes = x.shape[1] if x.ndim > 1 else x.shape[0]
    if weight is not None:
        _check_weight(input, weight, classes)
        refuse_grad(name, "weight", weight)
    return _ignored(indices, classes, ignore_index)


@rerun
def _ignored(indices: np.ndarray, classes: int, ignore_index: int) -> int | None:
    """Raises where a class index is none of 0 ... classes - 1 or ignore_index; None where that is not among them."""
    if out_of_range(indices, classes):
        others = indices[indices != ignore_index]
        if out_of_range(others, classes):
            wrong = others[(others < 0) | (others >= classes)][0]
            raise IndexError(f"Target {wrong} is out of bounds: there are {classes} classes, 0 to {classes - 1}")
        return ignore_index
    return ignore_index if 0 <= ignore_index < classes else None


def _check_shapes(name: str, shape: tuple[int, ...], target: tuple[int, ...]) -> None:
    """Raises ValueError or RuntimeError where a target of this shape does not go with an input of that shape."""
    if len(shape) == 1 and target in ((), (1,)):
        return
    if len(shape) < 2 or not target:
        raise ValueError(
            f"{name}: target {list(target)} does not go with input {list(shape)}: it is class indices (n,) for logits "
            "(n, classes), or () for (classes,)"
        )
    if target[0] != shape[0]:
        raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({target[0]}).")
    if target[1:] != shape[2:]:
        hint = ""
        if target == shape:
            hint = ". Probably meant: class indices, y.argmax(1), or probabilities, y.float()"
        elif target == shape[:-1]:
            hint = f". Classes come second; where they come last: {name}(x.view(-1, {shape[-1]}), y.view(-1))"
        raise RuntimeError(f"{name}: Expected target size {[shape[0], *shape[2:]]}, got {list(target)}{hint}")


def _check_weight(input: Tensor, weight: Tensor, classes: int) -> None:
    if weight.shape != (classes,) or weight.dtype != input.dtype:
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes, in {input.dtype}, but "
            f"got {weight.dtype} of shape {list(weight.shape)}"
        )


def _check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction!r} is not a valid value for reduction: take 'mean', 'sum' or 'none'")


@function(of="functional", examples=["F.mse_loss(x, y)"])
def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The mean of (input - target)**2, their 'sum', or 'none' for all of them. Shapes that differ broadcast.

    Raises RuntimeError for what is no float or does not broadcast, ValueError for another reduction.
    """
    need_tensors("mse_loss", input, target)
    _check_reduction(reduction)
    if input._array.shape != target._array.shape:
        warnings.warn(
            f"mse_loss: the target {list(target.shape)} is broadcast against the input {list(input.shape)}; that is "
            "rarely meant: give both one shape",
            stacklevel=2,
        )
    if input._array.dtype.kind != "f" != target._array.dtype.kind:
        raise NotImplementedError(f"mse_loss takes floats, not {input.dtype} and {target.dtype}")
    return apply(_mse_loss.op, input, target, reduction=reduction)
