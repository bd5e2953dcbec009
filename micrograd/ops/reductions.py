"""Reductions. dim is a tuple of dimensions that are there, or None for all; of softmax it is one dimension."""

import functools
import math

import numpy as np

from micrograd.ops.registry import op


def _stretch(g, shape, dim, keepdim):
    """The gradient of a reduction, laid out again over the dimensions that were reduced away."""
    if dim is None:  # one number: filling takes a quarter of the time of broadcasting, and reading it a third
        result = np.empty(shape, g.dtype)
        result.fill(g.item())
        return result
    return np.broadcast_to(g if keepdim else np.expand_dims(g, dim), shape)


@functools.lru_cache(maxsize=16)
def _ones(n, dtype):
    return np.ones(n, dtype)


def sum_of_rows(x):
    """The rows of a matrix (n, m) added up: (m,). A product with ones takes a fraction of the time of NumPy's sum."""
    return _ones(len(x), x.dtype) @ x


def sum_of_columns(x):
    """The columns of a matrix (n, m) added up, in the same way: (n,)."""
    return x @ _ones(x.shape[1], x.dtype)


def _count(shape, dim) -> int:
    return math.prod(shape if dim is None else [shape[d] for d in dim])


@op("SumBackward0")
def sum(x, dim, keepdim):
    shape = x.shape
    dtype = np.int64 if x.dtype.kind in "biu" else None
    out = np.add.reduce(x, axis=dim, keepdims=keepdim, dtype=dtype)
    return out, lambda g: _stretch(g, shape, dim, keepdim)


@op("SumBackward1", in_order=True)
def sum_dim(x, dim, keepdim):
    return sum(x, dim, keepdim)


@op("MeanBackward0")
def mean(x, dim, keepdim):
    shape, n = x.shape, _count(x.shape, dim)
    out = np.add.reduce(x, axis=dim, keepdims=keepdim) / x.dtype.type(n)
    return out, lambda g: _stretch(g / n, shape, dim, keepdim)


@op("MeanBackward1", in_order=True)
def mean_dim(x, dim, keepdim):
    return mean(x, dim, keepdim)


@op("VarBackward0", in_order=True)
def var(x, dim, correction, keepdim):
    shape, freedom = x.shape, _freedom(x.shape, dim, correction)
    out = _variance(x, dim, freedom, keepdim)
    return out, lambda g: _stretch(g, shape, dim, keepdim) * _centred(x, dim) * (x.dtype.type(2) / freedom)


@op("StdBackward0", in_order=True)
def std(x, dim, correction, keepdim):
    shape, freedom = x.shape, _freedom(x.shape, dim, correction)
    out = _deviation(x, dim, freedom, keepdim)

    def to_x(g):
        slope = np.divide(g, out * freedom, out=np.zeros_like(out), where=out != 0)  # no spread, no direction: 0
        return _stretch(slope, shape, dim, keepdim) * _centred(x, dim)

    return out, to_x


def _freedom(shape, dim, correction) -> int:
    """The number of elements less the correction; PyTorch makes it 0, and the variance infinite, where it is less."""
    n = _count(shape, dim) - correction
    return n if n > 0 else 0


def _centred(x, dim):
    return x - np.add.reduce(x, axis=dim, keepdims=True) / x.dtype.type(_count(x.shape, dim))


def _variance(x, dim, freedom, keepdim):
    centred = np.asarray(_centred(x, dim))
    total = np.add.reduce(np.square(centred, out=centred), axis=dim, keepdims=keepdim)
    return np.asarray(total / x.dtype.type(freedom))


def _deviation(x, dim, freedom, keepdim):
    """The root of the variance, which is there in float32 where the variance itself is too large."""
    out = np.sqrt(_variance(x, dim, freedom, keepdim))
    if x.dtype == np.float32 and not np.isfinite(out).all():
        out = np.sqrt(_variance(x.astype(np.float64), dim, freedom, keepdim)).astype(x.dtype)
    return out


@op("MaxBackward1")
def max(x):
    return amax(x, None, False)


@op("MinBackward1")
def min(x):
    return amin(x, None, False)


@op("AmaxBackward0", in_order=True)
def amax(x, dim, keepdim):
    out = np.asarray(np.maximum.reduce(x, axis=dim, keepdims=keepdim))
    return out, lambda g: _share(g, x, out, dim, keepdim)


@op("AminBackward0", in_order=True)
def amin(x, dim, keepdim):
    out = np.asarray(np.minimum.reduce(x, axis=dim, keepdims=keepdim))
    return out, lambda g: _share(g, x, out, dim, keepdim)


@op("MedianBackward0")
def median(x):
    flat = np.sort(x, axis=None)  # nan comes last
    out = np.asarray(flat[-1] if flat[-1] != flat[-1] else flat[(len(flat) - 1) // 2])
    return out, lambda g: _share(g, x, out, None, False)


def _share(g, x, out, dim, keepdim):
    """Of several elements that are the one chosen, each gets an equal share, as in PyTorch."""
    out = _stretch(out, x.shape, dim, keepdim)
    chosen = (x == out) | (np.isnan(x) & np.isnan(out))
    shares = chosen / np.add.reduce(chosen, axis=dim, keepdims=True, dtype=x.dtype)
    return _stretch(g, x.shape, dim, keepdim) * shares


@op("MaxBackward0")
def max_dim(x, indices, dim, keepdim):
    return _pick(x, indices, dim, keepdim)


@op("MinBackward0")
def min_dim(x, indices, dim, keepdim):
    return _pick(x, indices, dim, keepdim)


def _pick(x, indices, dim, keepdim):
    shape, where = x.shape, np.expand_dims(indices, dim)
    out = np.take_along_axis(x, where, dim)

    def to_x(g):
        result = np.zeros(shape, g.dtype)
        np.put_along_axis(result, where, g if keepdim else np.expand_dims(g, dim), dim)
        return result

    return (out if keepdim else np.squeeze(out, dim)), to_x


@op("SoftmaxBackward0", in_order=True)
def softmax(x, dim):
    out = np.exp(x - np.maximum.reduce(x, axis=dim, keepdims=True, initial=-np.inf))
    out /= np.add.reduce(out, axis=dim, keepdims=True)

    def to_x(g):
        result = g * out
        result -= out * np.add.reduce(result, axis=dim, keepdims=True)
        return result

    return out, to_x


@op("LogSoftmaxBackward0", in_order=True)
def log_softmax(x, dim):
    out = x - np.maximum.reduce(x, axis=dim, keepdims=True, initial=-np.inf)
    out -= np.log(np.add.reduce(np.exp(out), axis=dim, keepdims=True))
    return out, lambda g: g - np.exp(out) * np.add.reduce(g, axis=dim, keepdims=True)


@op("LogsumexpBackward0", in_order=True)
def logsumexp(x, dim, keepdim):
    shape = x.shape
    largest = np.maximum.reduce(x, axis=dim, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, x.dtype.type(0))
    out = np.log(np.add.reduce(np.exp(x - largest), axis=dim, keepdims=True)) + largest
    if not keepdim:
        out = np.squeeze(out, dim)
    return out, lambda g: _stretch(g, shape, dim, keepdim) * np.exp(x - _stretch(out, shape, dim, keepdim))


@op("ProdBackward0", in_order=True)
def prod(x, dim, keepdim):
    """dim is one dimension. The derivative multiplies all the others, so that a zero does not spoil it."""
    shape = x.shape
    out = np.multiply.reduce(x, axis=dim, keepdims=keepdim, dtype=np.int64 if x.dtype.kind in "biu" else None)

    def to_x(g):
        moved = np.moveaxis(x, dim, -1)
        before, behind = np.ones_like(moved), np.ones_like(moved)
        np.cumprod(moved[..., :-1], axis=-1, out=before[..., 1:])
        np.cumprod(moved[..., :0:-1], axis=-1, out=behind[..., -2::-1])
        return _stretch(g, shape, (dim,), keepdim) * np.moveaxis(before * behind, -1, dim)

    return out, to_x


@op("CumsumBackward0", in_order=True)
def cumsum(x, dim):
    dtype = np.int64 if x.dtype.kind in "biu" else None
    return np.cumsum(x, axis=dim, dtype=dtype), lambda g: np.flip(np.cumsum(np.flip(g, dim), axis=dim), dim)


@op("CumprodBackward0", in_order=True)
def cumprod(x, dim):
    """The derivative of each product by an element is the product of the others in it, so a zero does not spoil it."""
    dtype = np.int64 if x.dtype.kind in "biu" else None

    def to_x(g):
        rows, gradients = np.moveaxis(x, dim, -1), np.moveaxis(g, dim, -1)
        result, before = np.empty_like(rows), np.ones_like(rows[..., :1])
        for i in range(rows.shape[-1]):
            others = np.cumprod(np.concatenate([before, rows[..., i + 1 :]], axis=-1), axis=-1)
            result[..., i] = np.add.reduce(gradients[..., i:] * others, axis=-1)
            before = before * rows[..., i : i + 1]
        return np.moveaxis(result, -1, dim)

    return np.cumprod(x, axis=dim, dtype=dtype), to_x


@op("LinalgVectorNormBackward0", in_order=True)
def norm(x, p, dim, keepdim):
    """(sum of |x|**p) ** (1 / p); p may be inf, -inf and 0 (the count of what is not 0)."""
    shape = x.shape
    if p == 2:
        out = np.sqrt(np.add.reduce(x * x, axis=dim, keepdims=keepdim))
    elif p == 0:
        out = np.add.reduce(x != 0, axis=dim, keepdims=keepdim, dtype=x.dtype)
    elif math.isinf(p):
        out = (np.maximum if p > 0 else np.minimum).reduce(np.abs(x), axis=dim, keepdims=keepdim)
    else:
        out = np.add.reduce(np.abs(x) ** p, axis=dim, keepdims=keepdim) ** (1 / p)
    out = np.asarray(out, x.dtype)

    def to_x(g):
        if p == 0:
            return None
        if math.isinf(p):
            return _share(g, np.abs(x), out, dim, keepdim) * np.sign(x)
        if p == 2:
            return _stretch(np.divide(g, out, out=np.zeros_like(out), where=out != 0), shape, dim, keepdim) * x
        whole = _stretch(out, shape, dim, keepdim)
        slope = np.sign(x) * (np.abs(x) / whole) ** (p - 1)
        flat = (whole == 0) | ((x == 0) & (p < 1))
        return _stretch(g, shape, dim, keepdim) * np.where(flat, x.dtype.type(0), slope)

    return out, to_x
