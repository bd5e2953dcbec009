"""Elements picked by their place along one dimension, and put there. Most are functions and methods of Tensor."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.ops import indexing as ops
from micrograd.shapes import dim_of
from micrograd.tensors import Tensor, apply, in_place, method, named, operand


@method
def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Elements of input by their place along dim: out[i, j] = input[index[i, j], j] for dim 0, and so on.

    index: int64, with as many dimensions as input, none but dim longer than input's. Raises RuntimeError where it is
    not, or points outside.
    """
    axis = dim_of(input, dim)
    _check_places("gather", input, axis, index, "input", input.shape)
    return apply(ops.gather, input, index=index._array.copy(), dim=axis)


def _check_places(name: str, x: Tensor, axis: int, index: Tensor, what: str, shape: Sequence[int]) -> None:
    """Raises RuntimeError where index is no tensor of places along axis of x, or is longer than `shape` elsewhere."""
    places = index._array
    if places.dtype != np.int64:
        raise RuntimeError(f"{name}(): Expected dtype int64 for index, and it is {index.dtype}")
    longer = [n > m and d != axis for d, (n, m) in enumerate(zip(places.shape, shape, strict=False))]
    if max(places.ndim, 1) != max(x.ndim, 1) or any(longer):
        raise RuntimeError(
            f"Size does not match at dimension: index {list(index.shape)} does not fit {what} {list(shape)}"
        )
    length = x.shape[axis] if x.ndim else 1
    if places.size and not 0 <= places.min() <= places.max() < length:
        raise RuntimeError(f"index {places.max()} is out of bounds for dimension {axis} with size {length}")


@method
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """gather, with input and indices broadcast in the other dimensions; without dim, of the flattened tensors."""
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    axis = dim_of(input, dim)
    others = np.broadcast_shapes(*[[n if d != axis else 1 for d, n in enumerate(t.shape)] for t in (input, indices)])
    input, indices = (
        t.expand([n if d != axis else t.shape[axis] for d, n in enumerate(others)]) for t in (input, indices)
    )
    return gather(input, axis, indices)


@method
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The places along dim that index (1-D) names, in its order."""
    return named(input[_along(input, dim, index)], "IndexSelectBackward0")


@method
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where mask is True, 1-D; the two broadcast."""
    shape = np.broadcast_shapes(input.shape, mask.shape)
    return named(input.expand(*shape)[mask.expand(*shape)], "MaskedSelectBackward0")


def _along(x: Tensor, dim: int, index: Tensor) -> tuple[Any, ...]:
    return (*(slice(None),) * dim_of(x, dim), index)


# Put. Where a place is named twice, what is put there last stays, unless they are added up.


def _to_put(x: Tensor, dim: int, index: Tensor, src: Any) -> tuple[Any, Any]:
    """The places in x that index means, as an index of NumPy's, and the part of src that goes there."""
    axis = dim_of(x, dim)
    _check_places("scatter", x, axis, index, "x", x.shape)
    where: list[Any] = list(np.indices(index.shape, sparse=True))
    where[axis : axis + 1] = [index._array.copy()] if x.ndim else []
    if isinstance(src, Tensor) and src.ndim:
        if src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape, strict=True)):
            raise RuntimeError(
                f"scatter: Expected index {list(index.shape)} to be no larger than src {list(src.shape)}"
            )
        src = src[tuple([slice(n) for n in index.shape])]
    return tuple(where), src


@method
def scatter_(x: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
    """Put src, a tensor or number, into x: x[index[i, j], j] = src[i, j] for dim 0, and so on."""
    place, part = _to_put(x, dim, index, src if value is None else value)
    x[place] = part
    return x


@method
def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
    """A copy of input with src put into it by scatter_."""
    return input.clone().scatter_(dim, index, src, value=value)


@method
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """input with src added: input[index[i, j], j] + src[i, j] for dim 0, and so on; what goes to one place adds up."""
    place, part = _to_put(input, dim, index, src)
    return apply(ops.add_at, input, part, place=place)


@method
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """input with alpha * source added at the places along dim that index (1-D) names."""
    place = (*(slice(None),) * dim_of(input, dim), index._array.copy())
    return named(apply(ops.add_at, input, source if alpha == 1 else source * alpha, place=place), "IndexAddBackward0")


@method
def index_put_(x: Tensor, indices: Sequence[Tensor], values: Any, accumulate: bool = False) -> Tensor:
    """x[indices] = values, or x[indices] += values with all that go to one place added up."""
    if not accumulate:
        x[tuple(indices)] = values
        return x
    return _add_at_(x, tuple([index._array.copy() for index in indices]), operand(values))


def _add_at(x: Tensor, place: Any, values: Any) -> Tensor:
    return apply(ops.add_at, x, values, place=place)


_add_at_ = in_place(_add_at)
for _function in (scatter_add, index_add):
    method(in_place(_function))
