"""Other arrangements of the same elements. Each is a function of the package and a method of Tensor.

A view shares the memory of its tensor: writing through one is seen in the other.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.graph import grad_enabled
from micrograd.ops import shapes as ops
from micrograd.tensors import Tensor, apply, in_place, method, wrap


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
    return x._view(apply(ops.view, x, shape=sizes_of(shape)))


@method
def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The elements in another shape: a view where the memory's order allows it, else a copy."""
    wanted = sizes_of(shape)
    try:
        x._array.reshape(wanted, copy=False)
    except ValueError as error:
        if "copy" in str(error):
            return apply(ops.reshape_copy, x, shape=wanted)
    return view(x, wanted)


@method
def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim, that included, as one."""
    start, end = dim_of(x, start_dim), dim_of(x, end_dim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    middle = math.prod(x.shape[start : end + 1])
    return reshape(x, *x.shape[:start], middle, *x.shape[end + 1 :])


@method
def squeeze(x: Tensor, dim: Any = None) -> Tensor:
    """Without dimension dim, or several, where its length is 1; without dim, without all dimensions of length 1."""
    drop = range(x.ndim) if dim is None else dims_of(x, dim) or ()
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
def permute(x: Tensor, *order: Any, dims: Any = ()) -> Tensor:
    """A view with the dimensions in the order of dims. Raises RuntimeError where they are not all named once."""
    order = tuple([dim_of(x, d) for d in (sizes_of(order) or dims)])
    if sorted(order) != list(range(x.ndim)):
        raise RuntimeError(f"permute: {list(order)} does not name each of the {x.ndim} dimensions once")
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
def tile(x: Tensor, *dims: Any) -> Tensor:
    """x laid side by side; of fewer dims than x has, the first are 1."""
    times = sizes_of(dims)
    return repeat(x, (1,) * (x.ndim - len(times)) + tuple(times))


@method
def repeat_interleave(x: Tensor, repeats: Any, dim: int | None = None) -> Tensor:
    """Each place along dim (of the flattened tensor without dim) repeats times, a number or a tensor with one each."""
    if dim is None:
        x, dim = reshape(x, -1), 0
    times = repeats._array if isinstance(repeats, Tensor) else repeats
    return x[(*(slice(None),) * dim_of(x, dim), np.repeat(np.arange(x.shape[dim]), times))]


@method
def roll(x: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved by shifts along dims (along the flattened tensor without dims), the last ones to the front."""
    shifts, dims = (tuple(n) if isinstance(n, Sequence) else n for n in (shifts, dims))
    return apply(ops.roll, x, shifts=shifts, dims=dims)


@method
def flip(x: Tensor, *axes: Any, dims: Any = ()) -> Tensor:
    """The elements in the opposite order along dims."""
    axes = tuple([dim_of(x, d) for d in (sizes_of(axes) or dims)])
    return apply(ops.flip, x, dims=axes if x.ndim else ())


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


@method
def broadcast_to(x: Tensor, shape: Sequence[int]) -> Tensor:
    """A view expanded to the shape."""
    return expand(x, *shape)


@method
def ravel(x: Tensor) -> Tensor:
    """The elements in one dimension."""
    return reshape(x, -1)


@method
def unflatten(x: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension as several of these sizes."""
    dim = dim_of(x, dim)
    return view(x, *x.shape[:dim], *sizes, *x.shape[dim + 1 :])


@method
def narrow(x: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A view of so many places along dim, from start on. Raises RuntimeError where they are not there."""
    axis, n = dim_of(x, dim), x.shape[dim]
    if not 0 <= start <= start + length <= n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return x[(*(slice(None),) * axis, slice(start, start + length))]


@method
def select(x: Tensor, dim: int, index: int) -> Tensor:
    """A view of one place along dim, without that dimension."""
    return x[(*(slice(None),) * dim_of(x, dim), index)]


@method
def movedim(x: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions, one or several, at other positions, the rest in the order they had."""
    sources, targets = ([dim_of(x, d) for d in ([n] if isinstance(n, int) else n)] for n in (source, destination))
    order = [d for d in range(x.ndim) if d not in sources]
    for target, d in sorted(zip(targets, sources, strict=True)):
        order.insert(target, d)
    return permute(x, *order)


@method
def diagonal(x: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements whose place along dim2 is that along dim1 plus offset, in a new last dimension; a copy."""
    x = movedim(x, (dim1, dim2), (-2, -1))
    rows, columns = np.indices(x.shape[-2:], sparse=True)
    return x[(..., *np.nonzero(columns - rows == offset))]


@method
def diag(x: Tensor, diagonal: int = 0) -> Tensor:
    """Of a matrix its diagonal, of a vector the matrix that has it there and 0 elsewhere."""
    if x.ndim != 1:
        return x.diagonal(diagonal)
    n, places = len(x) + abs(diagonal), np.arange(len(x))
    result = wrap(np.zeros((n, n), x._array.dtype))
    result[places + max(-diagonal, 0), places + max(diagonal, 0)] = x
    return result


@method
def diff(x: Tensor, n: int = 1, dim: int = -1) -> Tensor:
    """The differences of neighbours along dim, taken n times."""
    for _ in range(n):
        length = max(x.shape[dim] - 1, 0)
        x = narrow(x, dim, x.shape[dim] - length, length) - narrow(x, dim, 0, length)
    return x


def _in_place(function: Any) -> None:
    """The form of a function that gives x itself another shape."""

    def changed(x: Tensor, *args: Any) -> Tensor:
        if grad_enabled[0]:
            x._refuse_leaf()
        result = function(x, *args)
        x._array, x.grad_fn = result._array, result.grad_fn
        return x

    changed.__name__, changed.__doc__ = f"{function.__name__}_", f"The same as `{function.__name__}`, in place."
    method(changed)


for _function in (squeeze, unsqueeze, transpose, t):
    _in_place(_function)
for _function in (tril, triu):
    method(in_place(_function))

swapaxes = transpose
Tensor.swapaxes = transpose  # type: ignore[attr-defined]
Tensor.T = property(lambda x: permute(x, *reversed(range(x.ndim))))  # type: ignore[attr-defined]
Tensor.mT = property(lambda x: transpose(x, -2, -1))  # type: ignore[attr-defined]
