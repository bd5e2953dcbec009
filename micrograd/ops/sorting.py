"""Sorting, searching and counting."""

from typing import Any, NamedTuple

import numpy as np

from micrograd.graph import state
from micrograd.ops import TORCH, apply, function, op, save
from micrograd.ops.extremes import Median, Sort, Topk, ValuesAndIndices, _pick
from micrograd.ops.indexing import added_at
from micrograd.ops.picking import positions_along
from micrograd.ops.reductions import shared_equally
from micrograd.rules.dims import dim_of
from micrograd.rules.errors import derivative_is_missing, need_elements, need_floats, refuse_bools
from micrograd.rules.layout import laid_like, put_in_order
from micrograd.rules.rerun import copied, rerun
from micrograd.rules.signatures import need_bool
from micrograd.tensors import Tensor, wrap


@function(examples=["x.sort().values"])
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> ValuesAndIndices:
    """The values sorted along dim, and their indices. The sort is stable; nan counts as the largest."""
    indices = argsort(input, dim, descending)
    return Sort(_taken(input, indices, dim, "SortBackward0"), indices)


@function(examples=["x.argsort()"])
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices (int64) that sort input along dim."""
    axis = dim_of(input, dim)
    if state.grad_enabled:
        _ = input.grad_fn  # raises for a view that cannot follow its base, as PyTorch does
    if not input.ndim:
        return wrap(np.int64(0))
    return wrap(rerun(_order)(input._array, axis, descending))


def _order(x, axis, descending):
    """The indices that sort x along an axis; they lie in memory as x does."""
    if descending:  # backwards twice, so that equal ones stay in the order they had
        order = x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)
    else:
        order = np.argsort(x, axis, kind="stable")
    return laid_like(order, [x])


@function(examples=["x.topk(2).values"])
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices:
    """The k largest (or smallest) elements along dim, and their indices. Raises RuntimeError for too large a k."""
    refuse_bools("topk", input._array, error=RuntimeError)
    axis = dim_of(input, dim)
    if not 0 <= k <= (input.shape[axis] if input.ndim else 1):
        raise RuntimeError(
            f"selected index k out of range: k is {k} and dimension {dim} of {list(input.shape)} is shorter"
        )
    if not input.ndim:
        return Topk(input.clone(), wrap(np.int64(0)))
    indices = wrap(_first_of_order(input._array, axis, largest, k))
    return Topk(_taken(input, indices, dim, "TopkBackward0"), indices)


@rerun
def _first_of_order(x, axis, descending, k):
    """The first k of the indices that sort x along an axis, in order in memory."""
    return put_in_order(_order(x, axis, descending)[(np.s_[:],) * axis + (np.s_[:k],)])


@op("SortBackward0", of="", examples=["x.sort(1).values", "x.topk(2).values"])
def _sorted(x, /, dim, index):
    """The elements at the indices along dim, which their order has chosen; they lie in memory as the indices do."""
    shape, chosen = x.shape, positions_along(dim, index)
    return laid_like(x[chosen], [index]), save(lambda g: added_at(shape, chosen, g), chosen)


def _taken(x: Tensor, indices: Tensor, dim: int, name: str) -> Tensor:
    """The elements at the indices along dim."""
    if not x.ndim:
        return x.clone()
    index = indices._array
    if x.requires_grad:
        index = copied(index)  # the user may change theirs
    return apply(_sorted.op, x, dim=dim_of(x, dim), index=index, name=name)


@op("MedianBackward0", of="", examples=["x.median()"])
def _median(x, /):
    """The element in the middle, the lower of two; of several that are equal to it each gets a share."""
    if x.dtype.kind != "f":
        need_elements(x, "median", None)
    flat = np.sort(x, axis=None)  # nan comes last
    middle = np.nan if not flat.size else flat[-1] if flat[-1] != flat[-1] else flat[(len(flat) - 1) // 2]
    out = np.asarray(middle, x.dtype)
    return out, save(lambda g: shared_equally(g, x, out), x, out)


@function(examples=["x.median()"])
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The element in the middle, the lower of two; nan where there is one. With dim, values and indices along it.

    Raises RuntimeError for bools.
    """
    if dim is not None:
        need_elements(input._array, "median", dim)
    refuse_bools("median", input._array)
    if dim is None:
        return apply(_median.op, input)
    if not input.ndim:
        return Median(input.clone(), wrap(np.int64(0)))
    axis = dim_of(input, dim)
    indices = _middle_at(input._array, axis)
    values = apply(_pick.op, input, indices=indices, dim=axis, keepdim=keepdim, name="MedianBackward1")
    theirs = np.expand_dims(indices, axis).copy() if keepdim else indices.copy()  # the graph keeps its own
    return Median(values, wrap(theirs))


@rerun
def _middle_at(x, axis):
    """The indices of the elements in the middle along an axis, or of the first nan."""
    order, n = np.argsort(x, axis, kind="stable"), x.shape[axis]
    nans = np.isnan(x).sum(axis, keepdims=True) if x.dtype.kind == "f" else np.int64(0)
    middle = np.where(nans == 0, (n - 1) // 2, n - nans)  # the first nan is the last but nans
    shape = [*x.shape[:axis], 1, *x.shape[axis + 1 :]]
    return put_in_order(np.take_along_axis(order, np.broadcast_to(middle, shape), axis).squeeze(axis))


@function(examples=["x.quantile(0.5)"])
def quantile(input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The q-th quantile over dim, or over all elements, linearly interpolated; q: a number in [0, 1] or a 1-D tensor.

    Several q add a leading dimension. Raises RuntimeError where the dtypes differ or a q is not in [0, 1].
    """
    need_floats(input._array, "quantile")
    if not isinstance(q, Tensor | float | int | np.generic):
        raise TypeError(f"quantile(): argument 'q' must be a Tensor or a number, not {type(q).__name__}")
    if not isinstance(q, Tensor):
        q = wrap(np.asarray(q, input._array.dtype))
    if q._array.dtype != input._array.dtype or q.ndim > 1 or not ((q._array >= 0) & (q._array <= 1)).all():
        raise RuntimeError(f"quantile() q must be 0 to 1, of no or one dimension, in {input.dtype}: it is {q!r}")
    if not input._array.size:
        raise RuntimeError("quantile() input tensor must be non-empty")
    axis = 0 if dim is None else dim_of(input, dim)
    whole = dim is None or not input.ndim
    if whole:
        input, kept = input.reshape(-1), [1] * (input.ndim * keepdim)
    else:
        kept = [*input.shape[:axis], *[1] * keepdim, *input.shape[axis + 1 :]]
        if axis < input.ndim - 1:
            input = input.unsqueeze(-1).transpose(axis, -1)
    n = input.shape[-1]
    rows = sort(input).values.view(*kept, n)
    spoiled = wrap(np.isnan(rows._array).any(-1, keepdims=True))
    positions = TORCH["where"](spoiled, n - 1.0, q.reshape(-1) * (n - 1))
    below = positions.detach().floor()
    low, high = (rows.gather(-1, i.long()) for i in (below, positions.detach().ceil()))
    result = low.lerp(high, positions - below)
    if not q.ndim:
        return result.squeeze_(-1)
    return result.unsqueeze_(0).transpose_(0, -1).squeeze_(-1)  # in place: it is no view of another tensor


@function(examples=["torch.searchsorted(torch.arange(4), ints)"])
def searchsorted(sorted_sequence: Tensor, input: Any, *, right: bool = False) -> Tensor:
    """The index (int64) at which each of input would go into a sorted sequence: before equals, or after if right.

    sorted_sequence: one dimension, or as many as input and in all but the last the same, a sequence to each row.
    Raises RuntimeError where the shapes do not fit.
    """
    if not isinstance(right, bool):
        raise TypeError(f"searchsorted(): argument 'right' must be bool, not {type(right).__name__}")
    sequence, values = sorted_sequence._array, np.asarray(input._array if isinstance(input, Tensor) else input)
    if sequence.ndim != 1 and (sequence.ndim != values.ndim or sequence.shape[:-1] != values.shape[:-1]):
        raise RuntimeError(
            "searchsorted(): the sequence has one dimension, or a row for each row of the input: they are "
            f"{list(sequence.shape)} and {list(values.shape)}"
        )
    refuse_bools("searchsorted", sequence)
    n = sequence.shape[-1]
    low, high = np.zeros(values.shape, np.int64), np.full(values.shape, n, np.int64)
    for _ in range(n.bit_length()):  # halve every range, until it is empty
        middle = (low + high) // 2
        positions = np.minimum(middle, n - 1)
        found = sequence[positions] if sequence.ndim == 1 else np.take_along_axis(sequence, positions, -1)
        after = (low < high) & ~(found > values if right else found >= values)  # nan is before all, as in PyTorch
        low, high = np.where(after, middle + 1, low), np.where(after, high, middle)
    return wrap(low)


# Counting.


@function(examples=["ints.nonzero()"])
def nonzero(input: Tensor, as_tuple: bool = False) -> Any:
    """The indices of what is not zero: a row each, (n, input.ndim), or as_tuple a tensor (n,) for each dimension."""
    found = [wrap(indices) for indices in np.nonzero(np.atleast_1d(input._array))]
    return tuple(found) if as_tuple else wrap(np.argwhere(input._array))


@function(examples=["torch.argwhere(ints)"])
def argwhere(input: Tensor) -> Tensor:
    """The indices of what is not zero, a row each."""
    return nonzero(input)


@function(method=False, examples=["torch.isin(ints, ints[:2])"])
def isin(elements: Any, test_elements: Any) -> Tensor:
    """Whether each of elements is among test_elements; one of the two may be a number, TypeError is raised for both."""
    if not isinstance(elements, Tensor) and not isinstance(test_elements, Tensor):
        raise TypeError(f"isin() takes a tensor and a tensor or number, not {elements!r:.40} and {test_elements!r:.40}")
    x, among = [t._array if isinstance(t, Tensor) else t for t in (elements, test_elements)]
    refuse_bools("isin", x, among, error=RuntimeError)
    return wrap(np.isin(x, among))


@op("Unique2Backward0", of="", examples=["x.detach().unique()"])
def _unique(x, /, values):
    """The distinct elements, which have no derivative."""
    return values, derivative_is_missing("unique", NotImplementedError)


@function(examples=["ints.unique()"])
def unique(input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False) -> Any:
    """The distinct elements, sorted, and where asked for the index of each element among them, and their counts."""
    need_bool("unique", "sorted", sorted)
    find: Any = np.unique
    found = find(input._array, return_inverse=return_inverse, return_counts=return_counts, equal_nan=False)
    values = apply(_unique.op, input, values=found[0] if return_inverse or return_counts else found)
    if not (return_inverse or return_counts):
        return values
    results = list(found)
    if return_inverse:
        results[1] = results[1].reshape(input._array.shape)
    return values, *[wrap(result) for result in results[1:]]


@function(examples=["ints.bincount()"])
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... stands in input (1-D, integers, none negative), or the sum of its weights."""
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


@function(examples=["x.detach().histc(4)"])
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements fall into each of `bins` bins of equal width between min and max, as floats.

    Where min and max are equal, between the smallest and the largest element. Raises RuntimeError where there are no
    bins or the range is not finite.
    """
    array = need_floats(input._array, "histc", NotImplementedError)
    low, high = _range_of_bins("histc", array, bins, None if min == max else (min, max))
    low, high = array.dtype.type(low), array.dtype.type(high)
    positions = ((array - low) / (high - low) * bins)[(array >= low) & (array <= high)].astype(np.int64)
    return wrap(np.bincount(np.minimum(positions, bins - 1), minlength=bins).astype(array.dtype))


def _range_of_bins(name: str, array: np.ndarray, bins: Any, ends: Any) -> tuple[float, float]:
    """The ends of the bins, or where there are none the smallest and the largest element."""
    if bins < 1:
        raise RuntimeError(f"{name}(): bins must be > 0, but got {bins}")
    low, high = ends if ends is not None else (array.min(), array.max()) if array.size else (0.0, 1.0)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(f"{name}(): range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"{name}(): max must be larger than min, and they are {low} and {high}")
    return (low - 1, high + 1) if low == high else (low, high)


@function(examples=["torch.histogram(x.detach(), 4).hist"])
def histogram(
    input: Tensor, bins: Any = 100, *, range: tuple[float, float] | None = None, density: bool = False
) -> Histogram:
    """How many elements fall into each of `bins` bins of equal width between the smallest and the largest element.

    bins: their number, or a 1-D tensor of the edges. range: other ends. density: the counts divided by their sum and by
    the width. Raises RuntimeError for no floats, and where there are no bins or the range is not finite.
    """
    array = need_floats(input._array, "histogram").reshape(-1)
    if isinstance(bins, Tensor):
        edges = bins._array
    else:
        low, high = _range_of_bins("histogram", array, bins, range)
        edges = TORCH["linspace"](low, high, bins + 1, dtype=input.dtype)._array
    hist, _ = np.histogram(array[(array >= edges[0]) & (array <= edges[-1])], edges)
    hist = hist.astype(array.dtype)
    if density:
        hist = hist / hist.sum() / np.diff(edges)
    return Histogram(wrap(hist), wrap(edges))
