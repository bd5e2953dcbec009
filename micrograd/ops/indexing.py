"""Indexing, reading and writing. index is what NumPy takes; see `micrograd.indexing` for how it is made."""

import numpy as np

from micrograd.ops.registry import op


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
    found = x[index]
    return (found if found.flags.c_contiguous else found.copy()), lambda g: _scatter_add(shape, index, g)


def _scatter_add(shape, index, g):
    """Zeros of `shape` with every gradient added at its index."""
    if isinstance(index, np.ndarray) and index.dtype.kind in "iu" and len(shape) == 2:
        one_hot_size = shape[0] * index.size
        if shape[0] <= 128 and one_hot_size <= 10_000_000:
            # A matrix product with one-hot rows takes a third of the time of the unbuffered add, for few rows.
            one_hot = np.zeros((index.size, shape[0]), g.dtype)
            one_hot[np.arange(index.size), index.reshape(-1)] = 1
            result = one_hot.T @ g.reshape(index.size, shape[1])
            if np.isfinite(np.add.reduce(result, axis=None)):  # 0 * inf would spill into the other rows
                return result
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


@op("GatherBackward0")
def gather(x, index, dim):
    """Element i, j, ... of the result is that of x whose place along dim is index[i, j, ...] instead."""
    shape, where = x.shape, list(np.indices(index.shape, sparse=True))
    where[dim] = index
    place = tuple(where)
    return x[place], lambda g: _scatter_add(shape, place, g)
