"""Indexing, reading and writing. index is what NumPy takes; see `micrograd.rules.indexing` for how it is made."""

import functools
import math

import numpy as np

from micrograd.ops.registry import op, unchanged


@op("SliceBackward0")
def slice(x, index):
    """Ints, slices, None and the ellipsis: no element is taken twice."""
    shape = x.shape

    def to_x(g):
        result = np.zeros(shape, g.dtype)
        result[index] = g
        return result

    return x[index], to_x


@op("SelectBackward0")
def select(x, index):
    return slice(x, index)


@op("UnsqueezeBackward0")
def index_none(x, index):
    return slice(x, index)


@op("IndexBackward0")
def index(x, index):
    """Integer arrays and masks among the indices: an element that is taken twice gets both gradients."""
    shape = x.shape
    if _of_rows(index) and shape:
        found = x.take(index, 0)  # in a quarter of the time of x[index]
    else:
        found = x[index]
        found = found if found.flags.c_contiguous else found.copy()
    return found, lambda g: _scatter_add(shape, index, g)


def _of_rows(index):
    return isinstance(index, np.ndarray) and index.dtype.kind in "iu"


@functools.lru_cache(maxsize=16)
def _identity(n, dtype):
    return np.eye(n, dtype=dtype)


def _scatter_add(shape, index, g):
    """Zeros of `shape` with every gradient added at its index."""
    if _of_rows(index) and len(shape) == 2:
        (rows, columns), index, g = shape, index.reshape(-1), g.reshape(index.size, shape[1])
        if rows <= 64 and columns > 4 and rows * index.size <= 10_000_000:
            # A product with one-hot columns takes a third of the time of the unbuffered add, for few rows.
            result = _identity(rows, g.dtype).take(index, 0).T @ g
            if math.isfinite(np.add.reduce(result, axis=None)):  # 0 * inf would spill into the other rows
                return result
        result = np.zeros(rows * columns, g.dtype)
        places = index[:, None].astype(np.intp, copy=False) * columns + np.arange(columns)
        np.add.at(result, places.reshape(-1), g.reshape(-1))  # in one dimension, a fifth of the time
        return result.reshape(shape)
    result = np.zeros(shape, g.dtype)
    np.add.at(result, index, g)
    return result


@op("CopySlices")
def put(x, value, basic, advanced):
    """Item assignment, x[basic][advanced] = value. The one op that changes its input: afterwards x is the result."""

    def place(array, part):
        if advanced is None:
            array[basic] = part
        else:
            (array if basic is None else array[basic])[advanced] = part

    dims = np.ndim(value)

    def to_x(g):
        result = np.array(g)
        place(result, 0)
        return result

    def to_value(g):
        g = g if basic is None else g[basic]
        g = g if advanced is None else g[advanced]
        return g.reshape((1,) * (dims - g.ndim) + g.shape)  # value may have more dimensions, of length 1, in front

    place(x, value)
    return x, to_x, to_value


@op("IndexPutBackward0")
def index_put(x, value, basic, advanced):
    return put(x, value, basic, advanced)


@op("ScatterAddBackward0")
def add_at(x, values, place):
    """x with values added at a place, an index of arrays; an element that is named twice gets both."""
    out = x.copy()
    np.add.at(out, place, values)
    return out, unchanged, lambda g: g[place]


@op("GatherBackward0")
def gather(x, index, dim):
    """Element i, j, ... of the result is that of x whose place along dim is index[i, j, ...] instead."""
    shape, where = x.shape, list(np.indices(index.shape, sparse=True))
    where[dim] = index
    place = tuple(where)
    return x[place], lambda g: _scatter_add(shape, place, g)
