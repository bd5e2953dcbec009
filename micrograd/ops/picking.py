"""gather and scatter: elements read and written by their index along one dimension."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.in_place import in_place
from micrograd.ops import apply, attach, function, op, save, unchanged
from micrograd.ops.indexing import _index, added_at
from micrograd.ops.shapes import _in_order, need_tensors
from micrograd.rules.dims import dim_of
from micrograd.rules.dtypes import TITLES
from micrograd.rules.errors import dim_error, must_be_tensor, need_to_fit, pytorch_error
from micrograd.rules.rerun import copied, made, rerun
from micrograd.tensors import Tensor, wrap


def positions_along(dim, index):
    """The index of NumPy's that takes what `index` names along dim, all else staying in its place."""
    indices = list(np.indices(index.shape, sparse=True))
    indices[dim] = index
    return tuple(indices)


@op(
    "GatherBackward0", in_order=True, of="", examples=["x.gather(1, ints[:3, None] % 4)", "x.gather(0, ints[None] % 3)"]
)
def _gather(x, /, dim, index):
    """Element i, j, ... of the result is that of x whose index along dim is index[i, j, ...] instead."""
    chosen = positions_along(dim, index)
    return x[chosen], save(lambda g: added_at(x.shape, chosen, g), x, chosen)  # x too, as PyTorch


@op(
    "ScatterAddBackward0",
    of="",
    examples=["x.scatter_add(1, ints[:3, None], y[:, :1])", "x.index_add(0, ints[:3] % 3, y)"],
)
def _add_at(x, values, /, index):
    """x with values added at an index of arrays; an element that is named twice gets both."""
    out = x.copy()
    np.add.at(out, index, values)
    return out, unchanged, save(lambda g: g[index], index)


@function(examples=["x.gather(1, ints[:3].view(3, 1))"])
def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Elements of input by their index along dim: out[i, j] = input[index[i, j], j] for dim 0, and so on.

    index: int64, with as many dimensions as input, none but dim longer than input's. Raises RuntimeError where it is
    not, or points outside.
    """
    axis = dim_of(input, dim)
    _check_index("gather", input, axis, index, "input", input.shape)
    if not input.ndim:
        return input.clone() if not index.ndim else input.expand(index.shape).clone()
    return apply(_gather.op, input, index=copied(index._array), dim=axis)


def _need_tensor(name: str, x: Any, argument: str = "index") -> Tensor:
    """x itself. Raises TypeError where it is no Tensor."""
    if not isinstance(x, Tensor):
        raise must_be_tensor(name, argument, x)
    return x


def _check_index(name: str, x: Tensor, axis: int, index: Tensor, what: str, shape: Sequence[int]) -> None:
    """Raises RuntimeError where index does not pick along axis of x, or is longer than `shape` elsewhere."""
    array = _need_tensor(name, index)._array
    if array.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}(): Expected dtype int32 or int64 for index, and it is {index.dtype}")
    longer = [n > m and d != axis for d, (n, m) in enumerate(zip(array.shape, shape, strict=False))]
    if max(array.ndim, 1) != max(x.ndim, 1) or any(longer):
        raise RuntimeError(
            f"Size does not match at dimension: index {list(index.shape)} does not fit {what} {list(shape)}"
        )
    length = x.shape[axis] if x.ndim else 1
    _check_bounds(array, axis, length)


@rerun
def _check_bounds(indices: np.ndarray, axis: int, length: int, error: type[Exception] = RuntimeError) -> None:
    """Raises the error, naming the first index that is not in 0 ... length - 1."""
    wrong = indices[(indices < 0) | (indices >= length)] if indices.size else indices
    if wrong.size:
        raise error(f"index {wrong.flat[0]} is out of bounds for dimension {axis} with size {length}")


@function(examples=["torch.take_along_dim(x, ints[:3].view(3, 1), 1)"])
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """gather, with input and indices broadcast in the other dimensions; without dim, of the flattened tensors.

    With a dim, negative indices count from the end. Raises RuntimeError where the two have not equally many dimensions.
    """
    if _need_tensor("take_along_dim", indices, "indices")._array.dtype != np.int64:
        raise RuntimeError(f"take_along_dim(): Expected dtype int64 for indices, and it is {indices.dtype}")
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    if input.ndim != indices.ndim:
        raise RuntimeError(
            f"take_along_dim: input {list(input.shape)} and indices {list(indices.shape)} differ in ndim"
        )
    if not input.ndim:
        raise dim_error(dim, 0)
    axis = dim_of(input, dim)
    indices = wrap(np.where(indices._array < 0, indices._array + input.shape[axis], indices._array))
    others = np.broadcast_shapes(*[[n if d != axis else 1 for d, n in enumerate(t.shape)] for t in (input, indices)])
    input, indices = (
        t.expand([n if d != axis else t.shape[axis] for d, n in enumerate(others)]) for t in (input, indices)
    )
    return gather(input, axis, indices)


@function(examples=["x.index_select(1, ints)"])
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The elements along dim that index (1-D, of ints) names, in its order. Raises IndexError where it is not so."""
    axis, array = dim_of(input, dim), _index_1d("index_select", index)
    _check_bounds(array, axis, input.shape[axis] if input.ndim else 1, IndexError)
    if not input.ndim:
        if len(array) != 1:
            raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {len(array)} value(s)")
        return input.clone()
    index_in_it = (*(np.s_[:],) * axis, copied(array))
    return apply(_index.op, input, index=index_in_it, in_order=True, name="IndexSelectBackward0")


def _index_1d(name: str, index: Tensor) -> np.ndarray:
    """The indices along one dimension, 1-D. Raises IndexError or RuntimeError where they are not that."""
    if _need_tensor(name, index)._array.dtype.kind != "i":
        raise RuntimeError(f"{name}(): Expected dtype int32 or int64 for index, and it is {index.dtype}")
    if index.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector, and it is {list(index.shape)}")
    return index._array if index.ndim else index.reshape(1)._array


@function(examples=["x.masked_select(mask)"])
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where mask, of bools, is True, 1-D; the two broadcast. Raises RuntimeError for another mask."""
    if _need_tensor("masked_select", mask, "mask")._array.dtype != np.bool_:
        raise RuntimeError(f"masked_select: expected BoolTensor for mask, and it is {mask.dtype}")
    try:
        shape = np.broadcast_shapes(input.shape, mask.shape)
    except ValueError as error:
        raise pytorch_error("masked_select", [input._array, mask._array], {}, error) from None
    array = np.broadcast_to(mask._array, shape).copy()
    return apply(_index.op, input.expand(shape), index=array, name="MaskedSelectBackward0")


# Put. Where an index is named twice, what is put there last stays, unless they are added up.


def _positions(x: Tensor, dim: int, index: Tensor, src: Any) -> tuple[Any, Any]:
    """The index of NumPy's for what `index` names along dim, and the part of src that goes there."""
    axis = dim_of(x, dim)
    _check_index("scatter", x, axis, index, "x", x.shape)
    indices: list[Any] = [made(each) for each in np.indices(index.shape, sparse=True)]
    indices[axis : axis + 1] = [copied(index._array)] if x.ndim else []
    if isinstance(src, Tensor) and src.ndim:
        if src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape, strict=True)):
            raise RuntimeError(
                f"scatter: Expected index {list(index.shape)} to be no larger than src {list(src.shape)}"
            )
        src = src[tuple([slice(n) for n in index.shape])]
    return tuple(indices), src


def _scatter_(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
    """Put src, a tensor or number, into input: input[index[i, j], j] = src[i, j] for dim 0, and so on."""
    positions, part = _positions(input, dim, index, src if value is None else value)
    _need_its_dtype("scatter", input, part)
    input[positions] = part
    return input


attach("scatter_", _scatter_)


@function(examples=["x.scatter(1, ints.repeat(3, 1), y)"])
def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
    """A copy of input with src put into it by scatter_."""
    return _scatter_(apply(_in_order.op, input), dim, index, src, value=value)


@function(examples=["x.scatter_add(1, ints.repeat(3, 1), y)"])
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """input with src added: input[index[i, j], j] + src[i, j] for dim 0 and so on; those of one index add up."""
    positions, part = _positions(input, dim, index, _need_tensor("scatter_add", src, "src"))
    _need_its_dtype("scatter", input, src)
    return apply(_add_at.op, input, part, index=positions)


def _need_its_dtype(name: str, x: Tensor, source: Any) -> None:
    if isinstance(source, Tensor) and source.dtype != x.dtype:
        mine, other = (TITLES[t._array.dtype.name] for t in (x, source))
        raise RuntimeError(f"{name}(): self ({mine}) and source ({other}) must have the same scalar type")


@function(examples=["x.index_add(1, ints, y)"])
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """input with alpha * source added at the positions along dim that index (1-D) names.

    Raises RuntimeError where source does not have the shape of the chosen part.
    """
    need_tensors("index_add", input, source)
    axis, array = dim_of(input, dim), _index_1d("index_add_", index)
    shape = [*input.shape[:axis], len(array), *input.shape[axis + 1 :]] if input.ndim else [len(array)]
    if list(source.shape) != shape and source.ndim:
        raise RuntimeError(f"index_add: source {list(source.shape)} does not fit the positions {shape} in input")
    _check_bounds(array, axis, input.shape[axis] if input.ndim else 1, IndexError)
    _need_its_dtype("index_add_", input, source)
    positions = (*(np.s_[:],) * axis, copied(array)) if input.ndim else ...
    part = source if alpha == 1 else source * need_to_fit(alpha, input._array.dtype)
    return apply(_add_at.op, input, part, index=positions, name="IndexAddBackward0")


def _add_where(input: Tensor, positions: Any, values: Any) -> Tensor:
    if isinstance(values, Tensor) and values.dtype != input.dtype:
        raise RuntimeError(f"Index put requires the source and destination dtypes match, not {values.dtype}")
    result = apply(_add_at.op, input, values, index=positions)
    if result._node is not None and result._node.saved is None:
        result._node.saved = ()  # the indices, as PyTorch's does whoever wants a gradient
    return result


_add_where_ = in_place(_add_where, at_places=True)
attach("index_add_", in_place(index_add, at_places=True))
attach("scatter_add_", in_place(scatter_add, at_places=True))


def _index_put_(input: Tensor, indices: Sequence[Tensor], values: Any, accumulate: bool = False) -> Tensor:
    """input[indices] = values, or input[indices] += values where values with the same index add up."""
    if not isinstance(indices, Sequence):
        raise TypeError(f"index_put_(): argument 'indices' must be tuple of Tensors, not {type(indices).__name__}")
    _need_tensor("index_put_", values, "values")
    if accumulate:
        return _add_where_(input, tuple([index._array.copy() for index in indices]), values)
    input[tuple(indices)] = values
    return input


attach("index_put_", _index_put_)
