"""Several tensors made one, one made several, and copies in another order."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from micrograd.graph import state
from micrograd.in_place import ONE_OF_SEVERAL
from micrograd.ops import apply, attach, function, op
from micrograd.ops.indexing import _slice
from micrograd.ops.shapes import _in_order, clone, expand, given_sizes, narrow, need_dims, reshape
from micrograd.rules.dims import dim_of, sizes_of, whole
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.rules.dtypes import result_type
from micrograd.rules.layout import joined, laid_like, unsqueezed, viewed
from micrograd.tensors import Tensor, wrap


@op("CatBackward0", elementwise=joined, of="", examples=["torch.cat([x, y])", "torch.cat([x, y, x[:, :1]], dim=1)"])
def _cat(*xs, dim):
    """Arrays concatenated along dim."""
    ends = itertools.accumulate([x.shape[dim] for x in xs])
    parts = [(*(np.s_[:],) * dim, np.s_[end - x.shape[dim] : end]) for x, end in zip(xs, ends, strict=True)]
    return np.concatenate(xs, axis=dim), *[lambda g, part=part: g[part] for part in parts]


@function("concat", "concatenate", method=False, examples=["torch.cat([x, y], dim=1)"])
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors concatenated along dim; they agree in all other dimensions, or RuntimeError is raised.

    A tensor of shape (0,) goes with any other, and adds nothing.
    """
    arrays = _arrays_of(tensors, "cat")
    first = next((a for a in arrays if a.shape != (0,)), arrays[0])
    shape, n = first.shape, first.ndim
    if not n:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated; use stack")
    dim = dim_of(first, dim)
    rest = shape[:dim] + shape[dim + 1 :]
    for i, array in enumerate(arrays):
        if array.ndim == n and array.shape[:dim] + array.shape[dim + 1 :] == rest:
            continue
        if array.shape != (0,):
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}, and their shapes are "
                f"{[list(a.shape) for a in arrays]}: number {i} does not fit"
            )
        tensors = [*tensors[:i], tensors[i].view(*shape[:dim], 0, *shape[dim + 1 :]), *tensors[i + 1 :]]
    return apply(_cat.op, *in_one_dtype(tensors, arrays), dim=dim)


@op("StackBackward0", of="", examples=["torch.stack([x, y])", "torch.stack([x, y], dim=-1)"])
def _stack(*xs, dim):
    """Arrays of one shape stacked along a new dimension."""
    parts = [(*(np.s_[:],) * dim, i) for i in range(len(xs))]
    shape = xs[0].shape
    if dim < len(shape):  # PyTorch concatenates, and splits the dimension
        whole = joined(np.concatenate(xs, axis=dim), xs)
        out = viewed(whole.reshape(*shape[:dim], len(xs), *shape[dim:]), whole)
    else:
        out = joined(np.stack(xs, axis=dim), [unsqueezed(x, dim) for x in xs])
    return out, *[lambda g, part=part: g[part] for part in parts]


@function(method=False, examples=["torch.stack([x, y])"])
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors stacked along a new dimension dim; they have one shape, or RuntimeError is raised."""
    arrays = _arrays_of(tensors, "stack")
    for i, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(arrays[0].shape)} at entry 0 and "
                f"{list(array.shape)} at entry {i}"
            )
    return apply(_stack.op, *in_one_dtype(tensors, arrays), dim=dim_of(tensors[0], dim, extra=1))


def _parts(input: Tensor, axis: int, indices: Sequence[Any], name: str) -> tuple[Tensor, ...]:
    """Views along one dimension, as outputs of one function: they cannot be changed in place in a graph."""
    whole = (slice(None),) * axis
    parts = [apply(_slice.op, input, index=(*whole, index, ...), name=name) for index in indices]
    for part in parts if state.grad_enabled else ():
        part._read_only = ONE_OF_SEVERAL
    return tuple(parts)


@function(examples=["x.unbind()[0]"])
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The views of input at each index along dim."""
    axis = dim_of(input, dim)
    return _parts(input, axis, range(input.shape[axis]), "UnbindBackward0")


def _iter(input: Tensor) -> Iterator[Tensor]:
    if not input.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(input))


attach("__iter__", _iter)


# That is what the lectures need. More pieces:


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


def in_one_dtype(tensors: Sequence[Tensor], arrays: list[Any]) -> Sequence[Tensor]:
    """The tensors in the dtype that their arrays have in common."""
    if len({array.dtype for array in arrays}) == 1:
        return tensors
    common = DType._of[result_type(*arrays)]
    return [x.to(common) for x in tensors]


@function(examples=["x.split(2)[0]"])
def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive views along dim: of one length (the last may be shorter), or of the lengths listed.

    Raises RuntimeError for a length of 0, lengths that do not add up to that of dim, and of a single number.
    """
    need_dims("split", input)
    axis, sections = dim_of(input, dim), split_size_or_sections
    length = input.shape[axis]
    if isinstance(sections, Sequence):
        if sum(sections) != length:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at dimension "
                f"{dim}), but got split_sizes={list(sections)}"
            )
        ends = np.cumsum(sections).tolist()
        indices = [slice(end - n, end) for n, end in zip(sections, ends, strict=True)]
        return _parts(input, axis, indices, "SplitWithSizesBackward0")
    if sections <= 0 < max(length, 1 - sections):
        raise RuntimeError(f"split expects split_size be positive, but got split_size={sections}")
    starts = range(0, length, max(sections, 1)) or [0]
    return _parts(input, axis, [slice(n, min(n + sections, length)) for n in starts], "SplitBackward0")


@function(examples=["x.chunk(2)[0]"])
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` views of input along dim, of one length but for the last. Raises RuntimeError for none."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    need_dims("chunk", input)
    length = input.shape[dim_of(input, dim)]
    return split(input, -(-length // chunks) if length else [0] * chunks, dim)


@function(examples=["x.tensor_split(2)[0]"])
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views along dim: so many of nearly one length, or those between the indices listed.

    >>> [part.tolist() for part in torch.arange(5).tensor_split((1, 3))]
    [[0], [1, 2], [3, 4]]
    """
    need_dims("tensor_split", input)
    axis = dim_of(input, dim)
    n, ends = input.shape[axis], indices_or_sections
    ends = ends.tolist() if isinstance(ends, Tensor) else ends
    if not isinstance(ends, Sequence):
        if ends <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {ends}")
        ends = np.cumsum([n // ends + (i < n % ends) for i in range(ends - 1)]).tolist()
    whole = (slice(None),) * axis
    return tuple([input[(*whole, slice(a, b))] for a, b in zip([0, *ends], [*ends, n], strict=True)])


@function(method=False, examples=["torch.hstack([x, y])"])
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors concatenated along their second dimension, or the only one."""
    _arrays_of(tensors, "hstack")
    rows = [x.view(1) if x.ndim == 0 else x for x in tensors]
    return cat(rows, 0 if rows[0].ndim == 1 else 1)


@function(method=False, examples=["torch.vstack([x, y])"])
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors concatenated along their first dimension; one of fewer than two dimensions is a row."""
    _arrays_of(tensors, "vstack")
    return cat([x.view(1, -1) if x.ndim < 2 else x for x in tensors], 0)


@function(method=False, examples=["torch.meshgrid(row, row, indexing='ij')[0]"])
def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """A view of each 1-D tensor along a dimension of its own, expanded over all; 'xy' exchanges the first two."""
    rows = list(tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else tensors)
    if indexing not in ("ij", "xy") or any(x.ndim > 1 for x in rows):
        raise RuntimeError(
            f"meshgrid takes tensors of at most one dimension and indexing 'ij' or 'xy', not {indexing!r} and the "
            f"shapes {[list(x.shape) for x in rows]}"
        )
    if len({x.dtype for x in rows}) > 1:
        raise RuntimeError(f"meshgrid expects all tensors to have the same dtype, not {[str(x.dtype) for x in rows]}")
    order = [1, 0, *range(2, len(rows))] if indexing == "xy" and len(rows) > 1 else list(range(len(rows)))
    shape = [rows[i].numel() for i in order]
    grids = []
    for i, x in enumerate(rows):
        own = [-1 if d == order.index(i) else 1 for d in range(len(rows))]
        grids.append(expand(x.view(own), *shape))
    return tuple(grids)


# Copies.


@op("TrilBackward0", in_order=True, in_place=True, examples=["square.tril()", "batch.tril(-1)"])
def tril(x, /, diagonal=0):
    """The elements on and below a diagonal of the last two dimensions, 0 elsewhere. Raises RuntimeError below 2-D."""
    _need_matrix("tril", x)
    diagonal = whole(diagonal)
    return np.tril(x, diagonal), lambda g: np.tril(g, diagonal)


def _need_matrix(name, x):
    if x.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions, and it has {x.ndim}")


@op("TriuBackward0", in_order=True, in_place=True, examples=["square.triu()", "batch.triu(1)"])
def triu(x, /, diagonal=0):
    """The elements on and above a diagonal of the last two dimensions, 0 elsewhere. Raises RuntimeError below 2-D."""
    _need_matrix("triu", x)
    diagonal = whole(diagonal)
    return np.triu(x, diagonal), lambda g: np.triu(g, diagonal)


@function(examples=["square.diag()"])
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Of a matrix its diagonal, copied; of a vector the matrix that has it there and 0 elsewhere.

    Raises RuntimeError for anything else.
    """
    if input.ndim == 1:
        return apply(_diag_embed.op, input, offset=diagonal)
    if input.ndim != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    return input.diagonal(diagonal).clone()


@op("DiagEmbedBackward0", of="", examples=["row.diag()", "row.diag(-1)"])
def _diag_embed(x, /, offset):
    """The square matrix that has x on a diagonal."""
    return np.diag(x, offset), lambda g: np.diagonal(g, offset)


@op("RepeatBackward0", in_order=True, of="", examples=["x.repeat(2, 1)", "row.repeat(2, 3)", "row.tile(2)"])
def _repeat(x, /, times):
    """x repeated times[d] times along each dimension d; len(times) is at least x.ndim."""
    shape = (1,) * (len(times) - x.ndim) + x.shape
    split = [n for pair in zip(times, shape, strict=True) for n in pair]
    return np.tile(x, times), lambda g: g.reshape(split).sum(axis=tuple(range(0, len(split), 2))).reshape(shape)


@function(examples=["row.repeat(3, 1)"])
def repeat(input: Tensor, *sizes: Any, repeats: Any = None) -> Tensor:
    """input repeated sizes[d] times along each dimension; more sizes than dimensions add leading ones.

    Raises RuntimeError for fewer sizes than dimensions.
    """
    times = given_sizes("repeat", "repeats", sizes, repeats)
    if len(times) < input.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return apply(_repeat.op, input, times=times)


@function(examples=["row.tile(2)"])
def tile(input: Tensor, *sizes: Any, dims: Any = None) -> Tensor:
    """input repeated as by `repeat`; of fewer dims than input has, the first are 1."""
    times = given_sizes("tile", "dims", sizes, dims)
    return apply(_repeat.op, input, times=(1,) * (input.ndim - len(times)) + tuple(times))


@function(examples=["row.repeat_interleave(2)"])
def repeat_interleave(input: Tensor, repeats: Any, dim: int | None = None) -> Tensor:
    """Each element along dim (of the flattened tensor without dim) repeats times, a number or a tensor of one each.

    Raises RuntimeError for repeats that are negative, no integers, or not as many as the elements along dim.
    """
    if dim is None:
        input, dim = reshape(input, -1), 0
    if not isinstance(repeats, Tensor | np.ndarray):
        if (repeats := whole(repeats)) < 0:
            raise RuntimeError(f"repeat_interleave: repeats has to be 0 or more, not {repeats}")
        axis, shape = dim_of(input, dim), input.shape
        stretched = input.unsqueeze(axis + 1).expand(*shape[: axis + 1], repeats, *shape[axis + 1 :])
        return apply(_in_order.op, stretched).flatten(axis, axis + 1)
    times, n = repeats._array if isinstance(repeats, Tensor) else repeats, input.shape[dim_of(input, dim)]
    if times.dtype.kind not in "iu" or times.shape not in ((), (1,), (n,)) or times.min(initial=0) < 0:
        raise RuntimeError(
            f"repeat_interleave: repeats are {n} integers, one for each element along dim {dim}, or one for all, and "
            f"none is negative; they are {times.dtype} {list(times.shape)}"
        )
    return input.index_select(dim, wrap(np.repeat(np.arange(input.shape[dim]), times)))


@op("RollBackward0", in_order=True, examples=["x.roll(1)", "x.roll(1, 0)", "x.roll((1, 2), (0, 1))"])
def roll(x, /, shifts, dims=None):
    """The elements moved by shifts along dims (along the flattened tensor without dims), the last ones to the front."""
    shifts = sizes_of((shifts,)) if isinstance(shifts, Sequence) else whole(shifts)
    dims = dims if dims is None or not isinstance(dims, Sequence) else tuple(dims)
    if dims is not None and np.size(shifts) != np.size(dims):
        raise RuntimeError(f"roll: shifts {shifts} and dims {dims} are not equally many")
    back = tuple([-n for n in shifts]) if isinstance(shifts, tuple) else -shifts
    return np.roll(x, shifts, dims), lambda g: np.roll(g, back, dims)


@op("FlipBackward0", elementwise=laid_like, of="", examples=["x.flip(0)", "x.flip(0, 1)"])
def _flip(x, /, dims):
    """The elements in the opposite order along dims."""
    return np.flip(x, dims).copy(), lambda g: np.flip(g, dims)


@function(examples=["x.flip(0)"])
def flip(input: Tensor, *axes: Any, dims: Any = None) -> Tensor:
    """The elements in the opposite order along dims, a copy."""
    axes = tuple([dim_of(input, d) for d in given_sizes("flip", "dims", axes, dims)])
    if len(set(axes)) < len(axes):
        raise RuntimeError(f"flip: a dimension appears multiple times in the list of dims {list(axes)}")
    return apply(_flip.op, input, dims=axes if input.ndim else ())


@function(examples=["x.diff()"])
def diff(input: Tensor, n: int = 1, dim: int = -1) -> Tensor:
    """The differences of adjacent elements along dim, taken n times; of bools, whether they differ.

    With n=0 a copy; where dim has no elements, the tensor itself. Raises RuntimeError for a tensor without dimensions,
    and for a negative n.
    """
    need_dims("diff", input)
    dim = dim_of(input, dim)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if n == 0:
        return clone(input)
    for _ in range(min(n, input.shape[dim])):
        length = input.shape[dim] - 1
        after, before = narrow(input, dim, input.shape[dim] - length, length), narrow(input, dim, 0, length)
        input = after != before if input._array.dtype == np.bool_ else after - before
    return input
