"""The losses, functions of `nn.functional`."""

import warnings
from typing import Any

import numpy as np

from micrograd.ops import losses
from micrograd.tensors import Tensor, apply, named, wrap

_INDEX_DTYPES = (np.dtype(np.int64), np.dtype(np.uint8))


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
    weight: how much each class counts, (classes,). ignore_index: a target that does not count at all.
    label_smoothing: the part of the target, 0 to 1, that is shared among all classes.
    reduction: 'mean' over the examples, by their weights, 'sum', or 'none' for the loss of each.
    Raises RuntimeError or ValueError where shapes or dtypes do not fit, IndexError for a class that is not there.
    """
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if target._array.dtype.kind == "f" and target.shape == input.shape:
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return _cross_entropy_of_chances(input, target, weight, reduction, label_smoothing)
    return _likelihood(losses.cross_entropy, input, target, weight, ignore_index, reduction, label_smoothing)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """The negative of input[i, target[i]], where input holds log probabilities; otherwise as cross_entropy."""
    return _likelihood(losses.nll_loss, input, target, weight, ignore_index, reduction, 0.0)


def _likelihood(
    op: Any, input: Tensor, target: Tensor, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    _check_reduction(reduction)
    shape = input._array.shape
    if len(shape) != 2 or target._array.ndim != 1:
        rows, targets, shape_of_each = _as_rows(op.__name__, input, target)
        result = _likelihood(op, rows, targets, weight, ignore_index, reduction, smoothing)
        if len(shape) > 2 and not smoothing:
            named(result, "NllLoss2DBackward0")
        return result.view(shape_of_each) if reduction == "none" else result
    indices, classes = target._array, shape[1]
    if len(indices) != shape[0]:
        raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({len(indices)}).")
    need_floats(op.__name__, input)
    if indices.dtype not in _INDEX_DTYPES:
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {target.dtype}: class indices")
    plain = weight is None and not smoothing and not 0 <= ignore_index < classes
    unsigned = indices.view(f"u{indices.itemsize}")  # so seen, a negative one is huge
    if indices.size and unsigned[unsigned.argmax()] >= classes:  # half the time of max()
        wrong = indices[((indices < 0) | (indices >= classes)) & (indices != ignore_index)]
        if wrong.size:
            raise IndexError(f"Target {wrong[0]} is out of bounds: there are {classes} classes, 0 to {classes - 1}")
        plain = False
    if plain:
        return apply(op, input, indices.copy() if input._requires_grad else indices, reduction=reduction)
    return _weighted_likelihood(op, input, indices, weight, ignore_index, reduction, smoothing)


def _as_rows(name: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Any]:
    """input as (n, classes) and target as (n,), whatever the number of dimensions, and the shape of the losses."""
    if input.ndim == 1 and target._array.size == 1:
        return input.view(1, -1), target.view(1), ()
    if input.ndim < 2 or target.ndim == 0:
        raise ValueError(
            f"{name}: target {list(target.shape)} does not go with input {list(input.shape)}: it is class indices (n,) "
            "for logits (n, classes), or () for (classes,)"
        )
    n, classes, *inner = input.shape
    if len(target) != n:
        raise ValueError(f"Expected input batch_size ({n}) to match target batch_size ({len(target)}).")
    if list(target.shape[1:]) != inner:
        raise RuntimeError(f"{name}: Expected target size {[n, *inner]}, got {list(target.shape)}")
    rows = input.permute(0, *range(2, input.ndim), 1).reshape(-1, classes)
    return rows, target.reshape(-1), target.shape


def _weighted_likelihood(
    op: Any, input: Tensor, indices: np.ndarray, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    """_likelihood where some targets do not count, or classes count differently, or the target is smoothed."""
    classes = input.shape[1]
    if weight is not None and (weight.shape != (classes,) or weight.dtype != input.dtype):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes, in {input.dtype}, but "
            f"got {weight.dtype} of shape {list(weight.shape)}"
        )
    each = np.ones(classes, input._array.dtype) if weight is None else weight._array
    ignored = indices == ignore_index
    weights = np.where(ignored, input._array.dtype.type(np.nan), each[np.where(ignored, 0, indices)])
    loss = apply(losses.weighted, input, indices.copy(), weights, reduction=reduction, loss=op)
    if not smoothing:
        return loss
    shared = -(input.log_softmax(1) * wrap(each)).sum(1).masked_fill(wrap(ignored), 0.0)
    if reduction != "none":
        shared = shared.sum() / (float(np.nansum(weights)) if reduction == "mean" else 1)
    return loss * (1 - smoothing) + shared * (smoothing / classes)


def _cross_entropy_of_chances(input: Tensor, target: Tensor, weight: Any, reduction: str, smoothing: float) -> Tensor:
    _check_reduction(reduction)
    dim = min(1, input.ndim - 1)
    classes = input.shape[dim]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    if weight is not None:
        target = target * weight.view([classes if d == dim else 1 for d in range(input.ndim)])
    loss = -(input.log_softmax(dim) * target).sum(dim)
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The mean of (input - target)**2, their 'sum', or 'none' for all of them. Shapes that differ broadcast."""
    _check_reduction(reduction)
    if input.shape != target.shape:
        warnings.warn(
            f"mse_loss: the target {list(target.shape)} is broadcast against the input {list(input.shape)}; that is "
            "rarely meant: give both one shape",
            stacklevel=2,
        )
    if input._array.dtype.kind != "f" != target._array.dtype.kind:
        raise RuntimeError(f"mse_loss takes floats, not {input.dtype} and {target.dtype}")
    return apply(losses.mse_loss, input, target, reduction=reduction)


def _check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction!r} is not a valid value for reduction: take 'mean', 'sum' or 'none'")


def need_floats(name: str, x: Tensor) -> None:
    if x._array.dtype.kind != "f":
        raise NotImplementedError(f"{name}: the input has to be floats, and it is {x.dtype}: take x.float() first")


def need_one_dtype(name: str, *tensors: Tensor | None) -> None:
    dtype = tensors[0]._array.dtype if tensors[0] is not None else None
    for tensor in tensors:
        if tensor is not None and tensor._array.dtype is not dtype and tensor._array.dtype != dtype:
            raise RuntimeError(f"{name}: all tensors must have the same dtype, but got {dtype} and {tensor.dtype}")
