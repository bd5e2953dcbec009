"""Other arrangements of the same elements. Each is a function of the package and a method of Tensor.

A view shares the memory of its tensor: writing through one is seen in the other.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.dtypes import result_type
from micrograd.ops import indexing as ops_of_indexing
from micrograd.ops import shapes as ops
from micrograd.tensors import Tensor, apply, method


def dim_of(x: Tensor, dim: int, extra: int = 0) -> int:
    """dim counted from the front. Raises PyTorch's IndexError for a dim that x (with `extra` more) does not have."""
    n = max(x.ndim + extra, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim % n


def dims_of(x: Tensor, dim: int | Sequence[int]) -> tuple[int, ...] | None:
    """The dimensions that a reduction's dim means; None for all of them."""
    if isinstance(dim, int):
        dims: tuple[int, ...] = (dim_of(x, dim),)
    else:
        dims = tuple([dim_of(x, d) for d in dim])
        if len(set(dims)) < len(dims):
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    return dims if x.ndim and dims else None


def sizes_of(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """The numbers that f(2, 3), f((2, 3)) and f([2, 3]) all mean."""
    return tuple(arguments[0]) if len(arguments) == 1 and isinstance(arguments[0], Sequence) else arguments


@method
def view(x: Tensor, *shape: Any) -> Tensor:
    """The elements in another shape, in the same memory; one of the lengths may be -1, for what is left.

    Raises RuntimeError where the number of elements differs, or where the memory's order does not allow a view.
    """
    wanted = _shape_of(x, shape)
    try:
        x._array.reshape(wanted, copy=False)
    except ValueError:
        raise RuntimeError(
            f"view size is not compatible with input tensor's size and stride: {list(x.shape)} cannot be seen as "
            f"{list(wanted)} without a copy. Use .reshape(...) instead."
        ) from None
    return x._view(apply(ops.view, x, shape=wanted))


@method
def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The elements in another shape: a view where the memory's order allows it, else a copy."""
    wanted = _shape_of(x, shape)
    if np.may_share_memory(x._array.reshape(wanted), x._array):
        return x._view(apply(ops.view, x, shape=wanted))
    return apply(ops.reshape_copy, x, shape=wanted)


def _shape_of(x: Tensor, shape: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape that view's arguments mean, -1 worked out. Raises RuntimeError where it does not fit x."""
    wanted = sizes_of(shape)
    size, known = x._array.size, math.prod([n for n in wanted if n != -1])
    if wanted.count(-1) == 1 and known and size % known == 0:
        wanted = tuple([size // known if n == -1 else n for n in wanted])
    if -1 in wanted or math.prod(wanted) != size:
        raise RuntimeError(f"shape '{list(wanted)}' is invalid for input of size {size}")
    return wanted


@method
def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim, that included, as one."""
    start, end = dim_of(x, start_dim), dim_of(x, end_dim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    middle = math.prod(x.shape[start : end + 1])
    return reshape(x, *x.shape[:start], middle, *x.shape[end + 1 :])


@method
def squeeze(x: Tensor, dim: int | None = None) -> Tensor:
    """Without dimension dim where its length is 1; without dim, without all dimensions of length 1."""
    drop = range(x.ndim) if dim is None else [dim_of(x, dim)]
    return x._view(
        apply(
            ops.squeeze if dim is None else ops.squeeze_dim,
            x,
            shape=[n for i, n in enumerate(x.shape) if n != 1 or i not in drop],
        )
    )


@method
def unsqueeze(x: Tensor, dim: int) -> Tensor:
    """With a dimension of length 1 more, at position dim."""
    dim = dim_of(x, dim, extra=1)
    return x._view(apply(ops.unsqueeze, x, shape=(*x.shape[:dim], 1, *x.shape[dim:])))


@method
def transpose(x: Tensor, dim0: int, dim1: int) -> Tensor:
    """A view with two dimensions exchanged."""
    dim0, dim1 = dim_of(x, dim0), dim_of(x, dim1)
    return x._view(apply(ops.transpose, x, dim0=dim0, dim1=dim1)) if x.ndim else x


@method
def permute(x: Tensor, *dims: Any) -> Tensor:
    """A view with the dimensions in the order of dims. Raises RuntimeError where they are not all named once."""
    order = tuple([dim_of(x, d) for d in sizes_of(dims)])
    if sorted(order) != list(range(x.ndim)):
        raise RuntimeError(f"permute: {list(dims)} does not name each of the {x.ndim} dimensions once")
    return x._view(apply(ops.permute, x, dims=order))


@method
def t(x: Tensor) -> Tensor:
    """The transpose of a tensor of at most two dimensions."""
    if x.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim}D")
    return transpose(x, 0, 1) if x.ndim == 2 else x


@method
def expand(x: Tensor, *sizes: Any) -> Tensor:
    """A view that repeats dimensions of length 1 to the given sizes; -1 keeps a dimension as it is."""
    wanted = sizes_of(sizes)
    if -1 in wanted[: max(len(wanted) - x.ndim, 0)]:
        raise RuntimeError(
            f"expand: -1 keeps a dimension, and {list(wanted)} has it for one that {list(x.shape)} lacks"
        )
    own = (1,) * (len(wanted) - x.ndim) + tuple(x.shape)
    shape = tuple([n if w == -1 else w for n, w in zip(own, wanted, strict=False)])
    return x._view(apply(ops.expand, x, shape=shape))


@method
def repeat(x: Tensor, *sizes: Any) -> Tensor:
    """x laid side by side, sizes[d] times along each dimension; more sizes than dimensions add some in front."""
    times = sizes_of(sizes)
    if len(times) < x.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return apply(ops.repeat, x, times=times)


@method
def roll(x: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved by shifts along dims (along the flattened tensor without dims), the last ones to the front."""
    shifts, dims = (tuple(n) if isinstance(n, Sequence) else n for n in (shifts, dims))
    return apply(ops.roll, x, shifts=shifts, dims=dims)


@method
def flip(x: Tensor, *dims: Any) -> Tensor:
    """The elements in the opposite order along dims."""
    return apply(ops.flip, x, dims=tuple([dim_of(x, d) for d in sizes_of(dims)]))


@method
def tril(x: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and below a diagonal of the last two dimensions, 0 elsewhere."""
    return apply(ops.tril, x, diagonal=diagonal)


@method
def triu(x: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and above a diagonal of the last two dimensions, 0 elsewhere."""
    return apply(ops.triu, x, diagonal=diagonal)


@method
def split(x: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of x one after the other along dim: of one length (the last may be shorter), or of the lengths listed."""
    axis, length, sections = dim_of(x, dim), x.shape[dim], split_size_or_sections
    if isinstance(sections, int):
        if sections <= 0:
            raise RuntimeError(f"split expects split_size be positive, but got split_size={sections}")
        sections = [min(sections, length - start) for start in range(0, length, sections)] or [0]
    if sum(sections) != length:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at dimension "
            f"{dim}), but got split_sizes={list(sections)}"
        )
    ends = np.cumsum(sections).tolist()
    before = (slice(None),) * axis
    return tuple([x[(*before, slice(end - n, end))] for n, end in zip(sections, ends, strict=True)])


@method
def chunk(x: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many views of x along dim, of one length but for the last."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    return split(x, max(1, -(-x.shape[dim_of(x, dim)] // chunks)), dim)


@method
def unbind(x: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The views of x at each place along dim."""
    before = (slice(None),) * dim_of(x, dim)
    return tuple([x[(*before, i)] for i in range(x.shape[dim])])


@method
def gather(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """Elements of x by their place along dim: out[i, j] = x[index[i, j], j] for dim 0, and so on.

    index: int64, with as many dimensions as x, none but dim longer than that of x. Raises RuntimeError where it is not,
    or points outside.
    """
    axis, places = dim_of(x, dim), index._array
    if places.dtype != np.int64:
        raise RuntimeError(f"gather(): Expected dtype int64 for index, and it is {index.dtype}")
    longer = [n > m and d != axis for d, (n, m) in enumerate(zip(places.shape, x.shape, strict=False))]
    if places.ndim != x.ndim or any(longer):
        raise RuntimeError(f"Size does not match at dimension: index {list(index.shape)} does not fit {list(x.shape)}")
    if places.size and not 0 <= places.min() <= places.max() < x.shape[axis]:
        raise RuntimeError(f"index {places.max()} is out of bounds for dimension {dim} with size {x.shape[axis]}")
    return apply(ops_of_indexing.gather, x, index=places.copy(), dim=axis)


@method
def contiguous(x: Tensor) -> Tensor:
    """x itself where its elements lie in order in memory, else a copy in which they do."""
    return x if x._array.flags.c_contiguous else x.clone()


@method
def is_contiguous(x: Tensor) -> bool:
    """Whether the elements lie in order in memory."""
    return x._array.flags.c_contiguous


@method
def view_as(x: Tensor, other: Tensor) -> Tensor:
    """A view in the shape of other."""
    return view(x, *other.shape)


@method
def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """A view expanded to the shape of other."""
    return expand(x, *other.shape)


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after the other along dim; they agree in all other dimensions, or RuntimeError is raised."""
    first, *others = _list_of(tensors, "cat")
    for i, other in enumerate(others, 1):
        if other.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {other.ndim}")
        for d, (n, m) in enumerate(zip(first.shape, other.shape, strict=True)):
            if n != m and d != dim_of(first, dim):
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {n} but got size {m} for "
                    f"tensor number {i} in the list: their shapes are {[list(t.shape) for t in tensors]}"
                )
    if not first.ndim:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated; use stack")
    return apply(ops.cat, *_one_dtype([first, *others]), dim=dim_of(first, dim))


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors side by side along a new dimension dim; they have one shape, or RuntimeError is raised."""
    first, *others = _list_of(tensors, "stack")
    for i, other in enumerate(others, 1):
        if other.shape != first.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first.shape)} at entry 0 and "
                f"{list(other.shape)} at entry {i}"
            )
    return apply(ops.stack, *_one_dtype([first, *others]), dim=dim_of(first, dim, extra=1))


def _list_of(tensors: Sequence[Tensor], name: str) -> Sequence[Tensor]:
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    if not len(tensors):
        kind = ValueError if name == "cat" else RuntimeError  # as in PyTorch
        raise kind(f"{name} expects a non-empty list of tensors")
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name} takes a list of tensors, and one of them is a {type(tensor).__name__}")
    return tensors


def _one_dtype(tensors: list[Tensor]) -> list[Any]:
    common = result_type(*[tensor._array for tensor in tensors])
    return [x if x._array.dtype == common else apply(ops.to, x, dtype=common) for x in tensors]


concat = cat
swapaxes = transpose
Tensor.swapaxes = transpose  # type: ignore[attr-defined]
Tensor.T = property(lambda x: permute(x, *reversed(range(x.ndim))))  # type: ignore[attr-defined]
Tensor.mT = property(lambda x: transpose(x, -2, -1))  # type: ignore[attr-defined]
