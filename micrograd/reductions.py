"""Sums, means and their kin. Each is a function of the package and a method of Tensor.

dim is an int or a tuple of ints, negative ones counted from the end, and None means all of them. With keepdim the
reduced dimensions stay, of length 1: that is what makes `P / P.sum(1, keepdim=True)` divide each row by its own sum.
A dim that is not there raises IndexError. keepdims is NumPy's word for keepdim.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from micrograd.conversions import to
from micrograd.creation import linspace
from micrograd.ops import reductions as ops
from micrograd.shapes import dim_of, dims_of
from micrograd.tensors import Tensor, apply, method, wrap


@method
def sum(x: Tensor, dim: Any = None, keepdim: bool = False, *, keepdims: bool = False) -> Tensor:
    """The sum over dim. Integers and bools add up in int64."""
    if dim is None:
        return apply(ops.sum, x, dim=None, keepdim=keepdim or keepdims)
    return apply(ops.sum_dim, x, dim=dims_of(x, dim), keepdim=keepdim or keepdims)


@method
def mean(x: Tensor, dim: Any = None, keepdim: bool = False, *, keepdims: bool = False) -> Tensor:
    """The mean over dim. Raises RuntimeError where the elements are not floats."""
    _need_floats(x, "mean")
    if dim is None:
        return apply(ops.mean, x, dim=None, keepdim=keepdim or keepdims)
    return apply(ops.mean_dim, x, dim=dims_of(x, dim), keepdim=keepdim or keepdims)


@method
def var(
    x: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction=None, keepdims: bool = False
) -> Tensor:
    """The variance over dim: the squared distances from the mean, added up and divided by n - correction.

    correction: 1 by default (Bessel's), which is what unbiased=True means, 0 for unbiased=False.
    Raises RuntimeError where the elements are not floats.
    """
    return _spread(ops.var, x, dim, unbiased, keepdim or keepdims, correction)


@method
def std(
    x: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction=None, keepdims: bool = False
) -> Tensor:
    """The standard deviation over dim, the square root of `var`; where there is no spread, its gradient is 0."""
    return _spread(ops.std, x, dim, unbiased, keepdim or keepdims, correction)


def _spread(op: Callable, x: Tensor, dim: Any, unbiased: bool, keepdim: bool, correction: int | None) -> Tensor:
    _need_floats(x, op.__name__)
    if isinstance(dim, bool):  # x.var(False): the one argument is unbiased
        dim, unbiased = None, dim
    correction = int(unbiased) if correction is None else correction
    return apply(op, x, dim=None if dim is None else dims_of(x, dim), correction=correction, keepdim=keepdim)


class ValuesAndIndices(NamedTuple):
    """What max and min give for a dim: the elements, and where along dim they stand (int64)."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return f"torch.return_types.{type(self).__name__.lower()}(\nvalues={self.values!r},\nindices={self.indices!r})"


class Max(ValuesAndIndices):
    """The result of max with a dim."""


class Min(ValuesAndIndices):
    """The result of min with a dim."""


@method
def max(x: Tensor, dim: int | None = None, keepdim: bool = False, *, keepdims: bool = False) -> Any:
    """The largest element; with dim, the values and indices of the largest along it. Raises RuntimeError for none."""
    return _extreme(Max, x, ops.max, ops.max_dim, np.argmax, dim, keepdim or keepdims)


@method
def min(x: Tensor, dim: int | None = None, keepdim: bool = False, *, keepdims: bool = False) -> Any:
    """The smallest element; with dim, the values and indices of the smallest along it. Raises RuntimeError for none."""
    return _extreme(Min, x, ops.min, ops.min_dim, np.argmin, dim, keepdim or keepdims)


def _extreme(
    kind: Any, x: Tensor, whole: Callable, along: Callable, arg: Callable, dim: int | None, keepdim: bool
) -> Any:
    _need_elements(x, whole.__name__, dim)
    if dim is None:
        return apply(whole, x)
    if x.ndim == 0:
        dim_of(x, dim)
        return kind(x.clone(), wrap(np.int64(0)))
    dim = dim_of(x, dim)
    indices = arg(x._array, axis=dim)
    values = apply(along, x, indices, dim=dim, keepdim=keepdim)
    return kind(values, wrap(np.expand_dims(indices, dim).copy() if keepdim else indices.copy()))


@method
def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the largest element, of the first if there are several; without dim, as if flattened."""
    return _arg(x, np.argmax, dim, keepdim)


@method
def argmin(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the smallest element, of the first if there are several; without dim, as if flattened."""
    return _arg(x, np.argmin, dim, keepdim)


def _arg(x: Tensor, arg: Callable, dim: int | None, keepdim: bool) -> Tensor:
    if x._array.dtype == bool:
        raise RuntimeError(f"{arg.__name__} is not there for bool tensors: take x.int() first")
    _need_elements(x, arg.__name__, dim)
    if dim is not None:
        dim = dim_of(x, dim)
    return wrap(arg(x._array, axis=dim if x.ndim else None, keepdims=keepdim))


@method
def softmax(x: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """exp of each element, divided by the sum of these over dim. Raises RuntimeError for what is no float."""
    return _along(ops.softmax, x if dtype is None else to(x, dtype), dim)


@method
def log_softmax(x: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """The logarithm of softmax, without its overflow. Raises RuntimeError for what is no float."""
    return _along(ops.log_softmax, x if dtype is None else to(x, dtype), dim)


def _along(op: Callable, x: Tensor, dim: int) -> Tensor:
    _need_floats(x, op.__name__)
    dim = dim_of(x, dim)
    return apply(op, x, dim=dim) if x.ndim else apply(op, x.view(1), dim=0).view(())


@method
def logsumexp(x: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """log(sum(exp(x))) over dim, without its overflow."""
    return apply(ops.logsumexp, x if x.dtype.is_floating_point else x.float(), dim=dims_of(x, dim), keepdim=keepdim)


@method
def prod(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The product over dim, or of all elements. Integers and bools multiply in int64."""
    if dim is None:
        x, dim, keepdim = x.reshape(-1), 0, False
    return apply(ops.prod, x, dim=dim_of(x, dim), keepdim=keepdim) if x.ndim else x.clone()


@method
def cumsum(x: Tensor, dim: int) -> Tensor:
    """The sums of the elements up to each one along dim."""
    return apply(ops.cumsum, x, dim=dim_of(x, dim)) if x.ndim else x.clone()


@method
def norm(x: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Tensor:
    """(sum of |x|**p) ** (1 / p) over dim; p=2, 'fro', is the Euclidean norm, p=inf the largest absolute value."""
    _need_floats(x, "norm")
    dims = None if dim is None else dims_of(x, dim)
    if p in ("fro", 2):
        return apply(ops.norm, x, dim=dims, keepdim=keepdim)
    if p == 0:
        return (x != 0).to(x.dtype).sum(dim, keepdim)
    if p in (float("inf"), float("-inf")):
        largest, size = p > 0, x.abs()
        if dim is None:
            return size.max() if largest else size.min()
        return (size.max(dim, keepdim) if largest else size.min(dim, keepdim)).values
    return (x.abs() ** p).sum(dim, keepdim) ** (1 / p) if p != 1 else x.abs().sum(dim, keepdim)


@method
def any(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Whether any element over dim is not zero."""
    return wrap(np.any(x._array, axis=None if dim is None else dim_of(x, dim), keepdims=keepdim))


@method
def all(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Whether no element over dim is zero."""
    return wrap(np.all(x._array, axis=None if dim is None else dim_of(x, dim), keepdims=keepdim))


# In order.


@method
def sort(x: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The values in order along dim, and their indices. Equal ones stay in the order they had; nan is the largest."""
    indices = argsort(x, dim, descending)
    return Sort(_taken(x, indices, dim), indices)


@method
def argsort(x: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices (int64) that put x in order along dim."""
    if not x.ndim:
        return wrap(np.int64(0))
    axis, array = dim_of(x, dim), x._array
    if descending:  # backwards twice, so that equal ones stay in the order they had
        order = array.shape[axis] - 1 - np.flip(np.argsort(np.flip(array, axis), axis, kind="stable"), axis)
    else:
        order = np.argsort(array, axis, kind="stable")
    return wrap(order)


@method
def topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) elements along dim, and their indices. Raises RuntimeError for too large a k."""
    axis = dim_of(x, dim)
    if not 0 <= k <= (x.shape[axis] if x.ndim else 1):
        raise RuntimeError(f"selected index k out of range: k is {k} and dimension {dim} of {list(x.shape)} is shorter")
    if not x.ndim:
        return Topk(x.clone(), wrap(np.int64(0)))
    order = argsort(x, dim, descending=largest)._array
    indices = wrap(np.ascontiguousarray(order[(np.s_[:],) * axis + (np.s_[:k],)]))
    return Topk(_taken(x, indices, dim), indices)


def _taken(x: Tensor, indices: Tensor, dim: int) -> Tensor:
    return x.gather(dim, indices) if x.ndim else x.clone()


class Sort(ValuesAndIndices):
    """The result of sort."""


class Topk(ValuesAndIndices):
    """The result of topk."""


# Counting.


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


@method
def histogram(
    x: Tensor, bins: int = 100, *, range: tuple[float, float] | None = None, density: bool = False
) -> Histogram:
    """How many elements fall into each of so many bins of one width between the smallest and the largest element.

    range: other ends. density: the counts divided by their sum and by the width. Raises RuntimeError for no floats.
    """
    _need_floats(x, "histogram")
    array = x._array.reshape(-1)
    low, high = range if range is not None else (array.min(), array.max()) if array.size else (0.0, 1.0)
    if low == high:
        low, high = low - 1, high + 1
    edges = linspace(low, high, bins + 1, dtype=x.dtype)._array
    hist, _ = np.histogram(array[(array >= low) & (array <= high)], edges)
    hist = hist.astype(array.dtype)
    if density:
        hist = hist / hist.sum() / np.diff(edges)
    return Histogram(wrap(hist), wrap(edges))


def _need_floats(x: Tensor, name: str) -> None:
    if x._array.dtype.kind != "f":
        raise RuntimeError(f"{name}(): the elements have to be floats, and they are {x.dtype}: take x.float() first")


def _need_elements(x: Tensor, name: str, dim: int | None) -> None:
    if dim is None and x._array.size == 0:
        raise RuntimeError(f"{name}(): the tensor of shape {list(x.shape)} has no elements to choose from")
    if dim is not None and x.ndim and x._array.shape[dim_of(x, dim)] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size; the shape is {list(x.shape)}")
