"""Other arrangements of the same elements.

A view shares the memory of its tensor: writing through one is seen in the other (see `micrograd.in_place`).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd.graph import state
from micrograd.in_place import ONE_OF_SEVERAL, reshaped_in_place
from micrograd.ops import apply, attach, function, op, unchanged
from micrograd.ops.indexing import _slice
from micrograd.rules.dims import dim_of, dims_of, sizes_of
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.rules.dtypes import result_type
from micrograd.rules.layout import laid_out
from micrograd.tensors import Tensor, wrap

# Views.


@op("ViewBackward0", view=True, of="", examples=["x.view(4, 3)", "x.view(-1)", "x.reshape(2, 6)"])
def _view(x, /, shape):
    """x in another shape, in the same memory."""
    if min(shape, default=0) < -1:  # NumPy takes any negative length for -1
        raise ValueError(f"{min(shape)} is no length")
    before = x.shape
    return x.reshape(shape, copy=False), lambda g: g.reshape(before)


@function(examples=["x.view(4, 3)"])
def view(input: Tensor, *shape: Any, size: Any = ()) -> Tensor:
    """The elements in another shape, in the same memory; one of the lengths may be -1, for what is left.

    view(dtype), of a dtype with as many bytes, reads the same memory in that dtype. Raises RuntimeError where the
    number of elements differs, or where the order in memory does not allow a view.
    """
    if len(shape) == 1 and isinstance(shape[0], DType):
        return _in_dtype(input, shape[0])
    return apply(_view.op, input, shape=sizes_of(shape) if shape else tuple(size))


@function(examples=["x.reshape(-1)"])
def reshape(input: Tensor, *sizes: Any, shape: Any = ()) -> Tensor:
    """The elements in another shape: a view where the order in memory allows it, else a copy."""
    wanted = sizes_of(sizes) if sizes else tuple(shape)
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
    return (
        "SqueezeBackward0"
        if dim is None
        else "SqueezeBackward1"
        if not isinstance(dim, Sequence)
        else "SqueezeBackward2"
    )


@op(_squeeze_node, view=True, examples=["x[None].squeeze()", "x[None, :, None].squeeze(2)", "x[None].squeeze((0, 1))"])
def squeeze(x, /, dim=None):
    """Without dimension dim, or several, where its length is 1; without dim, without all dimensions of length 1."""
    shape = x.shape
    drop = range(x.ndim) if dim is None else () if dim == () else dims_of(x, dim) or ()
    return x.reshape([n for d, n in enumerate(shape) if n != 1 or d not in drop]), lambda g: g.reshape(shape)


@op("UnsqueezeBackward0", view=True, examples=["x.unsqueeze(0)", "x.unsqueeze(-1)"])
def unsqueeze(x, /, dim):
    """With one more dimension, of length 1, at position dim."""
    shape = x.shape
    return np.expand_dims(x, dim_of(x, dim, extra=1)), lambda g: g.reshape(shape)


@op("PermuteBackward0", view=True, of="", examples=["batch.permute(2, 0, 1)", "x.T"])
def _permute(x, /, dims):
    """The dimensions in the order of dims."""
    return x.transpose(dims), lambda g: g.transpose(np.argsort(dims))


@function(examples=["batch.permute(2, 0, 1)"])
def permute(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """A view with the dimensions in the order of dims. Raises RuntimeError where they are not all named once."""
    order = _given("permute", "dims", order, dims)
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
    strides = np.broadcast_to(x, shape).strides  # the array itself is one that NumPy does not let be filled
    return as_strided(x, shape, strides), unchanged  # the graph sums the gradient over what was stretched


@function(examples=["row.expand(3, 4)"])
def expand(input: Tensor, *sizes: Any) -> Tensor:
    """A view that repeats dimensions of length 1 to the given sizes; -1 keeps a dimension as it is.

    Raises RuntimeError where a dimension of another length would change.
    """
    wanted = sizes_of(sizes)
    if -1 in wanted[: max(len(wanted) - input.ndim, 0)]:
        raise RuntimeError(
            f"expand: -1 keeps a dimension, and {list(wanted)} has it for one that {list(input.shape)} lacks"
        )
    own = (1,) * (len(wanted) - input.ndim) + tuple(input.shape)
    return apply(_expand.op, input, shape=tuple([n if w == -1 else w for n, w in zip(own, wanted, strict=False)]))


# Several tensors made one, and one several.


@op("CatBackward0", in_order=True, of="", examples=["torch.cat([x, y])", "torch.cat([x, y, x[:, :1]], dim=1)"])
def _cat(*xs, dim):
    """Arrays one after the other along dim."""
    ends = np.cumsum([x.shape[dim] for x in xs])
    starts = ends - [x.shape[dim] for x in xs]
    parts = [(*(np.s_[:],) * dim, np.s_[start:end]) for start, end in zip(starts, ends, strict=True)]
    return np.concatenate(xs, axis=dim), *[lambda g, part=part: g[part] for part in parts]


@function("concat", "concatenate", method=False, examples=["torch.cat([x, y], dim=1)"])
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after the other along dim; they agree in all other dimensions, or RuntimeError is raised.

    A tensor of shape (0,) goes with all others, and adds nothing.
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


@op("StackBackward0", in_order=True, of="", examples=["torch.stack([x, y])", "torch.stack([x, y], dim=-1)"])
def _stack(*xs, dim):
    """Arrays of one shape along a new dimension."""
    parts = [(*(np.s_[:],) * dim, i) for i in range(len(xs))]
    return np.stack(xs, axis=dim), *[lambda g, part=part: g[part] for part in parts]


@function(method=False, examples=["torch.stack([x, y])"])
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors side by side along a new dimension dim; they have one shape, or RuntimeError is raised."""
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


@op("CloneBackward0", elementwise=True, examples=["x.clone()", "x.T.clone()"])
def clone(x, /):
    """A copy in memory of its own, still in the graph."""
    return x.copy(order="K"), unchanged


@op("TrilBackward0", in_order=True, in_place=True, examples=["square.tril()", "batch.tril(-1)"])
def tril(x, /, diagonal=0):
    """The elements on and below a diagonal of the last two dimensions, 0 elsewhere. Raises RuntimeError below 2-D."""
    _need_matrix("tril", x)
    return np.tril(x, diagonal), lambda g: np.tril(g, diagonal)


# That is what the lectures need. More of PyTorch's views:


def _in_dtype(input: Tensor, dtype: DType) -> Tensor:
    if dtype.numpy.itemsize != input._array.itemsize:
        raise RuntimeError(f"view(dtype): {input.dtype} and {dtype} have elements of different sizes; take to(dtype)")
    result = wrap(input._array.view(dtype.numpy))
    result._version = input._version
    return result


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


def _given(name: str, argument: str, sizes: tuple[Any, ...], by_name: Any) -> tuple[int, ...]:
    """The numbers of f(2, 3), f((2, 3)) or f(argument=(2, 3)). Raises TypeError where there are none at all."""
    if not sizes and by_name is None:
        raise TypeError(f"{name}() missing 1 required positional argument: '{argument}'")
    return sizes_of(sizes) if sizes else tuple(by_name)


def _m_t(x: Tensor) -> Tensor:
    """The last two dimensions, exchanged. Raises RuntimeError where there is one alone."""
    if x.ndim == 1:
        raise RuntimeError(f"tensor.mT is only supported on matrices or batches of matrices. Got {x.ndim}-D tensor.")
    return transpose(x, -2, -1) if x.ndim else transpose(x, 0, 0)


attach("mT", property(_m_t, doc=_m_t.__doc__))


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
    """Views one after the other along dim: of one length (the last may be shorter), or of the lengths listed.

    Raises RuntimeError for a length of 0, lengths that do not add up to that of dim, and of a single number.
    """
    _need_dims("split", input)
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


def _need_dims(name: str, x: Tensor) -> None:
    if not x.ndim:
        raise RuntimeError(f"{name}: a tensor without dimensions cannot be taken apart")


@function(examples=["x.chunk(2)[0]"])
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many views of input along dim, of one length but for the last. Raises RuntimeError for none."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    _need_dims("chunk", input)
    length = input.shape[dim_of(input, dim)]
    return split(input, -(-length // chunks) if length else [0] * chunks, dim)


@op("TriuBackward0", in_order=True, in_place=True, examples=["square.triu()", "batch.triu(1)"])
def triu(x, /, diagonal=0):
    """The elements on and above a diagonal of the last two dimensions, 0 elsewhere. Raises RuntimeError below 2-D."""
    _need_matrix("triu", x)
    return np.triu(x, diagonal), lambda g: np.triu(g, diagonal)


def _need_matrix(name, x):
    if x.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions, and it has {x.ndim}")


@function(examples=["x.t().contiguous()"])
def contiguous(input: Tensor) -> Tensor:
    """input itself where its elements lie in order in memory, else a copy in which they do."""
    return input if input._array.flags.c_contiguous else apply(_in_order.op, input)


@op("CloneBackward0", in_order=True, of="", examples=["x.T.contiguous()"])
def _in_order(x, /):
    """A copy whose elements lie in order."""
    return x.copy(order="C"), unchanged


@function(examples=["x.t().is_contiguous()"])
def is_contiguous(input: Tensor) -> bool:
    """Whether the elements lie in order in memory."""
    return input._array.flags.c_contiguous


@function(examples=["x.reshape(4, 3).view_as(x)"])
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view in the shape of other."""
    return view(input, *other.shape)


@function(examples=["row.expand_as(x)"])
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """A view expanded to the shape of other."""
    return expand(input, *other.shape)


@function(examples=["torch.broadcast_to(row, (3, 4))"])
def broadcast_to(input: Tensor, shape: Sequence[int]) -> Tensor:
    """A view expanded to the shape."""
    return expand(input, *shape)


@function(examples=["x.ravel()"])
def ravel(input: Tensor) -> Tensor:
    """The elements in one dimension: a view where they lie in order, else a copy."""
    return contiguous(input).view(-1)


@function(examples=["row.unflatten(0, (2, 2))"])
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension as several of these sizes, one of which may be -1, for what is left.

    Raises RuntimeError where they do not make up the length of that dimension.
    """
    _need_dims("unflatten", input)
    dim, length, known = dim_of(input, dim), input.shape[dim], math.prod([n for n in sizes if n != -1])
    sizes = [length // max(known, 1) if n == -1 else n for n in sizes]
    if math.prod(sizes) != length:
        raise RuntimeError(f"unflatten: the sizes {list(sizes)} do not multiply up to the {length} of dim {dim}")
    return view(input, *input.shape[:dim], *sizes, *input.shape[dim + 1 :])


@function(examples=["x.narrow(1, 1, 2)"])
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """A view of `length` elements along dim, from start on, which may count from the end.

    Raises IndexError or RuntimeError where they are not there.
    """
    _need_dims("narrow", input)
    axis = dim_of(input, dim)
    n, start = input.shape[axis], int(start)
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
    return input[(*(slice(None),) * dim_of(input, dim), int(index))]


@function("moveaxis", examples=["batch.movedim(0, 2)"])
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions, one or several, at other positions, the rest in the order they had."""
    sources, targets = (
        [dim_of(input, d) for d in (n if isinstance(n, Sequence) else [n])] for n in (source, destination)
    )
    if len(sources) != len(targets):
        raise RuntimeError(f"movedim: {source} and {destination} do not name equally many dimensions")
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


@function(examples=["x.tensor_split(2)[0]"])
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views along dim: so many of nearly one length, or those between the ends listed.

    >>> import micrograd as torch
    >>> [part.tolist() for part in torch.arange(5).tensor_split((1, 3))]
    [[0], [1, 2], [3, 4]]
    """
    _need_dims("tensor_split", input)
    axis = dim_of(input, dim)
    n, ends = input.shape[axis], indices_or_sections
    ends = ends.tolist() if isinstance(ends, Tensor) else ends
    if not isinstance(ends, Sequence):
        if ends <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {ends}")
        ends = np.cumsum([n // ends + (i < n % ends) for i in range(ends - 1)]).tolist()
    whole = (slice(None),) * axis
    return tuple([input[(*whole, slice(a, b))] for a, b in zip([0, *ends], [*ends, n], strict=True)])


# Copies in another order.


@op("RepeatBackward0", in_order=True, of="", examples=["x.repeat(2, 1)", "row.repeat(2, 3)", "row.tile(2)"])
def _repeat(x, /, times):
    """x laid side by side times[d] times along each dimension d; len(times) is at least x.ndim."""
    shape = (1,) * (len(times) - x.ndim) + x.shape
    split = [n for pair in zip(times, shape, strict=True) for n in pair]
    return np.tile(x, times), lambda g: g.reshape(split).sum(axis=tuple(range(0, len(split), 2))).reshape(shape)


@function(examples=["row.repeat(3, 1)"])
def repeat(input: Tensor, *sizes: Any, repeats: Any = None) -> Tensor:
    """input laid side by side, sizes[d] times along each dimension; more sizes than dimensions add leading ones.

    Raises RuntimeError for fewer sizes than dimensions.
    """
    times = _given("repeat", "repeats", sizes, repeats)
    if len(times) < input.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return apply(_repeat.op, input, times=times)


@function(examples=["row.tile(2)"])
def tile(input: Tensor, *sizes: Any, dims: Any = ()) -> Tensor:
    """input laid side by side; of fewer dims than input has, the first are 1."""
    times = sizes_of(sizes) if sizes else tuple(dims)
    return apply(_repeat.op, input, times=(1,) * (input.ndim - len(times)) + tuple(times))


@function(examples=["row.repeat_interleave(2)"])
def repeat_interleave(input: Tensor, repeats: Any, dim: int | None = None) -> Tensor:
    """Each element along dim (of the flattened tensor without dim) repeats times, a number or a tensor of one each."""
    if dim is None:
        input, dim = reshape(input, -1), 0
    times = repeats._array if isinstance(repeats, Tensor) else repeats
    return input[(*(slice(None),) * dim_of(input, dim), np.repeat(np.arange(input.shape[dim]), times))]


@op("RollBackward0", in_order=True, examples=["x.roll(1)", "x.roll(1, 0)", "x.roll((1, 2), (0, 1))"])
def roll(x, /, shifts, dims=None):
    """The elements moved by shifts along dims (along the flattened tensor without dims), the last ones to the front."""
    shifts, dims = (tuple(n) if isinstance(n, Sequence) else n for n in (shifts, dims))
    if dims is not None and np.size(shifts) != np.size(dims):
        raise RuntimeError(f"roll: shifts {shifts} and dims {dims} are not equally many")
    back = tuple([-n for n in shifts]) if isinstance(shifts, tuple) else -shifts
    return np.roll(x, shifts, dims), lambda g: np.roll(g, back, dims)


@op("FlipBackward0", elementwise=True, of="", examples=["x.flip(0)", "x.flip(0, 1)"])
def _flip(x, /, dims):
    """The elements in the opposite order along dims."""
    return laid_out(np.flip(x, dims).copy(), [x]), lambda g: np.flip(g, dims)


@function(examples=["x.flip(0)"])
def flip(input: Tensor, *axes: Any, dims: Any = ()) -> Tensor:
    """The elements in the opposite order along dims, a copy."""
    axes = tuple([dim_of(input, d) for d in (sizes_of(axes) or dims)])
    return apply(_flip.op, input, dims=axes if input.ndim else ())


@function(examples=["x.diff()"])
def diff(input: Tensor, n: int = 1, dim: int = -1) -> Tensor:
    """The differences of neighbours along dim, taken n times; of bools, whether they differ.

    Raises RuntimeError for a tensor without dimensions.
    """
    _need_dims("diff", input)
    for _ in range(n):
        length = max(input.shape[dim] - 1, 0)
        after, before = narrow(input, dim, input.shape[dim] - length, length), narrow(input, dim, 0, length)
        input = after != before if input._array.dtype == np.bool_ else after - before
    return input


@function(method=False, examples=["torch.hstack([x, y])"])
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors side by side: along their second dimension, or the only one."""
    _arrays_of(tensors, "hstack")
    rows = [x.view(1) if x.ndim == 0 else x for x in tensors]
    return cat(rows, 0 if rows[0].ndim == 1 else 1)


@function(method=False, examples=["torch.vstack([x, y])"])
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors one below the other; one of fewer than two dimensions is a row."""
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
    order = [1, 0, *range(2, len(rows))] if indexing == "xy" and len(rows) > 1 else list(range(len(rows)))
    shape = [rows[i].numel() for i in order]
    grids = []
    for i, x in enumerate(rows):
        own = [-1 if d == order.index(i) else 1 for d in range(len(rows))]
        grids.append(expand(x.view(own), *shape))
    return tuple(grids)


for _function in (squeeze, unsqueeze, transpose, t):
    attach(f"{_function.__name__}_", reshaped_in_place(_function))
attach("swapaxes_", reshaped_in_place(transpose))
