"""Indexing: reading and writing."""

import functools
import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd.graph import state
from micrograd.in_place import is_expanded, is_same, records, refuse_change, refuse_overlap, snapshot, write
from micrograd.ops import apply, attach, function, op, plain, save
from micrograd.rules.errors import OVERLAPS, PARTLY_OVERLAPS, need_to_fit, pytorch_error
from micrograd.rules.indexing import basic_kind, dims_named, split_index, takes_all
from micrograd.rules.layout import dims_in_memory, in_memory, stretched
from micrograd.rules.rerun import copied, made
from micrograd.tensors import Tensor, wrap

NODE_NAMES = {"int": "SelectBackward0", "slice": "SliceBackward0", "None": "UnsqueezeBackward0"}


@op("SliceBackward0", view=True, of="", examples=["x[1]", "x[:, 1:3]", "x[..., None]", "x[::2, 0]"])
def _slice(x, /, index):
    """x[index] for ints, slices, None and the ellipsis, a view: no element is taken twice."""
    shape = x.shape

    def dx(g):
        result = np.zeros(shape, g.dtype)
        result[index] = g
        return result

    out = x[index]
    return (_with_strides(out, x, index) if None in index else out), dx


@op("IndexBackward0", of="", examples=["x[ints % 3]", "x[:, ints]", "x[mask]", "x[ints % 3, ints]"])
def _index(x, /, index, in_order=False):
    """x[index] where arrays and masks are among the indices, a copy: the gradients of an element taken twice add up.

    in_order: whether it lies in memory in order, as index_select's does, or as x does.
    """
    shape = x.shape
    if _is_of_rows(index) and x.ndim:
        found = x.take(index, 0)  # in a quarter of the time of x[index]
        lies_as_index = index.ndim == 1 or index.flags.c_contiguous
        in_order = in_order or found.ndim == 1 or (lies_as_index and x.flags.c_contiguous and 1 not in shape)
    else:
        found = x[index]
        if not found.flags.c_contiguous or 1 in found.shape:  # the stride of a single element is in order too
            found = found.reshape(-1).reshape(found.shape)
    if found.ndim > 1 and not in_order and not _all_in_order(x, index):
        found = _laid_out(found, x, index)
    return found, save(lambda g: added_at(shape, index, g), index)


def arrays_in(index):
    """The arrays among the parts of an index."""
    return [part for part in (index if isinstance(index, tuple) else (index,)) if isinstance(part, np.ndarray)]


def added_at(shape, index, g):
    """Zeros of `shape` with every gradient added at its index."""
    if _is_of_rows(index) and len(shape) == 2:
        (rows, columns), index, g = shape, index.reshape(-1), g.reshape(index.size, shape[1])
        if rows <= 64 and columns > 4 and rows * index.size <= 10_000_000:
            # A product with one-hot columns takes a third of the time of the unbuffered add, for few rows.
            result = _identity(rows, g.dtype).take(index, 0).T.dot(g)
            if math.isfinite(np.add.reduce(result, axis=None)):  # 0 * inf would spill into the other rows
                return result
        result = np.zeros(shape, g.dtype)
        positions = (index.astype(np.intp, copy=False) * columns)[:, None] + _range(columns)
        np.add.at(result.reshape(-1), positions.reshape(-1), g.reshape(-1))  # in one dimension, a fifth of the time
        return result
    result = np.zeros(shape, g.dtype)
    np.add.at(result, index, g)
    return result


def _getitem(input: Tensor, index: Any) -> Tensor:
    copy = state.grad_enabled and (input._requires_grad or input._base is not None)
    if isinstance(index, Tensor) and (array := index._array).ndim and array.dtype.kind == "i":
        return apply(_index.op, input, index=copied(array) if copy else array)
    basic, advanced = split_index(_with_arrays(index), input.ndim, copied if copy else None, made)
    result = input
    if basic is not None:
        result = apply(_slice.op, input, index=basic, name=NODE_NAMES[basic_kind(basic)])
    return result if advanced is None else apply(_index.op, result, index=advanced)


def _with_arrays(index: Any) -> Any:
    """An index with arrays in place of tensors, and a number in place of a tensor of one whole number."""
    return tuple(map(_with_array, index)) if isinstance(index, tuple) else _with_array(index)


def _with_array(item: Any) -> Any:
    is_number = isinstance(item, Tensor) and not item._array.ndim and item._array.dtype.kind == "i"
    return item.item() if is_number else item._array if isinstance(item, Tensor) else item


# Writing.


@op("IndexPutBackward0", of="", examples=["put(x * 1, y[0], 1)", "put(x * 1, 0.5, ints % 3)", "put(x * 1, 0.5, mask)"])
def _put(x, value, /, index):
    """x[index] = value, for arrays or `...`. The one op that changes its input: afterwards x is the result."""
    dims = np.ndim(value)
    x[index] = value

    def dx(g):
        result = np.array(g)
        result[index] = 0
        return result

    def dvalue(g):
        g = g[index]
        return g.reshape((1,) * (dims - g.ndim) + g.shape)  # value may have more leading dimensions, of length 1

    return (x, dx, dvalue) if index is ... else (x, save(dx, index), save(dvalue, index))


def _setitem(input: Tensor, index: Any, value: Any) -> None:
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise ValueError(f"Overflow when unpacking long long: {value} has more than 64 bits")
    basic, advanced = split_index(_with_arrays(index), input.ndim, copied, made)
    if basic is None or (advanced is None and takes_all(basic, input._array.shape)):
        _put_into(input, advanced, value, assigned=True)
    elif records(input, value) or state.recording is not None:
        view = apply(_slice.op, input, index=basic, name=NODE_NAMES[basic_kind(basic)])
        _put_into(view, advanced, value, assigned=True)
    else:
        try:
            part = wrap(_slice.op.forward(input._array, basic)[0])  # no view: there is no graph that has to know
        except IndexError as error:
            raise pytorch_error("slice", [input._array], {}, error) from None
        part._version = input._version
        _put_into(part, advanced, value, assigned=True)


def _put_into(x: Tensor, index: Any, value: Any, assigned: bool = False, fill: str = "FillBackward2") -> None:
    """x[index] = value, where index is None (the whole of x), or of arrays. fill: the node's name for a number."""
    array, is_tensor = plain(value), isinstance(value, Tensor)
    name = "IndexPutBackward0"
    if not isinstance(array, np.ndarray) or _is_one_number(array, index, x._array.ndim):
        if isinstance(array, np.ndarray) and (array.ndim or array.dtype != x._array.dtype):
            array = value.item() if is_tensor else array.item()
            if x._array.dtype == np.uint8 and -256 < array < 0:
                array = int(array)  # of a tensor, unlike of a number, floats wrap too
        array = array if isinstance(array, np.ndarray) else need_to_fit(array, x._array.dtype)
        name = ("FillBackward3" if assigned or is_tensor else fill) if index is None else name
        if index is None and (assigned or is_tensor) and is_expanded(x._array):
            raise RuntimeError(OVERLAPS)  # by fill_ and a number alone PyTorch fills it
    elif is_tensor and index is not None:
        _check_put(x, value)
    elif is_tensor:
        same = assigned and is_same(x._array, array) and _has_changed(value)
        if same and (value._base is (x if x._base is None else x._base) or not records(x, value)):
            if records(x, value):
                refuse_change(x)
                _ = value.grad_fn  # raises for a view that cannot follow its base
            x._version[0] += 1  # the end of x[1:] += 1, which PyTorch copies
            _ = records(x, value) and x.grad_fn  # of a view: that of the memory as it is now
            return
        name = "CopyBackwards"
        refuse_overlap(x._array, array)
    if index is None:
        index = ...
    else:
        refuse_overlap(x._array, None)
        if np.ndim(plain(value)) > 1 and isinstance(index, np.ndarray) and index.dtype == np.bool_:
            index = index.nonzero()  # NumPy takes values of one dimension alone for a mask
    before = x
    if recorded := records(x, value):
        refuse_change(x)
        before = snapshot(x)
    if state.recording is not None:
        state.recording.puts(x, before)
    result = apply(_put.op, before, value if recorded else array, index=index, name=name)
    if recorded:
        write(x, result)
    else:
        x._version[0] += 1


attach("__getitem__", _getitem)
attach("__setitem__", _setitem)


# That is what the lectures need. How results lie in memory, and filling:


def _delitem(input: Tensor, index: Any) -> None:
    raise TypeError("a Tensor does not support deleting items: take those that stay, as in x[1:] or x[mask]")


attach("__delitem__", _delitem)


def _is_of_rows(index):
    return isinstance(index, np.ndarray) and index.dtype.kind in "iu"


@functools.lru_cache(maxsize=16)
def _identity(n, dtype):
    return np.eye(n, dtype=dtype)


@functools.lru_cache(maxsize=16)
def _range(n):
    return np.arange(n)


def _with_strides(out, x, index):
    """out = x[index] with PyTorch's strides for the dimensions that None makes; NumPy's are 0."""
    if out.flags.c_contiguous and out.size == x.size and 1 not in x.shape:
        return out.reshape(-1).reshape(out.shape)
    steps, d = list(out.strides), 0  # the one of x that comes next
    new = 0  # the same of out
    for item in index:
        if item is None:
            steps[new] = x.shape[d] * x.strides[d] if d < x.ndim else x.itemsize
        named = x.ndim - sum([each is not None and each is not ... for each in index]) if item is ... else 1
        d += 0 if item is None else named
        new += 0 if isinstance(item, int) else named
    return as_strided(out, out.shape, steps)


def _all_in_order(x, index):
    """Whether what is found at an index of x lies as it should by itself."""
    if not x.flags.c_contiguous or 1 in x.shape:
        return False
    if isinstance(index, np.ndarray):
        return index.flags.c_contiguous
    return all(array.flags.c_contiguous for array in arrays_in(index))


def _laid_out(found, x, index):
    """What was found at an index, in the order in which PyTorch writes it: that of x, then that of the arrays."""
    parts, kept, covered, arrays = list(index if isinstance(index, tuple) else (index,)), [], [], arrays_in(index)
    gap = next((i for i, part in enumerate(parts) if part is ...), len(parts))
    missing = x.ndim - sum([dims_named(part) for part in parts if part is not ...])
    parts[gap : gap + 1] = [slice(None)] * missing
    for part in parts:
        if isinstance(part, np.ndarray):
            covered += range(len(kept), len(kept) + dims_named(part))
        kept += [slice(None)] * dims_named(part) if isinstance(part, np.ndarray) else [part]
    if not covered:  # by True and False alone, which index no dimension
        return found
    steps = x[tuple(kept)].strides
    # NumPy's rule, like PyTorch's: where the arrays are, if they are side by side, else first.
    first = covered[0] if covered == list(range(covered[0], covered[0] + len(covered))) else 0
    rest = [step for d, step in enumerate(steps) if d not in covered]
    each = np.broadcast_arrays(*[a.nonzero()[0] if a.dtype.kind == "b" else a for a in arrays])
    around = (*[1] * first, *each[0].shape, *[1] * (len(rest) - first))
    strides = [[*rest[:first], *[0] * each[0].ndim, *rest[first:]]]
    strides += [stretched(array.reshape(around), found.shape) for array in each]
    return in_memory(found, dims_in_memory(found.shape, strides))


def _has_changed(view: Tensor) -> bool:
    """Whether a view was changed since it was made, and is no leaf."""
    stale = view._base is not None and view._seen != view._version[0]
    return stale and (view._node is not None or not view._requires_grad)


def _is_one_number(value: np.ndarray, index: Any, ndim: int) -> bool:
    """Whether PyTorch fills with the one number of value: a tensor without dimensions, or one element under a mask."""
    if index is None:
        return value.ndim == 0 < ndim
    arrays = arrays_in(index)
    return value.size == 1 == len(arrays) and arrays[0].ndim > 0 and arrays[0].dtype == np.bool_


def _check_put(x: Tensor, value: Tensor) -> None:
    """Raises RuntimeError if value cannot be broadcast to x[index]."""
    if value.dtype != x.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {x.dtype} for the destination and "
            f"{value.dtype} for the source: take value.to(x.dtype)"
        )
    if np.shares_memory(x._array, value._array):
        raise RuntimeError(PARTLY_OVERLAPS)


@function(examples=["x.clone().fill_(3.0)"])
def fill_(input: Tensor, value: Any) -> Tensor:
    """Fill input with one number, or with a tensor without dimensions, in place."""
    if np.ndim(plain(value)):
        raise RuntimeError(f"fill_ only supports a value without dimensions, and this has {np.ndim(plain(value))}")
    _put_into(input, None, value)
    return input


@function(examples=["x.clone().zero_()"])
def zero_(input: Tensor) -> Tensor:
    """Fill input with zeros, in place."""
    _put_into(input, None, 0, fill="ZeroBackward0")
    return input


def _copy_(input: Tensor, source: Tensor) -> Tensor:
    """Copy the numbers of source, which broadcasts to input's shape, into input, in place."""
    refuse_overlap(input._array, plain(source))
    _put_into(input, None, source)
    return input


attach("copy_", _copy_)
