"""Views: other arrangements of the same elements.

A view shares the memory of its tensor: writing through one is seen in the other (see `micrograd.in_place`).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd.in_place import reshaped_in_place
from micrograd.ops import apply, attach, function, op, unchanged
from micrograd.ops.indexing import _slice
from micrograd.rules.dims import dim_of, dims_of, lengths, sizes_of, whole
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.rules.errors import must_be_tensor
from micrograd.rules.layout import expanded, laid_like, unsqueezed, viewed
from micrograd.tensors import Tensor, wrap


@op("ViewBackward0", view=True, of="", examples=["x.view(4, 3)", "x.view(-1)", "x.reshape(2, 6)"])
def _view(x, /, shape):
    """x in another shape, in the same memory."""
    before = x.shape
    out = x.reshape(shape, copy=False)
    if 1 in out.shape and not (x.flags.c_contiguous and 1 not in before):
        out = viewed(out, x)
    return out, lambda g: g.reshape(before)


@function(examples=["x.view(4, 3)"])
def view(input: Tensor, *shape: Any, size: Any = ()) -> Tensor:
    """The elements in another shape, in the same memory; one of the lengths may be -1, for what is left.

    view(dtype), of a dtype with as many bytes, reads the same memory in that dtype. Raises RuntimeError where the
    number of elements differs, or where the order in memory does not allow a view.
    """
    if len(shape) == 1 and isinstance(shape[0], DType):
        return _in_dtype(input, shape[0])
    return apply(_view.op, input, shape=lengths(sizes_of(shape) if shape else tuple(size)))


@function(examples=["x.reshape(-1)"])
def reshape(input: Tensor, *sizes: Any, shape: Any = ()) -> Tensor:
    """The elements in another shape: a view where the order in memory allows it, else a copy."""
    wanted = lengths(sizes_of(sizes) if sizes else tuple(shape))
    try:
        input._array.reshape(wanted, copy=False)
    except ValueError as error:
        if "copy" in str(error):
            return apply(_reshape_copy.op, input, shape=wanted)
    return apply(_view.op, input, shape=wanted)


@op("UnsafeViewBackward0", of="", examples=["x.T.reshape(6, 2)"])
def _reshape_copy(x, /, shape):
    """x in another shape, copied."""
    before = x.shape
    return x.reshape(shape, copy=True), lambda g: g.reshape(before)


def _squeeze_node(x: Any, dim: Any) -> str:
    return f"SqueezeBackward{0 if dim is None else 2 if isinstance(dim, Sequence) else 1}"


@op(_squeeze_node, view=True, examples=["x[None].squeeze()", "x[None, :, None].squeeze(2)", "x[None].squeeze((0, 1))"])
def squeeze(x, /, dim=None):
    """Without dimension dim, or several, where its length is 1; without dim, without all dimensions of length 1."""
    shape = x.shape
    drop = range(x.ndim) if dim is None else () if dim == () else dims_of(x, dim) or ()
    return x.squeeze(tuple([d for d in drop if x.shape[d] == 1])), lambda g: g.reshape(shape)


@op("UnsqueezeBackward0", view=True, examples=["x.unsqueeze(0)", "x.unsqueeze(-1)"])
def unsqueeze(x, /, dim):
    """With one more dimension, of length 1, at position dim."""
    shape, dim = x.shape, dim_of(x, dim, extra=1)
    if x.flags.c_contiguous and 1 not in shape:
        return x.reshape(*shape[:dim], 1, *shape[dim:]), lambda g: g.reshape(shape)
    return unsqueezed(x, dim), lambda g: g.reshape(shape)


@op("PermuteBackward0", view=True, of="", examples=["batch.permute(2, 0, 1)", "x.T"])
def _permute(x, /, dims):
    """The dimensions in the order of dims."""
    return x.transpose(dims), lambda g: g.transpose(np.argsort(dims))


@function(examples=["batch.permute(2, 0, 1)"])
def permute(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """A view with the dimensions in the order of dims. Raises RuntimeError where they are not all named once."""
    order = given_sizes("permute", "dims", order, dims)
    if len(order) != input.ndim:
        raise RuntimeError(f"permute: {list(order)} names {len(order)} dimensions, and there are {input.ndim}")
    order = tuple([dim_of(input, d) for d in order])
    if sorted(order) != list(range(input.ndim)):
        raise RuntimeError(f"permute: {list(order)} does not name each of the {input.ndim} dimensions once")
    return apply(_permute.op, input, dims=order)


@op("TransposeBackward0", "swapaxes", "swapdims", view=True, examples=["x.transpose(0, 1)", "batch.transpose(-2, -1)"])
def transpose(x, /, dim0, dim1):
    """A view with two dimensions exchanged."""
    dim0, dim1 = dim_of(x, dim0), dim_of(x, dim1)
    if not x.ndim:
        return x[...], unchanged
    return x.swapaxes(dim0, dim1), lambda g: g.swapaxes(dim0, dim1)


@op("TBackward0", view=True, examples=["x.t()", "row.t()"])
def t(x, /):
    """The transpose of a tensor of at most two dimensions. Raises RuntimeError for more."""
    if x.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim}D")
    return x.T, lambda g: g.T


attach("T", property(lambda x: _permute(x, dims=tuple(reversed(range(x.ndim)))), doc="The dimensions, reversed."))


@op("ExpandBackward0", view=True, of="", examples=["row.expand(3, 4)", "x[:, :1].expand(-1, 5)"])
def _expand(x, /, shape):
    """x broadcast to a shape."""
    return as_strided(x, shape, expanded(x, shape)), unchanged  # the graph sums the gradient over what was stretched


@function("broadcast_to", examples=["row.expand(3, 4)"])
def expand(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """A view that repeats dimensions of length 1 to the given sizes; -1 keeps a dimension as it is.

    Raises RuntimeError where a dimension of another length would change.
    """
    wanted = given_sizes("expand", "size", sizes, size)
    if -1 in wanted[: max(len(wanted) - input.ndim, 0)]:
        raise RuntimeError(
            f"expand: -1 keeps a dimension, and {list(wanted)} has it for one that {list(input.shape)} lacks"
        )
    own = (1,) * (len(wanted) - input.ndim) + tuple(input.shape)
    return apply(_expand.op, input, shape=tuple([n if w == -1 else w for n, w in zip(own, wanted, strict=False)]))


@op("CloneBackward0", elementwise=laid_like, examples=["x.clone()", "x.T.clone()"])
def clone(x, /):
    """A copy in memory of its own, still in the graph."""
    return x.copy(order="K"), unchanged


# That is what the lectures need. More of PyTorch's views:


def _in_dtype(input: Tensor, dtype: DType) -> Tensor:
    if dtype.numpy.itemsize != input._array.itemsize:
        raise RuntimeError(f"view(dtype): {input.dtype} and {dtype} have elements of different sizes; take to(dtype)")
    result = wrap(input._array.view(dtype.numpy))
    result._version = input._version
    return result


def need_tensors(name: str, *inputs: Any, optional: Sequence[Any] = ()) -> None:
    """Raises TypeError where one of the first arguments of a function is no Tensor; optional ones may be None."""
    for i, x in enumerate(inputs, 1):
        if not isinstance(x, Tensor):
            raise must_be_tensor(name, i, x)
    for i, x in enumerate(optional, len(inputs) + 1):
        if x is not None and not isinstance(x, Tensor):
            raise must_be_tensor(name, i, x)


def given_sizes(name: str, argument: str, sizes: tuple[Any, ...], by_name: Any) -> tuple[int, ...]:
    """The numbers of f(2, 3), f((2, 3)) or f(argument=(2, 3)). Raises TypeError where there are none at all."""
    if not sizes and by_name is None:
        raise TypeError(f"{name}() missing 1 required positional argument: '{argument}'")
    return sizes_of(sizes) if sizes else tuple(by_name)


@function(examples=["batch.flatten(1)"])
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim, that included, as one. Raises RuntimeError where they are exchanged."""
    start, end = dim_of(input, start_dim), dim_of(input, end_dim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end and input.ndim:
        return input
    middle = math.prod(input.shape[start : end + 1])
    return reshape(input, *input.shape[:start], middle, *input.shape[end + 1 :])


def _m_t(x: Tensor) -> Tensor:
    """The last two dimensions, exchanged. Raises RuntimeError where there is one alone."""
    if x.ndim == 1:
        raise RuntimeError(f"tensor.mT is only supported on matrices or batches of matrices. Got {x.ndim}-D tensor.")
    return transpose(x, -2, -1) if x.ndim else transpose(x, 0, 0)


attach("mT", property(_m_t, doc=_m_t.__doc__))


@function(examples=["x.t().contiguous()"])
def contiguous(input: Tensor) -> Tensor:
    """input itself where it is contiguous, its elements in row-major order in memory; else a copy that is."""
    return input if input._array.flags.c_contiguous else apply(_in_order.op, input)


@op("CloneBackward0", in_order=True, of="", examples=["x.T.contiguous()"])
def _in_order(x, /):
    """A contiguous copy."""
    return x.copy(order="C"), unchanged


@function(examples=["x.t().is_contiguous()"])
def is_contiguous(input: Tensor) -> bool:
    """Whether the elements lie in row-major order in memory, without gaps."""
    return input._array.flags.c_contiguous


@function(examples=["x.reshape(4, 3).view_as(x)"])
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view in the shape of other."""
    return view(input, *other.shape)


@function(examples=["row.expand_as(x)"])
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """A view expanded to the shape of other."""
    return expand(input, other.shape)


@function(examples=["x.ravel()"])
def ravel(input: Tensor) -> Tensor:
    """The elements in one dimension: a view where they are contiguous, else a copy."""
    return contiguous(input).view(-1)


@function(examples=["row.unflatten(0, (2, 2))"])
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension as several of these sizes, one of which may be -1, for what is left.

    Raises RuntimeError where they do not make up the length of that dimension.
    """
    need_dims("unflatten", input)
    dim, length, known = dim_of(input, dim), input.shape[dim], math.prod([n for n in sizes if n != -1])
    sizes = [length // max(known, 1) if n == -1 else n for n in sizes]
    if math.prod(sizes) != length:
        raise RuntimeError(f"unflatten: the sizes {list(sizes)} do not multiply up to the {length} of dim {dim}")
    return view(input, *input.shape[:dim], *sizes, *input.shape[dim + 1 :])


def need_dims(name: str, x: Tensor) -> None:
    if not x.ndim:
        raise RuntimeError(f"{name}: a tensor without dimensions cannot be taken apart")


@function(examples=["x.narrow(1, 1, 2)"])
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """A view of `length` elements along dim, from start on, which may count from the end.

    Raises IndexError or RuntimeError where they are not there.
    """
    need_dims("narrow", input)
    axis = dim_of(input, dim)
    n, start, length = input.shape[axis], whole(start), whole(length)
    if not -n <= start <= n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n}], but got {start})")
    start += n if start < 0 else 0
    if length < 0 or start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    index = (*(slice(None),) * axis, slice(start, start + length))
    return apply(_slice.op, input, index=index, name="SliceBackward0")


@function(examples=["x.select(1, 2)"])
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """A view of one index along dim, without that dimension."""
    return input[(*(slice(None),) * dim_of(input, dim), whole(index))]


@function("moveaxis", examples=["batch.movedim(0, 2)"])
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions, one or several, at other positions, the rest in the order they had."""
    sources, targets = (
        [dim_of(input, d) for d in (n if isinstance(n, Sequence) else [n])] for n in (source, destination)
    )
    if not len(sources) == len(targets) == len({*sources}) == len({*targets}):
        raise RuntimeError(f"movedim: {source} and {destination} do not name equally many dimensions, each once")
    order = [d for d in range(input.ndim) if d not in sources]
    for target, d in sorted(zip(targets, sources, strict=True)):
        order.insert(target, d)
    return apply(_permute.op, input, dims=tuple(order if input.ndim else []))


@op("DiagonalBackward0", view=True, examples=["square.diagonal()", "batch.diagonal(1, dim1=0, dim2=2)"])
def diagonal(x, /, offset=0, dim1=0, dim2=1):
    """A view of the elements whose index along dim2 is that along dim1 plus offset, in a new last dimension."""
    shape, dim1, dim2 = x.shape, dim_of(x, dim1), dim_of(x, dim2)
    if dim1 == dim2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")

    def of(array):
        row, column = max(-offset, 0), max(offset, 0)
        n = max(min(shape[dim1] - row, shape[dim2] - column), 0)
        moved = np.moveaxis(array, (dim1, dim2), (-2, -1))[..., row : row + n, column : column + n]
        *steps, down, right = moved.strides
        return as_strided(moved, (*moved.shape[:-2], n), (*steps, down + right))

    def dx(g):
        result = np.zeros(shape, g.dtype)
        of(result)[...] = g
        return result

    return of(x), dx


@op("UnfoldBackward0", view=True, examples=["x.unfold(1, 2, 1)", "signal.unfold(-1, 3, 2)"])
def unfold(x, /, dimension, size, step):
    """A view of the windows of `size` elements along a dimension, one every `step`, in a new last dimension.

    Raises RuntimeError where a window is longer than the dimension, or step is not above 0.
    """
    shape, d = x.shape, dim_of(x, dimension)
    length = shape[d] if x.ndim else 1
    if not 0 <= size <= length or step <= 0:
        raise RuntimeError(f"unfold: windows of {size} every {step} do not fit a dimension of {length}")
    if not x.ndim:
        return x.reshape(1)[:size], lambda g: g.sum().reshape(())
    n, steps = (length - size) // step + 1, x.strides
    windows = as_strided(
        x, (*shape[:d], n, *shape[d + 1 :], size), (*steps[:d], steps[d] * step, *steps[d + 1 :], steps[d])
    )

    def dx(g):
        result = np.zeros(shape, g.dtype)
        whole = (np.s_[:],) * d
        for i in range(size):
            result[(*whole, np.s_[i : i + (n - 1) * step + 1 : step])] += g[..., i]
        return result

    return windows, dx


for _function in (squeeze, unsqueeze, transpose, t):
    attach(f"{_function.__name__}_", reshaped_in_place(_function))
attach("swapaxes_", reshaped_in_place(transpose))
