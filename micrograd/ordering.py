"""Elements in order, and how often they are there. Most are functions of the package and methods of Tensor."""

from typing import Any, NamedTuple

import numpy as np

from micrograd.creation import linspace
from micrograd.ops import reductions as ops
from micrograd.reductions import ValuesAndIndices, need_elements, need_floats
from micrograd.shapes import dim_of
from micrograd.tensors import Tensor, apply, method, named, wrap


@method
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The values in order along dim, and their indices. Equal ones stay in the order they had; nan is the largest."""
    indices = argsort(input, dim, descending)
    return Sort(named(_taken(input, indices, dim), "SortBackward0"), indices)


@method
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices (int64) that put input in order along dim."""
    if not input.ndim:
        return wrap(np.int64(0))
    axis, array = dim_of(input, dim), input._array
    if descending:  # backwards twice, so that equal ones stay in the order they had
        order = array.shape[axis] - 1 - np.flip(np.argsort(np.flip(array, axis), axis, kind="stable"), axis)
    else:
        order = np.argsort(array, axis, kind="stable")
    return wrap(order)


@method
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) elements along dim, and their indices. Raises RuntimeError for too large a k."""
    axis = dim_of(input, dim)
    if not 0 <= k <= (input.shape[axis] if input.ndim else 1):
        raise RuntimeError(
            f"selected index k out of range: k is {k} and dimension {dim} of {list(input.shape)} is shorter"
        )
    if not input.ndim:
        return Topk(input.clone(), wrap(np.int64(0)))
    order = argsort(input, dim, descending=largest)._array
    indices = wrap(np.ascontiguousarray(order[(np.s_[:],) * axis + (np.s_[:k],)]))
    return Topk(named(_taken(input, indices, dim), "TopkBackward0"), indices)


def _taken(x: Tensor, indices: Tensor, dim: int) -> Tensor:
    return x.gather(dim, indices) if x.ndim else x.clone()


class Sort(ValuesAndIndices):
    """The result of sort."""


class Topk(ValuesAndIndices):
    """The result of topk."""


class Median(ValuesAndIndices):
    """The result of median with a dim."""


@method
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The element in the middle, the lower of two; nan where there is one. With dim, values and indices along it."""
    need_elements(input, "median", dim)
    if dim is None:
        return apply(ops.median, input)
    if not input.ndim:
        return Median(input.clone(), wrap(np.int64(0)))
    axis = dim_of(input, dim)
    order = np.argsort(input._array, axis, kind="stable")
    nans = np.isnan(input._array).sum(axis, keepdims=True) if input._array.dtype.kind == "f" else 0
    middle = np.where(
        nans == 0, (input.shape[axis] - 1) // 2, input.shape[axis] - nans
    )  # the first nan is last but nans
    indices = wrap(
        np.take_along_axis(order, np.broadcast_to(middle, [*input.shape[:axis], 1, *input.shape[axis + 1 :]]), axis)
    )
    values = input.gather(axis, indices)
    if not keepdim:
        values, indices = values.squeeze(axis), indices.squeeze(axis)
    return Median(named(values, "MedianBackward1"), indices)


@method
def quantile(input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """What a part q of the elements, 0 to 1, is below, between two of them by the line; q: a number or 1-D tensor.

    Over dim, or over all; several q add a dimension in front. Raises RuntimeError where the dtypes differ or q is no
    part.
    """
    need_floats(input, "quantile")
    if not isinstance(q, Tensor):
        q = wrap(np.asarray(q, input._array.dtype))
    if q._array.dtype != input._array.dtype or q.ndim > 1 or not ((q._array >= 0) & (q._array <= 1)).all():
        raise RuntimeError(f"quantile() q must be 0 to 1, of no or one dimension, in {input.dtype}: it is {q!r}")
    need_elements(input, "quantile", dim)
    rows = sort(
        input.reshape(-1) if dim is None else input.view(-1) if not input.ndim else input.transpose(dim, -1)
    ).values
    n = rows.shape[-1]
    spoiled = np.isnan(rows._array).any(-1, keepdims=True)
    places = np.where(spoiled, n - 1.0, q._array.reshape(-1) * (n - 1))
    below = np.floor(places).astype(np.int64)
    low, high = (rows.gather(-1, wrap(i)) for i in (below, np.minimum(below + 1, n - 1)))
    result = low + (high - low) * wrap((places - below).astype(input._array.dtype))
    if dim is None:
        parts = result.reshape(-1, *[1] * (input.ndim * keepdim))
    else:  # the last dimension, which has the parts, is the first now, and dim is where it was
        parts = result.unsqueeze(-2).transpose(-2, dim_of(input, dim) - max(input.ndim, 1) - 1).movedim(-1, 0)
        parts = parts if keepdim else parts.squeeze(dim_of(input, dim) + 1)
    return parts if q.ndim else parts[0]


@method
def searchsorted(sorted_sequence: Tensor, input: Any, *, right: bool = False) -> Tensor:
    """Where each of input would go into a row in order (1-D), before equals, or behind them if right; int64."""
    values = input._array if isinstance(input, Tensor) else input
    return wrap(np.searchsorted(sorted_sequence._array, values, "right" if right else "left"))


# Counting.


@method
def nonzero(input: Tensor, as_tuple: bool = False) -> Any:
    """The indices of what is not zero: a row each, (n, input.ndim), or as_tuple a tensor (n,) for each dimension."""
    found = [wrap(indices) for indices in np.nonzero(np.atleast_1d(input._array))]
    return tuple(found) if as_tuple else wrap(np.argwhere(input._array))


@method
def argwhere(input: Tensor) -> Tensor:
    """The indices of what is not zero, a row each."""
    return nonzero(input)


def isin(elements: Tensor, test_elements: Any) -> Tensor:
    """Whether each of elements is among test_elements."""
    among = test_elements._array if isinstance(test_elements, Tensor) else test_elements
    return wrap(np.isin(elements._array, among))


@method
def unique(input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False) -> Any:
    """The different elements in order and, where asked for, where each element is among them, and how often each is."""
    find: Any = np.unique
    found = find(input._array, return_inverse=return_inverse, return_counts=return_counts)
    if not (return_inverse or return_counts):
        return wrap(found)
    results = list(found)
    if return_inverse:
        results[1] = results[1].reshape(input._array.shape)
    return tuple([wrap(result) for result in results])


@method
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... stands in input (1-D, whole numbers, none negative), or the sum of its weights."""
    if input.ndim != 1 or input._array.dtype.kind not in "iu" or (input._array < 0).any():
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    given = None if weights is None else weights._array
    counts = np.bincount(input._array, given, minlength)
    return wrap(counts.astype(given.dtype) if given is not None and given.dtype == np.float32 else counts)


class Histogram(NamedTuple):
    """What histogram gives: the count, or density, of each bin, and the edges, one more than bins."""

    hist: Tensor
    bin_edges: Tensor

    def __repr__(self) -> str:
        return f"torch.return_types.histogram(\nhist={self.hist!r},\nbin_edges={self.bin_edges!r})"


@method
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements fall into each of so many bins of one width between min and max, as floats.

    Where min and max are equal, between the smallest and the largest element.
    """
    need_floats(input, "histc")
    array = input._array
    low, high = (array.min(), array.max()) if min == max and array.size else (min, max)
    if low == high:
        low, high = low - 1, high + 1
    low, high = array.dtype.type(low), array.dtype.type(high)
    places = ((array - low) / (high - low) * bins)[(array >= low) & (array <= high)].astype(np.int64)
    return wrap(np.bincount(np.minimum(places, bins - 1), minlength=bins).astype(array.dtype))


@method
def histogram(
    input: Tensor, bins: int = 100, *, range: tuple[float, float] | None = None, density: bool = False
) -> Histogram:
    """How many elements fall into each of so many bins of one width between the smallest and the largest element.

    range: other ends. density: the counts divided by their sum and by the width. Raises RuntimeError for no floats.
    """
    need_floats(input, "histogram")
    array = input._array.reshape(-1)
    low, high = range if range is not None else (array.min(), array.max()) if array.size else (0.0, 1.0)
    if low == high:
        low, high = low - 1, high + 1
    edges = linspace(low, high, bins + 1, dtype=input.dtype)._array
    hist, _ = np.histogram(array[(array >= low) & (array <= high)], edges)
    hist = hist.astype(array.dtype)
    if density:
        hist = hist / hist.sum() / np.diff(edges)
    return Histogram(wrap(hist), wrap(edges))
