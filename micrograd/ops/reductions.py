"""Reductions: sums, means and the like.

dim is an int or several, negative ones counted from the end, and None means all of them. With keepdim the reduced
dimensions stay, of length 1: that is what makes `P / P.sum(1, keepdim=True)` divide each row by its own sum. dtype:
what to convert the elements to before. A dim that is not there raises IndexError, one named twice RuntimeError.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd.ops import TORCH, function, op, save
from micrograd.ops.elementwise import _sign, all_normal, where_true
from micrograd.rules.dims import dim_of, dims_of
from micrograd.rules.errors import need_floats, warn_of_no_freedom
from micrograd.rules.sums import largest_of_rows, sum_over
from micrograd.tensors import Tensor


def stretch(g, shape, dim, keepdim):
    """The gradient of a reduction, expanded over the dimensions that were reduced, as `expand` does it: no copy."""
    g, steps = np.asarray(g, order="C"), [0] * len(shape)
    if dim is not None:
        for i, d in enumerate([d for d in range(len(shape)) if d not in dim]):
            steps[d] = g.strides[d if keepdim else i]
    return np.ndarray(shape, g.dtype, g, 0, steps)  # in a tenth of the time of np.broadcast_to


def _count(shape, dim) -> int:
    return math.prod(shape if dim is None else [shape[d] for d in dim])


def _in_dtype(x, dtype):
    return x if dtype is None else x.astype(dtype.numpy, copy=False)


def _node(name: str) -> Callable[..., str]:
    """PyTorch's names of the node: of a reduction over all elements, and over dim."""
    return lambda x, dim=None, **options: f"{name}Backward{0 if dim is None else 1}"


@op(_node("Sum"), in_order=True, examples=["x.sum()", "x.sum(0)", "batch.sum((0, 2))", "x.sum(1, keepdim=True)"])
def sum(x, /, dim=None, keepdim=False, *, dtype=None):
    """The sum over dim. Integers and bools add up in int64."""
    x, dim = _in_dtype(x, dtype), dims_of(x, dim)
    shape = x.shape
    out = sum_over(x, dim, keepdim, np.int64 if x.dtype.kind in "biu" and dtype is None else x.dtype)
    return out, lambda g: stretch(g, shape, dim, keepdim)


@op(_node("Mean"), in_order=True, examples=["x.mean()", "x.mean(0)", "batch.mean((0, 2))", "x.mean(1, keepdim=True)"])
def mean(x, /, dim=None, keepdim=False, *, dtype=None):
    """The mean over dim. Raises RuntimeError where the elements are not floats."""
    x, dim = need_floats(_in_dtype(x, dtype), "mean"), dims_of(x, dim)
    shape, n = x.shape, _count(x.shape, dim)
    return sum_over(x, dim, keepdim) / x.dtype.type(n), lambda g: stretch(g / n, shape, dim, keepdim)


@op("VarBackward0", in_order=True, examples=["x.var()", "x.var(0)", "x.var(1, keepdim=True)", "x.var(0, correction=0)"])
def var(x, /, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance over dim: the squared distances from the mean, added up and divided by n - correction.

    correction: 1 by default (Bessel's), which is what unbiased=True means, 0 for unbiased=False. The distances are
    taken first, so no digits are lost where the mean is large; PyTorch 2.13 loses some there. Raises RuntimeError where
    the elements are not floats.
    """
    x, dim, freedom, keepdim = _spread_arguments("var", x, dim, unbiased, keepdim, correction)
    out, far = _variance(x, dim, freedom, keepdim)
    return out, save(lambda g: _variance_slope(g, x, dim, freedom, keepdim, far), x)


@op("StdBackward0", in_order=True, examples=["x.std()", "x.std(0)", "x.std(1, keepdim=True)", "x.std(0, correction=0)"])
def std(x, /, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation over dim, the square root of `var`; where it is 0, its gradient is 0."""
    x, dim, freedom, keepdim = _spread_arguments("std", x, dim, unbiased, keepdim, correction)
    variance, far = _variance(x, dim, freedom, keepdim)
    out = np.asarray(np.sqrt(variance))
    if x.dtype == np.float32 and not np.isfinite(out).all():  # it is there where the variance itself is too large
        out = np.asarray(np.sqrt(_variance(x.astype(np.float64), dim, freedom, keepdim)[0]), x.dtype)

    def dx(g):
        g = np.divide(g, 2 * out, out=np.zeros_like(out), where=out != 0)  # no spread, no direction: 0
        return _variance_slope(g, x, dim, freedom, keepdim, far)

    return out, save(dx, x, out)


# Softmax and its logarithm subtract the maximum first, so that nothing overflows. Fused, for speed.


@op("SoftmaxBackward0", in_order=True, examples=["x.softmax(1)", "batch.softmax(0)", "F.softmax(x, dim=-1)"])
def softmax(x, /, dim, dtype=None):
    """exp(input) / exp(input).sum(dim, keepdim=True), in one node. Raises RuntimeError for other dtypes than floats."""
    x, dim = need_floats(_in_dtype(x, dtype), "softmax", NotImplementedError), (dim_of(x, dim),)
    dim = dim if x.ndim else None
    out = np.exp(x - _largest_over(x, dim))
    out /= sum_over(out, dim, keepdim=True)

    def dx(g):
        result = g * out
        result -= out * sum_over(result, dim, keepdim=True)
        return result

    return out, save(dx, out)


@op("LogSoftmaxBackward0", in_order=True, examples=["x.log_softmax(1)", "batch.log_softmax(0)"])
def log_softmax(x, /, dim, dtype=None):
    """softmax(input, dim).log(), in one node, without overflow. Raises RuntimeError for other dtypes than floats."""
    x, dim = need_floats(_in_dtype(x, dtype), "log_softmax", NotImplementedError), (dim_of(x, dim),)
    dim = dim if x.ndim else None
    out = x - np.maximum.reduce(x, axis=dim, keepdims=True, initial=-np.inf)
    out -= np.log(sum_over(np.exp(out), dim, keepdim=True))
    return out, save(lambda g: g - np.exp(out) * sum_over(g, dim, keepdim=True), out)


# That is what the lectures need. More of PyTorch's reductions:


def _largest_over(x, dim):
    """The largest numbers over the dimensions dim, which stay, of length 1; the largest of all for None."""
    if dim == (x.ndim - 1,) and x.flags.c_contiguous:
        return largest_of_rows(x)
    return np.maximum.reduce(x, axis=dim, keepdims=True, initial=-np.inf)


def _spread_arguments(name, x, dim, unbiased, keepdim, correction):
    """The arguments of var and std: x, the dimensions, n - correction, and keepdim."""
    need_floats(x, name)
    if isinstance(dim, bool):  # x.var(False): the one argument is unbiased
        dim, unbiased = None, dim
    if unbiased is not None and not isinstance(unbiased, bool):
        raise TypeError(f"{name}(): argument 'unbiased' must be bool, not {unbiased!r}; several dims: {name}((0, 1))")
    if unbiased is not None and correction is not None:
        raise TypeError(f"{name}() takes unbiased or correction, not both: correction=1 is unbiased=True")
    dims = dims_of(x, dim)
    if correction is None:
        correction = 0 if unbiased is False else 1
    n = _count(x.shape, dims)
    if n <= correction:
        warn_of_no_freedom(name, n, correction, x.shape)
    return x, dims, n - correction, keepdim


def _variance(x, dim, freedom, keepdim):
    """The variance, and whether x is so far from 0 that the mean, as it is rounded, is not good enough for it."""
    n, eps = x.dtype.type(_count(x.shape, dim)), np.finfo(x.dtype).eps
    mean = sum_over(x, dim, keepdim=True) / n
    centred = np.asarray(x - mean)
    out = np.asarray(sum_over(np.square(centred, out=centred), dim, keepdim=True))
    far = bool((out < 64 * eps * n * mean * mean).any())
    if far:
        out = np.asarray(sum_over(np.square(_centred(x, dim, far)), dim, keepdim=True))
    out = out / x.dtype.type(freedom if freedom > 0 else 0)
    return np.asarray(out if keepdim else np.squeeze(out, dim)), far


def _centred(x, dim, far):
    """x - mean(x); far: and once more the mean of that, which takes away the error that the first was rounded by."""
    n = x.dtype.type(_count(x.shape, dim))
    centred = x - sum_over(x, dim, keepdim=True) / n
    if not far:
        return centred
    error = sum_over(centred, dim, keepdim=True) / n
    return centred - np.where(np.isfinite(error), error, 0)


def _variance_slope(g, x, dim, freedom, keepdim, far):
    """d(var)/d(x) = 2 (x - mean) / freedom. Of all elements and without freedom it is infinite, as in PyTorch."""
    g, centred = stretch(g, x.shape, dim, keepdim), _centred(x, dim, far)
    if dim is None and freedom <= 0:
        return g * np.where((centred == 0) | np.isinf(x), np.nan, np.inf)
    return g * centred * (x.dtype.type(2) / x.dtype.type(freedom))


@op("LogsumexpBackward0", in_order=True, examples=["x.logsumexp(1)", "batch.logsumexp((0, 2), keepdim=True)"])
def logsumexp(x, /, dim, keepdim=False):
    """exp(input).sum(dim).log(), in one node and without overflow."""
    x, dim = x if x.dtype.kind == "f" else x.astype(np.float32), dims_of(x, dim)
    shape = x.shape
    largest = _largest_over(x, dim)
    largest = np.where(np.isfinite(largest), largest, x.dtype.type(0))
    out = np.log(sum_over(np.exp(x - largest), dim, keepdim=True)) + largest
    if not keepdim:
        out = np.squeeze(out, dim)
    return out, save(lambda g: stretch(g, shape, dim, keepdim) * np.exp(x - stretch(out, shape, dim, keepdim)), x, out)


def shared_equally(g, x, out, dim=None, keepdim=False, lost=0.0):
    """Of several elements that are the one chosen, `out`, each gets an equal share.

    lost: what all get where `out` is none of them any more, since someone has changed it by way of its data.
    """
    out = stretch(out, x.shape, dim, keepdim)
    chosen = (x == out) | (np.isnan(x) & np.isnan(out))
    count = np.add.reduce(chosen, axis=dim, keepdims=True, dtype=x.dtype)
    shares = where_true(chosen, stretch(g, x.shape, dim, keepdim) / count)
    return np.where(count == 0, x.dtype.type(lost), shares) if lost and not count.all() else shares


@function(method=False, examples=["torch.var_mean(x, 1)[0]"])
def var_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """var and, over the same dims, mean."""
    return _with_mean(var(input, *args, **kwargs), input, *args, **kwargs)


@function(method=False, examples=["torch.std_mean(x, 1)[0]"])
def std_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """std and, over the same dims, mean."""
    return _with_mean(std(input, *args, **kwargs), input, *args, **kwargs)


def _with_mean(
    spread: Tensor, x: Tensor, dim: Any = None, unbiased: Any = None, keepdim: bool = False, **others: Any
) -> tuple[Tensor, Tensor]:
    dim, keepdim = others.get("axis", None if isinstance(dim, bool) else dim), others.get("keepdims", keepdim)
    rounded = mean(x, dim, True).detach()
    error = mean(x.detach() - rounded, dim, keepdim)
    exact = mean(x, dim, keepdim) + TORCH["where"](error.isfinite(), error, 0.0)  # nan where the mean is not finite
    if exact.grad_fn is not None:
        exact.grad_fn.saved = ()  # as PyTorch's, which is one node for both and does
    return spread, exact


@op("ProdBackward0", in_order=True, examples=["x.prod()", "x.prod(0)", "x.prod(1, keepdim=True)"])
def prod(x, /, dim=None, keepdim=False, *, dtype=None):
    """The product over dim, or of all elements. Integers and bools multiply in int64.

    The derivative is out / x or, beside a zero, the product of all the others.
    """
    x = _in_dtype(x, dtype)
    if dim is not None:
        dim = dim_of(x, dim)
    if dim is None or not x.ndim:
        dim, keepdim, shape = 0, False, (x.size,)
    else:
        shape = x.shape
    kind = np.int64 if x.dtype.kind in "biu" and dtype is None else x.dtype
    out = np.asarray(np.multiply.reduce(x.reshape(shape), axis=dim, keepdims=keepdim, dtype=kind))

    def dx(g):
        if all_normal(out):
            others = stretch(out, shape, (dim,), keepdim) / x.reshape(shape)
            return (stretch(g, shape, (dim,), keepdim) * others).reshape(x.shape)
        moved = np.moveaxis(x.reshape(shape), dim, -1)
        left, right = np.ones_like(moved), np.ones_like(moved)
        np.cumprod(moved[..., :-1], axis=-1, out=left[..., 1:])
        np.cumprod(moved[..., :0:-1], axis=-1, out=right[..., -2::-1])
        others = np.moveaxis(left * right, -1, dim)
        return where_true(others != 0, stretch(g, shape, (dim,), keepdim) * others).reshape(x.shape)

    return out, save(dx, x, out)


@op("CumsumBackward0", in_order=True, examples=["x.cumsum(0)", "x.cumsum(1)"])
def cumsum(x, /, dim, *, dtype=None):
    """The cumulative sums along dim. Integers and bools add up in int64.

    float32 is added up in float64, as PyTorch does, so that long sums do not drift.
    """
    x, dim = _in_dtype(x, dtype), dim_of(x, dim)
    shape = x.shape

    def dx(g):
        return np.flip(_cumulate(np.cumsum, np.flip(g.reshape(shape or (1,)), dim), dim), dim).reshape(shape)

    return _cumulate(np.cumsum, x.reshape(shape or (1,)), dim, dtype).reshape(shape), dx


def _cumulate(function, x, dim, dtype=None):
    if x.dtype.kind in "biu":
        return function(x, axis=dim, dtype=np.int64 if dtype is None else x.dtype)
    return function(x, axis=dim, dtype=np.float64).astype(x.dtype, copy=False)


@function(method=False, examples=["torch.gradient(row)[0]"])
def gradient(input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """The gradient of input along each of dim, by default all: central differences, one-sided ones at the ends.

    spacing: the distance between neighbours, one for all dims or one for each. edge_order: 1, or 2 from two neighbours.
    Raises RuntimeError where a dimension has not more than edge_order elements.
    """
    dims = range(input.ndim) if dim is None else dims_of(input, dim) or [0]
    steps = list(spacing) if isinstance(spacing, list | tuple) else [spacing] * len(dims)
    short = [d for d in dims if input.shape[d] <= edge_order]
    if edge_order not in (1, 2) or short or len(steps) != len(dims) or [h for h in steps if np.ndim(h)]:
        raise RuntimeError(
            f"gradient(): edge_order is 1 or 2, more elements than that lie along each dim, and spacing is one number "
            f"or one for each dim, no coordinates: {edge_order}, {list(input.shape)}, {spacing!r:.60}"
        )
    along = zip(dims, steps, strict=True)
    return tuple([_slopes(input, d, h, edge_order) for d, h in along])


def _slopes(x: Tensor, d: int, h: float, edge_order: int) -> Tensor:
    """The gradient along dimension d, with the distance h between two elements."""

    def at(part: slice) -> Tensor:
        return x[(*(slice(None),) * d, part)]

    one, two, three, last, before, third = [at(slice(i, i + 1 or None)) for i in (0, 1, 2, -1, -2, -3)]
    if edge_order == 1:
        ends = (two - one) / h, (last - before) / h
    else:
        ends = (4 * two - 3 * one - three) / (2 * h), (3 * last - 4 * before + third) / (2 * h)
    return TORCH["cat"]([ends[0], (at(slice(2, None)) - at(slice(0, -2))) / (2 * h), ends[1]], d)


@op("CumprodBackward0", in_order=True, examples=["x.cumprod(0)", "x.cumprod(1)"])
def cumprod(x, /, dim, *, dtype=None):
    """The cumulative products along dim. Integers and bools multiply in int64.

    The derivative of each product by an element is the product of the others in it, so a zero does not spoil it.
    """
    x, dim, shape = _in_dtype(x, dtype), dim_of(x, dim), x.shape
    flat = shape or (1,)

    def dx(g):
        parts = (g * out).reshape(flat)
        if all_normal(out) and np.isfinite(parts).all():
            return (np.flip(np.flip(parts, dim).cumsum(dim), dim) / x.reshape(flat)).reshape(shape)
        rows, gradients = np.moveaxis(x.reshape(flat), dim, -1), np.moveaxis(g.reshape(flat), dim, -1)
        result, left = np.empty_like(rows), np.ones_like(rows[..., :1])
        for i in range(rows.shape[-1]):
            others = np.cumprod(np.concatenate([left, rows[..., i + 1 :]], axis=-1), axis=-1)
            behind = left[..., 0] == 0  # a zero, which is in every product from here on
            result[..., i] = np.where(
                behind, 0, np.add.reduce(where_true(others != 0, gradients[..., i:] * others), axis=-1)
            )
            left = left * rows[..., i : i + 1]
        return np.moveaxis(result, -1, dim).reshape(shape)

    out = _cumulate(np.cumprod, x.reshape(flat), dim, dtype).reshape(shape)
    return out, save(dx, x, out)


@op("LinalgVectorNormBackward0", in_order=True, examples=["x.norm()", "x.norm(1, dim=0)", "x.norm(math.inf, dim=1)"])
def norm(x, /, p="fro", dim=None, keepdim=False, dtype=None):
    """(|input|**p).sum(dim)**(1 / p); p=2, 'fro', is the Euclidean norm, p=inf the largest absolute value.

    p=0 counts what is not 0. Where the norm is 0, or does not depend on an element, the gradient is 0. Raises
    RuntimeError where the elements are not floats.
    """
    whole = dim is None or dim == ()
    x, dim = _in_dtype(need_floats(x, "norm"), dtype), dims_of(x, dim)
    p, shape = 2.0 if p in (None, "fro") else float(p), x.shape
    if p and _count(shape, dim) == 1 and (x.ndim or whole):  # of one number, whose square may be more than there is
        out = np.add.reduce(np.abs(x), axis=dim, keepdims=keepdim)
    elif p == 2:
        out = np.sqrt(sum_over(x * x, dim, keepdim))
    elif p == 0:
        out = np.add.reduce(x != 0, axis=dim, keepdims=keepdim, dtype=x.dtype)
    elif p < 0 and not _count(shape, dim):
        raise RuntimeError(f"norm: the {p:g} norm of no elements is not there; the shape is {list(shape)}")
    elif math.isinf(p):
        out = (np.maximum if p > 0 else np.minimum).reduce(np.abs(x), axis=dim, keepdims=keepdim)
    else:
        out = sum_over(np.abs(x) ** p, dim, keepdim) ** (1 / p)
    out = np.asarray(out, x.dtype)

    def dx(g):
        if p == 0:
            return None
        if math.isinf(p):
            return shared_equally(g, np.abs(x), out, dim, keepdim, np.nan) * _sign(x)
        if p == 2:
            return stretch(np.divide(g, out, out=np.zeros_like(out), where=out != 0), shape, dim, keepdim) * x
        whole = stretch(out, shape, dim, keepdim)
        scaled = _sign(x) * (1 if p == 1 else (np.abs(x) / whole) ** (p - 1))
        flat = (whole == 0) | ((x == 0) & (p < 1))
        return where_true(~flat, stretch(g, shape, dim, keepdim) * np.where(flat, x.dtype.type(0), scaled))

    return out, save(dx, x, out)


@op("", in_order=True, examples=["mask.any()", "mask.any(0)", "ints.any()"])
def any(x, /, dim=None, keepdim=False):
    """Whether any element over dim is not zero."""
    return (_test(np.any, x, dim, keepdim),)


@op("", in_order=True, examples=["mask.all()", "mask.all(0)", "ints.all()"])
def all(x, /, dim=None, keepdim=False):
    """Whether no element over dim is zero."""
    return (_test(np.all, x, dim, keepdim),)


def _test(test, x, dim, keepdim):
    result = np.asarray(test(x, axis=dims_of(x, dim), keepdims=keepdim))
    return result.astype(np.uint8) if x.dtype == np.uint8 else result  # as in PyTorch


@function(examples=["x.count_nonzero()"])
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements over dim are not zero, int64."""
    return sum(input != 0, dim)
