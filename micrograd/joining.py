"""Several tensors made one."""

from collections.abc import Sequence
from typing import Any

from micrograd.rules.dtypes import result_type
from micrograd.ops import shapes as ops
from micrograd.shapes import dim_of, expand
from micrograd.tensors import Tensor, apply, numpy_names


@numpy_names
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after the other along dim; they agree in all other dimensions, or RuntimeError is raised.

    A tensor of shape (0,) goes with all others, and adds nothing.
    """
    arrays = _arrays_of(tensors, "cat")
    shape = next((a.shape for a in arrays if a.shape != (0,)), (0,))
    if not shape:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated; use stack")
    n = len(shape)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    dim %= n
    rest = shape[:dim] + shape[dim + 1 :]
    for i, array in enumerate(arrays):
        if array.shape[:dim] + array.shape[dim + 1 :] == rest and array.ndim == n:
            continue
        if array.shape != (0,):
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}, and their shapes are "
                f"{[list(a.shape) for a in arrays]}: number {i} does not fit"
            )
        tensors = [*tensors[:i], tensors[i].view(*shape[:dim], 0, *shape[dim + 1 :]), *tensors[i + 1 :]]
    return apply(ops.cat, *_one_dtype(tensors, arrays), dim=dim)


@numpy_names
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors side by side along a new dimension dim; they have one shape, or RuntimeError is raised."""
    arrays = _arrays_of(tensors, "stack")
    for i, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(arrays[0].shape)} at entry 0 and "
                f"{list(array.shape)} at entry {i}"
            )
    return apply(ops.stack, *_one_dtype(tensors, arrays), dim=dim_of(tensors[0], dim, extra=1))


def _arrays_of(tensors: Sequence[Tensor], name: str) -> list[Any]:
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    if not len(tensors):
        kind = ValueError if name == "cat" else RuntimeError  # as in PyTorch
        raise kind(f"{name} expects a non-empty list of tensors")
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name} takes a list of tensors, and one of them is a {type(tensor).__name__}")
    return [tensor._array for tensor in tensors]


def _one_dtype(tensors: Sequence[Tensor], arrays: list[Any]) -> Sequence[Tensor]:
    dtypes = {array.dtype for array in arrays}
    if len(dtypes) == 1:
        return tensors
    common = result_type(*arrays)
    return [x if x._array.dtype == common else apply(ops.to, x, dtype=common) for x in tensors]


concat = concatenate = cat


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors side by side: along their second dimension, or the only one."""
    rows = [x.view(1) if x.ndim == 0 else x for x in tensors]
    return cat(rows, 0 if rows and rows[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors one below the other; one of fewer than two dimensions is a row."""
    return cat([x.view(1, -1) if x.ndim < 2 else x for x in tensors], 0)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """A view of each 1-D tensor along a dimension of its own, expanded over all; 'xy' exchanges the first two."""
    rows = list(tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else tensors)
    order = [1, 0, *range(2, len(rows))] if indexing == "xy" and len(rows) > 1 else list(range(len(rows)))
    shape = [rows[i].numel() for i in order]
    places = [order.index(i) for i in range(len(rows))]
    return tuple(
        [
            expand(x.view([-1 if d == at else 1 for d in range(len(rows))]), *shape)
            for x, at in zip(rows, places, strict=True)
        ]
    )
