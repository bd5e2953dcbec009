"""Other arrangements of the same elements. Each is a function of the package and a method of Tensor.

A view shares the memory of its tensor: writing through one is seen in the other.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.graph import grad_enabled
from micrograd.ops import shapes as ops
from micrograd.tensors import Tensor, apply, in_place, method, named, wrap


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
def view(input: Tensor, *shape: Any, size: Any = ()) -> Tensor:
    """The elements in another shape, in the same memory; one of the lengths may be -1, for what is left.

    Raises RuntimeError where the number of elements differs, or where the memory's order does not allow a view.
    """
    return input._view(apply(ops.view, input, shape=sizes_of(shape) if shape else tuple(size)))


@method
def reshape(input: Tensor, *sizes: Any, shape: Any = ()) -> Tensor:
    """The elements in another shape: a view where the memory's order allows it, else a copy."""
    wanted = sizes_of(sizes) if sizes else tuple(shape)
    try:
        input._array.reshape(wanted, copy=False)
    except ValueError as error:
        if "copy" in str(error):
            return apply(ops.reshape_copy, input, shape=wanted)
    return view(input, wanted)


@method
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim, that included, as one."""
    start, end = dim_of(input, start_dim), dim_of(input, end_dim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    middle = math.prod(input.shape[start : end + 1])
    return reshape(input, *input.shape[:start], middle, *input.shape[end + 1 :])


@method
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Without dimension dim, or several, where its length is 1; without dim, without all dimensions of length 1."""
    drop = range(input.ndim) if dim is None else dims_of(input, dim) or ()
    return input._view(
        apply(
            ops.squeeze if dim is None else ops.squeeze_dim,
            input,
            shape=[n for i, n in enumerate(input.shape) if n != 1 or i not in drop],
        )
    )


@method
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a dimension of length 1 more, at position dim."""
    dim = dim_of(input, dim, extra=1)
    return input._view(apply(ops.unsqueeze, input, shape=(*input.shape[:dim], 1, *input.shape[dim:])))


@method
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A view with two dimensions exchanged."""
    dim0, dim1 = dim_of(input, dim0), dim_of(input, dim1)
    return input._view(apply(ops.transpose, input, dim0=dim0, dim1=dim1)) if input.ndim else input


@method
def permute(input: Tensor, *order: Any, dims: Any = ()) -> Tensor:
    """A view with the dimensions in the order of dims. Raises RuntimeError where they are not all named once."""
    order = tuple([dim_of(input, d) for d in (sizes_of(order) or dims)])
    if sorted(order) != list(range(input.ndim)):
        raise RuntimeError(f"permute: {list(order)} does not name each of the {input.ndim} dimensions once")
    return input._view(apply(ops.permute, input, dims=order))


@method
def t(input: Tensor) -> Tensor:
    """The transpose of a tensor of at most two dimensions."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return named(transpose(input, 0, 1), "TBackward0") if input.ndim == 2 else input


@method
def expand(input: Tensor, *sizes: Any) -> Tensor:
    """A view that repeats dimensions of length 1 to the given sizes; -1 keeps a dimension as it is."""
    wanted = sizes_of(sizes)
    if -1 in wanted[: max(len(wanted) - input.ndim, 0)]:
        raise RuntimeError(
            f"expand: -1 keeps a dimension, and {list(wanted)} has it for one that {list(input.shape)} lacks"
        )
    own = (1,) * (len(wanted) - input.ndim) + tuple(input.shape)
    shape = tuple([n if w == -1 else w for n, w in zip(own, wanted, strict=False)])
    return input._view(apply(ops.expand, input, shape=shape))


@method
def repeat(input: Tensor, *sizes: Any) -> Tensor:
    """input laid side by side, sizes[d] times along each dimension; more sizes than dimensions add some in front."""
    times = sizes_of(sizes)
    if len(times) < input.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return apply(ops.repeat, input, times=times)


@method
def tile(input: Tensor, *sizes: Any, dims: Any = ()) -> Tensor:
    """input laid side by side; of fewer dims than input has, the first are 1."""
    times = sizes_of(sizes) if sizes else tuple(dims)
    return repeat(input, (1,) * (input.ndim - len(times)) + tuple(times))


@method
def repeat_interleave(input: Tensor, repeats: Any, dim: int | None = None) -> Tensor:
    """Each place along dim (of the flattened tensor without dim) repeats times, a number or a tensor with one each."""
    if dim is None:
        input, dim = reshape(input, -1), 0
    times = repeats._array if isinstance(repeats, Tensor) else repeats
    return input[(*(slice(None),) * dim_of(input, dim), np.repeat(np.arange(input.shape[dim]), times))]


@method
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved by shifts along dims (along the flattened tensor without dims), the last ones to the front."""
    shifts, dims = (tuple(n) if isinstance(n, Sequence) else n for n in (shifts, dims))
    return apply(ops.roll, input, shifts=shifts, dims=dims)


@method
def flip(input: Tensor, *axes: Any, dims: Any = ()) -> Tensor:
    """The elements in the opposite order along dims."""
    axes = tuple([dim_of(input, d) for d in (sizes_of(axes) or dims)])
    return apply(ops.flip, input, dims=axes if input.ndim else ())


@method
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and below a diagonal of the last two dimensions, 0 elsewhere."""
    return apply(ops.tril, input, diagonal=diagonal)


@method
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The elements on and above a diagonal of the last two dimensions, 0 elsewhere."""
    return apply(ops.triu, input, diagonal=diagonal)


@method
def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views one after the other along dim: of one length (the last may be shorter), or of the lengths listed."""
    axis, length, sections = dim_of(input, dim), input.shape[dim], split_size_or_sections
    name = "SplitBackward0" if isinstance(sections, int) else "SplitWithSizesBackward0"
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
    parts = [input[(*before, slice(end - n, end))] for n, end in zip(sections, ends, strict=True)]
    return tuple([named(part, name) for part in parts])


@method
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many views of input along dim, of one length but for the last."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    return split(input, max(1, -(-input.shape[dim_of(input, dim)] // chunks)), dim)


@method
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The views of input at each place along dim."""
    before = (slice(None),) * dim_of(input, dim)
    return tuple([named(input[(*before, i)], "UnbindBackward0") for i in range(input.shape[dim])])


@method
def contiguous(input: Tensor) -> Tensor:
    """input itself where its elements lie in order in memory, else a copy in which they do."""
    return input if input._array.flags.c_contiguous else input.clone()


@method
def is_contiguous(input: Tensor) -> bool:
    """Whether the elements lie in order in memory."""
    return input._array.flags.c_contiguous


@method
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view in the shape of other."""
    return view(input, *other.shape)


@method
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """A view expanded to the shape of other."""
    return expand(input, *other.shape)


@method
def broadcast_to(input: Tensor, shape: Sequence[int]) -> Tensor:
    """A view expanded to the shape."""
    return expand(input, *shape)


@method
def ravel(input: Tensor) -> Tensor:
    """The elements in one dimension."""
    return reshape(input, -1)


@method
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension as several of these sizes."""
    dim = dim_of(input, dim)
    return view(input, *input.shape[:dim], *sizes, *input.shape[dim + 1 :])


@method
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A view of so many places along dim, from start on. Raises RuntimeError where they are not there."""
    axis, n = dim_of(input, dim), input.shape[dim]
    if not 0 <= start <= start + length <= n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return input[(*(slice(None),) * axis, slice(start, start + length))]


@method
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """A view of one place along dim, without that dimension."""
    return input[(*(slice(None),) * dim_of(input, dim), index)]


@method
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions, one or several, at other positions, the rest in the order they had."""
    sources, targets = ([dim_of(input, d) for d in ([n] if isinstance(n, int) else n)] for n in (source, destination))
    order = [d for d in range(input.ndim) if d not in sources]
    for target, d in sorted(zip(targets, sources, strict=True)):
        order.insert(target, d)
    return permute(input, *order)


@method
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements whose place along dim2 is that along dim1 plus offset, in a new last dimension; a copy."""
    input = movedim(input, (dim1, dim2), (-2, -1))
    rows, columns = np.indices(input.shape[-2:], sparse=True)
    return named(input[(..., *np.nonzero(columns - rows == offset))], "DiagonalBackward0")


@method
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Of a matrix its diagonal, of a vector the matrix that has it there and 0 elsewhere."""
    if input.ndim != 1:
        return input.diagonal(diagonal)
    n, places = len(input) + abs(diagonal), np.arange(len(input))
    result = wrap(np.zeros((n, n), input._array.dtype))
    result[places + max(-diagonal, 0), places + max(diagonal, 0)] = input
    return result


@method
def diff(input: Tensor, n: int = 1, dim: int = -1) -> Tensor:
    """The differences of neighbours along dim, taken n times."""
    for _ in range(n):
        length = max(input.shape[dim] - 1, 0)
        input = narrow(input, dim, input.shape[dim] - length, length) - narrow(input, dim, 0, length)
    return input


def _reshaped_in_place(function: Any) -> None:
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
    _reshaped_in_place(_function)
for _function in (tril, triu):
    method(in_place(_function))

swapaxes = transpose
Tensor.swapaxes = transpose  # type: ignore[attr-defined]
Tensor.T = property(lambda x: permute(x, *reversed(range(x.ndim))))  # type: ignore[attr-defined]
Tensor.mT = property(lambda x: transpose(x, -2, -1))  # type: ignore[attr-defined]
